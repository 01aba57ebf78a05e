//! Applying and reverting, as an application does it.

use dbmig_build::Dialect;
use dbmig_runtime::history::{self, State};
use dbmig_runtime::plan::{self, Target};
use dbmig_runtime::{
    ErrorKind, Event, Migrator, PlanError, Report, RunOptions, Scope, Session as _, Silent, runner,
};
use diesel::Connection as _;
use diesel::sqlite::SqliteConnection;

use crate::support::{memory, revert, set, states, tables, texts, users_and_posts};

#[test]
fn applies_once_and_then_does_nothing() {
    let (mut conn, set) = (memory(), users_and_posts());
    let report = Migrator::new(&set).run(&mut conn).unwrap();
    assert_eq!(report.applied(), 2);
    assert_eq!(report.done[0].statements, 2);
    let before = texts(&mut conn, "SELECT total_changes()");
    assert_eq!(Migrator::new(&set).run(&mut conn).unwrap().applied(), 0);
    assert_eq!(texts(&mut conn, "SELECT total_changes()"), before);
    assert_eq!(
        tables(&mut conn),
        ["__dbmig_history", "__dbmig_state", "__diesel_schema_migrations", "posts", "users"]
    );
}

#[test]
fn looking_and_having_nothing_to_do_create_no_tables() {
    let mut conn = memory();
    assert_eq!(states(&mut conn, &users_and_posts()), [State::Pending, State::Pending]);
    let _ = Migrator::new(&users_and_posts()).plan(&mut conn).unwrap();
    let _ = Migrator::new(&set(&[])).run(&mut conn).unwrap();
    assert!(tables(&mut conn).is_empty());
}

#[test]
fn records_what_was_done() {
    let (mut conn, set) = (memory(), users_and_posts());
    let _ = Migrator::new(&set).run(&mut conn).unwrap();
    assert_eq!(
        texts(
            &mut conn,
            "SELECT version, attempt, action, name, mode, state, statements_total, statements_done, down_sql, batch \
             FROM __dbmig_history ORDER BY id"
        ),
        [
            "1 1 apply 1_users tx finished 2 2 DROP TABLE users; 1",
            "2 1 apply 2_posts tx finished 1 1 DROP TABLE posts; 1",
        ]
    );
    let up = dbmig_runtime::Digest::of_file("up", b"CREATE TABLE posts (id INTEGER PRIMARY KEY);");
    assert_eq!(
        texts(&mut conn, "SELECT up_digest FROM __dbmig_history WHERE version = '2'"),
        [up.as_str()]
    );
    assert_eq!(
        texts(&mut conn, "SELECT count(*) FROM __dbmig_history WHERE started_at <= finished_at"),
        ["2"]
    );
    assert_eq!(texts(&mut conn, "SELECT value FROM __dbmig_state WHERE kind = 'format'"), ["1"]);
}

#[test]
fn a_failing_statement_leaves_nothing_of_its_migration() {
    let mut conn = memory();
    let set = set(&[
        ("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;", ""),
        (
            "2_b",
            "CREATE TABLE b (id INT);\nINSERT INTO b VALUES (1);\n  INSERT INTO nosuch VALUES (1);\n",
            "",
            "",
        ),
        ("3_c", "CREATE TABLE c (id INT);", "", ""),
    ]);
    let error = Migrator::new(&set).run(&mut conn).unwrap_err();
    assert_eq!(error.report.applied(), 1, "what was done before is told");
    let ErrorKind::Statement(statement) = &error.kind else { panic!("{error:?}") };
    assert_eq!((statement.index, statement.total, statement.place), (3, 3, Some((3, 3))));
    assert_eq!(error.to_string(), "2_b/up.sql:3:3: no such table: nosuch");
    assert_eq!(states(&mut conn, &set), [State::Applied, State::Failed, State::Pending]);
    assert!(!tables(&mut conn).contains(&"b".to_owned()));
    assert!(!tables(&mut conn).contains(&"c".to_owned()));
    assert_eq!(
        texts(&mut conn, "SELECT state, error FROM __dbmig_history WHERE version = '2'"),
        ["failed 2_b/up.sql:3:3: no such table: nosuch"]
    );
}

