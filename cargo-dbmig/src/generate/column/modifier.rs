//! What stands behind the type: `null`, `unique`, `default=…`, `fk=teams.id:cascade`, …

use dbmig_runtime::catalogue::Action;

use super::{Args, ColumnWish, Reference, TypeWish, checked_name};
use crate::config::{listed, nearest};
use crate::error::{CliError, CliResult};

/// Every modifier, as it is written.
const KNOWN: [&str; 17] = [
    "null",
    "not_null",
    "unique",
    "index",
    "pk",
    "unsigned",
    "default=<value>",
    "fk=<table>[.<column>]",
    "references=<table>[.<column>]",
    "cascade",
    "restrict",
    "set_null",
    "on_update=<action>",
    "len=<number>",
    "check=<condition>",
    "comment=<text>",
    "after=<column>",
];

/// Reads them in their order.
pub(super) fn read(wish: &mut ColumnWish, parts: &[&str]) -> CliResult<()> {
    for part in parts {
        let said = |what: String| CliError::usage(format!("`{}`: {what}", wish.typed));
        let (word, value) = match part.split_once('=') {
            Some((word, value)) => (word.trim(), Some(value.trim())),
            None => (*part, None),
        };
        let plain = word.to_ascii_lowercase().replace(['-', ' '], "_");
        match (plain.as_str(), value) {
            ("null" | "nullable" | "optional", None) => wish.null = Some(true),
            ("not_null" | "required" | "notnull", None) => wish.null = Some(false),
            ("unique" | "uniq", None) => wish.unique = true,
            ("index", None) => wish.index = true,
            ("pk" | "primary_key", None) => wish.primary_key = true,
            ("unsigned", None) => wish.unsigned = true,
            ("default", Some(value)) => wish.default = Some(value.to_owned()),
            ("fk" | "references" | "foreign_key", Some(target)) => {
                wish.reference = Some(Reference::parse(target).map_err(said)?);
                wish.index = true;
            }
            ("on_update", Some(value)) => {
                let action = action(value).map_err(said)?;
                reference(wish)?.on_update = action;
            }
            ("on_delete", Some(value)) => {
                let action = action(value).map_err(said)?;
                reference(wish)?.on_delete = action;
            }
            ("len" | "length" | "limit", Some(length)) => set_length(wish, length)?,
            ("check", Some(condition)) => wish.check = Some(inner(condition).to_owned()),
            ("comment", Some(text)) => wish.comment = Some(inner(text).replace("''", "'")),
            ("after", Some(column)) => {
                wish.after = Some(checked_name(column).map_err(said)?);
            }
            (word, None) if action(word).is_ok() => {
                let action = action(word).map_err(said)?;
                reference(wish)?.on_delete = action;
            }
            _ => return Err(unknown(&wish.typed, word, value.is_some())),
        }
    }
    Ok(())
}

fn reference(wish: &mut ColumnWish) -> CliResult<&mut Reference> {
    let typed = wish.typed.clone();
    wish.reference.as_mut().ok_or_else(|| {
        CliError::usage(format!("`{typed}`: it points to no table that something could happen to"))
            .help("say where to, before it: `fk=teams.id:cascade`, or `team:references:cascade`")
    })
}

fn set_length(wish: &mut ColumnWish, length: &str) -> CliResult<()> {
    let typed = &wish.typed;
    match &mut wish.ty {
        TypeWish::Word { word, args, .. }
            if word.args != Args::None && length.parse::<u32>().is_ok() =>
        {
            length.clone_into(args);
            Ok(())
        }
        _ => Err(CliError::usage(format!("`{typed}`: its type takes no length `{length}`"))),
    }
}

/// Reads what happens to a row whose parent goes.
pub(in crate::generate) fn action(text: &str) -> Result<Action, String> {
    let words = text.trim().replace(['_', '-'], " ");
    let words = match words.to_ascii_lowercase().as_str() {
        "nullify" => "set null".to_owned(),
        words => words.to_owned(),
    };
    Action::parse(&words).ok_or_else(|| {
        format!("`{text}` is none of `cascade`, `restrict`, `set_null`, `set_default`, `no_action`")
    })
}

/// Without the quotes around all of it, where it has some.
fn inner(text: &str) -> &str {
    ['\'', '"']
        .iter()
        .find_map(|quote| {
            let inner = text.strip_prefix(*quote)?.strip_suffix(*quote)?;
            // `'a' <> 'b'` has quotes at both ends that are no pair.
            (!inner.replace(&quote.to_string().repeat(2), "").contains(*quote)).then_some(inner)
        })
        .unwrap_or(text)
}

fn unknown(typed: &str, word: &str, has_value: bool) -> CliError {
    let plain = |known: &'static str| known.split('=').next().unwrap_or(known);
    let known = KNOWN.iter().map(|known| plain(known));
    let mut error = match known.clone().find(|known| known.eq_ignore_ascii_case(word)) {
        Some(known) if has_value => {
            CliError::usage(format!("`{typed}`: `{known}` stands alone, without `=`"))
        }
        Some(known) => CliError::usage(format!("`{typed}`: `{known}` needs a value, `{known}=…`")),
        None => CliError::usage(format!("`{typed}`: unknown modifier `{word}`")),
    };
    if let Some(near) = nearest(word, known).filter(|near| !near.eq_ignore_ascii_case(word)) {
        error = error.help(format!("did you mean `{near}`?"));
    }
    error.note(format!("modifiers: {}", listed(KNOWN)))
}
