//! `-- dbmig:assert before|after <query>`: a query that must find no rows, before the first statement of a
//! file or after its last one.
//!
//! A long query goes on in the lines below, each `-- dbmig:` with a space behind it: so every word of it
//! counts in the token digest, which plain comments do not.

use crate::Dialect;
use crate::sql::{self, TokenKind};

/// When a query is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Before the first statement.
    Before,
    /// After the last one.
    After,
}

impl When {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// A query that must find no rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// When it is asked.
    pub when: When,
    /// One SELECT, without a terminator.
    pub query: String,
    /// Where the directive stands: line and column, 1-based, in characters.
    pub place: (usize, usize),
}

/// Something about a directive that is not in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssertionProblem {
    /// Line and column, 1-based, in characters.
    pub place: (usize, usize),
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// What a text asserts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assertions {
    /// Those that are in order, in the order of the text.
    pub list: Vec<Assertion>,
    /// What is not.
    pub problems: Vec<AssertionProblem>,
    /// The places of all comments that belong to them.
    pub places: Vec<(usize, usize)>,
}

const HOW: &str = "write `-- dbmig:assert before SELECT …` or `-- dbmig:assert after SELECT …`: a query that finds no rows when all is well; lines below that begin with `-- dbmig: ` go on with it";

impl Assertions {
    /// Reads the directives of a text.
    #[must_use]
    pub fn read(text: &str, dialect: Dialect) -> Self {
        let mut read = Self::default();
        // Most texts have none, and need no second pass.
        if !text.contains("dbmig:") {
            return read;
        }
        let mut found: Vec<(&str, String, (usize, usize))> = Vec::new();
        let mut goes_on = false;
        for token in sql::tokens(text, dialect) {
            let place = || sql::position(text, token.offset);
            match (token.directive(), token.continues_directive()) {
                (_, Some(more)) if goes_on => {
                    if let Some((_, query, _)) = found.last_mut() {
                        query.push('\n');
                        query.push_str(more);
                    }
                    read.places.push(place());
                }
                (Some(directive), None) => match words(directive) {
                    Some((when, query)) => {
                        read.places.push(place());
                        found.push((when, query.to_owned(), place()));
                        goes_on = true;
                    }
                    None => goes_on = false,
                },
                _ => goes_on = goes_on && token.kind == TokenKind::Space,
            }
        }
        for (when, query, place) in found {
            let query = query.trim().trim_end_matches(';').trim_end();
            let when = match when {
                "before" => Ok(When::Before),
                "after" => Ok(When::After),
                "" => Err("`dbmig:assert` says neither `before` nor `after`".to_owned()),
                other => Err(format!("`dbmig:assert {other}` is neither `before` nor `after`")),
            };
            let problem = match when {
                Ok(when) if is_one_select(query, dialect) => {
                    read.list.push(Assertion { when, query: query.to_owned(), place });
                    continue;
                }
                Ok(when) if query.is_empty() => {
                    format!("`dbmig:assert {}` has no query", when.as_str())
                }
                Ok(when) => format!("`dbmig:assert {}` is not one SELECT", when.as_str()),
                Err(message) => message,
            };
            read.problems.push(AssertionProblem { place, message: problem, help: HOW.to_owned() });
        }
        read
    }

    /// Those of one moment.
    pub fn of(&self, when: When) -> impl Iterator<Item = &Assertion> {
        self.list.iter().filter(move |assertion| assertion.when == when)
    }
}

/// The moment and the query of an `assert`; `None` for another directive.
fn words(directive: &str) -> Option<(&str, &str)> {
    let rest = directive.strip_prefix("assert")?;
    if !rest.is_empty() && !rest.starts_with([' ', '\t']) {
        return None;
    }
    let rest = rest.trim_start();
    Some(rest.split_once([' ', '\t']).unwrap_or((rest, "")))
}

