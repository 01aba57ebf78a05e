//! Questions on a terminal, one after the other.

use std::io::BufRead;

use crate::error::{CliError, CliResult};
use crate::generate::diff::{Answers, Question};

/// Asks one question until there is an answer to it.
///
/// # Errors
///
/// There is no more to read.
pub(super) fn ask(
    say: &mut dyn FnMut(&str),
    input: &mut dyn BufRead,
    question: &Question,
    answers: &mut Answers,
) -> CliResult<()> {
    say(&format!("{}?", question.text()));
    loop {
        say(&how(question));
        let mut line = String::new();
        let read = input.read_line(&mut line).map_err(|error| {
            CliError::usage("could not read the answer").cause(error.to_string())
        })?;
        if read == 0 {
            let options = question.options().join("`, or `");
            return Err(CliError::usage("no answer was given")
                .note("nothing was written")
                .help(format!("answer it on the command line: `{options}`")));
        }
        if take(question, line.trim(), answers)? {
            return Ok(());
        }
        say("that is none of the answers");
    }
}

/// What may be typed.
fn how(question: &Question) -> String {
    match question {
        Question::Rename { new, .. } => match &new[..] {
            [_] => "`y`: the rows keep what is in it; `n`: it goes with what is in it".to_owned(),
            several => {
                let names = several.iter().enumerate();
                let names: Vec<_> =
                    names.map(|(at, name)| format!("`{}`: {name}", at + 1)).collect();
                format!("{}; `n`: none of them, it goes with what is in it", names.join(", "))
            }
        },
        Question::Fill { proposed, .. } => {
            format!("a value in SQL; nothing for `{proposed}`; `-` where there are no such rows")
        }
        Question::Values { .. } => "the values, with commas between".to_owned(),
        Question::Type { proposed, .. } => format!("a type; nothing for `{proposed}`"),
    }
}

/// Takes an answer; `false` where it is none.
fn take(question: &Question, typed: &str, answers: &mut Answers) -> CliResult<bool> {
    match question {
        Question::Rename { old, new, .. } => {
            let chosen = match (typed.to_lowercase().as_str(), &new[..]) {
                ("n" | "no", _) => {
                    answers.drop(old);
                    return Ok(true);
                }
                ("y" | "yes", [one]) => Some(one),
                (number, several) => {
                    let at = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                    at.and_then(|at| several.get(at))
                }
            };
            let Some(chosen) = chosen else { return Ok(false) };
            answers.rename(&format!("{old}={chosen}"))?;
        }
        Question::Fill { column, proposed, .. } => match typed {
            "-" => answers.leave(column),
            "" => answers.fill(&format!("{column}={proposed}"))?,
            value => answers.fill(&format!("{column}={value}"))?,
        },
        Question::Values { name, .. } => {
            if typed.is_empty() {
                return Ok(false);
            }
            answers.values(&format!("{name}={typed}"))?;
        }
        Question::Type { column, proposed, .. } => {
            let ty = if typed.is_empty() { proposed } else { typed };
            answers.typed(&format!("{column}={ty}"))?;
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the answers come to, and how often there was none among what was typed.
    fn asked(question: &Question, typed: &str) -> CliResult<(Vec<String>, usize)> {
        let mut answers = Answers::default();
        let mut said = Vec::new();
        let mut say = |text: &str| said.push(text.to_owned());
        ask(&mut say, &mut typed.as_bytes(), question, &mut answers)?;
        let refused = said.iter().filter(|text| text.starts_with("that is none")).count();
        // Nothing has used them yet.
        Ok((answers.unused(), refused))
    }

    #[test]
    fn answers_are_taken_as_they_are_meant() {
        let rename = |new: &[&str]| Question::Rename {
            old: "t.a".into(),
            new: new.iter().map(|one| (*one).to_owned()).collect(),
            alike: String::new(),
        };
        let fill = Question::Fill { column: "t.a".into(), new: true, proposed: "0".into() };
        let values = Question::Values { name: "mood".into(), column: "t.a".into() };
        for (question, typed, expected, refused) in [
            (&rename(&["b"]), "y\n", "--rename t.a", 0),
            (&rename(&["b"]), "what\nNo\n", "--drop t.a", 1),
            (&rename(&["b", "c"]), "y\n3\n2\n", "--rename t.a", 2),
            (&fill, "\n", "--fill t.a", 0),
            (&fill, "-\n", "--no-fill t.a", 0),
            (&fill, "lower(b)\n", "--fill t.a", 0),
            (&values, "\na,b\n", "--values mood", 1),
        ] {
            let expected = (vec![expected.to_owned()], refused);
            assert_eq!(asked(question, typed).unwrap(), expected, "{typed:?}");
        }
        let error = asked(&fill, "").unwrap_err();
        assert!(error.help[0].contains("--fill t.a=0"), "{error:?}");
    }
}
