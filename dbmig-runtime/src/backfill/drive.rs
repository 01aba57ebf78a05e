//! Runs a backfill to its end, or to where it is stopped.
//!
//! Every window reads the state inside its own transaction, changes its rows, and writes the state: who
//! comes second goes on behind whoever was first. The lock of the backfill only keeps two runs from
//! standing in each other's way; SQLite has but the lock of the whole database, and shares the work.

use std::time::{Duration, Instant};

use dbmig_build::backfill::Backfill;
use dbmig_build::{Dialect, Migration, MigrationSet, Version};

use super::error::BackfillError;
use super::key::{self, Column};
use super::pace::Pace;
use super::window::{self, Window};
use super::{End, Happening, Outcome, Progress, Way, is_yes};
use crate::embedded::Migrations;
use crate::error::{Error, ErrorKind};
use crate::event::{Event, Observer};
use crate::history::{self, BackfillRecord, BackfillState, History, Tables};
use crate::options::RunOptions;
use crate::runner::{Connection, Lock, jittered};
use crate::session::{DbError, DbErrorKind, DbResult, Session, write_transaction};
use crate::sql::{moment, text};

/// How long it waits at once, while the query of the header says so.
const HELD: Duration = Duration::from_secs(1);
/// Pauses are taken in pieces, so that a wish to stop is met soon.
const PIECE: Duration = Duration::from_millis(50);
/// Up to so many rows a table is counted; above, its statistics are asked.
const COUNTED: u64 = 100_000;

/// Where a backfill runs: a connection that is ready.
pub(crate) struct Site<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) connection: &'a Connection,
    pub(crate) options: &'a RunOptions,
}

/// Runs a backfill of a set on a database whose migration is applied.
///
/// # Errors
///
/// See [`BackfillError`]; another runner that does not end in time; what the database reports. What was
/// committed before stays, and the next run goes on there.
pub fn run(
    session: &mut dyn Session,
    migrations: &dyn Migrations,
    version: &Version,
    way: Way,
    options: &RunOptions,
    observer: &mut dyn Observer,
) -> Result<Outcome, Error> {
    let (set, history) = read(session, migrations)?;
    let migration = applied(set, &history, version)?;
    let connection = crate::runner::enter_connection(session, options)?;
    let site = Site { tables: &history.tables, connection: &connection, options };
    let result = history::ensure_tables(session, &history, options.stamp.as_deref())
        .map_err(Error::database("create the history tables"))
        .and_then(|()| drive(session, &site, migration, way, observer));
    let left = connection.leave(session);
    let outcome = result?;
    left?;
    Ok(outcome)
}

/// Takes a pause back; the next run goes on. `false` when there was none.
///
/// # Errors
///
/// There is no such backfill, or the database reports something.
pub fn resume(
    session: &mut dyn Session,
    migrations: &dyn Migrations,
    version: &Version,
) -> Result<bool, Error> {
    let (set, history) = read(session, migrations)?;
    applied(set, &history, version)?;
    let change = |session: &mut dyn Session| -> DbResult<bool> {
        let tables = &history.tables;
        match history::read_backfill(session, tables, version, true)? {
            Some(record) if record.state == BackfillState::Paused => {
                let record = BackfillRecord { state: BackfillState::Running, ..record };
                history::write_backfill(session, tables, version, &record).map(|()| true)
            }
            _ => Ok(false),
        }
    };
    if !history.has_own_tables {
        return Ok(false);
    }
    write_transaction(session, change).map_err(Error::database("resume the backfill"))
}

pub(super) fn read<'m>(
    session: &mut dyn Session,
    migrations: &'m dyn Migrations,
) -> Result<(&'m MigrationSet, History), Error> {
    let set = migrations.set().map_err(|error| Error::new(ErrorKind::Embedded(error)))?;
    let history = history::read_patiently(session).map_err(Error::database("read the history"))?;
    Ok((set, history))
}

