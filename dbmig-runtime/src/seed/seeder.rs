//! Seeds from the application: the embedded reference set, and functions beside its files.

use dbmig_build::Seed;

use super::stem;
use crate::connection::MigrationConnection;
use crate::embedded::Migrations;
use crate::error::{Error, ErrorKind};
use crate::options::RunOptions;
use crate::runner::{self, SeedReport};
use crate::session::Session;

/// What a function returns that fails.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

type Work<'a, C> = Box<dyn FnOnce(&mut C) -> Result<(), Failure> + 'a>;

/// A seed that is a function.
pub(crate) struct Function<'a, C> {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) work: Work<'a, C>,
}

/// Runs the reference seeds of a set, by the rules of the command: each once for its content, checked before
/// anything is written, a file a transaction. Call it after [`crate::Migrator::run`].
///
/// ```
/// # static MIGRATIONS: dbmig_runtime::EmbeddedSet = dbmig_runtime::EmbeddedSet::new("");
/// # #[cfg(feature = "sqlite")]
/// fn start(conn: &mut diesel::SqliteConnection) -> Result<(), dbmig_runtime::Error> {
///     dbmig_runtime::Migrator::new(&MIGRATIONS).run(conn)?;
///     dbmig_runtime::seed::run(&MIGRATIONS, conn)?;
///     Ok(())
/// }
/// ```
///
/// # Errors
///
/// A cell that is wrong ([`crate::ErrorKind::Seeds`], with every finding), a statement that fails, a set that
/// was not written by `dbmig-build`. The seed in hand is rolled back, those before it stay.
pub fn run(migrations: &impl Migrations, session: &mut dyn Session) -> Result<SeedReport, Error> {
    let set = migrations.set().map_err(|error| Error::new(ErrorKind::Embedded(error)))?;
    let options = RunOptions::default();
    runner::run_seeds(session, set.seeds(), false, &options, &mut crate::Silent)
}

/// Runs the reference seeds of a set, and functions beside them.
///
/// ```
/// use diesel::prelude::*;
/// # static MIGRATIONS: dbmig_runtime::EmbeddedSet = dbmig_runtime::EmbeddedSet::new("");
/// # #[cfg(feature = "sqlite")]
/// fn seed(conn: &mut SqliteConnection) -> Result<(), dbmig_runtime::Error> {
///     dbmig_runtime::seed::Seeder::new(&MIGRATIONS)
///         .function("reference/002_admin", "1", |conn: &mut SqliteConnection| {
///             diesel::sql_query("INSERT INTO users (name) VALUES ('admin')").execute(conn)?;
///             Ok(())
///         })
///         .run(conn)?;
///     Ok(())
/// }
/// ```
#[must_use = "a seeder does nothing until `run` is called"]
pub struct Seeder<'a, C> {
    migrations: &'a dyn Migrations,
    functions: Vec<Function<'a, C>>,
    options: RunOptions,
}

impl<'a, C: MigrationConnection> Seeder<'a, C> {
    /// A seeder for the reference seeds of a set.
    pub fn new(migrations: &'a dyn Migrations) -> Self {
        Self { migrations, functions: Vec::new(), options: RunOptions::default() }
    }

    /// How long to wait for others.
    pub fn options(mut self, options: RunOptions) -> Self {
        self.options = options;
        self
    }

    /// A function beside the files. It has its place among them by `name`, as if it were a file:
    /// `reference/002_admin` runs between `reference/001_roles.csv` and `reference/003_flags.csv`.
    ///
    /// It runs once for its `version`, in one transaction with its record, and again when the version is
    /// another one or a migration was reverted since: write it to be repeatable. Transactions of Diesel's
    /// inside it are savepoints. What it did is not kept, and so can not be undone.
    pub fn function(
        mut self,
        name: impl Into<String>,
        version: impl Into<String>,
        work: impl FnOnce(&mut C) -> Result<(), Failure> + 'a,
    ) -> Self {
        let (name, version) = (name.into(), version.into());
        self.functions.push(Function { name, version, work: Box::new(work) });
        self
    }

    /// Runs what was not run yet, in the order of the names. The cells of the files up to the next function
    /// are checked before one of them is written.
    ///
    /// # Errors
    ///
    /// As [`run`]; an error of a function ([`ErrorKind::SeedFunction`]); two seeds of one name. The seed in
    /// hand is rolled back, those before it stay.
    pub fn run(mut self, conn: &mut C) -> Result<SeedReport, Error> {
        let set = self.migrations.set().map_err(|error| Error::new(ErrorKind::Embedded(error)))?;
        let mut files: Vec<Seed> = set.seeds().to_vec();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        self.functions.sort_by(|a, b| a.name.cmp(&b.name));
        self.refuse_twice(&files)?;
        let mut report = SeedReport::default();
        let run_files = |conn: &mut C, files: &[Seed]| -> Result<SeedReport, Error> {
            runner::run_seeds(conn, files, false, &self.options, &mut crate::Silent)
        };
        let mut add = |mut more: SeedReport| {
            report.run.append(&mut more.run);
            report.unchanged += more.unchanged;
        };
        for function in self.functions {
            let later = files.iter().position(|file| stem(&file.name) > function.name.as_str());
            let later = files.split_off(later.unwrap_or(files.len()));
            add(run_files(conn, &files)?);
            files = later;
            let options = &self.options;
            let done = runner::run_function(conn, function, options, &mut crate::Silent)?;
            let unchanged = usize::from(done.is_none());
            add(SeedReport { run: done.into_iter().collect(), unchanged });
        }
        add(run_files(conn, &files)?);
        Ok(report)
    }

    fn refuse_twice(&self, files: &[Seed]) -> Result<(), Error> {
        let twice = self.functions.iter().enumerate().find(|(index, function)| {
            self.functions[..*index].iter().any(|other| other.name == function.name)
                || files
                    .iter()
                    .any(|file| file.name == function.name || stem(&file.name) == function.name)
        });
        match twice {
            None => Ok(()),
            Some((_, function)) => {
                Err(Error::new(ErrorKind::SeedTwice { name: function.name.clone() }))
            }
        }
    }
}
