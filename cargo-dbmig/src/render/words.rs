//! Words that depend on a number.

/// `1 migration`, `2 migrations`.
pub fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        more => format!("{more} {noun}s"),
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
