//! T60: history tables with contents that no release has written. Every command works or says what is
//! wrong; none panics, prints what a terminal would obey, or takes memory without end.

use std::time::Duration;

use dbmig_runtime::{Dialect, Session};

use super::program::Program;
use super::{open, rounds, servers};
use crate::sandbox::{Ran, Sandbox};
use crate::support::Scratch;

/// The most that a command may take, in KiB.
const MEMORY: u64 = 50 * 1024;

/// The history without its constraints and with room in its numbers. `{e}` is an escape character.
const LOOSE: &str = "ALTER TABLE __dbmig_history RENAME TO was; \
    CREATE TABLE __dbmig_history AS SELECT id + 0 AS id, NULLIF(version, '~') AS version, \
    {big}(attempt) AS attempt, NULLIF(action, '~') AS action, {long}(name) AS name, stamp, up_digest, \
    up_tokens, down_digest, metadata_digest, settings, NULLIF(mode, '~') AS mode, \
    NULLIF(state, '~') AS state, {big}(statements_total) AS statements_total, \
    {big}(statements_done) AS statements_done, done_digest, {big}(intent) AS intent, down_sql, \
    {big}(batch) AS batch, NULLIF(runner, '~') AS runner, NULLIF(tool, '~') AS tool, started_at, finished_at, {long}(error) AS error FROM was; \
    DROP TABLE was; ";

/// What is done to the tables of a database that has two migrations; `LOOSE` goes before those with `*`.
const VARIANTS: [(&str, &str); 24] = [
    ("*a row of nothing", "INSERT INTO __dbmig_history (id) VALUES (NULL)"),
    ("*no version", "UPDATE __dbmig_history SET version = NULL"),
    ("*no action", "UPDATE __dbmig_history SET action = NULL"),
    ("*no mode", "UPDATE __dbmig_history SET mode = NULL"),
    ("*no state", "UPDATE __dbmig_history SET state = NULL"),
    (
        "*no numbers",
        "UPDATE __dbmig_history SET attempt = NULL, batch = NULL, intent = NULL, statements_done = NULL",
    ),
    ("an unknown action", "UPDATE __dbmig_history SET action = 'evaporate{e}[2J'"),
    ("an unknown state", "UPDATE __dbmig_history SET state = 'x{e}]0;y'"),
    (
        "*a huge error",
        "UPDATE __dbmig_history SET error = {huge}, state = 'failed', mode = 'stmt', intent = 1, statements_done = 0",
    ),
    ("*a huge name", "UPDATE __dbmig_history SET name = {huge}"),
    (
        "control characters",
        "UPDATE __dbmig_history SET name = '{e}[2J{e}]0;owned', error = 'a{e}[31m', state = 'failed', mode = 'stmt', intent = 1, statements_done = 0",
    ),
    (
        "negative numbers",
        "UPDATE __dbmig_history SET batch = -2147483648, intent = -1, statements_done = -7, statements_total = -9, attempt = -attempt",
    ),
    (
        "*the largest numbers",
        "UPDATE __dbmig_history SET batch = {max}, attempt = {max}, intent = {max}, statements_done = {max}, statements_total = {max}",
    ),
    (
        "*the largest numbers, half way",
        "UPDATE __dbmig_history SET batch = {max}, attempt = {max}, intent = {max}, statements_done = {max} - 1, statements_total = 1, state = 'started', mode = 'stmt'",
    ),
    (
        "more done than there is",
        "DELETE FROM __diesel_schema_migrations WHERE version = '1'; UPDATE __dbmig_history SET statements_done = 99, intent = 99, state = 'failed', mode = 'stmt' WHERE version = '1'",
    ),
    (
        "a column that a later release demands",
        "ALTER TABLE __dbmig_history ADD COLUMN later INTEGER NOT NULL DEFAULT 7; ALTER TABLE __dbmig_state ADD COLUMN later TEXT",
    ),
    ("a column that is gone", "ALTER TABLE __dbmig_history DROP COLUMN intent"),
    (
        "digests that are none",
        "UPDATE __dbmig_history SET up_digest = 'sha256:zz', up_tokens = 'tok9:', down_digest = '', done_digest = '{e}', settings = '{e}===', stamp = 'never'",
    ),
    (
        "*every row three times",
        "INSERT INTO __dbmig_history SELECT * FROM __dbmig_history; INSERT INTO __dbmig_history SELECT * FROM __dbmig_history",
    ),
    (
        "versions with escapes",
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('9{e}[2J{e}[31m'), (''), ('é/../..'), ('9 OR 1=1')",
    ),
    ("a format that is none", "UPDATE __dbmig_state SET value = 'banana{e}[2J'"),
    ("a format of the far future", "UPDATE __dbmig_state SET value = '99999999999999999999'"),
    (
        "unknown kinds of state",
        "INSERT INTO __dbmig_state (kind, name, value) VALUES ('{e}', 'x', {text}), ('seed', '{e}[2J', '===')",
    ),
    ("rows without end", ""),
];

/// A database that is poisoned.
struct Place {
    sandbox: Sandbox,
    url: String,
    dialect: Dialect,
}

impl Place {
    fn session(&self) -> Box<dyn Session> {
        match self.dialect {
            Dialect::Sqlite => open(&self.sandbox.path(&self.url).display().to_string()),
            _ => open(&self.url),
        }
    }

    /// Runs a command, watching its memory.
    fn run(&self, args: &[&str]) -> (Ran, u64) {
        let mut program = Program::start(&self.sandbox, &self.url, args);
        let (status, mut peak) = (format!("/proc/{}/status", program.id()), 0);
        while !program.has_ended() {
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let number = line.and_then(|line| line.trim().split(' ').next()?.parse().ok());
            peak = peak.max(number.unwrap_or(0));
            std::thread::sleep(Duration::from_millis(2));
        }
        (program.end_within(Duration::from_secs(1), "it has ended"), peak)
    }

