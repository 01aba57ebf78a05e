//! T53: what is secret in a URL is in no output, however the command fails.

use std::net::TcpListener;

use super::{address, project};
use crate::sandbox::Sandbox;
use crate::support::Server;

const CANARY: &str = "k4n4ry";

/// URLs with a secret in every position, as they are written, and as they are written wrong.
fn urls(host: &str, port: &str) -> Vec<String> {
    let mut urls = Vec::new();
    for (scheme, at) in
        [("postgres", format!("{host}:{port}")), ("mysql", format!("{host}:{port}"))]
    {
        // In the password, with each character that means something elsewhere.
        for odd in [
            "", "@", "/", "?", "#", ":", "%", "%00", "%ff", "%2F", "&", "=", " ", "\n", "\"", "'",
            "\\", "[", "ü",
        ] {
            urls.push(format!("{scheme}://u:{CANARY}{odd}x@{at}/d"));
            urls.push(format!("{scheme}://u:x{odd}{CANARY}@{at}/d"));
        }
        // In the place of something else, or beside it.
        for tail in [
            "?password=~",
            "?sslpassword=~",
            "?~",
            "?~=1",
            "?~=~",
            "?sslmode=~",
            "?ssl_mode=~",
            "?sslkeys=~",
            "?options=-c%20statement_timeout%3D~",
            "?options=~",
            "?connect_timeout=~",
            "?application_name=~",
            "?channel_binding=~",
            "?target_session_attrs=~",
            "?port=~",
            "?keepalives=~",
            "?hostaddr=~",
            "?gssencmode=~",
            "?client_encoding=~",
            "?charset=~",
            "?local_infile=~",
            "?passfile=~",
            "?sslcrl=~",
            "?service=~",
            "?user=u&password=~&x",
            "?sslnegotiation=~",
            "?ssl_min_protocol_version=~",
            "?load_balance_hosts=~",
        ] {
            urls.push(format!("{scheme}://u@{at}/d{}", tail.replace('~', CANARY)));
        }
        urls.push(format!("{scheme}://u:{CANARY}@{host}:x/d"));
        urls.push(format!("{scheme}://u:{CANARY}@{host}:99999/d"));
        urls.push(format!("{scheme}://u:{CANARY}@[::1/d"));
        urls.push(format!("{scheme}:u:{CANARY}@{at}/d"));
        urls.push(format!("{scheme}:/u:{CANARY}@{at}/d"));
        urls.push(format!("{scheme}x://u:{CANARY}@{at}/d"));
    }
    for text in [
        "host={H} port={P} user=u password=~ dbname=d",
        "host={H} port={P} user=u password='~",
        "host={H} port={P} user=u password=~ sslmode=x",
        "host={H} port={P} user=u ~",
        "host={H} port={P} user=u ~=1",
        "password=~ host",
        "u:~@{H}:{P}/d",
        "//u:~@{H}:{P}/d",
        "sqlite://u:~@{H}/d",
        "oracle://u:~@{H}/d",
        "~://u@{H}/d",
        " postgres://u:~@{H}:{P}/d",
        "file:nosuch/x.db?key=~",
        "sqlite:nosuch/x.db?password=~",
    ] {
        urls.push(text.replace('~', CANARY).replace("{H}", host).replace("{P}", port));
    }
    urls
}

#[track_caller]
fn silent(sandbox: &Sandbox, env: &[(&str, &str)], args: &[&str], url: &str) {
    for format in ["human", "json"] {
        let mut all = args.to_vec();
        all.extend(["--format", format]);
        let ran = sandbox.dbmig_with(env, all);
        let output = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!output.contains(CANARY), "{url:?} with {env:?}: {ran}");
        assert!(!ran.stderr.contains("panicked at"), "{url:?}: {ran}");
        assert_ne!(ran.code, Some(101), "{url:?}: {ran}");
    }
}

