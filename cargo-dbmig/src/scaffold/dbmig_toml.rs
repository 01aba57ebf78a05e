//! The text of a new `dbmig.toml`.

use std::fmt::Write;

use dbmig_build::Dialect;

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
    /// Whether a `DATABASE_URL` is in sight, as a variable or in `.env`. Without one a SQLite project
    /// starts with a file, so that the first `migrate` works.
    pub has_database_url: bool,
    /// `[policy] start_after`: the newest version of an adopted set.
    pub start_after: Option<&'a str>,
    /// `[policy] base`: the branch that `check` compares with.
    pub base: Option<&'a str>,
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
        if self.dialect == Dialect::Sqlite && !self.has_database_url {
            line("# Otherwise this file, relative to this folder.");
            line(&format!("url = {}", quoted(SQLITE_FILE)));
        }
        line("");
        line("# `production` is protected: nothing is dropped or reverted there without consent.");
        line("# [env.production]");
        line("# kind = \"production\"");
        line("# url_env = \"PRODUCTION_DATABASE_URL\"");
        self.render_policy(&mut text);
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
            has_database_url: false,
            start_after: None,
            base: None,
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
            for has_database_url in [false, true] {
                let template = Template {
                    migrations: "../a \"b\"/migrations",
                    schema: Some("src\\schema.rs"),
                    has_database_url,
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
                let fallback = config.environments["development"].url.url.is_some();
                assert_eq!(fallback, dialect == Dialect::Sqlite && !has_database_url);
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
