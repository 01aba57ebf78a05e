//! `Session`: the narrow, object-safe trait through which the engine speaks to a database.
//!
//! Every Diesel connection implements it (module `connection`); other drivers may as well. The engine
//! is written against `&mut dyn Session`, so it is compiled once, not once a connection type.

use std::fmt;

use dbmig_build::Dialect;

/// A bound parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text.
    Text(&'a str),
    /// A whole number.
    Int(i64),
    /// NULL.
    Null,
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// A row: its columns as text, in order.
pub type Row = Vec<Option<String>>;

/// What a query finds, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The names of its columns, where it found a row.
    pub columns: Vec<String>,
    /// Its first rows, as text.
    pub rows: Vec<Row>,
}

/// Where rows go that are written in bulk.
#[derive(Debug, Clone, Copy)]
pub struct Bulk<'a> {
    /// The table, quoted.
    pub table: &'a str,
    /// Its columns, in the order of the values.
    pub columns: &'a [BulkColumn],
}

/// A column that is written in bulk.
#[derive(Debug, Clone)]
pub struct BulkColumn {
    /// Its name, quoted.
    pub name: String,
    /// What stands before and behind the parameter where a statement writes it.
    pub around: (String, String),
    /// The value is bytes, given as digits of hexadecimal.
    pub bytes: bool,
}

/// Takes rows that are written in bulk.
pub trait RowSink {
    /// One row: a value a column, `None` for NULL.
    ///
    /// # Errors
    ///
    /// What the database reports, perhaps of an earlier row.
    fn row(&mut self, values: &[Option<&str>]) -> DbResult<()>;
}

/// What gives a sink its rows.
pub type Feed<'f> = dyn FnMut(&mut dyn RowSink) -> DbResult<()> + 'f;

/// What a session returns.
pub type DbResult<T> = Result<T, DbError>;

/// A connection that the engine can use.
pub trait Session {
    /// The dialect that it speaks.
    fn dialect(&self) -> Dialect;

    /// Runs a statement or a script as text, without parameters.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn execute(&mut self, sql: &str) -> DbResult<()>;

    /// Runs one statement with parameters and returns how many rows it touched.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn execute_with(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<usize>;

    /// Runs one query with parameters. Columns must be text, or cast to it.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn query(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<Vec<Row>>;

    /// Runs a script and then one query without parameters, whose rows it returns: in one call to the
    /// server where the family of connections can. Columns must be text, or cast to it.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn query_after(&mut self, script: &str, sql: &str) -> DbResult<Vec<Row>> {
        self.execute(script)?;
        self.query(sql, &[])
    }

    /// Runs one SELECT that somebody wrote, of columns of any type, and returns its first rows, `most` at
    /// most, with the names of the columns.
    ///
    /// # Errors
    ///
    /// What the database reports; and this family of connections can not say what a column is called.
    fn find(&mut self, select: &str, most: usize) -> DbResult<Found> {
        let _ = (select, most);
        let message = "this family of connections does not show the rows of a query";
        Err(DbError::new(DbErrorKind::Other, message))
    }

    /// Writes the rows that `feed` gives, within the transaction that is open, by the quickest way that this
    /// family of connections has; `false`, and `feed` was not called, where it has none that is quicker than
    /// statements of many rows.
    ///
    /// # Errors
    ///
    /// What the database reports, and what `feed` returns. The transaction can only be rolled back then.
    fn bulk(&mut self, bulk: &Bulk<'_>, feed: &mut Feed<'_>) -> DbResult<bool> {
        let _ = (bulk, feed);
        Ok(false)
    }

    /// Whether the caller has a transaction open on this connection.
    ///
    /// # Errors
    ///
    /// When the connection is unusable.
    fn in_transaction(&mut self) -> DbResult<bool>;

    /// Whether all of it happens inside a transaction that is not the engine's to end: what needs more than
    /// a savepoint is refused there.
    fn is_nested(&self) -> bool {
        false
    }

    /// Whether somebody asked to stop: looked at between statements.
    fn interrupted(&self) -> bool {
        false
    }

    /// From here on statements with parameters may be parsed once and kept on the connection: nobody else
    /// gets it. What is sent text by text is not concerned.
    fn keep_statements(&mut self) {}

    /// Connects anew after the connection was lost; `false` where this family of connections can not.
    ///
    /// # Errors
    ///
    /// What the database, or the way to it, reports.
    fn reconnect(&mut self) -> DbResult<bool> {
        Ok(false)
    }

    /// Opens another connection to the same database; `None` where this family of connections can not.
    ///
    /// # Errors
    ///
    /// What the database, or the way to it, reports.
    fn another(&self) -> DbResult<Option<Box<dyn Session>>> {
        Ok(None)
    }
}

/// Runs `work` in a transaction that is going to write; whatever fails, none stays open.
pub(crate) fn write_transaction<T>(
    session: &mut dyn Session,
    work: impl FnOnce(&mut dyn Session) -> DbResult<T>,
) -> DbResult<T> {
    session.execute(crate::sql::begin(session.dialect()))?;
    let result = work(session).and_then(|value| session.execute("COMMIT").map(|()| value));
    if result.is_err() {
        // A COMMIT that fails leaves the transaction open as well. The first error is the one to tell.
        let _ = session.execute("ROLLBACK");
    }
    result
}

/// What an error of the database means to the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DbErrorKind {
    /// Another connection holds what is needed: a lock was not granted in time, or a deadlock was broken.
    Busy,
    /// A unique or primary key refuses a row.
    Unique,
    /// The database or the transaction is read-only.
    ReadOnly,
    /// The statement was cancelled.
    Interrupted,
    /// The server ended the statement because it took too long.
    Timeout,
    /// A table that is not there.
    MissingTable,
    /// The connection is gone.
    Closed,
    /// Anything else.
    Other,
}

/// An error of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DbError {
    /// What it means to the engine.
    pub kind: DbErrorKind,
    /// The driver's code, where the family of connections has one.
    pub code: Option<String>,
    /// The message of the database.
    pub message: String,
    /// More of it.
    pub detail: Option<String>,
    /// The database's own advice.
    pub hint: Option<String>,
    /// Where inside functions or other bodies it happened, in the database's words.
    pub context: Option<String>,
    /// Byte offset into the statement that was sent.
    pub position: Option<usize>,
}

impl DbError {
    /// An error with nothing but a message.
    pub fn new(kind: DbErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            code: None,
            message: message.into(),
            detail: None,
            hint: None,
            context: None,
            position: None,
        }
    }
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(code) = &self.code {
            write!(f, " ({code})")?;
        }
        Ok(())
    }
}

impl std::error::Error for DbError {}
