//! Routines, triggers, events.
//!
//! `information_schema` holds their texts with the escapes of strings undone: `'it''s'` stands there as
//! `'it's'`. So each text is asked for by `SHOW CREATE`.

use std::collections::BTreeMap;

use dbmig_build::sql::{Token, TokenKind};

use super::super::{Catalogue, OtherObject, Routine, RoutineKind, Scope, Trigger};
use super::source::{Cells, Source};
use super::text::{lex, literal};
use super::{modes, names};
use crate::session::DbResult;

/// Reads all of them.
pub(super) fn read(
    source: &mut Source<'_>,
    scope: &Scope,
    catalogue: &mut Catalogue,
) -> DbResult<()> {
    routines(source, scope, catalogue)?;
    triggers(source, scope, catalogue)?;
    events(source, scope, catalogue)
}

fn routines(source: &mut Source<'_>, scope: &Scope, catalogue: &mut Catalogue) -> DbResult<()> {
    let asked = ["ROUTINE_NAME", "ROUTINE_TYPE", "SQL_MODE", "ROUTINE_COMMENT"];
    for mut cells in source.rows(&asked, "ROUTINES", "ROUTINE_SCHEMA", "")? {
        let name = source.name(cells.text());
        let ty = cells.text();
        if !scope.holds(&name) {
            continue;
        }
        let mode = cells.text();
        let comment = cells.filled();
        let shown = source.shown(&ty, &name.name, 2)?;
        let shown = finished(&shown);
        let found = lex(shown);
        let aggregate = found
            .iter()
            .take_while(|token| token.text != "(")
            .any(|token| token.text == "AGGREGATE");
        let kind = match ty.as_str() {
            "FUNCTION" if aggregate => Some(RoutineKind::Aggregate),
            "FUNCTION" => Some(RoutineKind::Function),
            "PROCEDURE" => Some(RoutineKind::Procedure),
            _ => None,
        };
        let head = match kind {
            Some(RoutineKind::Aggregate) => "AGGREGATE FUNCTION",
            _ => ty.as_str(),
        };
        let rest = after_name(&found, &ty);
        let rest = if comment.is_some() { without_comment(&rest) } else { rest };
        let statement = format!("CREATE {head} {}{rest}", names::quoted(&name));
        let definition = modes::marked(&modes::needed(&mode, &statement), &statement);
        match kind {
            Some(kind) => catalogue.routines.push(Routine {
                name,
                kind,
                arguments: String::new(),
                definition,
                comment,
            }),
            // Packages of MariaDB.
            None => {
                let kind = if ty.contains("BODY") { "package body" } else { "package" };
                catalogue.others.push(OtherObject { kind, name, table: None, definition, comment });
            }
        }
    }
    Ok(())
}

/// Table, timing, event.
type Moment = (String, String, String);

fn triggers(source: &mut Source<'_>, scope: &Scope, catalogue: &mut Catalogue) -> DbResult<()> {
    let asked = [
        "EVENT_OBJECT_TABLE",
        "ACTION_TIMING",
        "EVENT_MANIPULATION",
        "ACTION_ORDER",
        "TRIGGER_NAME",
        "SQL_MODE",
    ];
    // Those of one moment, in their order.
    let mut moments: BTreeMap<Moment, Vec<(u32, String, String)>> = BTreeMap::new();
    for mut cells in source.rows(&asked, "TRIGGERS", "TRIGGER_SCHEMA", "")? {
        let moment = (cells.text(), cells.text(), cells.text());
        let one = (cells.number(), cells.text(), cells.text());
        moments.entry(moment).or_default().push(one);
    }
    for ((table, timing, event), mut those) in moments {
        let table = source.name(table);
        if !scope.holds(&table) {
            continue;
        }
        those.sort();
        let mut before: Option<String> = None;
        for (_, name, mode) in those {
            if !scope.holds(&source.name(&name)) {
                continue;
            }
            let shown = source.shown("TRIGGER", &name, 2)?;
            let follows = before
                .as_ref()
                .map(|before| format!(" FOLLOWS {}", names::list([before])))
                .unwrap_or_default();
            let statement = format!(
                "CREATE TRIGGER {} {timing} {event} ON {} FOR EACH ROW{follows} {}",
                names::quoted(&source.name(&name)),
                names::quoted(&table),
                trigger_body(finished(&shown)),
            );
            catalogue.triggers.push(Trigger {
                name: name.clone(),
                table: table.clone(),
                definition: modes::marked(&modes::needed(&mode, &statement), &statement),
                enabled: true,
                comment: None,
            });
            before = Some(name);
        }
    }
    Ok(())
}