#[test]
fn a_file_that_ends_its_transaction_is_refused_before_it_runs() {
    for sql in [
        "CREATE TABLE b (id INT);\n COMMIT;",
        "ROLLBACK; SELECT 1;",
        "BEGIN; SELECT 1;",
        "SELECT 1; END",
    ] {
        let mut conn = memory();
        let set =
            set(&[("1_b", sql, "SELECT 1;", ""), ("2_c", "CREATE TABLE c (id INT);", "", "")]);
        let error = Migrator::new(&set).run(&mut conn).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::TransactionControl { .. }), "{error:?}");
        assert_eq!(states(&mut conn, &set), [State::Pending, State::Pending], "{sql}");
        assert!(!tables(&mut conn).iter().any(|table| table == "b" || table == "c"), "{sql}");
        // The same in a down.
        let set = crate::support::set(&[("1_b", "CREATE TABLE b (id INT);", sql, "")]);
        let _ = Migrator::new(&set).run(&mut conn).unwrap();
        let error = revert(&mut conn, &set, &Target::All).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::TransactionControl { .. }), "{error:?}");
        assert_eq!(states(&mut conn, &set), [State::Applied], "{sql}");
    }
    let set =
        set(&[("1_b", "SAVEPOINT a; CREATE TABLE b (id INT); ROLLBACK TO a; RELEASE a;", "", "")]);
    assert_eq!(Migrator::new(&set).run(&mut memory()).unwrap().applied(), 1);
}

#[test]
fn a_commit_that_nobody_saw_does_not_make_it_applied() {
    let whole = "run_in_transaction = true\n[dbmig]\nsplit = \"off\"\n";
    for up in [
        "CREATE TABLE b (id INT); COMMIT;",
        "CREATE TABLE b (id INT); COMMIT; INSERT INTO nosuch VALUES (1);",
        "CREATE TABLE b (id INT); COMMIT; BEGIN; INSERT INTO nosuch VALUES (1);",
        "CREATE TABLE b (id INT); ROLLBACK; CREATE TABLE d (id INT); INSERT INTO nosuch VALUES (1);",
        "CREATE TABLE b (id INT); ROLLBACK; CREATE TABLE d (id INT);",
    ] {
        let mut conn = memory();
        let set =
            set(&[("1_b", up, "SELECT 1;", whole), ("2_c", "CREATE TABLE c (id INT);", "", "")]);
        let error = Migrator::new(&set).run(&mut conn).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::TransactionEnded { .. }), "{up}: {error:?}");
        assert_eq!(states(&mut conn, &set), [State::HalfDone, State::Pending], "{up}");
        let again = Migrator::new(&set).run(&mut conn).unwrap_err();
        assert!(
            matches!(again.kind, ErrorKind::Plan(PlanError::HalfDone { .. })),
            "{up}: {again:?}"
        );
        assert!(conn.execute("BEGIN; ROLLBACK").is_ok(), "{up}: a transaction stayed open");
    }
}

#[test]
fn reverts_in_the_order_of_application() {
    let (mut conn, set) = (memory(), users_and_posts());
    let _ = Migrator::new(&set).run(&mut conn).unwrap();
    let report = revert(&mut conn, &set, &Target::Steps(1)).unwrap();
    assert_eq!(report.done[0].name, "2_posts");
    assert_eq!(states(&mut conn, &set), [State::Applied, State::Reverted]);
    let _ = Migrator::new(&set).run(&mut conn).unwrap();
    let _ = revert(&mut conn, &set, &Target::All).unwrap();
    assert_eq!(
        tables(&mut conn),
        ["__dbmig_history", "__dbmig_state", "__diesel_schema_migrations"]
    );
    let attempts = "SELECT attempt, action FROM __dbmig_history WHERE version = '2' ORDER BY id";
    assert_eq!(texts(&mut conn, attempts), ["1 apply", "2 revert", "3 apply", "4 revert"]);
}

#[test]
fn an_older_binary_starts_on_a_newer_database() {
    let mut conn = memory();
    let _ = Migrator::new(&users_and_posts()).run(&mut conn).unwrap();
    let older = set(&[(
        "1_users",
        "CREATE TABLE users (id INTEGER PRIMARY KEY); INSERT INTO users VALUES (1);",
        "",
        "",
    )]);
    let report = Migrator::new(&older).run(&mut conn).unwrap();
    assert_eq!(report.notes, [plan::Note::Missing(dbmig_runtime::Version::new("2"))]);
    let strict = Migrator::new(&older).strict().run(&mut conn).unwrap_err();
    assert!(matches!(strict.kind, ErrorKind::Plan(PlanError::Missing(_))));
}

#[test]
fn an_open_transaction_is_refused() {
    let mut conn = memory();
    conn.begin_test_transaction().unwrap();
    let error = Migrator::new(&users_and_posts()).run(&mut conn).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::OpenTransaction));
}