/// One statement that can stand in parentheses as the rows of another one.
pub(crate) fn is_one_select(text: &str, dialect: Dialect) -> bool {
    let split = sql::split(text, dialect);
    let [one] = split.statements[..] else { return false };
    let mut words = sql::tokens(one.sql, dialect).filter(|token| token.kind == TokenKind::Word);
    split.unsure.is_none()
        && one.kind == sql::StatementKind::Query
        && words.next().is_some_and(|first| first.is_any(&["select", "with"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::{Mysql, Postgres, Sqlite};

    #[test]
    fn directives_become_queries() {
        let text = "-- Who has none?\n\
                    -- dbmig:assert before SELECT id FROM users\n\
                    -- dbmig:   WHERE email IS NULL;\n\
                    CREATE TABLE t (a INT); -- dbmig:assert after SELECT 1 FROM t\n";
        let read = Assertions::read(text, Sqlite);
        let list: Vec<_> = read.list.iter().map(|one| (one.when, &*one.query, one.place)).collect();
        assert_eq!(
            list,
            [
                (When::Before, "SELECT id FROM users\nWHERE email IS NULL", (2, 1)),
                (When::After, "SELECT 1 FROM t", (4, 25)),
            ]
        );
        assert_eq!(read.problems, []);
        assert_eq!(read.places, [(2, 1), (3, 1), (4, 25)]);
        assert_eq!(read.of(When::After).count(), 1);
    }

    #[test]
    fn what_is_no_assertion_is_a_problem_with_its_place() {
        for (dialect, text, expected) in [
            (Sqlite, "-- dbmig:assert SELECT 1", "1:1 `dbmig:assert SELECT` is neither `before`"),
            (Sqlite, "-- dbmig:assert", "1:1 `dbmig:assert` says neither"),
            (
                Sqlite,
                "SELECT 1;\n -- dbmig:assert before",
                "2:2 `dbmig:assert before` has no query",
            ),
            (Sqlite, "-- dbmig:assert after DELETE FROM t", "1:1 `dbmig:assert after` is not one"),
            (
                Mysql,
                "-- dbmig:assert before SELECT 1; SELECT 2",
                "1:1 `dbmig:assert before` is not",
            ),
            (Mysql, "-- dbmig:assert before SHOW TABLES", "1:1 `dbmig:assert before` is not one"),
            (Postgres, "-- dbmig:assert before SELECT 'x", "1:1 `dbmig:assert before` is not one"),
            (
                Postgres,
                "-- dbmig:assert before WITH d AS (DELETE FROM t RETURNING 1) SELECT * FROM d",
                "1:1 `dbmig:assert before` is not one",
            ),
        ] {
            let read = Assertions::read(text, dialect);
            assert_eq!((read.list.len(), read.problems.len()), (0, 1), "{text}");
            let AssertionProblem { place: (line, column), message, .. } = &read.problems[0];
            let shown = format!("{line}:{column} {message}");
            assert!(shown.starts_with(expected), "{text}: {shown}");
        }
    }

    #[test]
    fn a_query_goes_on_only_where_nothing_comes_between() {
        for (text, expected) in [
            ("-- dbmig:assert after SELECT 1\n\n  -- dbmig:\tFROM t", "SELECT 1\nFROM t"),
            ("-- dbmig:assert after SELECT 1\n-- dbmig:", "SELECT 1"),
            ("-- dbmig:assert after SELECT 1\n-- FROM t\n-- dbmig: FROM u", "SELECT 1"),
            ("-- dbmig:assert after SELECT 1\n;\n-- dbmig: FROM u", "SELECT 1"),
            ("SELECT '-- dbmig:assert after x';\n-- dbmig:assert after SELECT 1", "SELECT 1"),
        ] {
            let read = Assertions::read(text, Sqlite);
            assert_eq!(read.list.len(), 1, "{text}");
            assert_eq!(read.list[0].query, expected, "{text}");
        }
        for text in ["SELECT 1 -- dbmig: assert after SELECT 1", "-- dbmig:assertive", "SELECT 1"] {
            assert_eq!(Assertions::read(text, Sqlite), Assertions::default(), "{text}");
        }
    }
}
