//! Backfills from an application: its connection, its observer, its transaction.

use dbmig_build::backfill::STOPPER;
use dbmig_build::check::{self, Options};
use dbmig_build::{Dialect, MigrationSet, RawFile, RawMigration, RawSet, Version};
use dbmig_runtime::backfill::{self, BackfillError, End, Happening, Way};
use dbmig_runtime::plan::{Backfills, Lacking, PlanError};
use dbmig_runtime::{Error, ErrorKind, Event, Migrator, RunOptions, Silent};
use diesel::Connection as _;
use diesel::sqlite::SqliteConnection;

use crate::support::{memory, texts};

const FILL: &str = "-- dbmig:table t\n-- dbmig:key id\n-- dbmig:batch 10\n\
                    -- dbmig:until SELECT 1 FROM t WHERE a IS NULL\n\
                    UPDATE t SET a = id WHERE id >= :lo AND id <= :hi AND a IS NULL;\n";

/// A table of 95 rows; a backfill; a migration that waits for it.
fn set(backfill: &str) -> MigrationSet {
    let file = |text: &str| RawFile::Bytes(text.as_bytes().to_vec());
    let migration = |name: &str, up: &str| RawMigration {
        dir_name: name.to_owned(),
        up: file(up),
        down: file("SELECT 1;"),
        ..RawMigration::default()
    };
    let rows = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER); INSERT INTO t (id) \
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 95) SELECT i FROM n;";
    let waits = "run_in_transaction = true\n[dbmig]\nrequires = \"backfill:2\"\n";
    let migrations = vec![
        migration("1_t", rows),
        RawMigration { backfill: file(backfill), ..migration("2_fill", STOPPER) },
        RawMigration { metadata: file(waits), ..migration("3_waits", "CREATE TABLE u (id INT);") },
    ];
    let raw = RawSet { migrations, ..RawSet::default() };
    let dialects = Some(vec![Dialect::Sqlite]);
    check::run(&raw, &Options { dialects, lock_required: false, ..Options::default() }).set.unwrap()
}

fn fill() -> Version {
    Version::new("2")
}

fn run(conn: &mut SqliteConnection, set: &MigrationSet, way: Way) -> Result<End, Error> {
    let options = RunOptions::default();
    backfill::run(conn, set, &fill(), way, &options, &mut Silent).map(|outcome| outcome.end)
}

fn left(conn: &mut SqliteConnection) -> String {
    texts(conn, "SELECT count(*) FROM t WHERE a IS NULL").join("")
}

#[test]
fn a_start_runs_it_before_what_waits_for_it() {
    let (mut conn, set) = (memory(), set(FILL));
    let report = Migrator::new(&set).run(&mut conn).unwrap();
    assert_eq!(report.applied(), 3);
    assert_eq!(report.backfills[0].progress.batches, 10);
    assert_eq!(left(&mut conn), "0");
    let again = Migrator::new(&set).run(&mut conn).unwrap();
    assert!(again.done.is_empty() && again.backfills.is_empty());
    assert_eq!(run(&mut conn, &set, Way::default()).unwrap(), End::DoneBefore);
}

#[test]
fn a_worker_rests_and_goes_on() {
    let (mut conn, set) = (memory(), set(FILL));
    Migrator::new(&set).run(&mut conn).unwrap();
    diesel::RunQueryDsl::execute(diesel::sql_query("UPDATE t SET a = NULL"), &mut conn).unwrap();
    let few = Way { windows: Some(3), ..Way::default() };
    assert_eq!(run(&mut conn, &set, Way { again: true, ..few }).unwrap(), End::Rests);
    assert_eq!(left(&mut conn), "65");
    assert_eq!(backfill::unfinished(&mut conn, &set).unwrap(), [fill()]);
    backfill::pause(&mut conn, &set, &fill()).unwrap();
    let paused = run(&mut conn, &set, few).unwrap_err();
    assert!(
        matches!(&paused.kind, ErrorKind::Backfill(error) if matches!(**error, BackfillError::Stopped { cancelled: false, .. })),
        "{paused}"
    );
    assert!(backfill::resume(&mut conn, &set, &fill()).unwrap());
    assert_eq!(backfill::verify(&mut conn, &set, &fill()).unwrap(), Some(false));
    let mut windows = 0;
    let mut watch = |event: Event<'_>| {
        windows += usize::from(matches!(event, Event::Backfill { what: Happening::Window, .. }));
    };
    let options = RunOptions::default();
    let way = Way::default();
    let end = backfill::run(&mut conn, &set, &fill(), way, &options, &mut watch).unwrap();
    assert_eq!((end.end, windows, end.progress.seen), (End::Done { left: false }, 7, 95));
}

#[test]
fn a_large_one_is_left_alone_where_only_small_ones_run() {
    let (mut conn, set) = (memory(), set(FILL));
    Migrator::new(&set).run(&mut conn).unwrap();
    let small = Way { only_small: true, again: true, ..Way::default() };
    assert_eq!(run(&mut conn, &set, small).unwrap(), End::Deferred);
    diesel::RunQueryDsl::execute(diesel::sql_query("DELETE FROM t WHERE id > 9"), &mut conn)
        .unwrap();
    assert_eq!(run(&mut conn, &set, small).unwrap(), End::Done { left: false });
}

#[test]
fn a_start_can_leave_a_large_one_to_others() {
    let (mut conn, set) = (memory(), set(FILL));
    let error = Migrator::new(&set).backfills(Backfills::Defer).run(&mut conn).unwrap_err();
    assert_eq!((error.report.applied(), error.report.backfills[0].end), (2, End::Deferred));
    assert_eq!(left(&mut conn), "95");
    assert_eq!(run(&mut conn, &set, Way::default()).unwrap(), End::Done { left: false });
    Migrator::new(&set).backfills(Backfills::Defer).run(&mut conn).unwrap();
}

#[test]
fn rows_that_the_statement_does_not_change_keep_what_waits_from_running() {
    let never = FILL.replace("SET a = id", "SET a = NULL");
    let (mut conn, set) = (memory(), set(&never));
    let error = Migrator::new(&set).run(&mut conn).unwrap_err();
    let lacking = match &error.kind {
        ErrorKind::Plan(PlanError::Requires { lacking, .. }) => *lacking,
        _ => panic!("{error}"),
    };
    assert_eq!((lacking, error.report.applied()), (Lacking::RowsLeft, 2));
    let planned = Migrator::new(&set).plan(&mut conn).unwrap_err();
    assert!(planned.to_string().contains("which has left rows"), "{planned}");
}

/// Diesel's pattern for tests.
#[test]
fn within_a_transaction_of_the_caller() {
    let (mut conn, set) = (memory(), set(FILL));
    conn.begin_test_transaction().unwrap();
    let report = Migrator::new(&set).in_open_transaction(true).run(&mut conn).unwrap();
    assert_eq!(report.applied(), 3);
    assert_eq!(left(&mut conn), "0");
}

#[test]
fn keys_that_are_none() {
    for (key, reason) in [
        ("a", "is NULL in some rows"),
        ("b", "has no column `b`"),
        ("a, id", "is NULL in some rows"),
    ] {
        let text = FILL.replace("dbmig:key id", &format!("dbmig:key {key}"));
        let (mut conn, set) = (memory(), set(&text));
        let error = Migrator::new(&set).run(&mut conn).unwrap_err();
        assert!(error.to_string().contains(reason), "{key}: {error}");
    }
}
