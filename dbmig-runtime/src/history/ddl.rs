//! Creates the three tables, complete from the first release.

use dbmig_build::Dialect;

use diesel::migration::CREATE_MIGRATIONS_TABLE;

use super::{FORMAT, HISTORY_TABLE, STATE_TABLE};
use crate::session::{DbError, DbErrorKind, DbResult, Session, immediate};

/// Creates what is missing. Does nothing when everything is there.
pub(crate) fn ensure_tables(session: &mut dyn Session) -> DbResult<()> {
    match session.dialect() {
        Dialect::Sqlite => sqlite(session),
        other => Err(DbError::new(
            DbErrorKind::Other,
            format!("this version does not run migrations on {other} yet"),
        )),
    }
}

/// In one transaction, so that no other runner sees half of them.
fn sqlite(session: &mut dyn Session) -> DbResult<()> {
    let tables = format!(
        "{CREATE_MIGRATIONS_TABLE};
CREATE TABLE IF NOT EXISTS {HISTORY_TABLE} (
    id INTEGER PRIMARY KEY,
    version VARCHAR(50) NOT NULL,
    attempt INTEGER NOT NULL,
    action VARCHAR(16) NOT NULL,
    name VARCHAR(255) NOT NULL,
    up_digest VARCHAR(80),
    up_tokens VARCHAR(80),
    down_digest VARCHAR(80),
    metadata_digest VARCHAR(80),
    settings TEXT,
    mode VARCHAR(8) NOT NULL,
    state VARCHAR(16) NOT NULL,
    statements_total INTEGER NOT NULL,
    statements_done INTEGER NOT NULL,
    done_digest VARCHAR(80),
    intent INTEGER NOT NULL,
    intent_digest VARCHAR(80),
    down_sql TEXT,
    batch INTEGER NOT NULL,
    runner VARCHAR(64) NOT NULL,
    host VARCHAR(255),
    backend VARCHAR(64),
    tool VARCHAR(64) NOT NULL,
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    reason TEXT,
    error TEXT,
    UNIQUE (version, attempt)
);
CREATE TABLE IF NOT EXISTS {STATE_TABLE} (
    kind VARCHAR(32) NOT NULL,
    name VARCHAR(255) NOT NULL,
    value TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (kind, name)
);
INSERT OR IGNORE INTO {STATE_TABLE} (kind, name, value) VALUES ('format', 'history', '{FORMAT}');"
    );
    immediate(session, |session| session.execute(&tables))
}
