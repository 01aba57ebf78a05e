//! A `schema.rs` as a wish: what it tells, beside what would be written of the database.

use std::collections::BTreeMap;

use dbmig_build::Dialect;
use dbmig_runtime::catalogue::{Catalogue, Name};

use super::Answers;
use super::renames::Side;
use super::sql_types::{has_fields, record};
use crate::schema_rs::compare::{self, Difference};
use crate::schema_rs::parse::{Told, ToldTable};
use crate::schema_rs::{self, Options, canonical, inside};

/// What stands between a type and its length.
const LENGTH: &str = " (max_length ";

/// A `schema.rs`, and how it would be written of what there is.
#[derive(Debug, Clone)]
pub struct RustFile {
    /// What messages call it.
    pub shown: String,
    /// How it is written.
    pub options: Options,
    /// What would be written of the database.
    pub written: Told,
    /// What it tells.
    pub told: Told,
}

/// The same with all in it made comparable.
#[derive(Debug)]
pub(in crate::generate) struct Settled<'a> {
    pub(in crate::generate) file: &'a RustFile,
    pub(in crate::generate) written: Told,
    pub(in crate::generate) told: Told,
    /// What the database calls the tables of either.
    pub(in crate::generate) names: BTreeMap<String, Name>,
    /// Tables that are told, and can not be followed: views, and those that are left out.
    pub(in crate::generate) passed_over: Vec<(String, &'static str)>,
    /// Joins that are not told, while there is a foreign key for each.
    pub(in crate::generate) silent_joins: Vec<(String, String, String)>,
}

impl RustFile {
    /// Makes both sides comparable: one name a type; a length, where it is told; what is no table left out.
    pub(in crate::generate) fn settled(
        &self,
        catalogue: &Catalogue,
        answers: &Answers,
    ) -> Settled<'_> {
        let (mut written, mut told) = (self.written.clone(), self.told.clone());
        let mut names = BTreeMap::new();
        for key in told.tables.keys().chain(written.tables.keys()) {
            names.insert(key.clone(), name_of(key, &self.options, catalogue));
        }
        let mut passed_over = Vec::new();
        told.tables.retain(|key, _| {
            let Some(name) = names.get(key).filter(|_| !written.tables.contains_key(key)) else {
                return true;
            };
            let why = if catalogue.views.iter().any(|view| view.name == *name) {
                "is a view"
            } else if catalogue.table(name).is_some() {
                "is left out by `[print_schema]` of diesel.toml"
            } else if !self.options.filter.holds(&name.name) {
                "would be left out by `[print_schema]` of diesel.toml"
            } else {
                return true;
            };
            passed_over.push((key.clone(), why));
            false
        });
        if catalogue.dialect == Dialect::Mysql {
            by_sql_names(&mut written);
            by_sql_names(&mut told);
        }
        for (key, table) in &mut told.tables {
            let before = written.tables.get_mut(key);
            settle(catalogue, table, before);
        }
        records(catalogue, &mut written, &told);
        for table in written.tables.values_mut() {
            // What only one side has is settled as well, so that it can be the other one renamed.
            settle(catalogue, table, None);
        }
        let silent_joins: Vec<_> = written.joins.difference(&told.joins).cloned().collect();
        // No `joinable!` says little: who writes the file by hand may do without.
        written.joins.retain(|join| told.joins.contains(join));
        let has_key = |(child, parent, column): &(String, String, String)| {
            let (Some(child), Some(parent)) = (names.get(child), names.get(parent)) else {
                return false;
            };
            let keys = catalogue.table(child).into_iter().flat_map(|table| &table.foreign_keys);
            keys.into_iter().any(|key| key.table == *parent && key.columns == [column.as_str()])
        };
        told.joins
            .retain(|join| written.joins.contains(join) || !answers.no_joins && !has_key(join));
        Settled { file: self, written, told, names, passed_over, silent_joins }
    }
}

impl Settled<'_> {
    pub(in crate::generate) fn differences(&self) -> Vec<Difference> {
        compare::differences(&self.written, &self.told)
    }

    pub(in crate::generate) fn name(&self, key: &str) -> Name {
        self.names.get(key).cloned().unwrap_or_else(|| Name::new(key))
    }

    /// The type as the file has it, by no other name.
    pub(in crate::generate) fn as_typed(&self, key: &str, column: &str) -> Option<&str> {
        Some(self.file.told.tables.get(key)?.columns.get(column)?.as_str())
    }

    pub(in crate::generate) fn length(&self, key: &str, column: &str) -> Option<u64> {
        self.file.told.tables.get(key)?.lengths.get(column).copied()
    }
}

