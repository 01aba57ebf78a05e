//! Names of migrations that say what they do: `add_phone_to_users`, in any of the usual spellings.

use super::column;
use super::intent::{Intent, Which};
use super::words::{plural, snake};
use super::{Options, forms};
use crate::error::{CliError, CliResult};

/// What a name was understood as.
#[derive(Debug, Clone)]
pub(super) enum Sentence {
    /// This, for certain.
    Does(Intent),
    /// This if what it is about is there: nothing but the name says so.
    Perhaps(Intent),
    /// A name, and no more.
    Name,
}

/// Words behind `create_` that say that it is not about a table, or about more than one.
const NO_TABLE: [&str; 22] = [
    "and",
    "constraint",
    "constraints",
    "enum",
    "enums",
    "extension",
    "extensions",
    "for",
    "from",
    "function",
    "functions",
    "in",
    "index",
    "indexes",
    "indices",
    "on",
    "policy",
    "schema",
    "to",
    "trigger",
    "type",
    "view",
];

/// Reads the name of a migration, and the words behind it.
///
/// # Errors
///
/// Words that are no columns, or that say nothing because the name does not say what they are for.
pub(super) fn read(name: &str, rest: &[String], options: &Options) -> CliResult<Sentence> {
    let text = snake(name.trim());
    let text = text.strip_suffix("_table").filter(|head| head.contains('_')).unwrap_or(&text);
    let bare = rest.is_empty() && options.columns.is_none();
    let words = forms::column_words(rest, options);
    let take =
        |intent: Intent| Ok(if bare { Sentence::Perhaps(intent) } else { Sentence::Does(intent) });
    if let Some(tables) = text.strip_prefix("create_join_table_") {
        let tables: Vec<&str> = tables.splitn(2, "_and_").collect();
        let tables = if tables.len() == 2 { tables } else { tables[0].splitn(2, '_').collect() };
        if let [one, other] = tables[..] {
            let columns = column::columns(&words)?;
            return Ok(Sentence::Does(forms::join_table(one, other, columns, options)?));
        }
    }
    if let Some(table) = text.strip_prefix("create_") {
        let odd = table.split('_').any(|word| NO_TABLE.contains(&word));
        if !(table.is_empty() || bare && odd) {
            let columns = column::columns(&words)?;
            return Ok(Sentence::Does(Intent::CreateTable(forms::table(table, columns, options)?)));
        }
    }
    if let Some((what, table)) = text.strip_prefix("add_").and_then(|it| it.rsplit_once("_to_")) {
        let table = table.to_owned();
        match what {
            "index" | "unique_index" | "indexes" if !bare => {
                let mut index = forms::index(rest, options)?;
                index.unique |= what == "unique_index";
                return Ok(Sentence::Does(Intent::AddIndex { table, index }));
            }
            "constraint" | "check" | "unique" | "foreign_key" if options.says_constraint() => {
                let (name, rule) = forms::constraint(rest, options)?;
                return Ok(Sentence::Does(Intent::AddConstraint { table, name, rule }));
            }
            _ if !bare => {
                let columns = column::columns(&words)?;
                return Ok(Sentence::Does(Intent::AddColumns { table, columns }));
            }
            _ => return Ok(Sentence::Name),
        }
    }
    let from = ["remove_", "drop_", "delete_"].iter().find_map(|verb| text.strip_prefix(verb));
    if let Some((what, table)) = from.and_then(|it| it.rsplit_once("_from_")) {
        let table = table.to_owned();
        if what == "index" {
            return match bare {
                true => Ok(Sentence::Name),
                false => {
                    let index = Which::Over(forms::names(rest)?);
                    Ok(Sentence::Does(Intent::DropIndex { table, index }))
                }
            };
        }
        let columns = if bare { vec![what.to_owned()] } else { forms::names(&words)? };
        return take(Intent::DropColumns { table, columns });
    }
    if let Some(names) = text.strip_prefix("rename_") {
        let (names, table) = match names.rsplit_once("_in_") {
            Some((names, table)) => (names, Some(table.to_owned())),
            None => (names.strip_prefix("table_").unwrap_or(names), None),
        };
        if let Some((from, to)) = names.split_once("_to_") {
            no_more(name, rest)?;
            let (from, to) = (from.to_owned(), to.to_owned());
            return Ok(Sentence::Perhaps(match table {
                Some(table) => Intent::RenameColumn { table, from, to },
                None => Intent::RenameTable { from, to },
            }));
        }
    }
    let change = ["change_", "alter_"].iter().find_map(|verb| text.strip_prefix(verb));
    if let Some((_, table)) = change.and_then(|it| it.rsplit_once("_in_")).filter(|_| !bare) {
        let columns = column::columns(&words)?;
        return Ok(Sentence::Does(Intent::ChangeColumns { table: table.to_owned(), columns }));
    }
    if let Some(table) = text.strip_prefix("drop_") {
        let table = table.strip_prefix("table_").unwrap_or(table);
        if bare && !table.is_empty() {
            return Ok(Sentence::Perhaps(Intent::DropTable { table: table.to_owned() }));
        }
    }
    if !bare || options.says_anything() {
        return Err(CliError::usage(format!("`{name}` does not say what to do with the rest"))
            .help("names that do: `create_users`, `add_phone_to_users`, `remove_phone_from_users`, \
                   `rename_a_to_b_in_users`, `change_phone_in_users`, `add_index_to_users`, `drop_users`")
            .help("or say it in words of its own: `cargo dbmig generate add-column users phone:string`"));
    }
    Ok(Sentence::Name)
}

