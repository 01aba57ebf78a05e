//! What neither of two schemas tells, and a person has to.

use super::Answers;
use super::answers::PLACEHOLDER;
use crate::error::CliResult;
use crate::shell;

/// Something that is to be settled first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Something goes while something like it comes: is it the same under another name?
    Rename {
        /// What goes: `users.name`, `users`.
        old: String,
        /// What it may be called from now on, the most likely first; within the same table.
        new: Vec<String>,
        /// What they have in common.
        alike: String,
    },
    /// A column that is never NULL, and rows that have nothing there.
    Fill {
        /// The column: `users.age`.
        column: String,
        /// Whether it is new; otherwise it took NULL so far.
        new: bool,
        /// SQL that fits its type.
        proposed: String,
    },
    /// An enum type of PostgreSQL whose values nobody says.
    Values {
        /// The type.
        name: String,
        /// The column that has it.
        column: String,
    },
    /// A type that `schema.rs` says too little about.
    Type {
        /// The column.
        column: String,
        /// What is missing.
        why: String,
        /// An SQL type that might be it.
        proposed: String,
    },
}

impl Question {
    /// Its kind in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Rename { .. } => "rename",
            Self::Fill { .. } => "fill",
            Self::Values { .. } => "values",
            Self::Type { .. } => "type",
        }
    }

    /// The question, as a sentence without its end.
    pub fn text(&self) -> String {
        match self {
            Self::Rename { old, new, alike } => {
                let new = match &new[..] {
                    [one] => format!("`{one}` comes"),
                    several => {
                        let names: Vec<_> =
                            several.iter().map(|name| format!("`{name}`")).collect();
                        format!("{} come", names.join(", "))
                    }
                };
                format!("`{old}` goes and {new}, {alike}: is it the same under another name")
            }
            Self::Fill { column, new: true, .. } => {
                format!("`{column}` is new and never NULL: what do the rows get that are there")
            }
            Self::Fill { column, .. } => {
                format!("`{column}` is never NULL from now on: what do rows get that have NULL")
            }
            Self::Values { name, column } => {
                format!(
                    "`{column}` has the type `{name}`, which nothing makes: what are its values"
                )
            }
            Self::Type { column, why, .. } => format!("`{column}`: {why}: what is its type in SQL"),
        }
    }

    /// Answers it with the likeliest of its options; with something where only a person can know.
    ///
    /// # Errors
    ///
    /// None of them can be taken, which is a mistake of this program.
    pub fn settle(&self, answers: &mut Answers) -> CliResult<()> {
        match self {
            Self::Rename { old, new, .. } => match new.first() {
                Some(new) => answers.rename(&format!("{old}={new}")),
                None => {
                    answers.drop(old);
                    Ok(())
                }
            },
            Self::Fill { column, proposed, .. } => {
                answers.take_fill(column, proposed);
                Ok(())
            }
            Self::Values { name, .. } => {
                answers.take_values(name, vec![PLACEHOLDER.to_owned(), String::new()]);
                Ok(())
            }
            Self::Type { column, proposed, .. } => {
                answers.take_type(column, proposed);
                Ok(())
            }
        }
    }

    /// The options that answer it, to be pasted; the likeliest first.
    pub fn options(&self) -> Vec<String> {
        match self {
            Self::Rename { old, new, .. } => {
                let rename = |new: &String| format!("--rename {}", word(&format!("{old}={new}")));
                let mut all: Vec<_> = new.iter().map(rename).collect();
                all.push(format!("--drop {}", word(old)));
                all
            }
            Self::Fill { column, proposed, .. } => vec![
                format!("--fill {}", word(&format!("{column}={proposed}"))),
                format!("--no-fill {}", word(column)),
            ],
            Self::Values { name, column } => vec![
                format!("--values {}", word(&format!("{name}={PLACEHOLDER},{PLACEHOLDER}"))),
                format!("--type {}", word(&format!("{column}=text"))),
            ],
            Self::Type { column, proposed, .. } => {
                vec![format!("--type {}", word(&format!("{column}={proposed}")))]
            }
        }
    }
}

/// A word for a shell; in double quotes where that is easier to read.
fn word(text: &str) -> String {
    let inert = !text.contains(['"', '$', '`', '\\', '!']);
    if text.contains('\'') && inert { format!("\"{text}\"") } else { shell::quoted(text) }
}
