//! `schema.rs` of catalogues that are written in a few words: one file a topic.

mod keys;
mod relations;
mod text;
mod types;

use dbmig_runtime::Dialect;
use dbmig_runtime::catalogue::{
    Action, Catalogue, Column, ColumnType, Deferrable, Domain, ForeignKey, Key, Label, Name,
    Options as Extra, Table, TypeKind,
};

use super::*;

/// A column as `name type`, in the words of the dialect, with `!` behind it where it is never NULL.
fn column(dialect: Dialect, text: &str) -> Column {
    let (text, nullable) = match text.strip_suffix('!') {
        Some(text) => (text, false),
        None => (text, true),
    };
    let (name, ty) = text.split_once(' ').unwrap_or((text, ""));
    let (ty, array) = match ty.strip_suffix("[]") {
        Some(element) => (element, true),
        None => (ty, false),
    };
    let (bare, rest) = ty.split_once('(').unwrap_or((ty, ""));
    let kind = match (dialect, bare) {
        (Dialect::Postgres, "mood" | "v2.kind") => TypeKind::Enum,
        (Dialect::Postgres, "email") => TypeKind::Domain,
        _ => TypeKind::Base,
    };
    let type_name = match bare.split_once('.') {
        Some((schema, name)) => Name::within(Some(schema), name),
        None => Name::new(bare),
    };
    Column {
        name: name.to_owned(),
        ty: ColumnType {
            text: ty.to_owned(),
            name: type_name,
            array,
            length: rest.trim_end_matches(')').parse().ok(),
            kind,
        },
        nullable,
        default: None,
        generated: None,
        identity: None,
        auto_increment: false,
        collation: None,
        comment: None,
        options: Extra::new(),
    }
}

/// A table whose key is `key`, columns with commas between; none where that is empty.
fn table(dialect: Dialect, name: &str, key: &str, columns: &[&str]) -> Table {
    let key: Vec<String> = key.split(',').filter(|c| !c.is_empty()).map(str::to_owned).collect();
    Table {
        name: match name.split_once('.') {
            Some((schema, name)) => Name::within(Some(schema), name),
            None => Name::new(name),
        },
        columns: columns.iter().map(|text| column(dialect, text)).collect(),
        primary_key: (!key.is_empty()).then(|| Key {
            label: Label::default(),
            columns: key,
            deferrable: Deferrable::No,
            options: Extra::new(),
            comment: None,
        }),
        uniques: vec![],
        foreign_keys: vec![],
        checks: vec![],
        exclusions: vec![],
        indexes: vec![],
        comment: None,
        options: Extra::new(),
    }
}

/// `column -> table.column`.
fn points(table: &mut Table, text: &str) {
    let (columns, to) = text.split_once(" -> ").unwrap();
    let (parent, referenced) = to.split_once('.').unwrap();
    let list = |text: &str| -> Vec<String> {
        text.split(',').filter(|c| !c.is_empty()).map(str::to_owned).collect()
    };
    table.foreign_keys.push(ForeignKey {
        label: Label::default(),
        columns: list(columns),
        table: Name::new(parent),
        referenced: list(referenced),
        on_update: Action::NoAction,
        on_delete: Action::NoAction,
        deferrable: Deferrable::No,
        validated: true,
        options: Extra::new(),
        comment: None,
    });
}

fn catalogue(dialect: Dialect, tables: Vec<Table>) -> Catalogue {
    Catalogue { tables, ..Catalogue::empty(dialect, "") }
}

/// The text below the header.
fn body(catalogue: &Catalogue, options: &Options) -> String {
    let schema = write(catalogue, options).unwrap();
    assert_eq!(schema.warnings, Vec::<String>::new());
    schema.text.strip_prefix(HEADER).unwrap().trim_start_matches('\n').to_owned()
}
