//! MySQL and MariaDB through Diesel: their client library, or a wrapped connection of `diesel-async`.

use dbmig_build::Dialect;
use diesel::deserialize::{self, FromSql};
use diesel::mysql::data_types::MysqlTime;
use diesel::mysql::{Mysql, MysqlType, MysqlValue};
use diesel::sql_types::{Text, Timestamp};

use super::{SqlBackend, sealed, text_queries, text_rows};
use crate::session::DbErrorKind;

impl sealed::Sealed for Mysql {}

text_rows!(Mysql, text);

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

/// A value as text. `SHOW CREATE TRIGGER` answers with a moment as well, which can not be cast.
fn text(value: MysqlValue<'_>) -> deserialize::Result<String> {
    match value.value_type() {
        MysqlType::Timestamp | MysqlType::DateTime => {
            let MysqlTime { year, month, day, hour, minute, second, .. } =
                FromSql::<Timestamp, Mysql>::from_sql(value)?;
            Ok(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"))
        }
        _ => FromSql::<Text, Mysql>::from_sql(value),
    }
}
