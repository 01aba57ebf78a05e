//! Names: as SQL quotes them, and whether the server chose them.

use dbmig_build::Dialect;

use super::super::{Label, Name};
use crate::sql;

/// A name as SQL quotes it, with its database where it has one.
pub(super) fn quoted(name: &Name) -> String {
    let own = sql::quoted(Dialect::Mysql, &name.name);
    match &name.schema {
        Some(schema) => format!("{}.{own}", sql::quoted(Dialect::Mysql, schema)),
        None => own,
    }
}

/// Names as SQL quotes them, with commas between.
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| sql::quoted(Dialect::Mysql, name)).collect();
    names.join(", ")
}

/// Whether a name is `start` and a number.
fn numbered(name: &str, start: &str) -> bool {
    let rest = name
        .get(start.len()..)
        .filter(|_| name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)));
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The label of a foreign key: `<table>_ibfk_<n>` is InnoDB's.
pub(super) fn foreign_key(name: String, table: &str) -> Label {
    // MariaDB 12 only counts.
    let generated = numbered(&name, &format!("{table}_ibfk_")) || numbered(&name, "");
    Label { name: Some(name), generated }
}

/// The label of a condition: `<table>_chk_<n>` is MySQL's, `CONSTRAINT_<n>` MariaDB's.
pub(super) fn check(name: String, table: &str) -> Label {
    let generated = numbered(&name, &format!("{table}_chk_")) || numbered(&name, "CONSTRAINT_");
    Label { name: Some(name), generated }
}

/// The label of an index: the server calls it as its first column, or `functional_index`, with a number
/// from the second on.
pub(super) fn index(name: String, first_column: Option<&str>) -> Label {
    let base = first_column.unwrap_or("functional_index");
    let generated = name.eq_ignore_ascii_case(base) || numbered(&name, &format!("{base}_"));
    Label { name: Some(name), generated }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_chose_a_name() {
        for (label, generated) in [
            (foreign_key("t_ibfk_1".into(), "t"), true),
            (foreign_key("t_ibfk_".into(), "t"), false),
            (foreign_key("u_ibfk_1".into(), "t"), false),
            (foreign_key("12".into(), "t"), true),
            (foreign_key("fk".into(), "t"), false),
            (check("t_chk_12".into(), "t"), true),
            (check("t_chk_x".into(), "t"), false),
            (check("CONSTRAINT_1".into(), "t"), true),
            (index("a".into(), Some("a")), true),
            (index("A_2".into(), Some("a")), true),
            (index("a_b".into(), Some("a")), false),
            (index("é_2".into(), Some("é")), true),
            (index("e".into(), Some("é")), false),
            (index("functional_index".into(), None), true),
            (index("functional_index_3".into(), None), true),
        ] {
            assert_eq!(label.generated, generated, "{label:?}");
        }
    }

    #[test]
    fn quoting() {
        assert_eq!(quoted(&Name::new("a`b")), "`a``b`");
        assert_eq!(quoted(&Name::within(Some("x"), "a")), "`x`.`a`");
        assert_eq!(list(&["a".to_owned(), "b".to_owned()]), "`a`, `b`");
    }
}
