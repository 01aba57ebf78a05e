//! The engine on SQLite through a plain Diesel connection, as an application uses it.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use dbmig_build::check::{self, Options};
use dbmig_build::{Dialect, MigrationSet, RawFile, RawMigration, RawSet, blob};
use dbmig_runtime::history::{self, State};
use dbmig_runtime::plan::{self, Target};
use dbmig_runtime::{
    EmbeddedSet, ErrorKind, Event, Migrator, PlanError, Report, Session, Silent, runner,
};
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use diesel_migrations::MigrationHarness as _;

fn memory() -> SqliteConnection {
    SqliteConnection::establish(":memory:").unwrap()
}

/// `(directory, up, down, metadata)`; an empty metadata means that there is no file.
fn set(migrations: &[(&str, &str, &str, &str)]) -> MigrationSet {
    let file = |text: &str| RawFile::Bytes(text.as_bytes().to_vec());
    let migrations = migrations
        .iter()
        .map(|(name, up, down, metadata)| RawMigration {
            dir_name: (*name).to_owned(),
            up: file(up),
            down: file(down),
            metadata: if metadata.is_empty() { RawFile::Absent } else { file(metadata) },
        })
        .collect();
    let raw = RawSet { migrations, ..RawSet::default() };
    let dialects = Some(vec![Dialect::Sqlite]);
    check::run(&raw, &Options { dialects, lock_required: false, ..Options::default() }).set.unwrap()
}

fn users_and_posts() -> MigrationSet {
    set(&[
        (
            "1_users",
            "CREATE TABLE users (id INTEGER PRIMARY KEY); INSERT INTO users VALUES (1);",
            "DROP TABLE users;",
            "",
        ),
        ("2_posts", "CREATE TABLE posts (id INTEGER PRIMARY KEY);", "DROP TABLE posts;", ""),
    ])
}

fn texts(session: &mut dyn Session, sql: &str) -> Vec<String> {
    let rows = session.query(sql, &[]).unwrap();
    rows.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" ")).collect()
}

fn tables(conn: &mut SqliteConnection) -> Vec<String> {
    texts(conn, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
}

fn revert(
    conn: &mut SqliteConnection,
    set: &MigrationSet,
    target: &Target,
) -> Result<Report, dbmig_runtime::Error> {
    let history = history::read(conn).unwrap();
    let plan = plan::plan_revert(set, &history, Dialect::Sqlite, target)?;
    runner::run(conn, set, &history, &plan, &mut Silent)
}

fn states(conn: &mut SqliteConnection, set: &MigrationSet) -> Vec<State> {
    let history = history::read(conn).unwrap();
    history::status(set, &history, Dialect::Sqlite).into_iter().map(|row| row.state).collect()
}

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
fn a_commit_in_the_file_is_noticed() {
    for up in [
        "CREATE TABLE b (id INT); COMMIT;",
        "CREATE TABLE b (id INT); ROLLBACK; CREATE TABLE d (id INT);",
    ] {
        let mut conn = memory();
        let set = set(&[("1_b", up, "", ""), ("2_c", "CREATE TABLE c (id INT);", "", "")]);
        let error = Migrator::new(&set).run(&mut conn).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::TransactionEnded { .. }), "{error:?}");
        assert!(!tables(&mut conn).contains(&"c".to_owned()), "went on behind it");
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
    assert_eq!(report.notes, [plan::Note::Missing("2".to_owned().into_version())]);
    let strict = Migrator::new(&older).strict().run(&mut conn).unwrap_err();
    assert!(matches!(strict.kind, ErrorKind::Plan(PlanError::Missing(_))));
}

trait IntoVersion {
    fn into_version(self) -> dbmig_runtime::Version;
}

impl IntoVersion for String {
    fn into_version(self) -> dbmig_runtime::Version {
        dbmig_runtime::Version::new(self)
    }
}

#[test]
fn diesel_and_we_work_on_the_same_database() {
    let (mut conn, set) = (memory(), users_and_posts());
    let embedded = EmbeddedSet::new(blob::render(&set).leak());
    // Diesel first, through our source; then we adopt and go on.
    conn.run_next_migration(&embedded).unwrap();
    let report = Migrator::new(&embedded).run(&mut conn).unwrap();
    assert_eq!((report.applied(), report.adopted), (1, 1));
    assert_eq!(
        texts(&mut conn, "SELECT action FROM __dbmig_history ORDER BY id"),
        ["adopt", "apply"]
    );
    assert!(!conn.has_pending_migration(&embedded).unwrap());
    // Diesel reverts, and we see it.
    let reverted = conn.revert_last_migration(&embedded).unwrap();
    assert_eq!(reverted.to_string(), "2");
    assert_eq!(states(&mut conn, &set), [State::Applied, State::Pending]);
    assert_eq!(Migrator::new(&embedded).run(&mut conn).unwrap().applied(), 1);
    assert_eq!(states(&mut conn, &set), [State::Applied, State::Applied]);
}

#[test]
fn an_edit_of_what_diesel_applied_is_seen_once_it_is_adopted() {
    let (mut conn, set_before) = (memory(), users_and_posts());
    let embedded = EmbeddedSet::new(blob::render(&set_before).leak());
    conn.run_next_migration(&embedded).unwrap();
    let _ = Migrator::new(&set_before).run(&mut conn).unwrap();
    let edited = set(&[
        ("1_users", "CREATE TABLE users (id BIGINT);", "DROP TABLE users;", ""),
        ("2_posts", "CREATE TABLE posts (id INTEGER PRIMARY KEY);", "DROP TABLE posts;", ""),
    ]);
    assert_eq!(states(&mut conn, &edited), [State::Modified, State::Applied]);
}