fn events(source: &mut Source<'_>, scope: &Scope, catalogue: &mut Catalogue) -> DbResult<()> {
    // An event that names no start begins when it is made.
    let starts = "IF(ABS(TIMESTAMPDIFF(SECOND, CONVERT_TZ(STARTS, TIME_ZONE, @@session.time_zone), CREATED)) <= 1, \
                  NULL, STARTS)";
    let asked = [
        "EVENT_NAME",
        "SQL_MODE",
        "EVENT_COMMENT",
        "EXECUTE_AT",
        "INTERVAL_VALUE",
        "INTERVAL_FIELD",
        starts,
        "ENDS",
        "ON_COMPLETION",
        "STATUS",
    ];
    for mut cells in source.rows(&asked, "EVENTS", "EVENT_SCHEMA", "")? {
        let name = source.name(cells.text());
        if !scope.holds(&name) {
            continue;
        }
        let mode = cells.text();
        let comment = cells.filled();
        let schedule = schedule(&mut cells);
        let shown = source.shown("EVENT", &name.name, 3)?;
        let statement = format!(
            "CREATE EVENT {} {schedule} DO {}",
            names::quoted(&name),
            event_body(finished(&shown))
        );
        catalogue.others.push(OtherObject {
            kind: "event",
            name,
            table: None,
            definition: modes::marked(&modes::needed(&mode, &statement), &statement),
            comment,
        });
    }
    Ok(())
}

fn schedule(cells: &mut Cells) -> String {
    let mut out = match (cells.filled(), cells.text(), cells.text()) {
        (Some(at), _, _) => format!("ON SCHEDULE AT {}", literal(&at)),
        (None, every, unit) => format!("ON SCHEDULE EVERY {every} {unit}"),
    };
    for (word, moment) in [("STARTS", cells.filled()), ("ENDS", cells.filled())] {
        if let Some(moment) = moment {
            out.push_str(&format!(" {word} {}", literal(&moment)));
        }
    }
    if cells.is("PRESERVE") {
        out.push_str(" ON COMPLETION PRESERVE");
    }
    out.push_str(match cells.text().as_str() {
        "ENABLED" => "",
        "DISABLED" => " DISABLE",
        _ => " DISABLE ON SLAVE",
    });
    out
}

/// Without the semicolon that the servers keep where they were sent several statements at once. By its
/// characters: in some modes a text has other tokens.
fn finished(text: &str) -> &str {
    text.trim_end_matches([';', ' ', '\t', '\r', '\n'])
}

