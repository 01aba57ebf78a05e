//! Words for a POSIX shell, in commands that help proposes.

/// A word as it must be typed: as it is where that is safe, else in single quotes.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_expand_is_quoted() {
        for (word, expected) in [
            ("migrations/dbmig.lock", "migrations/dbmig.lock"),
            ("a b", "'a b'"),
            ("$(x)", "'$(x)'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("<PKG>", "'<PKG>'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
