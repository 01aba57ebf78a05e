//! SQLite: a table that is dropped takes along the rows that refer to it, because migrations run with foreign
//! keys on.

use dbmig_build::Dialect;
use dbmig_build::sql::{TokenKind, tokens};

use super::data::{Data, lost};
use super::warning::Warning;
use crate::catalogue::{Action, Catalogue, Name};

/// What the tables that a file drops took along, from the rows before it to those after it.
pub(super) fn cascaded(
    file: &'static str,
    text: &str,
    catalogue: &Catalogue,
    before: &Data,
    after: &Data,
) -> Vec<Warning> {
    if catalogue.dialect != Dialect::Sqlite {
        return vec![];
    }
    let lost = lost(before, after);
    let has_lost = |name: &Name| {
        let name = name.to_string();
        lost.iter().any(|lost| {
            *lost == name || lost.strip_prefix(&name).is_some_and(|rest| rest.starts_with('.'))
        })
    };
    let mut warnings = Vec::new();
    for dropped in dropped(text, catalogue) {
        // Rows that are gone take others along.
        let mut gone = vec![dropped.clone()];
        while let Some(child) = catalogue.tables.iter().find(|table| {
            let follows = |key: &crate::catalogue::ForeignKey| {
                gone.contains(&key.table)
                    && matches!(
                        key.on_delete,
                        Action::Cascade | Action::SetNull | Action::SetDefault
                    )
            };
            !gone.contains(&table.name)
                && table.foreign_keys.iter().any(follows)
                && has_lost(&table.name)
        }) {
            gone.push(child.name.clone());
        }
        gone.remove(0);
        if !gone.is_empty() {
            let mut children: Vec<_> = gone.iter().map(ToString::to_string).collect();
            children.sort();
            warnings.push(Warning::Cascaded { file, parent: dropped.to_string(), children });
        }
    }
    warnings
}

/// The tables of the catalogue that a text drops.
fn dropped(text: &str, catalogue: &Catalogue) -> Vec<Name> {
    let words: Vec<_> = tokens(text, Dialect::Sqlite)
        .filter(|token| !token.is_trivia())
        .filter(|token| !(token.kind == TokenKind::Word && is(token.text, &["IF", "EXISTS"])))
        .map(|token| token.text)
        .collect();
    let name = |words: &[&str]| match words {
        [drop, table, name] if is(drop, &["DROP"]) && is(table, &["TABLE"]) => {
            let name = name.trim_matches(['"', '`', '[', ']', '\'']);
            let found =
                |table: &&crate::catalogue::Table| table.name.name.eq_ignore_ascii_case(name);
            catalogue.tables.iter().find(found).map(|table| table.name.clone())
        }
        _ => None,
    };
    words.windows(3).filter_map(name).collect()
}

fn is(word: &str, words: &[&str]) -> bool {
    words.iter().any(|other| word.eq_ignore_ascii_case(other))
}
