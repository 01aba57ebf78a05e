//! What keeps its rows under another name.

use dbmig_build::Dialect;
use dbmig_build::sql::{Token, TokenKind, tokens};

use super::CannotSay;
use crate::catalogue::{Catalogue, IndexKey, Name, Options, Table};
use crate::sql;

/// Something that is called in another way, and is otherwise what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rename {
    /// A table.
    Table {
        /// What it is called in the first catalogue.
        from: Name,
        /// What it is called in the second one.
        to: Name,
    },
    /// A column.
    Column {
        /// Its table, as the second catalogue calls it.
        table: Name,
        /// What it is called in the first catalogue.
        from: String,
        /// What it is called in the second one.
        to: String,
    },
}

/// The catalogue once these are renamed, with all that names them. The queries of PostgreSQL's views stay:
/// they know what they mean by more than the name.
///
/// # Errors
///
/// What there is nothing to be renamed for, and names that are taken.
pub fn renamed(from: &Catalogue, renames: &[Rename]) -> Result<Catalogue, Vec<CannotSay>> {
    let mut catalogue = from.clone();
    let mut wrong = Vec::new();
    // Columns name their table by what it is called afterwards.
    let is_table = |rename: &&Rename| matches!(rename, Rename::Table { .. });
    let (tables, columns): (Vec<_>, Vec<_>) = renames.iter().partition(is_table);
    for rename in tables.into_iter().chain(columns) {
        let done = match rename {
            Rename::Table { from, to } => table(&mut catalogue, from, to),
            Rename::Column { table, from, to } => column(&mut catalogue, table, from, to),
        };
        wrong.extend(done.err());
    }
    catalogue.sort();
    if wrong.is_empty() { Ok(catalogue) } else { Err(wrong) }
}

fn table(catalogue: &mut Catalogue, from: &Name, to: &Name) -> Result<(), CannotSay> {
    let dialect = catalogue.dialect;
    if from.schema != to.schema {
        return Err(CannotSay::new(from, "a table that moves to another schema is no rename"));
    }
    if catalogue.table(to).is_some() || catalogue.views.iter().any(|view| view.name == *to) {
        return Err(CannotSay::new(from, format!("it can not be called `{to}`: that is taken")));
    }
    let Some(table) = catalogue.tables.iter_mut().find(|table| table.name == *from) else {
        return Err(CannotSay::new(from, format!("there is no such table to be called `{to}`")));
    };
    table.name = to.clone();
    let rewrite = |text: &mut String, dotted: bool| {
        *text = replaced(text, dialect, &from.name, &to.name, |_, next| !dotted || is(next, "."));
    };
    expressions(table, &mut |text| rewrite(text, true));
    let keys = catalogue.tables.iter_mut().flat_map(|table| &mut table.foreign_keys);
    keys.filter(|key| key.table == *from).for_each(|key| key.table = to.clone());
    for (owner, _) in catalogue.sequences.iter_mut().filter_map(|one| one.owned_by.as_mut()) {
        if owner == from {
            *owner = to.clone();
        }
    }
    for trigger in &mut catalogue.triggers {
        rewrite(&mut trigger.definition, false);
        if trigger.table == *from {
            trigger.table = to.clone();
        }
    }
    for other in &mut catalogue.others {
        if other.table.as_ref() == Some(from) {
            other.table = Some(to.clone());
            rewrite(&mut other.definition, false);
        }
    }
    if dialect != Dialect::Postgres {
        catalogue.views.iter_mut().for_each(|view| rewrite(&mut view.definition, false));
    }
    Ok(())
}