/// The migration of a backfill, which is applied.
pub(super) fn applied<'s>(
    set: &'s MigrationSet,
    history: &History,
    version: &Version,
) -> Result<&'s Migration, Error> {
    let found = set.get(version).filter(|migration| migration.backfill.is_some());
    let Some(migration) = found else {
        return Err(BackfillError::Unknown(version.clone()).into());
    };
    match history.applied.contains_key(version) {
        true => Ok(migration),
        false => Err(BackfillError::NotApplied { name: migration.dir_name.to_string() }.into()),
    }
}

/// Reads the file of a backfill.
pub(super) fn parsed(migration: &Migration, dialect: Dialect) -> Result<Backfill<'_>, Error> {
    let text = migration.backfill.as_deref().unwrap_or_default();
    Backfill::parse(text, dialect).map_err(|problems| {
        let name = migration.dir_name.to_string();
        BackfillError::Invalid { name, problems }.into()
    })
}

/// Runs a backfill on a connection that is ready.
pub(crate) fn drive(
    session: &mut dyn Session,
    site: &Site<'_>,
    migration: &Migration,
    way: Way,
    observer: &mut dyn Observer,
) -> Result<Outcome, Error> {
    let backfill = parsed(migration, session.dialect())?;
    let nested = session.is_nested();
    let lock =
        (!nested).then(|| Lock::of_backfill(session.dialect(), site.tables, &migration.version));
    if lock.is_some() && session.dialect() == Dialect::Postgres {
        crate::runner::refuse_pooler(session, &migration.dir_name)?;
    }
    let mut run = Run {
        site,
        migration,
        backfill: &backfill,
        key: vec![],
        lock,
        way,
        progress: Progress::default(),
        pace: Pace::of(&backfill, None),
        since: Instant::now(),
    };
    if let Some(lock) = &run.lock {
        lock.wait(session, site.options.runner_wait, observer)?;
    }
    let result = run.windows(session, observer);
    if let Some(lock) = &run.lock {
        // It goes with the connection, where that is lost.
        let _ = lock.release(session);
    }
    let end = result?;
    run.tell(observer, Happening::Ended(end));
    Ok(Outcome {
        version: migration.version.clone(),
        name: migration.dir_name.to_string(),
        end,
        progress: run.progress,
    })
}

struct Run<'a> {
    site: &'a Site<'a>,
    migration: &'a Migration,
    backfill: &'a Backfill<'a>,
    key: Vec<Column>,
    lock: Option<Lock>,
    way: Way,
    progress: Progress,
    pace: Pace,
    since: Instant,
}

/// How one window ended.
enum Step {
    /// It was committed; whether the table goes on behind it.
    Window { count: u64, more: bool },
    /// There is none: the end of the table.
    Empty,
    /// Somebody changed the state.
    Stopped(End),
}

/// Why a window failed.
struct Failed {
    error: DbError,
    /// The statement itself did, on these keys.
    window: Option<Window>,
}

impl From<DbError> for Failed {
    fn from(error: DbError) -> Self {
        Self { error, window: None }
    }
}

