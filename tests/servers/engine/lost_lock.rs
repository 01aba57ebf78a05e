//! T06: the lock of a run is let go of by a migration, or the run fails and its connection lives on.

use std::time::{Duration, Instant};

use super::kill_matrix::{migrate_with, set};
use super::program::Program;
use super::proxy::{Fault, Proxy};
use super::{Site, open, rounds, servers};
use crate::support::Server;

/// A migration that lets go of every lock of its session: no other runner gets inside meanwhile.
#[test]
fn a_migration_that_lets_go_of_all_locks() {
    for statement in ["DISCARD ALL", "SELECT pg_advisory_unlock_all()"] {
        for _ in 0..rounds(1) {
            let site = Site::new(Server::Postgres);
            site.counting(0);
            site.dbmig(["migrate"]).ok();
            // Two at once are an error: they would hold the same row of it at the same time.
            site.session()
                .execute(
                    "CREATE TABLE inside (pid INT, during TSTZRANGE, EXCLUDE USING gist (during WITH &&))",
                )
                .unwrap();
            let step = "INSERT INTO inside SELECT pg_backend_pid(), tstzrange(statement_timestamp(), \
                        clock_timestamp()) FROM (SELECT pg_sleep(0.15)) AS slept";
            site.sandbox.migration(
                "1_t",
                &format!("CREATE TABLE t1 (id INT); {statement}; {step}; UPDATE counter SET n = n + 1; {step};"),
                "SELECT 1;",
            );
            site.outside_a_transaction("1_t");
            let programs: Vec<_> = (0..5).map(|_| site.start(&["migrate"])).collect();
            let ran: Vec<_> = programs.into_iter().map(Program::end).collect();
            assert!(ran.iter().any(|ran| ran.code == Some(0)), "{}", ran[0]);
            for ran in &ran {
                // Who looks at it in between sees a run that is under way, and leaves it alone.
                let waits = ran.code == Some(4) && ran.stderr.contains("another runner is at it");
                assert!(ran.code == Some(0) || waits, "{statement}: {ran}");
            }
            site.exactly_once(1, statement);
            assert_eq!(site.column("SELECT count(DISTINCT pid)::text FROM inside"), ["1"]);
        }
    }
}

/// An error in the third migration, and a connection that goes back to its pool: the next runner gets
/// the lock at once.
#[test]
fn a_run_that_fails_and_a_connection_that_lives_on() {
    for server in servers() {
        for in_transaction in [true, false] {
            let site = Site::new(server);
            let good =
                ["CREATE TABLE a (x INT);", "CREATE TABLE b (x INT);", "CREATE TABLE c (x INT);"];
            let migrations = |third| {
                [("1_a", good[0], true), ("2_b", good[1], true), ("3_c", third, in_transaction)]
            };
            let options = dbmig_runtime::RunOptions::default();
            let mut pooled = site.session();
            let broken = set(&migrations("CREATE TABLE c (x NOSUCH);"), pooled.dialect());
            migrate_with(&mut *pooled, &broken, &options).unwrap_err();
            let begun = Instant::now();
            let mut next = open(&site.url);
            let mended = set(&migrations(good[2]), next.dialect());
            migrate_with(&mut *next, &mended, &options).unwrap();
            assert!(begun.elapsed() < Duration::from_secs(2), "{server:?}: {:?}", begun.elapsed());
            assert_eq!(site.versions(), ["1", "2", "3"]);
            // It is as good as new.
            migrate_with(&mut *pooled, &mended, &options).unwrap();
            assert!(!pooled.in_transaction().unwrap(), "{server:?}");
        }
    }
}

/// The connection is lost between the second migration and the third, and nobody gets through to the
/// server any more: the next runner, who does, gets the lock at once and goes on with the third.
#[test]
fn a_connection_that_is_lost_between_two_migrations() {
    for server in servers() {
        let site = Site::new(server);
        for number in 1..=3 {
            let up = format!("CREATE TABLE t{number} (id INT);");
            site.sandbox.migration(&format!("{number}_t"), &up, "SELECT 1;");
        }
        let through = |proxy: &Proxy, args: &[&str]| {
            let url = proxy.url(&site);
            site.sandbox.dbmig_with(&[("DATABASE_URL", &url)], args.iter().copied())
        };
        let counted = Proxy::to(&site, Fault::None);
        through(&counted, &["migrate", "--to", "2"]).ok();
        // What ends a run, and what begins the next migration, is a handful of messages.
        let end = counted.messages();
        let mut between = 0;
        for at in (end - 7..end + 7).step_by(2) {
            super::reset(&site);
            let proxy = Proxy::that_closes(&site, Fault::Cut(at));
            let first = through(&proxy, &["migrate"]);
            assert!(first.code == Some(3) || first.code == Some(0), "{server:?}, {at}: {first}");
            let done = site.versions().len();
            between += usize::from(done == 2);
            let begun = Instant::now();
            let second = site.dbmig(["migrate"]).ok();
            assert!(begun.elapsed() < Duration::from_secs(2), "{server:?}, {at}: {second}");
            assert_eq!(site.versions(), ["1", "2", "3"], "{server:?}, {at}: {first}\n{second}");
            let open = site.column("SELECT version FROM __dbmig_history WHERE state = 'started'");
            assert!(open.is_empty(), "{server:?}, {at}: {open:?}");
        }
        assert!(between > 1, "{server:?}: {between}");
    }
}
