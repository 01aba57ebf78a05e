//! `Pattern`: a regular expression of `diesel.toml`.

use regex::Regex;

/// A regular expression, held against any part of a name.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// It is none; with the reason, in one line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let pattern = Regex::new(text).map_err(|error| {
            // Above it the parser draws the pattern and points into it.
            let lines = error.to_string();
            let reason = lines.lines().last().unwrap_or_default().trim();
            let reason = reason.strip_prefix("error: ").unwrap_or(reason);
            format!("`{text}` is no regular expression: {reason}")
        })?;
        Ok(Self(pattern))
    }

    /// Whether it fits a part of `name`.
    pub fn fits(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Pattern {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pattern_says_why() {
        assert_eq!(
            Pattern::parse("a(").unwrap_err(),
            "`a(` is no regular expression: unclosed group"
        );
        assert!(Pattern::parse("^a.*$").unwrap().fits("abc"));
    }
}
