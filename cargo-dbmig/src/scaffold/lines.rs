//! Files that are lists of lines: adding what is missing at the end.

/// The text with `lines` added at the end, below `comment`; `None` without lines to add.
///
/// Nothing that is there is touched. A last line without line end gets one first, in the style of the
/// file.
pub(super) fn append(existing: Option<&str>, comment: &str, lines: &[String]) -> Option<String> {
    if lines.is_empty() {
        return None;
    }
    let mut text = existing.unwrap_or_default().to_owned();
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str(newline);
    }
    if !text.is_empty() {
        text.push_str(newline);
    }
    for line in std::iter::once(comment).chain(lines.iter().map(String::as_str)) {
        text.push_str(line);
        text.push_str(newline);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_fit_the_file() {
        let cases = [
            (None, "# c\nx\n"),
            (Some(""), "# c\nx\n"),
            (Some("a"), "a\n\n# c\nx\n"),
            (Some("a\n"), "a\n\n# c\nx\n"),
            (Some("a\r\nb"), "a\r\nb\r\n\r\n# c\r\nx\r\n"),
        ];
        for (existing, expected) in cases {
            assert_eq!(append(existing, "# c", &["x".into()]).as_deref(), Some(expected));
        }
        assert_eq!(append(Some("a"), "# c", &[]), None);
    }
}
