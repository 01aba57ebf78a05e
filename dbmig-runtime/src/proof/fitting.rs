//! Which values a condition on one column lets through: the database says it itself.

use dbmig_build::Dialect;
use dbmig_build::sql::{TokenKind, tokens};

use crate::catalogue::{Catalogue, Column, Table};
use crate::session::Session;
use crate::sql::quoted;

/// Of `values` those that the conditions on this column alone do not refuse; all of them where there is no such
/// condition, or where it lets nothing through that is known.
pub(super) fn fitting(
    session: &mut dyn Session,
    catalogue: &Catalogue,
    table: &Table,
    column: &Column,
    values: Vec<String>,
) -> Vec<String> {
    let dialect = catalogue.dialect;
    let alone: Vec<_> = table
        .checks
        .iter()
        .map(|check| check.expression.as_str())
        .filter(|expression| {
            let names = mentioned(table, expression, dialect);
            !names.is_empty() && names.iter().all(|name| *name == column.name)
        })
        .map(|expression| format!("(({expression}) IS NOT FALSE)"))
        .collect();
    if alone.is_empty() {
        return values;
    }
    let name = quoted(dialect, &column.name);
    let fits = |session: &mut dyn Session, value: &String| {
        // Of the type of the column, without which PostgreSQL compares nothing.
        let typed = match dialect {
            Dialect::Postgres => format!("CAST({value} AS {})", column.ty.text),
            _ => value.clone(),
        };
        let sql = format!(
            "SELECT '1' FROM (SELECT {typed} AS {name}) AS one WHERE {}",
            alone.join(" AND ")
        );
        session.query(&sql, &[]).is_ok_and(|rows| !rows.is_empty())
    };
    let found: Vec<_> = values.iter().filter(|value| fits(session, value)).cloned().collect();
    if found.is_empty() { values } else { found }
}

/// The columns of the table that an expression names.
fn mentioned<'a>(table: &'a Table, expression: &str, dialect: Dialect) -> Vec<&'a str> {
    let find = |token: dbmig_build::sql::Token<'_>| {
        let name = match token.kind {
            TokenKind::Word => token.text,
            TokenKind::QuotedName => token.text.trim_matches(['"', '`', '[', ']']),
            _ => return None,
        };
        let is = |column: &&Column| column.name.eq_ignore_ascii_case(name);
        table.columns.iter().find(is).map(|column| column.name.as_str())
    };
    tokens(expression, dialect).filter_map(find).collect()
}
