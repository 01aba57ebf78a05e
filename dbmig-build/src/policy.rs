//! `Policy`: what a set's owners decided, carried by the lock to everybody who reads the set.

use std::collections::BTreeMap;
use std::fmt;

use crate::Version;

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

/// Decisions about a whole set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Findings of habit are silent up to this version: what was there when the set was adopted.
    pub start_after: Option<Version>,
    /// Levels by code name.
    pub lints: BTreeMap<String, Level>,
}

impl Policy {
    /// Findings of habit hold for this version.
    pub fn is_judged(&self, version: &Version) -> bool {
        self.start_after.as_ref().is_none_or(|start| version > start)
    }
}
