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
