//! What a change takes for granted about the rows that are there, as assertions: a key that comes finds no
//! two rows alike, NOT NULL no NULL, a foreign key no row without a parent. Where it does not hold, the rows
//! are shown before anything runs, rather than the first of them by an error.

use dbmig_build::Dialect;
use dbmig_runtime::catalogue::{
    Catalogue, ForeignKey, Index, IndexKey, IndexPart, Key, Name, Options, Table,
};

use super::edit::UNKNOWN;
use super::plain::written;

/// The directives in front of the statements that make `to` out of `from`, for tables that are there. Of those
/// that are `filled` on the way nobody asks whether they hold NULL.
pub(crate) fn directives(
    from: &Catalogue,
    to: &Catalogue,
    filled: &dyn Fn(&Name) -> bool,
) -> String {
    let mut out = String::new();
    for table in &to.tables {
        let Some(before) = from.table(&table.name) else { continue };
        let rows = Rows { from, before, dialect: to.dialect };
        let nulls = if filled(&table.name) { vec![] } else { rows.nulls(table) };
        let queries = rows.doubles(table).into_iter().chain(nulls);
        for query in queries.chain(rows.orphans(table)) {
            let lines: Vec<_> = query.lines().collect();
            // A name can hold anything; a directive is a line.
            let hidden =
                query.contains(UNKNOWN) || query.contains(|c: char| c.is_control() && c != '\n');
            if let (Some((first, rest)), false) = (lines.split_first(), hidden) {
                out.push_str(&format!("-- dbmig:assert before {first}\n"));
                rest.iter().for_each(|line| out.push_str(&format!("-- dbmig:   {line}\n")));
            }
        }
    }
    out
}

/// The rows of a table, as it was.
struct Rows<'c> {
    from: &'c Catalogue,
    before: &'c Table,
    dialect: Dialect,
}

