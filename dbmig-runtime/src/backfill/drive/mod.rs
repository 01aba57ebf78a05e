//! Runs a backfill to its end, or to where it is stopped.
//!
//! Every window reads the state inside its own transaction, changes its rows, and writes the state: who
//! comes second goes on behind whoever was first. The lock of the backfill only keeps two runs from
//! standing in each other's way; SQLite has but the lock of the whole database, and shares the work.

mod begin;
mod trouble;

use std::time::{Duration, Instant};

use dbmig_build::backfill::Backfill;
use dbmig_build::{Dialect, Migration, Version};

use self::trouble::{At, Failed};
use super::error::BackfillError;
use super::find::{applied, parsed, read};
use super::key::Column;
use super::pace::Pace;
use super::window;
use super::{End, Happening, Outcome, Progress, Way, is_yes};
use crate::embedded::Migrations;
use crate::error::Error;
use crate::event::{Event, Observer};
use crate::history::{self, BackfillRecord, BackfillState, Tables};
use crate::options::RunOptions;
use crate::runner::{Connection, Lock, jittered};
use crate::session::{DbError, DbErrorKind, Session};

/// How long it waits at once, while the query of the header says so.
const HELD: Duration = Duration::from_secs(1);
/// Pauses are taken in pieces, so that a wish to stop is met soon.
const PIECE: Duration = Duration::from_millis(50);

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
    /// The query of the header says that the time is not good.
    Held,
    /// Somebody changed the state.
    Stopped(End),
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
        if let Some(end) = self.begin_patiently(session, observer)? {
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
            let started = Instant::now();
            match self.step(session) {
                Ok(Ok(Step::Held)) => {
                    let reason = "`dbmig:throttle_query` is true";
                    self.tell(observer, Happening::Waiting { reason, holder: None, after: HELD });
                    rest(session, HELD);
                }
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
                    let blockers = self.blockers(session, &failed);
                    if failures > self.site.options.retries
                        || !self.is_worth_a_try(session, &failed.error, observer)?
                    {
                        return Err(self.of_window(failed, blockers));
                    }
                    self.wait_after((failures, &failed.error, &blockers), session, observer);
                }
            }
        }
    }

    /// The state is written under the one lock that SQLite has: others may hold it for a while.
    fn begin_patiently(
        &mut self,
        session: &mut dyn Session,
        observer: &mut dyn Observer,
    ) -> Result<Option<End>, Error> {
        let mut failures = 0;
        loop {
            let error = match self.begin(session) {
                Err(error) => error,
                begun => return begun,
            };
            failures += 1;
            match error.db().filter(|db| db.kind == DbErrorKind::Busy) {
                Some(db) if failures <= self.site.options.retries && !session.interrupted() => {
                    self.wait_after((failures, db, &[]), session, observer);
                }
                _ => return Err(error),
            }
        }
    }

    /// Longer with every failure in a row.
    fn wait_after(
        &self,
        (failures, error, blockers): (u32, &DbError, &[String]),
        session: &dyn Session,
        observer: &mut dyn Observer,
    ) {
        let after = jittered(Duration::from_millis(200) * failures.min(50));
        let reason = error.message.lines().next().unwrap_or_default();
        let holder = blockers.first().map(String::as_str);
        self.tell(observer, Happening::Waiting { reason, holder, after });
        rest(session, after);
    }

    /// Whether the query of the header says that the time is not good.
    fn is_held(&self, session: &mut dyn Session) -> Result<bool, Failed> {
        let Some(query) = &self.backfill.throttle_query else { return Ok(false) };
        let query = query.trim().trim_end_matches(';');
        is_yes(session, &format!("SELECT CASE WHEN (\n{query}\n) THEN 'yes' END"))
            .map_err(|error| Failed { error, at: At::ThrottleQuery })
    }

    /// One window in a transaction, unless it is held. The inner error says why a key can not be used.
    fn step(&mut self, session: &mut dyn Session) -> Result<Result<Step, String>, Failed> {
        if self.is_held(session)? {
            // Who pauses or cancels it does not wait for the query.
            let (tables, version) = (self.site.tables, &self.migration.version);
            let record = history::read_backfill(session, tables, version, false)?;
            return Ok(Ok(match running(record) {
                Ok(_) => Step::Held,
                Err(end) => Step::Stopped(end),
            }));
        }
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
        let mut record = match running(history::read_backfill(session, tables, version, true)?) {
            Ok(record) => record,
            Err(end) => return Ok(Ok((Step::Stopped(end), self.progress))),
        };
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
                    Err(error) => return Err(Failed { error, at: At::Window(window) }),
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
}

/// The state while it goes on; otherwise how the run ends.
fn running(record: Option<BackfillRecord>) -> Result<BackfillRecord, End> {
    // Without a row its migration was reverted meanwhile, or has another version now.
    let record = record.ok_or(End::Cancelled)?;
    match record.state {
        BackfillState::Running => Ok(record),
        BackfillState::Paused => Err(End::Paused),
        BackfillState::Cancelled => Err(End::Cancelled),
        BackfillState::Done => Err(End::DoneBefore),
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
