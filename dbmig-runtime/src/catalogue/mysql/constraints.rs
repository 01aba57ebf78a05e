//! Foreign keys and conditions.

use std::collections::BTreeMap;

use super::super::{Action, Check, Deferrable, ForeignKey, Label, Name, Options, Table};
use super::source::Source;
use super::{names, text};
use crate::session::DbResult;

type Tables = BTreeMap<String, Table>;

/// Adds them to their tables.
pub(super) fn read(source: &mut Source<'_>, tables: &mut Tables) -> DbResult<()> {
    foreign_keys(source, tables)?;
    checks(source, tables)
}

/// One column of a foreign key: its place, its name, the table there, and the column there.
type Pair = (u32, String, Name, String);

fn foreign_keys(source: &mut Source<'_>, tables: &mut Tables) -> DbResult<()> {
    let asked = ["TABLE_NAME", "CONSTRAINT_NAME", "UPDATE_RULE", "DELETE_RULE"];
    let mut rules = BTreeMap::new();
    for mut cells in source.rows(&asked, "REFERENTIAL_CONSTRAINTS", "CONSTRAINT_SCHEMA", "")? {
        let key = (cells.text(), cells.text());
        rules.insert(key, (rule(&cells.text()), rule(&cells.text())));
    }
    if rules.is_empty() {
        return Ok(());
    }
    let asked = [
        "TABLE_NAME",
        "CONSTRAINT_NAME",
        "ORDINAL_POSITION",
        "COLUMN_NAME",
        "REFERENCED_TABLE_SCHEMA",
        "REFERENCED_TABLE_NAME",
        "REFERENCED_COLUMN_NAME",
    ];
    let condition = " AND REFERENCED_TABLE_NAME IS NOT NULL";
    let mut found: BTreeMap<(String, String), Vec<Pair>> = BTreeMap::new();
    for mut cells in source.rows(&asked, "KEY_COLUMN_USAGE", "TABLE_SCHEMA", condition)? {
        let key = (cells.text(), cells.text());
        let (place, column, schema) = (cells.number(), cells.text(), cells.text());
        let there = if schema == source.database {
            source.name(cells.text())
        } else {
            Name::within(Some(schema), cells.text())
        };
        found.entry(key).or_default().push((place, column, there, cells.text()));
    }
    for (key, mut parts) in found {
        parts.sort_by_key(|(place, ..)| *place);
        let (on_update, on_delete) = rules.remove(&key).unwrap_or_default();
        let (table, name) = key;
        let (Some(owner), Some((_, _, there, _))) = (tables.get_mut(&table), parts.first()) else {
            continue;
        };
        owner.foreign_keys.push(ForeignKey {
            label: names::foreign_key(name, &table),
            table: there.clone(),
            columns: parts.iter().map(|(_, column, ..)| column.clone()).collect(),
            referenced: parts.into_iter().map(|(.., referenced)| referenced).collect(),
            on_update,
            on_delete,
            deferrable: Deferrable::No,
            validated: true,
            options: Options::new(),
            comment: None,
        });
    }
    Ok(())
}

/// The servers look at once in both cases: MariaDB calls the usual one RESTRICT, MySQL NO ACTION.
fn rule(text: &str) -> Action {
    match Action::parse(text) {
        None | Some(Action::Restrict) => Action::NoAction,
        Some(action) => action,
    }
}

fn checks(source: &mut Source<'_>, tables: &mut Tables) -> DbResult<()> {
    let mut found = Vec::new();
    if source.server.mariadb {
        let asked = ["TABLE_NAME", "CONSTRAINT_NAME", "CHECK_CLAUSE", "LEVEL"];
        for mut cells in source.rows(&asked, "CHECK_CONSTRAINTS", "CONSTRAINT_SCHEMA", "")? {
            let (table, name, clause) = (cells.text(), cells.text(), cells.text());
            found.push((table, name, clause, cells.is("Column"), true));
        }
    } else {
        let asked = ["CONSTRAINT_NAME", "CHECK_CLAUSE"];
        let mut clauses = BTreeMap::new();
        for mut cells in source.rows(&asked, "CHECK_CONSTRAINTS", "CONSTRAINT_SCHEMA", "")? {
            clauses.insert(cells.text(), cells.text());
        }
        let asked = ["TABLE_NAME", "CONSTRAINT_NAME", "ENFORCED"];
        let condition = " AND CONSTRAINT_TYPE = 'CHECK'";
        for mut cells in source.rows(&asked, "TABLE_CONSTRAINTS", "TABLE_SCHEMA", condition)? {
            let (table, name) = (cells.text(), cells.text());
            if let Some(clause) = clauses.remove(&name) {
                found.push((table, name, clause, false, cells.is("YES")));
            }
        }
    }
    for (table, name, clause, of_column, validated) in found {
        let Some(owner) = tables.get_mut(&table) else { continue };
        let mut options = Options::new();
        let label = if of_column {
            options.insert("column", name.clone());
            Label { name: Some(name), generated: true }
        } else {
            names::check(name, &table)
        };
        let clause = source.expression(&clause);
        let expression = text::without_parentheses(&clause).to_owned();
        owner.checks.push(Check { label, expression, validated, options, comment: None });
    }
    Ok(())
}
