//! Primary keys, unique keys, and indexes.

use std::collections::BTreeMap;

use super::super::{Deferrable, Index, IndexKey, IndexPart, Key, Label, Options, Table};
use super::source::Source;
use super::{names, text};
use crate::session::DbResult;

/// A part of an index, as it is listed.
struct Part {
    place: u32,
    unique: bool,
    method: String,
    invisible: bool,
    comment: Option<String>,
    key: IndexKey,
    descending: bool,
    length: Option<String>,
}

/// Adds them to their tables, which have their foreign keys.
pub(super) fn read(source: &mut Source<'_>, tables: &mut BTreeMap<String, Table>) -> DbResult<()> {
    let (hidden, expression) = if source.server.mariadb {
        ("IGNORED = 'YES'", "NULL")
    } else {
        ("IS_VISIBLE = 'NO'", "EXPRESSION")
    };
    let asked = [
        "TABLE_NAME",
        "INDEX_NAME",
        "SEQ_IN_INDEX",
        "NON_UNIQUE",
        "INDEX_TYPE",
        hidden,
        "INDEX_COMMENT",
        "COLUMN_NAME",
        expression,
        "COLLATION",
        "SUB_PART",
    ];
    let mut found: BTreeMap<(String, String), Vec<Part>> = BTreeMap::new();
    for mut cells in source.rows(&asked, "STATISTICS", "TABLE_SCHEMA", "")? {
        let key = (cells.text(), cells.text());
        let place = cells.number();
        let unique = cells.is("0");
        let method = cells.text();
        let invisible = cells.is("1");
        let comment = cells.filled();
        let column = cells.maybe();
        let expression = cells.text();
        let key_part = match column {
            Some(column) => IndexKey::Column(column),
            None => {
                let expression = source.expression(&expression);
                IndexKey::Expression(text::without_parentheses(&expression).to_owned())
            }
        };
        let descending = cells.is("D");
        // That of a box is not the user's.
        let length = cells.maybe().filter(|_| method != "SPATIAL");
        found.entry(key).or_default().push(Part {
            place,
            unique,
            method,
            invisible,
            comment,
            key: key_part,
            descending,
            length,
        });
    }
    for ((table, name), mut parts) in found {
        parts.sort_by_key(|part| part.place);
        if let Some(owner) = tables.get_mut(&table) {
            add(owner, name, parts);
        }
    }
    Ok(())
}

fn add(table: &mut Table, name: String, mut parts: Vec<Part>) {
    // The end of a version belongs to every key of a table that keeps versions.
    let versioned = table.options.contains_key("system_versioned");
    let ends = |column: &str| {
        let of = table.columns.iter().find(|one| one.name == column);
        of.is_none_or(|one| one.generated.as_ref().is_some_and(|g| g.expression == "ROW END"))
    };
    parts.retain(|part| match &part.key {
        IndexKey::Column(column) => !(versioned && part.unique && ends(column)),
        IndexKey::Expression(_) => true,
    });
    let Some(first) = parts.first() else { return };
    let (unique, comment) = (first.unique, first.comment.clone());
    let method = Some(first.method.clone()).filter(|method| method != "BTREE");
    let mut options = Options::new();
    options.extend(first.invisible.then(|| ("invisible", String::new())));
    let columns: Option<Vec<String>> = parts.iter().map(Part::column).collect();
    let label = label(table, name, &parts);
    match columns {
        Some(columns) if unique => {
            options.extend(method.map(|method| ("using", method)));
            options.extend(each(&parts, |part| part.length.clone()).map(|text| ("prefix", text)));
            let descending = |part: &Part| part.descending.then(|| "desc".to_owned());
            options.extend(each(&parts, descending).map(|text| ("descending", text)));
            let key = Key { label, columns, deferrable: Deferrable::No, options, comment };
            if key.label.name.as_deref() == Some("PRIMARY") {
                table.primary_key = Some(key);
            } else {
                table.uniques.push(key);
            }
        }
        _ => table.indexes.push(Index {
            label,
            unique,
            method,
            parts: parts.into_iter().map(Part::into_index_part).collect(),
            include: Vec::new(),
            predicate: None,
            valid: true,
            options,
            comment,
        }),
    }
}

/// The name, and whether the server chose it: also the one of a foreign key is its choice.
fn label(table: &Table, name: String, parts: &[Part]) -> Label {
    if name == "PRIMARY" {
        return Label { name: Some(name), generated: true };
    }
    let columns: Vec<_> = parts.iter().filter_map(Part::column).collect();
    let of_key = table
        .foreign_keys
        .iter()
        .any(|key| key.label.name.as_ref() == Some(&name) && key.columns == columns);
    let first = parts.first().and_then(Part::column);
    let mut label = names::index(name, first.as_deref());
    label.generated |= of_key;
    label
}

/// What each part says, with commas between; `None` where none says anything.
fn each(parts: &[Part], of: impl Fn(&Part) -> Option<String>) -> Option<String> {
    let said: Vec<_> = parts.iter().map(of).collect();
    said.iter()
        .any(Option::is_some)
        .then(|| said.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join(","))
}

impl Part {
    fn column(&self) -> Option<String> {
        match &self.key {
            IndexKey::Column(name) => Some(name.clone()),
            IndexKey::Expression(_) => None,
        }
    }

    fn into_index_part(self) -> IndexPart {
        let length = self.length.map(|length| ("length", length));
        IndexPart {
            key: self.key,
            descending: self.descending,
            options: length.into_iter().collect(),
        }
    }
}
