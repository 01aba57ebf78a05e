//! Who stood in the way of a statement that did not get its lock, in words.
//!
//! Asked after it gave up: whoever held a lock on a table that the statement names, in a transaction at
//! least as old as the wait. What the database does not tell, or not to this role, is left out.

use std::time::Duration;

use dbmig_build::sql::{self, StatementKind, TokenKind};
use dbmig_build::{Dialect, Settings};

use super::Engine;
use super::batch::Batch;
use crate::error::{Error, ErrorKind};
use crate::session::{DbErrorKind, Session, Value};
use crate::sql::{placeholders, text};

/// More names than this are no statement that a person wrote.
const NAMES: usize = 64;
/// More of them tell nothing that the first do not.
const SHOWN: usize = 5;

/// Adds them to the error of a statement that did not get a lock.
pub(super) fn add(session: &mut dyn Session, engine: &Engine<'_>, error: Error) -> Error {
    let Error { kind: ErrorKind::Statement(mut statement), report } = error else { return error };
    if statement.error.kind == DbErrorKind::Busy {
        let patience = engine.connection.patience();
        statement.blockers = of_statement(session, &statement.sql, patience);
    }
    Error { kind: ErrorKind::Statement(statement), report }
}

/// Why a try failed, in one line.
pub(super) fn reason(error: &Error) -> String {
    let reason = error.db().map(ToString::to_string).unwrap_or_default();
    match &error.kind {
        ErrorKind::Statement(statement) => with(reason, &statement.blockers),
        _ => reason,
    }
}

/// The reason, and the oldest of those in the way.
pub(super) fn with(reason: String, blockers: &[String]) -> String {
    match blockers {
        [] => reason,
        [first, ..] => format!("{reason}; in its way: {first}"),
    }
}

/// The oldest first.
pub(crate) fn of_statement(
    session: &mut dyn Session,
    sql: &str,
    patience: Duration,
) -> Vec<String> {
    let dialect = session.dialect();
    let names = names(sql, dialect);
    let seconds = patience.as_secs_f64();
    match dialect {
        Dialect::Sqlite => Vec::new(),
        Dialect::Postgres => {
            ask(session, &postgres(names.len(), is_dml(sql, dialect), seconds), &names)
        }
        Dialect::Mysql => match ask(session, &metadata_locks(names.len(), seconds), &names) {
            // MariaDB does not keep that list unless it is told to; transactions it always knows.
            found if found.is_empty() => ask(session, &transactions(seconds), &[]),
            found => found,
        },
    }
}

