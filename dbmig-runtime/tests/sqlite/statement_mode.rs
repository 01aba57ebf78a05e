//! Outside a transaction: progress, resuming, decisions.

use dbmig_runtime::history::{self, State};
use dbmig_runtime::plan::Target;
use dbmig_runtime::{ErrorKind, Migrator, PlanError, RunOptions, Session as _, Silent, runner};
use diesel::Connection as _;
use diesel::sqlite::SqliteConnection;

use crate::support::{memory, revert, set, states, texts};

#[test]
fn outside_a_transaction_it_goes_on_where_it_stopped() {
    let mut conn = memory();
    let with_third = |third: &str| {
        let up = format!(
            "CREATE TABLE a (id INT); INSERT INTO a VALUES (1); {third}; INSERT INTO a VALUES (3);"
        );
        set(&[("1_a", &up, "DROP TABLE a;", "run_in_transaction = false\n")])
    };
    let error =
        Migrator::new(&with_third("INSERT INTO nosuch VALUES (2)")).run(&mut conn).unwrap_err();
    let ErrorKind::Statement(statement) = &error.kind else { panic!("{error:?}") };
    assert_eq!((statement.index, statement.rolled_back), (3, false));
    let mended = with_third("INSERT INTO a VALUES (2)");
    assert_eq!(states(&mut conn, &mended), [State::HalfDone]);
    assert_eq!(Migrator::new(&mended).run(&mut conn).unwrap().applied(), 1);
    assert_eq!(texts(&mut conn, "SELECT id FROM a ORDER BY id"), ["1", "2", "3"]);
    assert_eq!(states(&mut conn, &mended), [State::Applied]);
}

#[test]
fn what_ran_before_the_failing_statement_must_not_be_edited() {
    let mut conn = memory();
    let with = |first: &str| {
        set(&[(
            "1_a",
            &format!("{first}; INSERT INTO nosuch VALUES (2);"),
            "",
            "run_in_transaction = false\n",
        )])
    };
    let _ = Migrator::new(&with("CREATE TABLE a (id INT)")).run(&mut conn).unwrap_err();
    let error = Migrator::new(&with("CREATE TABLE b (id INT)")).run(&mut conn).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Plan(PlanError::HalfDone { .. })), "{error}");
}

#[test]
fn vacuum_runs_outside_a_transaction() {
    let mut conn = memory();
    let set = set(&[("1_vacuum", "VACUUM;", "VACUUM;", "run_in_transaction = false\n")]);
    assert_eq!(Migrator::new(&set).run(&mut conn).unwrap().applied(), 1);
    assert_eq!(revert(&mut conn, &set, &Target::All).unwrap().reverted(), 1);
}

#[test]
fn a_killed_one_needs_a_decision() {
    for (applied, expected) in [(true, State::Applied), (false, State::Reverted)] {
        let mut conn = memory();
        let half = set(&[(
            "1_a",
            "CREATE TABLE a (id INT); INSERT INTO nosuch VALUES (1);",
            "",
            "run_in_transaction = false\n",
        )]);
        let _ = Migrator::new(&half).run(&mut conn).unwrap_err();
        // As a kill between intent and progress leaves it.
        conn.execute("UPDATE __dbmig_history SET state = 'started', intent = 2").unwrap();
        let error = Migrator::new(&half).run(&mut conn).unwrap_err();
        let ErrorKind::Plan(PlanError::HalfDone { done, doubtful, .. }) = error.kind else {
            panic!("{error}")
        };
        assert_eq!((done, doubtful), (1, Some(2)));
        let version = dbmig_runtime::Version::new("1");
        history::resolve(&mut conn, &version, applied, None).unwrap();
        assert_eq!(states(&mut conn, &half), [expected]);
    }
}

const OUTSIDE: &str = "run_in_transaction = false\n";

#[test]
fn many_runners_apply_it_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("race.sqlite3");
    let up: String = "CREATE TABLE t (x INT);".to_owned() + &"INSERT INTO t VALUES (1);".repeat(20);
    let set = set(&[("1_t", &up, "DROP TABLE t;", OUTSIDE)]);
    let run = || {
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        Migrator::new(&set).run(&mut conn)
    };
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    // Who comes while another is at it is told so, and does nothing.
    let applied: usize = results.iter().flatten().map(dbmig_runtime::Report::applied).sum();
    assert_eq!(applied, 1, "{results:?}");
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        assert!(matches!(error.kind, ErrorKind::Plan(PlanError::HalfDone { .. })), "{error}");
    }
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    assert_eq!(texts(&mut conn, "SELECT count(*) FROM t"), ["20"]);
}

