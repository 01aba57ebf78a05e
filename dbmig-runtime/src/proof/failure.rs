//! Why a way back is refused.

use std::fmt;

use crate::catalogue::Difference;
use crate::error::{Error, ErrorKind};
use crate::session::{DbError, DbErrorKind};

/// Why a migration is refused.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// `up.sql` failed.
    Up(Box<Error>),
    /// A precondition does not hold here, so that nothing of it was run.
    Unmet(String),
    /// `down.sql` failed, or there is none.
    Down(Box<Error>),
    /// `down.sql` failed, and only when there are rows.
    DownWithRows(Box<Error>),
    /// After `down.sql` the schema is not what it was.
    NotRestored(Vec<Difference>),
    /// After `down.sql` the migration can not be applied again.
    Again(Box<Error>),
    /// The same, and only when there are rows.
    AgainWithRows(Box<Error>),
    /// Applied again, it does not make what it made the first time.
    AgainDiffers(Vec<Difference>),
}

impl Failure {
    pub(super) const fn is_of_up(&self) -> bool {
        matches!(self, Self::Up(_) | Self::Unmet(_))
    }

    /// Whether it might be otherwise without rows: a statement failed, and not for its own sake.
    pub(super) fn may_be_of_rows(&self) -> bool {
        let Some(error) = self.error() else { return matches!(self, Self::Unmet(_)) };
        match error.db() {
            // Without it there is no set to go on with: worth a second look whatever it says.
            Some(_) if self.is_of_up() => true,
            Some(error) => is_of_rows(error),
            // Foreign keys that do not hold afterwards.
            None => !matches!(error.kind, ErrorKind::Plan(_)),
        }
    }

    /// Nobody wants to know any more.
    pub(super) fn is_interrupted(&self) -> bool {
        self.error().is_some_and(|error| {
            matches!(error.kind, ErrorKind::Interrupted)
                || error.db().is_some_and(|error| error.kind == DbErrorKind::Interrupted)
        })
    }

    pub(super) fn only_with_rows(self) -> Self {
        match self {
            Self::Down(error) => Self::DownWithRows(error),
            Self::Again(error) => Self::AgainWithRows(error),
            other => other,
        }
    }

    /// The error of the run, where there is one.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Up(error)
            | Self::Down(error)
            | Self::DownWithRows(error)
            | Self::Again(error)
            | Self::AgainWithRows(error) => Some(error),
            Self::Unmet(_) | Self::NotRestored(_) | Self::AgainDiffers(_) => None,
        }
    }

    /// The same, for who wants to keep it.
    pub fn into_error(self) -> Option<Box<Error>> {
        match self {
            Self::Up(error)
            | Self::Down(error)
            | Self::DownWithRows(error)
            | Self::Again(error)
            | Self::AgainWithRows(error) => Some(error),
            Self::Unmet(_) | Self::NotRestored(_) | Self::AgainDiffers(_) => None,
        }
    }

    /// What differs, where that is the reason.
    pub fn differences(&self) -> &[Difference] {
        match self {
            Self::NotRestored(differences) | Self::AgainDiffers(differences) => differences,
            _ => &[],
        }
    }

    /// In one line, as a verdict keeps it.
    pub fn in_short(&self) -> String {
        match self {
            Self::Up(_) => "up.sql fails".to_owned(),
            Self::Unmet(reason) => format!("it does not run on a scratch database: {reason}"),
            Self::Down(_) => "down.sql fails".to_owned(),
            Self::DownWithRows(_) => "down.sql fails when there are rows".to_owned(),
            Self::NotRestored(_) => "down.sql does not restore the schema".to_owned(),
            Self::Again(_) => "up.sql fails after down.sql".to_owned(),
            Self::AgainWithRows(_) => "up.sql fails after down.sql when there are rows".to_owned(),
            Self::AgainDiffers(_) => "up.sql after down.sql makes another schema".to_owned(),
        }
    }
}

/// Whether rows can have to do with an error, as far as its code says.
fn is_of_rows(error: &DbError) -> bool {
    let Some(code) = &error.code else { return true };
    if code.starts_with("SQLITE_") {
        // A column without a default that is not null is refused by its own message.
        return code.starts_with("SQLITE_CONSTRAINT")
            || code == "SQLITE_MISMATCH"
            || error.message.starts_with("Cannot add a");
    }
    // Of MySQL the SQLSTATE stands behind its own number.
    let state = code.rsplit(", ").next().unwrap_or_default();
    // Data exceptions, constraints, events that are pending; MySQL's general ones.
    ["22", "23", "55006", "HY000", "01000"].iter().any(|class| state.starts_with(class))
}

/// Why nothing could be proved.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProofError {
    /// The set can not be applied to an empty database.
    Apply(Box<Failure>),
    /// Somebody asked to stop.
    Interrupted,
    /// The scratch database: what was done with it.
    Shadow(&'static str, DbError),
}

impl ProofError {
    /// The set can not be applied, unless somebody asked to stop.
    pub(super) fn of_apply(failure: Failure) -> Self {
        if failure.is_interrupted() { Self::Interrupted } else { Self::Apply(Box::new(failure)) }
    }
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Apply(failure) => match failure.error() {
                Some(error) => write!(f, "the set can not be applied: {error}"),
                None => f.write_str("the set can not be applied"),
            },
            Self::Interrupted => f.write_str("interrupted"),
            Self::Shadow(doing, error) => {
                write!(f, "could not {doing} the scratch database: {error}")
            }
        }
    }
}

impl std::error::Error for ProofError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asked_to_stop_is_not_told_that_the_set_is_wrong() {
        let failed = |kind| {
            let error = DbError::new(kind, "x");
            Failure::Up(Box::new(Error::database("read the history")(error)))
        };
        let of = |kind| ProofError::of_apply(failed(kind));
        assert!(matches!(of(DbErrorKind::Interrupted), ProofError::Interrupted));
        assert!(matches!(of(DbErrorKind::Other), ProofError::Apply(_)));
        let stopped = Failure::Up(Box::new(Error::new(ErrorKind::Interrupted)));
        assert!(matches!(ProofError::of_apply(stopped), ProofError::Interrupted));
    }

    #[test]
    fn errors_that_rows_make() {
        for (code, expected) in [
            (None, true),
            (Some("23502"), true),
            (Some("22P02"), true),
            (Some("42703"), false),
            (Some("P0001"), false),
            (Some("1451, 23000"), true),
            (Some("1091, 42000"), false),
            (Some("1366, HY000"), true),
            (Some("SQLITE_CONSTRAINT_UNIQUE"), true),
            (Some("SQLITE_ERROR"), false),
        ] {
            let mut error = DbError::new(DbErrorKind::Other, "x");
            error.code = code.map(str::to_owned);
            assert_eq!(is_of_rows(&error), expected, "{code:?}");
        }
    }
}