/// Every name that the statement could mean a table by.
fn names(sql: &str, dialect: Dialect) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for token in sql::tokens(sql, dialect) {
        let name = match token.kind {
            TokenKind::Word if dialect == Dialect::Postgres => token.text.to_lowercase(),
            TokenKind::Word => token.text.to_owned(),
            TokenKind::QuotedName => {
                let quote = token.text.get(..1).unwrap_or_default();
                let inner = token.text.trim_matches(['"', '`']);
                inner.replace(&quote.repeat(2), quote)
            }
            _ => continue,
        };
        if names.len() < NAMES && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A reader is not in the way of rows that are written.
fn is_dml(sql: &str, dialect: Dialect) -> bool {
    let batch = Batch::of(sql, dialect, &Settings::default());
    batch.kind(0) == Some(StatementKind::Dml)
}

fn postgres(names: usize, dml: bool, seconds: f64) -> String {
    let readers = if dml { " AND l.mode <> 'AccessShareLock'" } else { "" };
    format!(
        "SELECT 'process ' || a.pid || COALESCE(' of ' || NULLIF(a.usename::text, ''), '') \
         || COALESCE(' at ' || pg_catalog.host(a.client_addr), '') \
         || COALESCE(' (' || NULLIF(a.application_name, '') || ')', '') \
         || COALESCE(', ' || a.state, ', ' || a.backend_type, '') \
         || ', its transaction for ' || date_trunc('second', clock_timestamp() - a.xact_start) \
         || COALESCE(', its last statement since ' || date_trunc('second', a.query_start), '') \
         || ': ' || string_agg(DISTINCT l.mode || ' on ' || c.relname, ', ') \
         FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation \
         JOIN pg_catalog.pg_stat_activity a USING (pid) \
         WHERE l.granted AND l.locktype = 'relation' AND l.pid <> pg_catalog.pg_backend_pid() \
         AND l.database = (SELECT oid FROM pg_catalog.pg_database \
         WHERE datname = pg_catalog.current_database()){readers} \
         AND a.xact_start <= clock_timestamp() - interval '{seconds:.3} seconds' \
         AND c.relname IN ({names}) \
         GROUP BY a.pid, a.usename, a.client_addr, a.application_name, a.state, a.backend_type, \
         a.xact_start, a.query_start ORDER BY a.xact_start LIMIT {SHOWN}",
        names = placeholders(Dialect::Postgres, names.max(1)),
    )
}

fn metadata_locks(names: usize, seconds: f64) -> String {
    format!(
        "SELECT {} FROM performance_schema.metadata_locks l \
         JOIN performance_schema.threads t ON t.thread_id = l.owner_thread_id \
         LEFT JOIN information_schema.innodb_trx x ON x.trx_mysql_thread_id = t.processlist_id \
         WHERE l.lock_status = 'GRANTED' AND l.object_type = 'TABLE' \
         AND l.object_schema = DATABASE() AND t.processlist_id <> CONNECTION_ID() \
         AND (x.trx_started IS NULL OR x.trx_started <= NOW() - INTERVAL {} SECOND) \
         AND l.object_name IN ({}) GROUP BY t.processlist_id ORDER BY MIN(x.trx_started) LIMIT {SHOWN}",
        text(
            Dialect::Mysql,
            "CONCAT('connection ', t.processlist_id, ' of ', MIN(t.processlist_user), ' at ', \
             MIN(t.processlist_host), COALESCE(CONCAT(', its transaction since ', \
             MIN(x.trx_started)), ''), ', ', LOWER(MIN(t.processlist_command)), ' for ', \
             MIN(t.processlist_time), ' s: ', GROUP_CONCAT(DISTINCT l.lock_type, ' on ', l.object_name))"
        ),
        whole(seconds),
        placeholders(Dialect::Mysql, names.max(1)),
    )
}

fn transactions(seconds: f64) -> String {
    format!(
        "SELECT {} FROM information_schema.innodb_trx x \
         JOIN information_schema.processlist p ON p.id = x.trx_mysql_thread_id \
         WHERE p.id <> CONNECTION_ID() AND p.db = DATABASE() \
         AND x.trx_started <= NOW() - INTERVAL {} SECOND ORDER BY x.trx_started LIMIT {SHOWN}",
        text(
            Dialect::Mysql,
            "CONCAT('connection ', p.id, ' of ', p.user, ' at ', p.host, \
             ', its transaction since ', x.trx_started, ', ', LOWER(p.command), ' for ', p.time, ' s')"
        ),
        whole(seconds),
    )
}

/// Transactions there have whole seconds, and began a moment before the wait did.
fn whole(seconds: f64) -> u64 {
    seconds as u64
}

fn ask(session: &mut dyn Session, sql: &str, names: &[String]) -> Vec<String> {
    let values: Vec<Value<'_>> = names.iter().map(|name| Value::Text(name)).collect();
    let rows = session.query(sql, &values).unwrap_or_default();
    rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_can_be_tables() {
        let sql = "ALTER TABLE \"a\"\"b\".Users -- not this\n ADD x TEXT DEFAULT 'nor this'";
        let found = names(sql, Dialect::Postgres);
        assert_eq!(found, ["alter", "table", "a\"b", "users", "add", "x", "text", "default"]);
        assert_eq!(names("DROP TABLE `T`", Dialect::Mysql), ["DROP", "TABLE", "T"]);
    }

    #[test]
    fn rows_wait_for_no_reader() {
        assert!(is_dml("UPDATE t SET a = 1", Dialect::Postgres));
        assert!(!is_dml("ALTER TABLE t ADD a INT", Dialect::Postgres));
    }
}
