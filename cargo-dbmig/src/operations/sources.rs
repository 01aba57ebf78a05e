//! Where a schema can come from: the migrations, an environment, a URL, an SQL file, nothing.

use std::path::PathBuf;

use dbmig_build::{MigrationSet, Version};
use dbmig_runtime::Session;
use dbmig_runtime::catalogue::{Catalogue, Scope};
use dbmig_runtime::proof::{self, Shadow as _};
use dbmig_runtime::session::DbError;

use super::{cataloguing, proving};
use crate::config::Secret;
use crate::context::{Context, Purpose};
use crate::database::{self, Access, Location, Scratch, Surroundings};
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
}

impl Origin {
    /// Reads `empty`, `migrations`, `migrations@<id>`, `env:<name>`, a URL, or the name of an SQL file.
    ///
    /// # Errors
    ///
    /// What is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let sql = |text: &str| {
            std::path::Path::new(text)
                .extension()
                .is_some_and(|end| end.eq_ignore_ascii_case("sql"))
        };
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
            } else if text.contains("://") {
                Self::Url(Secret::new(text))
            } else if sql(text) {
                Self::File(PathBuf::from(text))
            } else {
                return Err("expected `empty`, `migrations`, `migrations@<id>`, `env:<name>`, \
                            `url:<URL>`, or a file `….sql`"
                    .to_owned());
            }),
        }
    }
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
    match origin {
        Origin::Empty => made(context, scope, |_, _| Ok(())),
        Origin::Migrations(None) => produced(context, scope, &|_| true),
        Origin::Migrations(Some(id)) => {
            let set = context.load_set(Purpose::Other)?;
            let mut catalog = Catalog::default();
            set.iter().for_each(|m| catalog.add(&m.version, &m.dir_name));
            let last = catalog.find(id)?;
            produced(context, scope, &|version| *version <= last)
        }
        Origin::Environment(name) => {
            let environment = context.project.config.environment(name)?;
            of_location(&database::locate(context, &environment)?, scope)
        }
        Origin::Url(url) => {
            let environment = context.environment()?;
            let tls = environment.section.tls;
            let around = Surroundings { env: &context.env, tls, cwd: &context.cwd };
            let location = Location::of(url.reveal(), &context.cwd, around)?;
            of_location(&location.with_setup_of(&environment.section), scope)
        }
        Origin::File(path) => {
            let shown = context.show(&context.cwd.join(path));
            let text = std::fs::read_to_string(context.cwd.join(path))
                .map_err(|error| CliError::io("read", std::path::Path::new(&shown), &error))?;
            made(context, scope, |_, session| {
                session.execute(&text).map_err(|error| {
                    CliError::database(format!("{shown}: {error}"))
                        .note("it was tried on a scratch database")
                })
            })
        }
    }
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
    made(context, scope, |context, session| replay(context, session, &set, wanted))
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
    let mut scratch = proving::scratch(context)?;
    let mut session = fresh(&mut scratch)?;
    replay(context, &mut *session, set, &|_| true)?;
    look(context, &mut *session)
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

fn fresh(scratch: &mut Scratch) -> CliResult<Box<dyn Session>> {
    scratch.fresh().map_err(|error| failure::of_database("make the scratch database", error))
}

/// What something makes of an empty database.
fn made(
    context: &mut Context<'_>,
    scope: &Scope,
    make: impl FnOnce(&Context<'_>, &mut dyn Session) -> CliResult<()>,
) -> CliResult<Catalogue> {
    let mut scratch = proving::scratch(context)?;
    let mut session = fresh(&mut scratch)?;
    make(context, &mut *session)?;
    Catalogue::read(&mut *session, scope).map_err(not_read)
}

/// What a database holds.
///
/// # Errors
///
/// It can not be reached, or not be read.
pub fn of_location(location: &Location, scope: &Scope) -> CliResult<Catalogue> {
    if location.path().is_some_and(|path| !path.exists()) {
        return Err(CliError::database(format!(
            "the database `{}` does not exist",
            location.shown()
        )));
    }
    let mut session = location.open(Access::Read)?;
    Catalogue::read(&mut *session, scope).map_err(not_read)
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
            ("", Err(())),
            ("nonsense", Err(())),
        ] {
            assert_eq!(Origin::parse(text).map_err(drop), expected, "{text}");
        }
    }
}