#[test]
fn the_connection_comes_back_as_it_was() {
    let mut conn = memory();
    conn.execute("PRAGMA foreign_keys = OFF; PRAGMA busy_timeout = 1234").unwrap();
    let _ = Migrator::new(&users_and_posts()).run(&mut conn).unwrap();
    assert_eq!(texts(&mut conn, "PRAGMA foreign_keys"), ["0"]);
    assert_eq!(texts(&mut conn, "PRAGMA busy_timeout"), ["1234"]);
}

#[test]
fn two_runners_apply_each_migration_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("race.sqlite3");
    let ups: Vec<_> =
        (10..30).map(|n| (format!("{n}_x"), format!("CREATE TABLE t{n} (id INT);"))).collect();
    let migrations: Vec<_> =
        ups.iter().map(|(name, up)| (name.as_str(), up.as_str(), "", "")).collect();
    let set = set(&migrations);
    let run = || {
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        conn.execute("PRAGMA busy_timeout = 30000").unwrap();
        Migrator::new(&set).run(&mut conn).unwrap()
    };
    let reports: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(reports.iter().map(Report::applied).sum::<usize>(), 20);
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    assert_eq!(
        texts(&mut conn, "SELECT count(*) FROM __dbmig_history WHERE state = 'finished'"),
        ["20"]
    );
}

#[test]
fn observers_see_every_step() {
    let (mut conn, set) = (memory(), users_and_posts());
    let mut seen = Vec::new();
    let mut observer = |event: Event<'_>| {
        seen.push(match event {
            Event::Started { name, .. } => format!("start {name}"),
            Event::Statement { index, total } => format!("{index}/{total}"),
            Event::Finished { name, statements, .. } => format!("end {name} {statements}"),
            other => format!("{other:?}"),
        });
    };
    let _ = Migrator::new(&set).observer(&mut observer).run(&mut conn).unwrap();
    assert_eq!(
        seen,
        ["start 1_users", "1/2", "2/2", "end 1_users 2", "start 2_posts", "1/1", "end 2_posts 1"]
    );
}

#[test]
fn a_recorded_down_with_nothing_in_it_is_no_way_back() {
    let mut conn = memory();
    let with_empty = set(&[("1_a", "CREATE TABLE a (id INT);", "", "")]);
    let _ = Migrator::new(&with_empty).run(&mut conn).unwrap();
    let history = history::read(&mut conn).unwrap();
    let plan = plan::plan_revert_missing(&set(&[]), &history, Dialect::Sqlite);
    assert!(matches!(plan, Err(PlanError::NoDown { .. })), "{plan:?}");
}

#[test]
fn a_redo_does_not_bring_back_what_another_runner_reverted() {
    let (mut conn, set) = (memory(), users_and_posts());
    let _ = Migrator::new(&set).run(&mut conn).unwrap();
    let history = history::read(&mut conn).unwrap();
    let plan = plan::plan_redo(&set, &history, Dialect::Sqlite, &Target::Steps(1)).unwrap();
    let _ = revert(&mut conn, &set, &Target::Steps(1)).unwrap();
    let report =
        runner::run(&mut conn, &set, &history, &plan, &RunOptions::default(), &mut Silent).unwrap();
    assert_eq!((report.applied(), report.by_others.len()), (0, 1));
    assert_eq!(states(&mut conn, &set), [State::Applied, State::Reverted]);
}

#[test]
fn one_transaction_for_all_is_all_or_nothing() {
    let options = || RunOptions { scope: Scope::All, ..RunOptions::default() };
    let mut conn = memory();
    let broken = set(&[
        ("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;", ""),
        ("2_b", "CREATE TABLE b (id INT); SELECT nosuch;", "DROP TABLE b;", ""),
    ]);
    let error = Migrator::new(&broken).options(options()).run(&mut conn).unwrap_err();
    assert!(error.report.done.is_empty(), "{error:?}");
    assert!(!tables(&mut conn).iter().any(|table| table == "a"));
    let sound = set(&[
        ("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;", ""),
        ("2_b", "CREATE TABLE b (id INT);", "DROP TABLE b;", ""),
    ]);
    assert_eq!(Migrator::new(&sound).options(options()).run(&mut conn).unwrap().applied(), 2);
    let outside = set(&[
        ("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;", ""),
        ("2_b", "CREATE TABLE b (id INT);", "DROP TABLE b;", ""),
        ("3_c", "VACUUM;", "", "run_in_transaction = false"),
    ]);
    let error = Migrator::new(&outside).options(options()).run(&mut conn).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::NotInOneTransaction { .. }), "{error}");
}