fn joined(found: &[Token<'_>]) -> String {
    found.iter().map(|token| token.text).collect()
}

fn is_word(token: &Token<'_>, word: &str) -> bool {
    token.kind == TokenKind::Word && token.text.eq_ignore_ascii_case(word)
}

/// What follows the name of a routine: who defined it is left out with all before.
fn after_name(found: &[Token<'_>], kind: &str) -> String {
    let last_word = kind.split(' ').next_back().unwrap_or(kind);
    let after_kind =
        found.iter().position(|token| is_word(token, last_word)).map_or(0, |at| at + 1);
    let name = found[after_kind..].iter().position(|token| !token.is_trivia());
    joined(&found[(after_kind + name.map_or(0, |at| at + 1)).min(found.len())..])
}

/// Without the comment of a routine: it is the first there is.
fn without_comment(text: &str) -> String {
    let found = lex(text);
    let comment = found
        .windows(3)
        .position(|three| is_word(&three[0], "COMMENT") && three[2].kind == TokenKind::String);
    let Some(at) = comment else { return text.to_owned() };
    let head = joined(&found[..at]);
    format!("{}{}", head.trim_end_matches(' ').trim_end_matches('\n'), joined(&found[at + 3..]))
}

/// What a trigger does.
fn trigger_body(statement: &str) -> String {
    let found: Vec<_> = lex(statement);
    let seen: Vec<_> = (0..found.len()).filter(|at| !found[*at].is_trivia()).collect();
    let is = |at: usize, word: &str| seen.get(at).is_some_and(|at| is_word(&found[*at], word));
    let row = (0..seen.len()).find(|at| is(*at, "FOR") && is(at + 1, "EACH") && is(at + 2, "ROW"));
    let Some(row) = row else { return statement.to_owned() };
    let follows = is(row + 3, "FOLLOWS") || is(row + 3, "PRECEDES");
    let start = seen.get(row + if follows { 5 } else { 3 });
    joined(&found[*start.unwrap_or(&found.len())..]).trim().to_owned()
}

/// What an event does.
fn event_body(statement: &str) -> String {
    let found = lex(statement);
    let start = found.iter().position(|token| is_word(token, "DO")).map_or(0, |at| at + 1);
    joined(&found[start..]).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routines_without_their_definer() {
        for (text, kind, expected) in [
            (
                "CREATE DEFINER=`a`@`b` FUNCTION `f`(x INT) RETURNS int\nRETURN 1",
                "FUNCTION",
                "(x INT) RETURNS int\nRETURN 1",
            ),
            ("CREATE DEFINER=\"a\"@\"b\" PROCEDURE \"p\"()\nSELECT 1", "PROCEDURE", "()\nSELECT 1"),
            ("CREATE DEFINER=`a`@`b` PACKAGE BODY `p` AS\nEND", "PACKAGE BODY", " AS\nEND"),
        ] {
            assert_eq!(after_name(&lex(text), kind), expected);
        }
    }

    #[test]
    fn ends() {
        for (text, expected) in [
            ("SELECT 1; \n", "SELECT 1"),
            ("BEGIN SELECT 1; END", "BEGIN SELECT 1; END"),
            ("SELECT '\\';", "SELECT '\\'"),
        ] {
            assert_eq!(finished(text), expected);
        }
    }

    #[test]
    fn comments() {
        for (text, expected) in [
            ("(x INT)\n    COMMENT 'it''s'\nBEGIN END", "(x INT)\nBEGIN END"),
            (
                "()\n    DETERMINISTIC\n    COMMENT 'a'\nCREATE TABLE t (a INT) COMMENT 'b'",
                "()\n    DETERMINISTIC\nCREATE TABLE t (a INT) COMMENT 'b'",
            ),
        ] {
            assert_eq!(without_comment(text), expected);
        }
    }

    #[test]
    fn bodies() {
        for (text, expected) in [
            (
                "CREATE DEFINER=`a`@`b` TRIGGER `for` BEFORE INSERT ON `t` FOR EACH ROW SET NEW.a = 1",
                "SET NEW.a = 1",
            ),
            (
                "CREATE TRIGGER x BEFORE INSERT ON t\nFOR EACH -- b\nROW FOLLOWS y\nBEGIN END",
                "BEGIN END",
            ),
        ] {
            assert_eq!(trigger_body(text), expected);
        }
        let event = "CREATE EVENT `do` ON SCHEDULE EVERY 1 DAY COMMENT 'do' DO BEGIN END";
        assert_eq!(event_body(event), "BEGIN END");
    }
}
