//! MySQL and MariaDB through Diesel: their client library, or a wrapped connection of `diesel-async`.

use dbmig_build::Dialect;
use diesel::mysql::Mysql;

use super::{SqlBackend, sealed, text_queries, text_rows};
use crate::session::DbErrorKind;

impl sealed::Sealed for Mysql {}

text_rows!(Mysql);

impl SqlBackend for Mysql {
    const DIALECT: Dialect = Dialect::Mysql;

    text_queries!(Mysql);

    // Diesel gives no number, and the servers translate only where somebody has set `lc_messages`.
    fn kind_of_message(message: &str) -> DbErrorKind {
        let has = |text: &str| message.contains(text);
        match () {
            () if has("Lock wait timeout exceeded") || has("Deadlock found") => DbErrorKind::Busy,
            () if has("Duplicate entry") => DbErrorKind::Unique,
            () if has("maximum statement execution time exceeded") => DbErrorKind::Timeout,
            () if has("max_statement_time exceeded") => DbErrorKind::Timeout,
            () if has("Query execution was interrupted") => DbErrorKind::Interrupted,
            () if has("--read-only") || has("read only mode") || has("READ ONLY transaction") => {
                DbErrorKind::ReadOnly
            }
            () if has("Table '") && has("doesn't exist") => DbErrorKind::MissingTable,
            () if has("Lost connection") || has("server has gone away") => DbErrorKind::Closed,
            () => DbErrorKind::Other,
        }
    }
}
