//! Tables: what there is, and all that belongs to one.

use std::collections::BTreeMap;

use super::super::{Catalogue, Options, Scope, Table};
use super::columns::Columns;
use super::source::Source;
use super::{constraints, keys, shown};
use crate::session::DbResult;

/// A table, view or sequence as it is listed.
pub(super) struct Listed {
    pub(super) kind: Listing,
    pub(super) collation: String,
    comment: Option<String>,
    options: Options,
    partitioned: bool,
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listing {
    Table,
    View,
    Sequence,
}

/// Lists them.
pub(super) fn list(source: &mut Source<'_>, scope: &Scope) -> DbResult<BTreeMap<String, Listed>> {
    let asked = [
        "TABLE_NAME",
        "TABLE_TYPE",
        "ENGINE",
        "TABLE_COLLATION",
        "CREATE_OPTIONS",
        "TABLE_COMMENT",
    ];
    let mut all = BTreeMap::new();
    for mut cells in source.rows(&asked, "TABLES", "TABLE_SCHEMA", "")? {
        let name = cells.text();
        let ty = cells.text();
        let kind = match ty.as_str() {
            "BASE TABLE" | "SYSTEM VERSIONED" => Listing::Table,
            "VIEW" => Listing::View,
            "SEQUENCE" => Listing::Sequence,
            // Those of the session itself, and the server's own.
            _ => continue,
        };
        if !scope.holds(&source.name(&name)) {
            continue;
        }
        let engine = cells.filled().filter(|engine| engine != "InnoDB");
        let collation = cells.text();
        let (mut options, partitioned) = create_options(&cells.text());
        options.extend(engine.map(|engine| ("engine", engine)));
        if kind == Listing::Table && collation != source.collation {
            options.insert("collation", collation.clone());
        }
        if ty == "SYSTEM VERSIONED" {
            options.insert("system_versioned", String::new());
        }
        let comment = cells.filled();
        all.insert(name, Listed { kind, collation, comment, options, partitioned });
    }
    // MySQL does not say it of tables that are partitioned by their primary key.
    if !source.server.mariadb {
        let condition = " AND PARTITION_NAME IS NOT NULL";
        for mut cells in source.rows(&["TABLE_NAME"], "PARTITIONS", "TABLE_SCHEMA", condition)? {
            if let Some(table) = all.get_mut(&cells.text()) {
                table.partitioned = true;
            }
        }
    }
    Ok(all)
}

/// The options of a table, and whether it has partitions.
fn create_options(text: &str) -> (Options, bool) {
    let mut options = Options::new();
    let mut rest = Vec::new();
    let mut partitioned = false;
    for option in text.split_whitespace() {
        match option.split_once('=') {
            None if option == "partitioned" => partitioned = true,
            Some((name, value)) if name.eq_ignore_ascii_case("row_format") => {
                options.insert("row_format", value.to_uppercase());
            }
            _ => rest.push(option),
        }
    }
    if !rest.is_empty() {
        options.insert("create_options", rest.join(" "));
    }
    (options, partitioned)
}

/// Reads all tables that were listed.
pub(super) fn read(
    source: &mut Source<'_>,
    listed: BTreeMap<String, Listed>,
    mut columns: Columns,
    catalogue: &mut Catalogue,
) -> DbResult<()> {
    let mut tables = BTreeMap::new();
    let mut partitioned = Vec::new();
    for (name, listed) in listed.into_iter().filter(|(_, listed)| listed.kind == Listing::Table) {
        if listed.partitioned {
            partitioned.push(name.clone());
        }
        let table = Table {
            name: source.name(&name),
            columns: columns.remove(&name).unwrap_or_default(),
            primary_key: None,
            uniques: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            exclusions: Vec::new(),
            indexes: Vec::new(),
            comment: listed.comment,
            options: listed.options,
        };
        tables.insert(name, table);
    }
    constraints::read(source, &mut tables)?;
    keys::read(source, &mut tables)?;
    shown::read(source, &mut tables, &partitioned)?;
    catalogue.tables.extend(tables.into_values());
    Ok(())
}

impl Listed {
    /// The comment of a sequence.
    pub(super) fn into_comment(self) -> Option<String> {
        self.comment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options() {
        let (options, partitioned) =
            create_options("max_rows=10 row_format=COMPRESSED partitioned `PAGE_COMPRESSED`='1'");
        assert!(partitioned);
        assert_eq!(options["row_format"], "COMPRESSED");
        assert_eq!(options["create_options"], "max_rows=10 `PAGE_COMPRESSED`='1'");
        assert!(create_options("").0.is_empty());
    }
}
