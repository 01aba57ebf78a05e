//! `Context`: everything resolved that a command needs, built once.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dbmig_build::check::{self, Checked, Options};
use dbmig_build::{Code, Demand, Dialect, Findings, Group, MigrationSet, Policy, RawSet, Severity};
use dbmig_runtime::Session;

use crate::config::{Config, Env, Environment, Kind};
use crate::database::{self, Access, Location};
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::global::GlobalArgs;
use crate::metadata;
use crate::operations::schema_files;
use crate::output::Output;
use crate::project::{self, MIGRATION_DIRECTORY, Overrides, Project};
use crate::render;
use crate::scaffold::relative_path;
use crate::workspace;

/// How long a command waits for another runner: a person, or a pipeline, has more time than an
/// application that starts.
const RUNNER_WAIT: Duration = Duration::from_secs(600);

/// What a command works with.
pub struct Context<'o> {
    /// The current folder.
    pub cwd: PathBuf,
    /// The variables, those of `.env` included.
    pub env: Env,
    /// The project that was found.
    pub project: Project,
    /// The options of every command.
    pub global: GlobalArgs,
    /// Where to write.
    pub output: &'o mut Output,
}

impl<'o> Context<'o> {
    /// Finds the project and reads its configuration.
    ///
    /// # Errors
    ///
    /// Broken configuration, an unknown package, an unusable `.env`.
    pub fn new(global: GlobalArgs, output: &'o mut Output) -> CliResult<Self> {
        let cwd = std::env::current_dir().map_err(|error| {
            CliError::usage("could not find the current folder").cause(error.to_string())
        })?;
        let process = Env::from_process();
        let start = match &global.package {
            Some(package) => workspace::package_dir(&cwd, &process, package)?,
            None => cwd.clone(),
        };
        let overrides = Overrides {
            manifest_path: global.manifest_path.clone(),
            config: global.config.clone(),
            diesel_config: global.config_file.clone(),
        };
        let project = project::discover(&start, &overrides)?;
        let (env, _) = project.with_dotenv(&cwd, process)?;
        Ok(Self { cwd, env, project, global, output })
    }

