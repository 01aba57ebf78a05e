//! What a commit has, through the `git` program.

use std::path::Path;

use dbmig_build::MigrationSet;

use super::base;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::git::Git;
use crate::render;

/// The migrations of a commit, from the directory of the project or another one.
///
/// # Errors
///
/// There is no such commit, it has none there, or they are not in order.
pub fn set(context: &mut Context<'_>, commit: &str, dir: Option<&Path>) -> CliResult<MigrationSet> {
    let dir = match dir {
        Some(dir) => context.cwd.join(dir),
        None => context.migrations_dir()?,
    };
    let shown = format!("{commit}:{}", context.show(&dir));
    let (git, object) = known(context, commit, &dir)?;
    let files = git.files(&object, &dir).map_err(|unknown| CliError::usage(unknown.0))?;
    if files.is_empty() {
        return Err(CliError::usage(format!("`{commit}` has nothing at `{}`", context.show(&dir)))
            .help("name the directory that it has: `git:<commit>:<path>`"));
    }
    let checked = context.judge(&base::raw_set(&shown, files))?;
    checked.set.ok_or_else(|| {
        render::findings(context.output, &checked.findings);
        CliError::new(Exit::Findings, format!("the migrations of `{commit}` are not in order"))
    })
}

/// A file of a commit.
///
/// # Errors
///
/// There is no such commit, it has no such file, or that is no text.
pub fn text(context: &Context<'_>, commit: &str, path: &Path) -> CliResult<String> {
    let path = context.cwd.join(path);
    let (git, object) = known(context, commit, &path)?;
    let shown = context.show(&path);
    let bytes = git
        .file(&object, &path)
        .ok_or_else(|| CliError::usage(format!("`{commit}` has no file `{shown}`")))?;
    String::from_utf8(bytes).map_err(|_| CliError::usage(format!("{commit}:{shown} is not UTF-8")))
}

fn known(context: &Context<'_>, commit: &str, path: &Path) -> CliResult<(Git, String)> {
    let git = Git::of(path.parent().unwrap_or(&context.cwd))
        .ok_or_else(|| CliError::usage("this is not a git repository, or git is missing"))?;
    let object = git.commit(commit).ok_or_else(|| {
        CliError::usage(format!("git does not know `{commit}` here"))
            .help("see what it knows: `git branch --all`, `git tag`")
    })?;
    Ok((git, object))
}
