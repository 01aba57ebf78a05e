//! The statements that make a catalogue.

use super::super::{
    Catalogue, Column, Deferrable, ForeignKey, Index, IndexKey, Key, Label, Table, View,
};
use super::columns::written_default;
use super::keys::written_parts;
use super::names::{bare, list};
use super::types;

/// SQLite looks at neither the tables of foreign keys nor those of views before they are used.
pub(crate) fn to_sql(catalogue: &Catalogue) -> Vec<String> {
    let tables = || catalogue.tables.iter();
    let mut statements: Vec<_> =
        tables().filter(|table| !table.options.contains_key("virtual")).map(table).collect();
    statements.extend(tables().filter_map(virtual_table));
    statements
        .extend(tables().flat_map(|table| table.indexes.iter().map(move |one| index(table, one))));
    statements.extend(catalogue.views.iter().map(view));
    statements.extend(catalogue.triggers.iter().map(|trigger| trigger.definition.clone()));
    statements
}

/// What makes a virtual table; `None` for another one.
pub(super) fn virtual_table(table: &Table) -> Option<String> {
    let using = table.options.get("virtual")?;
    Some(format!("CREATE VIRTUAL TABLE {} USING {using}", bare(&table.name.name)))
}

/// What makes any table but a virtual one, without its indexes.
pub(super) fn table(table: &Table) -> String {
    let inline = table.primary_key.as_ref().filter(|key| is_inline(key));
    let mut lines: Vec<_> = table
        .columns
        .iter()
        .map(|one| column(one, inline.filter(|key| key.columns[0] == one.name)))
        .collect();
    if let Some(key) = table.primary_key.as_ref().filter(|key| !is_inline(key)) {
        lines.push(table_key("PRIMARY KEY", key));
    }
    lines.extend(table.uniques.iter().map(|key| table_key("UNIQUE", key)));
    lines.extend(table.foreign_keys.iter().map(foreign_key));
    lines.extend(
        table
            .checks
            .iter()
            .map(|check| format!("{}CHECK ({})", name(&check.label), check.expression)),
    );
    let mut sql = format!("CREATE TABLE {} (\n    ", bare(&table.name.name));
    sql.push_str(&lines.join(",\n    "));
    sql.push_str("\n)");
    let options = [("strict", " STRICT"), ("without_rowid", " WITHOUT ROWID")];
    let options = options.iter().filter(|(option, _)| table.options.contains_key(option));
    sql.push_str(&options.map(|(_, text)| *text).collect::<Vec<_>>().join(","));
    sql
}

/// Whether a primary key stands behind its column: there DESC keeps its meaning.
fn is_inline(key: &Key) -> bool {
    key.columns.len() == 1 && !key.options.contains_key("collation")
}

pub(super) fn name(label: &Label) -> String {
    label.as_chosen().map(|name| format!("CONSTRAINT {} ", bare(name))).unwrap_or_default()
}

fn on_conflict(options: &super::super::Options) -> String {
    options.get("on_conflict").map(|what| format!(" ON CONFLICT {what}")).unwrap_or_default()
}

pub(super) fn column(column: &Column, key: Option<&Key>) -> String {
    let mut sql = bare(&column.name);
    if !column.ty.text.is_empty() {
        sql.push(' ');
        sql.push_str(&types::written(&column.ty.text));
    }
    if let Some(collation) = &column.collation {
        sql.push_str(" COLLATE ");
        sql.push_str(collation);
    }
    if let Some(generated) = &column.generated {
        let stored = if generated.stored { "STORED" } else { "VIRTUAL" };
        sql.push_str(&format!(" GENERATED ALWAYS AS ({}) {stored}", generated.expression));
    }
    if !column.nullable {
        sql.push_str(" NOT NULL");
        sql.push_str(&on_conflict(&column.options));
    }
    if let Some(default) = &column.default {
        sql.push_str(" DEFAULT ");
        sql.push_str(&written_default(default));
    }
    if let Some(key) = key {
        let descending = if key.options.contains_key("descending") { " DESC" } else { "" };
        let auto = if column.auto_increment { " AUTOINCREMENT" } else { "" };
        let (name, conflict) = (name(&key.label), on_conflict(&key.options));
        sql.push_str(&format!(" {name}PRIMARY KEY{descending}{conflict}{auto}"));
    }
    sql
}

fn table_key(kind: &str, key: &Key) -> String {
    format!("{}{kind} ({}){}", name(&key.label), written_parts(key), on_conflict(&key.options))
}

pub(super) fn foreign_key(key: &ForeignKey) -> String {
    let mut sql = format!(
        "{}FOREIGN KEY ({}) REFERENCES {}",
        name(&key.label),
        list(&key.columns),
        bare(&key.table.name)
    );
    if !key.referenced.is_empty() {
        sql.push_str(&format!(" ({})", list(&key.referenced)));
    }
    for (on, action) in [("UPDATE", key.on_update), ("DELETE", key.on_delete)] {
        if action != super::super::Action::NoAction {
            sql.push_str(&format!(" ON {on} {}", action.as_str()));
        }
    }
    if let Some(how) = key.options.get("match") {
        sql.push_str(&format!(" MATCH {}", bare(how)));
    }
    sql.push_str(match key.deferrable {
        Deferrable::No => "",
        Deferrable::InitiallyImmediate => " DEFERRABLE INITIALLY IMMEDIATE",
        Deferrable::InitiallyDeferred => " DEFERRABLE INITIALLY DEFERRED",
    });
    sql
}

pub(super) fn index(table: &Table, index: &Index) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let parts = index.parts.iter().map(|part| {
        let mut sql = match &part.key {
            IndexKey::Column(name) => bare(name),
            IndexKey::Expression(expression) => format!("({expression})"),
        };
        if let Some(collation) = part.options.get("collation") {
            sql.push_str(" COLLATE ");
            sql.push_str(collation);
        }
        if part.descending {
            sql.push_str(" DESC");
        }
        sql
    });
    let parts = parts.collect::<Vec<_>>().join(", ");
    let name = index.label.name.as_deref().unwrap_or_default();
    let mut sql =
        format!("CREATE {unique}INDEX {} ON {} ({parts})", bare(name), bare(&table.name.name));
    if let Some(predicate) = &index.predicate {
        sql.push_str(" WHERE ");
        sql.push_str(predicate);
    }
    sql
}

/// With its columns named: an expression without a name would be called by its spelling.
pub(super) fn view(view: &View) -> String {
    let mut sql = format!("CREATE VIEW {}", bare(&view.name.name));
    if !view.columns.is_empty() {
        let names = view.columns.iter().map(|(name, _)| name);
        sql.push_str(&format!(" ({})", list(names)));
    }
    sql.push_str(" AS ");
    sql.push_str(&view.definition);
    sql
}
