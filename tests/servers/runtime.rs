//! The runtime on Diesel connections, as a tokio application has them.

use std::time::Duration;

use dbmig_build::check::{self, Options};
use dbmig_build::{Dialect, MigrationSet, RawFile, RawMigration, RawSet};
use dbmig_runtime::session::DbErrorKind;
use dbmig_runtime::{ErrorKind, MigrationConnection, Migrator, RunOptions, Session as _};
use diesel::Connection;
use diesel::connection::SimpleConnection as _;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::{AsyncMysqlConnection, AsyncPgConnection};

use crate::engine::{Site, servers};
use crate::sandbox::Sandbox;
use crate::support::Server;

type Postgres = AsyncConnectionWrapper<AsyncPgConnection>;
pub(crate) type Mysql = AsyncConnectionWrapper<AsyncMysqlConnection>;

/// Runs a test with the Diesel connection of every server.
macro_rules! on_all {
    ($test:ident) => {
        for server in servers() {
            let site = Site::new(server);
            match server {
                Server::Postgres => $test::<Postgres>(&site),
                Server::Mariadb | Server::Mysql => $test::<Mysql>(&site),
            }
        }
    };
}

/// On a thread that may block, inside of a tokio runtime, as an application does it.
pub(crate) fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { tokio::task::spawn_blocking(work).await.unwrap() })
}

pub(crate) fn connect<C: Connection>(url: &str) -> C {
    C::establish(url).unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// By directory and `up.sql`.
fn set(dialect: Dialect, migrations: &[(&str, &str)]) -> MigrationSet {
    let file = |text: &str| RawFile::Bytes(text.as_bytes().to_vec());
    let migrations = migrations
        .iter()
        .map(|(name, up)| RawMigration {
            dir_name: (*name).to_owned(),
            up: file(up),
            down: file("SELECT 1;"),
            metadata: RawFile::Absent,
            backfill: RawFile::Absent,
        })
        .collect();
    let raw = RawSet { migrations, ..RawSet::default() };
    let dialects = Some(vec![dialect]);
    check::run(&raw, &Options { dialects, lock_required: false, ..Options::default() }).set.unwrap()
}

fn dialect(site: &Site) -> Dialect {
    if site.is_postgres() { Dialect::Postgres } else { Dialect::Mysql }
}

/// As `engine::counting`.
fn counting(dialect: Dialect, count: usize) -> MigrationSet {
    let counter = "CREATE TABLE counter (n INTEGER);\nINSERT INTO counter VALUES (0);".to_owned();
    let others = (1..=count).map(|n| {
        let up = format!("CREATE TABLE t{n} (id INTEGER);\nUPDATE counter SET n = n + 1;");
        (format!("{n}_t"), up)
    });
    let all: Vec<_> = std::iter::once(("0_counter".to_owned(), counter)).chain(others).collect();
    let all: Vec<_> = all.iter().map(|(name, up)| (&**name, &**up)).collect();
    set(dialect, &all)
}

fn applies<C: MigrationConnection + Connection + 'static>(site: &Site) {
    let (url, dialect) = (site.url.clone(), dialect(site));
    let counts = blocking(move || {
        let mut conn = connect::<C>(&url);
        let set = counting(dialect, 2);
        let run = |conn: &mut C| Migrator::new(&set).run(conn).unwrap().applied();
        (run(&mut conn), run(&mut conn))
    });
    assert_eq!(counts, (3, 0), "{}", site.name());
    site.exactly_once(2, "by the runtime");
    // The command agrees, and goes on.
    site.counting(2);
    let ran = site.dbmig(["status"]).ok().says("3 applied, 0 pending");
    let _ = ran.silent_about("adopted").silent_about("modified");
    site.dbmig(["revert", "--all"]).ok().says("3 migrations reverted");
}

#[test]
fn what_the_runtime_applies_the_command_knows() {
    on_all!(applies);
}

