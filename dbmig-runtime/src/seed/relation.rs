//! Rows of a file as a relation `s` inside of a statement: every value bound, with its type.
//!
//! The database itself then compares, finds parents, and judges conditions; nothing has to be written for it.

use std::borrow::Cow;

use dbmig_build::Dialect;

use super::class::Class;
use super::ready::Ready;
use super::shape::{Column, Shape, TypeText};
use crate::catalogue::Name;
use crate::session::Value;
use crate::sql::{quoted, text};

/// How many rows go into one statement as values of their own.
pub(super) fn batch_size(dialect: Dialect, columns: usize) -> usize {
    let (rows, values) = match dialect {
        Dialect::Sqlite => (500, 16_000),
        Dialect::Postgres => (1000, 30_000),
        Dialect::Mysql => (100, 30_000),
    };
    (values / columns.max(1)).clamp(1, rows)
}

/// How many rows are asked about at once, by [`with_rows`].
pub(super) fn asking_size(dialect: Dialect, columns: usize) -> usize {
    match dialect {
        Dialect::Postgres => 2000,
        Dialect::Sqlite | Dialect::Mysql => batch_size(dialect, columns),
    }
}

/// What is bound in a statement.
#[derive(Debug, Default)]
pub(super) struct Bound<'v>(Vec<Option<Cow<'v, str>>>);

impl Bound<'_> {
    pub(super) fn values(&self) -> Vec<Value<'_>> {
        self.0.iter().map(|value| Value::from(value.as_deref())).collect()
    }
}

/// A table, quoted.
pub(super) fn table(dialect: Dialect, name: &Name) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", quoted(dialect, schema), quoted(dialect, &name.name)),
        None => quoted(dialect, &name.name),
    }
}

/// A bound value with its type. With `loose` the length of the type is left to the column, which refuses
/// what a cast would cut.
pub(super) fn typed(
    dialect: Dialect,
    class: &Class,
    ty: &TypeText,
    place: &str,
    loose: bool,
) -> String {
    if let Class::Hex(_) = class {
        return match dialect {
            Dialect::Postgres => format!("decode({place}, 'hex')"),
            Dialect::Sqlite => format!("unhex({place})"),
            Dialect::Mysql => format!("UNHEX({place})"),
        };
    }
    match dialect {
        Dialect::Postgres => {
            format!("CAST({place} AS {})", if loose { &ty.loose } else { &ty.whole })
        }
        Dialect::Sqlite | Dialect::Mysql if loose => place.to_owned(),
        Dialect::Sqlite => match class {
            Class::Integer(..) | Class::Boolean => format!("CAST({place} AS INTEGER)"),
            Class::Float => format!("CAST({place} AS REAL)"),
            Class::Decimal(_) => format!("CAST({place} AS NUMERIC)"),
            Class::Text(_) => format!("CAST({place} AS TEXT)"),
            _ => place.to_owned(),
        },
        Dialect::Mysql => match class {
            Class::Integer(0, _) => format!("CAST({place} AS UNSIGNED)"),
            Class::Integer(..) | Class::Boolean => format!("CAST({place} AS SIGNED)"),
            Class::Decimal(Some((before, after))) => {
                format!("CAST({place} AS DECIMAL({},{after}))", before + after)
            }
            Class::Decimal(None) => format!("CAST({place} AS DECIMAL(65,30))"),
            Class::Float => format!("({place} + 0e0)"),
            Class::Date => format!("CAST({place} AS DATE)"),
            Class::Time => format!("CAST({place} AS TIME(6))"),
            Class::DateTime(_) => format!("CAST({place} AS DATETIME(6))"),
            _ => format!("CAST({place} AS CHAR CHARACTER SET utf8mb4)"),
        },
    }
}

