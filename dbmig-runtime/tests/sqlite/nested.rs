//! Within a transaction of the caller.

use dbmig_runtime::{ErrorKind, Migrator};
use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;

use crate::support::{memory, set, tables, texts, users_and_posts};

#[test]
fn is_gone_when_the_caller_rolls_back() {
    let mut conn = memory();
    conn.batch_execute("CREATE TABLE mine (id INTEGER)").unwrap();
    let set = users_and_posts();
    let result = conn.transaction::<(), diesel::result::Error, _>(|conn| {
        conn.batch_execute("INSERT INTO mine VALUES (1)").unwrap();
        let report = Migrator::new(&set).in_open_transaction(true).run(conn).unwrap();
        assert_eq!(report.applied(), 2);
        assert!(tables(conn).contains(&"posts".to_owned()));
        assert_eq!(Migrator::new(&set).in_open_transaction(true).run(conn).unwrap().applied(), 0);
        Err(diesel::result::Error::RollbackTransaction)
    });
    assert!(result.is_err());
    assert_eq!(tables(&mut conn), ["mine"]);
    assert!(texts(&mut conn, "SELECT id FROM mine").is_empty());
}

#[test]
fn stays_when_the_caller_commits_and_serves_test_transactions() {
    let mut conn = memory();
    let set = users_and_posts();
    conn.begin_test_transaction().unwrap();
    Migrator::new(&set).in_open_transaction(true).run(&mut conn).unwrap();
    assert_eq!(texts(&mut conn, "SELECT id FROM users"), ["1"]);

    let mut conn = memory();
    conn.transaction::<(), diesel::result::Error, _>(|conn| {
        Migrator::new(&set).in_open_transaction(true).run(conn).unwrap();
        Ok(())
    })
    .unwrap();
    assert_eq!(Migrator::new(&set).run(&mut conn).unwrap().applied(), 0);
    // Without an open transaction it is as if nothing had been said.
    let mut conn = memory();
    let report = Migrator::new(&set).in_open_transaction(true).run(&mut conn).unwrap();
    assert_eq!(report.applied(), 2);
}

#[test]
fn a_failure_leaves_what_the_caller_did() {
    let mut conn = memory();
    let set = set(&[
        ("1_a", "CREATE TABLE a (id INTEGER);", "", ""),
        ("2_b", "CREATE TABLE b (id INTEGER); SELECT nosuch;", "", ""),
    ]);
    conn.batch_execute("CREATE TABLE mine (id INTEGER)").unwrap();
    conn.transaction::<(), diesel::result::Error, _>(|conn| {
        conn.batch_execute("INSERT INTO mine VALUES (1)").unwrap();
        let error = Migrator::new(&set).in_open_transaction(true).run(conn).unwrap_err();
        assert!(error.to_string().starts_with("2_b/up.sql:1:30"), "{error}");
        assert_eq!(error.report.applied(), 1);
        Ok(())
    })
    .unwrap();
    assert_eq!(texts(&mut conn, "SELECT id FROM mine"), ["1"]);
    let tables = tables(&mut conn);
    assert!(tables.contains(&"a".to_owned()) && !tables.contains(&"b".to_owned()), "{tables:?}");
}

#[test]
fn what_a_savepoint_can_not_hold_is_refused_before_anything_runs() {
    for metadata in [
        "run_in_transaction = false\n",
        "run_in_transaction = true\n[dbmig]\nforeign_keys = \"off\"\n",
    ] {
        let set = set(&[
            ("1_a", "CREATE TABLE a (id INTEGER);", "DROP TABLE a;", ""),
            ("2_b", "CREATE TABLE b (id INTEGER);", "DROP TABLE b;", metadata),
        ]);
        let mut conn = memory();
        conn.begin_test_transaction().unwrap();
        let error = Migrator::new(&set).in_open_transaction(true).run(&mut conn).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::NotInOneTransaction { .. }), "{error:?}");
        assert!(tables(&mut conn).is_empty());
    }
    let mut conn = memory();
    conn.begin_test_transaction().unwrap();
    let error = Migrator::new(&users_and_posts()).run(&mut conn).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::OpenTransaction), "{error:?}");
}
