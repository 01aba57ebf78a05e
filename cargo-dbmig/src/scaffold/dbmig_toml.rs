//! The text of a new `dbmig.toml`.

use std::collections::BTreeMap;
use std::fmt::Write;

use dbmig_build::{Dialect, Level};

/// The SQLite file of a project that has no `DATABASE_URL` yet.
pub const SQLITE_FILE: &str = "dev.sqlite3";

/// What a new `dbmig.toml` says. Paths are relative to it, with forward slashes.
#[derive(Debug, Clone)]
pub struct Template<'a> {
    /// `dialect`.
    pub dialect: Dialect,
    /// `migrations`.
    pub migrations: &'a str,
    /// `seeds`.
    pub seeds: &'a str,
    /// `schema`, if there is a `schema.rs`.
    pub schema: Option<&'a str>,
    /// The file that a SQLite project starts with, so that the first `migrate` works; `None` where a
    /// `DATABASE_URL` is in sight, as a variable or in `.env`.
    pub sqlite_file: Option<&'a str>,
    /// `[policy] start_after`: the newest version of an adopted set.
    pub start_after: Option<&'a str>,
    /// `[policy] base`: the branch that `check` compares with.
    pub base: Option<&'a str>,
    /// `[lints]`: what a lock file that is there carries.
    pub lints: &'a BTreeMap<String, Level>,
}

impl Template<'_> {
    /// The text.
    pub fn render(&self) -> String {
        let mut text = String::from(
            "# Databases, environments, and policy of `cargo dbmig`. Committed: no passwords in here.\n\n",
        );
        let mut line = |line: &str| {
            text.push_str(line);
            text.push('\n');
        };
        line(&format!("dialect = {}", quoted(self.dialect.as_str())));
        line(&format!("migrations = {}", quoted(self.migrations)));
        line(&format!("seeds = {}", quoted(self.seeds)));
        if let Some(schema) = self.schema {
            line(&format!("schema = {}", quoted(schema)));
        }
        line("");
        line("# Used unless `--env` names another one.");
        line("[env.development]");
        line("# The variable counts if it is set, also in a `.env` file.");
        line("url_env = \"DATABASE_URL\"");
        if let Some(file) = self.sqlite_file.filter(|_| self.dialect == Dialect::Sqlite) {
            line("# Otherwise this file, relative to this folder.");
            line(&format!("url = {}", quoted(file)));
        }
        line("");
        line("# `production` is protected: nothing is dropped or reverted there without consent.");
        line("# [env.production]");
        line("# kind = \"production\"");
        line("# url_env = \"PRODUCTION_DATABASE_URL\"");
        self.render_policy(&mut text);
        if !self.lints.is_empty() {
            text.push_str("\n[lints]\n");
        }
        for (code, level) in self.lints {
            writeln!(text, "{} = {}", toml_edit::Key::new(code), quoted(level.as_str()))
                .expect("a String takes all text");
        }
        text
    }

    fn render_policy(&self, text: &mut String) {
        if self.start_after.is_none() && self.base.is_none() {
            return;
        }
        text.push_str("\n[policy]\n");
        let mut entry = |comment: &str, key: &str, value: &str| {
            writeln!(text, "# {comment}\n{key} = {}", quoted(value))
                .expect("a String takes all text");
        };
        if let Some(version) = self.start_after {
            entry(
                "Habits are checked for migrations after this version only.",
                "start_after",
                version,
            );
        }
        if let Some(base) = self.base {
            entry("What `check` compares locked migrations with.", "base", base);
        }
    }
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Config, Env, Kind, UrlChoice};

    fn template(dialect: Dialect) -> Template<'static> {
        Template {
            dialect,
            migrations: "migrations",
            seeds: "seeds",
            schema: None,
            sqlite_file: Some(SQLITE_FILE),
            start_after: None,
            base: None,
            lints: const { &BTreeMap::new() },
        }
    }

    #[test]
    fn a_new_sqlite_project_works_without_a_variable() {
        let text = template(Dialect::Sqlite).render();
        let config = Config::parse(&text, "dbmig.toml").expect("our own text");
        let development = config.environment("development").unwrap();
        assert_eq!(development.kind, Kind::Development);
        let choice = development.section.url.choose(&Env::default());
        assert!(matches!(choice, UrlChoice::Literal(url) if url.reveal() == SQLITE_FILE));
        assert!(!text.contains("[policy]"));
    }

    #[test]
    fn every_form_is_read_back() {
        for dialect in Dialect::ALL {
            for sqlite_file in [None, Some("../dev.sqlite3")] {
                let lints = BTreeMap::from([("missing-down".to_owned(), Level::Warn)]);
                let template = Template {
                    lints: &lints,
                    migrations: "../a \"b\"/migrations",
                    schema: Some("src\\schema.rs"),
                    sqlite_file,
                    start_after: Some("20250101000000"),
                    base: Some("origin/main"),
                    ..template(dialect)
                };
                let config = Config::parse(&template.render(), "dbmig.toml").expect("our own text");
                assert_eq!(config.database.dialect, Some(dialect));
                let migrations = config.database.migrations.as_deref();
                assert_eq!(migrations, Some(Path::new(template.migrations)));
                assert_eq!(config.policy.start_after.as_deref(), template.start_after);
                assert_eq!(config.policy.base.as_deref(), template.base);
                assert_eq!(config.lints["missing-down"].level, Level::Warn);
                let fallback = config.environments["development"].url.url.is_some();
                assert_eq!(fallback, dialect == Dialect::Sqlite && sqlite_file.is_some());
            }
        }
    }

    #[test]
    fn the_commented_example_is_valid_once_uncommented() {
        let text = template(Dialect::Postgres).render();
        let (_, example) = text.split_once("consent.\n").unwrap();
        let config = Config::parse(&example.replace("# ", ""), "dbmig.toml").unwrap();
        assert!(config.environment("production").unwrap().protected);
    }
}
