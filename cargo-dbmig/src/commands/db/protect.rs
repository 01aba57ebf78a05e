//! `db protect`: a stamp that keeps the database, whatever dbmig.toml says.

use clap::Args;
use dbmig_runtime::history;
use serde_json::json;

use crate::commands::ConsentArgs;
use crate::commands::revert::existing_only;
use crate::config::Kind;
use crate::context::Context;
use crate::database::Access;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::failure;
use crate::operations::consent::{self, Question};
use crate::operations::protection;

/// Protect the database, whatever dbmig.toml says
///
/// Writes a stamp into the database itself. From then on it is not dropped or reset, drafts are not applied
/// to it, and its name is asked for before anything is reverted or `db exec` writes: with every URL, in
/// every environment, for everybody. What is created in an environment of kind production is stamped by
/// itself.
#[derive(Debug, Args)]
pub struct ProtectArgs {
    /// What the database is for, for people [default: production]
    #[arg(long, value_name = "KIND", value_parser = kind, conflicts_with = "off")]
    kind: Option<String>,
    /// Take the protection off; asks for the name of the database
    #[arg(long)]
    off: bool,
    #[command(flatten)]
    consent: ConsentArgs,
}

fn kind(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match !text.is_empty() && text.len() <= 64 && text.chars().all(plain) {
        true => Ok(text.to_owned()),
        false => Err("a word of letters, digits, `-`, `_`, and `.`".to_owned()),
    }
}

pub(super) fn run(context: &mut Context<'_>, args: &ProtectArgs) -> CliResult<Exit> {
    existing_only(context)?;
    if args.off { unprotect(context, args) } else { protect(context, args) }
}

fn protect(context: &mut Context<'_>, args: &ProtectArgs) -> CliResult<Exit> {
    let location = context.location()?;
    // Also where it is needless: another database was meant than the one it is about.
    let question = Question {
        what: format!("`db protect` stamps `{}`", location.shown()),
        needed: false,
        command: "cargo dbmig db protect".to_owned(),
        refused: "nothing was stamped",
        because: None,
    };
    consent::ask(context, &location, args.consent.confirm.as_deref(), &question)?;
    let kind = args.kind.as_deref().unwrap_or(Kind::Production.as_str());
    let stamp = crate::config::stamp(kind, context.global.env.as_deref());
    let mut session = location.open(Access::Write)?;
    let changed = history::protect(&mut *session, &stamp)
        .map_err(|error| failure::of_database("stamp the database", error))?;
    let database = context.database_name()?;
    context.output.line(match changed {
        true => format!("{database}: protected, stamped `{stamp}`"),
        false => format!("{database}: protected already, stamped `{stamp}`"),
    });
    answer(context, &database, Some(&stamp), changed)
}

fn unprotect(context: &mut Context<'_>, args: &ProtectArgs) -> CliResult<Exit> {
    let location = context.location()?;
    let mut session = location.open(Access::Write)?;
    let stamp = protection::stamp(&mut *session)?;
    let question = Question {
        what: format!("`db protect --off` takes the protection of `{}` off", location.shown()),
        needed: stamp.is_some(),
        command: "cargo dbmig db protect --off".to_owned(),
        refused: "it is protected as before",
        because: stamp.map(|stamp| format!("it is stamped `{stamp}`")),
    };
    consent::ask(context, &location, args.consent.confirm.as_deref(), &question)?;
    let changed = history::unprotect(&mut *session)
        .map_err(|error| failure::of_database("take the stamp away", error))?;
    let database = context.database_name()?;
    context.output.line(match changed {
        true => format!("{database}: not stamped as protected any more"),
        false => format!("{database}: not stamped as protected"),
    });
    let environment = context.environment()?;
    if environment.protected {
        context.output.note(format!("environment `{}` still is", environment.name));
    }
    answer(context, &database, None, changed)
}

fn answer(
    context: &mut Context<'_>,
    database: &str,
    stamp: Option<&str>,
    changed: bool,
) -> CliResult<Exit> {
    context.output.json(&json!({
        "dbmig": 1, "command": "db protect", "database": database, "stamp": stamp,
        "changed": changed,
    }));
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn kinds_are_words() {
        for (text, expected) in
            [("production", true), ("eu-1.live", true), ("", false), ("a b", false), ("a`b", false)]
        {
            assert_eq!(kind(text).is_ok(), expected, "{text}");
        }
    }
}
