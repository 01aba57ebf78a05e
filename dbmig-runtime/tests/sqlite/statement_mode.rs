//! Outside a transaction: progress, resuming, decisions.

use dbmig_runtime::history::{self, State};
use dbmig_runtime::plan::Target;
use dbmig_runtime::{ErrorKind, Migrator, PlanError, Session as _};

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
        history::resolve(&mut conn, &version, applied).unwrap();
        assert_eq!(states(&mut conn, &half), [expected]);
    }
}
