//! `Output`: the only way to standard output and standard error.

use std::io::{self, IsTerminal as _, Write};

use serde_json::{Map, Value};

use crate::typed::Typed;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// For people, one line a finding on standard output.
    Short,
    /// Findings as annotations of GitHub Actions.
    Github,
    /// One JSON object on standard output.
    Json,
    /// SQL, of `schema dump`: what it writes anyway.
    #[value(hide = true)]
    Sql,
    /// The language of Mermaid, of `schema erd`: what it writes anyway.
    #[value(hide = true)]
    Mermaid,
    /// The language of Graphviz, of `schema erd`.
    #[value(hide = true)]
    Dot,
}

impl Format {
    /// The command that alone knows such a text.
    pub const fn only_of(self) -> Option<&'static str> {
        match self {
            Self::Human | Self::Short | Self::Github | Self::Json => None,
            Self::Sql => Some("schema dump"),
            Self::Mermaid | Self::Dot => Some("schema erd"),
        }
    }
}

/// Where a command writes: results to standard output, everything else to standard error.
pub struct Output {
    stdout: Box<dyn Write>,
    stderr: Box<dyn Write>,
    /// How results are written.
    pub format: Format,
    quiet: bool,
    /// The options that were typed: commands that help proposes act on the same things.
    pub typed: Typed,
    /// Standard error is a terminal: progress may be shown and lines rewritten.
    pub live: bool,
    broken: bool,
    /// The one JSON object of the command, written at its end.
    object: Option<Map<String, Value>>,
    /// The key below which a part of a command answers.
    part: Option<&'static str>,
    /// The findings that were shown.
    findings: Vec<Value>,
}

impl Output {
    /// The output of the process.
    pub fn of_process(format: Format, quiet: bool) -> Self {
        Self {
            live: io::stderr().is_terminal() && !quiet && format == Format::Human,
            stdout: Box::new(io::BufWriter::new(io::stdout())),
            stderr: Box::new(io::stderr()),
            format,
            quiet,
            typed: Typed::default(),
            broken: false,
            object: None,
            part: None,
            findings: vec![],
        }
    }

    /// Standard output is for a text alone: findings go where they go for people.
    pub fn keep_for_text(&mut self) {
        if self.format != Format::Json {
            self.format = Format::Human;
        }
    }

    /// A result for people; nothing with `--format json`.
    pub fn line(&mut self, text: impl AsRef<str>) {
        if self.format != Format::Json {
            let text = dbmig_build::printable(text.as_ref());
            self.write_out(&text, true);
        }
    }

    /// A result for people that `--quiet` leaves out.
    pub fn progress(&mut self, text: impl AsRef<str>) {
        if !self.quiet {
            self.line(text);
        }
    }

    /// Text that is itself the result, byte for byte.
    pub fn raw(&mut self, text: &str) {
        self.write_out(text, false);
    }

    /// The JSON object of a command, or more of it; nothing for people. It is written by
    /// [`Output::finish`], so that there is one however many parts a command has.
    pub fn json(&mut self, value: &Value) {
        let Some(fields) = value.as_object().filter(|_| self.format == Format::Json) else {
            return;
        };
        let object = self.object.get_or_insert_default();
        let Some(part) = self.part else { return merge(object, fields) };
        let own = |name: &str| matches!(name, "dbmig" | "command");
        let fields = fields.iter().filter(|(name, _)| !own(name));
        let fields = fields.map(|(name, value)| (name.clone(), value.clone())).collect();
        match object.get_mut(part) {
            Some(Value::Object(known)) => merge(known, &fields),
            _ => drop(object.insert(part.to_owned(), Value::Object(fields))),
        }
    }

    /// What follows answers below this key of the object; `None` is the object itself.
    pub fn answer_below(&mut self, part: Option<&'static str>) {
        self.part = part;
    }

    /// A finding that was shown: it goes into the object.
    pub fn found(&mut self, finding: Value) {
        self.findings.push(finding);
    }

    /// Writes the JSON object, and what is buffered.
    pub fn finish(&mut self) {
        if let Some(mut object) = self.object.take() {
            if object.contains_key("error") || !self.findings.is_empty() {
                let findings = std::mem::take(&mut self.findings);
                object.entry("findings").or_insert(Value::Array(findings));
            }
            self.write_out(&Value::Object(object).to_string(), true);
        }
        self.flush();
    }

    /// Something worth knowing.
    pub fn note(&mut self, text: impl AsRef<str>) {
        if !self.quiet {
            self.message("note", text.as_ref());
        }
    }

    /// Something worth mending.
    pub fn warning(&mut self, text: impl AsRef<str>) {
        self.message("warning", text.as_ref());
    }

    /// What to do next.
    pub fn help(&mut self, text: impl AsRef<str>) {
        let text = self.completed(text.as_ref());
        self.message("help", &text);
    }

    /// Completes the commands in a text with the options that were typed.
    pub fn completed(&self, text: &str) -> String {
        self.typed.complete(text)
    }

    /// Why the command could not be completed.
    pub fn error(&mut self, text: impl AsRef<str>) {
        self.message("error", text.as_ref());
    }

    /// A line of its own on standard error.
    pub fn message_line(&mut self, text: impl AsRef<str>) {
        self.flush();
        let _ = writeln!(self.stderr, "{}", dbmig_build::printable(text.as_ref()));
    }

    /// Writes what is buffered.
    pub fn flush(&mut self) {
        if self.stdout.flush().is_err() {
            self.broken = true;
        }
    }

    fn message(&mut self, word: &str, text: &str) {
        self.flush();
        let _ = writeln!(self.stderr, "{word}: {}", dbmig_build::printable(text));
    }

    /// A reader that went away ends the output quietly, not the command.
    fn write_out(&mut self, text: &str, newline: bool) {
        if self.broken {
            return;
        }
        let end = if newline { "\n" } else { "" };
        if write!(self.stdout, "{text}{end}").is_err() {
            self.broken = true;
        }
    }
}

/// Adds fields; lists of the same name become one.
fn merge(object: &mut Map<String, Value>, fields: &Map<String, Value>) {
    for (name, value) in fields {
        match (object.get_mut(name), value) {
            (Some(Value::Array(list)), Value::Array(more)) => list.extend(more.iter().cloned()),
            _ => drop(object.insert(name.clone(), value.clone())),
        }
    }
}
