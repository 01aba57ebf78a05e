//! Indexes that are made.

use dbmig_build::Dialect;
use dbmig_runtime::catalogue::{Index, IndexKey, IndexPart, Label, Name, Options, Table};

use super::Edit;
use crate::error::{CliError, CliResult};
use crate::generate::intent::IndexWish;
use crate::generate::names;

impl Edit<'_> {
    pub(super) fn add_index(&mut self, table: &str, wish: &IndexWish) -> CliResult<()> {
        let of = self.existing(table)?;
        let dialect = self.dialect();
        if dialect != Dialect::Postgres {
            let no = |what: &str| CliError::usage(format!("{dialect} has no {what}"));
            if !wish.include.is_empty() {
                return Err(no("indexes that carry columns along").help("leave `--include` out"));
            }
            if wish.predicate.is_some() && dialect == Dialect::Mysql {
                return Err(no("partial indexes").help("leave `--where` out"));
            }
            if wish.method.is_some() && dialect == Dialect::Sqlite {
                return Err(no("methods of indexes").help("leave `--using` out"));
            }
        }
        let mut parts = Vec::new();
        for text in &wish.parts {
            parts.push(self.part(&of, text)?);
        }
        let computed = parts.iter().any(|part| matches!(part.key, IndexKey::Expression(_)));
        if computed && self.before.server.starts_with("mariadb") {
            return Err(CliError::usage("mariadb has no indexes over expressions")
                .help("make a generated column of it, and an index over that"));
        }
        let mut include = Vec::new();
        for column in &wish.include {
            include.push(self.existing_column(&of, column)?);
        }
        let method = method(wish.method.as_deref(), dialect);
        let table = self.table_mut(&of)?;
        let name = match &wish.name {
            Some(name) => name.clone(),
            None => {
                let words: Vec<String> = parts.iter().map(word).collect();
                names::free(table, &words, if wish.unique { "key" } else { "idx" })
            }
        };
        let clash = |label: &Label| label.name.as_deref() == Some(&*name);
        if table.indexes.iter().any(|index| clash(&index.label))
            || table.uniques.iter().any(|key| clash(&key.label))
        {
            return Err(CliError::usage(format!("{of} has an index `{name}` already"))
                .help("give it another name: `--name <NAME>`"));
        }
        let columns = columns(&parts).filter(|_| method.is_none());
        if let (true, Dialect::Mysql, Some(columns)) = (wish.unique, dialect, columns) {
            // To MySQL the two are one.
            table.uniques.push(super::table::key(Label::chosen(name), columns));
            return Ok(());
        }
        push(
            table,
            Index {
                label: Label::chosen(name),
                unique: wish.unique,
                method,
                parts,
                include,
                predicate: wish.predicate.clone(),
                valid: true,
                options: Options::new(),
                comment: None,
            },
        );
        Ok(())
    }

    /// A column or an expression, with `desc` behind it or not.
    fn part(&mut self, of: &Name, text: &str) -> CliResult<IndexPart> {
        let lower = text.to_ascii_lowercase();
        let cut = |endings: [&str; 2]| {
            let ending = endings.into_iter().find(|ending| lower.ends_with(ending));
            ending.map(|ending| text[..text.len() - ending.len()].trim())
        };
        let (plain, descending) = match (cut([" desc", ":desc"]), cut([" asc", ":asc"])) {
            (Some(plain), _) => (plain, true),
            (None, Some(plain)) => (plain, false),
            (None, None) => (text.trim(), false),
        };
        let is_name = plain.chars().all(|c| c.is_alphanumeric() || c == '_');
        let key = match is_name {
            true => IndexKey::Column(self.existing_column(of, plain)?),
            false => {
                let inner = plain.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
                let whole = inner.filter(|inner| balanced(inner));
                IndexKey::Expression(whole.unwrap_or(plain).to_owned())
            }
        };
        Ok(IndexPart { key, descending, options: Options::new() })
    }
}

fn push(table: &mut Table, index: Index) {
    table.indexes.push(index);
}

/// Whether no parenthesis closes that was not opened.
fn balanced(text: &str) -> bool {
    let mut depth = 0_i32;
    for c in text.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// The method as the catalogue has it: none for the usual one.
fn method(given: Option<&str>, dialect: Dialect) -> Option<String> {
    let given = given?;
    if given.eq_ignore_ascii_case("btree") {
        return None;
    }
    Some(match dialect {
        Dialect::Mysql => given.to_uppercase(),
        _ => given.to_lowercase(),
    })
}

fn columns(parts: &[IndexPart]) -> Option<Vec<String>> {
    let plain = |part: &IndexPart| match &part.key {
        IndexKey::Column(name) if !part.descending => Some(name.clone()),
        _ => None,
    };
    parts.iter().map(plain).collect()
}

/// A part as it stands in a name.
fn word(part: &IndexPart) -> String {
    match &part.key {
        IndexKey::Column(name) => name.clone(),
        IndexKey::Expression(text) => {
            let plain =
                |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
            let words: String = text.chars().map(plain).collect();
            words.split('_').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
        }
    }
}
