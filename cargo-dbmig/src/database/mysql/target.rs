//! Which MySQL or MariaDB.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mysql::{ClientIdentity, Opts, OptsBuilder, SslOpts};

use crate::config::{Secret, TlsMode};
use crate::database::address::{Address, unknown_parameter, unreadable};
use crate::database::{Surroundings, redacted};
use crate::error::{CliError, CliResult};

const FORM: &str = "mysql://user:password@host:3306/database";

/// How long connecting may take, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The parameters that mean something here; with a `-` for the `_` as well.
const KEYS: [&str; 9] = [
    "unix_socket",
    "socket",
    "ssl_mode",
    "ssl_ca",
    "ssl_cert",
    "ssl_key",
    "charset",
    "connect_timeout",
    "local_infile",
];

const MODES: [(&str, TlsMode); 5] = [
    ("DISABLED", TlsMode::Disable),
    ("PREFERRED", TlsMode::Prefer),
    ("REQUIRED", TlsMode::Require),
    ("VERIFY_CA", TlsMode::VerifyCa),
    ("VERIFY_IDENTITY", TlsMode::VerifyFull),
];

/// A server and a database, and who connects. Shows no password.
#[derive(Clone)]
pub struct MysqlTarget {
    opts: Opts,
    mode: TlsMode,
    authority: Option<PathBuf>,
    identity: Option<(PathBuf, PathBuf)>,
}

impl MysqlTarget {
    /// Reads `mysql://…`; `mariadb://…` means the same. Variables fill what is left open.
    ///
    /// # Errors
    ///
    /// What can not be read; the message never repeats the URL.
    pub fn parse(url: &str, around: Surroundings<'_>) -> CliResult<Self> {
        let scheme = ["mysql://", "mariadb://"];
        let rest = scheme.iter().find_map(|scheme| url.strip_prefix(scheme)).unwrap_or(url);
        let address = Address::parse(rest, FORM)?;
        let mut words: BTreeMap<String, Secret> = BTreeMap::new();
        for (index, (name, value)) in address.query.into_iter().enumerate() {
            let key = name.replace('-', "_");
            if !KEYS.contains(&&*key) {
                return Err(unknown_parameter(index, &key, &KEYS, FORM));
            }
            words.insert(key, value);
        }
        let word = |key: &str| words.get(key).map(Secret::reveal).filter(|value| !value.is_empty());
        let variable = |name: &str| around.env.get(name).filter(|value| !value.is_empty());
        refuse_promises(word)?;
        let (host, port) = match &address.hosts[..] {
            [] => (None, None),
            [(host, port)] => (Some(&**host), *port),
            _ => return Err(unreadable("it names several hosts", FORM)),
        };
        let (folder, host) = match host {
            Some(path) if path.starts_with('/') => (Some(path), None),
            host => (None, host),
        };
        let socket = word("unix_socket").or_else(|| word("socket")).or(folder);
        let socket = match (socket, host) {
            (None, None) => {
                variable("MYSQL_UNIX_PORT").filter(|_| variable("MYSQL_HOST").is_none())
            }
            (socket, _) => socket,
        };
        let number = |name, text: &str| {
            let port = text.trim().parse().ok().filter(|&port: &u16| port > 0);
            port.ok_or_else(|| wrong(name, "a number from 1 to 65535"))
        };
        let port = match (port, variable("MYSQL_TCP_PORT")) {
            (Some(port), _) => port,
            (None, Some(text)) => number("MYSQL_TCP_PORT", text)?,
            (None, None) => 3306,
        };
        let patience = match word("connect_timeout") {
            Some(text) => Duration::from_secs(number("connect_timeout", text)?.into()),
            None => CONNECT_TIMEOUT,
        };
        let host = host.or_else(|| variable("MYSQL_HOST")).unwrap_or("localhost");
        let password = address.password.as_ref().map(Secret::reveal);
        let builder = OptsBuilder::new()
            .ip_or_hostname(Some(host))
            .tcp_port(port)
            .socket(socket)
            .user(address.user.as_deref().or_else(|| variable("USER")))
            .pass(password.or_else(|| variable("MYSQL_PWD")))
            .db_name(address.path)
            .tcp_connect_timeout(Some(patience))
            // Nothing on this machine is a server's to ask for, and statements are not kept prepared.
            .local_infile_handler(None)
            .prefer_socket(false)
            .additional_capabilities(mysql::consts::CapabilityFlags::CLIENT_FOUND_ROWS);
        let file = |key: &str| word(key).map(|path| around.cwd.join(path));
        Ok(Self {
            opts: builder.into(),
            mode: mode(word("ssl_mode"), file("ssl_ca").is_some(), around)?,
            authority: file("ssl_ca"),
            identity: file("ssl_cert").zip(file("ssl_key")),
        })
    }

