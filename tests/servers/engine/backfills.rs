//! Backfills on every database: killed at random moments, beside each other, beside writers, stopped and
//! gone on with, and the examples of `fixtures/backfills`.

use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dbmig_runtime::Session;

use super::program::{Program, wait_until};
use super::{open, rounds, servers};
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

impl Place {
    /// The table with its rows, and a backfill that is left to a run of its own.
    fn with_rows(self, rows: usize, header: &str, statement: &str) -> Self {
        let toml =
            "[policy]\nbackfills = \"defer\"\n[env.development]\nurl_env = \"DATABASE_URL\"\n";
        self.sandbox.write("dbmig.toml", toml);
        self.sandbox.migration(
            "1_people",
            "CREATE TABLE people (id INTEGER NOT NULL PRIMARY KEY, first_name VARCHAR(40) NOT NULL, \
             last_name VARCHAR(40) NOT NULL, full_name VARCHAR(90), hits INTEGER NOT NULL, \
             CHECK (full_name <> 'refused refused'));",
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

    /// As before the first run.
    fn again(&self) {
        let mut session = self.session();
        session.execute("UPDATE people SET full_name = NULL, hits = 0").unwrap();
        session.execute("DELETE FROM __dbmig_state WHERE kind = 'backfill'").unwrap();
    }
}

/// Moments of a run: a small generator whose seed is printed.
struct Moments(u64);

impl Moments {
    fn new() -> Self {
        let seed = match std::env::var("DBMIG_TEST_SEED") {
            Ok(text) => text.parse().expect("a number"),
            Err(_) => std::collections::hash_map::RandomState::new().build_hasher().finish(),
        };
        println!("DBMIG_TEST_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, limit: Duration) -> Duration {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let limit = u64::try_from(limit.as_micros()).expect("a short run").max(1);
        Duration::from_micros((self.0 >> 20) % limit)
    }
}

#[test]
fn killed_at_random_moments_no_row_is_lost_or_changed_twice() {
    let mut moments = Moments::new();
    for place in places() {
        let place = place.with_rows(ROWS, "-- dbmig:batch 40\n-- dbmig:throttle 5ms\n", FILL);
        let begun = Instant::now();
        place.dbmig(["backfill", "run"]).ok();
        let (whole, took) = (place.digest(), begun.elapsed());
        assert_eq!(place.hits(), "1|1", "{}", place.name);
        let (mut killed, mut half) = (0, 0);
        for round in 0..rounds(20) {
            place.again();
            let mut program = place.start(&["backfill", "run", "2"]);
            let moment = moments.below(took);
            std::thread::sleep(moment);
            if !program.has_ended() {
                killed += 1;
            }
            program.kill();
            let about = format!("{}, round {round}: killed after {moment:?}", place.name);
            half += usize::from(place.hits() == "0|1");
            place.dbmig(["backfill", "run", "2"]).ok();
            assert_eq!(place.digest(), whole, "{about}");
            assert_eq!(place.state(), "done", "{about}");
        }
        println!("{}: {killed} killed, {half} half way", place.name);
        assert!(half > 0 || rounds(20) < 10, "{}: none was killed half way", place.name);
    }
}

#[test]
fn runs_at_once_change_every_row_once() {
    // SQLite, which has no lock but the database's, more often: who begins is decided within a moment.
    for place in places().into_iter().chain((0..8).map(|_| sqlite())) {
        let place = place.with_rows(ROWS, "-- dbmig:batch 40\n-- dbmig:throttle 2ms\n", FILL);
        let programs: Vec<_> = (0..4).map(|_| place.start(&["backfill", "run", "2"])).collect();
        for program in programs {
            program.end().ok();
        }
        assert_eq!((place.hits(), place.state()), ("1|1".into(), "done".into()), "{}", place.name);
    }
}

#[test]
fn another_migration_does_not_wait_for_a_backfill() {
    for place in places() {
        let place = place.with_rows(ROWS, "-- dbmig:batch 40\n-- dbmig:throttle 50ms\n", FILL);
        let mut program = place.start(&["backfill", "run", "2"]);
        wait_until("it never began", || place.state() == "running");
        place.sandbox.migration("3_other", "CREATE TABLE other (id INTEGER);", "DROP TABLE other;");
        place.dbmig(["migrate"]).ok();
        assert!(!program.has_ended(), "{}: the migration came after it", place.name);
        program.end().ok();
        assert_eq!(place.hits(), "1|1", "{}", place.name);
    }
}

#[test]
fn rows_that_come_meanwhile_are_found_in_the_end() {
    for place in places() {
        let until = "-- dbmig:batch 40\n-- dbmig:throttle 5ms\n\
                     -- dbmig:until SELECT 1 FROM people WHERE full_name IS NULL\n";
        let fill = FILL.replace(";\n", " AND full_name IS NULL;\n");
        let place = place.with_rows(ROWS, until, &fill);
        let over = AtomicBool::new(false);
        let ran = std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut session = place.session();
                // Before, between, and behind the others.
                for n in 0..200_usize {
                    let id = [n * 15 + 1, 10_000 + n][n % 2];
                    let sql = format!("INSERT INTO people (id, first_name, last_name, hits) VALUES ({id}, 'new', '{n}', 0)");
                    session.execute(&sql).unwrap();
                    std::thread::sleep(Duration::from_millis(1));
                }
                over.store(true, Ordering::SeqCst);
            });
            place.dbmig(["backfill", "run"])
        });
        assert!(over.load(Ordering::SeqCst));
        assert!(matches!(ran.code, Some(0 | 1)), "{}: {ran}", place.name);
        if ran.code == Some(1) {
            assert!(ran.stderr.contains("--again"), "{}: {ran}", place.name);
        }
        place.dbmig(["backfill", "run", "2", "--again"]).ok();
        place.dbmig(["backfill", "verify"]).ok().says("nothing left");
        assert_eq!(place.hits(), "1|1", "{}", place.name);
    }
}

