//! `schema.rs` as the lock knows it: the digest of its tokens, so that reformatting makes no difference.

use std::path::{Component, Path, PathBuf};

use crate::Digest;
#[cfg(feature = "fs")]
use crate::{LockFile, RawFile, RawNamed, RawSet, load};

/// The digest of the tokens of a Rust text.
///
/// White space and comments do not count, those for documentation included, nor does a comma before a
/// closing bracket: what `rustfmt` changes. The insides of literals count, with LF for CRLF.
pub(crate) fn digest(text: &str) -> Digest {
    let text = text.replace("\r\n", "\n");
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut list: Vec<&str> = Vec::new();
    for token in tokens(text) {
        if matches!(token, ")" | "]" | "}") && list.last() == Some(&",") {
            list.pop();
        }
        list.push(token);
    }
    Digest::of_list("schema.rs", list)
}

/// Cuts a Rust text into words, literals, and single signs. What does not end goes on to the end.
fn tokens(text: &str) -> Vec<&str> {
    let mut list = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, counts) = next(rest, first);
        let (token, after) = rest.split_at(length);
        if counts {
            list.push(token);
        }
        rest = after;
    }
    list
}

/// The length of what a text begins with, and whether it counts.
fn next(text: &str, first: char) -> (usize, bool) {
    if first.is_whitespace() {
        return (first.len_utf8(), false);
    }
    if text.starts_with("//") {
        return (text.find('\n').unwrap_or(text.len()), false);
    }
    if text.starts_with("/*") {
        return (block_comment(text), false);
    }
    if let Some(length) = literal(text) {
        return (length, true);
    }
    if is_word(first) {
        return (text.find(|c| !is_word(c)).unwrap_or(text.len()), true);
    }
    (first.len_utf8(), true)
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// They nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of a string or a character; `None` where there is none, as with a lifetime.
fn literal(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        let rest = text.strip_prefix(prefix);
        let rest = rest
            .map(|rest| if prefix.ends_with('r') { rest.trim_start_matches('#') } else { rest });
        rest.is_some_and(|rest| {
            rest.starts_with('"') || rest.starts_with('\'') && matches!(*prefix, "" | "b")
        })
    })?;
    let rest = &text[prefix.len()..];
    if prefix.ends_with('r') {
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        let end = format!("\"{}", &rest[..hashes]);
        let body = prefix.len() + hashes + 1;
        return Some(text[body..].find(&end).map_or(text.len(), |at| body + at + end.len()));
    }
    let quote = rest.chars().next()?;
    let mut chars = rest.char_indices().skip(1).peekable();
    if quote == '\'' {
        // `'a'` and `'\n'` are characters, `'a` is a lifetime.
        let is_character = rest[1..].starts_with('\\') || {
            let mut after = rest[1..].chars();
            after.next()?;
            after.next() == Some('\'')
        };
        if !is_character {
            return None;
        }
    }
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            c if c == quote => return Some(prefix.len() + at + 1),
            _ => {}
        }
    }
    Some(text.len())
}

