//! The forms that say it in words of their own: `generate add-column users phone:string`.

use super::column::{self, ColumnWish, Reference, TypeWish, action, checked_name};
use super::intent::{Id, IndexWish, Intent, Rule, TableWish, Which};
use super::sentence::table_name;
use super::words::{plural, singular};
use super::{Options, column::split_list};
use crate::error::{CliError, CliResult};

/// Every form, and what stands behind it.
pub(super) const FORMS: [(&str, &str); 20] = [
    ("table", "<name> <column>…"),
    ("drop-table", "<table>"),
    ("rename-table", "<table> <new name>"),
    ("join-table", "<table> <table> [<column>…]"),
    ("add-column", "<table> <column>…"),
    ("drop-column", "<table> <column>…"),
    ("change-column", "<table> <column>…"),
    ("rename-column", "<table> <column> <new name>"),
    ("index", "<table> <column>… [--unique] [--where …] [--using …] [--include …] [--name …]"),
    ("drop-index", "<table> <index, or its columns>"),
    ("constraint", "<table> <column>… --unique | --pk | --fk <table>, or --check <condition>"),
    ("drop-constraint", "<table> <name>"),
    ("enum", "<name> <value>…"),
    ("view", "<name> [<query>] [--materialized]"),
    ("function", "<name>"),
    ("trigger", "<name> <table> [before|after] [insert|update|delete]"),
    ("revert-of", "<migration>"),
    ("migration", "<name>"),
    ("model", ""),
    ("diff", ""),
];

/// Whether a word is that of a form.
pub(super) fn is_form(word: &str) -> bool {
    FORMS.iter().any(|(form, shape)| *form == word && !shape.is_empty())
}

/// Reads a form and the words behind it.
///
/// # Errors
///
/// What is missing, and what is too much.
pub(super) fn read(form: &str, rest: &[String], options: &Options) -> CliResult<Intent> {
    let missing = || {
        let shape = FORMS.iter().find(|(name, _)| *name == form).map_or("", |(_, shape)| *shape);
        CliError::usage(format!("`generate {form}` needs more than that"))
            .help(format!("it is written `cargo dbmig generate {form} {shape}`"))
    };
    let first = rest.first().ok_or_else(missing)?;
    let more = &rest[1..];
    let words = column_words(more, options);
    let table = || table_name(first).map_err(|what| CliError::usage(format!("`{first}`: {what}")));
    let name = |at: usize| {
        let word = more.get(at).ok_or_else(missing)?;
        checked_name(word).map_err(|what| CliError::usage(format!("`{word}`: {what}")))
    };
    let at_most = |count: usize| match rest.get(count) {
        Some(word) => {
            Err(CliError::usage(format!("`generate {form}` does not take `{word}` as well")))
        }
        None => Ok(()),
    };
    let columns = |words: &[String]| match column::columns(words) {
        Ok(columns) if columns.is_empty() => Err(missing()),
        other => other,
    };
    Ok(match form {
        "table" => Intent::CreateTable(self::table(first, column::columns(&words)?, options)?),
        "join-table" => {
            let other = more.first().ok_or_else(missing)?;
            let columns = column::columns(&column_words(&more[1..], options))?;
            join_table(first, other, columns, options)?
        }
        "drop-table" => {
            at_most(1)?;
            Intent::DropTable { table: table()? }
        }
        "rename-table" => {
            at_most(2)?;
            let to = more.first().ok_or_else(missing)?;
            let to = table_name(to).map_err(|what| CliError::usage(format!("`{to}`: {what}")))?;
            Intent::RenameTable { from: table()?, to }
        }
        "add-column" => Intent::AddColumns { table: table()?, columns: columns(&words)? },
        "change-column" => Intent::ChangeColumns { table: table()?, columns: columns(&words)? },
        "drop-column" => {
            let columns = names(&words)?;
            if columns.is_empty() {
                return Err(missing());
            }
            Intent::DropColumns { table: table()?, columns }
        }
        "rename-column" => {
            at_most(3)?;
            Intent::RenameColumn { table: table()?, from: name(0)?, to: name(1)? }
        }
        "index" => Intent::AddIndex { table: table()?, index: index(more, options)? },
        "drop-index" => {
            let index = match (&options.name, more) {
                (Some(name), []) => Which::Named(name.clone()),
                (None, [_, ..]) => Which::Over(names(more)?),
                _ => return Err(missing()),
            };
            Intent::DropIndex { table: table()?, index }
        }
        "constraint" => {
            let (name, rule) = constraint(more, options)?;
            Intent::AddConstraint { table: table()?, name, rule }
        }
        "drop-constraint" => {
            at_most(2)?;
            let name = more.first().or(options.name.as_ref()).ok_or_else(missing)?;
            Intent::DropConstraint { table: table()?, name: name.clone() }
        }
        "enum" => {
            let values: Vec<String> = more.iter().flat_map(|word| split_list(word)).collect();
            if values.is_empty() {
                return Err(missing());
            }
            Intent::CreateEnum { name: table()?, values }
        }
        "view" => {
            at_most(2)?;
            let (query, materialized) = (more.first().cloned(), options.materialized);
            Intent::CreateView { name: table()?, query, materialized }
        }
        "function" => {
            at_most(1)?;
            Intent::CreateFunction { name: table()? }
        }
        "trigger" => trigger(table()?, more, name(0)?)?,
        "revert-of" => {
            at_most(1)?;
            Intent::RevertOf { id: first.clone() }
        }
        _ => return Err(missing()),
    })
}

