//! `Config`: `dbmig.toml` after validation, and what follows from it for one environment or database.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dbmig_build::{Demand, Dialect, Level, Policy, Version};
use dbmig_runtime::plan::Backfills;

use super::env_section::EnvironmentConfig;
use super::place::Place;
use super::secret::Secret;
use super::suggest::unknown_name;
use crate::error::{CliError, CliResult};

/// The migrations directory, where nothing names another.
pub const DEFAULT_MIGRATIONS: &str = "migrations";

/// The seeds directory, where nothing names another.
pub const DEFAULT_SEEDS: &str = "seeds";

/// `dbmig.toml`, validated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// Whether there is a file. Without one no environment has a kind.
    pub from_file: bool,
    /// The top-level keys: the one database that most projects have.
    pub database: DatabaseConfig,
    /// `[databases.<name>]`.
    pub databases: BTreeMap<String, DatabaseConfig>,
    /// `[env.<name>]`.
    pub environments: BTreeMap<String, EnvironmentConfig>,
    /// `[lints]`. The codes are not judged here.
    pub lints: BTreeMap<String, Lint>,
    /// `[policy]`.
    pub policy: PolicyConfig,
    /// `[shadow]`.
    pub shadow: ShadowConfig,
}

/// The keys of one database. Paths are as written: relative to `dbmig.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatabaseConfig {
    /// `dialect`; without it the URL tells.
    pub dialect: Option<Dialect>,
    /// `migrations`, if written; see [`DEFAULT_MIGRATIONS`].
    pub migrations: Option<PathBuf>,
    /// `seeds`, or `dir` of `[seeds]`, if written; see [`DEFAULT_SEEDS`].
    pub seeds: Option<PathBuf>,
    /// `[seeds] command`: a program and its arguments, which `seed run` starts after the files.
    pub seed_command: Option<Vec<String>>,
    /// `schema`: the path of `schema.rs`.
    pub schema: Option<PathBuf>,
    /// `external`: patterns of names that belong to somebody else, and are not looked at.
    pub external: Vec<String>,
}

/// A line of `[lints]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// The level.
    pub level: Level,
    /// Where the code stands, for the error about an unknown one.
    pub place: Place,
}

/// `[policy]`, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyConfig {
    /// `start_after`: findings of habit are silent up to this version.
    pub start_after: Option<String>,
    /// `base`: the branch that `check` compares with.
    pub base: Option<String>,
    /// `proof`: whether ways back have to be proved.
    pub proof: Demand,
    /// `schema_rs`: whether `schema.rs` has to be what was locked.
    pub schema_rs: Demand,
    /// `backfills`: whether `migrate` runs them; by the environment where nothing is written.
    pub backfills: Option<Backfills>,
}

/// `[shadow]`: the scratch database of a proof.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShadowConfig {
    /// `url`.
    pub url: Option<Secret>,
    /// `init`: an SQL file that prepares it, relative to `dbmig.toml`.
    pub init: Option<PathBuf>,
}

/// What an environment is for. Only `dbmig.toml` decides it, never a name in a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Protected unless the file says otherwise.
    Production,
    /// Where work is done and undone.
    Development,
    /// Created and thrown away by tests.
    Test,
    /// Nobody has said: treated with care.
    Unclassified,
}

impl Kind {
    /// The word in `dbmig.toml` and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Development => "development",
            Self::Test => "test",
            Self::Unclassified => "unclassified",
        }
    }
}

/// The environment that a command works in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
    /// Whether destructive verbs need consent.
    pub protected: bool,
    /// The section; empty if it is not written.
    pub section: EnvironmentConfig,
}

impl Config {
    /// The environment that is used when none is named; known also without a section.
    pub const DEFAULT_ENVIRONMENT: &'static str = "development";

    /// The configuration of a project without `dbmig.toml`.
    pub fn defaults() -> Self {
        Self::default()
    }

    /// What the lock carries of it to everybody who reads the set.
    pub fn policy_of_sets(&self) -> Policy {
        Policy {
            start_after: self.policy.start_after.clone().map(Version::new),
            lints: self.lints.iter().map(|(code, lint)| (code.clone(), lint.level)).collect(),
            proof: self.policy.proof,
            schema_rs: self.policy.schema_rs,
        }
    }

    /// An environment by name.
    ///
    /// # Errors
    /// The name has no section, and is not `development`.
    pub fn environment(&self, name: &str) -> CliResult<Environment> {
        let section = match self.environments.get(name) {
            Some(section) => section.clone(),
            None if name == Self::DEFAULT_ENVIRONMENT => EnvironmentConfig::default(),
            None => {
                let error = unknown_name("environment", name, &self.environment_names());
                let or = if error.help.is_empty() { "" } else { "or " };
                return Err(error.help(format!("{or}add an `[env.{name}]` section to dbmig.toml")));
            }
        };
        let kind = match section.kind {
            Some(kind) => kind,
            // Without a file nobody has said that this is a place to play: DATABASE_URL may be anything.
            None if self.from_file && name == Self::DEFAULT_ENVIRONMENT => Kind::Development,
            None => Kind::Unclassified,
        };
        let protected = section.protected.unwrap_or(kind == Kind::Production);
        Ok(Environment { name: name.to_owned(), kind, protected, section })
    }

