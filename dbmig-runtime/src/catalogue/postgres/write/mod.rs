//! A catalogue as the statements that make it.

pub(super) mod comments;
mod inherit;
pub(super) mod keys;
pub(super) mod programs;
pub(super) mod table;
pub(super) mod types;

use std::collections::HashSet;

use dbmig_build::Dialect;

use super::arrange::{Rank, Step, arranged};
use super::mentions::{Certainty, Thing, mentions};
use crate::catalogue::{Catalogue, Name};
use crate::sql;

/// The statements that make it, and around them what they need of the session: names are those that are
/// seen from `public`, and bodies are not looked into before all is there.
pub(in crate::catalogue) fn to_sql(catalogue: &Catalogue) -> Vec<String> {
    let mut steps = Vec::new();
    types::write(catalogue, &mut steps);
    programs::routines(catalogue, &mut steps);
    let routines = steps.iter().filter_map(|step| step.makes.clone());
    let routines: HashSet<Thing> =
        routines.filter(|thing| matches!(thing, Thing::Routine(_))).collect();
    for table in &catalogue.tables {
        table::write(catalogue, table, &routines, &mut steps);
        keys::write(table, &mut steps);
    }
    programs::views(catalogue, &mut steps);
    programs::rest(catalogue, &mut steps);
    comments::write(catalogue, &mut steps);
    if steps.is_empty() {
        return Vec::new();
    }
    let before = ["SET check_function_bodies = off", "SET search_path = public, pg_temp"];
    let after = ["RESET search_path", "RESET check_function_bodies"];
    let all = before.into_iter().map(ToOwned::to_owned).chain(arranged(steps));
    all.chain(after.into_iter().map(ToOwned::to_owned)).collect()
}

/// A name as SQL writes it.
pub(super) fn ident(name: &str) -> String {
    sql::quoted(Dialect::Postgres, name)
}

/// A name with its schema, unless that is `public`.
pub(super) fn full(name: &Name) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", ident(schema), ident(&name.name)),
        None => ident(&name.name),
    }
}

pub(super) fn literal(text: &str) -> String {
    sql::literal(Dialect::Postgres, text)
}

/// Names as a list in parentheses.
pub(super) fn list(names: &[String]) -> String {
    format!("({})", super::constraints::quoted(names))
}

/// A table or view as something that is needed.
pub(super) fn relation(name: &Name) -> (Thing, Certainty) {
    (Thing::Type(name.clone()), Certainty::Certain)
}

/// What an expression needs: no column is taken for a type of its name.
pub(super) fn needs_of_expression(text: &str) -> impl Iterator<Item = (Thing, Certainty)> {
    let all = mentions(text).into_iter();
    all.filter(|(_, certainty)| *certainty == Certainty::Certain)
}

/// The statements of a definition that has several.
pub(super) fn statements(definition: &str) -> Vec<String> {
    let split = dbmig_build::sql::split(definition, Dialect::Postgres);
    split.statements.iter().map(|statement| statement.sql.to_owned()).collect()
}

/// One step for one object on a table.
pub(super) fn on_table(rank: Rank, table: &Name, sql: String) -> Step {
    Step { rank, sql: vec![sql], makes: None, needs: vec![relation(table)] }
}