/// The words for columns, with those of `--columns` before them.
pub(super) fn column_words(rest: &[String], options: &Options) -> Vec<String> {
    options.columns.iter().chain(rest).cloned().collect()
}

/// A table with all that it gets without being asked.
pub(super) fn table(
    name: &str,
    columns: Vec<ColumnWish>,
    options: &Options,
) -> CliResult<TableWish> {
    let given = options.table.as_deref();
    let name = match given {
        Some(given) => checked_name(given),
        None => table_name(name),
    };
    let name = name.map_err(|what| CliError::usage(format!("the name of the table: {what}")))?;
    let keyed = columns.iter().any(|column| column.primary_key);
    let clash = |name: &str| columns.iter().any(|column| column.name == name);
    if clash("id") && !keyed && options.id != Id::None {
        return Err(CliError::usage("the table has a column `id` without being asked")
            .help("choose its type with `--id int|bigint|uuid`")
            .help("or leave it out with `--no-id`, and say `id:…:pk`"));
    }
    let id = if keyed { Id::None } else { options.id };
    let timestamps = !(options.no_timestamps || clash("created_at") || clash("updated_at"));
    Ok(TableWish { name, id, columns, timestamps, join: false })
}

/// A table whose rows each join one row of two others.
pub(super) fn join_table(
    one: &str,
    other: &str,
    more: Vec<ColumnWish>,
    options: &Options,
) -> CliResult<Intent> {
    let mut tables = Vec::new();
    for text in [one, other] {
        let wrong = |what| CliError::usage(format!("`{text}`: {what}"));
        tables.push(plural(&table_name(text).map_err(wrong)?));
    }
    let mut columns = Vec::new();
    for table in &tables {
        let to = Reference::parse(table).map_err(CliError::usage)?;
        columns.push(ColumnWish {
            name: format!("{}_id", singular(table)),
            ty: TypeWish::OfKey,
            null: None,
            unique: false,
            // The key begins with the first one.
            index: !columns.is_empty(),
            primary_key: true,
            unsigned: false,
            default: None,
            reference: Some(Reference { on_delete: action("cascade").unwrap_or_default(), ..to }),
            check: None,
            comment: None,
            after: None,
            typed: table.clone(),
        });
    }
    if tables[0] == tables[1] {
        let name = &mut columns[1].name;
        *name = format!("other_{name}");
    }
    columns.extend(more);
    let name = match &options.table {
        Some(name) => checked_name(name).map_err(CliError::usage)?,
        None => format!("{}_{}", tables[0], tables[1]),
    };
    Ok(Intent::CreateTable(TableWish {
        name,
        id: Id::None,
        columns,
        timestamps: false,
        join: true,
    }))
}