#[test]
fn two_that_saw_the_same_failure_go_on_once() {
    let mut conn = memory();
    let with = |last: &str| {
        let up = format!("CREATE TABLE t (x INT); INSERT INTO t VALUES (1); {last};");
        set(&[("1_t", &up, "DROP TABLE t;", OUTSIDE)])
    };
    let _ = Migrator::new(&with("INSERT INTO nosuch VALUES (1)")).run(&mut conn).unwrap_err();
    let mended = with("INSERT INTO t VALUES (2)");
    let history = history::read(&mut conn).unwrap();
    let plan = Migrator::new(&mended).plan(&mut conn).unwrap();
    let run = |conn: &mut SqliteConnection| {
        runner::run(conn, &mended, &history, &plan, &RunOptions::default(), &mut Silent)
    };
    assert_eq!(run(&mut conn).unwrap().applied(), 1);
    // The second one planned before the first one ran.
    assert_eq!(run(&mut conn).unwrap().by_others.len(), 1);
    assert_eq!(texts(&mut conn, "SELECT x FROM t ORDER BY x"), ["1", "2"]);
}

#[test]
fn a_file_with_transactions_of_its_own_is_one_unit() {
    let mut conn = memory();
    let up = |last: &str| {
        format!("CREATE TABLE a (x INT); BEGIN; INSERT INTO a VALUES (1); {last}; COMMIT;")
    };
    let broken = set(&[("1_a", &up("INSERT INTO nosuch VALUES (1)"), "DROP TABLE a;", OUTSIDE)]);
    let error = Migrator::new(&broken).run(&mut conn).unwrap_err();
    let ErrorKind::Statement(statement) = &error.kind else { panic!("{error:?}") };
    assert!(statement.doubtful);
    assert!(conn.execute("BEGIN; ROLLBACK").is_ok(), "the file's transaction stayed open");
    assert_eq!(texts(&mut conn, "PRAGMA foreign_keys"), ["1"]);
    // It is not run again from anywhere without a decision.
    let mended = set(&[("1_a", &up("SELECT 1"), "DROP TABLE a;", OUTSIDE)]);
    let again = Migrator::new(&mended).run(&mut conn).unwrap_err();
    assert!(
        matches!(again.kind, ErrorKind::Plan(PlanError::HalfDone { doubtful: Some(1), .. })),
        "{again}"
    );
    conn.execute("DROP TABLE a").unwrap();
    history::resolve(&mut conn, &dbmig_runtime::Version::new("1"), false, None).unwrap();
    assert_eq!(Migrator::new(&mended).run(&mut conn).unwrap().applied(), 1);
    assert_eq!(texts(&mut conn, "SELECT x FROM a"), ["1"]);
}

#[test]
fn a_failed_revert_is_not_run_again_from_the_start() {
    let mut conn = memory();
    let down = "UPDATE t SET x = x - 1; DROP TABLE nosuch;";
    let set = set(&[("1_t", "CREATE TABLE t (x INT); INSERT INTO t VALUES (10);", down, OUTSIDE)]);
    let _ = Migrator::new(&set).run(&mut conn).unwrap();
    for _ in 0..2 {
        let error = revert(&mut conn, &set, &Target::All).unwrap_err();
        let ErrorKind::Statement(statement) = &error.kind else { panic!("{error}") };
        assert_eq!(statement.index, 2);
        assert_eq!(texts(&mut conn, "SELECT x FROM t"), ["9"]);
    }
    // What ran of it was edited: nobody can tell what the rest would undo.
    let with = |down: &str| {
        let up = "CREATE TABLE t (x INT); INSERT INTO t VALUES (10);";
        crate::support::set(&[("1_t", up, down, OUTSIDE)])
    };
    let edited = with("UPDATE t SET x = x - 2; DROP TABLE t;");
    let error = revert(&mut conn, &edited, &Target::All).unwrap_err();
    let ErrorKind::Plan(PlanError::HalfDone { reverting, done, .. }) = &error.kind else {
        panic!("{error}")
    };
    assert_eq!((*reverting, *done), (true, 1));
    let mended = with("UPDATE t SET x = x - 1; INSERT INTO t SELECT x * 10 FROM t;");
    assert_eq!(revert(&mut conn, &mended, &Target::All).unwrap().reverted(), 1);
    assert_eq!(texts(&mut conn, "SELECT x FROM t"), ["9", "90"]);
}

#[test]
fn a_decision_keeps_what_is_known_and_is_made_once() {
    let mut conn = memory();
    let half = set(&[(
        "1_a",
        "CREATE TABLE a (id INT); INSERT INTO nosuch VALUES (1);",
        "DROP TABLE a;",
        OUTSIDE,
    )]);
    let _ = Migrator::new(&half).run(&mut conn).unwrap_err();
    let version = dbmig_runtime::Version::new("1");
    history::resolve(&mut conn, &version, true, None).unwrap();
    let known = history::read(&mut conn).unwrap();
    let down = history::recorded_down(&mut conn, &known, &version).unwrap().unwrap();
    assert_eq!((down.sql.as_str(), down.settings.run_in_transaction), ("DROP TABLE a;", false));
    let edited = set(&[("1_a", "CREATE TABLE b (id INT);", "DROP TABLE a;", OUTSIDE)]);
    assert_eq!(states(&mut conn, &edited), [State::Modified]);
    assert!(
        history::resolve(&mut conn, &version, false, None).is_err(),
        "an applied one was un-recorded"
    );
}

