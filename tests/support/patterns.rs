//! `fixtures/patterns`: the commands that wrote it, and a life of its migrations.

use std::fs;
use std::path::{Path, PathBuf};

use crate::sandbox::{Sandbox, copy, repository};

/// One line of `commands.txt`.
struct Step {
    version: String,
    what: What,
}

enum What {
    /// Words behind `generate`.
    Generated(Vec<String>),
    /// The name of a directory that somebody wrote.
    ByHand(String),
}

/// The lines of a dialect.
fn steps(dialect: &str) -> Vec<Step> {
    let text = fs::read_to_string(folder().join("commands.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let step = |line: &str| {
        let (version, rest) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
        let is_dialect = |word: &str| ["sqlite", "postgres", "mysql"].contains(&word);
        let rest = match rest.split_once(": ") {
            Some((words, rest)) if words.split(' ').all(is_dialect) => {
                let ours = words.split(' ').any(|word| word == dialect);
                ours.then_some(rest)?
            }
            _ => rest,
        };
        let what = match rest.strip_prefix("by hand: ") {
            Some(name) => What::ByHand(name.to_owned()),
            None => What::Generated(words(rest)),
        };
        Some(Step { version: version.to_owned(), what })
    };
    lines.filter_map(step).collect()
}

/// Words as a shell has them, between quotes of either kind.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    assert_eq!(quote, None, "{line}");
    words.extend(word);
    words
}

fn folder() -> PathBuf {
    repository().join("fixtures/patterns")
}

/// The fixture of a dialect, as a user has it.
pub(crate) fn sandbox(dialect: &str) -> Sandbox {
    let mut sandbox = Sandbox::new();
    copy(&folder().join(dialect), &sandbox.path("patterns"));
    copy(&folder().join("seeds"), &sandbox.path("seeds"));
    sandbox.cwd = sandbox.path("patterns");
    sandbox
}

fn directories(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| folder.join(name).is_dir()).collect();
    names.sort();
    names
}

/// Runs every command again, and holds what it writes against the fixture. `DBMIG_TEST_WRITE=1` writes
/// the fixture instead. Of those in `unlike` the server at hand says something else than the one that the
/// fixture was written with.
pub(crate) fn held_against_its_commands(dialect: &str, url: &str, unlike: &[&str]) {
    let writes = std::env::var_os("DBMIG_TEST_WRITE").is_some();
    let fixture = folder().join(dialect).join("migrations");
    let sandbox = sandbox(dialect);
    let ours = sandbox.path("migrations");
    fs::remove_dir_all(&ours).unwrap();
    fs::create_dir(&ours).unwrap();
    for Step { version, what } in steps(dialect) {
        let words = match what {
            What::Generated(words) => words,
            What::ByHand(name) => {
                let dir = format!("{version}_{name}");
                copy(&fixture.join(&dir), &ours.join(&dir));
                continue;
            }
        };
        let before = directories(&ours);
        let words = words.iter().map(String::as_str);
        let args = ["generate"].into_iter().chain(words).chain(["--version", &version]);
        let ran = sandbox.dbmig_with(&[("DATABASE_URL", url)], args).ok();
        let new = directories(&ours).into_iter().filter(|dir| !before.contains(dir));
        for dir in new {
            assert!(dir.starts_with(&version), "{dir}: {ran}");
            let (written, expected) = (ours.join(&dir), fixture.join(&dir));
            for file in ["up.sql", "down.sql", "backfill.sql", "metadata.toml"] {
                let text = |dir: &Path| fs::read_to_string(dir.join(file)).unwrap_or_default();
                let (written, now) = (text(&written), text(&expected));
                // What waits for a backfill says so below what was generated.
                let same = match file {
                    "metadata.toml" => now.starts_with(&written),
                    _ => now == written || expected.exists() && unlike.contains(&dir.as_str()),
                };
                if writes && !same {
                    fs::create_dir_all(&expected).unwrap();
                    fs::write(expected.join(file), written).unwrap();
                } else {
                    let about = "DBMIG_TEST_WRITE=1 writes the fixture anew";
                    assert!(same, "{dir}/{file}\n{now}--- {ran} wrote:\n{written}\n{about}");
                }
            }
            // The next one is written behind what the fixture has.
            fs::remove_dir_all(&written).unwrap();
            copy(&expected, &written);
        }
    }
    assert_eq!(directories(&ours), directories(&fixture), "what no command has written");
}

