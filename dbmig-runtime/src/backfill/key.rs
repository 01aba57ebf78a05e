//! The key that a table is walked by: whether it is one, and how its columns are read and given back.
//!
//! A key that is not unique would end a window in the middle of equal rows, and rows without one are never
//! met: both are refused. Every value travels as text, and is cast to the type of its column.

use std::collections::BTreeMap;

use dbmig_build::Dialect;
use dbmig_build::backfill::{Backfill, Name};

use crate::session::{DbResult, Row, Session, Value};
use crate::sql::text;

/// A column of the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// As the header has it.
    pub(super) sql: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// The value itself tells its type: a letter stands before it.
    Sqlite,
    /// Cast to this type.
    Cast(String),
    /// As text.
    Text,
    /// As hexadecimal digits.
    Hex,
}

impl Column {
    /// An expression that gives the value as text.
    pub(super) fn read(&self, dialect: Dialect) -> String {
        let name = &self.sql;
        match self.kind {
            Kind::Sqlite => format!(
                "CASE typeof({name}) WHEN 'integer' THEN 'i' || {name} WHEN 'text' THEN 't' || {name} \
                 WHEN 'blob' THEN 'b' || hex({name}) ELSE typeof({name}) END"
            ),
            Kind::Hex => format!("HEX({name})"),
            Kind::Cast(_) | Kind::Text => text(dialect, name),
        }
    }

    /// The value that a text stands for: an expression around the parameter, and what is bound. `None`
    /// for a value that no key can have.
    pub(super) fn give<'v>(&self, parameter: &str, value: &'v str) -> Option<(String, &'v str)> {
        Some(match &self.kind {
            Kind::Cast(kind) => (format!("CAST({parameter} AS {kind})"), value),
            Kind::Text => (parameter.to_owned(), value),
            Kind::Hex => (format!("UNHEX({parameter})"), value),
            Kind::Sqlite => {
                let (letter, rest) = value.split_at_checked(1)?;
                match letter {
                    "i" if rest.parse::<i64>().is_ok() => {
                        (format!("CAST({parameter} AS INTEGER)"), rest)
                    }
                    "t" => (parameter.to_owned(), rest),
                    "b" if rest.bytes().all(|b| b.is_ascii_hexdigit()) => {
                        (format!("unhex({parameter})"), rest)
                    }
                    _ => return None,
                }
            }
        })
    }

    /// For people.
    pub(super) fn shown<'v>(&self, value: &'v str) -> &'v str {
        match self.kind {
            Kind::Sqlite => value.get(1..).unwrap_or(value),
            Kind::Cast(_) | Kind::Text | Kind::Hex => value,
        }
    }
}

/// What the database says of a table.
struct Facts {
    /// By name: its kind, and whether it is never NULL. The kind is an error where it can be no key.
    columns: Vec<(String, Result<Kind, String>, bool)>,
    /// The columns of each unique index; `None` among them is an expression.
    unique: Vec<Vec<Option<String>>>,
    /// Why its rows can not be changed in a transaction.
    no_transactions: Option<String>,
}

/// Looks at the key of a backfill; the inner error says why it is none.
pub(super) fn inspect(
    session: &mut dyn Session,
    backfill: &Backfill<'_>,
) -> DbResult<Result<Vec<Column>, String>> {
    let dialect = session.dialect();
    let table = &backfill.table;
    let facts = match dialect {
        Dialect::Sqlite => sqlite(session, table)?,
        Dialect::Postgres => postgres(session, table)?,
        Dialect::Mysql => mysql(session, table)?,
    };
    let shown = &table.sql;
    if facts.columns.is_empty() {
        return Ok(Err(format!("there is no table `{shown}`")));
    }
    if let Some(engine) = facts.no_transactions {
        return Ok(Err(format!("table `{shown}` has no transactions: its engine is {engine}")));
    }
    // PostgreSQL keeps case; the others find names in any.
    let same = |a: &str, b: &str| match dialect {
        Dialect::Postgres => a == b,
        Dialect::Sqlite | Dialect::Mysql => a.eq_ignore_ascii_case(b),
    };
    let mut columns = Vec::new();
    for name in &backfill.key {
        let found = facts.columns.iter().find(|(column, ..)| same(column, name.last()));
        let Some((_, kind, never_null)) = found else {
            return Ok(Err(format!("table `{shown}` has no column `{}`", name.sql)));
        };
        let kind = match kind {
            Ok(kind) => kind.clone(),
            Err(reason) => return Ok(Err(format!("`{}` can be no key: {reason}", name.sql))),
        };
        if !never_null && has_nulls(session, shown, &name.sql)? {
            return Ok(Err(format!(
                "`{}` is NULL in some rows of `{shown}`, which would never be met",
                name.sql
            )));
        }
        columns.push(Column { sql: name.sql.clone(), kind });
    }
    let in_key = |column: &Option<String>| {
        column.as_ref().is_some_and(|c| backfill.key.iter().any(|name| same(c, name.last())))
    };
    let unique = facts.unique.iter().any(|index| !index.is_empty() && index.iter().all(in_key));
    Ok(match unique {
        true => Ok(columns),
        false => {
            let names: Vec<_> = backfill.key.iter().map(|name| name.sql.as_str()).collect();
            Err(format!(
                "`{}` is not unique in `{shown}`: no unique index says so",
                names.join(", ")
            ))
        }
    })
}

fn has_nulls(session: &mut dyn Session, table: &str, column: &str) -> DbResult<bool> {
    let sql = format!(
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM {table} WHERE {column} IS NULL) THEN 'yes' END"
    );
    super::is_yes(session, &sql)
}

