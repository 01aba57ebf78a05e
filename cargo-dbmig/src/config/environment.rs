//! `Env`: a snapshot of the variables, taken once and passed down.
//!
//! Nothing else in the crate reads the variables of the process, so tests inject what they need.

use std::collections::BTreeMap;
use std::fmt;

/// Where a variable was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariableOrigin {
    /// In the process.
    Process,
    /// In a `.env` file.
    Dotenv,
}

/// A snapshot of environment variables. `Debug` shows names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Env {
    /// `None` is a variable that is set to something that is not Unicode.
    variables: BTreeMap<String, (VariableOrigin, Option<String>)>,
}

impl Env {
    /// The variables of this process.
    pub fn from_process() -> Self {
        let variables = std::env::vars_os()
            // A name that is not Unicode cannot be asked for.
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .map(|(name, value)| (name, (VariableOrigin::Process, value.into_string().ok())))
            .collect();
        Self { variables }
    }

    /// Exactly these variables.
    pub fn from_pairs<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        let variables = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), (VariableOrigin::Process, Some(value.into()))))
            .collect();
        Self { variables }
    }

    /// Adds what a `.env` file says. A variable that is set wins, also over an empty one in the file; of
    /// two lines for one variable the first counts, as in Diesel.
    #[must_use]
    pub fn with_dotenv(mut self, pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        for (name, value) in pairs {
            self.variables.entry(name).or_insert((VariableOrigin::Dotenv, Some(value)));
        }
        self
    }

    /// The value of a variable; `None` if it is not set or not Unicode.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).and_then(|(_, value)| value.as_deref())
    }

    /// Where a variable was set; `None` if it is not.
    pub fn origin(&self, name: &str) -> Option<VariableOrigin> {
        self.variables.get(name).map(|(origin, _)| *origin)
    }

    /// Whether a variable is set to something that cannot be read as text.
    pub fn is_not_unicode(&self, name: &str) -> bool {
        matches!(self.variables.get(name), Some((_, None)))
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_set_wins_over_dotenv() {
        let file = [("A", "file"), ("B", "first"), ("B", "second")];
        let env = Env::from_pairs([("A", "set")])
            .with_dotenv(file.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let cases = [
            ("A", Some("set"), Some(VariableOrigin::Process)),
            ("B", Some("first"), Some(VariableOrigin::Dotenv)),
            ("C", None, None),
        ];
        for (name, value, origin) in cases {
            assert_eq!((env.get(name), env.origin(name)), (value, origin), "{name}");
        }
    }

    #[test]
    fn debug_shows_no_values() {
        let env = Env::from_pairs([("DATABASE_URL", "postgres://u:hunter2@h/d")]);
        assert_eq!(format!("{env:?}"), "{\"DATABASE_URL\"}");
    }

    #[test]
    fn the_process_has_variables() {
        assert!(Env::from_process().get("PATH").is_some());
    }
}