#[test]
fn paused_resumed_cancelled_and_begun_anew() {
    for place in places() {
        let place = place.with_rows(ROWS, "-- dbmig:batch 40\n-- dbmig:throttle 40ms\n", FILL);
        let program = place.start(&["backfill", "run", "2"]);
        wait_until("it never began", || place.state() == "running");
        place.dbmig(["backfill", "pause", "2"]).ok().says("is paused");
        program.end().exits(4).warns("does not go on");
        place.dbmig(["backfill", "status"]).ok().says("paused");
        place.dbmig(["backfill", "pause", "2"]).exits(4).warns("is paused");
        place.dbmig(["backfill", "run", "2"]).exits(4).warns("cargo dbmig backfill resume 2");
        place.dbmig(["backfill", "resume", "2"]).ok();
        assert_eq!((place.hits(), place.state()), ("1|1".into(), "done".into()), "{}", place.name);
        place.dbmig(["backfill", "cancel", "2"]).exits(4).warns("is done");
        place.again();
        let program = place.start(&["backfill", "run", "2"]);
        wait_until("it never began", || place.state() == "running");
        place.dbmig(["backfill", "cancel", "2"]).ok();
        program.end().exits(4);
        place.dbmig(["backfill", "run", "2"]).exits(4).warns("--again");
        place.session().execute("UPDATE people SET hits = 0").unwrap();
        place.dbmig(["backfill", "run", "2", "--again"]).ok();
        assert_eq!((place.hits(), place.state()), ("1|1".into(), "done".into()), "{}", place.name);
    }
}

#[test]
fn an_interrupt_ends_it_and_it_goes_on_there() {
    for place in places() {
        let place = place.with_rows(ROWS, "-- dbmig:batch 40\n-- dbmig:throttle 40ms\n", FILL);
        let program = place.start(&["backfill", "run", "2"]);
        wait_until("it never began", || place.hits() == "0|1");
        program.signal("-INT");
        let ran = program.end_within(Duration::from_secs(5), &place.name).exits(130);
        assert!(ran.stderr.contains("cargo dbmig backfill run 2"), "{}: {ran}", place.name);
        place.dbmig(["backfill", "run"]).ok().says("resuming");
        assert_eq!(place.hits(), "1|1", "{}", place.name);
    }
}

#[test]
fn a_window_that_fails_is_named_and_the_next_run_goes_on_there() {
    for place in places() {
        let place = place.with_rows(ROWS, "-- dbmig:batch 100\n", FILL);
        let mut session = place.session();
        let bad = "UPDATE people SET first_name = 'refused', last_name = 'refused' WHERE id = 1503";
        session.execute(bad).unwrap();
        let ran = place.dbmig(["backfill", "run", "2"]).exits(3);
        for text in
            ["2_fill/backfill.sql:4:1: ", "from key 1503 to key 1800", "the 500 rows before it"]
        {
            assert!(ran.stderr.contains(text), "{}: {text}: {ran}", place.name);
        }
        assert_eq!(place.hits(), "0|1", "{}", place.name);
        session.execute("UPDATE people SET first_name = 'mended' WHERE id = 1503").unwrap();
        place.dbmig(["backfill", "run", "2"]).ok();
        assert_eq!(place.hits(), "1|1", "{}", place.name);
    }
}

