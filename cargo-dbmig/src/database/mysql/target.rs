//! Which MySQL or MariaDB.

use std::fmt;

use mysql::{Opts, OptsBuilder};

use crate::error::{CliError, CliResult};

/// A server and a database, and who connects. Shows no password.
#[derive(Clone)]
pub struct MysqlTarget {
    opts: Opts,
}

impl MysqlTarget {
    /// Reads `mysql://…`; `mariadb://…` means the same.
    ///
    /// # Errors
    ///
    /// What can not be read; the message never repeats the URL.
    pub fn parse(url: &str) -> CliResult<Self> {
        let url = url.replacen("mariadb://", "mysql://", 1);
        let opts = Opts::from_url(&url).map_err(|error| {
            CliError::usage("the URL of the database can not be read")
                .cause(reason(&error))
                .help("its form is `mysql://user:password@host:3306/database`")
        })?;
        // Nothing on this machine is a server's to ask for, and statements are not kept prepared.
        let builder = OptsBuilder::from_opts(opts)
            .local_infile_handler(None)
            .prefer_socket(false)
            .additional_capabilities(mysql::consts::CapabilityFlags::CLIENT_FOUND_ROWS);
        Ok(Self { opts: builder.into() })
    }

    pub(super) fn opts(&self) -> Opts {
        self.opts.clone()
    }

    /// The name of the database, if the URL has one.
    pub fn database(&self) -> Option<&str> {
        self.opts.get_db_name()
    }

    /// The same server, another database or none.
    #[must_use]
    pub fn with_database(&self, name: Option<&str>) -> Self {
        Self { opts: OptsBuilder::from_opts(self.opts.clone()).db_name(name).into() }
    }
}

/// Without the value that was refused: it may be a password.
fn reason(error: &mysql::UrlError) -> String {
    match error {
        mysql::UrlError::InvalidValue(name, _) => format!("the value of `{name}`"),
        mysql::UrlError::UnknownParameter(name) => format!("unknown parameter `{name}`"),
        mysql::UrlError::FeatureRequired(_, name) => format!("`{name}` is not supported"),
        _ => "it is not a URL".to_owned(),
    }
}

impl fmt::Display for MysqlTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("mysql://")?;
        match self.opts.get_socket() {
            Some(path) => f.write_str(path)?,
            None => write!(f, "{}:{}", self.opts.get_ip_or_hostname(), self.opts.get_tcp_port())?,
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

    #[test]
    fn shown_without_secrets() {
        for (url, shown) in [
            ("mysql://u:secret@h:3307/d", "mysql://h:3307/d"),
            ("mariadb://u:secret@h/d", "mysql://h:3306/d"),
        ] {
            let target = MysqlTarget::parse(url).unwrap();
            assert_eq!(target.to_string(), shown);
            assert!(!format!("{target:?}").contains("secret"));
        }
        for url in ["mysql://u:secret@h:x/d", "mysql://u:secret@h/d?nosuch=secret"] {
            let error = MysqlTarget::parse(url).unwrap_err();
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
    }
}
