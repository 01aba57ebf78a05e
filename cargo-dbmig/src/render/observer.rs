//! Shows a run while it goes on.

use std::time::{Duration, Instant};

use dbmig_runtime::{Direction, Event, Observer};

use super::words::count;
use crate::output::Output;

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
    shown: Instant,
}

/// Steps that are faster than this leave no trace on the terminal.
const LIVE_AFTER: Duration = Duration::from_millis(300);

impl<'o> Live<'o> {
    /// An observer of a run of `total` steps.
    pub fn new(output: &'o mut Output, total: usize) -> Self {
        Self {
            output,
            wording: Wording::Native,
            total,
            done: 0,
            name: String::new(),
            shown: Instant::now(),
        }
    }

    /// The same in Diesel's words.
    pub fn diesel(output: &'o mut Output, total: usize) -> Self {
        Self { wording: Wording::Diesel, ..Self::new(output, total) }
    }

    fn line(&mut self, text: String) {
        self.output.live_line("");
        self.output.progress(text);
    }
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
            Event::Statement { index, total } if self.shown.elapsed() > LIVE_AFTER => {
                self.shown = Instant::now();
                let text = format!(
                    "[{}/{}] {}: statement {index} of {total}",
                    self.done, self.total, self.name
                );
                self.output.live_line(&text);
            }
            Event::Finished { name, direction, statements, elapsed }
                if self.wording == Wording::Native =>
            {
                let verb = match direction {
                    Direction::Up => "applied",
                    Direction::Down => "reverted",
                };
                self.line(format!(
                    "{verb:>8}  {name}  ({}, {})",
                    count(statements, "statement"),
                    duration(elapsed)
                ));
            }
            Event::Skipped { name, direction } if self.wording == Wording::Native => {
                let verb = if direction == Direction::Up { "applied" } else { "reverted" };
                self.line(format!(" skipped  {name}  ({verb} by another runner)"));
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

/// A duration for people.
pub fn duration(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    match seconds {
        s if s < 0.001 => "<1 ms".to_owned(),
        s if s < 1.0 => format!("{:.0} ms", s * 1000.0),
        s if s < 120.0 => format!("{s:.1} s"),
        s => format!("{:.0} min", s / 60.0),
    }
}