impl Run<'_> {
    fn name(&self) -> String {
        self.migration.dir_name.to_string()
    }

    fn tell(&self, observer: &mut dyn Observer, what: Happening<'_>) {
        let (name, progress) = (&*self.migration.dir_name, &self.progress);
        observer.event(Event::Backfill { name, progress, what });
    }

    fn windows(
        &mut self,
        session: &mut dyn Session,
        observer: &mut dyn Observer,
    ) -> Result<End, Error> {
        if let Some(end) = self.begin(session)? {
            return Ok(end);
        }
        self.tell(observer, Happening::Started);
        let mut windows = 0;
        let mut failures = 0;
        loop {
            if session.interrupted() {
                return Ok(End::Interrupted);
            }
            if self.way.windows.is_some_and(|most| windows >= most) {
                return Ok(End::Rests);
            }
            if self.is_held(session)? {
                self.tell(
                    observer,
                    Happening::Waiting { reason: "`dbmig:throttle_query` is true", after: HELD },
                );
                rest(session, HELD);
                continue;
            }
            let started = Instant::now();
            match self.step(session) {
                Ok(Ok(Step::Window { count, more })) => {
                    failures = 0;
                    windows += 1;
                    self.progress.seen_now += count;
                    self.progress.elapsed = self.since.elapsed();
                    self.tell(observer, Happening::Window);
                    if !more {
                        return self.finish(session);
                    }
                    self.pace.took(started.elapsed());
                    rest(session, self.backfill.throttle);
                }
                Ok(Ok(Step::Empty)) => return self.finish(session),
                Ok(Ok(Step::Stopped(End::DoneBefore))) => return self.finish(session),
                Ok(Ok(Step::Stopped(end))) => return Ok(end),
                Ok(Err(reason)) => {
                    return Err(BackfillError::Key { name: self.name(), reason }.into());
                }
                Err(_) if session.interrupted() => return Ok(End::Interrupted),
                Err(failed) => {
                    failures += 1;
                    if failures > self.site.options.retries
                        || !self.is_worth_a_try(session, &failed.error, observer)?
                    {
                        return Err(self.of_window(failed));
                    }
                    let after = jittered(Duration::from_millis(200) * failures.min(50));
                    let reason = failed.error.message.lines().next().unwrap_or_default();
                    self.tell(observer, Happening::Waiting { reason, after });
                    rest(session, after);
                }
            }
        }
    }

    /// Makes the state ready; the end where there is nothing to run.
    fn begin(&mut self, session: &mut dyn Session) -> Result<Option<End>, Error> {
        let (tables, version) = (self.site.tables, &self.migration.version);
        let doing = "read the state of the backfill";
        let known = history::read_backfill(session, tables, version, false)
            .map_err(Error::database(doing))?;
        let digest = self.migration.digests.backfill.clone();
        let digest = digest.ok_or_else(|| Error::from(BackfillError::Unknown(version.clone())))?;
        if let Some(known) = known.as_ref().filter(|_| !self.way.again) {
            let done = known.state == BackfillState::Done;
            if known.digest != digest {
                return Err(BackfillError::Changed { name: self.name(), done }.into());
            }
            match known.state {
                BackfillState::Done => {
                    self.progress = Progress::of(known);
                    return self.finish(session).map(|end| match end {
                        End::Done { left: true } => Some(end),
                        _ => Some(End::DoneBefore),
                    });
                }
                BackfillState::Paused | BackfillState::Cancelled => {
                    let cancelled = known.state == BackfillState::Cancelled;
                    return Err(BackfillError::Stopped { name: self.name(), cancelled }.into());
                }
                BackfillState::Running => {}
            }
        }
        let key = key::inspect(session, self.backfill)
            .map_err(Error::database("look at the key of the table"))?;
        self.key =
            key.map_err(|reason| Error::from(BackfillError::Key { name: self.name(), reason }))?;
        if self.way.only_small && !self.is_small(session)? {
            return Ok(Some(End::Deferred));
        }
        let record = match known.clone().filter(|_| !self.way.again) {
            Some(known) => known,
            None => {
                let total = total(session, self.backfill)
                    .map_err(Error::database("count the rows of the table"))?;
                let started = now(session).map_err(Error::database("read the server's clock"))?;
                let record = BackfillRecord {
                    state: BackfillState::Running,
                    digest,
                    cursor: None,
                    seen: 0,
                    rows: 0,
                    batches: 0,
                    size: self.pace.size(),
                    total,
                    started,
                    verified: false,
                };
                // SQLite has no lock but the database's: another runner may have begun meanwhile, and what
                // it did is not to be done again.
                let begun = write_transaction(session, |session| {
                    let now = history::read_backfill(session, tables, version, true)?;
                    if now != known {
                        return Ok(now);
                    }
                    history::write_backfill(session, tables, version, &record).map(|()| None)
                })
                .map_err(Error::database("record that the backfill begins"))?;
                match begun {
                    Some(theirs) if theirs.digest != record.digest => {
                        let name = self.name();
                        return Err(BackfillError::Changed { name, done: false }.into());
                    }
                    Some(theirs) => theirs,
                    None => record,
                }
            }
        };
        self.pace = Pace::of(self.backfill, Some(record.size));
        self.progress = Progress::of(&record);
        Ok(None)
    }

    /// The whole table, or what is left of it, fits into one window.
    fn is_small(&self, session: &mut dyn Session) -> Result<bool, Error> {
        let (tables, version) = (self.site.tables, &self.migration.version);
        let known = history::read_backfill(session, tables, version, false)
            .map_err(Error::database("read the state of the backfill"))?;
        let cursor = known.and_then(|known| known.cursor).filter(|_| !self.way.again);
        let size = self.pace.size();
        let table = &self.backfill.table.sql;
        let window = window::next(session, table, &self.key, cursor.as_deref(), size)
            .map_err(Error::database("look at the rows of the table"))?;
        let window = window
            .map_err(|reason| Error::from(BackfillError::Key { name: self.name(), reason }))?;
        Ok(window.is_none_or(|window| window.count < u64::from(size)))
    }

    /// The query of the header says that the time is not good.
    fn is_held(&self, session: &mut dyn Session) -> Result<bool, Error> {
        let Some(query) = &self.backfill.throttle_query else { return Ok(false) };
        let query = query.trim().trim_end_matches(';');
        let held = is_yes(session, &format!("SELECT CASE WHEN (\n{query}\n) THEN 'yes' END"));
        held.map_err(|error| {
            BackfillError::Query { name: self.name(), which: "throttle_query", error }.into()
        })
    }

    /// One window in a transaction. The inner error says why a key can not be used.
    fn step(&mut self, session: &mut dyn Session) -> Result<Result<Step, String>, Failed> {
        self.site.connection.begin(session)?;
        match self.within(session) {
            Ok(Ok((step @ (Step::Window { .. } | Step::Empty), progress))) => {
                // A COMMIT that fails leaves the transaction open.
                if let Err(error) = session.execute("COMMIT") {
                    let _ = session.execute("ROLLBACK");
                    return Err(error.into());
                }
                self.progress = progress;
                Ok(Ok(step))
            }
            Ok(other) => {
                session.execute("ROLLBACK")?;
                Ok(other.map(|(step, _)| step))
            }
            Err(failed) => {
                let _ = session.execute("ROLLBACK");
                Err(failed)
            }
        }
    }

    fn within(
        &self,
        session: &mut dyn Session,
    ) -> Result<Result<(Step, Progress), String>, Failed> {
        let (tables, version) = (self.site.tables, &self.migration.version);
        if let Some(lock) = &self.lock {
            if !lock.is_ours(session)? {
                let message = "the lock of the backfill is not ours any more";
                return Err(DbError::new(DbErrorKind::Closed, message).into());
            }
        }
        let stop = |end| Ok(Ok((Step::Stopped(end), self.progress)));
        let Some(mut record) = history::read_backfill(session, tables, version, true)? else {
            // Its migration was reverted meanwhile.
            return stop(End::Cancelled);
        };
        match record.state {
            BackfillState::Running => {}
            BackfillState::Paused => return stop(End::Paused),
            BackfillState::Cancelled => return stop(End::Cancelled),
            BackfillState::Done => return stop(End::DoneBefore),
        }
        let size = self.pace.size();
        let (table, cursor) = (&self.backfill.table.sql, record.cursor.as_deref());
        let window = match window::next(session, table, &self.key, cursor, size)? {
            Ok(window) => window,
            Err(reason) => return Ok(Err(reason)),
        };
        let step = match window {
            None => Step::Empty,
            Some(window) => {
                let changed = window::change(session, self.backfill, &self.key, &window);
                let changed = match changed {
                    Ok(changed) => changed,
                    Err(error) => return Err(Failed { error, window: Some(window) }),
                };
                record.seen = record.seen.saturating_add(window.count);
                record.rows = record.rows.saturating_add(changed);
                record.batches += 1;
                record.size = size;
                record.cursor = Some(window.last);
                Step::Window { count: window.count, more: window.count >= u64::from(size) }
            }
        };
        if matches!(step, Step::Empty | Step::Window { more: false, .. }) {
            record.state = BackfillState::Done;
        }
        // Nothing is committed whose statement was cut short by a wish to stop.
        if session.interrupted() {
            return Err(DbError::new(DbErrorKind::Interrupted, "interrupted").into());
        }
        history::write_backfill(session, tables, version, &record)?;
        let Progress { seen_now, elapsed, .. } = self.progress;
        Ok(Ok((step, Progress { seen_now, elapsed, ..Progress::of(&record) })))
    }

    /// At the end of the table: whether anything is left.
    fn finish(&mut self, session: &mut dyn Session) -> Result<End, Error> {
        let left = super::decide::look(session, self.site.tables, self.migration, self.backfill)?;
        self.progress.elapsed = self.since.elapsed();
        Ok(End::Done { left })
    }

    fn is_worth_a_try(
        &mut self,
        session: &mut dyn Session,
        error: &DbError,
        observer: &mut dyn Observer,
    ) -> Result<bool, Error> {
        match error.kind {
            DbErrorKind::Busy => {
                self.pace.was_blocked();
                Ok(true)
            }
            DbErrorKind::Timeout => {
                // A smaller window may be quick enough; the smallest is tried once.
                let before = self.pace;
                self.pace.was_blocked();
                Ok(self.pace != before)
            }
            DbErrorKind::Closed => {
                // What was committed is in the state, whatever the answer was.
                if !session.reconnect().map_err(Error::database("connect again"))? {
                    return Ok(false);
                }
                self.site.connection.settle(session)?;
                if let Some(lock) = &self.lock {
                    lock.wait(session, self.site.options.runner_wait, observer)?;
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn of_window(&self, failed: Failed) -> Error {
        let Some(window) = failed.window else {
            return Error::database("run a window of the backfill")(failed.error);
        };
        let shown = |values: &[String]| {
            let values = self.key.iter().zip(values).map(|(column, value)| column.shown(value));
            let list = values.collect::<Vec<_>>().join(", ");
            if self.key.len() > 1 { format!("({list})") } else { list }
        };
        BackfillError::Window {
            name: self.name(),
            place: self.backfill.place,
            first: shown(&window.first),
            last: shown(&window.last),
            seen: self.progress.seen,
            error: failed.error,
        }
        .into()
    }
}

/// Sleeps, unless somebody asks to stop.
fn rest(session: &dyn Session, pause: Duration) {
    let until = Instant::now() + pause;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || session.interrupted() {
            return;
        }
        std::thread::sleep(left.min(PIECE));
    }
}

/// The server's clock.
pub(super) fn now(session: &mut dyn Session) -> DbResult<String> {
    let dialect = session.dialect();
    let rows = session.query(&format!("SELECT {}", text(dialect, &moment(dialect, 0.0))), &[])?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()).unwrap_or_default())
}

