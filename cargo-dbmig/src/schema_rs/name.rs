//! What tables, columns, and schemas are called in Rust.

/// What Rust, or the code that `table!` makes, keeps for itself.
const RESERVED: [&str; 56] = [
    "_",
    "abstract",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "columns",
    "const",
    "continue",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "if",
    "impl",
    "in",
    "is_nullable",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "pub",
    "ref",
    "return",
    "Self",
    "self",
    "static",
    "struct",
    "super",
    "table",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
    "",
];

/// The Rust name of an SQL name. A column is never called as its table: `table!` makes a module of that
/// name.
pub(super) fn rust_name(sql: &str, table: Option<&str>) -> String {
    let name = identifier(sql);
    // What ends with an underscore is left alone, so that one more always helps.
    let internal = name.starts_with("__") && !name.ends_with('_');
    if internal || RESERVED.contains(&name.as_str()) || table == Some(name.as_str()) {
        name + "_"
    } else {
        name
    }
}

/// One underscore for every run of characters that no identifier has, and one before a digit.
fn identifier(sql: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut name = String::with_capacity(sql.len() + 1);
    let mut replaced = sql.starts_with(|c: char| c.is_ascii_digit());
    if replaced {
        name.push('_');
    }
    for c in sql.chars() {
        if fits(c) {
            name.push(c);
        } else if !replaced {
            name.push('_');
        }
        replaced = !fits(c);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_names() {
        for (sql, expected) in [
            ("id", "id"),
            ("User", "User"),
            ("fn", "fn_"),
            ("Self", "Self_"),
            ("async", "async_"),
            ("union", "union"),
            ("bool", "bool"),
            ("table", "table_"),
            ("columns", "columns_"),
            ("is_nullable", "is_nullable_"),
            ("__foo", "__foo_"),
            ("__foo_", "__foo_"),
            ("_foo", "_foo"),
            ("_", "__"),
            ("", "_"),
            ("1abc", "_1abc"),
            ("9", "_9"),
            ("-a", "_a"),
            ("a-", "a_"),
            ("self-", "self_"),
            ("é", "__"),
            ("ünï", "_n_"),
            ("a - b", "a_b"),
            ("a_-b", "a__b"),
            ("a-_b", "a__b"),
            ("user-has::complex>>>role", "user_has_complex_role"),
            (" lead", "_lead"),
            ("__a b", "__a_b_"),
        ] {
            assert_eq!(rust_name(sql, None), expected, "{sql:?}");
        }
    }

    #[test]
    fn no_column_is_called_as_its_table() {
        for (column, table, expected) in [
            ("users", "users", "users_"),
            ("user", "users", "user"),
            ("a b", "a_b", "a_b_"),
            ("fn", "fn_", "fn_"),
            ("1a", "_1a", "_1a_"),
        ] {
            assert_eq!(rust_name(column, Some(table)), expected, "{column} in {table}");
        }
    }
}
