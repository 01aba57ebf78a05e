//! `mod sql_types`: the types that Diesel does not have.

use dbmig_runtime::Dialect;

use super::layout::Page;
use super::literal::literal;
use super::print::WRITTEN;
use super::tables::{Column, Table};
use super::{Docs, Options};

/// Writes the module, if there is anything for it.
pub(super) fn module(page: &mut Page, dialect: Dialect, tables: &[Table<'_>], options: &Options) {
    let columns = tables.iter().flat_map(|t| t.columns.iter().map(move |column| (t, column)));
    let mut types: Vec<_> = columns.filter(|(_, column)| column.ty.custom).collect();
    types.sort_by(|(_, a), (_, b)| a.ty.rust.cmp(&b.ty.rust));
    // On MySQL names are made of the column: two of them are never meant to be one.
    if dialect != Dialect::Mysql {
        types.dedup_by(|(_, a), (_, b)| a.ty.rust == b.ty.rust);
    }
    if types.is_empty() {
        return;
    }
    let docs = options.docs == Docs::CommentsOrWritten;
    page.gap();
    if docs {
        page.doc(&format!("A module containing custom SQL type definitions\n\n{WRITTEN}"));
    }
    page.block("pub mod sql_types", |page| {
        for (table, column) in types {
            page.gap();
            if docs {
                page.doc(&format!("{}\n\n{WRITTEN}", doc(dialect, table, column)));
            }
            page.derive(&options.derives);
            let (head, arguments) = place(dialect, column);
            page.attribute(head, &arguments);
            page.line(format!("pub struct {};", column.ty.rust));
        }
    });
}

fn doc(dialect: Dialect, table: &Table<'_>, column: &Column<'_>) -> String {
    let name = column.ty.sql.replace('\n', "\\n");
    match (dialect, &column.ty.schema) {
        (Dialect::Mysql, _) => {
            let place = format!("{}::{}", table.rust, column.rust);
            format!("The `{name}` SQL type for the\n[`{place}`](super::{place})) column")
        }
        (_, Some(schema)) => format!("The `{}.{name}` SQL type", schema.replace('\n', "\\n")),
        (_, None) => format!("The `{name}` SQL type"),
    }
}

/// How Diesel finds the type in the database.
fn place(dialect: Dialect, column: &Column<'_>) -> (&'static str, Vec<String>) {
    let named = |key: &str, name: &str| format!("{key} = {}", literal(name));
    if dialect == Dialect::Mysql {
        let mut rest = column.ty.sql.chars();
        let first = rest.next().into_iter().flat_map(char::to_uppercase);
        let name: String = first.chain(rest).collect();
        return ("diesel(mysql_type", vec![named("name", &name)]);
    }
    let mut arguments = vec![named("name", &column.ty.sql)];
    arguments.extend(column.ty.schema.as_deref().map(|schema| named("schema", schema)));
    ("diesel(postgres_type", arguments)
}
