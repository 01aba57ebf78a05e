//! What the database knows of a backfill: its cursor and its counts, one row of the state each.

use dbmig_build::{Dialect, Digest, Version, fields};

use super::tables::Tables;
use crate::session::{DbError, DbErrorKind, DbResult, Session, Value};
use crate::sql::{literal, placeholder, text};

/// Where a backfill stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BackfillState {
    /// It goes on with the next run.
    Running,
    /// Somebody wants it to rest: no run goes on before `resume`.
    Paused,
    /// Somebody gave it up; what was changed stays.
    Cancelled,
    /// It came to the end of the table.
    Done,
}

impl BackfillState {
    const ALL: [Self; 4] = [Self::Running, Self::Paused, Self::Cancelled, Self::Done];

    /// The word for it, as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
            Self::Done => "done",
        }
    }
}

/// The row of a backfill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillRecord {
    /// Where it stands.
    pub state: BackfillState,
    /// Of the `backfill.sql` that began.
    pub digest: Digest,
    /// The last key that is done, a text for each of its columns; `None` before the first window.
    pub cursor: Option<Vec<String>>,
    /// How many rows of the table it has walked over.
    pub seen: u64,
    /// How many rows the statement has changed.
    pub rows: u64,
    /// How many windows were committed.
    pub batches: u64,
    /// How many rows the next window has.
    pub size: u32,
    /// How many rows the table had, about, when it began.
    pub total: Option<u64>,
    /// When it began, by the server's clock.
    pub started: String,
    /// The query of the header has found nothing since it ended.
    pub verified: bool,
}

impl BackfillRecord {
    /// It is done, and nothing was left.
    pub fn is_verified(&self) -> bool {
        self.state == BackfillState::Done && self.verified
    }

    /// Reads what [`to_text`](Self::to_text) wrote. Fields of later versions are passed over.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let fields = fields::parse(line).ok()?;
        let all = |key: &str| {
            let of_key = fields.iter().filter(|field| field.key.as_deref() == Some(key));
            of_key.map(|field| field.value.clone()).collect::<Vec<_>>()
        };
        let one = |key: &str| all(key).into_iter().next();
        let number = |key: &str| one(key).and_then(|text| text.parse::<u64>().ok());
        let state = one("state")?;
        let cursor = all("cursor");
        Some(Self {
            state: BackfillState::ALL.into_iter().find(|known| known.as_str() == state)?,
            digest: Digest::parse(&one("digest")?)?,
            cursor: (!cursor.is_empty()).then_some(cursor),
            seen: number("seen")?,
            rows: number("rows")?,
            batches: number("batches")?,
            size: u32::try_from(number("size")?).ok()?,
            total: number("total"),
            started: one("started").unwrap_or_default(),
            verified: one("verified").as_deref() == Some("yes"),
        })
    }

    pub(crate) fn to_text(&self) -> String {
        let mut line = String::new();
        let mut push = |key: &str, value: &str| fields::push(&mut line, key, value);
        push("state", self.state.as_str());
        push("digest", self.digest.as_str());
        for (key, number) in [("seen", self.seen), ("rows", self.rows), ("batches", self.batches)] {
            push(key, &number.to_string());
        }
        push("size", &self.size.to_string());
        if let Some(total) = self.total {
            push("total", &total.to_string());
        }
        push("started", &self.started);
        push("verified", if self.verified { "yes" } else { "no" });
        for column in self.cursor.iter().flatten() {
            push("cursor", column);
        }
        line.trim_start().to_owned()
    }
}