/// The type without its length and without `Nullable`, and whether that was around it.
pub(in crate::generate) fn plain(ty: &str) -> (&str, bool) {
    let ty = ty.split(LENGTH).next().unwrap_or(ty);
    match inside(ty, "Nullable") {
        Some(inner) => (inner, true),
        None => (ty, false),
    }
}

fn settle(catalogue: &Catalogue, table: &mut ToldTable, other: Option<&mut ToldTable>) {
    let dialect = catalogue.dialect;
    // There it is a name for another type.
    let mariadb = catalogue.server.starts_with("mariadb");
    let name = |ty: &str| {
        let ty = canonical(dialect, ty);
        if mariadb { ty.replace("Json", "Longtext") } else { ty }
    };
    table.columns.values_mut().for_each(|ty| *ty = name(ty));
    if dialect == Dialect::Sqlite {
        // They are told in the order of the table.
        table.key.sort();
    }
    let Some(other) = other.filter(|_| dialect != Dialect::Sqlite) else { return };
    for (column, ty) in &mut other.columns {
        let (Some(here), Some(wished)) = (table.columns.get_mut(column), table.lengths.get(column))
        else {
            continue;
        };
        *ty = name(ty);
        let there = other.lengths.get(column);
        if there != Some(wished) {
            *here = with_length(here, Some(wished));
            *ty = with_length(ty, there);
        }
    }
}

/// A `Record` that is told is the composite type that there is, where that has such fields.
fn records(catalogue: &Catalogue, written: &mut Told, told: &Told) {
    let Told { tables, types, .. } = written;
    for (key, table) in tables {
        let Some(wished) = told.tables.get(key) else { continue };
        for (column, ty) in &mut table.columns {
            let Some(wish) = wished.columns.get(column) else { continue };
            let (Some(fields), (inner, nullable)) = (record(plain(wish).0), plain(ty)) else {
                continue;
            };
            let found = types.get(inner).and_then(|(_, sql)| {
                let mut all = catalogue.composites.iter();
                all.find(|one| one.name.name == *sql && has_fields(one, &fields))
            });
            if found.is_some() && nullable == plain(wish).1 {
                ty.clone_from(wish);
            }
        }
    }
}

/// MySQL's types that have a definition are called after their column: what they are is `Enum`, or `Set`.
fn by_sql_names(told: &mut Told) {
    let Told { tables, types, .. } = told;
    for ty in tables.values_mut().flat_map(|table| table.columns.values_mut()) {
        let (inner, nullable) = plain(ty);
        if let Some((_, sql)) = types.get(inner) {
            *ty = if nullable { format!("Nullable<{sql}>") } else { sql.clone() };
        }
    }
}

fn with_length(ty: &str, length: Option<&u64>) -> String {
    match length {
        Some(length) => format!("{ty}{LENGTH}{length})"),
        None => ty.to_owned(),
    }
}

/// The table in the database that a name in a `schema.rs` means.
fn name_of(key: &str, options: &schema_rs::Options, catalogue: &Catalogue) -> Name {
    let tables = catalogue.tables.iter().map(|table| &table.name);
    let mut all = tables.chain(catalogue.views.iter().map(|view| &view.name));
    if let Some(known) = all.find(|name| name.to_string() == key) {
        return known.clone();
    }
    let within = options.schema.as_deref().and_then(|schema| {
        let name = key.strip_prefix(schema)?.strip_prefix('.')?;
        let default = catalogue.dialect == Dialect::Postgres && schema == "public";
        Some(Name::within(Some(schema).filter(|_| !default), name))
    });
    within.unwrap_or_else(|| Name::new(key))
}

/// Both sides, as far as the files cover them.
pub(super) fn sides(files: &[RustFile], before: &Catalogue, answers: &Answers) -> (Side, Side) {
    let (mut from, mut to) = (Side::new(), Side::new());
    for file in files {
        let settled = file.settled(before, answers);
        for (told, side) in [(&settled.written, &mut from), (&settled.told, &mut to)] {
            for (key, table) in &told.tables {
                let columns = table.order.iter().filter_map(|name| {
                    Some((name.clone(), plain(table.columns.get(name)?).0.to_owned()))
                });
                side.insert(settled.name(key), columns.collect());
            }
        }
    }
    (from, to)
}