    /// The names that [`Config::environment`] knows.
    pub fn environment_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.environments.keys().map(String::as_str).collect();
        if let Err(index) = names.binary_search(&Self::DEFAULT_ENVIRONMENT) {
            names.insert(index, Self::DEFAULT_ENVIRONMENT);
        }
        names
    }

    /// A database by name; without a name the one of the top-level keys, or the only one there is.
    ///
    /// # Errors
    /// The name is not known, or no name is given although there are several.
    pub fn database(&self, name: Option<&str>) -> CliResult<(Option<&str>, &DatabaseConfig)> {
        if let Some(name) = name {
            let found = self.databases.get_key_value(name);
            return found.map(|(name, database)| (Some(name.as_str()), database)).ok_or_else(
                || {
                    let known: Vec<&str> = self.databases.keys().map(String::as_str).collect();
                    unknown_name("database", name, &known)
                },
            );
        }
        if self.has_unnamed_database() {
            return Ok((None, &self.database));
        }
        let mut databases = self.databases.iter();
        match (databases.next(), databases.next()) {
            (Some((name, database)), None) => Ok((Some(name.as_str()), database)),
            _ => Err(CliError::usage("this project has several databases")
                .note(format!(
                    "known: {}",
                    super::suggest::listed(self.databases.keys().map(String::as_str))
                ))
                .help("name one with `--database <name>`")),
        }
    }

    /// What [`Config::database`] can be asked for: the unnamed one, if there is one, and every name.
    pub fn database_names(&self) -> Vec<Option<&str>> {
        let unnamed = self.has_unnamed_database().then_some(None);
        unnamed.into_iter().chain(self.databases.keys().map(|name| Some(name.as_str()))).collect()
    }

    /// Named databases alone leave no unnamed one; a top-level key declares it.
    fn has_unnamed_database(&self) -> bool {
        self.databases.is_empty() || self.database != DatabaseConfig::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        Config::parse(text, "dbmig.toml").expect("a valid text")
    }

    #[test]
    fn kinds_come_from_the_file_alone() {
        let text = "[env.production]\n[env.live]\nkind = 'production'\n[env.open]\nkind = 'production'\n\
                    protected = false\n[env.ci]\nkind = 'test'\n[env.stage]\nprotected = true\n";
        let cases = [
            ("development", Kind::Development, false),
            ("production", Kind::Unclassified, false),
            ("live", Kind::Production, true),
            ("open", Kind::Production, false),
            ("ci", Kind::Test, false),
            ("stage", Kind::Unclassified, true),
        ];
        for (name, kind, protected) in cases {
            let environment = config(text).environment(name).expect("known");
            assert_eq!((environment.kind, environment.protected), (kind, protected), "{name}");
        }
        let without_file = Config::defaults().environment("development").expect("always known");
        assert_eq!(without_file.kind, Kind::Unclassified);
        let overridden = config("[env.development]\nkind = 'test'\n").environment("development");
        assert_eq!(overridden.expect("known").kind, Kind::Test);
    }

    #[test]
    fn unknown_environments_list_the_known_ones() {
        let error = config("[env.production]\n").environment("prodution").unwrap_err();
        assert_eq!(error.message, "unknown environment `prodution`");
        assert_eq!(error.notes, ["known: `development`, `production`"]);
        assert_eq!(error.help[0], "did you mean `production`?");
    }

    #[test]
    fn databases_are_selected_by_name() {
        let two = "[databases.log]\nmigrations = 'a'\n[databases.main]\nmigrations = 'b'\n";
        let cases = [
            ("", None, Ok(None)),
            ("", Some("main"), Err("unknown database `main`")),
            (two, None, Err("this project has several databases")),
            (two, Some("main"), Ok(Some("main"))),
            (two, Some("man"), Err("unknown database `man`")),
            ("[databases.log]\nmigrations = 'a'\n", None, Ok(Some("log"))),
            ("migrations = 'c'\n[databases.log]\nmigrations = 'a'\n", None, Ok(None)),
        ];
        for (text, name, expected) in cases {
            let config = config(text);
            let found = config.database(name).map(|(name, _)| name).map_err(|error| error.message);
            assert_eq!(found, expected.map_err(str::to_owned), "{text} {name:?}");
        }
        assert_eq!(config(two).database_names(), [Some("log"), Some("main")]);
        assert_eq!(config("").database_names(), [None]);
    }
}
