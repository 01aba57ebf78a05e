//! Tests of `dbmig.toml`: every key, and every kind of mistake.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dbmig_build::{Demand, Dialect};

use super::super::{Kind, TlsMode, UrlParts};
use super::*;

#[test]
fn reads_every_key() {
    let text = r#"
dialect = "postgres"
migrations = "db/migrations"
seeds = "db/seeds"
schema = "src/schema.rs"

[databases.log]
dialect = "sqlite3"
migrations = "log"

[env.production]
url_env = "PROD_URL"
kind = "production"
protected = true
tls = "verify-full"
lock_timeout = "5s"
statement_timeout = "15min"
lock_retries = 3
role = "owner"
search_path = "app,public"
init_sql = "SET x = 1"
target_version = "20260110080000"

[env.ci]
host = "db"
port = 5433
user = "ci"
password_env = "PGPASSWORD"
dbname = "ci"

[env]
vault.url_command = ["vault", "read"]
file = { url_file = "/run/secrets/url" }

[lints]
missing-down = "allow"
duplicate-version = "deny"

[policy]
start_after = "2025"
base = "origin/main"
proof = "required"
schema_rs = "deny"

[shadow]
url = "postgres://h/shadow"
init = "shadow.sql"
"#;
    let config = Config::parse(text, "dbmig.toml").unwrap();
    assert!(config.from_file);
    assert_eq!(config.database.dialect, Some(Dialect::Postgres));
    assert_eq!(config.database.migrations.as_deref(), Some(Path::new("db/migrations")));
    assert_eq!(config.database.schema.as_deref(), Some(Path::new("src/schema.rs")));
    assert_eq!(config.databases["log"].dialect, Some(Dialect::Sqlite));
    let production = &config.environments["production"];
    assert_eq!(production.place.as_ref().unwrap().to_string(), "dbmig.toml:11:6");
    assert_eq!(production.kind, Some(Kind::Production));
    assert_eq!(production.tls, Some(TlsMode::VerifyFull));
    assert_eq!(production.lock_timeout, Some(Duration::from_secs(5)));
    assert_eq!(production.statement_timeout, Some(Duration::from_secs(900)));
    assert_eq!(production.lock_retries, Some(3));
    assert_eq!(production.target_version.as_deref(), Some("20260110080000"));
    assert_eq!(
        config.environments["ci"].url.parts,
        Some(UrlParts {
            host: Some("db".into()),
            port: Some(5433),
            user: Some("ci".into()),
            password_env: Some("PGPASSWORD".into()),
            dbname: Some("ci".into()),
        })
    );
    assert_eq!(config.environments["vault"].url.url_command.as_ref().unwrap().len(), 2);
    assert_eq!(config.environments["file"].url.url_file, Some(PathBuf::from("/run/secrets/url")));
    assert_eq!(config.lints["missing-down"].level, Level::Allow);
    assert_eq!(config.lints["missing-down"].place.to_string(), "dbmig.toml:36:1");
    assert_eq!(config.policy.start_after.as_deref(), Some("2025"));
    assert_eq!((config.policy.proof, config.policy.schema_rs), (Demand::Strict, Demand::Strict));
    assert_eq!(config.shadow.url.as_ref().unwrap().reveal(), "postgres://h/shadow");
}

#[test]
fn seeds_are_a_folder_or_a_table() {
    let read = |text: &str| {
        let database = Config::parse(text, "dbmig.toml").unwrap().database;
        (database.seeds, database.seed_command)
    };
    let folder = Some(PathBuf::from("s"));
    let command = Some(vec!["cargo".to_owned(), "run".to_owned()]);
    assert_eq!(read("seeds = 's'"), (folder.clone(), None));
    assert_eq!(read("[seeds]\ndir = 's'\ncommand = ['cargo', 'run']"), (folder, command.clone()));
    assert_eq!(read("seeds = { command = ['cargo', 'run'] }"), (None, command));
}

#[test]
fn an_empty_file_is_a_file() {
    let config = Config::parse("", "dbmig.toml").unwrap();
    assert_eq!(config, Config { from_file: true, ..Config::defaults() });
}