#[test]
fn t53_no_secret_is_shown_where_nobody_listens() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let urls = urls("127.0.0.1", &port.to_string());
    assert!(urls.len() >= 80, "{}", urls.len());
    let sandbox = project("postgres");
    for url in &urls {
        for verb in [&["status"][..], &["migrate"], &["database", "setup"]] {
            let mut args = verb.to_vec();
            args.extend(["--database-url", url]);
            silent(&sandbox, &[], &args, url);
        }
        silent(&sandbox, &[("DATABASE_URL", url)], &["status"], url);
    }
    println!("{} URLs", urls.len());
}

#[test]
fn t53_no_secret_is_shown_by_what_a_server_answers() {
    for server in [Server::Postgres, Server::Mariadb] {
        let (host, port) = address(server);
        let sandbox = project(super::dialect(server));
        let other = if server == Server::Postgres { "mysql" } else { "postgres" };
        for url in urls(&host, &port).into_iter().filter(|url| !url.contains(other)) {
            silent(&sandbox, &[], &["status", "--database-url", &url], &url);
        }
    }
}

#[test]
fn t53_no_secret_is_shown_of_what_is_not_in_the_url() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for dialect in ["postgres", "mysql"] {
        let url = format!("{dialect}://u@127.0.0.1:{port}/d");
        let section = |line: &str| {
            let sandbox = project(dialect);
            sandbox.write(
                "dbmig.toml",
                format!("dialect = \"{dialect}\"\n[env.development]\n{line}\n")
                    .replace('~', CANARY),
            );
            sandbox.write("url", format!("{dialect}://u:{CANARY}@127.0.0.1:{port}/d?{CANARY}"));
            sandbox.write("fails.sh", format!("#!/bin/sh\necho {CANARY}\nexit 3\n"));
            sandbox
        };
        for (line, env) in [
            (format!("url = \"{url}\""), vec![("PGPASSWORD", CANARY), ("MYSQL_PWD", CANARY)]),
            (format!("url = \"{url}\""), vec![("PGSSLMODE", CANARY), ("MYSQL_TCP_PORT", CANARY)]),
            (
                format!("url = \"{url}\""),
                vec![("PGOPTIONS", CANARY), ("PGCONNECT_TIMEOUT", CANARY)],
            ),
            (format!("url = \"{dialect}://u:~@127.0.0.1:{port}/d?~\""), vec![]),
            (format!("url = \"{dialect}://u:~@127.0.0.1:{port}/d"), vec![]),
            ("url = [\"~\"]".to_owned(), vec![]),
            ("url_file = \"url\"".to_owned(), vec![]),
            ("url_command = [\"sh\", \"fails.sh\", \"~\"]".to_owned(), vec![]),
            ("url_command = [\"printf\", \"~://x\"]".to_owned(), vec![]),
            ("url_command = [\"printf\", \"%s\\n%s\", \"~\", \"~\"]".to_owned(), vec![]),
            (
                format!("host = \"127.0.0.1\"\nport = {port}\npassword_env = \"P\""),
                vec![("P", CANARY)],
            ),
        ] {
            let sandbox = section(&line);
            silent(&sandbox, &env, &["status"], &line);
            silent(&sandbox, &env, &["migrate"], &line);
        }
    }
}

#[test]
fn t53_no_secret_is_in_a_debug() {
    use cargo_dbmig::config::Env;
    use cargo_dbmig::database::{MysqlTarget, PostgresTarget, Surroundings};
    use clap::Parser as _;
    let env = Env::from_pairs([("PGPASSWORD", CANARY), ("MYSQL_PWD", CANARY)]);
    let around = Surroundings { env: &env, tls: None, cwd: std::path::Path::new("/") };
    for url in
        urls("h", "1").iter().map(String::as_str).chain(["postgres://u@h/d", "mysql://u@h/d"])
    {
        let shown = format!(
            "{:?} {:?} {around:?}",
            PostgresTarget::parse(url, around),
            MysqlTarget::parse(url, around),
        );
        assert!(!shown.contains(CANARY), "{url:?}: {shown}");
        let args = ["cargo-dbmig", "status", "--database-url", url];
        let cli = format!("{:?}", cargo_dbmig::cli::Cli::try_parse_from(args).unwrap());
        assert!(!cli.contains(CANARY), "{url:?}: {cli}");
    }
}
