//! SQLite: pragmas.

use std::time::Duration;

use super::milliseconds;
use crate::options::RunOptions;
use crate::session::{DbResult, Session};

/// How long a connection waits for another one, unless the options say otherwise.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

const BUSY: &str = "busy_timeout";

/// Pragmas that a migration can change for those after it.
const PRAGMAS: [&str; 8] = [
    "foreign_keys",
    "defer_foreign_keys",
    "ignore_check_constraints",
    "legacy_alter_table",
    "recursive_triggers",
    "reverse_unordered_selects",
    "query_only",
    "writable_schema",
];

#[derive(Debug)]
pub(super) struct Saved {
    values: Vec<(&'static str, i64)>,
    attached: Vec<String>,
}

impl Saved {
    pub(super) fn read(session: &mut dyn Session) -> DbResult<Self> {
        // Some of them read the schema, for which another connection may have to end first.
        let busy = pragma(session, "busy_timeout")?.unwrap_or(0);
        let patience = milliseconds(BUSY_TIMEOUT);
        session.execute(&format!("PRAGMA busy_timeout = {patience}"))?;
        let read = Self::read_all(session, busy);
        if read.is_err() {
            let _ = session.execute(&format!("PRAGMA busy_timeout = {busy}"));
        }
        read
    }

    fn read_all(session: &mut dyn Session, busy: i64) -> DbResult<Self> {
        let mut values = vec![(BUSY, busy)];
        for name in PRAGMAS {
            // An engine that was built without one answers nothing.
            if let Some(value) = pragma(session, name)? {
                values.push((name, value));
            }
        }
        Ok(Self { values, attached: attached(session)? })
    }

    pub(super) fn settle(&self, options: &RunOptions) -> String {
        // Bundled SQLite has foreign keys on, a system's has them off: the same migrations must do the
        // same.
        let busy = milliseconds(options.lock_timeout.unwrap_or(BUSY_TIMEOUT));
        self.values
            .iter()
            .map(|(name, value)| match *name {
                BUSY => format!("PRAGMA busy_timeout = {}", busy.min(i32::MAX as u128)),
                "foreign_keys" => "PRAGMA foreign_keys = ON".to_owned(),
                name => format!("PRAGMA {name} = {value}"),
            })
            .collect::<Vec<_>>()
            .join("; ")
    }

    pub(super) fn restore(&self) -> Vec<String> {
        self.values.iter().map(|(name, value)| format!("PRAGMA {name} = {value}")).collect()
    }

    /// Databases that were attached since.
    pub(super) fn strangers(&self, session: &mut dyn Session) -> DbResult<Vec<String>> {
        let mut now = attached(session)?;
        now.retain(|name| !self.attached.contains(name));
        Ok(now)
    }
}

fn attached(session: &mut dyn Session) -> DbResult<Vec<String>> {
    // `temp` appears by itself, and can not be detached.
    let sql = "SELECT name FROM pragma_database_list WHERE name <> 'temp'";
    let rows = session.query(sql, &[])?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}

/// Reads with the patience of a run.
pub(super) fn patiently<T>(
    session: &mut dyn Session,
    read: impl FnOnce(&mut dyn Session) -> DbResult<T>,
) -> DbResult<T> {
    let before = pragma(session, "busy_timeout")?.unwrap_or(0);
    session.execute(&format!("PRAGMA busy_timeout = {}", milliseconds(BUSY_TIMEOUT)))?;
    let result = read(session);
    let restored = session.execute(&format!("PRAGMA busy_timeout = {before}"));
    result.and_then(|value| restored.map(|()| value))
}

fn pragma(session: &mut dyn Session, name: &str) -> DbResult<Option<i64>> {
    let rows = session.query(&format!("PRAGMA {name}"), &[])?;
    let value = rows.into_iter().next().and_then(|row| row.into_iter().next().flatten());
    Ok(value.and_then(|text| text.parse().ok()))
}
