//! Where databases are and how they are opened.

mod mysql;
mod postgres;
mod setup;
mod sqlite;
mod url;

use std::path::{Path, PathBuf};

use dbmig_runtime::Session;

use crate::config::{Config, Environment, Kind, UrlChoice, UrlSources};
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::shell;
pub use mysql::MysqlTarget;
pub use postgres::PostgresTarget;
pub use setup::Setup;
pub use url::SqliteUrl;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing is written or created.
    Read,
    /// A missing SQLite file is created.
    Write,
}

/// A database, located.
#[derive(Debug, Clone)]
pub struct Location {
    target: Target,
    setup: Setup,
    shown: String,
}

/// What is connected to.
#[derive(Debug, Clone)]
pub enum Target {
    /// A file, or memory.
    Sqlite(SqliteUrl),
    /// A server.
    Postgres(PostgresTarget),
    /// A server.
    Mysql(MysqlTarget),
}

/// Finds out which database an environment means.
///
/// Flag > `DBMIG_DATABASE_URL` > the environment's section > `DATABASE_URL` (for `development` only: a
/// variable that was set for development must not be taken for production).
///
/// # Errors
///
/// Nobody says, or the URL is of a kind that is not served.
pub fn locate(context: &Context<'_>, environment: &Environment) -> CliResult<Location> {
    let location = by_sources(context, environment)?;
    Ok(Location { setup: Setup::of(&environment.section), ..location })
}

fn by_sources(context: &Context<'_>, environment: &Environment) -> CliResult<Location> {
    let variable = |name: &str| context.env.get(name).filter(|value| !value.trim().is_empty());
    let cwd = &context.cwd;
    if let Some(url) = &context.global.database_url {
        return Location::of(url, cwd, cwd);
    }
    if let Some(url) = variable("DBMIG_DATABASE_URL") {
        return Location::of(url, cwd, cwd);
    }
    let root = &context.project.root;
    match sources(context, environment)?.choose(&context.env) {
        // Diesel takes a path in a variable as relative to the current folder.
        UrlChoice::Variable { url, .. } => Location::of(url.reveal(), cwd, cwd),
        UrlChoice::Literal(url) => Location::of(url.reveal(), root, cwd),
        UrlChoice::File(path) => {
            let path = root.join(path);
            let text = std::fs::read_to_string(&path)
                .map_err(|error| CliError::io("read", Path::new(&context.show(&path)), &error))?;
            Location::of(text.trim(), root, cwd)
        }
        UrlChoice::VariableNotSet(name) => Err(CliError::usage(format!(
            "environment `{}` takes its database from `{name}`, which is not set",
            environment.name
        ))
        .help(format!("set it: `export {name}=…`, or put it into `.env`"))),
        UrlChoice::Command(_) | UrlChoice::Parts(_) => Err(CliError::usage(format!(
            "environment `{}` names its database in a way that SQLite does not need",
            environment.name
        ))
        .help("give `url`, `url_env`, or `url_file`")),
        UrlChoice::Nothing => {
            let default = environment.name == Config::DEFAULT_ENVIRONMENT
                || environment.kind == Kind::Development;
            match variable("DATABASE_URL").filter(|_| default) {
                Some(url) => Location::of(url, cwd, cwd),
                None => Err(no_url(context, environment)),
            }
        }
    }
}

/// The URL keys that speak for the database that was asked for.
///
/// With several databases a named one needs a URL of its own: in the file of another one its migrations
/// would be taken for missing, and those of the other for what is to be taken out.
fn sources<'a>(context: &Context<'_>, environment: &'a Environment) -> CliResult<&'a UrlSources> {
    let (section, config) = (&environment.section, &context.project.config);
    let (name, _) = config.database(context.global.database.as_deref())?;
    let Some(name) = name else { return Ok(&section.url) };
    match section.databases.get(name) {
        Some(own) => Ok(own),
        None if config.database_names().len() == 1 => Ok(&section.url),
        None => {
            let environment = &environment.name;
            Err(CliError::usage(format!(
                "database `{name}` has no URL of its own in environment `{environment}`"
            ))
            .note("dbmig.toml has several databases, and each needs one")
            .help(format!(
                "add an `[env.{environment}.databases.{name}]` section with a `url`, a `url_env`, or a `url_file`"
            ))
            .help("or give `--database-url <URL>`"))
        }
    }
}

fn no_url(context: &Context<'_>, environment: &Environment) -> CliError {
    let error = CliError::usage("no database is named");
    let error = if context.project.config.from_file {
        error
            .help(format!("give `[env.{}]` of dbmig.toml a `url` or a `url_env`", environment.name))
    } else {
        error.help("set up the project: `cargo dbmig init`")
    };
    error.help("or set `DATABASE_URL`, or give `--database-url <URL>`")
}

