//! Texts as Rust's string literals.

/// A text as a literal; raw where escapes would be needed.
pub(super) fn literal(text: &str) -> String {
    if text.contains(char::is_control) {
        // A line break in a literal would be indented with the code around it.
        return format!("\"{}\"", text.escape_debug());
    }
    if text.contains('"') {
        let hashes = "#".repeat(text.matches('#').count() + 1);
        return format!("r{hashes}\"{text}\"{hashes}");
    }
    let raw = if text.contains('\\') { "r" } else { "" };
    format!("{raw}\"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        for (text, expected) in [
            ("", r#""""#),
            ("a b", r#""a b""#),
            ("it's é", r#""it's é""#),
            (r#"a"b"#, r##"r#"a"b"#"##),
            (r##"a"#b"##, r###"r##"a"#b"##"###),
            (r"a\b", r#"r"a\b""#),
            ("a\nb\"\\", r#""a\nb\"\\""#),
        ] {
            assert_eq!(literal(text), expected, "{text:?}");
        }
    }
}
