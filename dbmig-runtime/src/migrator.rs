//! `Migrator`: what an application uses at its start.

use dbmig_build::Dialect;

use crate::connection::MigrationConnection;
use crate::embedded::Migrations;
use crate::error::{Error, ErrorKind};
use crate::event::{Observer, Silent};
use crate::history;
use crate::nested::Nested;
use crate::options::RunOptions;
use crate::plan::{Backfills, Plan, Rules, Target, plan_apply};
use crate::report::Report;
use crate::runner;
use crate::session::Session;

/// Applies a set to a database.
///
/// ```no_run
/// # #[cfg(feature = "sqlite")] {
/// use diesel::Connection as _;
/// # static MIGRATIONS: dbmig_runtime::EmbeddedSet = dbmig_runtime::EmbeddedSet::new("");
/// // In the application: dbmig_runtime::include_migrations!();
/// let mut conn = diesel::SqliteConnection::establish("app.sqlite3")?;
/// let report = dbmig_runtime::Migrator::new(&MIGRATIONS).run(&mut conn)?;
/// println!("{} migrations applied", report.applied());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a migrator does nothing until `run` is called"]
pub struct Migrator<'a> {
    migrations: &'a dyn Migrations,
    rules: Rules,
    options: RunOptions,
    in_open_transaction: bool,
    observer: Option<&'a mut dyn Observer>,
}

impl<'a> Migrator<'a> {
    /// A migrator for a set: the embedded one, or one that was loaded.
    pub fn new(migrations: &'a dyn Migrations) -> Self {
        Self {
            migrations,
            rules: Rules::default(),
            options: RunOptions::default(),
            in_open_transaction: false,
            observer: None,
        }
    }

    /// Makes every deviation between set and database an error, also when nothing is pending: versions
    /// that the set does not know, and migrations that were edited since they were applied.
    pub fn strict(mut self) -> Self {
        self.rules.strict = true;
        self
    }

    /// Whether backfills run with it: all of them, or those of small tables.
    pub fn backfills(mut self, backfills: Backfills) -> Self {
        self.rules.backfills = backfills;
        self
    }

    /// How long to wait for others, and how much one transaction holds.
    pub fn options(mut self, options: RunOptions) -> Self {
        self.options = options;
        self
    }

    /// Applies within the transaction that the connection has open, where it has one: all of it is gone when
    /// the caller rolls back. For tests that run in Diesel's `begin_test_transaction`.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// use diesel::Connection as _;
    /// # static MIGRATIONS: dbmig_runtime::EmbeddedSet = dbmig_runtime::EmbeddedSet::new("");
    /// # fn test() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut conn = diesel::SqliteConnection::establish(":memory:")?;
    /// conn.begin_test_transaction()?;
    /// dbmig_runtime::Migrator::new(&MIGRATIONS).in_open_transaction(true).run(&mut conn)?;
    /// # Ok(()) }
    /// # }
    /// ```
    ///
    /// On SQLite and PostgreSQL, by savepoints. A migration that runs outside a transaction, or with
    /// foreign keys off, is refused before anything runs; so is an open transaction on MySQL, whose DDL
    /// would commit it. On PostgreSQL no other runner gets its turn before the transaction ends.
    pub fn in_open_transaction(mut self, allowed: bool) -> Self {
        self.in_open_transaction = allowed;
        self
    }

    /// Reports what happens to `observer`.
    pub fn observer(mut self, observer: &'a mut dyn Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// What [`run`](Self::run) would do. Writes nothing.
    ///
    /// # Errors
    ///
    /// When set and history disagree, or the database can not be read.
    pub fn plan<C: MigrationConnection>(&self, conn: &mut C) -> Result<Plan, Error> {
        let set = self.migrations.set().map_err(|error| Error::new(ErrorKind::Embedded(error)))?;
        let history = history::read_patiently(conn).map_err(Error::database("read the history"))?;
        Ok(plan_apply(set, &history, conn.dialect(), &Target::All, &self.rules)?)
    }

    /// Applies what is pending.
    ///
    /// With nothing pending nothing is written, and no deviation is an error: an older binary starts on
    /// a newer database, and the report tells what it saw. With something pending, deviations stop the
    /// run before anything is run.
    ///
    /// # Errors
    ///
    /// Set and history disagree, a statement fails, or the connection has an open transaction. What was
    /// committed before is in the error's report.
    pub fn run<C: MigrationConnection>(self, conn: &mut C) -> Result<Report, Error> {
        let open = conn.in_transaction().map_err(Error::database("use the connection"))?;
        match self.in_open_transaction && open && conn.dialect() != Dialect::Mysql {
            true => self.run_on(&mut Nested::new(conn)),
            false => self.run_on(conn),
        }
    }

    fn run_on(self, session: &mut dyn Session) -> Result<Report, Error> {
        let mut silent = Silent;
        let set = self.migrations.set().map_err(|error| Error::new(ErrorKind::Embedded(error)))?;
        let (rules, options) = (&self.rules, &self.options);
        let observer = self.observer.unwrap_or(&mut silent);
        let mut history =
            history::read_patiently(session).map_err(Error::database("read the history"))?;
        if let Some(recovered) = runner::recover(session, set, &history, options, observer)? {
            history = recovered;
        }
        let plan = plan_apply(set, &history, session.dialect(), &Target::All, rules)?;
        runner::run(session, set, &history, &plan, options, observer)
    }
}
