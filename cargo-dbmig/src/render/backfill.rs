//! Backfills for people and as JSON.

use dbmig_runtime::backfill::{End, Outcome, Progress};
use serde_json::{Value, json};

use super::words::duration;

/// `12000 of 1000000 rows, 3400 rows/s, 5 min left`.
pub fn progress(now: &Progress) -> String {
    let mut text = match now.total.filter(|total| *total >= now.seen) {
        Some(total) => format!("{} of {}", now.seen, rows(total)),
        None => rows(now.seen),
    };
    if now.rate() >= 1.0 {
        text.push_str(&format!(", {:.0} rows/s", now.rate()));
    }
    if let Some(left) = now.eta().filter(|left| !left.is_zero()) {
        text.push_str(&format!(", {} left", duration(left)));
    }
    text
}

fn rows(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

/// One line for what a run of a backfill came to; `None` where there is nothing to tell.
pub fn backfill_ended(name: &str, now: &Progress, end: End) -> Option<String> {
    let windows =
        if now.batches == 1 { "1 window".into() } else { format!("{} windows", now.batches) };
    let counts =
        format!("{} of {} changed, {windows}, {}", now.rows, rows(now.seen), duration(now.elapsed));
    Some(match end {
        End::Done { .. } => format!("  filled  {name}  ({counts})"),
        End::DoneBefore => return None,
        End::Deferred => format!("deferred  {name}  (its table is larger than one window)"),
        End::Rests => format!(" stopped  {name}  ({counts})"),
        End::Paused => format!("  paused  {name}  ({counts})"),
        End::Cancelled => format!("canceled  {name}  ({counts})"),
        End::Interrupted => format!(" stopped  {name}  ({counts})"),
    })
}

/// What a run of a backfill came to, as JSON.
pub fn backfill_json(outcome: &Outcome) -> Value {
    let (end, left) = match outcome.end {
        End::Done { left } => ("done", Some(left)),
        End::DoneBefore => ("done-before", Some(false)),
        End::Deferred => ("deferred", None),
        End::Rests => ("stopped", None),
        End::Paused => ("paused", None),
        End::Cancelled => ("cancelled", None),
        End::Interrupted => ("interrupted", None),
    };
    let now = &outcome.progress;
    json!({
        "version": outcome.version.as_str(), "name": outcome.name, "end": end, "left": left,
        "seen": now.seen, "rows": now.rows, "windows": now.batches,
        "seconds": now.elapsed.as_secs_f64(),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn how_far_it_has_come() {
        let now = Progress {
            seen: 2_000,
            total: Some(10_000),
            seen_now: 1_000,
            elapsed: Duration::from_secs(2),
            ..Progress::default()
        };
        assert_eq!(progress(&now), "2000 of 10000 rows, 500 rows/s, 16.0 s left");
        let grown = Progress { total: Some(1_000), ..now };
        assert_eq!(progress(&grown), "2000 rows, 500 rows/s");
        assert_eq!(progress(&Progress { seen: 1, ..Progress::default() }), "1 row");
    }
}
