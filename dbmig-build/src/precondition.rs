//! `Precondition`: a query of a `metadata.toml`, what it must answer, and what happens when it does not.

use crate::Dialect;
use crate::assertion::is_one_select;
use crate::fields::{self, push};

/// What happens to a migration whose precondition does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFail {
    /// The run stops.
    #[default]
    Halt,
    /// It stays pending, and is asked again by the next run; the run goes on with what comes after it.
    Skip,
    /// It is recorded as applied, and nothing of it is run.
    MarkApplied,
    /// It is run all the same, and told.
    Warn,
}

impl OnFail {
    /// All of them, as they are written.
    pub const WORDS: [&'static str; 4] = ["halt", "skip", "mark-applied", "warn"];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Halt => "halt",
            Self::Skip => "skip",
            Self::MarkApplied => "mark-applied",
            Self::Warn => "warn",
        }
    }

    /// Reads what [`OnFail::as_str`] gives.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Halt, Self::Skip, Self::MarkApplied, Self::Warn]
            .into_iter()
            .find(|one| one.as_str() == text)
    }

    /// What other tools call one of them.
    pub(crate) fn of_others(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().replace('-', "_").as_str() {
            "continue" => Some(Self::Skip),
            "mark_ran" | "mark_run" | "applied" => Some(Self::MarkApplied),
            "fail" | "stop" | "error" | "abort" => Some(Self::Halt),
            _ => None,
        }
    }
}

/// One `[[dbmig.precondition]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Precondition {
    /// One SELECT.
    pub query: String,
    /// The one value that it must answer, as text; without, it must find a row.
    pub expect: Option<String>,
    /// What happens when it does not.
    pub on_fail: OnFail,
}

impl Precondition {
    /// One line that [`Precondition::from_text`] reads back: what the lock and the history keep.
    pub(crate) fn to_text(&self) -> String {
        let mut line = String::new();
        push(&mut line, "query", &self.query);
        if let Some(expect) = &self.expect {
            push(&mut line, "expect", expect);
        }
        push(&mut line, "on_fail", self.on_fail.as_str());
        line.trim_start().to_owned()
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let (mut query, mut expect, mut on_fail) = (None, None, None);
        for field in fields::parse(text).ok()? {
            match field.key.as_deref() {
                Some("query") => query = Some(field.value),
                Some("expect") => expect = Some(field.value),
                Some("on_fail") => on_fail = Some(OnFail::parse(&field.value)?),
                _ => return None,
            }
        }
        Some(Self { query: query?, expect, on_fail: on_fail? })
    }

    /// It is one SELECT of the dialect: anything else is not asked.
    #[must_use]
    pub fn is_one_select(&self, dialect: Dialect) -> bool {
        is_one_select(&self.query, dialect)
    }

    /// What it must answer, in words.
    #[must_use]
    pub fn expected(&self) -> String {
        match &self.expect {
            Some(value) => format!("`{}`", crate::one_line(value)),
            None => "a row".to_owned(),
        }
    }

    /// Whether what a query answered is what is expected.
    ///
    /// `rows` are its first two rows at most. What databases make of truth counts as `true` and `false`.
    ///
    /// # Errors
    ///
    /// What it answered instead, in words.
    pub fn judge(&self, rows: &[Vec<Option<String>>]) -> Result<(), String> {
        let Some(expect) = &self.expect else {
            return if rows.is_empty() { Err("no row".to_owned()) } else { Ok(()) };
        };
        let answered = match rows {
            [] => return Err("no row".to_owned()),
            [row] => match &row[..] {
                [Some(value)] => value,
                [None] => return Err("NULL".to_owned()),
                more => return Err(format!("{} columns", more.len())),
            },
            _ => return Err("several rows".to_owned()),
        };
        if is_same(expect, answered) {
            return Ok(());
        }
        let shown: String = answered.chars().take(80).collect();
        let cut = if shown.len() < answered.len() { " …" } else { "" };
        Err(format!("`{}`{cut}", crate::one_line(&shown)))
    }
}

fn is_same(expect: &str, answered: &str) -> bool {
    if expect == answered {
        return true;
    }
    match expect {
        "true" => matches!(answered, "t" | "1"),
        "false" => matches!(answered, "f" | "0"),
        _ => {
            let number = |text: &str| text.trim().parse::<i128>().ok();
            number(expect).is_some_and(|expect| number(answered) == Some(expect))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn precondition(expect: Option<&str>) -> Precondition {
        Precondition {
            query: "SELECT \"a\"\nFROM t -- é".to_owned(),
            expect: expect.map(str::to_owned),
            on_fail: OnFail::Skip,
        }
    }

    #[test]
    fn the_text_form_is_read_back() {
        for expect in [None, Some("0"), Some(""), Some("a b=\"c\"")] {
            let one = precondition(expect);
            assert_eq!(Precondition::from_text(&one.to_text()), Some(one));
        }
        for text in ["query=x", "on_fail=halt", "query=x on_fail=stop", "query=x on_fail=halt a=b"]
        {
            assert_eq!(Precondition::from_text(text), None, "{text}");
        }
        for word in OnFail::WORDS {
            assert_eq!(OnFail::parse(word).map(OnFail::as_str), Some(word));
        }
    }

    #[test]
    fn what_is_answered_is_judged() {
        let row = |cells: &[Option<&str>]| -> Vec<Option<String>> {
            cells.iter().map(|cell| cell.map(str::to_owned)).collect()
        };
        for (expect, rows, expected) in [
            (None, vec![], Err("no row")),
            (None, vec![row(&[None])], Ok(())),
            (None, vec![row(&[Some("1")]), row(&[Some("2")])], Ok(())),
            (Some("0"), vec![row(&[Some("0")])], Ok(())),
            (Some("0"), vec![row(&[Some("-0")])], Ok(())),
            (Some("0"), vec![row(&[Some("3")])], Err("`3`")),
            (Some("0"), vec![row(&[None])], Err("NULL")),
            (Some("0"), vec![], Err("no row")),
            (Some("0"), vec![row(&[Some("0"), Some("0")])], Err("2 columns")),
            (Some("0"), vec![row(&[Some("0")]), row(&[Some("0")])], Err("several rows")),
            (Some("true"), vec![row(&[Some("t")])], Ok(())),
            (Some("true"), vec![row(&[Some("1")])], Ok(())),
            (Some("false"), vec![row(&[Some("0")])], Ok(())),
            (Some("false"), vec![row(&[Some("t")])], Err("`t`")),
            (Some("a"), vec![row(&[Some("A")])], Err("`A`")),
            (Some(""), vec![row(&[Some("\u{1b}[2J")])], Err("`\\u{1b}[2J`")),
        ] {
            let judged = precondition(expect).judge(&rows);
            assert_eq!(judged, expected.map_err(str::to_owned), "{expect:?} {rows:?}");
        }
        let long = precondition(Some("x")).judge(&[row(&[Some(&"y".repeat(200))])]);
        assert_eq!(long.unwrap_err(), format!("`{}` …", "y".repeat(80)));
    }
}
