//! `[env.<name>]`: one environment as written in `dbmig.toml`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::model::Kind;
use super::place::{Place, Source};
use super::reader::Section;
use super::secret::Secret;
use super::source::{UrlParts, UrlSources};
use crate::error::CliResult;
pub use dbmig_build::backfill::duration;

/// How a connection is encrypted.
///
/// In the order of strictness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsMode {
    /// Never.
    Disable,
    /// If the server insists.
    Allow,
    /// If the server offers it.
    Prefer,
    /// Always, without looking at the certificate.
    Require,
    /// Always, with a certificate that a known authority signed.
    VerifyCa,
    /// Always, with a certificate that was signed for this host.
    VerifyFull,
}

impl TlsMode {
    const ALL: [(&'static str, Self); 6] = [
        ("disable", Self::Disable),
        ("allow", Self::Allow),
        ("prefer", Self::Prefer),
        ("require", Self::Require),
        ("verify-ca", Self::VerifyCa),
        ("verify-full", Self::VerifyFull),
    ];

    /// In the words of libpq.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, mode)| *mode == self).map_or("prefer", |(word, _)| word)
    }

    /// By the words of libpq.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(word, _)| *word == text).map(|(_, mode)| *mode)
    }
}

/// An `[env.<name>]` section. `Default` is the section that is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvironmentConfig {
    /// Where the section starts; `None` if it is not written.
    pub place: Option<Place>,
    /// Where the URL comes from.
    pub url: UrlSources,
    /// `[env.<name>.databases.<database>]`: where the URLs of named databases come from.
    pub databases: BTreeMap<String, UrlSources>,
    /// `kind`, if written. [`super::Environment::kind`] is the one that counts.
    pub kind: Option<Kind>,
    /// `protected`, if written. [`super::Environment::protected`] is the one that counts.
    pub protected: Option<bool>,
    /// `tls`.
    pub tls: Option<TlsMode>,
    /// `lock_timeout`; zero is none.
    pub lock_timeout: Option<Duration>,
    /// `statement_timeout`; zero is none.
    pub statement_timeout: Option<Duration>,
    /// `lock_retries`: how often a migration that did not get a lock is tried again.
    pub lock_retries: Option<u32>,
    /// `role`: what the session becomes after connecting.
    pub role: Option<String>,
    /// `search_path`.
    pub search_path: Option<String>,
    /// `init_sql`: SQL on the session before the set.
    pub init_sql: Option<String>,
    /// `target_version`: the newest version that is applied here.
    pub target_version: Option<String>,
}

/// The keys of the section, as they are documented.
pub(super) const KEYS: [&str; 19] = [
    "url",
    "url_env",
    "url_file",
    "url_command",
    "host",
    "port",
    "user",
    "password_env",
    "dbname",
    "kind",
    "protected",
    "tls",
    "lock_timeout",
    "statement_timeout",
    "lock_retries",
    "role",
    "search_path",
    "init_sql",
    "target_version",
];

/// The keys of `[env.<name>.databases.<database>]`.
const DATABASE_KEYS: [&str; 9] =
    ["url", "url_env", "url_file", "url_command", "host", "port", "user", "password_env", "dbname"];

const PARTS: [&str; 5] = ["host", "port", "user", "password_env", "dbname"];

pub(super) fn read(
    source: Source<'_>,
    name: &str,
    place: Place,
    table: &dyn toml_edit::TableLike,
    databases: &[&str],
) -> CliResult<EnvironmentConfig> {
    let known = [&KEYS[..], &["databases"]].concat();
    let section = Section::strict(source, format!("`[env.{name}]`"), table, &known)?;
    Ok(EnvironmentConfig {
        place: Some(place),
        url: read_url(&section)?,
        databases: read_databases(source, name, &section, databases)?,
        kind: section.parsed("kind", |text| {
            choose(
                text,
                &[
                    ("production", Kind::Production),
                    ("development", Kind::Development),
                    ("test", Kind::Test),
                ],
            )
        })?,
        protected: section.boolean("protected")?,
        tls: section.parsed("tls", |text| choose(text, &TlsMode::ALL))?,
        lock_timeout: section.parsed("lock_timeout", duration)?,
        statement_timeout: section.parsed("statement_timeout", duration)?,
        lock_retries: section.count("lock_retries")?,
        role: section.string("role")?,
        search_path: section.string("search_path")?,
        init_sql: section.string("init_sql")?,
        target_version: section.string("target_version")?,
    })
}

fn read_databases(
    source: Source<'_>,
    name: &str,
    section: &Section<'_>,
    known: &[&str],
) -> CliResult<BTreeMap<String, UrlSources>> {
    let mut databases = BTreeMap::new();
    let Some(table) = section.table("databases")? else { return Ok(databases) };
    let label = format!("[env.{name}.databases]");
    let section = Section::open(source, format!("`{label}`"), table);
    for (database, _) in section.keys() {
        if !known.contains(&database) {
            let message = format_args!("unknown database `{database}` in `{label}`");
            let error = section.key_error(database, message);
            return Err(error.help(format!(
                "add a `[databases.{database}]` section, or name one of: {}",
                super::suggest::listed(known.iter().copied())
            )));
        }
        let Some(inner) = section.table(database)? else { continue };
        let label = format!("`[env.{name}.databases.{database}]`");
        let inner = Section::strict(source, label.clone(), inner, &DATABASE_KEYS)?;
        if !DATABASE_KEYS.iter().any(|key| inner.has(key)) {
            return Err(section
                .key_error(database, format_args!("{label} names no database"))
                .help("give it a `url`, a `url_env`, or a `url_file`"));
        }
        databases.insert(database.to_owned(), read_url(&inner)?);
    }
    Ok(databases)
}

fn read_url(section: &Section<'_>) -> CliResult<UrlSources> {
    let parts = PARTS.iter().find(|key| section.has(key));
    // `url_env` may stand beside one of these, which is then its fallback; two of these would be a guess.
    let mut sources: Vec<&str> = ["url", "url_file", "url_command"].to_vec();
    sources.extend(parts);
    sources.retain(|key| section.has(key));
    if let [first, second, ..] = sources[..] {
        return Err(section
            .key_error(
                second,
                format_args!("`{second}` beside `{first}`: which one is the database?"),
            )
            .help(format!("remove `{first}` or `{second}`")));
    }
    Ok(UrlSources {
        url: section.string("url")?.map(Secret::new),
        url_env: section.string("url_env")?,
        url_file: section.path("url_file")?,
        url_command: section.strings("url_command")?,
        parts: match parts {
            None => None,
            Some(_) => Some(UrlParts {
                host: section.string("host")?,
                port: section.port("port")?,
                user: section.string("user")?,
                password_env: section.string("password_env")?,
                dbname: section.string("dbname")?,
            }),
        },
    })
}

/// The value that a word stands for; otherwise what would be understood.
pub(super) fn choose<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    match words.iter().find(|(word, _)| *word == text) {
        Some((_, value)) => Ok(*value),
        None => {
            let known = super::suggest::listed(words.iter().map(|(word, _)| *word));
            Err(format!("`{text}` is not one of {known}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        let cases = [
            ("500ms", Some(500)),
            ("5s", Some(5_000)),
            ("5 s", Some(5_000)),
            ("2min", Some(120_000)),
            ("2m", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("0", Some(0)),
            ("5", None),
            ("s", None),
            ("-1s", None),
            ("5 days", None),
            ("99999999999999999999s", None),
            ("9999999999999999999h", None),
        ];
        for (text, expected) in cases {
            assert_eq!(duration(text).ok(), expected.map(Duration::from_millis), "{text}");
        }
    }
}
