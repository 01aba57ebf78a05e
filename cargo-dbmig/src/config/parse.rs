//! `Config::parse`: `dbmig.toml`, strictly.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dbmig_build::{Demand, Level};
use dbmig_runtime::plan::Backfills;
use toml_edit::TableLike;

use super::env_section::{self, choose};
use super::model::{Config, DatabaseConfig, Lint, PolicyConfig, ShadowConfig};
use super::place::Source;
use super::reader::Section;
use super::secret::Secret;
use crate::error::CliResult;

const DATABASE_KEYS: [&str; 5] = ["dialect", "migrations", "seeds", "schema", "external"];
const SEEDS_KEYS: [&str; 2] = ["dir", "command"];
const TABLES: [&str; 5] = ["databases", "env", "lints", "policy", "shadow"];
const POLICY_KEYS: [&str; 5] = ["start_after", "base", "proof", "schema_rs", "backfills"];
const SHADOW_KEYS: [&str; 2] = ["url", "init"];

impl Config {
    /// Reads the text of a `dbmig.toml`, which is shown as `display_path` in errors.
    ///
    /// # Errors
    /// The text is no TOML, has a key that is not known, or a value of the wrong type: with the place.
    pub fn parse(text: &str, display_path: &str) -> CliResult<Self> {
        let source = Source::new(display_path, text);
        let document = source.parse_toml()?;
        let known = [&DATABASE_KEYS[..], &TABLES[..]].concat();
        let table: &dyn TableLike = document.as_table();
        reject_misplaced(source, table)?;
        let root = Section::strict(source, "dbmig.toml".to_owned(), table, &known)?;
        let database = read_database(source, &root)?;
        let databases = read_databases(source, &root)?;
        let names: Vec<&str> = databases.keys().map(String::as_str).collect();
        Ok(Self {
            from_file: true,
            environments: read_environments(source, &root, &names)?,
            database,
            databases,
            lints: read_lints(source, &root)?,
            policy: read_policy(source, &root)?,
            shadow: read_shadow(source, &root)?,
        })
    }
}

/// The likeliest mistake with a flat file: a key of a section at the top level.
fn reject_misplaced(source: Source<'_>, table: &dyn TableLike) -> CliResult<()> {
    let root = Section::open(source, String::new(), table);
    for (key, _) in root.keys() {
        let home = if env_section::KEYS.contains(&key) {
            "[env.development]"
        } else if POLICY_KEYS.contains(&key) {
            "[policy]"
        } else {
            continue;
        };
        return Err(root
            .key_error(key, format_args!("`{key}` is not a key of the top level"))
            .help(format!("move it below `{home}`")));
    }
    Ok(())
}

fn read_database(source: Source<'_>, section: &Section<'_>) -> CliResult<DatabaseConfig> {
    let (seeds, seed_command) = read_seeds(source, section)?;
    Ok(DatabaseConfig {
        dialect: section.parsed("dialect", |text| {
            text.parse().map_err(|error: dbmig_build::UnknownDialect| error.to_string())
        })?,
        migrations: section.path("migrations")?,
        seeds,
        seed_command,
        schema: section.path("schema")?,
        external: section.strings("external")?.unwrap_or_default(),
    })
}

/// `seeds`, the directory, or `[seeds]` with it and a program.
fn read_seeds(
    source: Source<'_>,
    section: &Section<'_>,
) -> CliResult<(Option<PathBuf>, Option<Vec<String>>)> {
    if !section.is_table("seeds") {
        return Ok((section.path("seeds")?, None));
    }
    let Some(table) = section.table("seeds")? else { return Ok((None, None)) };
    let seeds = Section::strict(source, "`[seeds]`".to_owned(), table, &SEEDS_KEYS)?;
    Ok((seeds.path("dir")?, seeds.strings("command")?))
}

/// Every named table under `key`, in order of the file, so that the first mistake is the one reported.
fn named<'a>(
    source: Source<'a>,
    root: &Section<'a>,
    key: &str,
    mut read: impl FnMut(&str, &Section<'a>, &'a dyn TableLike) -> CliResult<()>,
) -> CliResult<()> {
    let Some(table) = root.table(key)? else { return Ok(()) };
    let section = Section::open(source, format!("`[{key}]`"), table);
    for (name, _) in section.keys() {
        if let Some(inner) = section.table(name)? {
            read(name, &section, inner)?;
        }
    }
    Ok(())
}

fn read_databases(
    source: Source<'_>,
    root: &Section<'_>,
) -> CliResult<BTreeMap<String, DatabaseConfig>> {
    let mut databases = BTreeMap::new();
    named(source, root, "databases", |name, parent, table| {
        let label = format!("`[databases.{name}]`");
        let section = Section::strict(source, label, table, &DATABASE_KEYS)?;
        let database = read_database(source, &section)?;
        // A default would give two databases the same set without anybody saying so.
        if database.migrations.is_none() {
            return Err(parent
                .key_error(name, format_args!("`[databases.{name}]` has no `migrations`"))
                .help(format!(
                    "add `migrations = \"migrations_{name}\"`, or the directory it has"
                )));
        }
        databases.insert(name.to_owned(), database);
        Ok(())
    })?;
    Ok(databases)
}

fn read_environments(
    source: Source<'_>,
    root: &Section<'_>,
    databases: &[&str],
) -> CliResult<BTreeMap<String, super::EnvironmentConfig>> {
    let mut environments = BTreeMap::new();
    named(source, root, "env", |name, parent, table| {
        let section = env_section::read(source, name, parent.place(name), table, databases)?;
        environments.insert(name.to_owned(), section);
        Ok(())
    })?;
    Ok(environments)
}

fn read_lints(source: Source<'_>, root: &Section<'_>) -> CliResult<BTreeMap<String, Lint>> {
    let Some(table) = root.table("lints")? else { return Ok(BTreeMap::new()) };
    let section = Section::open(source, "`[lints]`".to_owned(), table);
    let levels = [Level::Allow, Level::Warn, Level::Deny].map(|level| (level.as_str(), level));
    let mut lints = BTreeMap::new();
    for (code, _) in section.keys() {
        if let Some(level) = section.parsed(code, |text| choose(text, &levels))? {
            lints.insert(code.to_owned(), Lint { level, place: section.place(code) });
        }
    }
    Ok(lints)
}

fn read_policy(source: Source<'_>, root: &Section<'_>) -> CliResult<PolicyConfig> {
    let Some(table) = root.table("policy")? else { return Ok(PolicyConfig::default()) };
    let section = Section::strict(source, "`[policy]`".to_owned(), table, &POLICY_KEYS)?;
    Ok(PolicyConfig {
        start_after: section.string("start_after")?,
        base: section.string("base")?,
        proof: section.parsed("proof", |text| choose(text, &Demand::PROOF))?.unwrap_or_default(),
        schema_rs: section
            .parsed("schema_rs", |text| choose(text, &Demand::SCHEMA_RS))?
            .unwrap_or_default(),
        backfills: section.parsed("backfills", |text| {
            choose(text, &[("run", Backfills::Run), ("defer", Backfills::Defer)])
        })?,
    })
}

fn read_shadow(source: Source<'_>, root: &Section<'_>) -> CliResult<ShadowConfig> {
    let Some(table) = root.table("shadow")? else { return Ok(ShadowConfig::default()) };
    let section = Section::strict(source, "`[shadow]`".to_owned(), table, &SHADOW_KEYS)?;
    Ok(ShadowConfig { url: section.string("url")?.map(Secret::new), init: section.path("init")? })
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
