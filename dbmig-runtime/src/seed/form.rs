//! What can be said of a data file without any database: its form, and what its side file says of it.

use dbmig_build::{Code, Dialect, Findings};

use super::cell::{Place, Row};
use super::class::Class;
use super::opened::Opened;
use super::settings::{Mode, Settings};
use super::shape::{Column, Paths, Shape, TypeText, at};
use super::source::Source;
use super::{DataFile, table_of, twice, words};
use crate::catalogue::Name;

/// Holds a data file against itself and its side file: whether both can be read, columns that stand twice or
/// that the side file alone knows, types that the side file asks for, keys of the side file that are NULL or
/// stand twice. What the table takes is not known here: [`super::check`] asks a database.
pub fn check_form(dialect: Dialect, file: DataFile<'_>) -> Findings {
    let mut findings = Findings::default();
    let side = file.side_name();
    let paths = Paths { data: &file.data.name, side: &side };
    let settings = match file.side.map(|side| Settings::parse(&side.sql)).transpose() {
        Ok(settings) => settings.unwrap_or_default(),
        Err(wrong) => {
            findings.push(at(Code::SeedForm, &side, wrong.place, wrong.message));
            return findings;
        }
    };
    let source = Source::of(file.data);
    let header = match source.header() {
        Ok(header) => header,
        Err(wrong) => {
            findings.push(at(Code::SeedForm, paths.data, wrong.place, wrong.message));
            return findings;
        }
    };
    let columns = columns(&header, &settings, paths, &mut findings);
    let key = key(&columns, &settings, paths, &mut findings);
    if findings.has_errors() {
        return findings;
    }
    let shape = Shape {
        dialect,
        table: Name::new(settings.table.as_ref().map_or(table_of(paths.data), |(table, _)| table)),
        mode: settings.mode.unwrap_or(Mode::Insert),
        uniques: if key.is_empty() { vec![] } else { vec![key.clone()] },
        columns,
        key,
        expressions: vec![],
        parents: vec![],
        conditions: vec![],
        overriding: false,
        row_security: false,
    };
    let opened = Opened::new(shape, source, paths.data, side.clone(), &mut findings);
    if opened.is_streamed() {
        let rows = opened.cells(&mut findings);
        if !findings.has_errors() {
            twice::look(&opened, rows, &mut findings);
        }
    }
    findings.sort();
    findings
}

/// The columns that the file fills, as far as the two files tell.
fn columns(
    header: &Row<'_>,
    settings: &Settings,
    paths: Paths<'_>,
    findings: &mut Findings,
) -> Vec<Column> {
    let names: Vec<&str> =
        header.cells.iter().map(|cell| cell.text.as_deref().unwrap_or_default()).collect();
    for (name, column) in &settings.columns {
        if column.expression.is_none() && !names.contains(&name.as_str()) {
            let message = format!("the data file has no column `{name}`");
            findings.push(at(Code::SeedColumn, paths.side, column.place, message));
        }
    }
    let mut columns: Vec<Column> = Vec::new();
    for (cell, name) in names.iter().enumerate() {
        let own = settings.columns.get(*name);
        if own.is_some_and(|own| own.skip) {
            continue;
        }
        let name = own.and_then(|own| own.column.as_deref()).unwrap_or(name);
        let mut refuse = |place: Place, message: String| {
            findings.push(at(Code::SeedColumn, paths.data, place, message));
        };
        if name.is_empty() {
            refuse(header.cells[cell].place, "a column has no name".to_owned());
        } else if columns.iter().any(|column| column.name == name) {
            refuse(header.cells[cell].place, format!("column `{name}` stands twice"));
        } else {
            let class = own.and_then(|own| own.class.clone()).unwrap_or(Class::Any);
            let ty = TypeText { whole: String::new(), loose: String::new() };
            columns.push(Column {
                cell,
                name: name.to_owned(),
                own: (class.clone(), ty.clone()),
                class,
                asked: None,
                nullable: true,
                default: own.and_then(|own| own.default.clone()),
                reference: None,
                ty,
                counts: false,
                collation: None,
            });
        }
    }
    columns
}

/// The key that the side file names.
fn key(
    columns: &[Column],
    settings: &Settings,
    paths: Paths<'_>,
    findings: &mut Findings,
) -> Vec<usize> {
    let Some((names, place)) = &settings.key else { return vec![] };
    let found: Option<Vec<_>> =
        names.iter().map(|name| columns.iter().position(|c| c.name == *name)).collect();
    found.unwrap_or_else(|| {
        let known: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
        let missing: Vec<_> = names.iter().filter(|name| !known.contains(&name.as_str())).collect();
        let message = format!("the key names {}, which is no column of the file", words(&missing));
        let finding = at(Code::SeedColumn, paths.side, *place, message);
        findings.push(finding.note(format!("it has {}", words(&known))));
        vec![]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbmig_build::Seed;

    fn said(data: &str, side: &str) -> Vec<String> {
        let (data, side) = (Seed::new("dev/1_t.csv", data), Seed::new("dev/1_t.toml", side));
        let file = DataFile { data: &data, side: Some(&side) };
        let findings = check_form(Dialect::Sqlite, file);
        findings.iter().map(|f| format!("{}: {}", f.location(), f.message)).collect()
    }

    #[test]
    fn what_needs_no_database() {
        for (data, side, expected) in [
            ("a,b\n1,2\n1,2\n", "", &[][..]),
            ("a,b\n1\n", "", &["dev/1_t.csv:2:1: the row has 1 cells, and the header 2"]),
            ("a,a\n1,2\n", "", &["dev/1_t.csv:1:3: column `a` stands twice"]),
            ("a,\n1,2\n", "", &["dev/1_t.csv:1:3: a column has no name"]),
            (
                "a,b\n1,2\n",
                "[columns.b]\ncolumn = \"a\"\n",
                &["dev/1_t.csv:1:3: column `a` stands twice"],
            ),
            (
                "a\n1\n",
                "[columns.b]\nskip = true\n",
                &["dev/1_t.toml:1:1: the data file has no column `b`"],
            ),
            (
                "a\n1\n",
                "mode = \"x\"\n",
                &[
                    "dev/1_t.toml:1:8: expected one of `insert`, `ignore`, `upsert`, `sync`, `update-only`, `truncate`",
                ],
            ),
            (
                "a\n1\n",
                "key = \"b\"\n",
                &["dev/1_t.toml:1:7: the key names `b`, which is no column of the file"],
            ),
            (
                "a,b\n1,\n,2\n1,3\n",
                "key = \"a\"\n",
                &[
                    "dev/1_t.csv:3:1: `a` is part of the key, and is NULL here",
                    "dev/1_t.csv:4:1: the value of `a` stands in line 2 already",
                ],
            ),
            (
                "a\nx\n",
                "[columns.a]\ntype = \"date\"\n",
                &["dev/1_t.csv:2:1: `a` takes a date: `2026-11-21`, and this is `x`"],
            ),
        ] {
            assert_eq!(said(data, side), expected, "{data:?} {side:?}");
        }
        // Its rows are not held.
        let rows: String = (0..40_000).map(|n| format!("{n},x\n")).collect();
        let data = format!("a,b\n{rows}17,y\n");
        assert_eq!(said(&data, ""), [""; 0]);
        let twice = "dev/1_t.csv:40002:1: the value of `a` stands in line 19 already";
        assert_eq!(said(&data, "key = \"a\"\n"), [twice]);
        assert_eq!(
            said(&format!("{data}1\n"), ""),
            ["dev/1_t.csv:40003:1: the row has 1 cells, and the header 2"]
        );
    }
}
