//! Which PostgreSQL: a URL or `key=value` words, and what the variables add.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use postgres::Config;
use postgres::config::{ChannelBinding, Host, LoadBalanceHosts, TargetSessionAttrs};

use super::passfile::{self, Wanted};
use super::tls::Tls;
use super::words::{self, FORM, KEYS, UNSUPPORTED};
use crate::config::Secret;
use crate::database::Surroundings;
use crate::database::address::{Address, is_host, unknown_parameter, unreadable};
use crate::error::CliResult;

/// How long connecting may take, unless somebody says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Variables, and the keys that they stand for.
const VARIABLES: [(&str, &str); 14] = [
    ("PGHOST", "host"),
    ("PGHOSTADDR", "hostaddr"),
    ("PGPORT", "port"),
    ("PGDATABASE", "dbname"),
    ("PGUSER", "user"),
    ("PGPASSWORD", "password"),
    ("PGPASSFILE", "passfile"),
    ("PGOPTIONS", "options"),
    ("PGAPPNAME", "application_name"),
    ("PGCONNECT_TIMEOUT", "connect_timeout"),
    ("PGTARGETSESSIONATTRS", "target_session_attrs"),
    ("PGCHANNELBINDING", "channel_binding"),
    ("PGSSLMODE", "sslmode"),
    ("PGSSLROOTCERT", "sslrootcert"),
];

/// A server and a database, and who connects. Shows no password.
#[derive(Clone)]
pub struct PostgresTarget {
    config: Box<Config>,
    pub(super) tls: Tls,
}

/// Keys with their values; the last word about a key counts.
pub(super) struct Words(BTreeMap<String, Secret>);

impl Words {
    /// The value, unless it is empty: to libpq that is the same as none.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(Secret::reveal).filter(|value| !value.is_empty())
    }

    fn number(&self, key: &str) -> CliResult<Option<u64>> {
        let parse = |text: &str| text.trim().parse().map_err(|_| wrong(key, "a number"));
        self.get(key).map(parse).transpose()
    }

    fn choice<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> CliResult<Option<T>> {
        let Some(text) = self.get(key) else { return Ok(None) };
        let known = crate::config::listed(words.iter().map(|(word, _)| *word));
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| Some(*value)).ok_or_else(|| wrong(key, &format!("one of {known}")))
    }
}

/// What a key takes; its value is not repeated.
pub(super) fn wrong(key: &str, expected: &str) -> crate::error::CliError {
    unreadable(format!("`{key}` must be {expected}"), FORM)
}

impl PostgresTarget {
    /// Reads `postgres://…`, `postgresql://…`, or `host=… dbname=…`; variables fill what is left open.
    ///
    /// # Errors
    ///
    /// What can not be read; the message never repeats the URL.
    pub fn parse(url: &str, around: Surroundings<'_>) -> CliResult<Self> {
        let scheme = ["postgres://", "postgresql://"];
        let (before, given) = match scheme.iter().find_map(|scheme| url.strip_prefix(scheme)) {
            Some(rest) => {
                let mut address = Address::parse(rest, FORM)?;
                let query = std::mem::take(&mut address.query);
                (of_address(address), query)
            }
            None => (vec![], words::read(url)?),
        };
        let mut all: BTreeMap<_, _> = before.into_iter().collect();
        for (index, (key, value)) in given.into_iter().enumerate() {
            if UNSUPPORTED.contains(&&*key) {
                return Err(unreadable(format!("`{key}` is not supported"), FORM));
            }
            if !KEYS.contains(&&*key) {
                return Err(unknown_parameter(index, &key, &KEYS, FORM));
            }
            all.insert(key, value);
        }
        let tls = Tls::new(&Words(all.clone()), around)?;
        for (variable, key) in VARIABLES {
            if let Some(value) = around.env.get(variable).filter(|value| !value.is_empty()) {
                all.entry(key.to_owned()).or_insert_with(|| Secret::new(value));
            }
        }
        let words = Words(all);
        let mut config = config(&words, around)?;
        if config.get_password().is_none() {
            if let Some(password) = by_passfile(&config, &words, around) {
                config.password(password.reveal());
            }
        }
        Ok(Self { config: Box::new(config), tls })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// How long connecting may take: every host its own time.
    pub(super) fn patience(&self) -> Duration {
        let hosts = self.config.get_hosts().len().max(self.config.get_hostaddrs().len());
        let each = self.config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT);
        each * u32::try_from(hosts).unwrap_or(1)
    }

