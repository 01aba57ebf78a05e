//! Where a schema can come from: the migrations, now or in a commit, an environment, a URL, a file, nothing.

use std::path::PathBuf;

use dbmig_build::{MigrationSet, Version};
use dbmig_runtime::Session;
use dbmig_runtime::catalogue::{Catalogue, Scope};
use dbmig_runtime::proof::{self, Shadow as _};
use dbmig_runtime::session::DbError;

use super::{cataloguing, proving, revisions};
use crate::config::Secret;
use crate::context::{Context, Purpose};
use crate::database::{self, Access, Location, Surroundings};
use crate::error::{CliError, CliResult};
use crate::failure::{self, Files};
use crate::select::Catalog;

/// Where a schema comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A database that holds nothing.
    Empty,
    /// What the migrations produce, up to one of them where one is named.
    Migrations(Option<String>),
    /// The database of an environment.
    Environment(String),
    /// A database.
    Url(Secret),
    /// What a file of SQL produces.
    File(PathBuf),
    /// What a `schema.rs` tells.
    Rust(PathBuf),
    /// One of these as a commit has it: the migrations, or what is at this path.
    Commit(String, Option<PathBuf>),
}

impl Origin {
    /// Reads `empty`, `migrations`, `migrations@<id>`, `env:<name>`, a URL, the name of an SQL file or of a
    /// `schema.rs`, `git:<commit>`, or `git:<commit>:<path>`.
    ///
    /// # Errors
    ///
    /// What is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("say where the schema comes from".to_owned()),
            "empty" => Ok(Self::Empty),
            "migrations" => Ok(Self::Migrations(None)),
            _ => Ok(if let Some(id) = text.strip_prefix("migrations@") {
                Self::Migrations(Some(id.to_owned()))
            } else if let Some(name) = text.strip_prefix("env:") {
                Self::Environment(name.to_owned())
            } else if let Some(url) = text.strip_prefix("url:") {
                Self::Url(Secret::new(url))
            } else if let Some(rest) = text.strip_prefix("git:") {
                let (commit, path) = match rest.split_once(':') {
                    Some((commit, path)) => (commit, Some(PathBuf::from(path))),
                    None => (rest, None),
                };
                if commit.is_empty() {
                    return Err("say which commit: `git:main`, `git:HEAD~3`".to_owned());
                }
                Self::Commit(commit.to_owned(), path)
            } else if text.contains("://") {
                Self::Url(Secret::new(text))
            } else if ends(text.as_ref(), "sql") {
                Self::File(PathBuf::from(text))
            } else if ends(text.as_ref(), "rs") {
                Self::Rust(PathBuf::from(text))
            } else {
                return Err("expected `empty`, `migrations`, `migrations@<id>`, `env:<name>`, \
                            `url:<URL>`, a file `….sql` or `….rs`, or `git:<commit>[:<path>]`"
                    .to_owned());
            }),
        }
    }

    /// The `schema.rs` that is meant, where one is.
    pub fn rust(&self) -> Option<&std::path::Path> {
        match self {
            Self::Rust(path) => Some(path),
            Self::Commit(_, Some(path)) if ends(path, "rs") => Some(path),
            _ => None,
        }
    }
}

/// As it is typed; nothing secret of a URL.
impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("an empty database"),
            Self::Migrations(None) => f.write_str("the migrations"),
            Self::Migrations(Some(id)) => write!(f, "migrations@{id}"),
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::Url(_) => f.write_str("the database of the URL"),
            Self::File(path) | Self::Rust(path) => write!(f, "{}", path.display()),
            Self::Commit(commit, None) => write!(f, "git:{commit}"),
            Self::Commit(commit, Some(path)) => write!(f, "git:{commit}:{}", path.display()),
        }
    }
}

fn ends(path: &std::path::Path, with: &str) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case(with))
}

/// Reads the schema of an origin.
///
/// # Errors
///
/// It can not be reached, or not be made.
pub fn catalogue(
    context: &mut Context<'_>,
    origin: &Origin,
    scope: &Scope,
) -> CliResult<Catalogue> {
    with_session(context, origin, |_, session| Catalogue::read(session, scope).map_err(not_read))
}