impl Rows<'_> {
    fn has(&self, column: &str) -> bool {
        self.before.column(column).is_some()
    }

    fn written(&self, name: &str) -> String {
        written(name, self.dialect)
    }

    fn listed(&self, columns: &[String]) -> Vec<String> {
        columns.iter().map(|column| self.written(column)).collect()
    }

    fn table(&self, name: &Name) -> String {
        let schema = name.schema.iter().map(|schema| format!("{}.", self.written(schema)));
        schema.chain([self.written(&name.name)]).collect()
    }

    /// What tells a row to people: its key, and what it is about; everything where it has no key.
    fn told(&self, more: &[String], alias: &str) -> String {
        let Some(key) = &self.before.primary_key else { return format!("{alias}*") };
        let mut columns = key.columns.clone();
        columns.extend(more.iter().filter(|column| !key.columns.contains(column)).cloned());
        let columns = self.listed(&columns).into_iter().map(|column| format!("{alias}{column}"));
        columns.collect::<Vec<_>>().join(", ")
    }

    /// For each key that comes, the values that more than one row has.
    fn doubles(&self, table: &Table) -> Vec<String> {
        let keys = table.primary_key.iter().chain(&table.uniques);
        let keys = keys.filter(|key| {
            let columns = &key.columns;
            !self.is_unique(columns) && !key.options.contains_key("prefix")
        });
        let of_keys = keys.filter_map(|key: &Key| {
            let columns: Option<Vec<_>> = key
                .columns
                .iter()
                .map(|column| self.has(column).then(|| self.written(column)))
                .collect();
            Some(self.double(&columns?, None, same_nulls(&key.options)))
        });
        let indexes = table.indexes.iter().filter(|index| {
            let same = |other: &&Index| {
                other.unique && other.parts == index.parts && other.predicate == index.predicate
            };
            index.unique && !self.before.indexes.iter().any(|other| same(&other))
        });
        let of_indexes = indexes.filter_map(|index: &Index| {
            let plain: Option<Vec<_>> = index.parts.iter().map(column_of).collect();
            if index.predicate.is_none() && plain.is_some_and(|columns| self.is_unique(&columns)) {
                return None;
            }
            let parts: Option<Vec<_>> = index.parts.iter().map(|part| self.part(part)).collect();
            Some(self.double(&parts?, index.predicate.as_deref(), same_nulls(&index.options)))
        });
        of_keys.chain(of_indexes).collect()
    }

    /// Whether no two rows are alike in these columns already.
    fn is_unique(&self, columns: &[String]) -> bool {
        let keys = self.before.primary_key.iter().chain(&self.before.uniques);
        let indexes = self.before.indexes.iter().filter(|index| {
            let parts: Option<Vec<_>> = index.parts.iter().map(column_of).collect();
            index.unique && index.predicate.is_none() && parts.as_deref() == Some(columns)
        });
        keys.map(|key| &key.columns).any(|known| known == columns) || indexes.count() > 0
    }

    /// A part of an index as its rows are compared; `None` where that is more than an expression says.
    fn part(&self, part: &IndexPart) -> Option<String> {
        let said = ["collation", "length", "opclass"];
        if said.iter().any(|option| part.options.contains_key(*option)) {
            return None;
        }
        match &part.key {
            IndexKey::Column(column) => self.has(column).then(|| self.written(column)),
            IndexKey::Expression(text) => Some(format!("({text})")),
        }
    }

    fn double(&self, parts: &[String], predicate: Option<&str>, same_nulls: bool) -> String {
        let list = parts.join(", ");
        let shown: Vec<_> = parts
            .iter()
            .enumerate()
            .map(|(at, part)| match part.starts_with('(') {
                true => format!("{part} AS part_{}", at + 1),
                false => part.clone(),
            })
            .collect();
        let shown = shown.join(", ");
        let mut conditions: Vec<_> = match same_nulls {
            true => Vec::new(),
            false => parts.iter().map(|part| format!("{part} IS NOT NULL")).collect(),
        };
        conditions.extend(predicate.map(|condition| format!("({condition})")));
        let table = self.table(&self.before.name);
        let filter = match conditions.is_empty() {
            true => String::new(),
            false => format!("WHERE {}\n", conditions.join(" AND ")),
        };
        format!(
            "SELECT {shown}, count(*) AS rows_alike FROM {table}\n{filter}GROUP BY {list} HAVING count(*) > 1"
        )
    }

    /// For each column that takes no NULL any more, the rows that have one.
    fn nulls(&self, table: &Table) -> Vec<String> {
        let stricter = table.columns.iter().filter(|column| {
            let old = self.before.column(&column.name);
            !column.nullable && old.is_some_and(|old| old.nullable && old.generated.is_none())
        });
        let query = |column: &dbmig_runtime::catalogue::Column| {
            let told = self.told(&[], "");
            let (table, column) = (self.table(&self.before.name), self.written(&column.name));
            format!("SELECT {told} FROM {table} WHERE {column} IS NULL")
        };
        stricter.map(query).collect()
    }

    /// For each foreign key that comes to hold, the rows that have no parent.
    fn orphans(&self, table: &Table) -> Vec<String> {
        let comes = |key: &&ForeignKey| {
            let held = |old: &ForeignKey| {
                old.validated
                    && old.columns == key.columns
                    && old.table == key.table
                    && old.referenced == key.referenced
            };
            key.validated && !self.before.foreign_keys.iter().any(held)
        };
        table.foreign_keys.iter().filter(comes).filter_map(|key| self.orphan(key)).collect()
    }

    fn orphan(&self, key: &ForeignKey) -> Option<String> {
        let parent = self.from.table(&key.table)?;
        let there = |column: &String| parent.column(column).is_some();
        let known = key.columns.iter().all(|column| self.has(column))
            && key.referenced.len() == key.columns.len()
            && key.referenced.iter().all(there);
        // MATCH FULL asks for more than this says.
        if !known || key.options.contains_key("match") {
            return None;
        }
        let (columns, referenced) = (self.listed(&key.columns), self.listed(&key.referenced));
        let given: Vec<_> = columns.iter().map(|one| format!("child.{one} IS NOT NULL")).collect();
        let pairs: Vec<_> = columns
            .iter()
            .zip(&referenced)
            .map(|(child, parent)| format!("parent.{parent} = child.{child}"))
            .collect();
        Some(format!(
            "SELECT {told} FROM {table} AS child WHERE {given}\nAND NOT EXISTS (SELECT 1 FROM {of} AS parent WHERE {pairs})",
            told = self.told(&key.columns, "child."),
            table = self.table(&self.before.name),
            given = given.join(" AND "),
            of = self.table(&key.table),
            pairs = pairs.join(" AND "),
        ))
    }
}

/// The column of a part that is nothing more.
fn column_of(part: &IndexPart) -> Option<String> {
    match &part.key {
        IndexKey::Column(column) => Some(column.clone()),
        IndexKey::Expression(_) => None,
    }
}

/// PostgreSQL: two NULLs are alike.
fn same_nulls(options: &Options) -> bool {
    options.contains_key("nulls_not_distinct")
}
