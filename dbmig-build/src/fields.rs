//! `key=value` fields on one line: the one text form of the lock file and of the embedded blob.
//!
//! A value that is empty or holds white space, quotes, or control characters stands in double quotes,
//! with `\"`, `\\`, `\n`, `\r`, `\t`, and `\u{…}` inside. So every record is one line, whatever a
//! directory is called.

/// Appends ` key=value`.
pub fn push(line: &mut String, key: &str, value: &str) {
    line.push(' ');
    line.push_str(key);
    line.push('=');
    push_value(line, value);
}

/// Appends a value, quoted when it must be.
fn push_value(line: &mut String, value: &str) {
    push_quoted_if(line, value, false);
}

/// Appends a word without a key. An `=` in it would make it one.
pub fn push_word(line: &mut String, word: &str) {
    push_quoted_if(line, word, word.contains('='));
}

fn push_quoted_if(line: &mut String, value: &str, must: bool) {
    let plain = !must
        && !value.is_empty()
        && value.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '"' && c != '\\');
    if plain {
        line.push_str(value);
        return;
    }
    line.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => line.extend(['\\', c]),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            c if c.is_control() => line.extend(c.escape_unicode()),
            c => line.push(c),
        }
    }
    line.push('"');
}

/// One word of a line: a bare value, or a key with its value.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// What stands before the `=`.
    pub key: Option<String>,
    /// The value, or the word.
    pub value: String,
}

/// Splits a line into its fields.
///
/// # Errors
///
/// A short reason why the line is none.
pub fn parse(line: &str) -> Result<Vec<Field>, &'static str> {
    let mut fields = Vec::new();
    let mut rest = line.trim_start_matches(' ');
    while !rest.is_empty() {
        let key_end = rest.find([' ', '=', '"']).unwrap_or(rest.len());
        let key = if rest[key_end..].starts_with('=') {
            let key = rest[..key_end].to_owned();
            rest = &rest[key_end + 1..];
            Some(key)
        } else {
            None
        };
        let (value, after) = take_value(rest)?;
        fields.push(Field { key, value });
        rest = after;
        if !rest.is_empty() {
            let trimmed = rest.trim_start_matches(' ');
            if trimmed.len() == rest.len() {
                return Err("a space is missing after a quoted value");
            }
            rest = trimmed;
        }
    }
    Ok(fields)
}

fn take_value(text: &str) -> Result<(String, &str), &'static str> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(' ').unwrap_or(text.len());
        return Ok((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((value, &quoted[at + 1..])),
            '\\' => match chars.next().map(|(_, c)| c) {
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('t') => value.push('\t'),
                Some('u') => value.push(take_unicode(&mut chars)?),
                Some(c @ ('"' | '\\')) => value.push(c),
                _ => return Err("an escape in a quoted value is not known"),
            },
            c => value.push(c),
        }
    }
    Err("a quoted value does not end")
}

fn take_unicode(chars: &mut std::str::CharIndices<'_>) -> Result<char, &'static str> {
    const BAD: &str = "a \\u{…} escape is not well formed";
    if chars.next().map(|(_, c)| c) != Some('{') {
        return Err(BAD);
    }
    let mut code = 0_u32;
    for (_, c) in chars {
        if c == '}' {
            return char::from_u32(code).ok_or(BAD);
        }
        let digit = c.to_digit(16).ok_or(BAD)?;
        code = code.checked_mul(16).and_then(|n| n.checked_add(digit)).ok_or(BAD)?;
    }
    Err(BAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_back() {
        for value in ["a", "", "a b", "a\"b\\", "x=y", "tab\tline\nend", "é\u{7}", "\u{feff}"] {
            let mut line = "migration".to_owned();
            push(&mut line, "name", value);
            push(&mut line, "up", "sha256:0");
            let fields = parse(&line).unwrap();
            assert_eq!(fields.len(), 3, "{line}");
            assert_eq!(fields[1].value, value, "{line}");
            assert_eq!(fields[1].key.as_deref(), Some("name"));
            assert!(!line.contains('\n'));
        }
    }

    #[test]
    fn every_word_comes_back_as_a_word() {
        for word in ["a", "a=b", "", "a b", "=", "a=\"b"] {
            let mut line = "migration ".to_owned();
            push_word(&mut line, word);
            let fields = parse(&line).unwrap();
            assert_eq!(fields[1], Field { key: None, value: word.to_owned() }, "{line}");
        }
    }

    #[test]
    fn half_a_value_is_an_error() {
        for line in ["a b=\"c", "a \"b\"c", "a \"\\q\"", "a \"\\u{110000}\"", "a \"\\u{zz}\""] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
