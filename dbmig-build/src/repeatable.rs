//! `Repeatable`: a plain file `R__<name>.sql`, applied again whenever it changes.

use crate::{Digest, Standing};

/// A repeatable migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeatable {
    /// Its file name, which identifies it: `R__views.sql`.
    pub name: String,
    /// Its text, without a byte order mark.
    pub sql: String,
    /// The digest of its content.
    pub digest: Digest,
    /// Whether it is what the lock knows; it may be edited at will, and is then [`Standing::Modified`].
    pub standing: Standing,
}

impl Repeatable {
    /// Whether a plain file of this name is a repeatable migration.
    pub fn is_name(file_name: &str) -> bool {
        let inner = file_name.strip_prefix("R__").and_then(|name| name.strip_suffix(".sql"));
        inner.is_some_and(|name| !name.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, expected) in [
            ("R__views.sql", true),
            ("R__a b.sql", true),
            ("R__.sql", false),
            ("R__views.SQL", false),
            ("r__views.sql", false),
            ("R_views.sql", false),
            ("R__views.sql.orig", false),
        ] {
            assert_eq!(Repeatable::is_name(name), expected, "{name}");
        }
    }
}
