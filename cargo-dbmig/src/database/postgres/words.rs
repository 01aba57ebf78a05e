//! `key=value` words, as libpq reads them, and the keys that it knows.

use crate::config::Secret;
use crate::database::address::unreadable;
use crate::error::CliResult;

pub(super) const FORM: &str = "postgres://user:password@host:5432/database";

/// The keys that mean something here.
pub(super) const KEYS: [&str; 30] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "passfile",
    "options",
    "application_name",
    "fallback_application_name",
    "connect_timeout",
    "tcp_user_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "keepalives_retries",
    "target_session_attrs",
    "channel_binding",
    "load_balance_hosts",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "ssl_min_protocol_version",
    "client_encoding",
    "gssencmode",
    "sslsni",
    "sslcompression",
];

/// Keys of libpq that would promise what is not done.
pub(super) const UNSUPPORTED: [&str; 12] = [
    "service",
    "sslpassword",
    "sslcrl",
    "sslcrldir",
    "sslcertmode",
    "ssl_max_protocol_version",
    "requirepeer",
    "require_auth",
    "krbsrvname",
    "gsslib",
    "gssdelegation",
    "replication",
];

/// Whether a text is such words and not the name of a file.
pub(crate) fn are_words(text: &str) -> bool {
    let key = text.trim_start().split(|c: char| c == '=' || c.is_whitespace()).next();
    let is_key = |key: &str| KEYS.contains(&key) || UNSUPPORTED.contains(&key);
    text.contains('=') && key.is_some_and(is_key)
}

/// Reads the words.
///
/// # Errors
///
/// What can not be read, without any of it.
pub(super) fn read(text: &str) -> CliResult<Vec<(String, Secret)>> {
    let form = "host=… port=… user=… password=… dbname=…";
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let Some((key, after)) = rest.split_once('=') else {
            return Err(unreadable("a word has no `=`; a value with a space is quoted", form));
        };
        let (value, after) = value(after.trim_start())
            .ok_or_else(|| unreadable("a quoted value is not closed", form))?;
        if value.contains('\0') {
            return Err(unreadable("it holds a NUL character, which no server takes", form));
        }
        words.push((key.trim_end().to_owned(), Secret::new(value)));
        rest = after.trim_start();
    }
    Ok(words)
}

/// A value and what follows it: `'quoted \' text'`, or up to the next space.
fn value(text: &str) -> Option<(String, &str)> {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut chars = text.char_indices().skip(usize::from(quoted));
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            '\'' if quoted => return Some((value, &text[at + 1..])),
            c if !quoted && c.is_whitespace() => return Some((value, &text[at..])),
            c => value.push(c),
        }
    }
    (!quoted).then_some((value, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_and_plain() {
        for (text, expected) in [
            ("host=h dbname=d", vec![("host", "h"), ("dbname", "d")]),
            (" host = h\tuser='a b' ", vec![("host", "h"), ("user", "a b")]),
            (r"password='it\'s \\' port=1", vec![("password", r"it's \"), ("port", "1")]),
            (r"password=a\ b", vec![("password", "a b")]),
            ("password='' host=h", vec![("password", ""), ("host", "h")]),
        ] {
            let expected: Vec<_> =
                expected.into_iter().map(|(k, v)| (k.to_owned(), Secret::new(v))).collect();
            assert_eq!(read(text).unwrap(), expected, "{text}");
        }
        for text in ["host", "host=h hunter2", "password='hunter2", "password=a\0hunter2"] {
            assert!(!format!("{:?}", read(text).unwrap_err()).contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn told_from_files() {
        for (text, expected) in [
            ("host=h", true),
            ("dbname = d", true),
            ("service=x", true),
            ("x=y.db", false),
            ("host", false),
            ("dir/host=h", false),
        ] {
            assert_eq!(are_words(text), expected, "{text}");
        }
    }
}
