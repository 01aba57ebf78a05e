//! Preconditions and assertions from an application: what a start does, and what its report says.

use dbmig_build::MigrationSet;
use dbmig_runtime::history::State;
use dbmig_runtime::{
    DieselSource, ErrorKind, Event, Migrator, OnFail, Refusal, Session as _, When,
};
use diesel::connection::SimpleConnection as _;
use diesel_migrations::MigrationHarness as _;

use crate::support::{memory, set, states, texts};

fn asking(on_fail: &str) -> MigrationSet {
    let metadata = format!(
        "run_in_transaction = true\n\n[[dbmig.precondition]]\nquery = 'SELECT \"n\" FROM t'\nexpect = 0\non_fail = '{on_fail}'\n"
    );
    set(&[
        ("1_t", "CREATE TABLE t (n INT); INSERT INTO t VALUES (3);", "DROP TABLE t;", ""),
        ("2_u", "CREATE TABLE u (id INT);", "DROP TABLE u;", &metadata),
        ("3_v", "CREATE TABLE v (id INT);", "DROP TABLE v;", ""),
    ])
}

#[test]
fn a_start_does_what_the_settings_say() {
    for (on_fail, expected, state, has_u) in [
        ("skip", OnFail::Skip, State::Skipped, false),
        ("mark-applied", OnFail::MarkApplied, State::Applied, false),
        ("warn", OnFail::Warn, State::Applied, true),
    ] {
        let (mut conn, set) = (memory(), asking(on_fail));
        let mut told = Vec::new();
        let mut observe = |event: Event<'_>| {
            if let Event::Unmet { name, on_fail, reason } = event {
                told.push((name.to_owned(), on_fail, reason.to_owned()));
            }
        };
        let report = Migrator::new(&set).observer(&mut observe).run(&mut conn).unwrap();
        let reason = "precondition does not hold: answered `3`, expected `0`";
        assert_eq!(told, [("2_u".to_owned(), expected, reason.to_owned())]);
        let unmet: Vec<_> = report.unmet.iter().map(|one| (&*one.name, one.on_fail)).collect();
        assert_eq!(unmet, [("2_u", expected)]);
        assert_eq!(report.applied(), if has_u { 3 } else { 2 }, "{on_fail}");
        assert_eq!(states(&mut conn, &set), [State::Applied, state, State::Applied]);
        let there = texts(&mut conn, "SELECT name FROM sqlite_master WHERE name = 'u'");
        assert_eq!(!there.is_empty(), has_u, "{on_fail}");
        // A later start asks again what was skipped, and nothing else.
        conn.batch_execute("UPDATE t SET n = 0").unwrap();
        let again = Migrator::new(&set).run(&mut conn).unwrap();
        assert_eq!(again.applied(), usize::from(on_fail == "skip"));
    }
    let (mut conn, set) = (memory(), asking("halt"));
    let error = Migrator::new(&set).run(&mut conn).unwrap_err();
    let ErrorKind::Guard(guard) = &error.kind else { panic!("{error:?}") };
    assert_eq!(guard.precondition, Some(1));
    assert!(matches!(&guard.refusal, Refusal::Answered(reason) if reason.contains("`3`")));
    assert_eq!(
        error.to_string(),
        "2_u/metadata.toml: precondition does not hold: answered `3`, expected `0`"
    );
    assert_eq!(error.report.applied(), 1);
    assert_eq!(states(&mut conn, &set)[1..], [State::Failed, State::Pending]);
}

#[test]
fn what_is_asserted_is_shown_with_names_and_values_of_every_kind() {
    let up = "-- dbmig:assert before SELECT 1 AS \"a\"\"b\", 1.5 AS f, x'00ff' AS b, NULL AS n, 'é' AS t, 7, 7\n\
              SELECT 1;";
    let set = set(&[("1_a", up, "SELECT 1;", "")]);
    let mut conn = memory();
    let error = Migrator::new(&set).run(&mut conn).unwrap_err();
    let ErrorKind::Guard(guard) = &error.kind else { panic!("{error:?}") };
    assert_eq!((guard.when, guard.place, guard.kept), (Some(When::Before), Some((1, 1)), false));
    let rows = guard.rows();
    assert!(
        rows[0].starts_with("a\"b = 1, f = 1.5, b = x'00FF', n = NULL, t = é, 7 = 7"),
        "{rows:?}"
    );
    assert_eq!(error.to_string().lines().count(), 2, "{error}");
}

#[test]
fn a_query_finds_so_many_rows_and_no_more() {
    let mut conn = memory();
    conn.batch_execute("CREATE TABLE t (a INT); INSERT INTO t VALUES (1), (2), (3)").unwrap();
    let found = conn.find("SELECT a, a > 1 AS big FROM t ORDER BY a -- last", 2).unwrap();
    assert_eq!(found.columns, ["a", "big"]);
    assert_eq!(found.rows.len(), 2);
    assert_eq!(found.rows[1], [Some("2".to_owned()), Some("1".to_owned())]);
    let none = conn.find("SELECT a FROM t WHERE a > 3", 2).unwrap();
    assert!(none.rows.is_empty() && none.columns.is_empty());
    assert!(conn.find("SELECT nosuch FROM t", 2).is_err());
}

#[test]
fn diesel_takes_none_that_has_preconditions() {
    let (mut conn, set) = (memory(), asking("skip"));
    let error = conn.run_pending_migrations(DieselSource(&set)).unwrap_err().to_string();
    assert!(error.contains("`2_u` has preconditions"), "{error}");
    // What is asserted is a comment to it.
    let asserted =
        crate::support::set(&[("1_a", "-- dbmig:assert before SELECT 1\nSELECT 1;", "", "")]);
    memory().run_pending_migrations(DieselSource(&asserted)).unwrap();
}
