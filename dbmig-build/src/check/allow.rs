//! `-- dbmig:allow <code> reason="…"`: silences findings of a statement, and is itself looked after.
//!
//! `allow-without-reason`, `unused-allow`, and `unknown-lint` for a code that there is not. After the rules
//! and before the levels, so that it counts as used also where `[lints]` silences the code for all.

use std::collections::HashMap;

use super::Subject;
use super::sql_file::{Directive, Place, SqlFile, behind};
use crate::code::Group;
use crate::nearest::nearest;
use crate::{Code, Finding, Findings};

/// Removes the findings that the texts allow, and adds those about the directives themselves.
pub(super) fn apply(subject: &Subject<'_>, findings: &mut Findings) {
    let mut about_directives = Findings::default();
    let mut files: HashMap<String, Allows> = HashMap::new();
    for file in subject.files.iter().filter(|file| !file.directives.is_empty()) {
        let path = file.path(subject);
        let list = read(file, &path, &mut about_directives);
        if !list.is_empty() {
            files.insert(path, Allows::new(ends(file), list));
        }
    }
    findings.retain_mut(|finding| {
        let habit = finding.code.group() == Group::Habit;
        !(habit && files.get_mut(&finding.path).is_some_and(|allows| allows.silence(finding)))
    });
    for (path, allows) in files {
        for allow in allows.list.into_iter().filter(|allow| !allow.used) {
            let (line, column) = allow.place;
            let message = format!("`dbmig:allow {}` silences nothing", allow.code);
            let finding = Finding::new(Code::UnusedAllow, &path, message).at(line, column);
            about_directives.push(finding.help(
                "remove it, or put it in front of the statement: on a line of its own, or behind it on its line",
            ));
        }
    }
    findings.extend(about_directives);
}

/// The directives of one file.
struct Allows {
    /// Where the pieces of the text end, in its order.
    ends: Vec<Place>,
    list: Vec<Allow>,
    /// Where in the list; a file may hold thousands of them.
    of_statement: HashMap<(Code, usize), Vec<usize>>,
    at_top: Vec<usize>,
}

struct Allow {
    code: Code,
    place: Place,
    statement: Option<usize>,
    at_top: bool,
    used: bool,
}

impl Allows {
    fn new(ends: Vec<Place>, list: Vec<Allow>) -> Self {
        let mut allows = Self { ends, list, of_statement: HashMap::new(), at_top: vec![] };
        for (index, allow) in allows.list.iter().enumerate() {
            if let Some(statement) = allow.statement {
                allows.of_statement.entry((allow.code, statement)).or_default().push(index);
            }
            if allow.at_top {
                allows.at_top.push(index);
            }
        }
        allows
    }

    /// True when one of them silences the finding.
    fn silence(&mut self, finding: &Finding) -> bool {
        let place = finding.place.filter(|_| !is_about_file(finding.code));
        let candidates = match place {
            Some(place) => {
                let statement = self.ends.partition_point(|end| *end <= place);
                self.of_statement.get(&(finding.code, statement))
            }
            None => Some(&self.at_top),
        };
        let mut silenced = false;
        for &index in candidates.into_iter().flatten() {
            let allow = &mut self.list[index];
            if allow.code == finding.code {
                allow.used = true;
                silenced = true;
            }
        }
        silenced
    }
}

/// Findings about a file as a whole: the directive stands at its top.
fn is_about_file(code: Code) -> bool {
    use Code::{ByteOrderMark, EmptyUp, MissingDown, NoTransactionMixed, UnsureSplit};
    matches!(code, ByteOrderMark | EmptyUp | MissingDown | NoTransactionMixed | UnsureSplit)
}

fn ends(file: &SqlFile<'_>) -> Vec<Place> {
    let mut place = (1, 1);
    let pieces = file.split.statements.iter().map(|statement| statement.piece);
    pieces
        .map(|piece| {
            place = behind(place, piece);
            place
        })
        .collect()
}

fn read(file: &SqlFile<'_>, path: &str, findings: &mut Findings) -> Vec<Allow> {
    let mut list = Vec::new();
    for directive in &file.directives {
        let Some((name, reason)) = parse(directive.text) else { continue };
        let (line, column) = directive.place;
        let mut complain = |code, message: String, help: &str| {
            findings.push(Finding::new(code, path, message).at(line, column).help(help));
        };
        match Code::by_name(name) {
            Some(code) if can_be_allowed(code) => list.push(Allow::new(code, directive)),
            Some(_) => {
                complain(
                    Code::UnknownLint,
                    format!("`{name}` can not be allowed in a file"),
                    "remove the comment",
                );
            }
            None => {
                let known = Code::ALL.iter().copied().filter(|code| can_be_allowed(*code));
                let near = nearest(name, known.map(Code::as_str));
                complain(
                    Code::UnknownLint,
                    format!("`dbmig:allow` names `{name}`, and there is no such finding"),
                    &near.map_or("`cargo dbmig explain` lists the codes".to_owned(), |near| {
                        format!("did you mean `{near}`?")
                    }),
                );
            }
        }
        if reason.is_none() {
            complain(
                Code::AllowWithoutReason,
                format!("`dbmig:allow {name}` gives no reason"),
                &format!("write `-- dbmig:allow {name} reason=\"<why>\"`"),
            );
        }
    }
    list
}

