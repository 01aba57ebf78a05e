//! Beside others: more runs, migrations, writers, whoever holds the rows.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dbmig_runtime::Session;

use super::{FILL, Place, ROWS, places, sqlite};
use crate::engine::program::wait_until;

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

/// Somebody who holds a row, or on SQLite the database, until the session is told otherwise.
fn holder(place: &Place) -> Box<dyn Session> {
    let mut holder = place.session();
    let begin = if place.name == "Sqlite" { "BEGIN IMMEDIATE" } else { "BEGIN" };
    holder.execute(begin).unwrap();
    holder.execute("UPDATE people SET edits = edits + 1 WHERE id = 1503").unwrap();
    holder
}

#[test]
fn a_window_that_gets_no_lock_ends_it_and_nothing_is_lost() {
    for place in places() {
        let place = place.with_rows(ROWS, "-- dbmig:batch 100\n", FILL).with_patience("200ms", 1);
        let mut holder = holder(&place);
        let ran = place.dbmig(["backfill", "run", "2"]);
        let is_sqlite = place.name == "Sqlite";
        if is_sqlite {
            // It has no locks but the one of the database.
            ran.exits(6).warns("another program holds the database");
        } else {
            let ran =
                ran.exits(3).warns("in the window from key ").warns(" rows before it are done");
            let ran = ran.warns("try it again, it goes on there: `cargo dbmig backfill run 2`");
            // MariaDB tells of transactions older than its whole seconds.
            let told = ran.stderr.contains("in its way: ");
            assert!(told || place.name != "Postgres", "{}: {ran}", place.name);
            assert_eq!(place.state(), "running", "{}", place.name);
        }
        assert_eq!(place.hits(), if is_sqlite { "0|0" } else { "0|1" }, "{}", place.name);
        holder.execute("COMMIT").unwrap();
        place.dbmig(["backfill", "run", "2"]).ok();
        assert_eq!((place.hits(), place.state()), ("1|1".into(), "done".into()), "{}", place.name);
    }
}

#[test]
fn a_window_that_gets_its_lock_late_is_smaller_and_goes_on() {
    for place in places() {
        let place = place.with_rows(ROWS, "-- dbmig:batch 200\n", FILL).with_patience("200ms", 50);
        let mut holder = holder(&place);
        let mut program = place.start(&["backfill", "run", "2"]);
        program.listen_for(" waiting  2_fill");
        holder.execute("COMMIT").unwrap();
        let ran = program.end().ok().says("(1000 of 1000 rows changed, ");
        // Five of 200 rows without anybody in the way. SQLite waits before the first one.
        let five = ran.stdout.contains("changed, 5 windows");
        assert_eq!(five, place.name == "Sqlite", "{}: {ran}", place.name);
        assert_eq!(place.hits(), "1|1", "{}", place.name);
    }
}

/// Two rows at a time, in an order that meets the windows in deadlocks: how often it was committed.
fn hammer(place: &Place, first: usize, over: &AtomicBool) -> usize {
    let mut session = place.session();
    let begin = if place.name == "Sqlite" { "BEGIN IMMEDIATE" } else { "BEGIN" };
    let mut committed = 0;
    let mut n = first;
    while !over.load(Ordering::Relaxed) {
        n = n.wrapping_mul(7_919).wrapping_add(104_729);
        let (a, b) = (n % ROWS * 3 + 3, n / ROWS % ROWS * 3 + 3);
        let both = [begin.to_owned()]
            .into_iter()
            .chain([a, b].map(|id| format!("UPDATE people SET edits = edits + 1 WHERE id = {id}")))
            .chain(["COMMIT".to_owned()]);
        let done = both.into_iter().try_for_each(|sql| session.execute(&sql));
        match done {
            Ok(()) => committed += 1,
            // A deadlock, or no lock in time: the other one went on.
            Err(_) => drop(session.execute("ROLLBACK")),
        }
        // SQLite hands its one lock to whoever asks next: nobody writes there without a breath.
        if place.name == "Sqlite" {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    committed
}

#[test]
fn who_writes_the_same_rows_meanwhile_loses_nothing_and_neither_does_it() {
    for place in places() {
        let header = "-- dbmig:batch 40\n-- dbmig:throttle 5ms\n";
        let place = place.with_rows(ROWS, header, FILL).with_patience("1s", 50);
        let over = AtomicBool::new(false);
        let committed = std::thread::scope(|scope| {
            let (place, over) = (&place, &over);
            let writers: Vec<_> =
                (0..3).map(|n| scope.spawn(move || hammer(place, n, over))).collect();
            let ran = place.dbmig(["backfill", "run", "2"]);
            over.store(true, Ordering::Relaxed);
            let committed: usize =
                writers.into_iter().map(|writer| writer.join().expect("a writer")).sum();
            ran.ok();
            committed
        });
        let edits = place.one(&format!("SELECT {} FROM people", place.text("SUM(edits)")));
        println!("{}: {committed} transactions beside it", place.name);
        assert!(committed > 0, "{}: nobody wrote", place.name);
        assert_eq!(edits, (2 * committed).to_string(), "{}: a write was lost", place.name);
        assert_eq!((place.hits(), place.state()), ("1|1".into(), "done".into()), "{}", place.name);
        let wrong =
            "SELECT full_name FROM people WHERE full_name <> CONCAT(first_name, ' ', last_name)";
        assert_eq!(place.one(wrong), "", "{}", place.name);
    }
}
