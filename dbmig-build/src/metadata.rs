//! The values of a `metadata.toml`, and what the keys of `[[dbmig.precondition]]` mean: for the reader of the
//! build, and for the one of the command.

use crate::nearest::nearest;
use crate::{Code, OnFail, Precondition, SettingsProblem, SettingsRead};

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar {
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A string.
    Text(String),
}

/// A boolean, a whole number, or a string without escapes, with an optional comment behind it. A string in
/// three quotes takes more lines.
pub(crate) fn scalar<'a>(
    text: &'a str,
    more: &mut dyn FnMut() -> Option<&'a str>,
) -> Option<Scalar> {
    for quotes in ["\"\"\"", "'''"] {
        if let Some(rest) = text.strip_prefix(quotes) {
            return several_lines(rest, quotes, more);
        }
    }
    for quote in ['"', '\''] {
        if let Some(rest) = text.strip_prefix(quote) {
            let (value, after) = rest.split_once(quote)?;
            let plain = quote == '\'' || !value.contains('\\');
            return (plain && is_comment(after)).then(|| Scalar::Text(value.to_owned()));
        }
    }
    let (word, after) = match text.find([' ', '\t', '#']) {
        Some(end) => text.split_at(end),
        None => (text, ""),
    };
    if !is_comment(after) {
        return None;
    }
    match word {
        "true" => Some(Scalar::Bool(true)),
        "false" => Some(Scalar::Bool(false)),
        // TOML writes no number with a leading zero.
        _ if word.len() > 1 && word.trim_start_matches('-').starts_with('0') => None,
        _ if word.starts_with('+') => None,
        _ => word.parse().ok().map(Scalar::Int),
    }
}

/// The rest of a string in three quotes; a line break behind the first ones does not count.
fn several_lines<'a>(
    first: &'a str,
    quotes: &str,
    more: &mut dyn FnMut() -> Option<&'a str>,
) -> Option<Scalar> {
    let mut value = String::new();
    let mut line = first;
    let mut begun = !first.is_empty();
    loop {
        if let Some((end, after)) = line.split_once(quotes) {
            value.push_str(end);
            let plain = quotes == "'''" || !value.contains('\\');
            return (plain && is_comment(after)).then_some(Scalar::Text(value));
        }
        value.push_str(line);
        if begun {
            value.push('\n');
        }
        begun = true;
        line = more()?;
    }
}

fn is_comment(text: &str) -> bool {
    let text = text.trim_start();
    text.is_empty() || text.starts_with('#')
}

/// A `[[dbmig.precondition]]` of which not all keys were read yet.
#[derive(Debug)]
pub struct Unfinished {
    /// Where it begins: line and column, 1-based.
    place: (usize, usize),
    query: Option<(String, (usize, usize))>,
    expect: Option<String>,
    on_fail: OnFail,
    /// Something of it was not in order: what is missing is told of no other.
    is_wrong: bool,
}

/// Its keys.
const KEYS: [&str; 3] = ["query", "expect", "on_fail"];

impl Unfinished {
    /// One that begins at this line and column.
    pub fn new(place: (usize, usize)) -> Self {
        Self { place, query: None, expect: None, on_fail: OnFail::Halt, is_wrong: false }
    }

    /// Takes a key.
    ///
    /// # Errors
    ///
    /// What is wrong with the key, or with the value, which stands at `place`.
    pub fn take(
        &mut self,
        key: &str,
        value: Scalar,
        place: (usize, usize),
    ) -> Result<(), SettingsProblem> {
        let result = match (key, value) {
            ("query", Scalar::Text(query)) => {
                let query = query.trim().trim_end_matches(';').trim_end().to_owned();
                self.query = Some((query, place));
                Ok(())
            }
            ("query", _) => Err(("`query` must be a query".to_owned(), QUERY.to_owned())),
            ("expect", value) => {
                self.expect = Some(match value {
                    Scalar::Text(text) => text,
                    Scalar::Int(number) => number.to_string(),
                    Scalar::Bool(truth) => truth.to_string(),
                });
                Ok(())
            }
            ("on_fail", value) => self.take_on_fail(&value),
            (key, _) => {
                let help = match nearest(key, KEYS) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known are {}", KEYS.map(|key| format!("`{key}`")).join(", ")),
                };
                Err((format!("unknown key `{key}` in `[[dbmig.precondition]]`"), help))
            }
        };
        result.map_err(|(message, help)| {
            self.is_wrong = true;
            problem(place, message, help)
        })
    }

    fn take_on_fail(&mut self, value: &Scalar) -> Result<(), (String, String)> {
        let word = match value {
            Scalar::Text(word) => word.as_str(),
            _ => "",
        };
        if let Some(on_fail) = OnFail::parse(word) {
            self.on_fail = on_fail;
            return Ok(());
        }
        let near = OnFail::of_others(word).map(OnFail::as_str);
        let help = match near.or_else(|| nearest(word, OnFail::WORDS)) {
            Some(near) => format!("did you mean `on_fail = \"{near}\"`?"),
            None => format!("write {}", OnFail::WORDS.map(|word| format!("\"{word}\"")).join(", ")),
        };
        Err(("`on_fail` must be what happens when the answer is another one".to_owned(), help))
    }

    /// Something of it could not be read at all.
    pub fn is_wrong(&mut self) {
        self.is_wrong = true;
    }

    /// Adds it to the settings, or what is wrong with it.
    pub fn finish(self, read: &mut SettingsRead) {
        let Self { place, query, expect, on_fail, is_wrong } = self;
        match query {
            Some((query, at)) => {
                read.settings.preconditions.push(Precondition { query, expect, on_fail });
                read.precondition_places.push(at);
            }
            None if is_wrong => {}
            None => read.problems.push(problem(
                place,
                "a precondition has no `query`".to_owned(),
                QUERY.to_owned(),
            )),
        }
    }
}

