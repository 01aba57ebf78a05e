//! `Session` for every Diesel connection of a backend whose feature is on.

#[cfg(feature = "sqlite")]
mod sqlite;

use dbmig_build::Dialect;
use diesel::backend::Backend;
use diesel::connection::{
    DefaultLoadingMode, LoadConnection, TransactionManager, TransactionManagerStatus,
};
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::session::{DbError, DbErrorKind, DbResult, Row, Session, Value};

mod sealed {
    /// Nobody else implements `SqlBackend`.
    pub trait Sealed {}
}

/// A Diesel backend that the engine speaks to. The implementations are concrete, so that no bound of
/// theirs leaks into the code of users.
pub trait SqlBackend: Backend + sealed::Sealed {
    /// Its dialect.
    const DIALECT: Dialect;

    #[doc(hidden)]
    fn execute_with<C>(conn: &mut C, sql: &str, values: &[Value<'_>]) -> diesel::QueryResult<usize>
    where
        C: LoadConnection<DefaultLoadingMode, Backend = Self>;

    #[doc(hidden)]
    fn query<C>(conn: &mut C, sql: &str, values: &[Value<'_>]) -> diesel::QueryResult<Vec<Row>>
    where
        C: LoadConnection<DefaultLoadingMode, Backend = Self>;

    /// What a message of this database means, where Diesel's kind does not tell.
    #[doc(hidden)]
    fn kind_of_message(message: &str) -> DbErrorKind;
}

/// A Diesel connection that can be migrated: of SQLite for now, with its feature on.
///
/// Implemented for all of them; write it as the bound of your own generic functions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a connection that dbmig can migrate",
    label = "needs a Diesel connection of a backend whose feature of `dbmig-runtime` is on",
    note = "generic code needs the bound `C: dbmig_runtime::MigrationConnection`"
)]
pub trait MigrationConnection: LoadConnection<DefaultLoadingMode, Backend: SqlBackend> {}

impl<C> MigrationConnection for C
where
    C: LoadConnection<DefaultLoadingMode>,
    C::Backend: SqlBackend,
{
}

impl<C: MigrationConnection> Session for C {
    fn dialect(&self) -> Dialect {
        C::Backend::DIALECT
    }

    fn execute(&mut self, sql: &str) -> DbResult<()> {
        self.batch_execute(sql).map_err(db_error::<C::Backend>)
    }

    fn execute_with(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<usize> {
        C::Backend::execute_with(self, sql, values).map_err(db_error::<C::Backend>)
    }

    fn query(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<Vec<Row>> {
        C::Backend::query(self, sql, values).map_err(db_error::<C::Backend>)
    }

    fn in_transaction(&mut self) -> DbResult<bool> {
        match C::TransactionManager::transaction_manager_status_mut(self) {
            TransactionManagerStatus::Valid(status) => Ok(status.transaction_depth().is_some()),
            TransactionManagerStatus::InError => {
                Err(DbError::new(DbErrorKind::Closed, "the connection is in a broken transaction"))
            }
        }
    }
}

/// Diesel gives no SQLSTATE and no number: kinds first, then the message.
fn db_error<B: SqlBackend>(error: DieselError) -> DbError {
    match error {
        DieselError::DatabaseError(kind, info) => {
            let message = info.message().to_owned();
            let kind = match kind {
                DatabaseErrorKind::UniqueViolation => DbErrorKind::Unique,
                DatabaseErrorKind::ReadOnlyTransaction => DbErrorKind::ReadOnly,
                DatabaseErrorKind::ClosedConnection => DbErrorKind::Closed,
                _ => B::kind_of_message(&message),
            };
            DbError {
                kind,
                code: None,
                detail: info.details().map(ToOwned::to_owned),
                hint: info.hint().map(ToOwned::to_owned),
                context: None,
                position: None,
                message,
            }
        }
        other => DbError::new(DbErrorKind::Other, other.to_string()),
    }
}