/// Rows of an index and a column, by index.
fn by_index(rows: Vec<Row>) -> Vec<Vec<Option<String>>> {
    let mut indexes: BTreeMap<Option<String>, Vec<Option<String>>> = BTreeMap::new();
    for row in rows {
        let mut cells = row.into_iter();
        let (index, column) = (cells.next().flatten(), cells.next().flatten());
        indexes.entry(index).or_default().push(column);
    }
    indexes.into_values().collect()
}

fn sqlite(session: &mut dyn Session, table: &Name) -> DbResult<Facts> {
    let schema = table.schema().unwrap_or("main");
    let values = [Value::Text(table.last()), Value::Text(schema)];
    let rows = session.query(
        "SELECT name, upper(type), CASE WHEN \"notnull\" THEN 'yes' END, CASE WHEN pk > 0 THEN 'yes' END \
         FROM pragma_table_info(?, ?)",
        &values,
    )?;
    let cell = |row: &Row, index: usize| row.get(index).cloned().flatten();
    let primary: Vec<_> =
        rows.iter().filter(|row| cell(row, 3).is_some()).map(|row| cell(row, 0)).collect();
    let columns = rows.iter().map(|row| {
        // The row number itself is never NULL, whatever the declaration says.
        let is_rowid = primary.len() == 1
            && cell(row, 3).is_some()
            && cell(row, 1).as_deref() == Some("INTEGER");
        let never_null = is_rowid || cell(row, 2).is_some();
        (cell(row, 0).unwrap_or_default(), Ok(Kind::Sqlite), never_null)
    });
    let columns = columns.collect();
    let indexes = session.query(
        "SELECT l.name, i.name FROM pragma_index_list(?, ?) AS l, pragma_index_info(l.name, ?) AS i \
         WHERE l.\"unique\" = 1 AND l.partial = 0",
        &[values[0], values[1], values[1]],
    )?;
    let mut unique = by_index(indexes);
    unique.push(primary);
    Ok(Facts { columns, unique, no_transactions: None })
}

fn postgres(session: &mut dyn Session, table: &Name) -> DbResult<Facts> {
    let values = [Value::Text(&table.sql)];
    let rows = session.query(
        "SELECT CAST(a.attname AS TEXT), pg_catalog.format_type(a.atttypid, -1), \
         CASE WHEN a.attnotnull THEN 'yes' END, CAST(COALESCE(b.typname, t.typname) AS TEXT) \
         FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
         LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype \
         WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped",
        &values,
    )?;
    let columns = rows.into_iter().map(|row| {
        let mut cells = row.into_iter();
        let mut next = || cells.next().flatten();
        let (name, cast, never_null, base) = (next(), next(), next(), next());
        let base = base.unwrap_or_default();
        let known = matches!(
            base.as_str(),
            "int2"
                | "int4"
                | "int8"
                | "numeric"
                | "text"
                | "varchar"
                | "bpchar"
                | "citext"
                | "uuid"
        );
        let kind = match known {
            true => Ok(Kind::Cast(cast.unwrap_or_default())),
            false => Err(format!("its type is {base}, not a whole number, text, or uuid")),
        };
        (name.unwrap_or_default(), kind, never_null.is_some())
    });
    let columns = columns.collect();
    let unique = session.query(
        "SELECT CAST(i.indexrelid AS TEXT), CAST(a.attname AS TEXT) FROM pg_catalog.pg_index i \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid \
         AND a.attnum = ANY ((CAST(i.indkey AS int2[]))[0:i.indnkeyatts - 1]) \
         WHERE i.indrelid = pg_catalog.to_regclass($1) AND i.indisunique AND i.indisvalid \
         AND i.indpred IS NULL AND i.indexprs IS NULL",
        &values,
    )?;
    Ok(Facts { columns, unique: by_index(unique), no_transactions: None })
}

fn mysql(session: &mut dyn Session, table: &Name) -> DbResult<Facts> {
    let dialect = Dialect::Mysql;
    let values = [table.schema().into(), Value::Text(table.last())];
    let of_table = "table_schema = COALESCE(?, DATABASE()) AND table_name = ?";
    let sql = format!(
        "SELECT {}, {}, {}, {} FROM information_schema.columns WHERE {of_table}",
        text(dialect, "column_name"),
        text(dialect, "LOWER(data_type)"),
        text(dialect, "LOWER(column_type)"),
        text(dialect, "is_nullable"),
    );
    let columns = session.query(&sql, &values)?.into_iter().map(|row| {
        let mut cells = row.into_iter();
        let mut next = || cells.next().flatten().unwrap_or_default();
        let (name, base, whole, nullable) = (next(), next(), next(), next());
        let kind = match base.as_str() {
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => Ok(Kind::Cast(
                if whole.contains("unsigned") { "UNSIGNED" } else { "SIGNED" }.into(),
            )),
            "char" | "varchar" | "tinytext" | "text" | "uuid" => Ok(Kind::Text),
            "binary" | "varbinary" => Ok(Kind::Hex),
            _ => Err(format!("its type is {base}, not a whole number, text, or uuid")),
        };
        (name, kind, nullable == "NO")
    });
    let columns = columns.collect();
    let sql = format!(
        "SELECT {}, {} FROM information_schema.statistics WHERE {of_table} AND non_unique = 0",
        text(dialect, "index_name"),
        text(dialect, "column_name"),
    );
    let unique = by_index(session.query(&sql, &values)?);
    let sql = format!(
        "SELECT {} FROM information_schema.tables WHERE {of_table} \
         AND engine IN ('MyISAM', 'Aria', 'MEMORY', 'CSV', 'ARCHIVE')",
        text(dialect, "engine"),
    );
    let engine = session.query(&sql, &values)?.into_iter().next();
    let no_transactions = engine.and_then(|row| row.into_iter().next().flatten());
    Ok(Facts { columns, unique, no_transactions })
}
