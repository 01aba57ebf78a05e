//! Whether the server chose a name: by its own scheme, `table_columns_suffix` within 63 bytes.

use crate::catalogue::Label;

/// The longest name, in bytes.
const LONGEST: usize = 63;

/// The label of something on `table`, over `columns`, whose name ends in `suffix` where the server chose it.
pub(super) fn label(name: String, table: &str, columns: Option<&[String]>, suffix: &str) -> Label {
    let joined = columns.map(joined);
    let number = &name[name.trim_end_matches(|c: char| c.is_ascii_digit()).len()..];
    let is = |suffix: &str| name == make(table, joined.as_deref(), suffix);
    // A number behind it was added because the name was taken.
    let generated = is(suffix) || (!number.is_empty() && is(&format!("{suffix}{number}")));
    Label { generated, name: Some(name) }
}

/// The name that the server gives to the sequence of a column.
pub(super) fn sequence(table: &str, column: &str) -> String {
    make(table, Some(column), "seq")
}

/// The columns as they stand in a name: not longer than one may be.
fn joined(columns: &[String]) -> String {
    let mut text = String::new();
    for column in columns {
        if !text.is_empty() {
            text.push('_');
        }
        text.push_str(column);
        if text.len() > LONGEST {
            break;
        }
    }
    cut(&text, LONGEST).to_owned()
}

/// A name out of a table, what else there is, and a suffix. The longer of the two is shortened first.
fn make(table: &str, columns: Option<&str>, suffix: &str) -> String {
    let others = suffix.len() + 1 + usize::from(columns.is_some());
    let room = LONGEST.saturating_sub(others);
    let (mut first, mut second) = (table.len(), columns.map_or(0, str::len));
    while first + second > room {
        if first > second {
            first -= 1;
        } else {
            second -= 1;
        }
    }
    let table = cut(table, first);
    match columns {
        Some(columns) => format!("{table}_{}_{suffix}", cut(columns, second)),
        None => format!("{table}_{suffix}"),
    }
}

/// At most so many bytes, whole characters.
fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_the_scheme() {
        let long = "a".repeat(40);
        let b = "b".repeat(40);
        // As PostgreSQL 15 named them.
        let cut = format!("{}_{}_key", "a".repeat(29), "b".repeat(29));
        let numbered = format!("{}_{}_key1", "a".repeat(29), "b".repeat(28));
        for (name, table, columns, suffix, generated) in [
            ("users_pkey", "users", None, "pkey", true),
            ("users_pkey1", "users", None, "pkey", true),
            ("users_pk", "users", None, "pkey", false),
            ("old_pkey", "users", None, "pkey", false),
            ("users_a_b_key", "users", Some(vec!["a", "b"]), "key", true),
            ("users_a_b_key12", "users", Some(vec!["a", "b"]), "key", true),
            ("users_a_key", "users", Some(vec!["a", "b"]), "key", false),
            ("users_check", "users", None, "check", true),
            ("t_é_idx", "t", Some(vec!["é"]), "idx", true),
            ("1", "users", None, "pkey", false),
            (cut.as_str(), long.as_str(), Some(vec![b.as_str()]), "key", true),
            (numbered.as_str(), long.as_str(), Some(vec![b.as_str()]), "key", true),
        ] {
            let columns: Option<Vec<String>> =
                columns.map(|columns| columns.into_iter().map(ToOwned::to_owned).collect());
            let label = label(name.to_owned(), table, columns.as_deref(), suffix);
            assert_eq!(label.generated, generated, "{name}");
            assert_eq!(label.name.as_deref(), Some(name));
        }
    }
}
