//! Small sets, and looks into the database.

use dbmig_build::check::{self, Options};
use dbmig_build::{Dialect, MigrationSet, RawFile, RawMigration, RawSet};
use dbmig_runtime::history::{self, State};
use dbmig_runtime::plan::{self, Target};
use dbmig_runtime::{Report, RunOptions, Session, Silent, runner};
use diesel::Connection as _;
use diesel::sqlite::SqliteConnection;

pub(crate) fn memory() -> SqliteConnection {
    SqliteConnection::establish(":memory:").unwrap()
}

/// `(directory, up, down, metadata)`; an empty metadata means that there is no file.
pub(crate) fn set(migrations: &[(&str, &str, &str, &str)]) -> MigrationSet {
    let file = |text: &str| RawFile::Bytes(text.as_bytes().to_vec());
    let migrations = migrations
        .iter()
        .map(|(name, up, down, metadata)| RawMigration {
            dir_name: (*name).to_owned(),
            up: file(up),
            down: file(down),
            metadata: if metadata.is_empty() { RawFile::Absent } else { file(metadata) },
            backfill: RawFile::Absent,
        })
        .collect();
    let raw = RawSet { migrations, ..RawSet::default() };
    let dialects = Some(vec![Dialect::Sqlite]);
    check::run(&raw, &Options { dialects, lock_required: false, ..Options::default() }).set.unwrap()
}

pub(crate) fn users_and_posts() -> MigrationSet {
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

pub(crate) fn texts(session: &mut dyn Session, sql: &str) -> Vec<String> {
    let rows = session.query(sql, &[]).unwrap();
    rows.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" ")).collect()
}

pub(crate) fn tables(conn: &mut SqliteConnection) -> Vec<String> {
    texts(conn, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
}

pub(crate) fn revert(
    conn: &mut SqliteConnection,
    set: &MigrationSet,
    target: &Target,
) -> Result<Report, dbmig_runtime::Error> {
    let history = history::read(conn).unwrap();
    let plan = plan::plan_revert(set, &history, Dialect::Sqlite, target)?;
    runner::run(conn, set, &history, &plan, &RunOptions::default(), &mut Silent)
}

pub(crate) fn states(conn: &mut SqliteConnection, set: &MigrationSet) -> Vec<State> {
    let history = history::read(conn).unwrap();
    history::status(set, &history, Dialect::Sqlite).into_iter().map(|row| row.state).collect()
}
