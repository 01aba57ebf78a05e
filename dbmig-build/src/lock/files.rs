//! The plain files of a set that are meant to change: repeatable migrations and reference seeds.

use std::collections::BTreeMap;

use super::LockError;
use super::parse::{malformed, unknown};
use crate::Digest;
use crate::fields::{Field, push, push_word};

/// What the lock knows of plain files, by name: `R__views.sql`, `reference/001_countries.csv`.
pub type LockedFiles = BTreeMap<String, LockedFile>;

/// What the lock knows of a plain file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedFile {
    /// The digest of its content.
    pub digest: Digest,
    /// The token digest of SQL: an equal one means reformatted. `None` where the lexer is unsure.
    pub tokens: Option<String>,
}

/// The digest over the names, which stands in the header.
pub(super) fn names_digest(keyword: &str, files: &LockedFiles) -> Digest {
    Digest::of_list(keyword, files.keys().map(String::as_str))
}

/// Appends one line.
pub(super) fn push_file(text: &mut String, keyword: &str, name: &str, file: &LockedFile) {
    text.push_str(keyword);
    text.push(' ');
    push_word(text, name);
    push(text, "digest", file.digest.as_str());
    if let Some(tokens) = &file.tokens {
        push(text, "tokens", tokens);
    }
    text.push('\n');
}

/// Reads what stands behind the keyword.
pub(super) fn read(number: usize, words: &[Field]) -> Result<(String, LockedFile), LockError> {
    let Some((name, rest)) = words.split_first().filter(|(name, _)| name.key.is_none()) else {
        return Err(malformed(number, "the name of a file is missing"));
    };
    let (mut digest, mut tokens) = (None, None);
    for Field { key, value } in rest {
        match key.as_deref() {
            Some("digest") => digest = Digest::parse(value),
            Some("tokens") => tokens = Some(value.clone()),
            key => return Err(unknown(number, "field", key, value)),
        }
    }
    match digest {
        Some(digest) => Ok((name.value.clone(), LockedFile { digest, tokens })),
        None => Err(malformed(number, "a file wants `digest`")),
    }
}