/// `WITH s (dbmig_n, …) AS (…)`, and what is bound in it; `dbmig_n` is the row's place in `rows`. The text is
/// the same for as many rows, so that it is prepared once where statements are kept.
pub(super) fn with_rows<'v>(
    shape: &Shape,
    rows: impl IntoIterator<Item = &'v Ready>,
    loose: bool,
) -> (String, Bound<'v>) {
    let dialect = shape.dialect;
    let names: String =
        shape.columns.iter().map(|c| format!(", {}", quoted(dialect, &c.name))).collect();
    let (body, bound) = match dialect {
        Dialect::Postgres => arrays(shape, rows, loose),
        Dialect::Sqlite | Dialect::Mysql => lists(shape, rows),
    };
    (format!("WITH s (dbmig_n{names}) AS ({body})"), bound)
}

/// Every value on its own.
fn lists<'v>(shape: &Shape, rows: impl IntoIterator<Item = &'v Ready>) -> (String, Bound<'v>) {
    let dialect = shape.dialect;
    let mut bound = Bound::default();
    let mut lists = Vec::new();
    for (n, row) in rows.into_iter().enumerate() {
        let mut cells = vec![n.to_string()];
        for (column, value) in shape.columns.iter().zip(&row.values) {
            bound.0.push(value.as_deref().map(Cow::Borrowed));
            // Also a value that goes on into a column must have its type before conditions see it.
            cells.push(typed(dialect, &column.class, &column.ty, "?", false));
        }
        lists.push(cells.join(", "));
    }
    let body = match dialect {
        Dialect::Mysql => format!("SELECT {}", lists.join(" UNION ALL SELECT ")),
        _ => format!("VALUES ({})", lists.join("), (")),
    };
    (body, bound)
}

