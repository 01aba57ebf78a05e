//! `Policy`: what a set's owners decided, carried by the lock to everybody who reads the set.

use std::collections::BTreeMap;
use std::fmt;

use crate::{Severity, Version};

/// The level that `[lints]` gives a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Not reported.
    Allow,
    /// A warning.
    Warn,
    /// An error.
    Deny,
}

impl Level {
    /// Reads `allow`, `warn`, `deny`.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "allow" => Self::Allow,
            "warn" => Self::Warn,
            "deny" => Self::Deny,
            _ => return None,
        })
    }

    /// The word in configuration and lock.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How much a set's owners ask for where nothing has to be asked for: `[policy] proof` and `schema_rs`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
    /// Nothing is looked at.
    #[default]
    Off,
    /// What is missing is a warning.
    Warn,
    /// What is missing is an error.
    Strict,
}

impl Demand {
    /// The words of `proof`.
    pub const PROOF: [(&'static str, Self); 3] =
        [("off", Self::Off), ("warn", Self::Warn), ("required", Self::Strict)];
    /// The words of `schema_rs`.
    pub const SCHEMA_RS: [(&'static str, Self); 3] =
        [("off", Self::Off), ("warn", Self::Warn), ("deny", Self::Strict)];

    /// The severity of what is missing; `None` where nobody asks.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Warn => Some(Severity::Warning),
            Self::Strict => Some(Severity::Error),
        }
    }

    pub(crate) fn read(text: &str, words: &[(&str, Self)]) -> Option<Self> {
        words.iter().find(|(word, _)| *word == text).map(|(_, demand)| *demand)
    }

    /// The word; `None` where nobody asks.
    pub(crate) fn word(self, words: &[(&'static str, Self)]) -> Option<&'static str> {
        let word = words.iter().find(|(_, demand)| *demand == self).map(|(word, _)| *word);
        word.filter(|_| self != Self::Off)
    }
}

/// Decisions about a whole set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Findings of habit are silent up to this version: what was there when the set was adopted.
    pub start_after: Option<Version>,
    /// Levels by code name.
    pub lints: BTreeMap<String, Level>,
    /// Whether the way back of a locked migration has to be proved.
    pub proof: Demand,
    /// Whether `schema.rs` has to be what was locked.
    pub schema_rs: Demand,
}

impl Policy {
    /// Findings of habit hold for this version.
    pub fn is_judged(&self, version: &Version) -> bool {
        self.start_after.as_ref().is_none_or(|start| version > start)
    }
}
