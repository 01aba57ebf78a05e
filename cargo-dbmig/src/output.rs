//! `Output`: the only way to standard output and standard error.

use std::io::{self, IsTerminal as _, Write};

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
        }
    }

    /// A result for people; nothing with `--format json`.
    pub fn line(&mut self, text: impl AsRef<str>) {
        if self.format != Format::Json {
            let text = printable(text.as_ref());
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

    /// The JSON object of a command; nothing for people.
    pub fn json(&mut self, value: &serde_json::Value) {
        if self.format == Format::Json {
            self.write_out(&value.to_string(), true);
        }
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
        let _ = writeln!(self.stderr, "{}", printable(text.as_ref()));
    }

    /// Rewrites the last line of the terminal; `""` clears it.
    pub fn live_line(&mut self, text: &str) {
        if self.live {
            self.flush();
            let _ = write!(self.stderr, "\r\u{1b}[2K{}", printable(text));
            let _ = self.stderr.flush();
        }
    }

    /// Writes what is buffered.
    pub fn flush(&mut self) {
        if self.stdout.flush().is_err() {
            self.broken = true;
        }
    }

    fn message(&mut self, word: &str, text: &str) {
        self.flush();
        let _ = writeln!(self.stderr, "{word}: {}", printable(text));
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

/// Names and messages come from files and servers: control characters never reach the terminal.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' && c != '\t' {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_not_sent() {
        assert_eq!(printable("a\u{1b}[31m\r\nb\tc"), "a\\u{1b}[31m\\r\nb\tc");
    }
}
