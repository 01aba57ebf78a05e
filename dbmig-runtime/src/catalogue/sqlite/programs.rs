//! Views and triggers.

use std::collections::HashMap;

use dbmig_build::sql::{Token, TokenKind};

use super::super::{Name, Options, Trigger, View};
use super::names::{folded, unquoted};
use super::normal::Spelling;
use super::queries::{Object, Stored};
use super::text::{Cursor, items, seen};
use super::{types, unreadable};
use crate::session::DbResult;

pub(super) fn views(stored: &Stored) -> DbResult<Vec<View>> {
    let names = stored.by_folded_name();
    let view = |object: &Object| {
        view(stored, &names, object).ok_or_else(|| unreadable("view", &object.name))
    };
    stored.of("view").map(view).collect()
}

fn view(stored: &Stored, names: &HashMap<String, &str>, object: &Object) -> Option<View> {
    let tokens = seen(&object.sql);
    let mut cursor = Cursor::new(&tokens);
    if !cursor.eat(&["CREATE", "VIEW"]) {
        return None;
    }
    cursor.name()?;
    let named = cursor.group();
    if !cursor.eat(&["AS"]) {
        return None;
    }
    let spelling = mentioned(stored, names, &tokens);
    let mut columns: Vec<_> = stored
        .columns(&object.name)
        .iter()
        .map(|column| (column.name.clone(), types::column_type(&column.ty).text))
        .collect();
    if columns.is_empty() {
        // What it reads is gone, and SQLite can not tell: the text may still name them.
        let named = named.map(items).unwrap_or_default();
        let named = named.into_iter().filter_map(|item| Cursor::new(item).name());
        columns = named.map(|name| (name, String::new())).collect();
    }
    Some(View {
        name: Name::new(&object.name),
        definition: spelling.statement(cursor.rest()),
        columns,
        materialized: false,
        indexes: Vec::new(),
        options: Options::new(),
        comment: None,
    })
}

pub(super) fn triggers(stored: &Stored) -> Vec<Trigger> {
    let names = stored.by_folded_name();
    let trigger = |object: &Object| {
        let tokens = seen(&object.sql);
        let mut spelling = mentioned(stored, &names, &tokens);
        spelling.add(&object.name);
        Trigger {
            name: object.name.clone(),
            table: Name::new(&object.table),
            definition: spelling.statement(&tokens),
            enabled: true,
            comment: None,
        }
    };
    stored.of("trigger").map(trigger).collect()
}

/// The tables and views that a text mentions, and their columns: in quotes, these are no strings.
fn mentioned(stored: &Stored, names: &HashMap<String, &str>, tokens: &[Token<'_>]) -> Spelling {
    let mut spelling = Spelling::default();
    for token in tokens {
        if !matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) {
            continue;
        }
        let Some(name) = names.get(&folded(&unquoted(token.text))) else { continue };
        if spelling.add(name) {
            stored.columns(name).iter().for_each(|column| {
                spelling.add(&column.name);
            });
        }
    }
    spelling
}
