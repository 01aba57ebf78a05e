//! `Shape`: what a data file is to the table that it is for: its columns, its key, its parents.

mod make;

use dbmig_build::{Code, Dialect, Finding, Findings};

use self::make::Make;
use super::cell::{Place, Row};
use super::class::Class;
use super::settings::{Mode, Settings};
use crate::catalogue::{Catalogue, Column as TableColumn, IndexKey, Name, Table};

/// What a data file is to its table.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) dialect: Dialect,
    pub(super) table: Name,
    pub(super) mode: Mode,
    /// Those of the file that go into the table.
    pub(super) columns: Vec<Column>,
    /// By which a row is known: places in `columns`. Empty where there is nothing of the kind.
    pub(super) key: Vec<usize>,
    /// Columns with the SQL that computes them.
    pub(super) expressions: Vec<(String, String)>,
    /// What must not stand twice: places in `columns`.
    pub(super) uniques: Vec<Vec<usize>>,
    pub(super) parents: Vec<Parent>,
    /// Conditions of the table that speak of columns of the file alone.
    pub(super) conditions: Vec<String>,
    /// Some column always makes its own numbers, unless it is told not to (PostgreSQL).
    pub(super) overriding: bool,
    /// The table has policies for its rows, which COPY does not heed (PostgreSQL).
    pub(super) row_security: bool,
}

/// A column of the file.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Its place in a row of the file.
    pub(super) cell: usize,
    /// What the table calls it.
    pub(super) name: String,
    pub(super) class: Class,
    /// What the side file asks for beside that.
    pub(super) asked: Option<Class>,
    pub(super) nullable: bool,
    pub(super) default: Option<String>,
    pub(super) reference: Option<Reference>,
    /// The type that the cell is given: of the parent's column where it is a reference.
    pub(super) ty: TypeText,
    /// What the table itself holds: another thing than the cell where it is a reference.
    pub(super) own: (Class, TypeText),
    /// Numbers come by themselves, and have to be told of those in the file.
    pub(super) counts: bool,
    /// Character set and collation (MySQL), once they are known.
    pub(super) collation: Option<(String, String)>,
}

/// A type in SQL.
#[derive(Debug, Clone)]
pub(super) struct TypeText {
    /// As a definition has it.
    pub(super) whole: String,
    /// Without a length: a cast to a length cuts without a word.
    pub(super) loose: String,
}

/// A parent that is found by another column than its key.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub(super) table: Name,
    pub(super) by: String,
    /// What the column here holds of it.
    pub(super) key: String,
    /// The table is its own parent.
    pub(super) own: bool,
}

/// A foreign key whose columns are all in the file.
#[derive(Debug, Clone)]
pub(super) struct Parent {
    pub(super) columns: Vec<usize>,
    pub(super) table: Name,
    pub(super) referenced: Vec<String>,
    pub(super) own: bool,
}

impl Shape {
    pub(super) fn column_index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

/// How findings call the two files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paths<'a> {
    pub(super) data: &'a str,
    pub(super) side: &'a str,
}

/// Holds header and side file against the catalogue; `None` with at least one finding.
pub(super) fn shape(
    stem: &str,
    header: &Row<'_>,
    settings: &Settings,
    catalogue: &Catalogue,
    paths: Paths<'_>,
    findings: &mut Findings,
) -> Option<Shape> {
    let before = findings.count(dbmig_build::Severity::Error);
    let named = settings.table.as_ref().map(|(table, _)| table.as_str());
    let wanted = named.unwrap_or(stem);
    let Some(table) = find_table(catalogue, wanted) else {
        let finding = match &settings.table {
            Some((_, place)) => at(Code::SeedColumn, paths.side, *place, no_table(wanted)),
            None => Finding::new(Code::SeedColumn, paths.data, no_table(wanted))
                .help(format!("name the table in `{}`: `table = \"<table>\"`", paths.side)),
        };
        findings.push(finding);
        return None;
    };
    let mut make = Make { table, catalogue, settings, paths, findings };
    let columns = make.columns(header);
    let mode = settings.mode.unwrap_or(match make.unique_keys(&columns).is_empty() {
        true => Mode::Insert,
        false => Mode::Upsert,
    });
    let expressions = make.expressions(&columns);
    if mode != Mode::UpdateOnly {
        make.required(header, &columns, &expressions);
    }
    let uniques = make.unique_keys(&columns);
    let key = make.key(mode, &columns, &uniques, header.place)?;
    let parents = make.parents(&columns);
    let conditions = conditions(table, &columns);
    let overriding = table.columns.iter().any(|column| {
        column.identity.as_ref().is_some_and(|identity| identity.always)
            && columns.iter().any(|own| own.name == column.name)
    });
    (findings.count(dbmig_build::Severity::Error) == before).then(|| Shape {
        dialect: catalogue.dialect,
        table: table.name.clone(),
        mode,
        columns,
        key,
        expressions,
        uniques,
        parents,
        conditions,
        overriding,
        row_security: table.options.contains_key("row_security"),
    })
}

pub(super) fn at(code: Code, path: &str, (line, column): Place, message: String) -> Finding {
    Finding::new(code, path, message).at(line, column)
}

fn no_table(name: &str) -> String {
    format!("there is no table `{name}`")
}

/// `table` or `schema.table`.
pub(super) fn find_table<'c>(catalogue: &'c Catalogue, wanted: &str) -> Option<&'c Table> {
    catalogue.table(&Name::new(wanted)).or_else(|| {
        let (schema, name) = wanted.split_once('.')?;
        catalogue.table(&Name::within(Some(schema), name))
    })
}

/// The columns of every unique key, the primary key first.
pub(super) fn unique_sets(table: &Table) -> Vec<Vec<String>> {
    let keys = table.primary_key.iter().chain(&table.uniques);
    let mut sets: Vec<Vec<String>> = keys.map(|key| key.columns.clone()).collect();
    for index in table.indexes.iter().filter(|index| index.unique && index.predicate.is_none()) {
        let parts = index.parts.iter().map(|part| match &part.key {
            IndexKey::Column(name) if !part.options.contains_key("length") => Some(name.clone()),
            _ => None,
        });
        sets.extend(parts.collect::<Option<Vec<_>>>());
    }
    sets
}

/// Conditions that speak of no column that the file does not have.
fn conditions(table: &Table, columns: &[Column]) -> Vec<String> {
    let absent: Vec<_> = table
        .columns
        .iter()
        .filter(|column| {
            !columns.iter().any(|own| own.name == column.name && own.reference.is_none())
        })
        .map(|column| column.name.to_lowercase())
        .collect();
    let speaks_of = |expression: &str| {
        let lower = expression.to_lowercase();
        lower
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .any(|word| absent.iter().any(|name| name == word))
    };
    table
        .checks
        .iter()
        .filter(|check| !speaks_of(&check.expression))
        .map(|check| check.expression.clone())
        .collect()
}

/// The type of a column, for casts.
pub(super) fn type_text(dialect: Dialect, column: &TableColumn) -> TypeText {
    let whole = column.ty.text.clone();
    let loose = match dialect {
        Dialect::Postgres => {
            let name = &column.ty.name;
            let quoted = |text: &str| crate::sql::quoted(Dialect::Postgres, text);
            let schema = name.schema.as_deref().map(|schema| quoted(schema) + ".");
            let array = if column.ty.array { "[]" } else { "" };
            format!("{}{}{array}", schema.unwrap_or_default(), quoted(&name.name))
        }
        Dialect::Sqlite | Dialect::Mysql => whole.clone(),
    };
    TypeText { whole, loose }
}
