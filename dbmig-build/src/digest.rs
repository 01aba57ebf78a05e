//! `Digest`: SHA-256 over normalised bytes, framed by name and length.

use std::borrow::Cow;
use std::fmt;

/// A digest, with the algorithm in its text form: `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(Cow<'static, str>);

impl Digest {
    /// Digests the bytes of a file that plays the role `name` (`up`, `down`, `metadata`, `seed`).
    ///
    /// One byte order mark is removed and CRLF becomes LF, nothing else: white space, case, and
    /// Unicode forms are part of literals. The name and the length go in first, so that text can not
    /// move from one file to another unnoticed.
    pub fn of_file(name: &str, bytes: &[u8]) -> Self {
        let content = normalise(bytes);
        let mut hash = file_hash(name, content.len() as u64);
        hash.update(&content);
        Self::finish(hash)
    }

    /// The same of a file that is too large to be held, in two goes: how long it is once it is normalised
    /// has to be known first.
    ///
    /// # Errors
    ///
    /// What opening and reading report; [`std::io::ErrorKind::InvalidData`] where it is not UTF-8.
    #[cfg(feature = "fs")]
    pub(crate) fn of_large_file(name: &str, path: &std::path::Path) -> std::io::Result<Self> {
        let mut length = 0;
        crate::blocks::each(path, |block| length += block.len() as u64)?;
        let mut hash = file_hash(name, length);
        crate::blocks::each(path, |block| hash.update(block))?;
        Ok(Self::finish(hash))
    }

    /// Digests a list of texts, each framed by its length.
    pub fn of_list<'a>(name: &str, items: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hash = hmac_sha256::Hash::new();
        hash.update(format!("dbmig:1\0{name}\0"));
        for item in items {
            hash.update(format!("{}\0", item.len()));
            hash.update(item);
        }
        Self::finish(hash)
    }

    /// The digests of the first 0, 1, 2, … texts, as [`Digest::of_list`] gives them, in one go.
    pub fn of_prefixes<'a>(name: &str, items: impl IntoIterator<Item = &'a str>) -> Vec<Self> {
        let mut hash = hmac_sha256::Hash::new();
        hash.update(format!("dbmig:1\0{name}\0"));
        let mut digests = vec![Self::finish(hash)];
        for item in items {
            hash.update(format!("{}\0", item.len()));
            hash.update(item);
            digests.push(Self::finish(hash));
        }
        digests
    }

    /// Reads the text form; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:")?;
        let well_formed = hex.len() == 64
            && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        well_formed.then(|| Self(Cow::Owned(text.to_owned())))
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As [`Digest::of_list`], of items that come one after the other and are not kept.
    ///
    /// # Errors
    ///
    /// What `feed` returns, which gets the function that takes an item.
    pub fn of_fed<E>(
        name: &str,
        feed: impl FnOnce(&mut dyn FnMut(&str)) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut hash = hmac_sha256::Hash::new();
        hash.update(format!("dbmig:1\0{name}\0"));
        feed(&mut |item| {
            hash.update(format!("{}\0", item.len()));
            hash.update(item);
        })?;
        Ok(Self::finish(hash))
    }

    fn finish(hash: hmac_sha256::Hash) -> Self {
        let mut text = String::with_capacity(71);
        text.push_str("sha256:");
        for byte in hash.finalize() {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(nibble.into(), 16).expect("a nibble is below 16"));
            }
        }
        Self(Cow::Owned(text))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What goes in before the bytes of a file.
fn file_hash(name: &str, length: u64) -> hmac_sha256::Hash {
    let mut hash = hmac_sha256::Hash::new();
    hash.update(format!("dbmig:1\0{name}\0{length}\0"));
    hash
}

/// Removes one byte order mark and turns CRLF into LF.
fn normalise(bytes: &[u8]) -> Cow<'_, [u8]> {
    normalise_ends(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes))
}

/// Turns CRLF into LF.
pub(crate) fn normalise_ends(bytes: &[u8]) -> Cow<'_, [u8]> {
    // Build scripts run unoptimised, and the standard library does not: a search of its own for one
    // character is many times as fast as a loop here.
    if std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\r')) {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    for (index, &byte) in bytes.iter().enumerate() {
        if byte != b'\r' || bytes.get(index + 1) != Some(&b'\n') {
            out.push(byte);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up(text: &str) -> Digest {
        Digest::of_file("up", text.as_bytes())
    }

    #[test]
    fn byte_order_mark_and_crlf_do_not_count() {
        assert_eq!(up("a\nb\n"), up("\u{feff}a\r\nb\r\n"));
    }

    #[test]
    fn everything_else_counts() {
        assert_ne!(Digest::of_file("up", b"\xff\r\n"), Digest::of_file("up", b"\xfe\n"));
        assert_eq!(Digest::of_file("up", b"\xff\r\n"), Digest::of_file("up", b"\xff\n"));
        for other in ["a\nb", "a\n b\n", "A\nb\n", "a\rb\n", "a\n\nb\n", "\u{feff}\u{feff}a\nb\n"] {
            assert_ne!(up("a\nb\n"), up(other), "{other:?}");
        }
        assert_ne!(up("a"), Digest::of_file("down", b"a"));
    }

    #[test]
    fn lists_are_framed() {
        assert_ne!(Digest::of_list("set", ["ab", "c"]), Digest::of_list("set", ["a", "bc"]));
    }

    #[test]
    fn prefixes_are_lists() {
        let items = ["ab", "c", ""];
        for (count, digest) in Digest::of_prefixes("x", items).into_iter().enumerate() {
            assert_eq!(digest, Digest::of_list("x", items.into_iter().take(count)));
        }
    }

    #[test]
    fn what_is_fed_is_a_list() {
        let fed = Digest::of_fed::<()>("x", |item| {
            ["ab", "c"].into_iter().for_each(item);
            Ok(())
        });
        assert_eq!(fed, Ok(Digest::of_list("x", ["ab", "c"])));
        assert_eq!(Digest::of_fed("x", |_| Err(1)), Err(1));
    }

    #[test]
    fn text_form_is_read_back() {
        let digest = up("x");
        assert_eq!(Digest::parse(digest.as_str()), Some(digest));
        assert_eq!(Digest::parse("sha256:zz"), None);
        assert_eq!(Digest::parse("md5:00"), None);
    }

    #[test]
    fn is_sha_256() {
        // FIPS 180-4: the digest of "abc", through the crate that is used here.
        assert_eq!(hmac_sha256::Hash::hash(b"abc")[..4], [0xba, 0x78, 0x16, 0xbf]);
    }
}
