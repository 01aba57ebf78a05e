//! Runs as `tracing` spans, for applications that watch themselves with it (feature `tracing`).
//!
//! A span `dbmig` holds the run, a span `migration` (fields `name`, `direction`) each step, and what an
//! observer is told becomes events of target `dbmig`. No SQL and no error text of the database that could
//! hold data is in them but the first line of an error.

use tracing::span::EnteredSpan;
use tracing::{debug, error, info, info_span, warn};

use dbmig_build::Dialect;

use crate::backfill::Happening;
use crate::error::Error;
use crate::event::{Direction, Event, Observer};
use crate::report::Report;

/// An observer between the engine and another one.
pub(crate) struct Traced<'a> {
    inner: &'a mut dyn Observer,
    // Left in this order: the step is inside the run.
    step: Option<EnteredSpan>,
    _run: EnteredSpan,
}

impl<'a> Traced<'a> {
    pub(crate) fn new(inner: &'a mut dyn Observer, dialect: Dialect) -> Self {
        let run = info_span!(target: "dbmig", "dbmig", dialect = dialect.as_str());
        Self { inner, step: None, _run: run.entered() }
    }

    /// Says how the run ended.
    pub(crate) fn end(mut self, result: &Result<Report, Error>) {
        match result {
            Ok(report) => {
                let (applied, reverted) = (report.applied(), report.reverted());
                debug!(target: "dbmig", applied, reverted, "done");
            }
            Err(failed) => {
                let text = failed.to_string();
                error!(target: "dbmig", "{}", text.lines().next().unwrap_or_default());
            }
        }
        self.step = None;
    }
}

impl Observer for Traced<'_> {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Started { name, direction } => {
                self.step = None;
                let direction = direction_of(direction);
                let span = info_span!(target: "dbmig", "migration", name, direction);
                self.step = Some(span.entered());
            }
            Event::Statement { index, total } => {
                debug!(target: "dbmig", index, total, "statement");
            }
            Event::Finished { statements, elapsed, .. } => {
                let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
                info!(target: "dbmig", statements, milliseconds, "finished");
                self.step = None;
            }
            Event::Unmet { name, on_fail, reason } => {
                let on_fail = on_fail.as_str();
                warn!(target: "dbmig", name, on_fail, reason, "a precondition does not hold");
            }
            Event::Skipped { .. } => {
                info!(target: "dbmig", "left to another runner");
                self.step = None;
            }
            Event::Waiting { holder, patience } => {
                let (holder, patience) = (holder.unwrap_or("unknown"), patience.as_secs());
                warn!(target: "dbmig", holder, patience, "waiting for another runner");
            }
            Event::Recovered { name, done, total, probed } => {
                info!(target: "dbmig", name, done, total, probed, "goes on where it stopped");
            }
            Event::Retrying { name, reason, after } => {
                let milliseconds = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
                warn!(target: "dbmig", name, reason, milliseconds, "trying again");
            }
            Event::Backfill { name, progress, what } => {
                let (seen, rows) = (progress.seen, progress.rows);
                match what {
                    Happening::Started => info!(target: "dbmig", name, seen, "backfill"),
                    Happening::Window => debug!(target: "dbmig", name, seen, rows, "window"),
                    Happening::Waiting { reason, .. } => {
                        warn!(target: "dbmig", name, reason, "backfill waits");
                    }
                    Happening::Ended(_) => {
                        info!(target: "dbmig", name, seen, rows, "backfill ends");
                    }
                }
            }
            Event::Seeded { name, statements, .. } => {
                info!(target: "dbmig", name, statements, "seeded");
            }
            #[cfg(feature = "seed")]
            Event::Seeding { .. } => {}
            #[cfg(feature = "seed")]
            Event::SeededRows { name, plan, .. } => {
                let (insert, update, delete) = (plan.insert, plan.update, plan.delete);
                info!(target: "dbmig", name, insert, update, delete, "seeded");
            }
        }
        self.inner.event(event);
    }
}

const fn direction_of(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "up",
        Direction::Down => "down",
    }
}
