//! `psql`, told by the variables of libpq where to connect: nothing stands on its command line.

use postgres::config::{Host, TargetSessionAttrs};

use super::PostgresTarget;
use crate::config::Secret;
use crate::database::{Client, Setup};

impl PostgresTarget {
    pub(in crate::database) fn client(&self, setup: &Setup) -> Client {
        let config = self.config();
        let mut variables: Vec<(&'static str, Secret)> = Vec::new();
        let mut add = |name, value: String| variables.push((name, Secret::new(value)));
        let joined = |list: Vec<String>| list.join(",");
        if !config.get_hosts().is_empty() {
            let name = |host: &Host| match host {
                Host::Tcp(name) => name.clone(),
                Host::Unix(path) => path.to_string_lossy().into_owned(),
            };
            add("PGHOST", joined(config.get_hosts().iter().map(name).collect()));
        }
        let addresses = config.get_hostaddrs();
        if !addresses.is_empty() {
            add("PGHOSTADDR", joined(addresses.iter().map(ToString::to_string).collect()));
        }
        let ports = config.get_ports();
        add(
            "PGPORT",
            match ports {
                [] => "5432".to_owned(),
                ports => joined(ports.iter().map(ToString::to_string).collect()),
            },
        );
        if let Some(name) = config.get_dbname() {
            add("PGDATABASE", name.to_owned());
        }
        if let Some(user) = config.get_user() {
            add("PGUSER", user.to_owned());
        }
        if let Some(password) = config.get_password() {
            add("PGPASSWORD", String::from_utf8_lossy(password).into_owned());
        }
        let options = options(config.get_options(), setup);
        if !options.is_empty() {
            add("PGOPTIONS", options);
        }
        if let Some(timeout) = config.get_connect_timeout() {
            add("PGCONNECT_TIMEOUT", timeout.as_secs().to_string());
        }
        add(
            "PGTARGETSESSIONATTRS",
            match config.get_target_session_attrs() {
                TargetSessionAttrs::ReadWrite => "read-write".to_owned(),
                TargetSessionAttrs::ReadOnly => "read-only".to_owned(),
                _ => "any".to_owned(),
            },
        );
        for (name, value) in self.tls.variables() {
            add(name, value);
        }
        Client {
            programs: &["psql"],
            install: "`apt-get install postgresql-client`, `dnf install postgresql`, or `brew install libpq`",
            variables,
            // A service counts before the variables.
            hidden: &["PGSERVICE", "PGSERVICEFILE"],
            ..Client::default()
        }
    }
}

/// Role and search path of the environment behind the options of the URL.
fn options(given: Option<&str>, setup: &Setup) -> String {
    // As libpq cuts it: at white space that has no backslash before it.
    let escaped = |text: &str| {
        let escape = |c: char| match c {
            '\\' => "\\\\".to_owned(),
            c if c.is_whitespace() => format!("\\{c}"),
            c => c.to_string(),
        };
        text.chars().map(escape).collect::<String>()
    };
    let mut words: Vec<String> = given.map(str::to_owned).into_iter().collect();
    for (name, value) in [("role", &setup.role), ("search_path", &setup.search_path)] {
        words.extend(value.as_ref().map(|value| format!("-c {name}={}", escaped(value))));
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Env;
    use crate::database::Surroundings;

    fn variables(url: &str, setup: &Setup) -> Vec<(&'static str, String)> {
        let env = Env::default();
        let around = Surroundings { env: &env, tls: None, cwd: Path::new("/folder") };
        let client = PostgresTarget::parse(url, around).unwrap().client(setup);
        assert!(client.arguments.is_empty());
        let plain = |(name, value): (&'static str, Secret)| (name, value.reveal().to_owned());
        client.variables.into_iter().map(plain).collect()
    }

    #[test]
    fn everything_goes_by_variables() {
        let url = "postgres://us%20er:p%40ss@h1:1,h2:2/d%20b?sslmode=verify-full&sslrootcert=ca.pem&options=-cx%3Dy";
        let setup = Setup {
            role: Some("o'b c".into()),
            search_path: Some("a, \"b\\\"".into()),
            ..Setup::default()
        };
        let found = variables(url, &setup);
        for (name, value) in [
            ("PGHOST", "h1,h2"),
            ("PGPORT", "1,2"),
            ("PGUSER", "us er"),
            ("PGPASSWORD", "p@ss"),
            ("PGDATABASE", "d b"),
            ("PGSSLMODE", "verify-full"),
            ("PGSSLROOTCERT", "/folder/ca.pem"),
            ("PGOPTIONS", "-cx=y -c role=o'b\\ c -c search_path=a,\\ \"b\\\\\""),
        ] {
            assert!(found.contains(&(name, value.to_owned())), "{name}: {found:?}");
        }
        let found = variables("postgres://u@/d?host=/run/pg", &Setup::default());
        assert!(found.contains(&("PGHOST", "/run/pg".to_owned())), "{found:?}");
        assert!(!found.iter().any(|(name, _)| matches!(*name, "PGPASSWORD" | "PGOPTIONS")));
    }
}