#[test]
fn a_step_does_not_inherit_the_settings_of_the_one_before() {
    let mut conn = memory();
    let set = set(&[
        (
            "1_off",
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INT REFERENCES p (id)); PRAGMA foreign_keys = OFF;",
            "",
            OUTSIDE,
        ),
        ("2_orphan", "INSERT INTO c VALUES (7);", "", ""),
    ]);
    let error = Migrator::new(&set).run(&mut conn).unwrap_err();
    assert!(error.to_string().contains("FOREIGN KEY constraint failed"), "{error}");
}

#[test]
fn savepoints_open_a_transaction_outside_of_one() {
    let mut conn = memory();
    let up = |last: &str| {
        format!("CREATE TABLE t (x INT); SAVEPOINT a; INSERT INTO t VALUES (1); {last}; RELEASE a;")
    };
    let broken = set(&[("1_t", &up("INSERT INTO nosuch VALUES (1)"), "DROP TABLE t;", OUTSIDE)]);
    let error = Migrator::new(&broken).run(&mut conn).unwrap_err();
    let ErrorKind::Statement(statement) = &error.kind else { panic!("{error:?}") };
    assert!(statement.doubtful, "it would go on behind what was rolled back");
    let open = set(&[("1_t", "SAVEPOINT a; CREATE TABLE t (x INT);", "", OUTSIDE)]);
    let mut conn = memory();
    let _ = Migrator::new(&open).run(&mut conn).unwrap_err();
    assert!(conn.execute("BEGIN; ROLLBACK").is_ok(), "a transaction stayed open");
}

#[test]
fn rows_that_a_failing_statement_keeps_make_it_doubtful() {
    let mut conn = memory();
    let up = "CREATE TABLE t (x INT UNIQUE); INSERT OR FAIL INTO t VALUES (1), (2), (1), (3);";
    let set = set(&[("1_t", up, "DROP TABLE t;", OUTSIDE)]);
    let _ = Migrator::new(&set).run(&mut conn).unwrap_err();
    let error = Migrator::new(&set).run(&mut conn).unwrap_err();
    assert!(
        matches!(error.kind, ErrorKind::Plan(PlanError::HalfDone { doubtful: Some(2), .. })),
        "{error}"
    );
    assert_eq!(texts(&mut conn, "SELECT count(*) FROM t"), ["2"]);
}

#[test]
fn nothing_of_it_is_there_when_the_first_statement_is_refused() {
    let mut conn = memory();
    let broken = set(&[("1_t", "INSERT INTO nosuch VALUES (1);", "", OUTSIDE)]);
    let _ = Migrator::new(&broken).run(&mut conn).unwrap_err();
    assert_eq!(states(&mut conn, &broken), [State::Failed]);
    // Renamed, or in a transaction now: nothing stands in the way.
    let renamed = set(&[("2_t", "CREATE TABLE t (x INT);", "", "")]);
    assert_eq!(Migrator::new(&renamed).run(&mut conn).unwrap().applied(), 1);
}

#[test]
fn a_transaction_does_not_run_beside_an_attempt_outside_of_one() {
    let mut conn = memory();
    let up = "CREATE TABLE t (x INT); INSERT INTO t VALUES (1);";
    let inside = set(&[("1_t", up, "", "")]);
    // Planned before the older release began.
    let history = history::read(&mut conn).unwrap();
    let plan = Migrator::new(&inside).plan(&mut conn).unwrap();
    let outside = set(&[("1_t", &format!("{up} INSERT INTO nosuch VALUES (1);"), "", OUTSIDE)]);
    let _ = Migrator::new(&outside).run(&mut conn).unwrap_err();
    let error =
        runner::run(&mut conn, &inside, &history, &plan, &RunOptions::default(), &mut Silent)
            .unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Plan(PlanError::HalfDone { .. })), "{error}");
    assert_eq!(texts(&mut conn, "SELECT count(*) FROM t"), ["1"]);
}

#[test]
fn a_decision_stops_a_runner_that_is_still_at_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.sqlite3");
    let connect = || SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let up = "CREATE TABLE t (x INT); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); INSERT INTO t VALUES (3);";
    let set = set(&[("1_t", up, "DROP TABLE t;", OUTSIDE)]);
    let mut other = connect();
    let mut decide = |event: dbmig_runtime::Event<'_>| {
        if matches!(event, dbmig_runtime::Event::Statement { index: 3, .. }) {
            history::resolve(&mut other, &dbmig_runtime::Version::new("1"), false, None).unwrap();
        }
    };
    let error = Migrator::new(&set).observer(&mut decide).run(&mut connect()).unwrap_err();
    assert!(error.to_string().contains("somebody decided"), "{error}");
    assert_eq!(states(&mut connect(), &set), [State::Reverted]);
}
