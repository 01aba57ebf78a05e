//! How a table comes by what its parents have.

use super::super::mentions::mentions;
use super::{full, ident};
use crate::catalogue::{Catalogue, Check, Column, Name, Table};

/// How a table is made.
pub(super) enum Form<'a> {
    /// By itself; what it inherits from is said afterwards, because all its columns are its own.
    Alone(Vec<&'a Table>),
    /// As a partition that has the columns of its parent, in their order.
    Partition(&'a Table),
    /// By itself, and put into its parent then: its columns stand in another order.
    Attached(Option<&'a Table>),
    /// With columns of its parents.
    Child(Vec<&'a Table>),
}

pub(super) fn form<'a>(catalogue: &'a Catalogue, table: &Table) -> Form<'a> {
    if table.options.contains_key("partition_of") {
        let parent = parents(catalogue, table).into_iter().next();
        return match parent {
            Some(parent) if columns(parent).eq(columns(table)) => Form::Partition(parent),
            parent => Form::Attached(parent),
        };
    }
    let inherited = table.columns.iter().any(|column| column.options.contains_key("inherited"));
    match table.options.contains_key("inherits") && inherited {
        true => Form::Child(parents(catalogue, table)),
        false => Form::Alone(parents(catalogue, table)),
    }
}

fn columns(table: &Table) -> impl Iterator<Item = (&str, &str)> {
    table.columns.iter().map(|column| (&*column.name, &*column.ty.text))
}

/// The parents of a table as far as they are known. The model has their names as SQL.
fn parents<'a>(catalogue: &'a Catalogue, table: &Table) -> Vec<&'a Table> {
    let key = ["partition_of", "inherits"].into_iter().find_map(|key| table.options.get(key));
    let Some(names) = key else { return Vec::new() };
    let named: Vec<Name> = mentions(names)
        .into_iter()
        .filter_map(|(thing, _)| match thing {
            super::Thing::Type(name) => Some(name),
            super::Thing::Routine(_) | super::Thing::Operator(_) => None,
        })
        .collect();
    named.iter().filter_map(|name| catalogue.table(name)).collect()
}

/// The column of a parent that a column comes from.
pub(super) fn of_parent<'a>(
    catalogue: &'a Catalogue,
    table: &Table,
    column: &str,
) -> Option<&'a Column> {
    parents(catalogue, table).into_iter().find_map(|parent| parent.column(column))
}

impl<'a> Form<'a> {
    /// Whether the definition of a column is written, rather than taken over.
    pub(super) fn writes(&self, column: &Column) -> bool {
        match self {
            Self::Alone(_) | Self::Attached(_) => true,
            Self::Partition(_) => false,
            Self::Child(_) => !column.options.contains_key("inherited"),
        }
    }

    /// The tables that must be there before.
    pub(super) fn parents(&self) -> impl Iterator<Item = &'a Name> {
        let parents = match self {
            Self::Partition(parent) => vec![*parent],
            Self::Attached(parent) => parent.iter().copied().collect(),
            Self::Alone(parents) | Self::Child(parents) => parents.clone(),
        };
        parents.into_iter().map(|parent| &parent.name)
    }

    /// The conditions that are written: a table that is put into its parent must have those of the parent.
    pub(super) fn checks<'b>(&self, catalogue: &'b Catalogue, table: &'b Table) -> Vec<&'b Check> {
        let mut all: Vec<_> = table.checks.iter().collect();
        if let Self::Attached(_) = self {
            let mut next = parents(catalogue, table).into_iter().next();
            while let Some(parent) = next {
                let passed =
                    parent.checks.iter().filter(|check| !check.options.contains_key("no_inherit"));
                all.extend(passed);
                next = parents(catalogue, parent).into_iter().next();
            }
        }
        all
    }

    /// What puts the table where it belongs.
    pub(super) fn attach(&self, table: &Table) -> Vec<String> {
        let name = full(&table.name);
        match self {
            Self::Attached(_) => {
                let (parent, bound) =
                    (&table.options["partition_of"], &table.options["partition_bound"]);
                vec![format!("ALTER TABLE {parent} ATTACH PARTITION {name} {bound}")]
            }
            Self::Alone(_) => {
                let parents = table.options.get("inherits");
                let one = |parent: &str| format!("ALTER TABLE {name} INHERIT {parent}");
                parents.into_iter().flat_map(|parents| parents.split(", ")).map(one).collect()
            }
            Self::Partition(_) | Self::Child(_) => Vec::new(),
        }
    }
}

/// What a column that was taken over has in another way than its parent.
pub(super) fn differing(
    catalogue: &Catalogue,
    table: &Table,
    column: &Column,
    default: Option<&str>,
    late: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    let parent = of_parent(catalogue, table, &column.name);
    let before = parent.and_then(|parent| parent.default.as_deref()).filter(|text| !late(text));
    let (of, name) = (full(&table.name), ident(&column.name));
    let alter = |what: &str| format!("ALTER TABLE ONLY {of} ALTER COLUMN {name} {what}");
    let mut all = Vec::new();
    match default {
        Some(default) if before != Some(default) => {
            all.push(alter(&format!("SET DEFAULT {default}")));
        }
        None if before.is_some() => all.push(alter("DROP DEFAULT")),
        _ => {}
    }
    if !column.nullable && parent.is_none_or(|parent| parent.nullable) {
        all.push(alter("SET NOT NULL"));
    }
    all
}
