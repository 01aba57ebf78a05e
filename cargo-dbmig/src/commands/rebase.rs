//! `rebase`: give drafts a version after the newest.

use std::time::SystemTime;

use clap::Args;
use dbmig_build::Standing;
use serde_json::json;

use crate::context::{Context, Purpose};
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::operations::generating::{self, NewMigration};
use crate::select::Catalog;

/// Give drafts a version after the newest
///
/// Renames the directory of each draft that sorts before a locked migration, so that it comes after all
/// of them, in the order they have now. A database that has applied one under its old version keeps it:
/// revert it there first.
#[derive(Debug, Args)]
pub struct RebaseArgs {
    /// The drafts [default: all that are late]
    migrations: Vec<String>,
    /// Show the new names and rename nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(context: &mut Context<'_>, args: &RebaseArgs) -> CliResult<Exit> {
    let dir = context.migrations_dir()?;
    let set = context.load_set(Purpose::Other)?;
    let newest_locked =
        set.iter().filter(|m| m.standing != Standing::Draft).map(|m| m.version.clone()).max();
    let mut catalog = Catalog::default();
    for draft in set.iter().filter(|m| m.is_draft()) {
        catalog.add(&draft.version, &draft.dir_name);
    }
    let mut versions = Vec::new();
    for selector in &args.migrations {
        versions.push(
            catalog
                .find(selector)
                .map_err(|error| error.note("only drafts can be given another version"))?,
        );
    }
    if versions.is_empty() {
        let late = set
            .iter()
            .filter(|m| m.is_draft() && newest_locked.as_ref().is_some_and(|n| m.version < *n));
        versions.extend(late.map(|m| m.version.clone()));
    }
    versions.sort();
    versions.dedup();
    let mut raw = dbmig_build::load(&dir, &context.show(&dir));
    let mut renames = Vec::new();
    for version in &versions {
        let draft = set.get(version).expect("the versions come from the set");
        let label = draft.dir_name.split_once('_').map_or("migration", |(_, label)| label);
        let new = NewMigration { label: label.to_owned(), ..NewMigration::default() };
        let files = generating::plan(&dir, &raw, &new, SystemTime::now())?;
        let folder = files[0].path.parent().expect("a new file has a folder").to_owned();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        raw.migrations
            .push(dbmig_build::RawMigration { dir_name: name.clone(), ..Default::default() });
        renames.push((draft.dir_name.clone().into_owned(), name));
    }
    for (old, new) in &renames {
        if !args.dry_run {
            let (from, to) = (dir.join(old), dir.join(new));
            std::fs::rename(&from, &to).map_err(|error| CliError::io("rename", &from, &error))?;
        }
        let verb = if args.dry_run { "would rename" } else { "renamed" };
        context.output.line(format!("{verb} {old} → {new}"));
    }
    if renames.is_empty() {
        context.output.line("no draft sorts before a locked migration");
    }
    let pairs: Vec<_> =
        renames.iter().map(|(old, new)| json!({ "from": old, "to": new })).collect();
    context.output.json(
        &json!({ "dbmig": 1, "command": "rebase", "renamed": pairs, "dry_run": args.dry_run }),
    );
    Ok(Exit::Done)
}