fn no_more(name: &str, rest: &[String]) -> CliResult<()> {
    match rest.first() {
        Some(word) => Err(CliError::usage(format!("`{name}` says all, and `{word}` nothing"))
            .help("leave it out")),
        None => Ok(()),
    }
}

/// The name of the table of a reference or a model.
pub(super) fn table_name(text: &str) -> Result<String, String> {
    let name = column::checked_name(text)?;
    Ok(if super::words::is_model(text) { plural(&name) } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, rest: &[&str]) -> String {
        let rest: Vec<String> = rest.iter().map(|word| (*word).to_owned()).collect();
        match read(name, &rest, &Options::default()) {
            Ok(Sentence::Does(intent)) => intent.told(),
            Ok(Sentence::Perhaps(intent)) => format!("perhaps {}", intent.told()),
            Ok(Sentence::Name) => "name".to_owned(),
            Err(error) => format!("error {}", error.message),
        }
    }

    #[test]
    fn sentences() {
        for (name, rest, expected) in [
            (
                "create_users",
                &["name:string"][..],
                "create table users: id, name string, created_at, updated_at",
            ),
            ("CreateUsers", &[], "create table users: id, created_at, updated_at"),
            ("create users", &[], "create table users: id, created_at, updated_at"),
            ("create-users-table", &[], "create table users: id, created_at, updated_at"),
            ("create_index_on_users", &[], "name"),
            ("create_reports_for_users", &[], "name"),
            (
                "create_join_table_posts_tags",
                &[],
                "create join table posts_tags: post_id → posts (cascade), tag_id → tags (cascade)",
            ),
            (
                "create_join_table_blog_posts_and_tags",
                &["note:text:null"],
                "create join table blog_posts_tags: blog_post_id → blog_posts (cascade), \
                 tag_id → tags (cascade), note text null",
            ),
            ("add_phone_to_users", &["phone:string(20)"], "add to users: phone string(20)"),
            ("AddPhoneToUsers", &["phone:string"], "add to users: phone string"),
            ("add_reply_to_to_posts", &["reply_to:text"], "add to posts: reply_to text"),
            ("add_phone_to_users", &[], "name"),
            (
                "add_index_to_posts",
                &["user_id,status"],
                "add index to posts over user_id and status",
            ),
            ("add_unique_index_to_posts", &["slug"], "add unique index to posts over slug"),
            ("add_index_to_posts", &[], "name"),
            ("remove_phone_from_users", &[], "perhaps drop from users: phone"),
            ("remove_x_from_users", &["a:int", "b"], "drop from users: a, b"),
            ("remove_index_from_users", &["a,b"], "drop the index of users over a and b"),
            ("rename_a_to_b_in_users", &[], "perhaps rename a to b in users"),
            ("rename_users_to_people", &[], "perhaps rename table users to people"),
            (
                "rename_a_to_b_in_users",
                &["x"],
                "error `rename_a_to_b_in_users` says all, and `x` nothing",
            ),
            ("change_phone_in_users", &["phone:string(40)"], "change in users: phone string(40)"),
            ("change_phone_in_users", &[], "name"),
            ("drop_users", &[], "perhaps drop table users"),
            ("backfill_users", &[], "name"),
            (
                "backfill_users",
                &["a:int"],
                "error `backfill_users` does not say what to do with the rest",
            ),
            ("initial", &[], "name"),
        ] {
            assert_eq!(told(name, rest), expected, "{name} {rest:?}");
        }
    }
}
