//! PostgreSQL through Diesel: libpq, or a wrapped connection of `diesel-async`.

use dbmig_build::Dialect;
use diesel::pg::Pg;

use super::{SqlBackend, sealed, text_queries, text_rows};
use crate::session::DbErrorKind;

impl sealed::Sealed for Pg {}

text_rows!(Pg, <String as diesel::deserialize::FromSql<diesel::sql_types::Text, Pg>>::from_sql);

impl SqlBackend for Pg {
    const DIALECT: Dialect = Dialect::Postgres;

    text_queries!(Pg);

    // Diesel gives no SQLSTATE. The server's words are in its `lc_messages`: where that is not English,
    // nothing is known, and nothing is tried again.
    fn kind_of_message(message: &str) -> DbErrorKind {
        let has = |text: &str| message.contains(text);
        match () {
            () if has("due to lock timeout") || has("deadlock detected") => DbErrorKind::Busy,
            () if has("could not serialize access") => DbErrorKind::Busy,
            () if has("could not obtain lock") => DbErrorKind::Busy,
            () if has("due to statement timeout") => DbErrorKind::Timeout,
            () if has("due to user request") => DbErrorKind::Interrupted,
            () if has("in a read-only transaction") => DbErrorKind::ReadOnly,
            () if has("relation \"") && has("\" does not exist") => DbErrorKind::MissingTable,
            () if has("terminating connection") || has("server closed the connection") => {
                DbErrorKind::Closed
            }
            () if has("connection closed") => DbErrorKind::Closed,
            () => DbErrorKind::Other,
        }
    }
}