const REBUILD: &str = "CREATE TABLE parent2 (id INTEGER PRIMARY KEY, name TEXT); \
     INSERT INTO parent2 SELECT id, 'x' FROM parent; DROP TABLE parent; \
     ALTER TABLE parent2 RENAME TO parent;";

fn parent_and_child(
    rebuild: &str,
    metadata: &str,
) -> (SqliteConnection, Result<Report, dbmig_runtime::Error>) {
    let mut conn = memory();
    let set = set(&[
        (
            "1_tables",
            "CREATE TABLE parent (id INTEGER PRIMARY KEY); \
             CREATE TABLE child (id INT, parent INT REFERENCES parent (id) ON DELETE CASCADE); \
             INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1), (2, 1);",
            "",
            "",
        ),
        ("2_rebuild", rebuild, "", metadata),
    ]);
    let result = Migrator::new(&set).run(&mut conn);
    (conn, result)
}

#[test]
fn a_rebuild_with_foreign_keys_off_keeps_the_children() {
    let off = "run_in_transaction = true\n[dbmig]\nforeign_keys = \"off\"\n";
    let (mut conn, result) = parent_and_child(REBUILD, off);
    assert_eq!(result.unwrap().applied(), 2);
    assert_eq!(texts(&mut conn, "SELECT count(*) FROM child"), ["2"]);
    assert_eq!(texts(&mut conn, "PRAGMA foreign_keys"), ["1"], "it was not switched on again");
}

#[test]
fn a_rebuild_that_breaks_a_foreign_key_is_rolled_back() {
    let off = "run_in_transaction = true\n[dbmig]\nforeign_keys = \"off\"\n";
    let (mut conn, result) = parent_and_child("DELETE FROM parent;", off);
    let error = result.unwrap_err();
    assert!(
        matches!(&error.kind, ErrorKind::ForeignKeys { violations, .. } if violations.len() == 2),
        "{error}"
    );
    assert_eq!(texts(&mut conn, "SELECT count(*) FROM parent"), ["1"]);
}

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

fn seed(name: &str, sql: &str) -> dbmig_build::Seed {
    dbmig_build::Seed {
        name: name.into(),
        sql: sql.into(),
        digest: dbmig_runtime::Digest::of_file("seed", sql.as_bytes()),
    }
}

#[test]
fn a_seed_runs_once_for_its_content_and_again_after_a_revert() {
    let (mut conn, set) = (memory(), users_and_posts());
    let _ = Migrator::new(&set).run(&mut conn).unwrap();
    let rows = |conn: &mut SqliteConnection| texts(conn, "SELECT count(*) FROM posts");
    let run = |conn: &mut SqliteConnection, sql: &str, again| {
        let seeds = [seed("reference/001_posts.sql", sql)];
        runner::run_seeds(conn, &seeds, again, &mut Silent).unwrap().run.len()
    };
    let insert = "INSERT INTO posts DEFAULT VALUES;";
    assert_eq!(run(&mut conn, insert, false), 1);
    assert_eq!(run(&mut conn, insert, false), 0);
    assert_eq!(rows(&mut conn), ["1"]);
    assert_eq!(run(&mut conn, insert, true), 1);
    assert_eq!(run(&mut conn, "INSERT INTO posts DEFAULT VALUES; -- changed", false), 1);
    assert_eq!(rows(&mut conn), ["3"]);
    let _ = revert(&mut conn, &set, &Target::Steps(1)).unwrap();
    let _ = Migrator::new(&set).run(&mut conn).unwrap();
    assert_eq!(run(&mut conn, insert, false), 1);
    assert_eq!(rows(&mut conn), ["1"]);
}

#[test]
fn a_failing_seed_is_rolled_back_and_not_recorded() {
    let mut conn = memory();
    let _ = Migrator::new(&users_and_posts()).run(&mut conn).unwrap();
    let broken =
        [seed("dev/1_x.sql", "INSERT INTO posts DEFAULT VALUES;\nINSERT INTO nosuch VALUES (1);")];
    let error = runner::run_seeds(&mut conn, &broken, false, &mut Silent).unwrap_err();
    assert_eq!(error.to_string(), "dev/1_x.sql:2:1: no such table: nosuch");
    assert_eq!(texts(&mut conn, "SELECT count(*) FROM posts"), ["0"]);
    assert_eq!(runner::seed_states(&mut conn, &broken).unwrap(), [runner::SeedState::New]);
}

#[test]
fn rows_equal_diesels() {
    let set = set(&[
        ("2024-01-01-000000_a", "CREATE TABLE a (id INT);", "DROP TABLE a;", ""),
        ("10_b", "CREATE TABLE b (id INT);", "DROP TABLE b;", ""),
        ("9_c", "CREATE TABLE c (id INT);", "DROP TABLE c;", ""),
    ]);
    let embedded = EmbeddedSet::new(blob::render(&set).leak());
    let (mut ours, mut diesels) = (memory(), memory());
    let _ = Migrator::new(&set).run(&mut ours).unwrap();
    diesels.run_pending_migrations(&embedded).unwrap();
    for sql in [
        "SELECT version FROM __diesel_schema_migrations ORDER BY rowid",
        "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('__diesel_schema_migrations')",
    ] {
        assert_eq!(texts(&mut ours, sql), texts(&mut diesels, sql));
    }
}

#[test]
fn what_needs_our_runner_is_refused_in_diesels() {
    let off = "run_in_transaction = true\n[dbmig]\nforeign_keys = \"off\"\n";
    let set = set(&[("1_a", "CREATE TABLE a (id INT);", "", off)]);
    let embedded = EmbeddedSet::new(blob::render(&set).leak());
    let error = memory().run_pending_migrations(&embedded).unwrap_err();
    assert!(error.to_string().contains("cargo dbmig"), "{error}");
}