    /// Stops at a virtual root that has no migrations of its own, where packages below it have: nobody
    /// said which of them is meant.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn refuse_ambiguous_root(&self) -> CliResult<()> {
        let project = &self.project;
        let named = self.global.migrations_dir.is_some()
            || self.env.get(MIGRATION_DIRECTORY).is_some_and(|path| !path.is_empty())
            || project.config_path.is_some()
            || project.diesel_path.is_some();
        if named || !workspace::is_at_virtual_root(project) {
            return Ok(());
        }
        // Without cargo there are no packages to name.
        let packages = workspace::packages_with_config(&project.start, &self.env);
        let packages = packages.unwrap_or_default();
        if packages.is_empty() {
            return Ok(());
        }
        let flags: Vec<_> = packages.iter().map(|name| format!("`-p {name}`")).collect();
        Err(CliError::usage("this workspace has migrations in its packages, and none at its root")
            .help(format!("name a package: {}", flags.join(", "))))
    }

    /// A path as messages call it.
    pub fn show(&self, path: &Path) -> String {
        project::show(path, &self.cwd)
    }

    /// The environment that was asked for.
    ///
    /// # Errors
    ///
    /// `dbmig.toml` does not know it.
    pub fn environment(&self) -> CliResult<Environment> {
        let named = self.global.env.as_deref();
        let mut environment =
            self.project.config.environment(named.unwrap_or(Config::DEFAULT_ENVIRONMENT))?;
        let url_given =
            self.global.database_url.is_some() || self.env.get("DBMIG_DATABASE_URL").is_some();
        if named.is_none() && url_given {
            // A URL that was typed may be anything: nobody has said that it is a place to play.
            environment.kind = Kind::Unclassified;
        }
        Ok(environment)
    }

    /// How a run behaves towards others, by the environment and the flags.
    ///
    /// # Errors
    ///
    /// `dbmig.toml` does not know the environment.
    pub fn run_options(&self) -> CliResult<dbmig_runtime::RunOptions> {
        let environment = self.environment()?;
        let stamp = environment.stamp_of_new();
        let section = environment.section;
        let defaults = dbmig_runtime::RunOptions::default();
        Ok(dbmig_runtime::RunOptions {
            stamp,
            protected: environment.protected,
            lock_timeout: section.lock_timeout,
            statement_timeout: section.statement_timeout,
            runner_wait: self.global.runner_wait.unwrap_or(RUNNER_WAIT),
            retries: self.global.lock_retries.or(section.lock_retries).unwrap_or(defaults.retries),
            ..defaults
        })
    }

    /// The migrations directory.
    ///
    /// # Errors
    ///
    /// The database must be named, or is not known.
    pub fn migrations_dir(&self) -> CliResult<PathBuf> {
        let flag = self.global.migrations_dir.as_deref();
        let (dir, _) = self.project.migrations_dir(
            &self.cwd,
            flag,
            &self.env,
            self.global.database.as_deref(),
        )?;
        Ok(dir)
    }

    /// The seeds directory.
    ///
    /// # Errors
    ///
    /// The database must be named, or is not known.
    pub fn seeds_dir(&self) -> CliResult<PathBuf> {
        let migrations = self.migrations_dir()?;
        let flag = self.global.seeds_dir.as_deref();
        let (dir, _) = self.project.seeds_dir(
            &self.cwd,
            flag,
            &migrations,
            self.global.database.as_deref(),
        )?;
        Ok(dir)
    }

    /// The dialect of `dbmig.toml`.
    ///
    /// # Errors
    ///
    /// The database must be named, or is not known.
    pub fn configured_dialect(&self) -> CliResult<Option<Dialect>> {
        let (_, database) = self.project.config.database(self.global.database.as_deref())?;
        Ok(database.dialect)
    }

    /// The policy of `dbmig.toml`; `None` without one, and then the lock's holds.
    pub fn policy(&self) -> Option<Policy> {
        self.project.config.from_file.then(|| self.project.config.policy_of_sets())
    }

    /// Loads and checks the set, for whoever runs it.
    ///
    /// # Errors
    ///
    /// The database must be named, or is not known. Findings are no error: they are in the result.
    pub fn check(&self) -> CliResult<Checked> {
        self.judge(&self.raw_set()?)
    }

    /// Loads and checks the set with `schema.rs`, for whoever builds it.
    ///
    /// # Errors
    ///
    /// As [`Context::check`], and `diesel.toml` says something that Diesel does not know.
    pub fn check_for_build(&self) -> CliResult<Checked> {
        let (mut raw, dir) = (self.raw_set()?, self.migrations_dir()?);
        let names = match self.policy() {
            Some(policy) if policy.schema_rs == Demand::Off => return self.judge(&raw),
            Some(_) => schema_files::named(self)?
                .iter()
                .map(|file| relative_path(&dir, &file.path))
                .collect(),
            None => dbmig_build::locked_schemas(&raw),
        };
        dbmig_build::load_schemas(&mut raw, &dir, names);
        self.judge(&raw)
    }

    /// Loads the set, and judges nothing of it.
    ///
    /// # Errors
    ///
    /// The database must be named, or is not known.
    pub fn raw_set(&self) -> CliResult<RawSet> {
        let dir = self.migrations_dir()?;
        let mut raw = dbmig_build::load(&dir, &self.show(&dir));
        let seeds = self.seeds_dir()?;
        dbmig_build::load_reference(&mut raw, &seeds, &self.show(&seeds));
        Ok(raw)
    }

    /// Checks what was loaded, or what is about to be written.
    ///
    /// # Errors
    ///
    /// As [`Context::check`].
    pub fn judge(&self, raw: &RawSet) -> CliResult<Checked> {
        let options = Options {
            read_settings: metadata::read,
            dialects: self.configured_dialect()?.map(|dialect| vec![dialect]),
            policy: self.policy(),
            lock_required: self.project.config.from_file,
            judge_locked: true,
        };
        Ok(check::run(raw, &options))
    }

    /// The set for a verb that runs it.
    ///
    /// Findings of integrity, a lock that can not be read, and before an apply settings that can not be
    /// read, stop it. Others are shown as warnings in
    /// `apply`, and stop it too where the environment is protected.
    ///
    /// # Errors
    ///
    /// See above; the findings are printed first.
    pub fn load_set(&mut self, purpose: Purpose) -> CliResult<MigrationSet> {
        let checked = self.check()?;
        let applies = purpose != Purpose::Other;
        let protected = applies && self.environment()?.protected;
        // A plain Diesel project says what Diesel reads; ours has said that it means what it says.
        let strict = applies && self.project.config.from_file;
        let about_metadata =
            |code: Code| matches!(code, Code::InvalidMetadata | Code::MetadataTransactionMissing);
        let stops = |code: Code| {
            code.group() == Group::Integrity
                || matches!(code, Code::LockConflict | Code::LockMalformed | Code::LockUnsupported)
                || strict && about_metadata(code)
        };
        let mut stopping = Findings::default();
        let mut others = Findings::default();
        for mut finding in checked.findings {
            let error = finding.severity == Severity::Error;
            if error && (protected || stops(finding.code)) {
                stopping.push(finding);
            } else if error
                && (about_metadata(finding.code)
                    || finding.code.group() == Group::Lock
                        && !finding.code.is_settled_by_lock()
                        && !finding.code.is_about_proof())
            {
                // Habits are for `check` and the build; here they would only be in the way.
                finding.severity = Severity::Warning;
                others.push(finding);
            }
        }
        if stopping.is_empty() {
            if purpose == Purpose::Apply {
                render::findings(self.output, &others);
            }
            if let Some(set) = checked.set {
                return Ok(set);
            }
        }
        render::findings(self.output, &stopping);
        let mut error =
            CliError::new(Exit::Findings, "the migrations are not in order; nothing was run");
        if protected && stopping.iter().any(|finding| finding.code == Code::Draft) {
            error = error.note("a protected environment takes locked migrations only");
        }
        if stopping.iter().any(|finding| finding.code.is_about_proof()) {
            error = error.note(
                "a protected environment takes nothing that `[policy] proof = \"required\"` refuses",
            );
        }
        Err(error.help("see all of it: `cargo dbmig check`"))
    }

    /// Where the database is.
    ///
    /// # Errors
    ///
    /// Nobody says where, or the URL is of a kind that is not served.
    pub fn location(&self) -> CliResult<Location> {
        let environment = self.environment()?;
        database::locate(self, &environment)
    }

    /// Whether the database is a file that is not there, and that `access` may create.
    ///
    /// # Errors
    ///
    /// The database is not there, and is not to be created.
    pub fn is_absent(&self, access: Access) -> CliResult<bool> {
        let environment = self.environment()?;
        let location = database::locate(self, &environment)?;
        location.prepare(access, environment.protected, &self.cwd)
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// The database is not there, or can not be opened.
    pub fn connect(&mut self, access: Access) -> CliResult<Box<dyn Session>> {
        let environment = self.environment()?;
        let location = database::locate(self, &environment)?;
        let created = location.prepare(access, environment.protected, &self.cwd)?;
        if created {
            self.output.progress(format!("Creating database: {}", location.shown()));
        }
        location.open(access)
    }

    /// What messages call the database: its place and its environment.
    ///
    /// # Errors
    ///
    /// As [`Context::location`].
    pub fn database_name(&self) -> CliResult<String> {
        let environment = self.environment()?;
        let location = database::locate(self, &environment)?;
        Ok(match environment.kind {
            Kind::Unclassified if !self.project.config.from_file => location.shown().to_owned(),
            _ => format!("{} ({})", location.shown(), environment.name),
        })
    }
}

/// What a set is loaded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be applied.
    Apply,
    /// To see whether it could be applied, without the warnings: an apply follows.
    Foresee,
    /// To be looked at, or reverted.
    Other,
}
