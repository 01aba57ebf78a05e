//! How many rows a window has: towards the time that it should take, smaller where others hold locks.

use std::time::Duration;

use dbmig_build::backfill::{AUTO_BATCH, Backfill, LARGEST_BATCH};

/// The smallest window.
const SMALLEST: u32 = 10;
/// What a window of `auto` should take, where the header does not say.
const TARGET: Duration = Duration::from_millis(500);
/// The largest window of `auto`: what is locked at once stays small.
const LARGEST_AUTO: u32 = 50_000;

/// The size of the next window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    size: u32,
    largest: u32,
    target: Option<Duration>,
}

impl Pace {
    /// As the header says, or where the run before it had come to.
    pub(super) fn of(backfill: &Backfill<'_>, size: Option<u32>) -> Self {
        let largest = backfill.batch.unwrap_or(LARGEST_AUTO).min(LARGEST_BATCH);
        let target = match backfill.batch {
            None => Some(backfill.target.unwrap_or(TARGET)),
            Some(_) => backfill.target,
        };
        let start = backfill.batch.unwrap_or(AUTO_BATCH);
        let size = size.filter(|size| *size > 0).unwrap_or(start).clamp(1, largest);
        Self { size, largest, target }
    }

    pub(super) fn size(&self) -> u32 {
        self.size
    }

    /// A full window took so long.
    pub(super) fn took(&mut self, elapsed: Duration) {
        let factor = match self.target {
            // Back to what was asked for, after others were in the way.
            None => 2.0,
            Some(target) => {
                let factor = target.as_secs_f64() / elapsed.as_secs_f64().max(0.000_1);
                factor.clamp(0.5, 1.5)
            }
        };
        self.scale(factor);
    }

    /// Somebody else held what it needs.
    pub(super) fn was_blocked(&mut self) {
        self.scale(0.5);
    }

    fn scale(&mut self, factor: f64) {
        let scaled = (f64::from(self.size) * factor).round();
        let smallest = SMALLEST.min(self.largest);
        // A float is brought into the range before it becomes a whole number.
        self.size = scaled.clamp(f64::from(smallest), f64::from(self.largest)) as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbmig_build::Dialect;

    fn pace(header: &str) -> Pace {
        let text = format!(
            "-- dbmig:table t\n-- dbmig:key id\n{header}DELETE FROM t WHERE id >= :lo AND id <= :hi"
        );
        Pace::of(&Backfill::parse(&text, Dialect::Sqlite).unwrap(), None)
    }

    #[test]
    fn goes_towards_its_target() {
        let mut auto = pace("");
        assert_eq!(auto.size(), 1000);
        auto.took(Duration::from_millis(1));
        assert_eq!(auto.size(), 1500);
        auto.took(Duration::from_secs(60));
        assert_eq!(auto.size(), 750);
        for _ in 0..100 {
            auto.took(Duration::ZERO);
        }
        assert_eq!(auto.size(), 50_000);
        // A server that takes 100 µs a row: 500 ms are 5,000 rows.
        for _ in 0..100 {
            auto.took(Duration::from_micros(u64::from(auto.size()) * 100));
        }
        assert!((4_900..5_100).contains(&auto.size()), "{auto:?}");
        for _ in 0..100 {
            auto.was_blocked();
        }
        assert_eq!(auto.size(), 10);
    }

    #[test]
    fn keeps_to_what_the_header_says() {
        let mut fixed = pace("-- dbmig:batch 400\n");
        fixed.took(Duration::from_secs(9));
        assert_eq!(fixed.size(), 400);
        fixed.was_blocked();
        assert_eq!(fixed.size(), 200);
        fixed.took(Duration::from_secs(9));
        assert_eq!(fixed.size(), 400);
        let mut both = pace("-- dbmig:batch 400\n-- dbmig:target 1s\n");
        both.took(Duration::from_secs(2));
        assert_eq!(both.size(), 200);
        both.took(Duration::from_millis(1));
        both.took(Duration::from_millis(1));
        both.took(Duration::from_millis(1));
        assert_eq!(both.size(), 400);
        let mut tiny = pace("-- dbmig:batch 3\n");
        tiny.was_blocked();
        assert_eq!(tiny.size(), 3);
    }
}