const QUERY: &str =
    "write `query = \"SELECT count(*) FROM users WHERE email IS NULL\"` and `expect = 0`";

fn problem((line, column): (usize, usize), message: String, help: String) -> SettingsProblem {
    SettingsProblem { code: Code::InvalidMetadata, line, column, message, help }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_subset;

    #[test]
    fn preconditions_are_read() {
        let text = "run_in_transaction = true\n\n\
            [[dbmig.precondition]]\nquery = \"SELECT count(*) FROM t;\" # why\nexpect = 0\n\
            [[dbmig.precondition]]\n  query = 'SELECT \"a\" FROM t'\non_fail = \"mark-applied\"\n\
            [[dbmig.precondition]]\non_fail = 'skip'\nexpect = false\nquery = \"\"\"\nSELECT 1\nFROM t\"\"\"\n";
        let read = read_subset(text);
        assert_eq!(read.problems, []);
        let one = |query: &str, expect: Option<&str>, on_fail| Precondition {
            query: query.into(),
            expect: expect.map(str::to_owned),
            on_fail,
        };
        assert_eq!(
            read.settings.preconditions,
            [
                one("SELECT count(*) FROM t", Some("0"), OnFail::Halt),
                one("SELECT \"a\" FROM t", None, OnFail::MarkApplied),
                one("SELECT 1\nFROM t", Some("false"), OnFail::Skip),
            ]
        );
        assert_eq!(read.precondition_places, [(4, 9), (7, 11), (12, 9)]);
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (text, line, column, message, help) in [
            ("expect = 0", 2, 1, "has no `query`", "write `query ="),
            ("query = 1", 3, 9, "`query` must be a query", "write `query ="),
            ("query = 'a'\non_fail = \"continue\"", 4, 11, "`on_fail`", "`on_fail = \"skip\"`?"),
            ("query = 'a'\non_fail = \"mark_ran\"", 4, 11, "`on_fail`", "\"mark-applied\"`?"),
            ("query = 'a'\non_fail = \"wran\"", 4, 11, "`on_fail`", "\"warn\"`?"),
            ("query = 'a'\non_fail = 7", 4, 11, "`on_fail`", "write \"halt\", \"skip\""),
            ("query = 'a'\nexpcet = 7", 4, 10, "unknown key `expcet`", "`expect`?"),
            ("query = 'a'\nkind = 7", 4, 8, "unknown key `kind`", "known are `query`"),
        ] {
            let text = format!("run_in_transaction = true\n[[dbmig.precondition]]\n{text}\n");
            let read = read_subset(&text);
            assert_eq!(read.problems.len(), 1, "{text}{:?}", read.problems);
            let problem = &read.problems[0];
            assert_eq!((problem.line, problem.column), (line, column), "{text}");
            assert!(problem.message.contains(message), "{}", problem.message);
            assert!(problem.help.contains(help), "{}", problem.help);
            assert_eq!(problem.code, Code::InvalidMetadata);
        }
    }

    #[test]
    fn what_the_build_does_not_read_it_says() {
        for value in ["\"a\\\"b\"", "[1]", "1.5", "\"\"\"\nSELECT 1", "007", "+1"] {
            let text =
                format!("run_in_transaction = true\n[[dbmig.precondition]]\nquery = {value}\n");
            let read = read_subset(&text);
            assert_eq!(read.problems[0].code, Code::MetadataNotRead, "{value}");
        }
    }
}