/// Reads what stands at these paths, relative to the migrations directory, as `schema.rs`: findings compare
/// it with the lock. Without it they do not look.
#[cfg(feature = "fs")]
pub fn load_schemas(raw: &mut RawSet, migrations: &Path, paths: impl IntoIterator<Item = String>) {
    let read = |name: String| {
        let path = beside(migrations, &name);
        let content = match std::fs::metadata(&path) {
            Ok(metadata) => load::read(&path, metadata.is_file()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => RawFile::Absent,
            Err(error) => RawFile::Unreadable(format!("could not read it: {error}")),
        };
        RawNamed { name, content }
    };
    raw.schemas = Some(paths.into_iter().map(read).collect());
}

/// The paths of every `schema.rs` that the lock names, from the migrations directory.
#[cfg(feature = "fs")]
pub fn locked_schemas(raw: &RawSet) -> Vec<String> {
    let text = raw.lock.bytes().and_then(|bytes| std::str::from_utf8(bytes).ok());
    // Most locks have none, and are not read twice.
    let lock = text
        .filter(|text| text.lines().any(|line| line.starts_with("schema ")))
        .and_then(|text| LockFile::parse(text).ok());
    lock.iter().flat_map(|lock| lock.schemas.keys().cloned()).collect()
}

/// A path from a directory, without asking the file system: `a/b` and `../c` is `a/c`.
pub(crate) fn beside(dir: &Path, below: &str) -> PathBuf {
    let mut path = dir.to_path_buf();
    for part in Path::new(below).components() {
        match part {
            Component::ParentDir
                if matches!(path.components().next_back(), Some(Component::Normal(_))) =>
            {
                path.pop();
            }
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = "// @generated by cargo dbmig.\n\ndiesel::table! {\n    /// People.\n    \
                          users (id) {\n        id -> Integer,\n        #[sql_name = \"a  b\"]\n        \
                          a_b -> Nullable<Text>,\n    }\n}\n\n\
                          diesel::allow_tables_to_appear_in_same_query!(a, users,);\n";

    #[test]
    fn reformatting_does_not_count() {
        for (name, other) in [
            ("crlf", SCHEMA.replace('\n', "\r\n")),
            ("mark", format!("\u{feff}{SCHEMA}")),
            ("header", SCHEMA.replace("by cargo dbmig", "automatically by Diesel CLI")),
            ("documentation", SCHEMA.replace("/// People.\n", "")),
            ("comments", format!("/* a /* b */ c */{SCHEMA}// at the end")),
            ("comma", SCHEMA.replace("users,)", "users)")),
            ("layout", SCHEMA.replace("(a, users,)", "(\n    a,\n    users,\n)")),
            ("indent", SCHEMA.replace("    ", "\t")),
            ("last comma", SCHEMA.replace("Nullable<Text>,", "Nullable<Text>")),
        ] {
            assert_ne!(other, SCHEMA, "{name}");
            assert_eq!(digest(&other), digest(SCHEMA), "{name}");
        }
    }

    #[test]
    fn what_it_says_counts() {
        for (from, to) in [
            ("Integer", "BigInt"),
            ("a  b", "a b"),
            ("users (id)", "Users (id)"),
            ("Nullable<Text>", "Text"),
            ("id -> Integer,", ""),
            ("#[sql_name", "// #[sql_name"),
            ("diesel::table!", "/* diesel::table!"),
        ] {
            assert_ne!(digest(&SCHEMA.replacen(from, to, 1)), digest(SCHEMA), "{from}");
        }
    }

    #[test]
    fn literals_hold_what_looks_like_something_else() {
        for (text, expected) in [
            (r#"a "x // y" b"#, &["a", r#""x // y""#, "b"][..]),
            (r#""a\"b" c"#, &[r#""a\"b""#, "c"]),
            (r##"r#"a " /* b"# c"##, &[r##"r#"a " /* b"#"##, "c"]),
            ("r#type x", &["r", "#", "type", "x"]),
            ("br\"\\\" x", &["br\"\\\"", "x"]),
            ("'\"' \"a\"", &["'\"'", "\"a\""]),
            ("'\\'' 'a x", &["'\\''", "'", "a", "x"]),
            ("b'\"' x", &["b'\"'", "x"]),
            ("\"open // x", &["\"open // x"]),
            ("a /* open", &["a"]),
            ("é->ß", &["é", "-", ">", "ß"]),
        ] {
            assert_eq!(tokens(text), expected, "{text}");
        }
    }

    #[test]
    fn the_format_is_fixed() {
        assert_eq!(
            digest(SCHEMA).as_str(),
            "sha256:d21154f475a8808bf4de666da77103a055679ff67c5e37fee5091d93e3f3acb8"
        );
    }

    #[test]
    fn paths_from_a_directory() {
        for (dir, below, path) in [
            ("/a/migrations", "../src/schema.rs", "/a/src/schema.rs"),
            ("migrations", "../src/schema.rs", "src/schema.rs"),
            ("../db/migrations", "../../app/src/schema.rs", "../app/src/schema.rs"),
            ("../m", "../../x.rs", "../../x.rs"),
            ("m", "./x.rs", "m/x.rs"),
        ] {
            assert_eq!(beside(Path::new(dir), below), Path::new(path), "{dir} {below}");
        }
    }
}
