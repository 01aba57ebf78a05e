//! Where the migrations and the seeds of a project are, and who said so.

use std::fmt;
use std::path::{Path, PathBuf};

use super::{Project, tidy};
use crate::config::{DEFAULT_MIGRATIONS, DEFAULT_SEEDS, DatabaseConfig, Env};
use crate::error::CliResult;

/// The variable with which Diesel's command line is told the directory.
pub const MIGRATION_DIRECTORY: &str = "MIGRATION_DIRECTORY";

/// Who said where a directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag,
    /// This environment variable.
    Variable(&'static str),
    /// A key of `dbmig.toml`.
    DbmigToml,
    /// `[migrations_directory] dir` of `diesel.toml`.
    DieselToml,
    /// It was there.
    Found,
    /// It belongs beside the migrations.
    BesideMigrations,
    /// Nobody: the default.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("command line"),
            Self::Variable(name) => write!(f, "environment variable `{name}`"),
            Self::DbmigToml => f.write_str("dbmig.toml"),
            Self::DieselToml => f.write_str("diesel.toml"),
            Self::Found => f.write_str("found"),
            Self::BesideMigrations => f.write_str("beside the migrations"),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Project {
    /// The migrations directory of a database, and who named it. It need not exist.
    ///
    /// A path of the command line or of `MIGRATION_DIRECTORY` is relative to `cwd`, one of a file to that
    /// file. The variable and `diesel.toml` know one database only, so they never speak for a named one.
    ///
    /// # Errors
    /// The database is not known, or must be named.
    pub fn migrations_dir(
        &self,
        cwd: &Path,
        flag: Option<&Path>,
        env: &Env,
        database: Option<&str>,
    ) -> CliResult<(PathBuf, Origin)> {
        let (name, database) = self.config.database(database)?;
        if let Some(path) = flag {
            return Ok((tidy(&cwd.join(path)), Origin::Flag));
        }
        let variable = env.get(MIGRATION_DIRECTORY).filter(|path| !path.is_empty());
        if let (None, Some(path)) = (name, variable) {
            return Ok((tidy(&cwd.join(path)), Origin::Variable(MIGRATION_DIRECTORY)));
        }
        Ok(self.configured_migrations(name, database))
    }

    fn configured_migrations(
        &self,
        name: Option<&str>,
        database: &DatabaseConfig,
    ) -> (PathBuf, Origin) {
        if let Some(path) = &database.migrations {
            return (tidy(&self.root.join(path)), Origin::DbmigToml);
        }
        if let (None, Some((folder, path))) = (name, self.diesel_migrations()) {
            return (tidy(&folder.join(path)), Origin::DieselToml);
        }
        // With a dbmig.toml the answer must not depend on the folder that the command is typed in.
        let from = if self.config_path.is_some() { &self.root } else { &self.start };
        let found = from
            .ancestors()
            .take_while(|folder| folder.starts_with(&self.workspace_root))
            .map(|folder| folder.join(DEFAULT_MIGRATIONS))
            .find(|path| path.is_dir());
        match found {
            Some(path) => (path, Origin::Found),
            None => (self.root.join(DEFAULT_MIGRATIONS), Origin::Default),
        }
    }

    fn diesel_migrations(&self) -> Option<(&Path, &Path)> {
        let folder = self.diesel_path.as_deref()?.parent()?;
        Some((folder, self.diesel.as_ref()?.migrations_dir.as_deref()?))
    }

    /// The seeds directory of a database, and who named it: the command line, `dbmig.toml`, or its place
    /// beside `migrations`, the directory that [`Project::migrations_dir`] gave. It need not exist.
    ///
    /// # Errors
    /// The database is not known, or must be named.
    pub fn seeds_dir(
        &self,
        cwd: &Path,
        flag: Option<&Path>,
        migrations: &Path,
        database: Option<&str>,
    ) -> CliResult<(PathBuf, Origin)> {
        let (name, database) = self.config.database(database)?;
        if let Some(path) = flag {
            return Ok((tidy(&cwd.join(path)), Origin::Flag));
        }
        if let Some(path) = &database.seeds {
            return Ok((tidy(&self.root.join(path)), Origin::DbmigToml));
        }
        let own_folder = migrations.file_name().is_some_and(|name| name == DEFAULT_MIGRATIONS);
        let seeds = match name {
            // `migrations_a` and `migrations_b` side by side must not end up with one `seeds`.
            Some(name) if !own_folder => format!("{DEFAULT_SEEDS}_{name}"),
            _ => DEFAULT_SEEDS.to_owned(),
        };
        let folder = migrations.parent().unwrap_or(&self.root);
        Ok((folder.join(seeds), Origin::BesideMigrations))
    }

    /// The `schema.rs` of a database: `schema` of `dbmig.toml`, else what Diesel writes.
    ///
    /// # Errors
    /// The database is not known, or must be named.
    pub fn schema_file(&self, database: Option<&str>) -> CliResult<Option<(PathBuf, Origin)>> {
        let (name, database) = self.config.database(database)?;
        if let Some(path) = &database.schema {
            return Ok(Some((tidy(&self.root.join(path)), Origin::DbmigToml)));
        }
        let diesel = self
            .diesel_path
            .as_deref()
            .and_then(Path::parent)
            .zip(self.diesel.as_ref().and_then(|diesel| diesel.schema_file.as_deref()));
        Ok(match (name, diesel) {
            (None, Some((folder, file))) => Some((tidy(&folder.join(file)), Origin::DieselToml)),
            _ => None,
        })
    }
}
