//! `Directive`: what a build script tells cargo. The only place of the crate that prints.

use std::fmt;

use crate::one_line;

/// One line for cargo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directive {
    /// Run the build script again when this file, or a file below this directory, changes.
    RerunIfChanged(String),
    /// Show a warning.
    Warning(String),
    /// Show an error and fail the build.
    Error(String),
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RerunIfChanged(path) => write!(f, "cargo::rerun-if-changed={}", one_line(path)),
            Self::Warning(text) => write!(f, "cargo::warning={}", one_line(text)),
            Self::Error(text) => write!(f, "cargo::error={}", one_line(text)),
        }
    }
}

#[expect(clippy::print_stdout, reason = "standard output is how a build script speaks to cargo")]
pub(super) fn print(directives: &[Directive]) {
    for directive in directives {
        println!("{directive}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_directive_is_one_line() {
        let text = Directive::Error("a\nb\u{1b}[31mc\r".into()).to_string();
        assert_eq!(text, r"cargo::error=a\nb\u{1b}[31mc\r");
    }
}
