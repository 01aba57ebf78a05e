//! Small differences between the dialects that the engine's own statements need.

use dbmig_build::Dialect;

/// The `index`th parameter, from 1.
pub(crate) fn placeholder(dialect: Dialect, index: usize) -> String {
    match dialect {
        Dialect::Postgres => format!("${index}"),
        Dialect::Sqlite | Dialect::Mysql => "?".to_owned(),
    }
}

/// `count` parameters with commas between.
pub(crate) fn placeholders(dialect: Dialect, count: usize) -> String {
    (1..=count).map(|index| placeholder(dialect, index)).collect::<Vec<_>>().join(", ")
}

/// The server's clock, `seconds` ago, with milliseconds, in UTC.
pub(crate) fn moment(dialect: Dialect, seconds: f64) -> String {
    match dialect {
        Dialect::Sqlite => format!("strftime('%Y-%m-%d %H:%M:%f', 'now', '-{seconds:.3} seconds')"),
        Dialect::Postgres => {
            format!("(clock_timestamp() - interval '{seconds:.3} seconds') AT TIME ZONE 'UTC'")
        }
        Dialect::Mysql => format!("UTC_TIMESTAMP(3) - INTERVAL {seconds:.3} SECOND"),
    }
}

/// An expression as text: every column that a session returns is text.
pub(crate) fn text(dialect: Dialect, expression: &str) -> String {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => format!("CAST({expression} AS TEXT)"),
        // With the character set named, columns of tables with different collations may meet in a UNION.
        Dialect::Mysql => format!("CAST({expression} AS CHAR CHARACTER SET utf8mb4)"),
    }
}

/// A name as the dialect quotes it.
pub(crate) fn quoted(dialect: Dialect, name: &str) -> String {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
        Dialect::Mysql => format!("`{}`", name.replace('`', "``")),
    }
}

/// Begins a transaction that will write.
pub(crate) const fn begin(dialect: Dialect) -> &'static str {
    match dialect {
        // A deferred one could not wait for another writer later.
        Dialect::Sqlite => "BEGIN IMMEDIATE",
        Dialect::Postgres => "BEGIN",
        Dialect::Mysql => "START TRANSACTION",
    }
}

/// Runs a SELECT without a table where the dialect needs one before WHERE.
pub(crate) const fn from_nothing(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => "",
        Dialect::Mysql => " FROM DUAL",
    }
}

/// A text as a literal that means the same whatever the session says about quoting.
///
/// Also whatever a client does to lines that end in CRLF: two of the three make it LF.
pub(crate) fn literal(dialect: Dialect, text: &str) -> String {
    let quoted = || format!("'{}'", text.replace('\'', "''"));
    let hex = || text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    match dialect {
        // With a backslash the E form is the same whatever standard_conforming_strings says.
        Dialect::Postgres if text.contains('\\') => {
            format!("E{}", quoted().replace('\\', "\\\\"))
        }
        Dialect::Sqlite if text.contains('\r') => format!("CAST(x'{}' AS TEXT)", hex()),
        // Doubled quotes hold everywhere, backslashes not with NO_BACKSLASH_ESCAPES.
        Dialect::Mysql if text.contains(['\\', '\r']) => format!("_utf8mb4 x'{}'", hex()),
        Dialect::Sqlite | Dialect::Postgres | Dialect::Mysql => quoted(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        use Dialect::{Mysql, Postgres, Sqlite};
        for (dialect, text, expected) in [
            (Sqlite, r"it's \", r"'it''s \'"),
            (Sqlite, "a\r\n", "CAST(x'610d0a' AS TEXT)"),
            (Postgres, "it's\r\n\"x\"", "'it''s\r\n\"x\"'"),
            (Postgres, r"it's \n", r"E'it''s \\n'"),
            (Mysql, "it's \"x\" é", "'it''s \"x\" é'"),
            (Mysql, r"'\", "_utf8mb4 x'275c'"),
            (Mysql, "\r", "_utf8mb4 x'0d'"),
            (Mysql, "", "''"),
        ] {
            assert_eq!(literal(dialect, text), expected, "{text:?}");
        }
    }
}
