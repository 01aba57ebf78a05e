//! The forms in which people name a SQLite database.

use std::path::{Path, PathBuf};

use super::Client;
use crate::error::{CliError, CliResult};

/// A SQLite database: a file, or memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteUrl {
    path: Option<PathBuf>,
    /// Parameters of a `file:` URI, as given.
    parameters: Vec<String>,
}

impl SqliteUrl {
    /// Reads `path`, `file:path?…`, `sqlite:path`, `sqlite://path`, `:memory:`. Relative ones are below
    /// `base`.
    ///
    /// # Errors
    ///
    /// The URL is empty.
    pub fn parse(url: &str, base: &Path) -> CliResult<Self> {
        let (rest, is_uri) = match url.strip_prefix("file:") {
            Some(rest) => (rest, true),
            None => match url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
                // Diesel rewrites these to `file:`.
                Some(rest) => (rest, true),
                None => (url, false),
            },
        };
        if rest.is_empty() {
            return Err(CliError::usage("the URL of the database is empty"));
        }
        if rest == ":memory:" {
            return Ok(Self { path: None, parameters: vec![] });
        }
        if !is_uri {
            return Ok(Self { path: Some(base.join(rest)), parameters: vec![] });
        }
        let rest = rest.split('#').next().unwrap_or(rest);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let parameters: Vec<_> =
            query.split('&').filter(|p| !p.is_empty()).map(str::to_owned).collect();
        if parameters.iter().any(|parameter| parameter == "mode=memory") {
            return Ok(Self { path: None, parameters });
        }
        // `file:///abs` and `file://localhost/abs` have an authority in front of the path.
        let path =
            path.strip_prefix("//localhost").or_else(|| path.strip_prefix("//")).unwrap_or(path);
        Ok(Self { path: Some(base.join(decode(path))), parameters })
    }

    /// The file; `None` in memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// `sqlite3` with the file; as a URI where there is more to say.
    pub(super) fn client(&self) -> Client {
        let argument = match &self.path {
            Some(path) if self.parameters.is_empty() => path.to_string_lossy().into_owned(),
            _ => self.uri("rw"),
        };
        Client {
            programs: &["sqlite3"],
            install: "`apt-get install sqlite3`, `dnf install sqlite`, or `brew install sqlite`",
            arguments: vec![argument],
            ..Client::default()
        }
    }

    /// The URI for SQLite, with this `mode` unless the user gave one.
    pub fn uri(&self, mode: &str) -> String {
        let Some(path) = &self.path else { return ":memory:".to_owned() };
        let mut parameters = self.parameters.clone();
        if !parameters.iter().any(|parameter| parameter.starts_with("mode=")) {
            parameters.push(format!("mode={mode}"));
        }
        format!("file:{}?{}", encode(&path.to_string_lossy()), parameters.join("&"))
    }
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn encode(path: &str) -> String {
    path.chars()
        .map(|c| match c {
            '%' => "%25".to_owned(),
            '?' => "%3f".to_owned(),
            '#' => "%23".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (url, path, uri) in [
            ("dev.db", Some("/base/dev.db"), "file:/base/dev.db?mode=rw"),
            ("/abs/a b.db", Some("/abs/a b.db"), "file:/abs/a b.db?mode=rw"),
            ("sqlite://dev.db", Some("/base/dev.db"), "file:/base/dev.db?mode=rw"),
            ("sqlite:dev.db", Some("/base/dev.db"), "file:/base/dev.db?mode=rw"),
            ("sqlite:///abs.db", Some("/abs.db"), "file:/abs.db?mode=rw"),
            (
                "file:dev.db?cache=shared",
                Some("/base/dev.db"),
                "file:/base/dev.db?cache=shared&mode=rw",
            ),
            ("file:dev.db?mode=ro", Some("/base/dev.db"), "file:/base/dev.db?mode=ro"),
            ("file:///a%20b.db", Some("/a b.db"), "file:/a b.db?mode=rw"),
            ("odd?#%.db", Some("/base/odd?#%.db"), "file:/base/odd%3f%23%25.db?mode=rw"),
            (":memory:", None, ":memory:"),
            ("file:x?mode=memory", None, ":memory:"),
        ] {
            let parsed = SqliteUrl::parse(url, Path::new("/base")).unwrap();
            assert_eq!(parsed.path(), path.map(Path::new), "{url}");
            assert_eq!(parsed.uri("rw"), uri, "{url}");
        }
    }

    #[test]
    fn nothing_is_no_database() {
        assert!(SqliteUrl::parse("", Path::new("/")).is_err());
    }
}