/// Looks at the database of an origin: the real one, or a scratch one that it makes.
///
/// # Errors
///
/// It can not be reached, or not be made, or is a `schema.rs`, which makes none.
pub fn with_session<T>(
    context: &mut Context<'_>,
    origin: &Origin,
    look: impl FnOnce(&mut Context<'_>, &mut dyn Session) -> CliResult<T>,
) -> CliResult<T> {
    match origin {
        Origin::Empty => made(context, |_, _| Ok(()), look),
        Origin::Migrations(None) => {
            let set = context.load_set(Purpose::Other)?;
            made(context, |context, session| replay(context, session, &set, &|_| true), look)
        }
        Origin::Migrations(Some(id)) => {
            let set = context.load_set(Purpose::Other)?;
            let mut catalog = Catalog::default();
            set.iter().for_each(|m| catalog.add(&m.version, &m.dir_name));
            let last = catalog.find(id)?;
            let wanted = |version: &Version| *version <= last;
            made(context, |context, session| replay(context, session, &set, &wanted), look)
        }
        Origin::Environment(name) => {
            let environment = context.project.config.environment(name)?;
            let mut session = opened(&database::locate(context, &environment)?)?;
            look(context, &mut *session)
        }
        Origin::Url(url) => {
            let environment = context.environment()?;
            let tls = environment.section.tls;
            let around = Surroundings { env: &context.env, tls, cwd: &context.cwd };
            let location = Location::of(url.reveal(), &context.cwd, around)?;
            let mut session = opened(&location.with_setup_of(&environment.section))?;
            look(context, &mut *session)
        }
        Origin::File(path) => {
            let shown = context.show(&context.cwd.join(path));
            let text = std::fs::read_to_string(context.cwd.join(path))
                .map_err(|error| CliError::io("read", std::path::Path::new(&shown), &error))?;
            made(context, |_, session| run(session, &shown, &text), look)
        }
        Origin::Commit(commit, Some(path)) if ends(path, "sql") => {
            let text = revisions::text(context, commit, path)?;
            let shown = format!("{commit}:{}", path.display());
            made(context, |_, session| run(session, &shown, &text), look)
        }
        Origin::Rust(path) | Origin::Commit(_, Some(path)) if ends(path, "rs") => {
            Err(CliError::usage(format!("`{}` makes no database", path.display())))
        }
        Origin::Commit(commit, path) => {
            let set = revisions::set(context, commit, path.as_deref())?;
            made(context, |context, session| replay(context, session, &set, &|_| true), look)
        }
        Origin::Rust(path) => Err(CliError::usage(format!("`{}` is no schema", path.display()))),
    }
}

fn run(session: &mut dyn Session, shown: &str, text: &str) -> CliResult<()> {
    session.execute(text).map_err(|error| {
        CliError::database(format!("{shown}: {error}")).note("it was tried on a scratch database")
    })
}

/// What the migrations that `wanted` names produce.
///
/// # Errors
///
/// They can not be applied, or there is no place for a scratch database.
pub fn produced(
    context: &mut Context<'_>,
    scope: &Scope,
    wanted: &dyn Fn(&Version) -> bool,
) -> CliResult<Catalogue> {
    let set = context.load_set(Purpose::Other)?;
    let make =
        |context: &Context<'_>, session: &mut dyn Session| replay(context, session, &set, wanted);
    made(context, make, |_, session| Catalogue::read(session, scope).map_err(not_read))
}

/// Looks at a scratch database that has all of a set.
///
/// # Errors
///
/// As [`produced`], and what the look comes to.
pub fn with_all<T>(
    context: &mut Context<'_>,
    set: &MigrationSet,
    look: impl FnOnce(&mut Context<'_>, &mut dyn Session) -> CliResult<T>,
) -> CliResult<T> {
    made(context, |context, session| replay(context, session, set, &|_| true), look)
}

fn replay(
    context: &Context<'_>,
    session: &mut dyn Session,
    set: &MigrationSet,
    wanted: &dyn Fn(&Version) -> bool,
) -> CliResult<()> {
    let dir = context.migrations_dir()?;
    let files = Files { dir: &dir, cwd: &context.cwd, again: "cargo dbmig prove" };
    proof::replay(session, set, wanted).map_err(|error| {
        failure::on_scratch(error, files).note("it was tried on a scratch database")
    })
}

/// What something makes of an empty database.
fn made<T>(
    context: &mut Context<'_>,
    make: impl FnOnce(&Context<'_>, &mut dyn Session) -> CliResult<()>,
    look: impl FnOnce(&mut Context<'_>, &mut dyn Session) -> CliResult<T>,
) -> CliResult<T> {
    let mut scratch = proving::scratch(context)?;
    let mut session = scratch
        .fresh()
        .map_err(|error| failure::of_database("make the scratch database", error))?;
    make(context, &mut *session)?;
    look(context, &mut *session)
}

/// A session that only reads a database which is there.
fn opened(location: &Location) -> CliResult<Box<dyn Session>> {
    if location.path().is_some_and(|path| !path.exists()) {
        return Err(CliError::database(format!(
            "the database `{}` does not exist",
            location.shown()
        )));
    }
    location.open(Access::Read)
}

fn not_read(error: DbError) -> CliError {
    failure::of_database("read the schema", error)
}

/// All that the project does not leave to others.
///
/// # Errors
///
/// It is not settled which database is meant.
pub fn everything(context: &Context<'_>) -> CliResult<Scope> {
    cataloguing::configured(context, Scope::all())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins() {
        for (text, expected) in [
            ("empty", Ok(Origin::Empty)),
            ("migrations", Ok(Origin::Migrations(None))),
            ("migrations@2024", Ok(Origin::Migrations(Some("2024".into())))),
            ("env:live", Ok(Origin::Environment("live".into()))),
            ("url:a.db", Ok(Origin::Url(Secret::new("a.db")))),
            ("postgres://h/d", Ok(Origin::Url(Secret::new("postgres://h/d")))),
            ("a/b.SQL", Ok(Origin::File("a/b.SQL".into()))),
            ("src/schema.rs", Ok(Origin::Rust("src/schema.rs".into()))),
            ("git:main", Ok(Origin::Commit("main".into(), None))),
            ("git:v1:db/a.sql", Ok(Origin::Commit("v1".into(), Some("db/a.sql".into())))),
            ("git:", Err(())),
            ("", Err(())),
            ("nonsense", Err(())),
        ] {
            assert_eq!(Origin::parse(text).map_err(drop), expected, "{text}");
        }
    }
}