fn column(catalogue: &mut Catalogue, of: &Name, from: &str, to: &str) -> Result<(), CannotSay> {
    let dialect = catalogue.dialect;
    let Some(table) = catalogue.tables.iter_mut().find(|table| table.name == *of) else {
        return Err(CannotSay::new(of, format!("there is no such table with a column `{from}`")));
    };
    if table.column(to).is_some() {
        let why = format!("column `{from}` can not be called `{to}`: that is taken");
        return Err(CannotSay::new(of, why));
    }
    let Some(column) = table.columns.iter_mut().find(|column| column.name == from) else {
        return Err(CannotSay::new(of, format!("there is no column `{from}` to be called `{to}`")));
    };
    to.clone_into(&mut column.name);
    let rename = |names: &mut Vec<String>| {
        names.iter_mut().filter(|name| *name == from).for_each(|name| to.clone_into(name));
    };
    let rewrite =
        |text: &mut String| *text = replaced(text, dialect, from, to, |_, next| !is(next, "."));
    let options = |options: &mut Options| options.values_mut().for_each(rewrite);
    for key in table.primary_key.iter_mut().chain(&mut table.uniques) {
        rename(&mut key.columns);
        options(&mut key.options);
    }
    table.foreign_keys.iter_mut().for_each(|key| rename(&mut key.columns));
    for index in &mut table.indexes {
        rename(&mut index.include);
        for part in &mut index.parts {
            if let IndexKey::Column(name) = &mut part.key {
                if name == from {
                    to.clone_into(name);
                }
            }
        }
    }
    for check in &mut table.checks {
        check.options.get_mut("column").iter_mut().filter(|name| **name == from).for_each(|name| {
            to.clone_into(name);
        });
    }
    expressions(table, &mut |text| rewrite(text));
    let keys = catalogue.tables.iter_mut().flat_map(|table| &mut table.foreign_keys);
    keys.filter(|key| key.table == *of).for_each(|key| rename(&mut key.referenced));
    for (owner, column) in catalogue.sequences.iter_mut().filter_map(|one| one.owned_by.as_mut()) {
        if owner == of && column == from {
            to.clone_into(column);
        }
    }
    // On PostgreSQL a view goes on to call its own column what it was.
    if dialect != Dialect::Postgres {
        let mentions = |text: &str| names(text, dialect, &of.name);
        for view in catalogue.views.iter_mut().filter(|view| mentions(&view.definition)) {
            rewrite_all(&mut view.definition, dialect, from, to);
        }
        for trigger in catalogue.triggers.iter_mut().filter(|one| mentions(&one.definition)) {
            rewrite_all(&mut trigger.definition, dialect, from, to);
        }
    }
    Ok(())
}

fn rewrite_all(text: &mut String, dialect: Dialect, from: &str, to: &str) {
    *text = replaced(text, dialect, from, to, |_, next| !is(next, "."));
}

/// Every expression that stands in a table.
fn expressions(table: &mut Table, rewrite: &mut dyn FnMut(&mut String)) {
    for generated in table.columns.iter_mut().filter_map(|column| column.generated.as_mut()) {
        rewrite(&mut generated.expression);
    }
    table.checks.iter_mut().for_each(|check| rewrite(&mut check.expression));
    table.exclusions.iter_mut().for_each(|exclusion| rewrite(&mut exclusion.definition));
    for index in &mut table.indexes {
        index.predicate.iter_mut().for_each(&mut *rewrite);
        for part in &mut index.parts {
            if let IndexKey::Expression(expression) = &mut part.key {
                rewrite(expression);
            }
        }
    }
}

/// Whether a text has this name in it, as a name.
pub(in crate::catalogue) fn names(text: &str, dialect: Dialect, name: &str) -> bool {
    tokens(text, dialect).any(|token| is_name(&token, dialect, name))
}

fn is(token: Option<&Token<'_>>, text: &str) -> bool {
    token.is_some_and(|token| token.text == text)
}

fn is_name(token: &Token<'_>, dialect: Dialect, name: &str) -> bool {
    let known = match token.kind {
        TokenKind::Word => token.text,
        TokenKind::QuotedName => {
            let inner = token.text.get(1..token.text.len() - 1).unwrap_or_default();
            return inner == name || unquoted(token.text) == name;
        }
        _ => return false,
    };
    match dialect {
        // In what the server writes, a word stands for itself.
        Dialect::Postgres => known == name,
        Dialect::Sqlite | Dialect::Mysql => known.eq_ignore_ascii_case(name),
    }
}

fn unquoted(text: &str) -> String {
    let quote = text.chars().next().unwrap_or('"');
    let end = if quote == '[' { ']' } else { quote };
    let inner = text.strip_prefix(quote).and_then(|text| text.strip_suffix(end)).unwrap_or(text);
    inner.replace(&format!("{end}{end}"), &end.to_string())
}

/// A text with one name instead of another, wherever `wanted` says so of its neighbours; what is called
/// like a function is left alone.
pub(in crate::catalogue) fn replaced(
    text: &str,
    dialect: Dialect,
    from: &str,
    to: &str,
    wanted: impl Fn(Option<&Token<'_>>, Option<&Token<'_>>) -> bool,
) -> String {
    let all: Vec<_> = tokens(text, dialect).collect();
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    for (at, token) in all.iter().enumerate() {
        let next = all[at + 1..].iter().find(|token| !token.is_trivia());
        let renamed = is_name(token, dialect, from) && !is(next, "(") && wanted(before, next);
        if renamed {
            out.push_str(&written(dialect, to));
        } else {
            out.push_str(token.text);
        }
        if !token.is_trivia() {
            before = Some(token);
        }
    }
    out
}

/// A name as the dialect's own texts write it.
fn written(dialect: Dialect, name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match dialect {
        Dialect::Sqlite => crate::catalogue::sqlite::bare(name),
        Dialect::Postgres
            if name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            name.to_owned()
        }
        Dialect::Postgres | Dialect::Mysql => sql::quoted(dialect, name),
    }
}
