//! T13: kill -9 while a statement runs. The server goes on with it; the next runner, a moment later,
//! never runs beside it.

use std::time::{Duration, Instant};

use super::program::{Program, wait_until};
use super::{Site, rounds, servers};
use crate::support::Server;

/// Kills a run when `text` runs, and starts the next one a moment later.
fn kill_and_start_again(site: &Site, text: &str) -> Program {
    let first = site.start(&["migrate"]);
    wait_until("the statement never ran", || site.running(text) > 0);
    first.kill();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(site.running(text), 1, "{}: the server has ended it", site.name());
    site.start(&["migrate"])
}

/// Watches until the program ends: of the statement there is never more than one.
fn watch(site: &Site, mut program: Program, text: &str) -> crate::sandbox::Ran {
    while !program.has_ended() {
        // MySQL reads its list of connections one by one: what ended meanwhile can stand beside what began
        // meanwhile. Two that really meet do so for seconds.
        let running = site.running(text);
        let again = || site.running(text);
        assert!(running < 2 || again() < 2, "{}: {running} at once", site.name());
        std::thread::sleep(Duration::from_millis(10));
    }
    program.end()
}

/// PostgreSQL notices that nobody listens, ends the statement, and rolls back.
#[test]
fn in_a_transaction_on_postgres() {
    for _ in 0..rounds(1) {
        let site = Site::new(Server::Postgres);
        site.counting(0);
        site.dbmig(["migrate"]).ok();
        site.session().execute("CREATE TABLE hurry (yes INT)").unwrap();
        // An overlap is an error: the lock is the session's, and ends with it.
        site.sandbox.migration(
            "1_t",
            "CREATE TABLE t1 (id INT);\nDO $$ BEGIN\n  \
             IF NOT pg_try_advisory_lock(13) THEN RAISE 'two at once'; END IF;\n  \
             IF NOT EXISTS (SELECT 1 FROM hurry) THEN PERFORM pg_sleep(60); END IF;\n\
             END $$;\nUPDATE counter SET n = n + 1;",
            "SELECT 1;",
        );
        let begun = Instant::now();
        let second = kill_and_start_again(&site, "pg_sleep(60)");
        site.session().execute("INSERT INTO hurry VALUES (1)").unwrap();
        // The connection is looked at every 2 s; the figure is 3 s, the rest is for a busy machine.
        let ran = watch(&site, second, "pg_sleep(60)").ok();
        assert!(begun.elapsed() < Duration::from_secs(15), "{:?}: {ran}", begun.elapsed());
        site.exactly_once(1, "an orphan in a transaction");
    }
}

/// A build that goes on by itself leaves a valid index, an invalid one, or none.
#[test]
fn outside_a_transaction_on_postgres() {
    for _ in 0..rounds(1) {
        let site = Site::new(Server::Postgres);
        site.sandbox.migration(
            "1_t",
            "CREATE TABLE t1 AS SELECT generate_series(1, 40) AS id; \
             CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS \
             $$ BEGIN PERFORM pg_sleep(0.05); RETURN $1; END $$;",
            "SELECT 1;",
        );
        site.sandbox.migration(
            "2_index",
            "CREATE INDEX CONCURRENTLY t1_slow ON t1 (slow(id));",
            "SELECT 1;",
        );
        site.outside_a_transaction("2_index");
        let second = kill_and_start_again(&site, "CREATE INDEX CONCURRENTLY");
        let _ = watch(&site, second, "CREATE INDEX CONCURRENTLY").ok();
        assert_eq!(site.versions(), ["1", "2"]);
        let indexes = site.column(
            "SELECT indexrelid::regclass || ' ' || indisvalid FROM pg_index \
             WHERE indrelid = 't1'::regclass",
        );
        assert_eq!(indexes, ["t1_slow true"]);
    }
}

/// These servers do not notice: the statement runs to its end, and holds the lock of the run.
#[test]
fn rows_on_mysql() {
    for server in servers().into_iter().filter(|server| *server != Server::Postgres) {
        for _ in 0..rounds(1) {
            let site = Site::new(server);
            site.counting(0);
            site.dbmig(["migrate"]).ok();
            // An overlap is an error: a subquery of two rows.
            let name = &site.scratch.name;
            site.sandbox.migration(
                "1_rows",
                &format!(
                    "UPDATE counter SET n = n + IF(GET_LOCK('orphan_{name}', 0) = 1, \
                     1 + SLEEP(2) + 0 * RELEASE_LOCK('orphan_{name}'), (SELECT 1 UNION SELECT 2));"
                ),
                "SELECT 1;",
            );
            let second = kill_and_start_again(&site, "SLEEP(2)");
            let _ = watch(&site, second, "SLEEP(2)").ok();
            assert_eq!(site.column("SELECT n FROM counter"), ["1"], "{server:?}");
            assert_eq!(site.versions(), ["0", "1"], "{server:?}");
        }
    }
}

/// A DDL statement that waits for a reader when its client is killed, and runs when the reader is done.
#[test]
fn a_definition_on_mysql() {
    for server in servers().into_iter().filter(|server| *server != Server::Postgres) {
        for _ in 0..rounds(1) {
            let site = Site::new(server);
            site.counting(0);
            site.dbmig(["migrate"]).ok();
            site.sandbox.migration(
                "1_column",
                "ALTER TABLE counter ADD COLUMN a INT;\nALTER TABLE counter ADD COLUMN b INT;",
                "SELECT 1;",
            );
            let mut reader = site.session();
            reader.execute("START TRANSACTION").unwrap();
            reader.query("SELECT n FROM counter", &[]).unwrap();
            let second = kill_and_start_again(&site, "ADD COLUMN a");
            std::thread::sleep(Duration::from_millis(1500));
            reader.execute("COMMIT").unwrap();
            let _ = watch(&site, second, "ADD COLUMN a").ok();
            assert!(site.column("SELECT a FROM counter WHERE b IS NULL").len() == 1, "{server:?}");
            assert_eq!(site.versions(), ["0", "1"], "{server:?}");
        }
    }
}
