//! Where it is read from: which server, and which of its databases.

use dbmig_build::Dialect;

use super::super::Name;
use crate::session::{DbError, DbErrorKind, DbResult, Row, Session};
use crate::sql;

/// Which server it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Server {
    pub(super) mariadb: bool,
    major: u32,
}

impl Server {
    pub(super) fn label(self) -> String {
        format!("{}-{}", if self.mariadb { "mariadb" } else { "mysql" }, self.major)
    }
}

/// Asks the server what it is.
pub(super) fn server(session: &mut dyn Session) -> DbResult<Server> {
    let rows = session.query(&format!("SELECT {}", sql::text(Dialect::Mysql, "VERSION()")), &[])?;
    let version = rows.into_iter().flatten().flatten().next().unwrap_or_default();
    let mariadb = version.contains("MariaDB");
    // Some MariaDB servers call themselves 5.5.5-… for old replicas.
    let version = version.strip_prefix("5.5.5-").filter(|_| mariadb).unwrap_or(&version);
    let digits = version.split('.').next().unwrap_or_default();
    Ok(Server { mariadb, major: digits.parse().unwrap_or_default() })
}

/// A database that is read.
pub(super) struct Source<'a> {
    session: &'a mut dyn Session,
    pub(super) server: Server,
    /// Its name.
    pub(super) database: String,
    /// What the names in it carry: nothing where it is the default.
    pub(super) schema: Option<String>,
    /// The collation of tables that name none.
    pub(super) collation: String,
    pub(super) comment: Option<String>,
}

impl<'a> Source<'a> {
    /// The database that the session is in.
    pub(super) fn current(session: &'a mut dyn Session, server: Server) -> DbResult<Self> {
        Self::find(session, server, "DATABASE()")?.ok_or_else(|| {
            DbError::new(DbErrorKind::Other, "no database is selected: name one in the URL")
        })
    }

    /// The database of this name; `None` where there is none.
    pub(super) fn named(
        session: &'a mut dyn Session,
        server: Server,
        name: &str,
    ) -> DbResult<Option<Self>> {
        let found = Self::find(session, server, &sql::literal(Dialect::Mysql, name))?;
        Ok(found.map(|source| Self { schema: Some(source.database.clone()), ..source }))
    }

    fn find(session: &'a mut dyn Session, server: Server, name: &str) -> DbResult<Option<Self>> {
        let comment = if server.mariadb { "SCHEMA_COMMENT" } else { "''" };
        let columns = ["SCHEMA_NAME", "DEFAULT_COLLATION_NAME", comment];
        let found = session.query(
            &format!(
                "SELECT {} FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = {name}",
                cast(&columns)
            ),
            &[],
        )?;
        Ok(found.into_iter().next().map(|row| {
            let mut cells = Cells::from(row);
            Self {
                session,
                server,
                database: cells.text(),
                schema: None,
                collation: cells.text(),
                comment: cells.filled(),
            }
        }))
    }

    /// The columns of a table of `information_schema`, of the rows of this database. `condition` begins
    /// with AND.
    pub(super) fn rows(
        &mut self,
        columns: &[&str],
        table: &str,
        schema: &str,
        condition: &str,
    ) -> DbResult<Vec<Cells>> {
        // As a literal: MariaDB reads only the folder of this database then, and does not prepare first.
        let query = format!(
            "SELECT {} FROM information_schema.{table} WHERE {schema} = {}{condition}",
            cast(columns),
            sql::literal(Dialect::Mysql, &self.database)
        );
        self.query(&query)
    }

    pub(super) fn query(&mut self, query: &str) -> DbResult<Vec<Cells>> {
        Ok(self.session.query(query, &[])?.into_iter().map(Cells::from).collect())
    }

    /// What `SHOW CREATE` says, in this column of its answer; an error where it hides it from this user.
    pub(super) fn shown(&mut self, kind: &str, name: &str, column: usize) -> DbResult<String> {
        let full = super::names::quoted(&Name::within(Some(&self.database), name));
        let rows = self.session.query(&format!("SHOW CREATE {kind} {full}"), &[])?;
        let text = rows.into_iter().next().and_then(|row| row.into_iter().nth(column).flatten());
        text.ok_or_else(|| {
            let kind = kind.to_lowercase();
            let message = format!(
                "the definition of {kind} {name} is hidden from this user: grant it what `SHOW CREATE {}` needs",
                kind.to_uppercase()
            );
            DbError::new(DbErrorKind::Other, message)
        })
    }

    /// A name within this database.
    pub(super) fn name(&self, name: impl Into<String>) -> Name {
        Name::within(self.schema.clone(), name)
    }

    /// What the server wrote, without the name of the database where that is the default one.
    pub(super) fn unqualified(&self, text: String) -> String {
        match self.schema {
            None => super::text::unqualified(&text, &self.database),
            Some(_) => text,
        }
    }

    /// An expression as the server means it: MySQL hands out some with their quotes escaped, and all of them
    /// with their letters taken for others.
    pub(super) fn expression(&self, text: &str) -> String {
        if self.server.mariadb {
            self.unqualified(text.to_owned())
        } else {
            let text = super::text::decoded(text);
            let text = super::text::plain_strings(&super::text::unescaped(&text));
            super::text::plain_numbers(&text)
        }
    }
}

/// Strings of `information_schema` come in odd types.
fn cast(columns: &[&str]) -> String {
    let columns: Vec<_> = columns.iter().map(|column| sql::text(Dialect::Mysql, column)).collect();
    columns.join(", ")
}

/// The columns of a row, one after another.
pub(super) struct Cells(std::vec::IntoIter<Option<String>>);

impl From<Row> for Cells {
    fn from(row: Row) -> Self {
        Self(row.into_iter())
    }
}

impl Cells {
    /// The next one; empty for NULL.
    pub(super) fn text(&mut self) -> String {
        self.maybe().unwrap_or_default()
    }

    /// The next one.
    pub(super) fn maybe(&mut self) -> Option<String> {
        self.0.next().flatten()
    }

    /// The next one, where it is neither NULL nor empty.
    pub(super) fn filled(&mut self) -> Option<String> {
        self.maybe().filter(|text| !text.is_empty())
    }

    /// The next one, as a number.
    pub(super) fn number<N: std::str::FromStr + Default>(&mut self) -> N {
        self.maybe().and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// Whether the next one is this.
    pub(super) fn is(&mut self, text: &str) -> bool {
        self.maybe().is_some_and(|found| found.eq_ignore_ascii_case(text))
    }
}