impl Location {
    /// What a URL means; relative paths of SQLite are below `base`, and shown from `cwd`.
    ///
    /// # Errors
    ///
    /// The URL can not be read.
    pub fn of(url: &str, base: &Path, cwd: &Path) -> CliResult<Self> {
        let is = |schemes: [&str; 2]| schemes.iter().any(|scheme| url.starts_with(scheme));
        let (target, shown) = if is(["postgres://", "postgresql://"]) {
            let target = PostgresTarget::parse(url)?;
            let shown = target.to_string();
            (Target::Postgres(target), shown)
        } else if is(["mysql://", "mariadb://"]) {
            let target = MysqlTarget::parse(url)?;
            let shown = target.to_string();
            (Target::Mysql(target), shown)
        } else {
            let target = SqliteUrl::parse(url, base)?;
            let shown = match target.path() {
                Some(path) => crate::project::show(path, cwd),
                None => ":memory:".to_owned(),
            };
            (Target::Sqlite(target), shown)
        };
        Ok(Self { target, setup: Setup::default(), shown })
    }

    /// What is connected to.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// An empty database that nobody else sees, in place of one that is not there yet.
    ///
    /// # Errors
    ///
    /// What SQLite reports.
    pub fn in_memory() -> CliResult<Box<dyn Session>> {
        Self::of(":memory:", Path::new(""), Path::new(""))?.open(Access::Write)
    }

    /// What messages call it.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The file of a SQLite database that is not in memory.
    pub fn path(&self) -> Option<&Path> {
        match &self.target {
            Target::Sqlite(url) => url.path(),
            Target::Postgres(_) | Target::Mysql(_) => None,
        }
    }

    /// Looks whether it can be opened; `true` when opening will create it.
    ///
    /// # Errors
    ///
    /// It is not there, and is not to be created.
    pub fn prepare(&self, access: Access, protected: bool, cwd: &Path) -> CliResult<bool> {
        let Some(path) = self.path() else { return Ok(false) };
        if path.is_dir() {
            return Err(CliError::database(format!(
                "`{}` is a directory, not a database",
                self.shown
            )));
        }
        if path.exists() {
            return Ok(false);
        }
        let missing = CliError::database(format!("the database `{}` does not exist", self.shown));
        if access == Access::Read {
            return Err(missing.help("create it and apply the migrations: `cargo dbmig migrate`"));
        }
        if protected {
            return Err(missing
                .note("the environment is protected, so nothing is created by the way")
                .help("create it by name: `cargo dbmig database setup`"));
        }
        match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() && !parent.is_dir() => {
                let parent = crate::project::show(parent, cwd);
                Err(missing
                    .help(format!("create its folder: `mkdir -p {}`", shell::quoted(&parent))))
            }
            _ => Ok(true),
        }
    }

    /// Opens it.
    ///
    /// # Errors
    ///
    /// What the database, or the way to it, reports.
    pub fn open(&self, access: Access) -> CliResult<Box<dyn Session>> {
        let boxed = |session| -> Box<dyn Session> { session };
        let opened = match &self.target {
            Target::Sqlite(url) => {
                return sqlite::open(url, access, self.setup.sqlite())
                    .map_err(|reason| self.not_connected().cause(reason));
            }
            Target::Postgres(target) => postgres::PostgresSession::connect(target, &self.setup)
                .map(|session| boxed(Box::new(session))),
            Target::Mysql(target) => mysql::MysqlSession::connect(target, &self.setup)
                .map(|session| boxed(Box::new(session))),
        };
        opened.map_err(|error| {
            let shown = self.not_connected().cause(error.to_string());
            match error.code.as_deref() {
                // invalid_catalog_name; ER_BAD_DB_ERROR
                Some("3D000" | "1049, 42000") => {
                    shown.help("create it: `cargo dbmig database setup`")
                }
                Some(_) => shown,
                None => shown.help("is the server running, and is its address right?"),
            }
        })
    }

    fn not_connected(&self) -> CliError {
        CliError::database(format!("could not connect to database `{}`", self.shown))
    }

    /// The files that belong to it, those that exist.
    pub fn files(&self) -> Vec<PathBuf> {
        let Some(path) = self.path() else { return vec![] };
        let beside = |suffix: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        ["-wal", "-shm", "-journal", ""]
            .map(beside)
            .into_iter()
            .filter(|path| path.exists())
            .collect()
    }
}
