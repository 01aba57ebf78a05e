//! SQLite through Diesel.

use dbmig_build::Dialect;
use diesel::connection::{DefaultLoadingMode, LoadConnection};
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::prelude::*;
use diesel::row::{Field as _, NamedRow, Row};
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::Sqlite;

use super::{SqlBackend, sealed};
use crate::session::{self, DbErrorKind, Value};

impl sealed::Sealed for Sqlite {}

impl SqlBackend for Sqlite {
    const DIALECT: Dialect = Dialect::Sqlite;

    fn execute_with<C>(conn: &mut C, sql: &str, values: &[Value<'_>]) -> QueryResult<usize>
    where
        C: LoadConnection<DefaultLoadingMode, Backend = Self>,
    {
        bound(sql, values).execute(conn)
    }

    fn query<C>(conn: &mut C, sql: &str, values: &[Value<'_>]) -> QueryResult<Vec<session::Row>>
    where
        C: LoadConnection<DefaultLoadingMode, Backend = Self>,
    {
        Ok(bound(sql, values).load::<TextRow>(conn)?.into_iter().map(|row| row.0).collect())
    }

    // SQLite does not translate its messages.
    fn kind_of_message(message: &str) -> DbErrorKind {
        match message {
            m if m.starts_with("database is locked") => DbErrorKind::Busy,
            m if m.starts_with("database table is locked") => DbErrorKind::Busy,
            m if m.starts_with("attempt to write a readonly database") => DbErrorKind::ReadOnly,
            "interrupted" => DbErrorKind::Interrupted,
            _ => DbErrorKind::Other,
        }
    }
}

type Bound<'f> = diesel::query_builder::BoxedSqlQuery<'f, Sqlite, diesel::query_builder::SqlQuery>;

fn bound<'f>(sql: &str, values: &'f [Value<'f>]) -> Bound<'f> {
    let mut query = diesel::sql_query(sql).into_boxed::<Sqlite>();
    for value in values {
        query = match *value {
            Value::Text(text) => query.bind::<Text, _>(text),
            Value::Int(number) => query.bind::<BigInt, _>(number),
            Value::Null => query.bind::<Nullable<Text>, _>(None::<&str>),
        };
    }
    query
}

/// A row of any width; SQLite turns every value into text when asked for text.
struct TextRow(session::Row);

impl QueryableByName<Sqlite> for TextRow {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let mut columns = Vec::with_capacity(row.field_count());
        for index in 0..row.field_count() {
            let field = Row::get(row, index).ok_or("a column is missing")?;
            let text = match field.value() {
                Some(value) => Some(<String as FromSql<Text, Sqlite>>::from_sql(value)?),
                None => None,
            };
            columns.push(text);
        }
        Ok(Self(columns))
    }
}
