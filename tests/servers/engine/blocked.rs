//! T14: somebody holds a lock that a migration needs. Readers do not pile up behind it, it gets through
//! as soon as it can, and says who is in its way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dbmig_runtime::{Error, ErrorKind, RunOptions};

use super::kill_matrix::{migrate_with, set};
use super::{Site, rounds, servers};
use crate::support::Server;

/// Reads twenty times a second until told to stop; returns the longest wait.
fn longest_stall(url: &str, stop: &AtomicBool) -> Duration {
    let mut session = super::open(url);
    let mut longest = Duration::ZERO;
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        session.query("SELECT count(*)::text FROM counter", &[]).unwrap();
        longest = longest.max(begun.elapsed());
        std::thread::sleep(Duration::from_millis(50));
    }
    longest
}

#[test]
fn readers_do_not_pile_up_behind_a_migration_that_waits() {
    for _ in 0..rounds(1) {
        let site = Site::new(Server::Postgres);
        site.counting(0);
        site.sandbox.write(
            "dbmig.toml",
            "dialect = \"postgres\"\n\n[env.development]\nlock_timeout = \"700ms\"\n",
        );
        site.dbmig(["migrate"]).ok();
        let mut blocker = site.session();
        blocker
            .execute("SET application_name = 'nightly report'; BEGIN; LOCK TABLE counter IN ACCESS SHARE MODE")
            .unwrap();
        let pid = blocker.query("SELECT pg_backend_pid()::text", &[]).unwrap();
        let pid = pid[0][0].clone().unwrap();
        site.sandbox.migration("1_t", "ALTER TABLE counter ADD COLUMN a INT;", "SELECT 1;");
        let stop = AtomicBool::new(false);
        let (ran, stall) = std::thread::scope(|scope| {
            let readers: Vec<_> =
                (0..2).map(|_| scope.spawn(|| longest_stall(&site.url, &stop))).collect();
            let program = site.start(&["migrate"]);
            std::thread::sleep(Duration::from_secs(3));
            blocker.execute("COMMIT").unwrap();
            let ran = program.end();
            stop.store(true, Ordering::Relaxed);
            (ran, readers.into_iter().map(|reader| reader.join().unwrap()).max().unwrap())
        });
        // The figure is 200 ms above the timeout, the rest is for a busy machine.
        assert!(stall < Duration::from_millis(700 + 1000), "{stall:?}: {ran}");
        assert_eq!(site.versions(), ["0", "1"], "{ran}");
        let way = format!(
            "in its way: process {pid} of postgres at 127.0.0.1 (nightly report), idle in transaction"
        );
        ran.ok().says("again  1_t").says(&way).says("1 migration applied");
        println!("longest stall of a reader: {stall:?}");
    }
}

/// Nothing has changed, and the one who does not leave is named.
#[test]
fn who_never_leaves_is_named() {
    let options = RunOptions {
        lock_timeout: Some(Duration::from_secs(1)),
        retries: 0,
        ..RunOptions::default()
    };
    for server in servers() {
        for in_transaction in [true, false] {
            let site = Site::new(server);
            site.counting(0);
            site.dbmig(["migrate"]).ok();
            let mut blocker = site.session();
            let id = match site.is_postgres() {
                true => "SELECT pg_backend_pid()::text",
                false => "SELECT CAST(CONNECTION_ID() AS CHAR)",
            };
            blocker
                .execute(if site.is_postgres() { "BEGIN" } else { "START TRANSACTION" })
                .unwrap();
            blocker.query("SELECT n FROM counter", &[]).unwrap();
            let id = blocker.query(id, &[]).unwrap()[0][0].clone().unwrap();
            // As old as the wait will be.
            std::thread::sleep(Duration::from_millis(100));
            let up = "ALTER TABLE counter ADD COLUMN a INT;";
            let set = set(
                &[
                    (
                        "0_counter",
                        "CREATE TABLE counter (n INTEGER);\nINSERT INTO counter VALUES (0);",
                        true,
                    ),
                    ("1_column", up, in_transaction),
                ],
                blocker.dialect(),
            );
            let failed = migrate_with(&mut *site.session(), &set, &options);
            let Err(Error { kind: ErrorKind::Statement(error), .. }) = failed else {
                panic!("{server:?}: {failed:?}");
            };
            let word = if site.is_postgres() { "process" } else { "connection" };
            let [who] = &error.blockers[..] else { panic!("{server:?}: {error:?}") };
            assert!(who.starts_with(&format!("{word} {id} of ")), "{server:?}: {who}");
            assert!(who.contains("its transaction "), "{server:?}: {who}");
            println!("{server:?}: {who}");
            assert_eq!(site.versions(), ["0"]);
            blocker.execute("COMMIT").unwrap();
            migrate_with(&mut *site.session(), &set, &options).unwrap();
            assert_eq!(site.versions(), ["0", "1"]);
        }
    }
}

/// The same by the program: nothing has changed, and it says who, since when, and what to type.
#[test]
fn the_program_names_who_never_leaves() {
    for server in servers() {
        let site = Site::new(server);
        site.counting(0);
        let dialect = if site.is_postgres() { "postgres" } else { "mysql" };
        site.sandbox.write(
            "dbmig.toml",
            format!("dialect = \"{dialect}\"\n\n[env.development]\nlock_timeout = \"1s\"\nlock_retries = 1\n"),
        );
        site.dbmig(["migrate"]).ok();
        let mut blocker = site.session();
        let (begin, id) = match site.is_postgres() {
            true => ("BEGIN", "SELECT pg_backend_pid()::text"),
            false => ("START TRANSACTION", "SELECT CAST(CONNECTION_ID() AS CHAR)"),
        };
        blocker.execute(begin).unwrap();
        blocker.query("SELECT n FROM counter", &[]).unwrap();
        let id = blocker.query(id, &[]).unwrap()[0][0].clone().unwrap();
        std::thread::sleep(Duration::from_millis(1100));
        site.sandbox.migration("1_t", "ALTER TABLE counter ADD COLUMN a INT;", "SELECT 1;");
        let before = site.column("SELECT count(*) FROM __dbmig_history WHERE state = 'finished'");
        let ran = site.dbmig(["migrate"]).exits(3);
        assert_eq!(ran.stdout.matches("again  1_t").count(), 1, "{ran}");
        let patience = site.dbmig(["migrate", "--lock-retries", "0"]).exits(3);
        assert!(!patience.stdout.contains("again  1_t"), "{patience}");
        let word = if site.is_postgres() { "process" } else { "connection" };
        let ran = ran.warns(&format!("in its way: {word} {id} of ")).warns("its transaction ");
        let ran = ran.warns("migrations/1_t/up.sql:1:1").warns("cargo dbmig");
        assert_eq!(site.versions(), ["0"], "{ran}");
        let after = site.column("SELECT count(*) FROM __dbmig_history WHERE state = 'finished'");
        assert_eq!(before, after, "{ran}");
        println!("{ran}");
        blocker.execute("COMMIT").unwrap();
        site.dbmig(["migrate"]).ok();
        assert_eq!(site.versions(), ["0", "1"]);
    }
}