    /// How long connecting may take.
    pub(super) fn patience(&self) -> Duration {
        self.opts.get_tcp_connect_timeout().unwrap_or(CONNECT_TIMEOUT)
    }

    /// Without TLS.
    pub(super) fn opts(&self) -> Opts {
        self.opts.clone()
    }

    /// With TLS; `None` where it is not wanted, or nobody is in between.
    ///
    /// # Errors
    ///
    /// A file that is not there, by name.
    pub(super) fn encrypted(&self) -> Result<Option<Opts>, String> {
        if self.mode == TlsMode::Disable || self.opts.get_socket().is_some() {
            return Ok(None);
        }
        for path in self.authority.iter().chain(self.identity.iter().flat_map(|(a, b)| [a, b])) {
            // The driver says that a file is missing, and not which.
            std::fs::metadata(path).map_err(|error| format!("`{}`: {error}", path.display()))?;
        }
        let identity = self.identity.clone().map(|(cert, key)| ClientIdentity::new(cert, key));
        let tls = SslOpts::default()
            .with_root_cert_path(self.authority.clone())
            .with_client_identity(identity)
            .with_danger_accept_invalid_certs(self.mode != TlsMode::VerifyFull);
        Ok(Some(OptsBuilder::from_opts(self.opts.clone()).ssl_opts(tls).into()))
    }

    /// Whether a connection without TLS is good enough.
    pub(super) fn may_be_plain(&self) -> bool {
        self.mode < TlsMode::Require
    }

    /// How strict the connection is about TLS.
    pub(super) fn mode(&self) -> TlsMode {
        self.mode
    }

    /// The files of TLS, by the words of the clients.
    pub(super) fn tls_files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let identity = self.identity.as_ref();
        let list = [
            ("ssl-ca", self.authority.as_ref()),
            ("ssl-cert", identity.map(|(certificate, _)| certificate)),
            ("ssl-key", identity.map(|(_, key)| key)),
        ];
        list.into_iter().filter_map(|(word, path)| path.map(|path| (word, path.as_path())))
    }

    /// The name of the database, if the URL has one.
    pub fn database(&self) -> Option<&str> {
        self.opts.get_db_name()
    }

    /// The same server, another database or none.
    #[must_use]
    pub fn with_database(&self, name: Option<&str>) -> Self {
        let opts = OptsBuilder::from_opts(self.opts.clone()).db_name(name).into();
        Self { opts, ..self.clone() }
    }

    /// Takes what is secret out of a message: a server may repeat what it was sent.
    pub(super) fn redact(&self, message: &str) -> String {
        redacted(message, self.opts.get_pass())
    }
}

/// What a key takes; its value is not repeated.
fn wrong(key: &str, expected: &str) -> CliError {
    unreadable(format!("`{key}` must be {expected}"), FORM)
}

/// What is not done must not be asked for in vain.
fn refuse_promises<'a>(word: impl Fn(&str) -> Option<&'a str>) -> CliResult<()> {
    if !matches!(word("charset"), None | Some("utf8mb4" | "utf8" | "UTF8" | "UTF-8")) {
        return Err(wrong("charset", "`utf8mb4`"));
    }
    if !matches!(word("local_infile"), None | Some("0" | "false" | "OFF")) {
        return Err(wrong("local_infile", "off: no server is given files of this machine"));
    }
    Ok(())
}

/// Of the URL and the environment the stricter counts.
fn mode(word: Option<&str>, authority: bool, around: Surroundings<'_>) -> CliResult<TlsMode> {
    let parse = |text: &str| {
        let text = text.to_ascii_uppercase();
        let found = MODES.iter().find(|(word, _)| *word == text);
        found.map(|(_, mode)| *mode).ok_or_else(|| {
            wrong("ssl_mode", "`DISABLED`, `PREFERRED`, `REQUIRED`, or `VERIFY_IDENTITY`")
        })
    };
    let mode = word.map(parse).transpose()?.max(around.tls);
    match mode.unwrap_or(TlsMode::Prefer) {
        TlsMode::VerifyCa => Err(CliError::usage("`VERIFY_CA` is not supported for MySQL")
            .note("the client trusts every public authority beside `ssl_ca`, so without the name of the host it would check nothing")
            .help("take `ssl_mode=VERIFY_IDENTITY`, with a certificate that names the host")
            .help("or `ssl_mode=REQUIRED`, which encrypts and checks nothing")),
        // As the server's own clients do: who names an authority wants it asked.
        TlsMode::Prefer | TlsMode::Allow | TlsMode::Require if authority => Err(wrong(
            "ssl_mode",
            "`VERIFY_IDENTITY` where `ssl_ca` is given: nothing else looks at it",
        )),
        mode => Ok(mode),
    }
}

