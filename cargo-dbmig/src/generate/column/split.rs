//! Cutting at a character that stands neither in quotes nor in parentheses.

/// The parts between, at least one.
pub(super) fn at(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut state = Inside::default();
    for (place, c) in text.char_indices() {
        if c == separator && state.is_outside() {
            parts.push(&text[start..place]);
            start = place + c.len_utf8();
        }
        state.step(c);
    }
    parts.push(&text[start..]);
    parts
}

/// What was opened and is not closed.
pub(super) fn unclosed(text: &str) -> Option<char> {
    let mut state = Inside::default();
    text.chars().for_each(|c| state.step(c));
    state.quote.or_else(|| state.open.last().copied())
}

#[derive(Default)]
struct Inside {
    open: Vec<char>,
    quote: Option<char>,
}

impl Inside {
    fn is_outside(&self) -> bool {
        self.open.is_empty() && self.quote.is_none()
    }

    fn step(&mut self, c: char) {
        match (self.quote, c) {
            (Some(quote), _) if quote == c => self.quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => self.quote = Some(c),
            (None, '(' | '{' | '[') => self.open.push(c),
            (None, ')' | '}' | ']') => drop(self.open.pop()),
            (None, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_parentheses_hold_together() {
        for (text, parts) in [
            ("a:b", &["a", "b"][..]),
            ("a", &["a"]),
            ("", &[""]),
            ("a:decimal(10,2):check='x:y'", &["a", "decimal(10,2)", "check='x:y'"]),
            ("a:{b:c}:(d:(e:f))", &["a", "{b:c}", "(d:(e:f))"]),
            ("a:'it''s:so':b", &["a", "'it''s:so'", "b"]),
        ] {
            assert_eq!(at(text, ':'), parts, "{text}");
        }
        for (text, open) in [("a(b", Some('(')), ("a'b", Some('\'')), ("a(b)'c'", None)] {
            assert_eq!(unclosed(text), open, "{text}");
        }
    }
}