fn fails<C: MigrationConnection + Connection + 'static>(site: &Site) {
    let (url, dialect) = (site.url.clone(), dialect(site));
    blocking(move || {
        let mut conn = connect::<C>(&url);
        let broken = "CREATE TABLE b (id INTEGER);\n\nINSERT INTO nosuch VALUES (1);";
        let set = set(dialect, &[("1_a", "CREATE TABLE a (id INTEGER);"), ("2_b", broken)]);
        let error = Migrator::new(&set).run(&mut conn).unwrap_err();
        let ErrorKind::Statement(statement) = &error.kind else { panic!("{error:?}") };
        assert_eq!((statement.index, statement.place), (2, Some((3, 1))), "{error}");
        assert_eq!(statement.rolled_back, dialect == Dialect::Postgres);
        assert_eq!(error.report.applied(), 1);
        // The connection is usable, and where the transaction was rolled back nothing is there.
        let there = conn.query("SELECT 'b' FROM b", &[]);
        assert_eq!(there.is_ok(), dialect == Dialect::Mysql);
    });
}

#[test]
fn a_failure_has_its_place_and_leaves_the_connection_usable() {
    on_all!(fails);
}

fn asserts<C: MigrationConnection + Connection + 'static>(site: &Site) {
    let (url, dialect) = (site.url.clone(), dialect(site));
    blocking(move || {
        let mut conn = connect::<C>(&url);
        let fill = "CREATE TABLE a (id INTEGER, t VARCHAR(9), n DECIMAL(5,2), at TIMESTAMP NULL);\n\
                    INSERT INTO a VALUES (1, 'é', 1.5, '2020-01-02 03:04:05'), (2, NULL, NULL, NULL), (3, 'x', 3, NULL);";
        let guarded = "-- dbmig:assert before SELECT id, t, n, at, id > 1 AS more FROM a WHERE id < 3 ORDER BY id\n\
                       CREATE TABLE b (id INTEGER);";
        let set = set(dialect, &[("1_a", fill), ("2_b", guarded)]);
        let error = Migrator::new(&set).run(&mut conn).unwrap_err();
        let ErrorKind::Guard(guard) = &error.kind else { panic!("{error:?}") };
        let rows = guard.rows();
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert!(rows[0].starts_with("id = 1, t = é, n = 1.50, at = 2020-01-02"), "{rows:?}");
        assert!(rows[1].starts_with("id = 2, t = NULL, n = NULL, at = NULL, more = "), "{rows:?}");
        let found = conn.find("SELECT id, id FROM a WHERE id = 9", 1);
        // MySQL takes no column twice inside of another query.
        assert_eq!(
            found.map(|found| found.rows.len()).ok(),
            (dialect == Dialect::Postgres).then_some(0)
        );
        assert_eq!(conn.find("SELECT * FROM a", 2).unwrap().rows.len(), 2);
        conn.batch_execute("DELETE FROM a WHERE id < 3").unwrap();
        assert_eq!(Migrator::new(&set).run(&mut conn).unwrap().applied(), 1);
    });
}

#[test]
fn what_is_asserted_is_shown_on_diesels_connections() {
    on_all!(asserts);
}

fn many<C: MigrationConnection + Connection + 'static>(site: &Site) {
    const TASKS: usize = 12;
    let dialect = dialect(site);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let applied: usize = runtime.block_on(async {
        let start = |_| {
            let url = site.url.clone();
            tokio::task::spawn_blocking(move || {
                let mut conn = connect::<C>(&url);
                Migrator::new(&counting(dialect, 5)).run(&mut conn).unwrap().applied()
            })
        };
        let tasks: Vec<_> = (0..TASKS).map(start).collect();
        let mut applied = 0;
        for task in tasks {
            applied += task.await.unwrap();
        }
        applied
    });
    assert_eq!(applied, 6, "{}", site.name());
    site.exactly_once(5, "by many tasks");
}

