//! Which statement of a migration a difference of two schemas is about: the last one that names the object.
//!
//! A guess by names, good enough to begin looking: a body, or a view's columns, can hide a name.

use dbmig_build::Dialect;
use dbmig_build::sql::{self, TokenKind};
use dbmig_runtime::catalogue::{Difference, Kind};

use crate::failure::excerpt;

/// A statement of one of the two files.
#[derive(Debug, PartialEq, Eq)]
pub struct Blamed {
    /// `down.sql`, or where nothing in it names the object, `up.sql`.
    pub file: &'static str,
    /// Line and column, from 1.
    pub place: (usize, usize),
    /// Its number, from 1, and how many there are.
    pub number: (usize, usize),
    /// Its beginning.
    pub excerpt: String,
}

/// The statement to look at first, of the texts of the two files.
pub fn blamed(
    difference: &Difference,
    (up, down): (&str, &str),
    dialect: Dialect,
) -> Option<Blamed> {
    let object = &difference.object;
    let own = object.name.name.as_str();
    let table = object.of.as_ref().map(|of| of.name.as_str());
    // A key without a name of its own is called by its columns, or by the server.
    let nameless = matches!(object.kind, Kind::PrimaryKey);
    let files = [("down.sql", down), ("up.sql", up)];
    let both: Vec<&str> = match nameless {
        true => table.into_iter().collect(),
        false => table.into_iter().chain([own]).collect(),
    };
    let names = [both, if nameless { vec![] } else { vec![own] }, table.into_iter().collect()];
    files.iter().find_map(|(file, text)| {
        names
            .iter()
            .filter(|names| !names.is_empty())
            .find_map(|names| last_that_names(file, text, names, dialect))
    })
}

fn last_that_names(
    file: &'static str,
    text: &str,
    names: &[&str],
    dialect: Dialect,
) -> Option<Blamed> {
    let statements = sql::split(text, dialect).statements;
    let total = statements.len();
    let (index, statement) = statements.into_iter().enumerate().rfind(|(_, statement)| {
        let mentioned: Vec<_> = sql::tokens(statement.sql, dialect)
            .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedName))
            .map(|token| token.text.trim_matches(['"', '`', '[', ']']))
            .collect();
        names.iter().all(|name| mentioned.iter().any(|word| word.eq_ignore_ascii_case(name)))
    })?;
    Some(Blamed {
        file,
        place: sql::position(text, statement.offset),
        number: (index + 1, total),
        excerpt: excerpt(statement.sql),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use dbmig_runtime::catalogue::{Change, Name, Object};

    use super::*;

    fn of(kind: Kind, of: Option<&str>, name: &str) -> Difference {
        let object = Object { of: of.map(Name::new), kind, name: Name::new(name) };
        Difference { object, change: Change::Added(BTreeMap::new()) }
    }

    #[test]
    fn the_last_statement_that_names_it() {
        let up = "CREATE TABLE t (a INT, b INT);\nCREATE INDEX i ON t (a);\nCREATE TABLE \"U v\" (x INT);";
        let down = "ALTER TABLE t DROP COLUMN a;\n-- b\nALTER TABLE t ADD COLUMN a INT DEFAULT 'b';\n  DROP TABLE w;";
        for (difference, expected) in [
            (of(Kind::Column, Some("t"), "a"), Some(("down.sql", (3, 1), (2, 3)))),
            // Only in a string and a comment: the table is what is left.
            (of(Kind::Column, Some("t"), "b"), Some(("down.sql", (3, 1), (2, 3)))),
            (of(Kind::Index, Some("z"), "I"), Some(("up.sql", (2, 1), (2, 3)))),
            (of(Kind::Table, None, "u V"), Some(("up.sql", (3, 1), (3, 3)))),
            (of(Kind::Table, None, "w"), Some(("down.sql", (4, 3), (3, 3)))),
            (of(Kind::PrimaryKey, Some("t"), "t_pkey"), Some(("down.sql", (3, 1), (2, 3)))),
            (of(Kind::View, None, "nowhere"), None),
        ] {
            let found = blamed(&difference, (up, down), Dialect::Sqlite);
            let found = found.map(|blamed| (blamed.file, blamed.place, blamed.number));
            assert_eq!(found, expected, "{difference:?}");
        }
    }
}
