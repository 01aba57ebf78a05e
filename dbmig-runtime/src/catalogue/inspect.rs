//! What an application asks about its database, on the connection that it has.
//!
//! Each function reads the catalogue anew: who has several questions asks [`catalogue`] once, and the
//! [`Catalogue`] from then on. The tables of the history are never part of the answer.
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use dbmig_runtime::catalogue::inspect;
//! use diesel::connection::{Connection as _, SimpleConnection as _};
//!
//! let mut conn = diesel::SqliteConnection::establish(":memory:")?;
//! conn.batch_execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")?;
//! assert!(inspect::has_column(&mut conn, "users", "name")?);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use dbmig_build::Dialect;

use super::{Catalogue, Name, Schemas, Scope, Table};
use crate::connection::MigrationConnection;
use crate::session::{DbResult, Session as _};

/// All that the database holds, as far as `scope` goes.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use diesel::connection::{Connection as _, SimpleConnection as _};
/// use dbmig_runtime::catalogue::{Scope, inspect};
///
/// # let mut conn = diesel::SqliteConnection::establish(":memory:")?;
/// # conn.batch_execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)")?;
/// let before = inspect::catalogue(&mut conn, &Scope::default())?;
/// conn.batch_execute("ALTER TABLE users ADD COLUMN age INTEGER")?;
/// let after = inspect::catalogue(&mut conn, &Scope::default())?;
/// let differences = before.differences(&after);
/// assert_eq!(differences[0].to_string(), "+ column users.age: INTEGER");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// What the database reports.
pub fn catalogue<C: MigrationConnection>(conn: &mut C, scope: &Scope) -> DbResult<Catalogue> {
    Catalogue::read(conn, scope)
}

/// The names of the tables in the default schema, sorted.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use diesel::connection::{Connection as _, SimpleConnection as _};
/// # use dbmig_runtime::catalogue::inspect;
/// # let mut conn = diesel::SqliteConnection::establish(":memory:")?;
/// # conn.batch_execute("CREATE TABLE users (id INTEGER); CREATE TABLE posts (id INTEGER)")?;
/// let names: Vec<_> = inspect::tables(&mut conn)?.iter().map(ToString::to_string).collect();
/// assert_eq!(names, ["posts", "users"]);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// What the database reports.
pub fn tables<C: MigrationConnection>(conn: &mut C) -> DbResult<Vec<Name>> {
    let catalogue = catalogue(conn, &Scope::default())?;
    Ok(catalogue.tables.into_iter().map(|table| table.name).collect())
}

/// Whether there is such a table. Views are none.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use diesel::connection::{Connection as _, SimpleConnection as _};
/// # use dbmig_runtime::catalogue::inspect;
/// # let mut conn = diesel::SqliteConnection::establish(":memory:")?;
/// # conn.batch_execute("CREATE TABLE users (id INTEGER)")?;
/// assert!(inspect::has_table(&mut conn, "users")?);
/// assert!(!inspect::has_table(&mut conn, "posts")?);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// What the database reports.
pub fn has_table<C: MigrationConnection>(conn: &mut C, name: impl Into<Name>) -> DbResult<bool> {
    Ok(describe_table(conn, name)?.is_some())
}

/// Whether there is such a table with such a column.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use diesel::connection::{Connection as _, SimpleConnection as _};
/// # use dbmig_runtime::catalogue::inspect;
/// # let mut conn = diesel::SqliteConnection::establish(":memory:")?;
/// # conn.batch_execute("CREATE TABLE users (id INTEGER)")?;
/// assert!(inspect::has_column(&mut conn, "users", "id")?);
/// assert!(!inspect::has_column(&mut conn, "users", "email")?);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// What the database reports.
pub fn has_column<C: MigrationConnection>(
    conn: &mut C,
    table: impl Into<Name>,
    column: &str,
) -> DbResult<bool> {
    let dialect = conn.dialect();
    let table = describe_table(conn, table)?;
    Ok(table.is_some_and(|table| {
        table.columns.iter().any(|one| same_column(dialect, &one.name, column))
    }))
}

/// A table with its columns, keys, conditions and indexes; `None` where there is none of this name.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use diesel::connection::{Connection as _, SimpleConnection as _};
/// # use dbmig_runtime::catalogue::inspect;
/// # let mut conn = diesel::SqliteConnection::establish(":memory:")?;
/// # conn.batch_execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL)")?;
/// let users = inspect::describe_table(&mut conn, "users")?.expect("the migration made it");
/// let name = users.column("name").expect("the migration made it");
/// assert_eq!((name.ty.text.as_str(), name.nullable), ("VARCHAR(50)", false));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// What the database reports.
pub fn describe_table<C: MigrationConnection>(
    conn: &mut C,
    name: impl Into<Name>,
) -> DbResult<Option<Table>> {
    let name = name.into();
    let schemas = match &name.schema {
        Some(schema) => Schemas::Named(vec![schema.clone()]),
        None => Schemas::Default,
    };
    let catalogue = catalogue(conn, &Scope { schemas, ..Scope::default() })?;
    let dialect = catalogue.dialect;
    let same = |table: &Table| same_table(dialect, &table.name, &name);
    Ok(catalogue.tables.into_iter().find(same))
}

/// Whether two names mean one table to the database. On MySQL that is up to the server's file system, and
/// the answer is the careful one.
fn same_table(dialect: Dialect, one: &Name, other: &Name) -> bool {
    match dialect {
        Dialect::Sqlite => one.name.eq_ignore_ascii_case(&other.name),
        Dialect::Postgres | Dialect::Mysql => one == other,
    }
}

/// Whether two names mean one column to the database.
fn same_column(dialect: Dialect, one: &str, other: &str) -> bool {
    match dialect {
        Dialect::Sqlite => one.eq_ignore_ascii_case(other),
        Dialect::Mysql => one.to_lowercase() == other.to_lowercase(),
        Dialect::Postgres => one == other,
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use diesel::connection::SimpleConnection as _;
    use diesel::{Connection as _, SqliteConnection};

    use super::*;

    #[test]
    fn names_mean_what_they_mean_to_the_database() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        let sql = "CREATE TABLE Users (Id INTEGER); CREATE VIEW v AS SELECT 1; \
             CREATE TABLE __diesel_schema_migrations (version)";
        conn.batch_execute(sql).unwrap();
        for (name, there) in [
            (Name::new("users"), true),
            (Name::within(Some("main"), "USERS"), true),
            (Name::new("v"), false),
            (Name::new("__diesel_schema_migrations"), false),
            (Name::new("main.Users"), false),
        ] {
            assert_eq!(has_table(&mut conn, name.clone()).unwrap(), there, "{name}");
        }
        assert!(has_column(&mut conn, "USERS", "iD").unwrap());
        assert!(!has_column(&mut conn, "gone", "id").unwrap());
        assert_eq!(tables(&mut conn).unwrap(), [Name::new("Users")]);
    }

    #[test]
    fn columns_of_each_dialect() {
        assert!(same_column(Dialect::Mysql, "Id", "ID"));
        assert!(!same_column(Dialect::Postgres, "Id", "ID"));
    }
}
