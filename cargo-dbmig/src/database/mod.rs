//! Where databases are and how they are opened.

mod address;
mod admin;
mod client;
mod console;
mod interrupt;
mod locate;
mod mysql;
mod patience;
mod postgres;
mod redact;
mod scratch;
mod setup;
mod sqlite;
mod url;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dbmig_build::Dialect;
use dbmig_runtime::Session;
use dbmig_runtime::session::{DbError, DbErrorKind, DbResult};

use crate::config::{Env, EnvironmentConfig, TlsMode};
use crate::error::{CliError, CliResult};
use crate::shell;
pub use client::Client;
pub use console::{Answer, Console};
pub use locate::{locate, url_for_programs};
pub use mysql::MysqlTarget;
pub use postgres::PostgresTarget;
pub(crate) use postgres::are_words;
use redact::redacted;
pub use scratch::Scratch;
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
    /// How long a server has to come up.
    wait: Option<Duration>,
}

/// What a URL is read with.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The variables.
    pub env: &'a Env,
    /// `tls` of the environment.
    pub tls: Option<TlsMode>,
    /// The current folder, which the files that a URL names are below.
    pub cwd: &'a Path,
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

impl Location {
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
        let around = Surroundings { env: &Env::default(), tls: None, cwd: Path::new("") };
        Self::of(":memory:", around.cwd, around)?.open(Access::Write)
    }

    /// The same in memory: what new connections are told is told to this one.
    ///
    /// # Errors
    ///
    /// As [`Location::of`].
    fn in_memory_instead(&self) -> CliResult<Self> {
        let around = Surroundings { env: &Env::default(), tls: None, cwd: Path::new("") };
        let memory = Self::of(":memory:", around.cwd, around)?;
        Ok(Self { setup: self.setup.clone(), ..memory })
    }

    /// A database in memory, with what the environment tells new connections.
    ///
    /// # Errors
    ///
    /// As [`Location::of`].
    pub fn memory(section: &EnvironmentConfig) -> CliResult<Self> {
        let around = Surroundings { env: &Env::default(), tls: None, cwd: Path::new("") };
        Ok(Self::of(":memory:", around.cwd, around)?.with_setup_of(section))
    }

    /// With what the environment tells new connections.
    pub fn with_setup_of(self, section: &EnvironmentConfig) -> Self {
        Self { setup: Setup::of(section), ..self }
    }

    /// Another database of the same server; a file stays what it is.
    pub fn with_database(&self, name: &str) -> Self {
        let target = match &self.target {
            Target::Sqlite(url) => Target::Sqlite(url.clone()),
            Target::Postgres(target) => Target::Postgres(target.with_database(name)),
            Target::Mysql(target) => Target::Mysql(target.with_database(Some(name))),
        };
        Self { target, ..self.clone() }
    }

    /// What messages call it.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// What its owner calls it: the name on a server, or that of the file; `None` in memory.
    pub fn name(&self) -> Option<String> {
        match &self.target {
            Target::Sqlite(url) => Some(url.path()?.file_name()?.to_string_lossy().into_owned()),
            Target::Postgres(target) => target.database().map(str::to_owned),
            Target::Mysql(target) => target.database().map(str::to_owned),
        }
    }

    /// What it speaks.
    pub fn dialect(&self) -> Dialect {
        match self.target {
            Target::Sqlite(_) => Dialect::Sqlite,
            Target::Postgres(_) => Dialect::Postgres,
            Target::Mysql(_) => Dialect::Mysql,
        }
    }

    /// Whether it is on a server.
    pub fn is_on_server(&self) -> bool {
        !matches!(self.target, Target::Sqlite(_))
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
                .help("create it by name: `cargo dbmig db setup`"));
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
        self.console(access).map(|console| console as Box<dyn Session>)
    }

    /// Opens it for statements that somebody typed.
    ///
    /// # Errors
    ///
    /// As [`Location::open`].
    pub fn console(&self, access: Access) -> CliResult<Box<dyn Console>> {
        match &self.target {
            Target::Sqlite(url) => sqlite::open(url, access, self.setup.sqlite())
                .map_err(|reason| self.not_connected().cause(reason)),
            _ => self.connect().map_err(|error| self.refused(&error)),
        }
    }

    /// Connects to a server.
    fn connect(&self) -> DbResult<Box<dyn Console>> {
        self.waiting(|| match &self.target {
            Target::Postgres(target) => {
                Ok(Box::new(postgres::PostgresSession::connect(target, &self.setup)?))
            }
            Target::Mysql(target) => {
                Ok(Box::new(mysql::MysqlSession::connect(target, &self.setup)?))
            }
            Target::Sqlite(_) => Err(DbError::new(DbErrorKind::Other, "SQLite has no server")),
        })
    }

    fn refused(&self, error: &DbError) -> CliError {
        let shown = self.not_connected().cause(error.to_string());
        match error.code.as_deref() {
            // invalid_catalog_name; ER_BAD_DB_ERROR
            Some("3D000" | "1049, 42000") => shown.help("create it: `cargo dbmig db setup`"),
            Some(_) => shown,
            None if error.kind != DbErrorKind::Closed => shown.help(
                "check what the URL says about TLS: `sslmode` and `sslrootcert`, or `ssl_mode` and `ssl_ca`",
            ),
            None => shown
                .help("is the server running, and is its address right?")
                .help("if it is still starting, give the command `--wait`"),
        }
    }

    /// Connects, as often as it takes for a server that is still starting.
    fn waiting(
        &self,
        connect: impl Fn() -> DbResult<Box<dyn Console>>,
    ) -> DbResult<Box<dyn Console>> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(100);
        loop {
            let error = match connect() {
                Ok(session) => return Ok(session),
                Err(error) => error,
            };
            let left = self.wait.unwrap_or_default().saturating_sub(begun.elapsed());
            // A server that answers is up; what it says will not change by itself.
            if error.kind != DbErrorKind::Closed || left.is_zero() {
                return Err(error);
            }
            std::thread::sleep(pause.min(left));
            pause = (pause * 3 / 2).min(Duration::from_secs(1));
        }
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
