//! `mysql` or `mariadb`: the password by a variable, everything else as arguments.

use super::MysqlTarget;
use crate::config::{Secret, TlsMode};
use crate::database::Client;

impl MysqlTarget {
    pub(in crate::database) fn client(&self, is_mariadb: bool) -> Client {
        let opts = self.opts();
        let mut arguments = Vec::new();
        match opts.get_socket() {
            Some(path) => {
                arguments.push("--protocol=SOCKET".to_owned());
                arguments.push(format!("--socket={path}"));
            }
            None => {
                // Otherwise `localhost` would mean the usual socket.
                arguments.push("--protocol=TCP".to_owned());
                arguments.push(format!("--host={}", opts.get_ip_or_hostname()));
                arguments.push(format!("--port={}", opts.get_tcp_port()));
                arguments.extend(self.tls_arguments(is_mariadb));
            }
        }
        arguments.extend(opts.get_user().map(|user| format!("--user={user}")));
        arguments.extend(opts.get_db_name().map(|name| format!("--database={name}")));
        let password = opts.get_pass().map(|password| ("MYSQL_PWD", Secret::new(password)));
        Client {
            programs: &["mysql", "mariadb"],
            install: "`apt-get install mariadb-client`, `dnf install mariadb`, or `brew install mysql-client`",
            arguments,
            variables: password.into_iter().collect(),
            ..Client::default()
        }
    }

    /// The two clients have different words for the same.
    fn tls_arguments(&self, is_mariadb: bool) -> Vec<String> {
        let words: &[&str] = match (self.mode(), is_mariadb) {
            (TlsMode::Disable, true) => &["--skip-ssl"],
            (TlsMode::Disable, false) => &["--ssl-mode=DISABLED"],
            (TlsMode::Allow | TlsMode::Prefer, true) => &["--skip-ssl-verify-server-cert"],
            (TlsMode::Allow | TlsMode::Prefer, false) => &["--ssl-mode=PREFERRED"],
            (TlsMode::Require, true) => &["--ssl", "--skip-ssl-verify-server-cert"],
            (TlsMode::Require, false) => &["--ssl-mode=REQUIRED"],
            (_, true) => &["--ssl", "--ssl-verify-server-cert"],
            (_, false) => &["--ssl-mode=VERIFY_IDENTITY"],
        };
        let mut arguments: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
        if self.mode() != TlsMode::Disable {
            let files = self.tls_files();
            arguments.extend(files.map(|(word, path)| format!("--{word}={}", path.display())));
        }
        arguments
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Env;
    use crate::database::Surroundings;

    fn client(url: &str, is_mariadb: bool) -> Client {
        let env = Env::default();
        let around = Surroundings { env: &env, tls: None, cwd: Path::new("/folder") };
        MysqlTarget::parse(url, around).unwrap().client(is_mariadb)
    }

    #[test]
    fn the_password_is_no_argument() {
        for (url, is_mariadb, arguments, password) in [
            (
                "mysql://u:p%40ss@localhost:7/d%20b",
                false,
                "--protocol=TCP|--host=localhost|--port=7|--ssl-mode=PREFERRED|--user=u|--database=d b",
                Some("p@ss"),
            ),
            (
                "mysql://u@/d?unix_socket=/run/s",
                true,
                "--protocol=SOCKET|--socket=/run/s|--user=u|--database=d",
                None,
            ),
            (
                "mysql://u:p@h/d?ssl_mode=VERIFY_IDENTITY&ssl_ca=ca.pem",
                true,
                "--protocol=TCP|--host=h|--port=3306|--ssl|--ssl-verify-server-cert|--ssl-ca=/folder/ca.pem|--user=u|--database=d",
                Some("p"),
            ),
            (
                "mysql://u:p@h/d?ssl_mode=REQUIRED",
                false,
                "--protocol=TCP|--host=h|--port=3306|--ssl-mode=REQUIRED|--user=u|--database=d",
                Some("p"),
            ),
        ] {
            let client = client(url, is_mariadb);
            assert_eq!(client.arguments.join("|"), arguments, "{url}");
            let sent = client.variables.first().map(|(name, value)| (*name, value.reveal()));
            assert_eq!(sent, password.map(|text| ("MYSQL_PWD", text)), "{url}");
        }
    }
}
