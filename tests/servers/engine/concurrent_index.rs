//! T16: a UNIQUE index that is built concurrently fails, its cause is mended, and the same command again
//! ends with exactly one valid index. Nobody writes SQL by hand.

use std::time::Duration;

use super::program::wait_until;
use super::{Site, rounds};
use crate::support::Server;

/// What stands before the name.
const FORMS: [&str; 2] = ["", "IF NOT EXISTS "];

/// A table, and an index on it to come.
fn site(form: &str, rows: &str) -> Site {
    let site = Site::new(Server::Postgres);
    site.sandbox.migration(
        "1_table",
        &format!(
            "CREATE TABLE t1 AS SELECT {rows} AS id; \
             CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS \
             $$ BEGIN PERFORM pg_sleep(0.02); RETURN $1; END $$;"
        ),
        "SELECT 1;",
    );
    site.dbmig(["migrate"]).ok();
    let up = format!("CREATE UNIQUE INDEX CONCURRENTLY {form}t1_id ON t1 (slow(id));");
    site.sandbox.migration("2_index", &up, "DROP INDEX CONCURRENTLY t1_id;");
    site.outside_a_transaction("2_index");
    site
}

fn indexes(site: &Site) -> Vec<String> {
    let sql = "SELECT indexrelid::regclass || ' ' || indisvalid FROM pg_index \
               WHERE indrelid = 't1'::regclass";
    site.column(sql)
}

#[track_caller]
fn ends_well(site: &Site) {
    site.dbmig(["migrate"]).ok();
    assert_eq!(indexes(site), ["t1_id true"]);
    assert_eq!(site.versions(), ["1", "2"]);
}

#[test]
fn rows_that_are_there_twice() {
    for form in FORMS {
        for _ in 0..rounds(1) {
            let site = site(form, "generate_series(1, 20) % 19");
            // Twice: what the first left behind must not change what the second says.
            for _ in 0..2 {
                let ran = site.dbmig(["migrate"]).exits(3);
                let _ =
                    ran.warns("2_index/up.sql:1:1: could not create unique index").warns("23505");
                assert!(indexes(&site).is_empty(), "{:?}", indexes(&site));
            }
            site.session()
                .execute("DELETE FROM t1 WHERE ctid NOT IN (SELECT min(ctid) FROM t1 GROUP BY id)")
                .unwrap();
            ends_well(&site);
        }
    }
}

#[test]
fn a_runner_that_is_killed() {
    for form in FORMS {
        for round in 0..rounds(1) {
            let site = site(form, "generate_series(1, 40)");
            let program = site.start(&["migrate"]);
            wait_until("the index is not built", || site.running("CREATE UNIQUE INDEX CONC") > 0);
            std::thread::sleep(Duration::from_millis(round as u64 % 20 * 100));
            program.kill();
            ends_well(&site);
        }
    }
}

#[test]
fn a_build_that_waits_too_long() {
    for form in FORMS {
        for _ in 0..rounds(1) {
            let site = site(form, "generate_series(1, 5)");
            site.sandbox.write(
                "dbmig.toml",
                "dialect = \"postgres\"\n\n[env.development]\nlock_timeout = \"300ms\"\n",
            );
            let mut blocker = site.session();
            blocker.execute("BEGIN; UPDATE t1 SET id = id").unwrap();
            let program = site.start(&["migrate"]);
            std::thread::sleep(Duration::from_millis(2500));
            blocker.execute("ROLLBACK").unwrap();
            program.end().ok().says("again  2_index").says("in its way: process");
            assert_eq!(indexes(&site), ["t1_id true"]);
            assert_eq!(site.versions(), ["1", "2"]);
        }
    }
}

/// An invalid index that somebody else left behind does not count as there.
#[test]
fn one_that_was_invalid_before() {
    let site = site("IF NOT EXISTS ", "generate_series(1, 5)");
    let mut session = site.session();
    session.execute("INSERT INTO t1 VALUES (1)").unwrap();
    assert!(session.execute("CREATE UNIQUE INDEX CONCURRENTLY t1_id ON t1 (id)").is_err());
    session.execute("DELETE FROM t1 WHERE id = 1").unwrap();
    assert_eq!(indexes(&site), ["t1_id false"]);
    ends_well(&site);
    // A valid one of that name is an error, and stays.
    let site = self::site("", "generate_series(1, 5)");
    site.session().execute("CREATE UNIQUE INDEX t1_id ON t1 (id)").unwrap();
    for _ in 0..2 {
        site.dbmig(["migrate"]).exits(3).warns("already exists");
        assert_eq!(indexes(&site), ["t1_id true"]);
    }
}
