//! `Session` for every Diesel connection of a backend whose feature is on.

mod find;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use dbmig_build::Dialect;
use diesel::backend::Backend;
use diesel::connection::{
    DefaultLoadingMode, LoadConnection, TransactionManager, TransactionManagerStatus,
};
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::session::{DbError, DbErrorKind, DbResult, Found, Row, Session, Value};

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

    /// The names of the columns of the first row; `None` where there is no row.
    #[doc(hidden)]
    fn columns<C>(conn: &mut C, sql: &str) -> diesel::QueryResult<Option<Vec<String>>>
    where
        C: LoadConnection<DefaultLoadingMode, Backend = Self>;

    /// What a message of this database means, where Diesel's kind does not tell.
    #[doc(hidden)]
    fn kind_of_message(message: &str) -> DbErrorKind;
}

/// Binds values and reads rows of text: the same words for each backend, but every one concrete, so that
/// nothing has to be proved for a generic one.
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
macro_rules! text_queries {
    ($backend:ty) => {
        fn execute_with<C>(
            conn: &mut C,
            sql: &str,
            values: &[$crate::session::Value<'_>],
        ) -> diesel::QueryResult<usize>
        where
            C: diesel::connection::LoadConnection<
                    diesel::connection::DefaultLoadingMode,
                    Backend = Self,
                >,
        {
            diesel::RunQueryDsl::execute(bound(sql, values), conn)
        }

        fn query<C>(
            conn: &mut C,
            sql: &str,
            values: &[$crate::session::Value<'_>],
        ) -> diesel::QueryResult<Vec<$crate::session::Row>>
        where
            C: diesel::connection::LoadConnection<
                    diesel::connection::DefaultLoadingMode,
                    Backend = Self,
                >,
        {
            let rows = diesel::RunQueryDsl::load::<TextRow>(bound(sql, values), conn)?;
            Ok(rows.into_iter().map(|row| row.0).collect())
        }

        fn columns<C>(conn: &mut C, sql: &str) -> diesel::QueryResult<Option<Vec<String>>>
        where
            C: diesel::connection::LoadConnection<
                    diesel::connection::DefaultLoadingMode,
                    Backend = Self,
                >,
        {
            let rows = diesel::RunQueryDsl::load::<Names>(bound(sql, &[]), conn)?;
            Ok(rows.into_iter().next().map(|row| row.0))
        }
    };
}
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
use text_queries;

/// What [`text_queries`] needs beside the implementation.
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
macro_rules! text_rows {
    // With what reads a value: a function of it.
    ($backend:ty, $read:expr) => {
        type Bound<'f> =
            diesel::query_builder::BoxedSqlQuery<'f, $backend, diesel::query_builder::SqlQuery>;

        fn bound<'f>(sql: &str, values: &'f [$crate::session::Value<'f>]) -> Bound<'f> {
            use $crate::session::Value;
            let mut query = diesel::sql_query(sql).into_boxed::<$backend>();
            for value in values {
                query = match *value {
                    Value::Text(text) => query.bind::<diesel::sql_types::Text, _>(text),
                    Value::Int(number) => query.bind::<diesel::sql_types::BigInt, _>(number),
                    Value::Null => query
                        .bind::<diesel::sql_types::Nullable<diesel::sql_types::Text>, _>(
                            None::<&str>,
                        ),
                };
            }
            query
        }

        /// The names of the columns of a row, of whatever type they are.
        struct Names(Vec<String>);

        impl diesel::deserialize::QueryableByName<$backend> for Names {
            fn build<'a>(
                row: &impl diesel::row::NamedRow<'a, $backend>,
            ) -> diesel::deserialize::Result<Self> {
                use diesel::row::{Field as _, Row};
                let name = |index| {
                    let field = Row::get(row, index)?;
                    Some(field.field_name().unwrap_or("?").to_owned())
                };
                Ok(Self((0..row.field_count()).filter_map(name).collect()))
            }
        }

        /// A row of any width, of columns that are text.
        struct TextRow($crate::session::Row);

        impl diesel::deserialize::QueryableByName<$backend> for TextRow {
            fn build<'a>(
                row: &impl diesel::row::NamedRow<'a, $backend>,
            ) -> diesel::deserialize::Result<Self> {
                use diesel::row::{Field as _, Row};
                let mut columns = Vec::with_capacity(row.field_count());
                for index in 0..row.field_count() {
                    let field = Row::get(row, index).ok_or("a column is missing")?;
                    columns.push(match field.value() {
                        Some(value) => Some($read(value)?),
                        None => None,
                    });
                }
                Ok(Self(columns))
            }
        }
    };
}
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
use text_rows;

/// A Diesel connection that can be migrated, of a backend whose feature is on.
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

    fn find(&mut self, select: &str, most: usize) -> DbResult<Found> {
        let dialect = self.dialect();
        let names = C::Backend::columns(self, &find::first(select));
        let Some(names) = names.map_err(db_error::<C::Backend>)? else {
            return Ok(Found::default());
        };
        let rows = self.query(&find::as_text(dialect, select, &names, most), &[])?;
        Ok(find::found(dialect, names, rows))
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
