//! Whether a statement of which nobody knows is in the database: asked of the catalogue, where the answer
//! is exact.
//!
//! A statement that creates what is there already, or removes what is not there, would have failed, and
//! then it would not be in doubt. So what it creates is there exactly if it ran.

mod subject;

use dbmig_build::Dialect;

use self::subject::{Name, Subject};
use crate::session::{DbResult, Session, Value};
use crate::sql::placeholder;

/// What the catalogue says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It ran.
    Done,
    /// It did not, or it can be run again.
    NotDone,
    /// It can not be told.
    Unknown,
}

/// Looks for the traces of a statement.
pub(super) fn probe(session: &mut dyn Session, sql: &str) -> DbResult<Verdict> {
    let dialect = session.dialect();
    let subject = Subject::of(sql, dialect);
    if dialect == Dialect::Mysql && subject != Subject::Again && !is_atomic(session)? {
        return Ok(Verdict::Unknown);
    }
    let (there, done_when) = match &subject {
        Subject::Unknown => return Ok(Verdict::Unknown),
        Subject::Again => return Ok(Verdict::NotDone),
        Subject::Relation { name, created } => (relation(session, name)?, *created),
        Subject::Index { name, table, created } => {
            return index(session, name, table.as_ref(), *created);
        }
        Subject::Column { table, column, created } => {
            (column_of(session, table, column)?, *created)
        }
        Subject::Label { of, label } => (enum_label(session, of, label)?, true),
    };
    Ok(if there == done_when { Verdict::Done } else { Verdict::NotDone })
}

/// One table's DDL happens or does not: since MySQL 8.0 and MariaDB 10.6.
fn is_atomic(session: &mut dyn Session) -> DbResult<bool> {
    let rows = session.query("SELECT VERSION()", &[])?;
    let version = rows.into_iter().next().and_then(|row| row.into_iter().next().flatten());
    let version = version.unwrap_or_default();
    let mut numbers = version.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let number = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let since = if version.contains("MariaDB") { (10, 6) } else { (8, 0) };
    Ok(number >= since)
}

fn exists(session: &mut dyn Session, sql: &str, values: &[Value<'_>]) -> DbResult<bool> {
    Ok(!session.query(sql, values)?.is_empty())
}

/// A table or a view.
fn relation(session: &mut dyn Session, name: &Name) -> DbResult<bool> {
    match session.dialect() {
        Dialect::Postgres => exists(
            session,
            "SELECT '1' WHERE pg_catalog.to_regclass($1) IS NOT NULL",
            &[Value::Text(&name.written)],
        ),
        _ => exists(
            session,
            "SELECT '1' FROM information_schema.tables \
             WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ?",
            &[name.schema.as_deref().into(), Value::Text(&name.last)],
        ),
    }
}

fn column_of(session: &mut dyn Session, table: &Name, column: &str) -> DbResult<bool> {
    match session.dialect() {
        Dialect::Postgres => exists(
            session,
            "SELECT '1' FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass($1) \
             AND attname = $2 AND NOT attisdropped",
            &[Value::Text(&table.written), Value::Text(column)],
        ),
        _ => exists(
            session,
            "SELECT '1' FROM information_schema.columns \
             WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ? AND column_name = ?",
            &[table.schema.as_deref().into(), Value::Text(&table.last), Value::Text(column)],
        ),
    }
}

fn index(
    session: &mut dyn Session,
    name: &Name,
    table: Option<&Name>,
    created: bool,
) -> DbResult<Verdict> {
    if session.dialect() != Dialect::Postgres {
        let Some(table) = table else { return Ok(Verdict::Unknown) };
        let there = exists(
            session,
            "SELECT '1' FROM information_schema.statistics \
             WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ? AND index_name = ?",
            &[table.schema.as_deref().into(), Value::Text(&table.last), Value::Text(&name.last)],
        )?;
        return Ok(if there == created { Verdict::Done } else { Verdict::NotDone });
    }
    match (find_index(session, name, table)?, created) {
        (None, _) => Ok(if created { Verdict::NotDone } else { Verdict::Done }),
        (Some((_, true)), true) => Ok(Verdict::Done),
        // What a build that was cut short leaves behind: no query uses it, and every write pays for it.
        (Some((name, false)), true) => {
            session.execute(&format!("DROP INDEX CONCURRENTLY {name}"))?;
            Ok(Verdict::NotDone)
        }
        (Some(_), false) => Ok(Verdict::NotDone),
    }
}

/// An index of PostgreSQL: its name in full, and whether it is valid.
fn find_index(
    session: &mut dyn Session,
    name: &Name,
    table: Option<&Name>,
) -> DbResult<Option<(String, bool)>> {
    // A new index is in the schema of its table; one that is dropped is named in full.
    let (condition, values) = match table {
        Some(table) => (
            "i.indrelid = pg_catalog.to_regclass($1) AND c.relname = $2",
            vec![Value::Text(&table.written), Value::Text(&name.last)],
        ),
        None => ("c.oid = pg_catalog.to_regclass($1)", vec![Value::Text(&name.written)]),
    };
    let sql = format!(
        "SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), \
         CASE WHEN i.indisvalid THEN 'valid' END \
         FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {condition}"
    );
    let Some(row) = session.query(&sql, &values)?.into_iter().next() else { return Ok(None) };
    let mut row = row.into_iter();
    let name = row.next().flatten().unwrap_or_default();
    Ok(Some((name, row.next().flatten().is_some())))
}

/// The index that a statement of PostgreSQL creates.
pub(super) struct CreatedIndex {
    name: Name,
    table: Name,
}

impl CreatedIndex {
    /// `None` where the statement creates none, or does not name it.
    pub(super) fn of(sql: &str) -> Option<Self> {
        match Subject::of(sql, Dialect::Postgres) {
            Subject::Index { name, table: Some(table), created: true } => {
                Some(Self { name, table })
            }
            _ => None,
        }
    }

    /// Its name in full, where it is there and invalid.
    pub(super) fn invalid(&self, session: &mut dyn Session) -> DbResult<Option<String>> {
        let found = find_index(session, &self.name, Some(&self.table))?;
        Ok(found.filter(|(_, valid)| !valid).map(|(name, _)| name))
    }
}

fn enum_label(session: &mut dyn Session, of: &Name, label: &str) -> DbResult<bool> {
    let sql = format!(
        "SELECT '1' FROM pg_catalog.pg_enum WHERE enumtypid = pg_catalog.to_regtype({}) \
         AND enumlabel = {}",
        placeholder(Dialect::Postgres, 1),
        placeholder(Dialect::Postgres, 2),
    );
    exists(session, &sql, &[Value::Text(&of.written), Value::Text(label)])
}
