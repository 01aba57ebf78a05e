//! Words that depend on a number.

use std::time::Duration;

/// `1 migration`, `2 migrations`.
pub fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        more => format!("{more} {noun}s"),
    }
}

/// Migrations and repeatables, in words; `None` when there are neither.
pub fn what(migrations: usize, repeatables: usize) -> Option<String> {
    let parts = [(migrations, "migration"), (repeatables, "repeatable")];
    let parts: Vec<_> =
        parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, noun)| count(n, noun)).collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_many() {
        assert_eq!(count(0, "seed"), "0 seeds");
        assert_eq!(count(1, "seed"), "1 seed");
        assert_eq!(count(2, "seed"), "2 seeds");
    }
}