/// A database, and what its dialect says differently.
pub(crate) struct Life<'a> {
    pub(crate) dialect: &'a str,
    pub(crate) url: &'a str,
    /// What runs a statement, and what answers a query: rows of texts.
    pub(crate) query: &'a mut dyn FnMut(&str) -> Vec<Vec<Option<String>>>,
}

/// What nothing brings back: rows that were given values, and what was dropped with its own.
const LOSES: [&str; 5] = ["_fill_", "_convert_", "_copy_", "_remove_", "_drop_"];

/// Rows that were there before: so many users, records, and customers.
const ROWS: usize = 2_500;

impl Life<'_> {
    fn rows(&mut self, sql: &str) -> Vec<String> {
        let rows = (self.query)(sql);
        let text = |cell: Option<String>| cell.unwrap_or_else(|| "NULL".to_owned());
        rows.into_iter()
            .map(|row| row.into_iter().map(text).collect::<Vec<_>>().join("|"))
            .collect()
    }

    fn text(&self, expression: &str) -> String {
        let kind = if self.dialect == "mysql" { "CHAR" } else { "TEXT" };
        format!("CAST({expression} AS {kind})")
    }

    /// The fixture, for the database of the test.
    fn sandbox(&self) -> Sandbox {
        let sandbox = sandbox(self.dialect);
        let toml = sandbox.read("dbmig.toml");
        let toml = toml.replace("url = \"patterns.sqlite3\"", "url_env = \"DATABASE_URL\"");
        sandbox.write("dbmig.toml", toml);
        sandbox
    }

    /// A value for each of many rows.
    fn fill(&mut self, table: &str, columns: &str, row: impl Fn(usize) -> String) {
        let all: Vec<_> = (1..=ROWS).map(|n| format!("({})", row(n))).collect();
        for part in all.chunks(500) {
            let values = part.join(", ");
            (self.query)(&format!("INSERT INTO {table} ({columns}) VALUES {values}"));
        }
    }

    /// Applied, proved, reverted, and applied again, with the same schema each time.
    pub(crate) fn both_ways(&mut self) {
        let sandbox = self.sandbox();
        let env = [("DATABASE_URL", self.url)];
        let dbmig = |args: &[&'static str]| sandbox.dbmig_with(&env, args.iter().copied());
        let count = directories(&sandbox.path("migrations")).len();
        dbmig(&["lock"]).ok();
        dbmig(&["check"]).ok();
        let schema = || dbmig(&["schema", "dump"]).ok().stdout;
        dbmig(&["migrate"]).ok();
        dbmig(&["revert", "--all"]).ok();
        let empty = schema();
        dbmig(&["migrate"]).ok().says(&format!("{count} migrations applied"));
        let full = schema();
        dbmig(&["revert", "--all"]).ok().says(&format!("{count} migrations reverted"));
        assert_eq!(schema(), empty, "what is left behind");
        dbmig(&["migrate"]).ok().says(&format!("{count} migrations applied"));
        assert_eq!(schema(), full, "the second time");
        let proved = dbmig(&["prove"]).ok();
        for line in proved.stdout.lines().filter(|line| line.contains("  2026-")) {
            let may_lose = LOSES.iter().any(|verb| line.contains(verb));
            let lossless = line.trim_start().starts_with("lossless");
            let schema_only = line.trim_start().starts_with("schema only ");
            assert!(lossless || schema_only && may_lose, "{line}: {proved}");
        }
    }

    /// With rows and seeds: each backfill does what it is for, and names are split and put together again.
    pub(crate) fn with_rows(&mut self) {
        let sandbox = self.sandbox();
        let env = [("DATABASE_URL", self.url)];
        let dbmig = |args: &[&'static str]| sandbox.dbmig_with(&env, args.iter().copied());
        dbmig(&["migrate", "--before", "2026-02-01"]).ok();
        self.fill("users", "first_name, last_name, email, password_hash, phone", |n| {
            let phone = if n % 2 == 0 { format!("'+49 {n}'") } else { "NULL".into() };
            format!("'Ada{n}', 'van Smith', 'ada{n}@example.com', 'x', {phone}")
        });
        dbmig(&["migrate", "--to", "20260208090000"]).ok().says("(2500 of 2500 rows changed");
        // Who has not been seen for a year, and who is gone.
        for (column, rest) in [("last_login_at", 0), ("deleted_at", 1)] {
            (self.query)(&format!(
                "UPDATE users SET {column} = '2024-12-24 12:00:00' WHERE id % 3 = {rest}"
            ));
        }
        dbmig(&["migrate", "--to", "20260212090000"]).ok();
        self.fill("legacy_records", "old_format_data", |n| format!("'it''s \"{n}\"'"));
        dbmig(&["migrate", "--to", "20260216090000"]).ok().says("3 windows");
        self.fill("customers", "full_name, age", |n| {
            let name = match n % 4 {
                0 => format!("'Prince{n}'"),
                1 => format!("'Ada King {n} '"),
                2 => "NULL".into(),
                _ => format!("' {n}'"),
            };
            format!("{name}, {}", if n % 5 == 0 { "NULL".into() } else { format!("'{}'", n % 100) })
        });
        let names = "SELECT full_name FROM customers ORDER BY id";
        let before = self.rows(names);
        dbmig(&["migrate"]).ok().says("(2500 of 2500 rows changed");

        let count = self.text("COUNT(*)");
        let users = format!(
            "SELECT timezone, {}, {count} FROM users GROUP BY timezone, status ORDER BY 2",
            self.text("status")
        );
        assert_eq!(self.rows(&users), ["UTC|active|833", "UTC|deleted|834", "UTC|inactive|833"]);
        let wrong = "SELECT email FROM users WHERE full_name <> CONCAT(first_name, ' ', last_name)";
        assert_eq!(self.rows(wrong), [""; 0]);
        let moved = format!("SELECT mobile, {count} FROM users WHERE id % 500 = 4 GROUP BY mobile");
        assert_eq!(self.rows(&moved).len(), 5);
        let ages = format!(
            "SELECT {}, phone FROM customers WHERE id IN (7, 10) ORDER BY id",
            self.text("age")
        );
        assert_eq!(self.rows(&ages), ["7|000-000-0000", "NULL|000-000-0000"]);
        let split = "SELECT first_name, last_name, plan FROM customers WHERE id IN (4, 5, 6, 7) ORDER BY id";
        let split = self.rows(split);
        assert_eq!(split, ["Prince4|NULL|free", "Ada|King 5 |free", "NULL|NULL|free", "|7|free"]);

        // Who changed what: the states, by the backfill, twice none.
        (self.query)("DELETE FROM users WHERE id = 3");
        let audited =
            "SELECT operation, changed_by IS NOT NULL FROM audit_log WHERE operation = 'DELETE'";
        assert_eq!(self.rows(audited).len(), 1);

        dbmig(&["revert", "--to", "20260216090000"]).ok();
        assert_eq!(self.rows(names), before, "names that were split and put together");
        dbmig(&["migrate"]).ok();
        self.seeded(&sandbox);
    }

    /// Reference data and accounts, and rows for development.
    fn seeded(&mut self, sandbox: &Sandbox) {
        let env = [("DATABASE_URL", self.url)];
        let dbmig = |args: &[&'static str]| sandbox.dbmig_with(&env, args.iter().copied());
        dbmig(&["seed", "check"]).ok();
        dbmig(&["seed", "run"]).ok();
        let admin = "SELECT a.email, r.name FROM accounts a JOIN roles r ON r.id = a.role_id";
        assert_eq!(self.rows(admin), ["admin@example.com|admin"]);
        // A second run has nothing to do; what somebody changed since stays where it is only wanted once.
        dbmig(&["seed", "run"]).ok().silent_about("inserted");
        (self.query)("DELETE FROM roles WHERE name = 'editor'");
        dbmig(&["seed", "run"]).ok().says("1 inserted");
        let posts =
            "SELECT p.slug, u.email FROM posts p JOIN users u ON u.id = p.user_id ORDER BY 1";
        assert_eq!(self.rows(posts), ["a-moth|grace@example.com", "on-the-engine|ada@example.com"]);
    }
}