    fn poison(&self, name: &str, sql: &str) {
        let (big, long, max) = match self.dialect {
            Dialect::Postgres => ("int8", "text", i64::MAX.to_string()),
            Dialect::Mysql => ("1 * ", "CONCAT", i64::MAX.to_string()),
            Dialect::Sqlite => ("abs", "trim", i64::MAX.to_string()),
        };
        let huge = |count: usize| match self.dialect {
            Dialect::Sqlite => format!("hex(zeroblob({}))", count / 2),
            _ => format!("REPEAT('x', {count})"),
        };
        let loose = if name.starts_with('*') { LOOSE } else { "" };
        let mut sql = format!("{loose}{sql}")
            .replace("{big}", big)
            .replace("{long}", long)
            .replace("{max}", &max)
            .replace("{huge}", &huge(4_000_000))
            .replace("{text}", &huge(60_000))
            .replace("{e}", "\u{1b}");
        if self.dialect == Dialect::Mysql {
            // What CREATE TABLE AS makes of an expression is narrower than what follows.
            let wide = "ALTER TABLE __dbmig_history MODIFY name LONGTEXT, MODIFY error LONGTEXT, \
                        MODIFY id BIGINT NULL, MODIFY started_at DATETIME(3) NULL, MODIFY batch BIGINT NULL, MODIFY attempt BIGINT NULL, \
                        MODIFY intent BIGINT NULL, MODIFY statements_done BIGINT NULL, \
                        MODIFY statements_total BIGINT NULL; ";
            sql = sql.replacen("DROP TABLE was; ", &format!("DROP TABLE was; {wide}"), 1);
        }
        self.session().execute(&sql).unwrap_or_else(|error| panic!("{name}: {error}: {sql}"));
    }

    /// As many attempts of one version.
    fn fill(&self, count: usize) {
        let columns = "version, attempt, action, name, mode, state, statements_total, statements_done, \
                       intent, batch, runner, tool, started_at, finished_at";
        let rows = "SELECT '1', n.n + 10, 'apply', '1_t', 'tx', 'failed', 1, 0, 0, n.n, 'r', 't', h.started_at, \
             h.finished_at FROM n, __dbmig_history h WHERE h.version = '0'";
        let numbers = format!("SELECT 1 AS n UNION ALL SELECT n + 1 FROM n WHERE n < {count}");
        let sql = match self.dialect {
            Dialect::Mysql => format!(
                "SET @@cte_max_recursion_depth = {count}; INSERT INTO __dbmig_history ({columns}) \
                 WITH RECURSIVE n AS ({numbers}) {rows}"
            ),
            _ => format!(
                "INSERT INTO __dbmig_history ({columns}) WITH RECURSIVE n AS ({numbers}) {rows}"
            ),
        };
        let sql = match self.url.starts_with("mysql") && self.is_mariadb() {
            true => sql.replacen("cte_max_recursion_depth", "max_recursive_iterations", 1),
            false => sql,
        };
        self.session().execute(&sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    fn is_mariadb(&self) -> bool {
        let version = self.session().query("SELECT VERSION()", &[]).unwrap();
        version[0][0].as_deref().is_some_and(|version| version.contains("MariaDB"))
    }
}

/// Every variant on one kind of database.
fn all(new: impl Fn() -> Place) {
    for (name, sql) in VARIANTS {
        let place = new();
        place.sandbox.migration(
            "0_counter",
            "CREATE TABLE counter (n INTEGER);",
            "DROP TABLE counter;",
        );
        place.sandbox.migration("1_t", "CREATE TABLE t1 (id INTEGER);", "DROP TABLE t1;");
        let _ = place.run(&["migrate"]).0.ok();
        place.sandbox.migration("2_t", "CREATE TABLE t2 (id INTEGER);", "DROP TABLE t2;");
        match sql {
            "" => place.fill(rounds(10_000)),
            sql => place.poison(name, sql),
        }
        for args in [&["status", "--format", "json"][..], &["migrate"], &["status"]] {
            let about = format!("{:?}, {name}", place.dialect);
            let (ran, peak) = place.run(args);
            let code = ran.code.unwrap_or(101);
            assert!(code <= 6 && !ran.stderr.contains("panicked"), "{about}: {ran}");
            // An error says what to do.
            assert!(
                code <= 1 || ran.stderr.contains("error: ") || ran.stdout.contains("\"error\":"),
                "{about}: {ran}"
            );
            let obeyed = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
            assert!(
                !obeyed(&ran.stdout) && !obeyed(&ran.stderr),
                "{about}: {ran:?}",
                ran = (&ran.stdout, &ran.stderr)
            );
            assert!(
                ran.stdout.len() + ran.stderr.len() < 20_000,
                "{about}: {}",
                ran.stdout.len() + ran.stderr.len()
            );
            assert!(peak < MEMORY, "{about}: {peak} KiB: {}", ran.command);
            if std::env::var_os("DBMIG_TEST_SHOW").is_some() {
                println!("=== {about}: {peak} KiB\n{ran}");
            }
        }
    }
}

#[test]
fn on_a_file() {
    all(|| Place {
        sandbox: Sandbox::new(),
        url: "dev.sqlite3".to_owned(),
        dialect: Dialect::Sqlite,
    });
}

#[test]
fn on_servers() {
    for server in servers() {
        let scratch = Scratch::new(server);
        let dialect = open(&scratch.url).dialect();
        all(|| {
            let url = scratch.url.clone();
            super::reset_url(&url, dialect);
            Place { sandbox: Sandbox::new(), url, dialect }
        });
    }
}
