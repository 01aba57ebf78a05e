//! The modes of SQL in which the statements read as they are meant.

use super::super::super::change::Step;
use super::super::super::{Catalogue, Name};
use super::super::modes;

/// With what the session must be like said before, and taken back after, where it makes a difference.
pub(super) fn said(to: &Catalogue, steps: Vec<Step>) -> Vec<Step> {
    let steps = in_modes(steps);
    // Keys that point to no table can only be made while the server does not look.
    let nowhere = to
        .tables
        .iter()
        .flat_map(|table| &table.foreign_keys)
        .any(|key| key.table.schema.is_none() && to.table(&key.table).is_none());
    if !nowhere || steps.is_empty() {
        return steps;
    }
    let before =
        say("SET @dbmig_foreign_key_checks = @@foreign_key_checks, foreign_key_checks = 0"
            .to_owned());
    let after = say("SET foreign_key_checks = @dbmig_foreign_key_checks".to_owned());
    std::iter::once(before).chain(steps).chain([after]).collect()
}

fn say(sql: String) -> Step {
    Step::new(&Name::new("the session"), sql)
}

fn in_modes(steps: Vec<Step>) -> Vec<Step> {
    if !steps.iter().any(|step| modes::matter(&step.sql)) {
        return steps;
    }
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