/// Names of columns; what stands behind a `:` is not needed.
pub(super) fn names(words: &[String]) -> CliResult<Vec<String>> {
    let all = words.iter().flat_map(|word| split_list(word));
    all.map(|word| {
        let name = word.split(':').next().unwrap_or_default().to_owned();
        checked_name(&name).map_err(|what| CliError::usage(format!("`{word}`: {what}")))
    })
    .collect()
}

/// An index over columns and expressions.
pub(super) fn index(words: &[String], options: &Options) -> CliResult<IndexWish> {
    let parts: Vec<String> = words.iter().flat_map(|word| split_list(word)).collect();
    if parts.is_empty() {
        return Err(CliError::usage("an index needs something to be over")
            .help("name columns or expressions: `cargo dbmig generate index users email` or `\"lower(email)\"`"));
    }
    Ok(IndexWish {
        parts,
        name: options.name.clone(),
        unique: options.unique,
        method: options.using.clone(),
        predicate: options.predicate.clone(),
        include: options.include.iter().flat_map(|word| split_list(word)).collect(),
    })
}

/// A constraint, by exactly one of its options.
pub(super) fn constraint(words: &[String], options: &Options) -> CliResult<(Option<String>, Rule)> {
    let columns = names(words)?;
    let one = || {
        CliError::usage("a constraint is one thing")
            .help("say which: `<column>… --unique`, `<column>… --pk`, `<column>… --fk <table>`, or `--check <condition>`")
    };
    let rule = match (options.unique, options.pk, &options.check, &options.fk) {
        (true, false, None, None) if !columns.is_empty() => Rule::Unique(columns),
        (false, true, None, None) if !columns.is_empty() => Rule::PrimaryKey(columns),
        (false, false, Some(condition), None) if columns.is_empty() => {
            Rule::Check(condition.clone())
        }
        (false, false, None, Some(target)) if !columns.is_empty() => {
            let mut to = Vec::new();
            for word in split_list(target) {
                let mut one = Reference::parse(&word)
                    .map_err(|what| CliError::usage(format!("`--fk {target}`: {what}")))?;
                let act = |text: &Option<String>| match text {
                    Some(text) => action(text).map_err(CliError::usage),
                    None => Ok(Default::default()),
                };
                one.on_delete = act(&options.on_delete)?;
                one.on_update = act(&options.on_update)?;
                to.push(one);
            }
            if to.len() > 1 && to.len() != columns.len() {
                return Err(CliError::usage("a foreign key has as many columns there as here")
                    .help("`--fk table.a,table.b`, or `--fk table` for its key"));
            }
            Rule::ForeignKey { columns, to }
        }
        _ => return Err(one()),
    };
    Ok((options.name.clone(), rule))
}

