//! T10: the connection ends at every moment of a run. Afterwards an unattended second run either ends
//! with every migration exactly once, or names the statement that a person must decide about.

use std::cell::Cell;
use std::rc::Rc;

use dbmig_build::check::{self, Options};
use dbmig_build::{MigrationSet, RawFile, RawMigration, RawSet};
use dbmig_runtime::plan::{self, Rules, Target};
use dbmig_runtime::session::{DbError, DbErrorKind, DbResult, Row, Session, Value};
use dbmig_runtime::{Dialect, Error, ErrorKind, PlanError, RunOptions, Silent, history, runner};

use super::{Site, open, reset, servers};

/// Ends the connection before or after one of its calls.
struct Mortal {
    inner: Option<Box<dyn Session>>,
    dialect: Dialect,
    calls: Rc<Cell<usize>>,
    dies_at: usize,
    /// The call reaches the server, its answer does not come back.
    after: bool,
}

impl Mortal {
    fn call<T>(&mut self, call: impl FnOnce(&mut dyn Session) -> DbResult<T>) -> DbResult<T> {
        let number = self.calls.get();
        self.calls.set(number + 1);
        let gone = || DbError::new(DbErrorKind::Closed, "the connection was killed by the test");
        let Some(inner) = &mut self.inner else { return Err(gone()) };
        if number != self.dies_at {
            return call(&mut **inner);
        }
        if self.after {
            let _ = call(&mut **inner);
        }
        self.inner = None;
        Err(gone())
    }
}

impl Session for Mortal {
    fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn execute(&mut self, sql: &str) -> DbResult<()> {
        self.call(|inner| inner.execute(sql))
    }