/// A column an array: the server reads thousands of values faster than as many parameters.
fn arrays<'v>(
    shape: &Shape,
    rows: impl IntoIterator<Item = &'v Ready>,
    loose: bool,
) -> (String, Bound<'v>) {
    let mut texts = vec!["{".to_owned(); shape.columns.len()];
    for row in rows {
        for (text, value) in texts.iter_mut().zip(&row.values) {
            if text.len() > 1 {
                text.push(',');
            }
            match value {
                None => text.push_str("NULL"),
                Some(value) => element(text, value),
            }
        }
    }
    let (mut given, mut read, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for (index, column) in shape.columns.iter().enumerate() {
        let name = format!("u.c{index}");
        read.push(typed(Dialect::Postgres, &column.class, &column.ty, &name, loose));
        // In a subselect, so that the server takes it for a few rows, and looks each of them up.
        given.push(format!("(SELECT CAST(${} AS text[]))", index + 1));
        names.push(format!("c{index}, "));
    }
    let body = format!(
        "SELECT u.n - 1, {} FROM unnest({}) WITH ORDINALITY AS u ({}n)",
        read.join(", "),
        given.join(", "),
        names.concat()
    );
    let end = |mut text: String| {
        text.push('}');
        Some(Cow::Owned(text))
    };
    (body, Bound(texts.into_iter().map(end).collect()))
}

/// An element of an array of PostgreSQL.
fn element(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        if matches!(c, '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
}

/// A column of `s`, so that it can be compared with one of the database.
pub(super) fn of_row(dialect: Dialect, column: &Column) -> String {
    let plain = format!("s.{}", quoted(dialect, &column.name));
    collated(plain, column.collation.as_ref())
}

/// A text of ours beside one that has a collation (MySQL).
pub(super) fn collated(plain: String, collation: Option<&(String, String)>) -> String {
    match collation {
        Some((charset, collation)) => {
            format!("CONVERT({plain} USING {charset}) COLLATE {collation}")
        }
        None => plain,
    }
}

/// What the column of the table gets: the value, or the key of the parent that it names.
pub(super) fn value(dialect: Dialect, column: &Column, given: &str) -> String {
    let Some(reference) = &column.reference else { return given.to_owned() };
    let parent = table(dialect, &reference.table);
    let (key, by) = (quoted(dialect, &reference.key), quoted(dialect, &reference.by));
    format!("(SELECT r.{key} FROM {parent} r WHERE r.{by} = {given})")
}

/// The same in an UPDATE: MySQL does not let one look into its own table, unless it is a table of its own.
pub(super) fn value_in_update(dialect: Dialect, column: &Column, given: &str) -> String {
    let found = value(dialect, column, given);
    match &column.reference {
        Some(reference) if reference.own && dialect == Dialect::Mysql => {
            format!("(SELECT * FROM {found} dbmig_r)")
        }
        _ => found,
    }
}

/// Rows `s` with the rows `e` of the table: for each of those one of these is looked up, by its key. Left to
/// themselves, the two that take an order from us would read the whole table for each batch of rows.
pub(super) const fn join(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "CROSS JOIN",
        Dialect::Mysql => "STRAIGHT_JOIN",
        Dialect::Postgres => "JOIN",
    }
}

/// The rows `e` of the table that are those of `s`.
pub(super) fn same_key(shape: &Shape) -> String {
    let dialect = shape.dialect;
    let equal = |&index: &usize| {
        let column = &shape.columns[index];
        let value = value(dialect, column, &of_row(dialect, column));
        format!("e.{} = {value}", quoted(dialect, &column.name))
    };
    shape.key.iter().map(equal).collect::<Vec<_>>().join(" AND ")
}

/// Whether a column of `e` holds something else than the row of the file has for it.
pub(super) fn differs(dialect: Dialect, column: &Column) -> String {
    let held = format!("e.{}", quoted(dialect, &column.name));
    let plain = format!("s.{}", quoted(dialect, &column.name));
    if column.reference.is_some() {
        let value = value(dialect, column, &of_row(dialect, column));
        return match dialect {
            Dialect::Postgres => format!("{held} IS DISTINCT FROM {value}"),
            Dialect::Sqlite => format!("{held} IS NOT {value}"),
            Dialect::Mysql => format!("NOT ({held} <=> {value})"),
        };
    }
    match dialect {
        Dialect::Postgres => {
            format!("CAST({held} AS text) IS DISTINCT FROM CAST({plain} AS text)")
        }
        Dialect::Sqlite => format!("{held} COLLATE BINARY IS NOT {plain}"),
        Dialect::Mysql => match column.class {
            Class::Text(_) | Class::OneOf(_) | Class::Any | Class::Uuid => format!(
                "NOT (CAST(CONVERT({held} USING utf8mb4) AS BINARY) <=> CAST({plain} AS BINARY))"
            ),
            Class::Json => {
                format!("NOT (CAST({held} AS CHAR) <=> CAST(CAST({plain} AS JSON) AS CHAR))")
            }
            _ => format!("NOT ({held} <=> {plain})"),
        },
    }
}

/// A value of the database as text, from which [`typed`] makes the same value again.
pub(super) fn exact(dialect: Dialect, class: &Class, expression: &str) -> String {
    match (class, dialect) {
        (Class::Hex(_), Dialect::Postgres) => format!("upper(encode({expression}, 'hex'))"),
        // hex(NULL) is '' on SQLite.
        (Class::Hex(_), Dialect::Sqlite) => {
            format!("CASE WHEN {expression} IS NOT NULL THEN hex({expression}) END")
        }
        (Class::Hex(_), Dialect::Mysql) => format!("HEX({expression})"),
        (_, Dialect::Sqlite) => {
            // As few digits as tell it from every other number.
            let digits = |count: u8| format!("printf('%!.{count}g', {expression})");
            let (few, more, all) = (digits(15), digits(16), digits(17));
            format!(
                "CASE WHEN typeof({expression}) <> 'real' THEN CAST({expression} AS TEXT) \
                 WHEN CAST({few} AS REAL) = {expression} THEN {few} \
                 WHEN CAST({more} AS REAL) = {expression} THEN {more} ELSE {all} END"
            )
        }
        // A FLOAT shows fewer digits than it has.
        (Class::Float, Dialect::Mysql) => text(dialect, &format!("({expression} + 0e0)")),
        _ => text(dialect, expression),
    }
}