/// How many rows the table has: exact where it is small, otherwise as its statistics say.
fn total(session: &mut dyn Session, backfill: &Backfill<'_>) -> DbResult<Option<u64>> {
    use crate::session::Value;
    let (dialect, table) = (session.dialect(), &backfill.table);
    let number = |rows: Vec<crate::session::Row>| {
        let cell = rows.into_iter().next().and_then(|row| row.into_iter().next().flatten());
        cell.and_then(|text| text.parse::<u64>().ok())
    };
    let few = format!(
        "SELECT {} FROM (SELECT 1 AS dbmig_1 FROM {} LIMIT {}) AS dbmig_t",
        text(dialect, "COUNT(*)"),
        table.sql,
        COUNTED + 1
    );
    let few = number(session.query(&few, &[])?);
    if few.is_some_and(|few| few <= COUNTED) {
        return Ok(few);
    }
    let name = Value::Text(table.last());
    let rows = match dialect {
        Dialect::Sqlite => session.query(&format!("SELECT COUNT(*) FROM {}", table.sql), &[])?,
        Dialect::Postgres => session.query(
            "SELECT CAST(CAST(reltuples AS bigint) AS TEXT) FROM pg_catalog.pg_class \
             WHERE oid = pg_catalog.to_regclass($1) AND reltuples > 0",
            &[Value::Text(&table.sql)],
        )?,
        Dialect::Mysql => session.query(
            &format!(
                "SELECT {} FROM information_schema.tables WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ?",
                text(dialect, "table_rows")
            ),
            &[table.schema().into(), name],
        )?,
    };
    Ok(number(rows))
}