fn trigger(name: String, words: &[String], table: String) -> CliResult<Intent> {
    let (mut when, mut event) = ("before".to_owned(), "update".to_owned());
    for word in &words[1..] {
        match word.to_ascii_lowercase().as_str() {
            word @ ("before" | "after") => word.clone_into(&mut when),
            word @ ("insert" | "update" | "delete") => word.clone_into(&mut event),
            word => {
                return Err(CliError::usage(format!("a trigger does not fire `{word}`"))
                    .help("`before` or `after`; `insert`, `update`, or `delete`"));
            }
        }
    }
    Ok(Intent::CreateTrigger { name, table, when, event })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(form: &str, rest: &[&str], options: &Options) -> String {
        let rest: Vec<String> = rest.iter().map(|word| (*word).to_owned()).collect();
        match read(form, &rest, options) {
            Ok(intent) => {
                assert_eq!(intent.form(), form);
                intent.told()
            }
            Err(error) => format!("error {}", error.message),
        }
    }

    #[test]
    fn forms() {
        let with = |change: fn(&mut Options)| {
            let mut options = Options::default();
            change(&mut options);
            options
        };
        let none = Options::default();
        for (form, rest, options, expected) in [
            (
                "table",
                &["User", "name:string"][..],
                &none,
                "create table users: id, name string, created_at, updated_at",
            ),
            (
                "table",
                &["User", "id:uuid:pk"],
                &with(|options| options.no_timestamps = true),
                "create table users: id uuid primary key",
            ),
            (
                "table",
                &["x", "id:int"],
                &none,
                "error the table has a column `id` without being asked",
            ),
            ("drop-table", &["users"], &none, "drop table users"),
            (
                "drop-table",
                &["users", "x"],
                &none,
                "error `generate drop-table` does not take `x` as well",
            ),
            ("rename-table", &["users", "people"], &none, "rename table users to people"),
            (
                "rename-table",
                &["users"],
                &none,
                "error `generate rename-table` needs more than that",
            ),
            ("add-column", &["users", "a:int,b:text"], &none, "add to users: a int, b text"),
            ("add-column", &["users"], &none, "error `generate add-column` needs more than that"),
            ("drop-column", &["users", "a", "b:int"], &none, "drop from users: a, b"),
            ("change-column", &["users", "a:text:null"], &none, "change in users: a text null"),
            ("rename-column", &["users", "a", "b"], &none, "rename a to b in users"),
            (
                "index",
                &["users", "lower(email)", "created_at desc"],
                &with(|options| {
                    options.unique = true;
                    options.predicate = Some("active".to_owned());
                }),
                "add unique index to users over lower(email) and created_at desc where active",
            ),
            ("drop-index", &["users", "a,b"], &none, "drop the index of users over a and b"),
            (
                "drop-index",
                &["users"],
                &with(|options| options.name = Some("i".to_owned())),
                "drop index i of users",
            ),
            (
                "constraint",
                &["users", "a", "b"],
                &with(|options| options.unique = true),
                "add to users: unique (a, b)",
            ),
            (
                "constraint",
                &["users", "team_id"],
                &with(|options| options.fk = Some("teams".to_owned())),
                "add to users: foreign key (team_id) to teams",
            ),
            (
                "constraint",
                &["users"],
                &with(|options| options.check = Some("a > 0".to_owned())),
                "add to users: check (a > 0)",
            ),
            ("constraint", &["users", "a"], &none, "error a constraint is one thing"),
            ("drop-constraint", &["users", "c"], &none, "drop constraint c of users"),
            (
                "join-table",
                &["Post", "Tag"],
                &none,
                "create join table posts_tags: post_id → posts (cascade), tag_id → tags (cascade)",
            ),
            (
                "join-table",
                &["users", "users"],
                &none,
                "create join table users_users: user_id → users (cascade), other_user_id → users (cascade)",
            ),
            ("enum", &["mood", "sad,ok", "happy"], &none, "create type mood: sad, ok, happy"),
            ("view", &["adults", "SELECT 1"], &none, "create view adults"),
            ("function", &["touch"], &none, "create function touch"),
            (
                "trigger",
                &["t", "users", "after", "insert"],
                &none,
                "create trigger t after insert on users",
            ),
            ("trigger", &["t", "users", "never"], &none, "error a trigger does not fire `never`"),
            ("revert-of", &["2024"], &none, "undo 2024, and do it again on the way back"),
            ("table", &[], &none, "error `generate table` needs more than that"),
        ] {
            assert_eq!(told(form, rest, options), expected, "{form} {rest:?}");
        }
    }
}
