//! Which PostgreSQL: a URL, or `key=value` words.

use std::fmt;
use std::str::FromStr as _;

use postgres::Config;
use postgres::config::Host;

use crate::error::{CliError, CliResult};

/// A server and a database, and who connects. Shows no password.
#[derive(Clone)]
pub struct PostgresTarget {
    config: Box<Config>,
}

impl PostgresTarget {
    /// Reads `postgres://…`, `postgresql://…`, or `host=… dbname=…`.
    ///
    /// # Errors
    ///
    /// What can not be read; the message never repeats the URL.
    pub fn parse(url: &str) -> CliResult<Self> {
        let config = Config::from_str(url).map_err(|error| {
            use std::error::Error as _;
            let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            CliError::usage("the URL of the database can not be read")
                .cause(reason)
                .help("its form is `postgres://user:password@host:5432/database`")
        })?;
        Ok(Self { config: Box::new(config) })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// The name of the database, if the URL has one.
    pub fn database(&self) -> Option<&str> {
        self.config.get_dbname()
    }

    /// The same server, another database.
    #[must_use]
    pub fn with_database(&self, name: &str) -> Self {
        let mut config = self.config.clone();
        config.dbname(name);
        Self { config }
    }
}

impl fmt::Display for PostgresTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            match host {
                Host::Tcp(name) if name.contains(':') => write!(f, "[{name}]")?,
                Host::Tcp(name) => f.write_str(name)?,
                Host::Unix(path) => f.write_str(&path.to_string_lossy())?,
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
mod tests {
    use super::*;

    #[test]
    fn shown_without_secrets() {
        for (url, shown) in [
            ("postgres://u:secret@h:5433/d", "postgres://h:5433/d"),
            ("postgresql://u:secret@h/d?application_name=x", "postgres://h:5432/d"),
            ("host=h password=secret dbname=d", "postgres://h/d"),
            ("postgres://u:secret@[::1]:1/d", "postgres://[::1]:1/d"),
        ] {
            let target = PostgresTarget::parse(url).unwrap();
            assert_eq!(
                target.to_string().replace(":5432", ""),
                shown.replace(":5432", ""),
                "{url}"
            );
            assert!(!format!("{target:?}").contains("secret"));
        }
        let error = PostgresTarget::parse("postgres://u:secret@h:x/d").unwrap_err();
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}