impl fmt::Display for MysqlTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("mysql://")?;
        match (self.opts.get_socket(), self.opts.get_ip_or_hostname()) {
            (Some(path), _) => f.write_str(path)?,
            (None, host) if host.contains(':') => {
                write!(f, "[{host}]:{}", self.opts.get_tcp_port())?;
            }
            (None, host) => write!(f, "{host}:{}", self.opts.get_tcp_port())?,
        }
        write!(f, "/{}", self.opts.get_db_name().unwrap_or_default())
    }
}

impl fmt::Debug for MysqlTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MysqlTarget({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Env;

    fn parse(url: &str, env: &[(&str, &str)], tls: Option<TlsMode>) -> CliResult<MysqlTarget> {
        let env = Env::from_pairs(env.iter().copied());
        MysqlTarget::parse(url, Surroundings { env: &env, tls, cwd: Path::new("/folder") })
    }

    #[test]
    fn shown_without_secrets() {
        for (url, shown) in [
            ("mysql://u:secret@h:3307/d", "mysql://h:3307/d"),
            ("mariadb://u:secret@h/d", "mysql://h:3306/d"),
            ("mysql://u:secret@[::1]/d", "mysql://[::1]:3306/d"),
            ("mysql://u:secret@h/d?unix_socket=/run/s", "mysql:///run/s/d"),
            ("mysql://u:secret@%2Frun%2Fs/d", "mysql:///run/s/d"),
        ] {
            let target = parse(url, &[], None).unwrap();
            assert_eq!(target.to_string(), shown, "{url}");
            assert!(!format!("{target:?}").contains("secret"));
        }
    }

    #[test]
    fn refused_without_the_value() {
        for (url, reason) in [
            ("mysql://u:secret@h:x/d", "the port is no number"),
            ("mysql://u@h/d?secret=1", "parameter 1 is not known"),
            ("mysql://u@h/d?ssl_mode=secret", "`ssl_mode` must be"),
            ("mysql://u@h/d?ssl-mode=verify_ca", "`VERIFY_CA` is not supported"),
            ("mysql://u@h/d?ssl_ca=secret", "`VERIFY_IDENTITY` where `ssl_ca`"),
            ("mysql://u@h/d?connect_timeout=secret", "`connect_timeout` must be a number"),
            ("mysql://u@h/d?local_infile=1", "`local_infile` must be off"),
            ("mysql://u@h/d?charset=secret", "`charset` must be"),
            ("mysql://secret1,secret2/d", "several hosts"),
        ] {
            let shown = format!("{:?}", parse(url, &[], None).unwrap_err());
            assert!(shown.contains(reason), "{url}: {shown}");
            assert!(!shown.contains("secret"), "{url}: {shown}");
        }
    }

    #[test]
    fn variables_fill_what_is_left_open() {
        let env = [("MYSQL_PWD", "secret"), ("MYSQL_HOST", "other"), ("MYSQL_TCP_PORT", "7")];
        let socket = [("MYSQL_UNIX_PORT", "/run/s")];
        for (url, env, shown, password) in [
            ("mysql://u@/d", &env[..], "mysql://other:7/d", Some("secret")),
            ("mysql://u:p@h:5/d", &env, "mysql://h:5/d", Some("p")),
            ("mysql://u@/d", &socket, "mysql:///run/s/d", None),
            ("mysql://u@h/d", &socket, "mysql://h:3306/d", None),
        ] {
            let target = parse(url, env, None).unwrap();
            assert_eq!(target.to_string(), shown, "{url}");
            assert_eq!(target.opts().get_pass(), password, "{url}");
        }
    }

    #[test]
    fn the_stricter_word_about_tls_counts() {
        use TlsMode::{Disable, Prefer, Require, VerifyFull};
        for (query, tls, expected) in [
            ("", None, Prefer),
            ("?ssl_mode=DISABLED", None, Disable),
            ("?ssl-mode=required", None, Require),
            ("?ssl_mode=disabled", Some(Require), Require),
            ("?ssl_mode=VERIFY_IDENTITY&ssl_ca=ca.pem", Some(Prefer), VerifyFull),
        ] {
            let target = parse(&format!("mysql://u@h/d{query}"), &[], tls).unwrap();
            assert_eq!(target.mode, expected, "{query} {tls:?}");
        }
        let missing = parse("mysql://u@h/d?ssl_mode=VERIFY_IDENTITY&ssl_ca=ca.pem", &[], None);
        assert!(missing.unwrap().encrypted().unwrap_err().contains("/folder/ca.pem"));
    }
}
