//! Backfills on every database: killed at random moments, beside each other, beside writers, stopped and
//! gone on with.

mod beside;
mod decided;
mod held;
mod keys;
mod killed;
mod versions;

use dbmig_runtime::Session;

use super::program::Program;
use super::{open, servers};
use crate::sandbox::{Ran, Sandbox};
use crate::support::Scratch;

/// A database with a set; SQLite too.
struct Place {
    name: String,
    sandbox: Sandbox,
    url: String,
    _scratch: Option<Scratch>,
}

/// Ten windows of this many rows.
const ROWS: usize = 1_000;

fn sqlite() -> Place {
    let sandbox = Sandbox::new();
    let url = sandbox.path("dev.sqlite3").to_string_lossy().into_owned();
    Place { name: "Sqlite".into(), sandbox, url, _scratch: None }
}

fn places() -> Vec<Place> {
    let mut places = vec![sqlite()];
    for server in servers() {
        let scratch = Scratch::new(server);
        let (name, url) = (format!("{server:?}"), scratch.url.clone());
        places.push(Place { name, sandbox: Sandbox::new(), url, _scratch: Some(scratch) });
    }
    places
}

/// Gives every row what it is to have, and counts how often: it says nothing of rows that have it.
const FILL: &str = "UPDATE people SET full_name = CONCAT(first_name, ' ', last_name), hits = hits + 1\n\
                    WHERE id >= :lo AND id <= :hi;\n";

/// Backfills are left to a run of their own.
const CONFIG: &str =
    "[policy]\nbackfills = \"defer\"\n[env.development]\nurl_env = \"DATABASE_URL\"\n";

impl Place {
    /// Waits so long for a lock, and tries so often again.
    fn with_patience(self, limit: &str, retries: usize) -> Self {
        let more = format!("lock_timeout = \"{limit}\"\nlock_retries = {retries}\n");
        self.sandbox.write("dbmig.toml", CONFIG.to_owned() + &more);
        self
    }

    /// The table with its rows, and a backfill that is left to a run of its own.
    fn with_rows(self, rows: usize, header: &str, statement: &str) -> Self {
        self.sandbox.write("dbmig.toml", CONFIG);
        self.sandbox.migration(
            "1_people",
            "CREATE TABLE people (id INTEGER NOT NULL PRIMARY KEY, first_name VARCHAR(40) NOT NULL, \
             last_name VARCHAR(40) NOT NULL, full_name VARCHAR(90), hits INTEGER NOT NULL, \
             edits INTEGER NOT NULL DEFAULT 0, CHECK (full_name <> 'refused refused'));",
            "DROP TABLE people;",
        );
        self.dbmig(["migrate"]).ok();
        let mut session = self.session();
        let ids: Vec<_> = (1..=rows).collect();
        for part in ids.chunks(500) {
            let values = part.iter().map(|n| format!("({}, 'first{n}', 'last {n}', 0)", n * 3));
            let values = values.collect::<Vec<_>>().join(", ");
            let sql =
                format!("INSERT INTO people (id, first_name, last_name, hits) VALUES {values}");
            session.execute(&sql).unwrap();
        }
        self.sandbox.migration("2_fill", dbmig_build::backfill::STOPPER, "SELECT 1;");
        let file = format!("-- dbmig:table people\n-- dbmig:key id\n{header}{statement}");
        self.sandbox.write("migrations/2_fill/backfill.sql", file);
        let ran = self.dbmig(["migrate"]).ok();
        // A table that fits into one window is not worth a run of its own.
        assert_eq!(rows > 100, ran.stderr.contains("cargo dbmig backfill run 2"), "{ran}");
        self
    }

    fn session(&self) -> Box<dyn Session> {
        open(&self.url)
    }

    fn dbmig<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ran {
        self.sandbox.dbmig_with(&[("DATABASE_URL", &self.url)], args)
    }

    fn start(&self, args: &[&str]) -> Program {
        Program::start(&self.sandbox, &self.url, args)
    }

    #[track_caller]
    fn one(&self, sql: &str) -> String {
        let rows = self.session().query(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.into_iter()
            .map(|row| row.into_iter().flatten().collect::<Vec<_>>().join("|"))
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn text(&self, expression: &str) -> String {
        match self.name.as_str() {
            "Sqlite" | "Postgres" => format!("CAST({expression} AS TEXT)"),
            _ => format!("CAST({expression} AS CHAR)"),
        }
    }

    /// Every row, with how often it was changed.
    fn digest(&self) -> String {
        let columns = ["id", "full_name", "hits"].map(|column| self.text(column)).join(", ");
        self.one(&format!("SELECT {columns} FROM people ORDER BY id"))
    }

    /// The least and the most that a row was changed.
    fn hits(&self) -> String {
        self.one(&format!(
            "SELECT {}, {} FROM people",
            self.text("MIN(hits)"),
            self.text("MAX(hits)")
        ))
    }

    fn state(&self) -> String {
        let sql = "SELECT value FROM __dbmig_state WHERE kind = 'backfill'";
        let line = self.one(sql);
        let word = line.split(' ').find_map(|word| word.strip_prefix("state="));
        word.unwrap_or("pending").to_owned()
    }

    /// Ends every connection to the database but this one: how many there were.
    fn end_other_connections(&self, session: &mut dyn Session) -> usize {
        if self.name == "Postgres" {
            let others = "SELECT CAST(pg_terminate_backend(pid) AS TEXT) FROM pg_stat_activity \
                          WHERE datname = current_database() AND pid <> pg_backend_pid()";
            return session.query(others, &[]).unwrap().len();
        }
        let others = "SELECT CAST(id AS CHAR) FROM information_schema.processlist \
                      WHERE db = DATABASE() AND id <> CONNECTION_ID()";
        let others: Vec<_> =
            session.query(others, &[]).unwrap().into_iter().flatten().flatten().collect();
        // One that has ended meanwhile is as good.
        others.iter().filter(|id| session.execute(&format!("KILL {id}")).is_ok()).count()
    }

    /// As before the first run.
    fn again(&self) {
        let mut session = self.session();
        session.execute("UPDATE people SET full_name = NULL, hits = 0").unwrap();
        session.execute("DELETE FROM __dbmig_state WHERE kind = 'backfill'").unwrap();
    }
}
