//! Whether a late migration makes a difference: it is compared with the newer ones that databases may
//! have run before it.

use crate::sql::{self, Footprint};
use crate::{Dialect, Version};

/// What others have, with what their statements touch, computed once.
pub(crate) struct Others<'a> {
    dialect: Dialect,
    list: Vec<(&'a Version, &'a str, Footprint)>,
}

/// The verdict about a late migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The order makes no difference.
    Commutes,
    /// It conflicts: with whom, how, and the line of the late one.
    Conflicts { with: String, how: String, line: usize },
    /// Nobody can tell: what is not known, and whose it is; `None` is the late one itself. The line is
    /// that of whose it is.
    Opaque { what: String, whose: Option<String>, line: usize },
}

impl<'a> Others<'a> {
    /// Version, directory name, and `up.sql` of each.
    pub(crate) fn new(
        dialect: Dialect,
        list: impl IntoIterator<Item = (&'a Version, &'a str, &'a str)>,
    ) -> Self {
        let footprint = |(version, name, up)| (version, name, sql::footprint(up, dialect));
        Self { dialect, list: list.into_iter().map(footprint).collect() }
    }

    /// Judges a migration against those that are newer.
    pub(crate) fn judge(&self, version: &Version, up: &str) -> Verdict {
        let footprint = sql::footprint(up, self.dialect);
        let newer = || self.list.iter().filter(|(other, ..)| *other > version);
        for (_, name, theirs) in newer() {
            if let Some(conflict) = footprint.conflict(theirs) {
                let how = conflict.describe(name);
                let line = conflict.this.line;
                return Verdict::Conflicts { with: (*name).to_owned(), how, line };
            }
        }
        if let Some(what) = footprint.opaque() {
            return Verdict::Opaque { what: what.to_string(), whose: None, line: what.line };
        }
        match newer().find_map(|(_, name, theirs)| Some((name, theirs.opaque()?))) {
            Some((name, what)) => {
                let whose = Some((*name).to_owned());
                Verdict::Opaque { what: what.to_string(), whose, line: what.line }
            }
            None => Verdict::Commutes,
        }
    }
}
