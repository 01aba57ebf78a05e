//! Many runners at once: every migration exactly once, and nobody fails.

use std::process::{Command, Stdio};
use std::thread;

use super::{Site, counting, rounds};
use crate::sandbox::Sandbox;
use crate::support::Server;

/// Starts the program so many times at once; every one must end with 0.
#[track_caller]
fn start_at_once(site: &Site, count: usize, args: &[&str]) -> Vec<String> {
    start_at(&site.sandbox, &site.url, count, args)
}

#[track_caller]
fn start_at(sandbox: &Sandbox, url: &str, count: usize, args: &[&str]) -> Vec<String> {
    let children: Vec<_> = (0..count)
        .map(|_| {
            Command::new(env!("CARGO_BIN_EXE_cargo-dbmig"))
                .args(args)
                .current_dir(&sandbox.cwd)
                .env("DATABASE_URL", url)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the built program")
        })
        .collect();
    let outputs: Vec<_> = children
        .into_iter()
        .map(|child| thread::spawn(move || child.wait_with_output().expect("its output")))
        .collect();
    outputs
        .into_iter()
        .map(|output| {
            let output = output.join().expect("no panic");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{url}: {text}{errors}");
            text
        })
        .collect()
}

/// T01, T02: and through a transaction pooler.
#[test]
fn fifty_runners_at_once() {
    let count = if cfg!(feature = "full-tests") { 50 } else { 16 };
    for _ in 0..rounds(1) {
        for site in Site::all() {
            site.counting(5);
            let said = start_at_once(&site, count, &["migrate"]);
            site.exactly_once(5, "many at once");
            let applied: usize = said.iter().map(|text| text.matches(" applied  ").count()).sum();
            assert_eq!(applied, 6, "{}: {said:?}", site.name());
            assert_eq!(leaked(&site), "0", "{}", site.name());
        }
    }
}

/// T43: the same on a file, in both journal modes.
#[test]
fn fifty_runners_at_one_file() {
    let count = if cfg!(feature = "full-tests") { 50 } else { 16 };
    for mode in ["DELETE", "WAL"] {
        let sandbox = Sandbox::new();
        counting(&sandbox, 5);
        // The mode stays with the file.
        super::open(&sandbox.path("race.sqlite3").display().to_string())
            .query(&format!("PRAGMA journal_mode = {mode}"), &[])
            .unwrap();
        let said = start_at(&sandbox, "race.sqlite3", count, &["migrate"]);
        let applied: usize = said.iter().map(|text| text.matches(" applied  ").count()).sum();
        assert_eq!(applied, 6, "{mode}: {said:?}");
        assert_eq!(sandbox.query("race.sqlite3", "SELECT n FROM counter"), ["5"]);
        let versions = "SELECT count(*) FROM __diesel_schema_migrations";
        assert_eq!(sandbox.query("race.sqlite3", versions), ["6"]);
    }
}

/// T04: no lock outlives its runners.
fn leaked(site: &Site) -> String {
    match site.is_postgres() {
        true => site
            .column("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
            .remove(0),
        false => "0".to_owned(),
    }
}

/// T05: who waits for the lock does not stand in the way of an index that is built concurrently.
#[test]
fn waiters_do_not_stop_a_concurrent_index() {
    for _ in 0..rounds(2) {
        let site = Site::new(Server::Postgres);
        site.counting(1);
        site.sandbox.migration(
            "2_rows",
            "CREATE TABLE t2 AS SELECT generate_series(1, 200000) AS id; UPDATE counter SET n = n + 1;",
            "DROP TABLE t2;",
        );
        site.sandbox.migration(
            "3_index",
            "CREATE INDEX CONCURRENTLY t2_id ON t2 (id);",
            "DROP INDEX CONCURRENTLY t2_id;",
        );
        site.outside_a_transaction("3_index");
        start_at_once(&site, 10, &["migrate"]);
        assert_eq!(site.column("SELECT n FROM counter"), ["2"]);
        assert_eq!(site.versions().len(), 4);
        let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
        assert_eq!(site.column(invalid), ["0"]);
        assert_eq!(leaked(&site), "0");
    }
}

/// Statement mode: several runners, one of them does it, the others wait.
#[test]
fn one_runner_outside_a_transaction() {
    for server in super::servers() {
        let site = Site::new(server);
        site.counting(3);
        for number in 1..=3 {
            site.outside_a_transaction(&format!("{number}_t"));
        }
        start_at_once(&site, 12, &["migrate"]);
        site.exactly_once(3, "outside a transaction");
    }
}

#[test]
fn a_runner_that_takes_too_long_is_named() {
    for server in super::servers() {
        let site = Site::new(server);
        let sleep = if site.is_postgres() { "SELECT PG_SLEEP(4);" } else { "DO SLEEP(4);" };
        site.sandbox.migration("1_slow", sleep, "SELECT 1;");
        let mut slow = Command::new(env!("CARGO_BIN_EXE_cargo-dbmig"))
            .arg("migrate")
            .current_dir(&site.sandbox.cwd)
            .env("DATABASE_URL", &site.url)
            .stdout(Stdio::null())
            .spawn()
            .expect("the built program");
        super::program::wait_until("nothing sleeps", || site.running("SLEEP(4)") > 0);
        let ran = site.dbmig(["migrate", "--runner-wait", "1s"]).exits(6);
        let _ = ran.warns("another runner is still at work").warns("held by");
        // With patience it finds that there is nothing left to do.
        let found =
            if site.is_postgres() { "applied by another runner" } else { "nothing to apply" };
        site.dbmig(["migrate"]).ok().says("waiting").says(found);
        assert!(slow.wait().expect("an end").success());
        assert_eq!(site.versions(), ["1"]);
    }
}
