//! The `-- dbmig:` lines of a `backfill.sql`.

use std::time::Duration;

use super::{BackfillProblem, LARGEST_BATCH, Name};
use crate::Dialect;
use crate::nearest::nearest;
use crate::sql::{self, StatementKind};

/// What the lines say.
#[derive(Default)]
pub(super) struct Header {
    pub(super) table: Option<Name>,
    pub(super) key: Vec<Name>,
    /// `Some(None)` is `auto`.
    pub(super) batch: Option<Option<u32>>,
    pub(super) throttle: Option<Duration>,
    pub(super) target: Option<Duration>,
    pub(super) until: Option<String>,
    pub(super) throttle_query: Option<String>,
}

/// The words that can stand behind `dbmig:`.
const KEYS: [&str; 7] = ["table", "key", "batch", "throttle", "target", "until", "throttle_query"];

pub(super) fn read(text: &str, dialect: Dialect, problems: &mut Vec<BackfillProblem>) -> Header {
    let mut header = Header::default();
    let mut seen: Vec<&str> = Vec::new();
    let mut queries = Vec::new();
    for token in sql::tokens(text, dialect) {
        let Some(directive) = token.directive() else { continue };
        let place = sql::position(text, token.offset);
        let (key, value) = directive.split_once([' ', '\t']).unwrap_or((directive, ""));
        let value = value.trim();
        let Some(known) = KEYS.iter().find(|known| **known == key) else {
            problems.push(unknown(place, key));
            continue;
        };
        let is_query = matches!(key, "until" | "throttle_query");
        if !is_query && seen.contains(known) {
            let message = format!("`dbmig:{key}` stands twice");
            problems.push(BackfillProblem::new(place, message, "keep one of them"));
            continue;
        }
        seen.push(known);
        match key {
            "until" => {
                append(&mut header.until, value);
                queries.push(place);
            }
            "throttle_query" => append(&mut header.throttle_query, value),
            _ => {
                if let Err(problem) = header.take(key, value, place, dialect) {
                    problems.push(problem);
                }
            }
        }
    }
    if let (Some(query), Some(place)) = (&header.until, queries.first()) {
        if !is_one_query(query, dialect) {
            problems.push(BackfillProblem::new(
                *place,
                "`dbmig:until` is not one query",
                "write one that finds nothing once all is done: `-- dbmig:until SELECT 1 FROM <table> WHERE <column> IS NULL`",
            ));
        }
    }
    if header.table.is_none() && !seen.contains(&"table") {
        problems.push(BackfillProblem::new(
            (1, 1),
            "the header does not name the table",
            "write `-- dbmig:table <table>`",
        ));
    }
    if header.key.is_empty() && !seen.contains(&"key") {
        problems.push(BackfillProblem::new(
            (1, 1),
            "the header does not name the key",
            "write `-- dbmig:key <column>`: unique, without NULL; several with commas between",
        ));
    }
    header
}

fn unknown(place: (usize, usize), key: &str) -> BackfillProblem {
    if key.trim_end_matches(':').eq_ignore_ascii_case("todo") {
        return BackfillProblem::new(
            place,
            "a `dbmig:todo` was left",
            "do it, and remove the comment",
        );
    }
    let help = match nearest(key, KEYS) {
        Some(near) => format!("did you mean `-- dbmig:{near}`?"),
        None => format!("known are {}", KEYS.map(|key| format!("`{key}`")).join(", ")),
    };
    BackfillProblem::new(place, format!("a backfill has no `dbmig:{key}`"), help)
}

/// A long query takes several lines.
fn append(query: &mut Option<String>, more: &str) {
    match query {
        None => *query = Some(more.to_owned()),
        Some(query) => {
            query.push('\n');
            query.push_str(more);
        }
    }
}

fn is_one_query(text: &str, dialect: Dialect) -> bool {
    let split = sql::split(text, dialect);
    split.unsure.is_none()
        && matches!(split.statements[..], [one] if one.kind == StatementKind::Query)
}

impl Header {
    fn take(
        &mut self,
        key: &str,
        value: &str,
        place: (usize, usize),
        dialect: Dialect,
    ) -> Result<(), BackfillProblem> {
        let problem = |message: String, help: &str| BackfillProblem::new(place, message, help);
        match key {
            "table" => {
                let name = Name::parse(value, dialect).filter(|name| name.parts.len() <= 2);
                self.table = Some(name.ok_or_else(|| {
                    problem(
                        format!("`{value}` is not the name of a table"),
                        "write `-- dbmig:table <table>`, with quotes where the name needs them",
                    )
                })?);
            }
            "key" => {
                let names = value.split(',').map(|name| Name::parse(name, dialect));
                let names: Option<Vec<_>> = names.collect();
                self.key = names
                    .filter(|names| names.iter().all(|name| name.parts.len() == 1))
                    .ok_or_else(|| {
                        problem(
                            format!("`{value}` is not a column, nor a list of columns"),
                            "write `-- dbmig:key id`, or `-- dbmig:key tenant_id, id`",
                        )
                    })?;
            }
            "batch" => {
                let rows = value.parse::<u32>().ok();
                self.batch = Some(match value {
                    "auto" => None,
                    _ => Some(rows.filter(|rows| (1..=LARGEST_BATCH).contains(rows)).ok_or_else(
                        || problem(format!("`{value}` is not a number of rows"), "write `-- dbmig:batch 1000`, at most 1000000, or `-- dbmig:batch auto`"),
                    )?),
                });
            }
            _ => {
                let duration = duration(value).map_err(|message| {
                    problem(message, "write `-- dbmig:throttle 100ms` and `-- dbmig:target 500ms`")
                })?;
                match key {
                    "throttle" => self.throttle = Some(duration),
                    _ if duration.is_zero() => {
                        return Err(problem(
                            "a window can not take no time".into(),
                            "write `-- dbmig:target 500ms`, or leave it out",
                        ));
                    }
                    _ => self.target = Some(duration),
                }
            }
        }
        Ok(())
    }
}

/// `500ms`, `5s`, `2min`, `1h`; `0` is none. A number alone would be milliseconds to one server and
/// seconds to another, so it is refused.
///
/// # Errors
///
/// What is no duration.
pub fn duration(text: &str) -> Result<Duration, String> {
    let expected =
        || format!("`{text}` is not a duration such as `500ms`, `5s`, `2min`, `1h`, or `0`");
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| expected())?;
    let milliseconds = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "" if number == 0 => 0,
        _ => return Err(expected()),
    };
    number.checked_mul(milliseconds).map(Duration::from_millis).ok_or_else(expected)
}