    /// The name of the database, if somebody gives one.
    pub fn database(&self) -> Option<&str> {
        self.config.get_dbname()
    }

    /// The same server, another database.
    #[must_use]
    pub fn with_database(&self, name: &str) -> Self {
        let mut config = self.config.clone();
        config.dbname(name);
        Self { config, tls: self.tls.clone() }
    }

    /// Takes what is secret out of a message: a server may repeat what it was sent.
    pub(super) fn redact(&self, message: &str) -> String {
        let password = self.config.get_password().map(String::from_utf8_lossy);
        let options = self.config.get_options().unwrap_or_default();
        let secrets = password.iter().map(|text| &**text).chain(options.split([' ', '=', '\t']));
        crate::database::redacted(message, secrets)
    }
}

/// As the words that a URL stands for.
fn of_address(address: Address) -> Vec<(String, Secret)> {
    let mut words = Vec::new();
    let mut add = |key: &str, value: String| words.push((key.to_owned(), Secret::new(value)));
    if !address.hosts.is_empty() {
        let ports: Vec<_> = address
            .hosts
            .iter()
            .map(|(_, port)| port.map(|port| port.to_string()).unwrap_or_default())
            .collect();
        if ports.iter().any(|port| !port.is_empty()) {
            add("port", ports.join(","));
        }
        let names: Vec<_> = address.hosts.into_iter().map(|(name, _)| name).collect();
        add("host", names.join(","));
    }
    if let Some(user) = address.user {
        add("user", user);
    }
    if let Some(name) = address.path {
        add("dbname", name);
    }
    if let Some(password) = address.password {
        words.push(("password".to_owned(), password));
    }
    words
}

fn config(words: &Words, around: Surroundings<'_>) -> CliResult<Config> {
    let mut config = Config::new();
    hosts(&mut config, words)?;
    // Who does not say who connects means the account.
    let account = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| around.env.get(name));
    let user = words.get("user").or(account.filter(|name| !name.is_empty()));
    if let Some(user) = user {
        config.user(user);
    }
    if let Some(name) = words.get("dbname").or(user) {
        config.dbname(name);
    }
    if let Some(password) = words.get("password") {
        config.password(password);
    }
    if let Some(options) = words.get("options") {
        config.options(options);
    }
    let name = words.get("application_name").or_else(|| words.get("fallback_application_name"));
    config.application_name(name.unwrap_or("dbmig"));
    config.connect_timeout(match words.number("connect_timeout")? {
        // For libpq it is no limit; nothing of ours waits for ever.
        None | Some(0) => CONNECT_TIMEOUT,
        Some(seconds) => Duration::from_secs(seconds),
    });
    tcp(&mut config, words)?;
    let any = [
        ("any", TargetSessionAttrs::Any),
        ("read-write", TargetSessionAttrs::ReadWrite),
        ("read-only", TargetSessionAttrs::ReadOnly),
    ];
    if let Some(attributes) = words.choice("target_session_attrs", &any)? {
        config.target_session_attrs(attributes);
    }
    let bindings = [
        ("disable", ChannelBinding::Disable),
        ("prefer", ChannelBinding::Prefer),
        ("require", ChannelBinding::Require),
    ];
    if let Some(binding) = words.choice("channel_binding", &bindings)? {
        config.channel_binding(binding);
    }
    let orders = [("disable", LoadBalanceHosts::Disable), ("random", LoadBalanceHosts::Random)];
    if let Some(order) = words.choice("load_balance_hosts", &orders)? {
        config.load_balance_hosts(order);
    }
    words.choice("gssencmode", &[("disable", ()), ("prefer", ())])?;
    words.choice("client_encoding", &[("UTF8", ()), ("utf8", ()), ("UTF-8", ()), ("auto", ())])?;
    Ok(config)
}

