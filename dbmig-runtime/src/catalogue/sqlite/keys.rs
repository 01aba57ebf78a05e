//! Keys and foreign keys: what the pragma tells, with what their text says.

use dbmig_build::sql::Token;

use super::super::{Action, Column, Deferrable, ForeignKey, Key, Label, Name, Options};
use super::declared::{DeclaredKey, DeclaredPart, DeclaredReference};
use super::names::{bare, folded, unquoted};
use super::normal::collation_name;
use super::queries::StoredReference;
use super::text::{items, seen};

pub(super) fn label(name: Option<String>) -> Label {
    Label { name, generated: false }
}

/// A key whose columns are those of the table; `None` where one is not.
pub(super) fn key(declared: &DeclaredKey, columns: &[Column]) -> Option<Key> {
    let parts: Option<Vec<_>> =
        declared.parts.iter().map(|part| Some((part, column(columns, &part.column)?))).collect();
    let parts = parts?;
    let mut options = Options::new();
    options.extend(declared.on_conflict.clone().map(|what| ("on_conflict", what)));
    let descending = parts.iter().filter(|(part, _)| part.descending);
    let descending: Vec<_> = descending.map(|(_, column)| bare(&column.name)).collect();
    if !descending.is_empty() {
        options.insert("descending", descending.join(", "));
    }
    let collations: Vec<_> =
        parts.iter().filter_map(|(part, column)| collation(part, column)).collect();
    if !collations.is_empty() {
        options.insert("collation", collations.join(", "));
    }
    Some(Key {
        label: label(declared.name.clone()),
        columns: parts.iter().map(|(_, column)| column.name.clone()).collect(),
        deferrable: Deferrable::No,
        options,
        comment: None,
    })
}

/// `column collation`, where it is not the one of the column.
fn collation(part: &DeclaredPart, column: &Column) -> Option<String> {
    let name = collation_name(part.collation.as_ref()?);
    let own = column.collation.as_deref().unwrap_or("BINARY");
    (name != own).then(|| format!("{} {name}", bare(&column.name)))
}

/// The column that a name means.
pub(super) fn column<'a>(columns: &'a [Column], name: &str) -> Option<&'a Column> {
    columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
}

/// Whether the key is the number that SQLite gives every row: then it has no order of its own.
pub(super) fn is_rowid(key: &DeclaredKey, columns: &[Column], without_rowid: bool) -> bool {
    let [part] = key.parts.as_slice() else { return false };
    let integer = column(columns, &part.column)
        .is_some_and(|column| column.ty.text.eq_ignore_ascii_case("INTEGER"));
    // Behind its column DESC is a quirk that makes an ordinary key of it.
    integer && !without_rowid && !(key.in_column && part.descending)
}

pub(super) fn foreign_key(stored: &StoredReference, declared: &DeclaredReference) -> ForeignKey {
    let matches = declared.matches.clone().filter(|how| how != "SIMPLE");
    ForeignKey {
        label: label(declared.name.clone()),
        columns: stored.columns.clone(),
        table: Name::new(&stored.table),
        referenced: stored.referenced.clone(),
        on_update: Action::parse(&stored.on_update).unwrap_or_default(),
        on_delete: Action::parse(&stored.on_delete).unwrap_or_default(),
        deferrable: declared.deferrable,
        validated: true,
        options: matches.map(|how| ("match", how)).into_iter().collect(),
        comment: None,
    }
}

/// The columns of a key as a definition writes them.
pub(super) fn written_parts(key: &Key) -> String {
    let descending = named(&key.options, "descending");
    let collations = named(&key.options, "collation");
    let parts = key.columns.iter().map(|column| {
        let mut part = bare(column);
        let of = |list: &[(String, String)]| {
            list.iter().find(|(name, _)| *name == folded(column)).map(|(_, what)| what.clone())
        };
        if let Some(collation) = of(&collations) {
            part.push_str(" COLLATE ");
            part.push_str(&collation);
        }
        if of(&descending).is_some() {
            part.push_str(" DESC");
        }
        part
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// An option of the form `column what, column what`.
fn named(options: &Options, option: &str) -> Vec<(String, String)> {
    let tokens = options.get(option).map(|text| seen(text)).unwrap_or_default();
    let text = |tokens: &[Token<'_>]| tokens.iter().map(|t| t.text).collect::<String>();
    items(&tokens)
        .into_iter()
        .filter_map(|item| item.split_first())
        .map(|(name, what)| (folded(&unquoted(name.text)), text(what)))
        .collect()
}
