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

/// The server's clock, `seconds` ago, with milliseconds.
pub(crate) fn moment(dialect: Dialect, seconds: f64) -> String {
    match dialect {
        Dialect::Sqlite => format!("strftime('%Y-%m-%d %H:%M:%f', 'now', '-{seconds:.3} seconds')"),
        Dialect::Postgres => format!("clock_timestamp() - interval '{seconds:.3} seconds'"),
        Dialect::Mysql => format!("NOW(3) - INTERVAL {seconds:.3} SECOND"),
    }
}