    fn execute_with(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<usize> {
        self.call(|inner| inner.execute_with(sql, values))
    }

    fn query(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<Vec<Row>> {
        self.call(|inner| inner.query(sql, values))
    }

    fn in_transaction(&mut self) -> DbResult<bool> {
        self.call(|inner| inner.in_transaction())
    }
}

/// Name, up, and whether it runs in a transaction.
pub(super) type Migrations<'a> = &'a [(&'a str, &'a str, bool)];

pub(super) fn set(migrations: Migrations<'_>, dialect: Dialect) -> MigrationSet {
    let file = |text: &str| RawFile::Bytes(text.as_bytes().to_vec());
    let migrations = migrations
        .iter()
        .map(|(name, up, transaction)| RawMigration {
            dir_name: (*name).to_owned(),
            up: file(up),
            down: file("SELECT 1;"),
            metadata: file(&format!("run_in_transaction = {transaction}\n")),
            backfill: RawFile::Absent,
        })
        .collect();
    let raw = RawSet { migrations, ..RawSet::default() };
    let options =
        Options { dialects: Some(vec![dialect]), lock_required: false, ..Options::default() };
    let checked = check::run(&raw, &options);
    checked.set.unwrap_or_else(|| panic!("{:?}", checked.findings))
}

/// What the program does: recover, plan, run.
fn migrate(session: &mut dyn Session, set: &MigrationSet) -> Result<(), Error> {
    let options = RunOptions {
        runner_wait: std::time::Duration::from_secs(20),
        retries: 0,
        ..RunOptions::default()
    };
    migrate_with(session, set, &options)
}

pub(super) fn migrate_with(
    session: &mut dyn Session,
    set: &MigrationSet,
    options: &RunOptions,
) -> Result<(), Error> {
    let read = |session: &mut dyn Session| {
        history::read(session).map_err(|error| ErrorKind::Database { doing: "read", error })
    };
    let failed = |kind| Error { kind, report: Box::default() };
    let mut history = read(session).map_err(failed)?;
    if let Some(recovered) = runner::recover(session, set, &history, options, &mut Silent)? {
        history = recovered;
    }
    let plan = plan::plan_apply(set, &history, session.dialect(), &Target::All, &Rules::default())?;
    runner::run(session, set, &history, &plan, options, &mut Silent).map(drop)
}

/// Kills a run of these at every call, before and after it; returns how many cells there were, and in
/// how many a person had to decide.
fn matrix(site: &Site, migrations: Migrations<'_>, check: impl Fn(&Site, &str)) -> (usize, usize) {
    let dialect = site.session().dialect();
    let set = set(migrations, dialect);
    let (mut cells, mut decisions) = (0, 0);
    for after in [false, true] {
        for dies_at in 0.. {
            reset(site);
            let calls = Rc::new(Cell::new(0));
            let mut mortal = Mortal {
                inner: Some(open(&site.url)),
                dialect,
                calls: calls.clone(),
                dies_at,
                after,
            };
            let about = format!("{}: killed at call {dies_at}, after: {after}", site.name());
            let first = migrate(&mut mortal, &set);
            drop(mortal);
            if calls.get() <= dies_at {
                first.unwrap_or_else(|error| panic!("{about}: {error}"));
                break;
            }
            cells += 1;
            let second = migrate(&mut *open(&site.url), &set);
            match second {
                Ok(()) => check(site, &about),
                Err(Error {
                    kind: ErrorKind::Plan(PlanError::HalfDone { doubtful, version, .. }),
                    ..
                }) => {
                    assert!(doubtful.is_some(), "{about}: which statement?");
                    decisions += 1;
                    // Nothing more was run: the counter says how far it came, and so does a person.
                    let counted = site.column("SELECT n FROM counter").pop();
                    let mut session = open(&site.url);
                    if counted.as_deref() == Some(version.as_str()) {
                        history::resolve(&mut *session, &version, true, None).unwrap();
                    } else {
                        let table = match version.as_str() {
                            "0" => "counter".to_owned(),
                            version => format!("t{version}"),
                        };
                        session.execute(&format!("DROP TABLE IF EXISTS {table}")).unwrap();
                        history::resolve(&mut *session, &version, false, None).unwrap();
                    }
                    migrate(&mut *session, &set).unwrap_or_else(|error| panic!("{about}: {error}"));
                    check(site, &about);
                }
                Err(error) => panic!("{about}: {error}"),
            }
        }
    }
    (cells, decisions)
}

const COUNTER: (&str, &str, bool) =
    ("0_counter", "CREATE TABLE counter (n INTEGER); INSERT INTO counter VALUES (0);", true);

fn counted(count: usize) -> impl Fn(&Site, &str) {
    move |site, about| site.exactly_once(count, about)
}

#[test]
fn in_a_transaction() {
    let migrations = [
        COUNTER,
        ("1_t", "CREATE TABLE t1 (id INTEGER); UPDATE counter SET n = n + 1;", true),
        ("2_t", "CREATE TABLE t2 (id INTEGER); UPDATE counter SET n = n + 1;", true),
    ];
    let site = Site::new(crate::support::Server::Postgres);
    let (cells, decisions) = matrix(&site, &migrations, counted(2));
    assert!(cells > 40, "{cells}");
    assert_eq!(decisions, 0, "of {cells}");
}

#[test]
fn rows_alone_in_a_transaction() {
    let migrations = [
        ("0_counter", "CREATE TABLE counter (n INTEGER);", true),
        ("1_rows", "INSERT INTO counter VALUES (0); INSERT INTO counter VALUES (1);", true),
    ];
    for server in servers() {
        let site = Site::new(server);
        let (cells, decisions) = matrix(&site, &migrations, |site, about| {
            assert_eq!(site.column("SELECT n FROM counter ORDER BY n"), ["0", "1"], "{about}");
        });
        assert!(cells > 20, "{cells}");
        assert_eq!(decisions, 0, "{server:?}, of {cells}");
    }
}

/// Tables, columns, and indexes can be looked up: nobody has to decide.
#[test]
fn statements_that_the_catalogue_tells_of() {
    for server in servers() {
        let site = Site::new(server);
        let index = match site.is_postgres() {
            true => "CREATE INDEX CONCURRENTLY i ON counter (n);",
            false => "CREATE INDEX i ON counter (n);",
        };
        let migrations = [
            ("0_counter", "CREATE TABLE counter (n INTEGER);", false),
            (
                "1_column",
                "ALTER TABLE counter ADD COLUMN a INTEGER; ALTER TABLE counter ADD COLUMN b INTEGER; ALTER TABLE counter DROP COLUMN a;",
                false,
            ),
            ("2_index", index, false),
        ];
        let (cells, decisions) = matrix(&site, &migrations, |site, about| {
            assert_eq!(site.column("SELECT b FROM counter"), Vec::<String>::new(), "{about}");
            assert_eq!(site.versions(), ["0", "1", "2"], "{about}");
            if site.is_postgres() {
                let invalid = site.column("SELECT count(*) FROM pg_index WHERE NOT indisvalid");
                assert_eq!(invalid, ["0"], "{about}");
            }
        });
        assert!(cells > 40, "{cells}");
        assert_eq!(decisions, 0, "{server:?}, of {cells}");
    }
}

/// An UPDATE leaves no trace that could be looked up: a person decides, and only about that one.
#[test]
fn statements_that_leave_no_trace() {
    let migrations = [
        COUNTER,
        ("1_t", "CREATE TABLE t1 (id INTEGER); UPDATE counter SET n = n + 1;", false),
        ("2_t", "CREATE TABLE t2 (id INTEGER); UPDATE counter SET n = n + 1;", false),
    ];
    for server in servers() {
        let site = Site::new(server);
        let (cells, decisions) = matrix(&site, &migrations, counted(2));
        assert!(cells > 40 && decisions > 0, "{server:?}: {decisions} of {cells}");
    }
}