#[test]
fn mistakes_have_a_place_and_a_next_step() {
    let cases = [
        ("a\n", "d:1:2: invalid TOML", ""),
        ("\ndialct = 'x'", "d:2:1: unknown key `dialct` in dbmig.toml", "did you mean `dialect`?"),
        ("dialect = 'oracle'", "d:1:11: `dialect` in dbmig.toml: unknown dialect `oracle`", ""),
        ("seeds = 1", "d:1:9: `seeds` in dbmig.toml must be a string, found integer", ""),
        ("[seeds]\nfolder = 's'", "d:2:1: unknown key `folder` in `[seeds]`", ""),
        (
            "seeds = { command = 'x' }",
            "d:1:21: `command` in `[seeds]` must be an array of strings",
            "",
        ),
        ("[seeds]\ncommand = []", "d:2:11: `command` in `[seeds]` is empty", ""),
        ("migrations = ''", "d:1:14: `migrations` in dbmig.toml is empty", ""),
        (
            "url = 'x'",
            "d:1:1: `url` is not a key of the top level",
            "move it below `[env.development]`",
        ),
        ("base = 'x'", "d:1:1: `base` is not a key", "move it below `[policy]`"),
        ("env = 3", "d:1:7: `env` in dbmig.toml must be a table, found integer", ""),
        ("[env]\nproduction = 'x'", "d:2:14: `production` in `[env]` must be a table", ""),
        ("[[env]]", "d:1:1: `env` in dbmig.toml must be a table, found array of tables", ""),
        ("[env.p]\n ünl = 1", "d:2:2:", ""),
        (
            "[env.p]\nurlenv = 'x'",
            "d:2:1: unknown key `urlenv` in `[env.p]`",
            "did you mean `url_env`?",
        ),
        (
            "[env.p]\nprotected = 'yes'",
            "d:2:13: `protected` in `[env.p]` must be `true` or `false`",
            "",
        ),
        (
            "[env.p]\nkind = 'prod'",
            "d:2:8: `kind` in `[env.p]`: `prod` is not one of `production`",
            "",
        ),
        ("[env.p]\ntls = 'on'", "d:2:7: `tls` in `[env.p]`: `on` is not one of `disable`", ""),
        (
            "[env.p]\nlock_timeout = '5'",
            "d:2:16: `lock_timeout` in `[env.p]`: `5` is not a duration",
            "",
        ),
        ("[env.p]\nlock_timeout = 5", "d:2:16: `lock_timeout` in `[env.p]` must be a string", ""),
        ("[env.p]\nport = 70000", "d:2:8: `port` must be between 1 and 65535", ""),
        (
            "[env.p]\nurl_command = 'x'",
            "d:2:15: `url_command` in `[env.p]` must be an array of strings",
            "",
        ),
        ("[env.p]\nurl_command = [1]", "d:2:15: `url_command` in `[env.p]` must be an array", ""),
        ("[env.p]\nurl_command = []", "d:2:15: `url_command` in `[env.p]` is empty", ""),
        ("[env.p]\nurl = 'x'\nhost = 'h'", "d:3:1: `host` beside `url`", "remove `url` or `host`"),
        (
            "[databases.a]\nseeds = 's'",
            "d:1:12: `[databases.a]` has no `migrations`",
            "add `migrations",
        ),
        ("[databases.a]\nurl = 's'", "d:2:1: unknown key `url` in `[databases.a]`", ""),
        (
            "[lints]\nx = 'error'",
            "d:2:5: `x` in `[lints]`: `error` is not one of `allow`, `warn`",
            "",
        ),
        (
            "[policy]\nschema_rs = 'required'",
            "d:2:13: `schema_rs` in `[policy]`: `required` is not one of `off`, `warn`, `deny`",
            "",
        ),
        (
            "[policy]\nproof = true",
            "d:2:9: `proof` in `[policy]` must be a string, found boolean",
            "",
        ),
        ("[shadow]\nini = 'x'", "d:2:1: unknown key `ini` in `[shadow]`", "did you mean `init`?"),
    ];
    for (text, message, help) in cases {
        let error = Config::parse(text, "d").unwrap_err();
        assert!(error.message.starts_with(message), "{text:?}: {}", error.message);
        assert_eq!(error.exit, crate::exit::Exit::Usage);
        if !help.is_empty() {
            assert!(error.help.iter().any(|line| line.starts_with(help)), "{text:?}: {error:?}");
        }
    }
}

#[test]
fn the_first_mistake_of_the_file_is_reported() {
    let error = Config::parse("[env.z]\nb = 1\na = 1\n[env.a]\nc = 1\n", "d").unwrap_err();
    assert!(error.message.starts_with("d:2:1: unknown key `b`"), "{}", error.message);
}

#[test]
fn errors_never_show_values_of_urls() {
    for text in ["[env.p]\nurl = ['hunter2']", "[env.p]\nurl = 'hunter2", "[env.p]\nurl = hunter2"]
    {
        let error = Config::parse(text, "d").unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