fn hosts(config: &mut Config, words: &Words) -> CliResult<()> {
    let addresses = words.get("hostaddr");
    for address in addresses.into_iter().flat_map(|list| list.split(',')) {
        let address = address.trim().parse().map_err(|_| wrong("hostaddr", "an IP address"))?;
        config.hostaddr(address);
    }
    let names = match words.get("host") {
        Some(names) => Some(names.to_owned()),
        None if addresses.is_some() => None,
        None => Some(default_host()),
    };
    for name in names.iter().flat_map(|list| list.split(',')) {
        let name = name.trim();
        match name {
            "" => config.host(&default_host()),
            name if !is_host(name) => {
                return Err(wrong("host", "a name, an address, or the folder of a socket"));
            }
            name => config.host(name),
        };
    }
    for port in words.get("port").into_iter().flat_map(|list| list.split(',')) {
        let port = match port.trim() {
            "" => 5432,
            port => match port.parse() {
                Ok(port) if port > 0 => port,
                _ => return Err(wrong("port", "a number from 1 to 65535")),
            },
        };
        config.port(port);
    }
    let (hosts, ports) =
        (config.get_hosts().len().max(config.get_hostaddrs().len()), config.get_ports().len());
    if ports > 1 && ports != hosts {
        return Err(wrong("port", "one for all hosts, or one for each"));
    }
    Ok(())
}

fn tcp(config: &mut Config, words: &Words) -> CliResult<()> {
    if let Some(on) = words.number("keepalives")? {
        config.keepalives(on != 0);
    }
    // Zero is the default of the system.
    let seconds = |key| Ok(words.number(key)?.filter(|&n| n > 0).map(Duration::from_secs));
    if let Some(idle) = seconds("keepalives_idle")? {
        config.keepalives_idle(idle);
    }
    if let Some(interval) = seconds("keepalives_interval")? {
        config.keepalives_interval(interval);
    }
    for key in ["keepalives_count", "keepalives_retries"] {
        if let Some(count) = words.number(key)?.filter(|&n| n > 0) {
            config.keepalives_retries(u32::try_from(count).unwrap_or(u32::MAX));
        }
    }
    if let Some(timeout) = words.number("tcp_user_timeout")?.filter(|&n| n > 0) {
        // libpq counts it in milliseconds.
        config.tcp_user_timeout(Duration::from_millis(timeout));
    }
    Ok(())
}

/// Where libpq looks for a server when nobody says where: the folder of the sockets.
fn default_host() -> String {
    let folders = ["/var/run/postgresql", "/tmp"];
    let socket = |folder: &&str| cfg!(unix) && Path::new(folder).join(".s.PGSQL.5432").exists();
    folders.into_iter().find(socket).unwrap_or("localhost").to_owned()
}

fn by_passfile(config: &Config, words: &Words, around: Surroundings<'_>) -> Option<Secret> {
    let path = match words.get("passfile") {
        Some(path) => around.cwd.join(path),
        None => around.home_file(".pgpass", "postgresql/pgpass.conf")?,
    };
    let (ports, database) = (config.get_ports(), config.get_dbname()?);
    let names = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        // libpq calls the server behind the usual socket so.
        Host::Unix(path) if path.starts_with(default_host()) => "localhost".to_owned(),
        Host::Unix(path) => path.to_string_lossy().into_owned(),
    });
    let addresses = config.get_hostaddrs().iter().map(ToString::to_string);
    let hosts: Vec<_> =
        if config.get_hosts().is_empty() { addresses.collect() } else { names.collect() };
    let user = config.get_user()?;
    let mut found = hosts.iter().enumerate().map(|(index, host)| {
        let port = ports.get(index).or_else(|| ports.first()).copied().unwrap_or(5432);
        passfile::find(&path, Wanted { host, port, database, user })
    });
    // The driver has one password for all hosts: that of one is not for another.
    let first = found.next()??;
    found.all(|password| password.as_ref() == Some(&first)).then_some(first)
}

impl Surroundings<'_> {
    /// A file in the user's own folder.
    pub(super) fn home_file(&self, unix: &str, windows: &str) -> Option<PathBuf> {
        let (variable, name) = if cfg!(windows) { ("APPDATA", windows) } else { ("HOME", unix) };
        let home = self.env.get(variable).filter(|path| !path.is_empty())?;
        Some(Path::new(home).join(name))
    }
}

impl fmt::Display for PostgresTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        let names = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.to_string_lossy().into_owned(),
        });
        let addresses = self.config.get_hostaddrs().iter().map(ToString::to_string);
        let hosts: Vec<_> = match self.config.get_hosts() {
            [] => addresses.collect(),
            _ => names.collect(),
        };
        for (index, host) in hosts.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            match host.contains(':') {
                true => write!(f, "[{host}]")?,
                false => f.write_str(host)?,
            }
            let ports = self.config.get_ports();
            if let Some(port) = ports.get(index).or_else(|| ports.first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for PostgresTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresTarget({self})")
    }
}

#[cfg(test)]
#[path = "target_tests.rs"]
mod tests;
