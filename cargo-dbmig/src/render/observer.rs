//! Shows a run while it goes on.

use std::time::{Duration, Instant};

use dbmig_runtime::backfill::{Happening, Progress};
use dbmig_runtime::{Direction, Event, Observer, OnFail};

use super::backfill::{backfill_ended, progress};
use super::ticker::Ticker;
use super::words::{count, duration};
use crate::output::Output;

/// How often a backfill is told of where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// How a run words its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    /// Ours.
    Native,
    /// Diesel's.
    Diesel,
}

/// Prints a line a step, and on a terminal what is going on when it takes long.
pub struct Live<'o> {
    output: &'o mut Output,
    wording: Wording,
    total: usize,
    done: usize,
    name: String,
    ticker: Ticker,
    /// When the last line about a backfill was written, where there is no terminal.
    told: Option<Instant>,
    /// Why a backfill waited, when that was told.
    reason: String,
}

impl<'o> Live<'o> {
    /// An observer of a run of `total` steps.
    pub fn new(output: &'o mut Output, total: usize) -> Self {
        let ticker = if output.live { Ticker::on_terminal() } else { Ticker::default() };
        Self {
            output,
            wording: Wording::Native,
            total,
            done: 0,
            name: String::new(),
            ticker,
            told: None,
            reason: String::new(),
        }
    }

    /// The same in Diesel's words.
    pub fn diesel(output: &'o mut Output, total: usize) -> Self {
        Self { wording: Wording::Diesel, ..Self::new(output, total) }
    }

    /// On a terminal all of it, one line that changes; elsewhere a line from time to time.
    fn backfill(&mut self, name: &str, now: &Progress, what: Happening<'_>) {
        match what {
            Happening::Started if now.batches > 0 => {
                self.line(format!("resuming  {name}  after {}", progress(now)));
                self.told = Some(Instant::now());
            }
            Happening::Started => self.told = Some(Instant::now()),
            Happening::Window => {
                self.ticker.update(format!("{name}: {}", progress(now)));
                if !self.output.live && self.told.is_none_or(|told| told.elapsed() >= EVERY) {
                    self.line(format!(" running  {name}  ({})", progress(now)));
                    self.told = Some(Instant::now());
                }
            }
            Happening::Waiting { reason, holder, after } => {
                let holder = holder.map_or(String::new(), |who| format!("; in its way: {who}"));
                let text = format!("{}: {reason}{holder}", duration(after));
                self.ticker.update(format!("{name}: waiting {text}"));
                // Why it stands still is told at once, and then from time to time.
                let due = self.told.is_none_or(|told| told.elapsed() >= EVERY);
                if !self.output.live && (due || self.reason != reason) {
                    self.line(format!(" waiting  {name}  {text}"));
                    self.told = Some(Instant::now());
                    reason.clone_into(&mut self.reason);
                }
            }
            Happening::Ended(end) => {
                if let Some(line) = backfill_ended(name, now, end) {
                    self.line(line);
                }
                self.ticker.clear();
            }
            _ => {}
        }
    }

    fn line(&mut self, text: String) {
        self.ticker.clear();
        self.output.progress(text);
        // Who reads it from a pipe wants to see it now as well.
        self.output.flush();
    }
}

/// `250000 rows, 125000 rows/s, 6.0 s left`.
fn seeding(rows: usize, share: f64, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64().max(0.001);
    let mut text = format!("{rows} rows, {:.0} rows/s", rows as f64 / seconds);
    // What is left of the file takes as long as what was read of it; at the end the database has work.
    if (0.001..0.999).contains(&share) {
        let left = Duration::from_secs_f64(seconds * (1.0 - share) / share);
        text.push_str(&format!(", {} left", duration(left)));
    }
    text
}

impl Observer for Live<'_> {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Started { name, direction } => {
                name.clone_into(&mut self.name);
                self.done += 1;
                // Diesel says nothing of its own first migration.
                if self.wording == Wording::Diesel && !name.starts_with("00000000000000") {
                    let verb = match direction {
                        Direction::Up => "Running migration",
                        Direction::Down => "Rolling back migration",
                    };
                    self.line(format!("{verb} {name}"));
                }
            }
            Event::Statement { index, total } => self.ticker.show(format!(
                "[{}/{}] {}: statement {index} of {total}",
                self.done, self.total, self.name
            )),
            Event::Finished { name, direction, statements, elapsed }
                if self.wording == Wording::Native =>
            {
                let verb = match direction {
                    Direction::Up => "applied",
                    Direction::Down => "reverted",
                };
                // What has a backfill runs no statement of its own.
                let count = match statements {
                    0 => String::new(),
                    some => format!("{}, ", count(some, "statement")),
                };
                self.line(format!("{verb:>8}  {name}  ({count}{})", duration(elapsed)));
            }
            Event::Skipped { name, direction } if self.wording == Wording::Native => {
                let verb = if direction == Direction::Up { "applied" } else { "reverted" };
                self.line(format!(" skipped  {name}  ({verb} by another runner)"));
            }
            Event::Unmet { name, on_fail, reason } => {
                let what = match on_fail {
                    OnFail::MarkApplied => "  marked",
                    OnFail::Warn => "  warned",
                    _ => " skipped",
                };
                self.line(format!("{what}  {name}  ({reason})"));
            }
            Event::Waiting { holder, patience } => {
                let holder = holder.map_or(String::new(), |holder| format!(": {holder}"));
                let patience = duration(patience);
                self.line(format!(" waiting  for another runner, {patience} at most{holder}"));
            }
            Event::Retrying { name, reason, after } => {
                self.line(format!("   again  {name}  in {}: {reason}", duration(after)));
            }
            Event::Recovered { name, done, total, probed } => {
                let how = if probed { ", by what the database holds" } else { "" };
                self.line(format!("resuming  {name}  after statement {done} of {total}{how}"));
            }
            Event::Seeding { name, rows, share, elapsed } => {
                let progress = seeding(rows, share, elapsed);
                self.ticker.update(format!("{name}: {progress}"));
                let told = *self.told.get_or_insert_with(Instant::now);
                if !self.output.live && told.elapsed() >= EVERY {
                    self.line(format!(" seeding  {name}  ({progress})"));
                    self.told = Some(Instant::now());
                }
            }
            Event::SeededRows { name, plan, elapsed } => {
                let words = [
                    (plan.insert, "inserted"),
                    (plan.update, "updated"),
                    (plan.delete, "deleted"),
                    (plan.same, "as before"),
                ];
                let words: Vec<_> = words
                    .into_iter()
                    .filter(|(rows, _)| *rows > 0)
                    .map(|(rows, what)| format!("{rows} {what}"))
                    .collect();
                self.told = None;
                let rows = if words.is_empty() { "no rows".to_owned() } else { words.join(", ") };
                self.line(format!("  seeded  {name}  ({rows}; {})", duration(elapsed)));
                if let Some(reason) = plan.no_undo {
                    self.line(format!("          there is no undo: {reason}"));
                }
            }
            Event::Backfill { name, progress, what } => self.backfill(name, progress, what),
            Event::Seeded { name, statements, elapsed } => {
                self.line(format!(
                    "  seeded  {name}  ({}, {})",
                    count(statements, "statement"),
                    duration(elapsed)
                ));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_a_seed_has_come() {
        let told = |share| seeding(250_000, share, Duration::from_secs(2));
        assert_eq!(told(0.25), "250000 rows, 125000 rows/s, 6.0 s left");
        assert_eq!(told(1.0), "250000 rows, 125000 rows/s");
        assert_eq!(told(0.0), "250000 rows, 125000 rows/s");
    }
}
