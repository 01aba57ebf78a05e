//! "did you mean": the nearest known name, and the error for a name that is not known.

use crate::error::CliError;

/// The similarity from which a name is offered; the same threshold that clap uses for flags.
const THRESHOLD: f64 = 0.7;

/// The known name that looks most like `word`, if one looks alike at all.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for candidate in known {
        let score = strsim::jaro(&lower, &candidate.to_lowercase());
        // Strictly greater: of two equally near names the first listed one is offered, always the same.
        if score > THRESHOLD && best.is_none_or(|(top, _)| score > top) {
            best = Some((score, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The names as "`a`, `b`".
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The usage error for a name that is none of the known ones: `what` is "environment", "database", …
pub fn unknown_name(what: &str, name: &str, known: &[&str]) -> CliError {
    let mut error = CliError::usage(format!("unknown {what} `{name}`"));
    if known.is_empty() {
        error = error.note(format!("no {what} is known here"));
    } else {
        error = error.note(format!("known: {}", listed(known.iter().copied())));
    }
    if let Some(near) = nearest(name, known.iter().copied()) {
        error = error.help(format!("did you mean `{near}`?"));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_only_what_looks_alike() {
        let known = ["development", "production", "test"];
        let cases = [
            ("prodution", Some("production")),
            ("Development", Some("development")),
            ("tset", Some("test")),
            ("xyz", None),
            ("", None),
        ];
        for (word, expected) in cases {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }

    #[test]
    fn unknown_names_list_the_known_ones() {
        let error = unknown_name("database", "man", &["main", "log"]);
        assert_eq!(error.message, "unknown database `man`");
        assert_eq!(error.notes, ["known: `main`, `log`"]);
        assert_eq!(error.help, ["did you mean `main`?"]);
        assert!(unknown_name("database", "x", &[]).notes[0].contains("no database"));
    }
}
