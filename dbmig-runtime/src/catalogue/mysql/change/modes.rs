//! The modes of SQL in which the statements read as they are meant.

use super::super::super::Name;
use super::super::super::change::Step;
use super::super::modes;

/// With what the session must be like said before, and taken back after, where it makes a difference.
pub(super) fn said(steps: Vec<Step>) -> Vec<Step> {
    if !steps.iter().any(|step| modes::matter(&step.sql)) {
        return steps;
    }
    let about = Name::new("the session");
    let say = |sql: String| Step::new(&about, sql);
    let texts: Vec<_> = steps.iter().map(|step| step.sql.clone()).collect();
    let mut out = vec![
        say(format!("SET @dbmig_sql_mode = @@sql_mode, sql_mode = {}", modes::neutral(&texts))),
        say("SET @dbmig_neutral_mode = @@sql_mode".to_owned()),
    ];
    for step in steps {
        let marks = modes::marks(&step.sql).map(str::to_owned);
        if let Some(marks) = &marks {
            out.push(say(format!("SET sql_mode = CONCAT(@dbmig_neutral_mode, ',{marks}')")));
        }
        out.push(step);
        if marks.is_some() {
            out.push(say("SET sql_mode = @dbmig_neutral_mode".to_owned()));
        }
    }
    out.push(say("SET sql_mode = @dbmig_sql_mode".to_owned()));
    out
}
