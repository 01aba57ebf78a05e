//! The parts of a server's URL, by the rules that libpq has for it.
//!
//! The drivers' own parsers are not used: they know fewer parameters than people write, and what they
//! can not read may be a password. No error of this module repeats any of the text.

use crate::config::{Secret, nearest};
use crate::error::{CliError, CliResult};

/// The parts of `scheme://user:password@host:port/path?name=value`, decoded.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    /// Names, addresses, or folders of sockets, each with its port.
    pub(super) hosts: Vec<(String, Option<u16>)>,
    /// What stands after the first `/`: the database.
    pub(super) path: Option<String>,
    /// What stands after the `?`.
    pub(super) query: Vec<(String, Secret)>,
}

/// What can not be read, without any of it.
pub(super) fn unreadable(reason: impl Into<String>, form: &str) -> CliError {
    CliError::usage("the URL of the database can not be read")
        .cause(reason)
        .help(format!("its form is `{form}`"))
}

/// A parameter that nothing is known about: its name may be a slip, or a piece of a password.
pub(super) fn unknown_parameter(index: usize, name: &str, known: &[&str], form: &str) -> CliError {
    let error = unreadable(format!("parameter {} is not known", index + 1), form);
    match nearest(name, known.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    }
}

impl Address {
    /// Reads what follows `scheme://`.
    ///
    /// # Errors
    ///
    /// What can not be read.
    pub(super) fn parse(rest: &str, form: &str) -> CliResult<Self> {
        split(rest).map_err(|reason| unreadable(reason, form))
    }
}

const ENCODE: &str = "in a password `@` is written as %40, `/` as %2F, `?` as %3F, and `%` as %25";

fn split(rest: &str) -> Result<Address, &'static str> {
    let (before, query) = rest.split_once('?').map_or((rest, None), |(b, q)| (b, Some(q)));
    let (authority, path) = before.split_once('/').map_or((before, None), |(a, p)| (a, Some(p)));
    // Where a password was not encoded, the rest of it would be taken for something that is shown.
    if path.is_some_and(|path| path.contains('@')) {
        return Err(ENCODE);
    }
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (Some(user), hosts),
        None => (None, authority),
    };
    let mut address = Address::default();
    if let Some(user) = user {
        let (name, password) = user.split_once(':').map_or((user, None), |(n, p)| (n, Some(p)));
        address.user = Some(decode(name)?).filter(|name| !name.is_empty());
        address.password = match password {
            Some("") | None => None,
            Some(text) => Some(Secret::new(decode(text)?)),
        };
    }
    if !hosts.is_empty() {
        address.hosts = hosts.split(',').map(host).collect::<Result<_, _>>()?;
    }
    address.path = path.filter(|path| !path.is_empty()).map(decode).transpose()?;
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or(ENCODE)?;
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) {
            return Err(ENCODE);
        }
        address.query.push((name.to_owned(), Secret::new(decode(value)?)));
    }
    Ok(address)
}

fn host(text: &str) -> Result<(String, Option<u16>), &'static str> {
    let (name, port) = match text.strip_prefix('[') {
        Some(inner) => {
            let (name, after) = inner.split_once(']').ok_or("a `[` in the host is not closed")?;
            match after.strip_prefix(':') {
                Some(port) => (name, Some(port)),
                None if after.is_empty() => (name, None),
                None => return Err("after `]` a port is expected"),
            }
        }
        None => text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port))),
    };
    let port = match port {
        None | Some("") => None,
        Some(digits) => Some(digits.parse().ok().filter(|&port| port > 0).ok_or(
            "the port is no number from 1 to 65535; a `/` in a password is written as %2F",
        )?),
    };
    let name = decode(name)?;
    match is_host(&name) {
        true => Ok((name, port)),
        false => Err("the host is neither a name, an address, nor the folder of a socket"),
    }
}

/// What may be connected to, and is shown.
pub(super) fn is_host(name: &str) -> bool {
    // A folder, or on Linux a name in the abstract namespace.
    name.starts_with('/')
        || !name.chars().any(|c| c.is_whitespace() || c.is_control() || "@/\\=&#'\"".contains(c))
}

fn decode(text: &str) -> Result<String, &'static str> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
        match (digit(), digit()) {
            (Some(high), Some(low)) => out.extend(u8::try_from(high * 16 + low)),
            _ => return Err("a `%` is not followed by two digits; `%` itself is written as %25"),
        }
    }
    if out.contains(&0) {
        return Err("it holds a NUL character, which no server takes");
    }
    String::from_utf8(out).map_err(|_| "it holds bytes that are not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "x://user:password@host:1/database";

    #[test]
    fn parts() {
        for (text, user, password, hosts, path, query) in [
            ("h/d", None, None, vec![("h", None)], Some("d"), vec![]),
            ("u:p%40%2F@h:1/d", Some("u"), Some("p@/"), vec![("h", Some(1))], Some("d"), vec![]),
            ("u@h", Some("u"), None, vec![("h", None)], None, vec![]),
            ("u:@h/", Some("u"), None, vec![("h", None)], None, vec![]),
            ("/d", None, None, vec![], Some("d"), vec![]),
            ("", None, None, vec![], None, vec![]),
            ("u:a#b@h/d", Some("u"), Some("a#b"), vec![("h", None)], Some("d"), vec![]),
            ("u:a@b:c@h/d", Some("u"), Some("a@b:c"), vec![("h", None)], Some("d"), vec![]),
            ("[::1]:5/d", None, None, vec![("::1", Some(5))], Some("d"), vec![]),
            ("%2Ftmp/d", None, None, vec![("/tmp", None)], Some("d"), vec![]),
            ("a:1,b/d", None, None, vec![("a", Some(1)), ("b", None)], Some("d"), vec![]),
            (
                "h/d?a=b@c&e=%20",
                None,
                None,
                vec![("h", None)],
                Some("d"),
                vec![("a", "b@c"), ("e", " ")],
            ),
            ("h/a%2Fb", None, None, vec![("h", None)], Some("a/b"), vec![]),
        ] {
            let expected = Address {
                user: user.map(str::to_owned),
                password: password.map(Secret::new),
                hosts: hosts.into_iter().map(|(name, port)| (name.to_owned(), port)).collect(),
                path: path.map(str::to_owned),
                query: query.into_iter().map(|(n, v)| (n.to_owned(), Secret::new(v))).collect(),
            };
            assert_eq!(Address::parse(text, FORM).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_encoded_is_refused_and_not_repeated() {
        for text in [
            "u:hunter/2@h/d",
            "u:1/hunter2@h/d",
            "u:hunter?2@h/d",
            "u:1?hunter2@h/d",
            "u:1/d?hunter2@h/d",
            "u:hunter%2@h/d",
            "u:hunter%zz@h/d",
            "u:hunter%00@h/d",
            "u:hunter%ff@h/d",
            "h:hunter2/d",
            "h:0/d",
            "h:65536/d",
            "[::1/hunter2",
            "[::1]hunter2/d",
            "hunter2%40h/d",
            "h/d?hunter2",
            "h/d?=hunter2",
        ] {
            let error = Address::parse(text, FORM).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter"), "{text}: {error:?}");
        }
    }
}