/// The row of one backfill; with `lock` held until the transaction ends.
pub(crate) fn read_backfill(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    lock: bool,
) -> DbResult<Option<BackfillRecord>> {
    let dialect = session.dialect();
    let for_update = match dialect {
        // Its transaction has the whole database.
        Dialect::Sqlite => "",
        _ if lock => " FOR UPDATE",
        _ => "",
    };
    let sql = format!(
        "SELECT {} FROM {} WHERE kind = 'backfill' AND name = {}{for_update}",
        text(dialect, "value"),
        tables.state(),
        placeholder(dialect, 1)
    );
    let rows = session.query(&sql, &[Value::Text(version.as_str())])?;
    let Some(value) = rows.into_iter().next().and_then(|row| row.into_iter().next().flatten())
    else {
        return Ok(None);
    };
    match BackfillRecord::parse(&value) {
        Some(record) => Ok(Some(record)),
        None => Err(DbError::new(
            DbErrorKind::Other,
            format!("the state of the backfill `{version}` can not be read"),
        )),
    }
}

/// Writes the row of a backfill, new or again.
pub(crate) fn write_backfill(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    record: &BackfillRecord,
) -> DbResult<()> {
    let (dialect, state) = (session.dialect(), tables.state());
    let place = |index| placeholder(dialect, index);
    let (name, value) = (version.as_str(), record.to_text());
    let update = format!(
        "UPDATE {state} SET value = {}, updated_at = CURRENT_TIMESTAMP WHERE kind = 'backfill' AND name = {}",
        place(1),
        place(2)
    );
    if session.execute_with(&update, &[Value::Text(&value), Value::Text(name)])? > 0 {
        return Ok(());
    }
    // MySQL counts no row that stays as it is.
    if read_backfill(session, tables, version, false)?.as_ref() == Some(record) {
        return Ok(());
    }
    let insert = format!(
        "INSERT INTO {state} (kind, name, value) VALUES ('backfill', {}, {})",
        place(1),
        place(2)
    );
    session.execute_with(&insert, &[Value::Text(name), Value::Text(&value)]).map(drop)
}

/// Forgets a backfill: its migration is applied, or reverted.
pub(crate) fn forget_backfill(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<()> {
    let sql = format!(
        "DELETE FROM {} WHERE kind = 'backfill' AND name = {}",
        tables.state(),
        placeholder(session.dialect(), 1)
    );
    session.execute_with(&sql, &[Value::Text(version.as_str())]).map(drop)
}

/// The same as a statement of a script.
pub(crate) fn forget_backfill_sql(dialect: Dialect, tables: &Tables, version: &Version) -> String {
    format!(
        "DELETE FROM {} WHERE kind = 'backfill' AND name = {}",
        tables.state(),
        literal(dialect, version.as_str())
    )
}

/// A migration has another version now, and so has its backfill: what is done stays done.
pub(super) fn rename_backfill(
    session: &mut dyn Session,
    tables: &Tables,
    (from, to): (&Version, &Version),
) -> DbResult<()> {
    // A row that is left of another time would be in the way.
    forget_backfill(session, tables, to)?;
    let place = |index| placeholder(session.dialect(), index);
    let sql = format!(
        "UPDATE {} SET name = {} WHERE kind = 'backfill' AND name = {}",
        tables.state(),
        place(1),
        place(2)
    );
    session.execute_with(&sql, &[to.as_str().into(), from.as_str().into()]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let first = BackfillRecord {
            state: BackfillState::Running,
            digest: Digest::of_file("backfill", b"x"),
            cursor: None,
            seen: 0,
            rows: 0,
            batches: 0,
            size: 1000,
            total: None,
            started: "2026-11-21 10:00:00.000".into(),
            verified: false,
        };
        let later = BackfillRecord {
            state: BackfillState::Done,
            cursor: Some(vec!["ta \"b\"\n=".into(), String::new()]),
            seen: u64::MAX,
            total: Some(7),
            verified: true,
            ..first.clone()
        };
        for record in [first, later] {
            let text = record.to_text();
            assert_eq!(BackfillRecord::parse(&text).as_ref(), Some(&record), "{text}");
            let more = format!("{text} colour=red");
            assert_eq!(BackfillRecord::parse(&more), Some(record));
        }
        for text in ["", "x", "state=running", "state=\"running"] {
            assert_eq!(BackfillRecord::parse(text), None, "{text}");
        }
    }
}