#[test]
fn small_and_empty_tables_need_no_run_of_their_own() {
    for rows in [0, 5] {
        for place in places() {
            let place = place.with_rows(rows, "", FILL);
            assert_eq!(place.state(), "done", "{}, {rows} rows", place.name);
            if rows > 0 {
                assert_eq!(place.hits(), "1|1", "{}", place.name);
            }
        }
    }
}

/// Text with what is special to somebody, and several columns.
#[test]
fn keys_of_text_and_of_several_columns() {
    for place in places() {
        let place = place.with_rows(0, "", FILL);
        let mut session = place.session();
        session
            .execute("CREATE TABLE codes (tenant INTEGER NOT NULL, code VARCHAR(40) NOT NULL UNIQUE, hits INTEGER NOT NULL, PRIMARY KEY (tenant, code))")
            .unwrap();
        for n in 0..300 {
            let special = ["'' OR 1=1 --", " ", "%", "\"", "é", "Z", "a", ":lo"][n % 8];
            let sql = format!("INSERT INTO codes VALUES ({}, '{n}{special}', 0)", n % 5);
            session.execute(&sql).unwrap();
        }
        for (number, key, window) in [
            (3, "code", "code >= :lo AND code <= :hi"),
            (4, "tenant, code", "(tenant, code) >= (:lo) AND (tenant, code) <= (:hi)"),
            (
                5,
                "tenant, code",
                "tenant >= :lo.tenant AND (tenant, code) >= (:lo) AND (tenant, code) <= (:hi)",
            ),
        ] {
            let dir = format!("{number}_codes");
            place.sandbox.migration(&dir, dbmig_build::backfill::STOPPER, "SELECT 1;");
            place.sandbox.write(
                &format!("migrations/{dir}/backfill.sql"),
                format!("-- dbmig:table codes\n-- dbmig:key {key}\n-- dbmig:batch 7\nUPDATE codes SET hits = hits + 1 WHERE {window};\n"),
            );
            place.dbmig(["migrate"]).ok();
            place.dbmig(["backfill", "run", &number.to_string()]).ok();
            let hits = format!(
                "SELECT {}, {} FROM codes",
                place.text("MIN(hits)"),
                place.text("MAX(hits)")
            );
            assert_eq!(place.one(&hits), format!("{0}|{0}", number - 2), "{}: {key}", place.name);
        }
    }
}

#[test]
fn a_column_that_is_no_key_is_refused() {
    for place in places() {
        let place = place.with_rows(ROWS, "", FILL);
        let file = "migrations/2_fill/backfill.sql";
        for (header, reason) in [
            ("-- dbmig:table people\n-- dbmig:key first_name\n", "is not unique"),
            ("-- dbmig:table people\n-- dbmig:key nosuch\n", "has no column `nosuch`"),
            ("-- dbmig:table nosuch\n-- dbmig:key id\n", "there is no table `nosuch`"),
        ] {
            place.sandbox.write(file, format!("{header}{FILL}"));
            place.dbmig(["backfill", "run", "2"]).exits(2).warns(reason);
        }
        assert_eq!(place.hits(), "0|0", "{}", place.name);
    }
}

/// The examples: time zones, full names, states from the last login, a new format.
#[test]
fn the_examples() {
    for place in places() {
        let from = crate::sandbox::repository().join("fixtures/backfills");
        crate::sandbox::copy(&from, &place.sandbox.cwd);
        place.dbmig(["migrate", "--to", "20260201090000"]).ok();
        let mut session = place.session();
        let people: Vec<_> = (1..=2_500)
            .map(|n| {
                let login = ["NULL", "'2024-12-24'", "'2026-01-01'"][n % 3];
                format!("({n}, 'Ada{n}', 'Smith', {login}, 'likes \"tea\"')")
            })
            .collect();
        for part in people.chunks(500) {
            let columns = "id, first_name, last_name, last_login, preferences";
            let sql = format!("INSERT INTO users ({columns}) VALUES {}", part.join(", "));
            session.execute(&sql).unwrap();
        }
        place.dbmig(["migrate"]).ok().says("(2500 of 2500 rows changed, 3 windows");
        let count = place.text("COUNT(*)");
        let columns = "timezone, status, settings";
        let found = place.one(&format!(
            "SELECT {columns}, {count} FROM users GROUP BY {columns} ORDER BY status"
        ));
        let row = |status: &str, count: usize| {
            format!("UTC|{status}|{{\"version\": 2, \"text\": \"likes 'tea'\"}}|{count}")
        };
        let expected = [row("active", 833), row("idle", 834), row("new", 833)].join("\n");
        assert_eq!(found, expected, "{}", place.name);
        let name = place.one("SELECT full_name FROM users WHERE id = 42");
        assert_eq!(name, "Ada42 Smith", "{}", place.name);
        place.dbmig(["backfill", "verify"]).ok();
    }
}
