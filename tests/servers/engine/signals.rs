//! T17: SIGINT and SIGTERM at random moments. The program ends soon and says so, and the next run ends
//! with every migration exactly once.

use std::hash::{BuildHasher as _, Hasher as _};
use std::time::{Duration, Instant};

use super::program::Program;
use super::{Site, counting, rounds, servers};
use crate::sandbox::{Ran, Sandbox};

/// How long it may take when the statement can be cancelled.
const LIMIT: Duration = Duration::from_secs(3);
/// How long a run takes that nobody stops, at least: four statements of this many milliseconds.
const SLEEP: u64 = 150;

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

    /// Up to this many milliseconds.
    fn next(&mut self, limit: u64) -> Duration {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis((self.0 >> 33) % limit)
    }
}

/// Sends a signal after a while; the program ends in time, and by the code for a signal unless it was
/// faster.
fn stop(sandbox: &Sandbox, url: &str, moments: &mut Moments, name: &str, about: &str) -> Ran {
    let mut program = Program::start(sandbox, url, &["migrate"]);
    let moment = moments.next(SLEEP * 5);
    std::thread::sleep(moment);
    let about = format!("{about}: {name} after {moment:?}");
    if program.has_ended() {
        return program.end();
    }
    program.signal(name);
    let begun = Instant::now();
    let ran = program.end_within(LIMIT, &about);
    // Before the first connection a signal ends the process as it always does.
    let stopped = matches!(ran.code, Some(130))
        || (ran.code.is_none() && moment < Duration::from_millis(300));
    assert!(stopped || ran.code == Some(0), "{about}, {:?}: {ran}", begun.elapsed());
    assert!(ran.code != Some(130) || ran.stderr.contains("error: interrupted"), "{about}: {ran}");
    ran
}

#[test]
fn at_random_moments_on_servers() {
    let mut moments = Moments::new();
    let mut stopped = 0;
    for server in servers() {
        let site = Site::new(server);
        for round in 0..rounds(3) {
            let name = ["-INT", "-TERM"][round % 2];
            super::reset(&site);
            let seconds = SLEEP as f64 / 1000.0;
            let sleep = match site.is_postgres() {
                true => format!("SELECT pg_sleep({seconds})"),
                false => format!("SELECT SLEEP({seconds})"),
            };
            // Where definitions commit each is a file of its own, and rows are another: nothing is in doubt.
            site.sandbox.migration("0_counter", "CREATE TABLE counter (n INTEGER);", "SELECT 1;");
            site.sandbox.migration("1_rows", "INSERT INTO counter VALUES (1);", "SELECT 1;");
            for number in 2..=3 {
                let table = match site.is_postgres() {
                    true => format!("CREATE TABLE t{number} (id INT);"),
                    false => String::new(),
                };
                let up = format!("{table} {sleep}; UPDATE counter SET n = n + 1; {sleep};");
                site.sandbox.migration(&format!("{number}_t"), &up, "SELECT 1;");
            }
            let about = format!("{server:?}, round {round}");
            let ran = stop(&site.sandbox, &site.url, &mut moments, name, &about);
            stopped += usize::from(ran.code == Some(130));
            let next = site.dbmig(["migrate"]);
            assert_eq!(next.code, Some(0), "{about}: {ran}\n{next}");
            assert_eq!(site.column("SELECT n FROM counter"), ["3"], "{about}: {ran}");
            assert_eq!(site.versions(), ["0", "1", "2", "3"], "{about}");
        }
    }
    assert!(stopped > 0, "no run was stopped");
}

#[test]
fn at_random_moments_on_a_file() {
    let mut moments = Moments::new();
    for round in 0..rounds(4) {
        let name = ["-INT", "-TERM"][round % 2];
        let sandbox = Sandbox::new();
        counting(&sandbox, 1);
        for number in 2..=3 {
            let slow = "INSERT INTO counter WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c \
                        LIMIT 400000) SELECT 0 FROM c WHERE x < 0;";
            let up = format!(
                "CREATE TABLE t{number} (id INT); {slow} UPDATE counter SET n = n + 1; {slow}"
            );
            sandbox.migration(&format!("{number}_t"), &up, "SELECT 1;");
        }
        let about = format!("SQLite, round {round}");
        let ran = stop(&sandbox, "dev.sqlite3", &mut moments, name, &about);
        let next = sandbox.dbmig_with(&[("DATABASE_URL", "dev.sqlite3")], ["migrate"]);
        assert_eq!(next.code, Some(0), "{about}: {ran}\n{next}");
        assert_eq!(sandbox.query("dev.sqlite3", "SELECT n FROM counter"), ["3"], "{about}: {ran}");
        let versions = "SELECT count(*) FROM __diesel_schema_migrations";
        assert_eq!(sandbox.query("dev.sqlite3", versions), ["4"], "{about}");
    }
}