/// What guards the set or the lock can not, and neither can what is said about these comments.
fn can_be_allowed(code: Code) -> bool {
    use Code::{AllowWithoutReason, UnknownDirective, UnknownLint, UnusedAllow};
    let about_comments = [AllowWithoutReason, UnknownDirective, UnknownLint, UnusedAllow];
    code.group() == Group::Habit && !about_comments.contains(&code)
}

/// The code and the reason of an `allow`; `None` for another directive.
fn parse(directive: &str) -> Option<(&str, Option<&str>)> {
    let rest = directive.strip_prefix("allow")?;
    if !rest.is_empty() && !rest.starts_with([' ', '\t']) {
        return None;
    }
    let rest = rest.trim_start();
    let (name, rest) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
    let quoted = rest.trim().strip_prefix("reason").map(str::trim_start);
    let quoted = quoted.and_then(|rest| rest.strip_prefix('=')).map(str::trim_start);
    let reason = quoted.and_then(|text| text.strip_prefix('"')?.strip_suffix('"'));
    Some((name, reason.filter(|reason| !reason.trim().is_empty())))
}

impl Allow {
    fn new(code: Code, directive: &Directive<'_>) -> Self {
        let &Directive { place, statement, at_top, .. } = directive;
        Self { code, place, statement, at_top, used: false }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::Dialect::{Mysql, Postgres};
    use crate::check::test_support::{INSIDE, OUTSIDE, judged, places};

    const ALLOW: &str = "-- dbmig:allow transaction-control reason=\"tried\"";

    #[test]
    fn silences_the_statement_that_it_leads_or_ends() {
        for (text, expected) in [
            (format!("{ALLOW}\nCOMMIT;\n"), &[][..]),
            (format!("COMMIT; {ALLOW}\n"), &[]),
            (format!("SELECT 1;\n-- why\n{ALLOW}\n\nCOMMIT"), &[]),
            (format!("{ALLOW}\nCOMMIT;\nBEGIN;"), &["error[transaction-control] 3:1"]),
            (
                format!("COMMIT;\n{ALLOW}\nSELECT 1;"),
                &["error[transaction-control] 1:1", "warning[unused-allow] 2:1"],
            ),
            (
                format!("COMMIT;\n{ALLOW}\n"),
                &["error[transaction-control] 1:1", "warning[unused-allow] 2:1"],
            ),
            (format!("SELECT '{ALLOW}';\nCOMMIT;"), &["error[transaction-control] 2:1"]),
        ] {
            assert_eq!(places(Postgres, INSIDE, &text), expected, "{text:?}");
        }
    }

    #[test]
    fn at_the_top_it_is_about_the_file() {
        let mixed = "-- dbmig:allow no-transaction-mixed reason=\"x\"\n";
        let statements = "DROP TABLE a;\nDROP TABLE b;\n";
        assert_eq!(places(Postgres, OUTSIDE, &format!("{mixed}{statements}")), [""; 0]);
        assert_eq!(
            places(Postgres, OUTSIDE, &format!("{statements}{mixed}")),
            ["warning[no-transaction-mixed] 2:1", "warning[unused-allow] 3:1"]
        );
        let empty = "-- dbmig:allow empty-up reason=\"a place for later\"\n";
        assert_eq!(places(Postgres, INSIDE, empty), [""; 0]);
        let lines = "-- dbmig:allow client-command reason=\"ours\"\nDELIMITER //\nSELECT 1//\n";
        assert_eq!(places(Mysql, INSIDE, lines), [""; 0]);
    }

    #[test]
    fn directives_that_are_not_in_order() {
        for (directive, expected) in [
            ("allow transaction-control", &["error[allow-without-reason] 1:1"][..]),
            ("allow transaction-control reason=\" \"", &["error[allow-without-reason] 1:1"]),
            ("allow transaction-control reason=x", &["error[allow-without-reason] 1:1"]),
            (
                "allow transaction-contrl reason=\"x\"",
                &["warning[unknown-lint] 1:1", "error[transaction-control] 2:1"],
            ),
            (
                "allow duplicate-version reason=\"x\"",
                &["warning[unknown-lint] 1:1", "error[transaction-control] 2:1"],
            ),
            (
                "allow session-setting reason=\"x\"",
                &["warning[unused-allow] 1:1", "error[transaction-control] 2:1"],
            ),
            (
                "allowed transaction-control",
                &["error[unknown-directive] 1:1", "error[transaction-control] 2:1"],
            ),
        ] {
            let text = format!("-- dbmig:{directive}\nCOMMIT;\n");
            assert_eq!(places(Postgres, INSIDE, &text), expected, "{directive}");
        }
        let found = judged(Postgres, INSIDE, "-- dbmig:allow a-b\nSELECT 1");
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn reads_the_reason() {
        for (text, expected) in [
            ("allow a reason=\"b c\"", Some(("a", Some("b c")))),
            ("allow  a\treason = \"b \"", Some(("a", Some("b ")))),
            ("allow a", Some(("a", None))),
            ("allow", Some(("", None))),
            ("todo", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
