//! SQLite through Diesel. It turns every value into text when asked for text.

use dbmig_build::Dialect;
use diesel::sqlite::Sqlite;

use super::{SqlBackend, sealed, text_queries, text_rows};
use crate::session::DbErrorKind;

impl sealed::Sealed for Sqlite {}

text_rows!(
    Sqlite,
    <String as diesel::deserialize::FromSql<diesel::sql_types::Text, Sqlite>>::from_sql
);

impl SqlBackend for Sqlite {
    const DIALECT: Dialect = Dialect::Sqlite;

    text_queries!(Sqlite);

    // SQLite does not translate its messages.
    fn kind_of_message(message: &str) -> DbErrorKind {
        match message {
            m if m.starts_with("database is locked") => DbErrorKind::Busy,
            m if m.starts_with("database table is locked") => DbErrorKind::Busy,
            m if m.starts_with("attempt to write a readonly database") => DbErrorKind::ReadOnly,
            m if m.starts_with("no such table") => DbErrorKind::MissingTable,
            "interrupted" => DbErrorKind::Interrupted,
            _ => DbErrorKind::Other,
        }
    }
}