#[test]
fn many_instances_start_at_once() {
    on_all!(many);
}

fn waits<C: MigrationConnection + Connection + 'static>(site: &Site) {
    let (url, dialect) = (site.url.clone(), dialect(site));
    site.session().execute("CREATE TABLE held (id INTEGER)").unwrap();
    blocking(move || {
        let mut holder = connect::<C>(&url);
        holder
            .batch_execute(match dialect {
                Dialect::Postgres => "BEGIN; LOCK TABLE held",
                _ => "LOCK TABLES held WRITE",
            })
            .unwrap();
        let mut conn = connect::<C>(&url);
        let set = set(dialect, &[("1_a", "ALTER TABLE held ADD COLUMN a INTEGER;")]);
        let options = RunOptions {
            lock_timeout: Some(Duration::from_secs(1)),
            retries: 0,
            ..RunOptions::default()
        };
        let error = Migrator::new(&set).options(options.clone()).run(&mut conn).unwrap_err();
        assert_eq!(error.db().map(|error| error.kind), Some(DbErrorKind::Busy), "{error}");
        drop(holder);
        let report = Migrator::new(&set).options(options).run(&mut conn).unwrap();
        assert_eq!(report.applied(), 1);
    });
}

#[test]
fn a_lock_that_is_not_granted_is_told_by_its_message() {
    on_all!(waits);
}

#[test]
fn in_a_transaction_of_the_caller() {
    let site = Site::new(Server::Postgres);
    let url = site.url.clone();
    blocking(move || {
        let mut conn = connect::<Postgres>(&url);
        let whole = counting(Dialect::Postgres, 1);
        conn.begin_test_transaction().unwrap();
        conn.batch_execute("CREATE TABLE mine (id INTEGER)").unwrap();
        let run = |set: &MigrationSet, conn: &mut Postgres| {
            Migrator::new(set).in_open_transaction(true).run(conn)
        };
        assert_eq!(run(&whole, &mut conn).unwrap().applied(), 2);
        assert_eq!(run(&whole, &mut conn).unwrap().applied(), 0);
        run(&set(Dialect::Postgres, &[("9_x", "SELECT nosuch;")]), &mut conn).unwrap_err();
        // The transaction of the caller is in order, and holds everything.
        conn.query("SELECT count(*)::text FROM mine, counter", &[]).unwrap();
        let limit = conn.query("SHOW lock_timeout", &[]).unwrap();
        assert_eq!(limit, [[Some("0".to_owned())]], "our limits are not left behind");
    });
    for table in ["counter", "__diesel_schema_migrations", "mine"] {
        assert!(site.session().query(&format!("SELECT 'x' FROM {table}"), &[]).is_err());
    }
}

#[test]
fn an_open_transaction_is_refused_on_mysql() {
    let site = Site::new(Server::Mariadb);
    let url = site.url.clone();
    blocking(move || {
        let mut conn = connect::<Mysql>(&url);
        conn.begin_test_transaction().unwrap();
        let set = counting(Dialect::Mysql, 1);
        let error = Migrator::new(&set).in_open_transaction(true).run(&mut conn).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::OpenTransaction), "{error:?}");
    });
    assert!(site.session().query("SELECT 'x' FROM counter", &[]).is_err());
}

/// The example of a tokio application, run as its users would.
#[test]
fn the_service_migrates_itself() {
    let site = Site::new(Server::Postgres);
    let service = Sandbox::fixture("service", "service-runs");
    let env = [("DATABASE_URL", &*site.url)];
    let run = || service.cargo_with(&env, ["run"]).ok();
    let _ = run().says("2 applied, 0 by others").says("visited 1 times");
    let _ = run().says("0 applied, 0 by others").says("visited 2 times");
    let ran = service.dbmig_with(&env, ["status"]).ok().says("2 applied, 0 pending");
    let _ = ran.silent_about("adopted");
}
