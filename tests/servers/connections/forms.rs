//! The forms in which a server is named, and waiting for it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use super::{address, dialect, project};
use crate::support::{Scratch, Server, variable};

/// The folder with the socket of a server that `tests/run` started.
fn folder(server: Server) -> std::path::PathBuf {
    let postgres = variable("DBMIG_TEST_POSTGRES_CA");
    let postgres = Path::new(&postgres).parent().unwrap();
    match server {
        Server::Postgres => postgres.to_owned(),
        _ => postgres.with_file_name("mariadb"),
    }
}

#[test]
fn urls() {
    for server in [Server::Postgres, Server::Mariadb] {
        let scratch = Scratch::new(server);
        let (name, (host, port)) = (&scratch.name, address(server));
        let folder = folder(server);
        let folder = folder.to_str().unwrap();
        let forms = match server {
            Server::Postgres => vec![
                format!("postgresql://postgres@{host}:{port}/{name}?sslmode=allow"),
                format!("postgres://postgres@/{name}?host={folder}&port={port}"),
                format!("postgres://postgres@{}:{port}/{name}", folder.replace('/', "%2F")),
                format!(
                    "postgres:///{name}?host={host}&port={port}&user=postgres&gssencmode=disable"
                ),
                format!("host={host} port={port} user=postgres dbname='{name}' connect_timeout=5"),
                format!("postgres://postgres@127.0.0.1:1,{host}:{port}/{name}"),
                format!(
                    "postgres://postgres@{host}:{port}/{name}?options=-c%20search_path%3Dpublic"
                ),
            ],
            _ => vec![
                format!("mariadb://root@{host}:{port}/{name}?ssl_mode=disabled&charset=utf8mb4"),
                format!("mysql://root@localhost/{name}?unix_socket={folder}/socket"),
                format!("mysql://root@{}%2Fsocket/{name}", folder.replace('/', "%2F")),
                format!(
                    "mysql://root@localhost:{port}/{name}?connect_timeout=5&ssl-mode=PREFERRED"
                ),
            ],
        };
        let sandbox = project(dialect(server));
        sandbox.dbmig(["migrate", "--database-url", &scratch.url]).ok();
        for form in forms {
            let ran = sandbox.dbmig(["status", "--database-url", &form]).exits(0);
            ran.says("1 applied");
        }
    }
}

#[test]
fn single_values_variables_and_commands() {
    for server in [Server::Postgres, Server::Mariadb] {
        let scratch = Scratch::new(server);
        let (name, (host, port)) = (&scratch.name, address(server));
        let kind = dialect(server);
        let user = if server == Server::Postgres { "postgres" } else { "root" };
        let (url, rest) = (&scratch.url, format!("user = \"{user}\"\ndbname = \"{name}\"\n"));
        let variables = match server {
            Server::Postgres => vec![("PGHOST", &*host), ("PGPORT", &*port), ("PGUSER", user)],
            _ => vec![("MYSQL_HOST", &*host), ("MYSQL_TCP_PORT", &*port)],
        };
        for (section, env) in [
            (format!("host = \"{host}\"\nport = {port}\n{rest}"), vec![]),
            (
                format!("host = \"{host}\"\nport = {port}\npassword_env = \"P\"\n{rest}"),
                // Nobody asks for it here; what it holds must not break the URL.
                vec![("P", if server == Server::Postgres { "a@b/c:%?#" } else { "" })],
            ),
            (rest.clone(), variables.clone()),
            (format!("url_command = [\"printf\", \"%s\\\\n\", \"{url}\"]\n"), vec![]),
            ("url_command = [\"./url.sh\", \"x\"]\n".to_owned(), vec![]),
        ] {
            let sandbox = project(kind);
            sandbox
                .write("dbmig.toml", format!("dialect = \"{kind}\"\n[env.development]\n{section}"));
            sandbox.write("url.sh", format!("#!/bin/sh\necho once >> asked\necho '{url}'\n"));
            make_executable(&sandbox.path("url.sh"));
            let ran = sandbox.dbmig_with(&env, ["status"]).exits(0);
            ran.says("0 applied, 1 pending");
            if section.contains("url.sh") {
                assert_eq!(sandbox.read("asked"), "once\n", "a vault is asked once");
            }
        }
    }
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn what_is_missing_is_said() {
    for (section, said) in [
        ("url_command = [\"false\"]", "`url_command` (`false`) gave no URL"),
        ("url_command = [\"true\"]", "it printed nothing"),
        ("url_command = [\"./nosuch\"]", "gave no URL"),
        ("url_command = [\"printf\", \"a\\\\nb\"]", "more than one line"),
        (
            "host = \"h\"\npassword_env = \"NOSUCH\"",
            "takes its password from `NOSUCH`, which is not set",
        ),
    ] {
        let sandbox = project("postgres");
        sandbox
            .write("dbmig.toml", format!("dialect = \"postgres\"\n[env.development]\n{section}\n"));
        let _ = sandbox.dbmig(["status"]).exits(2).warns(said);
    }
    let sandbox = project("postgres");
    sandbox.write("dbmig.toml", "[env.development]\nhost = \"h\"\n");
    let _ = sandbox.dbmig(["status"]).exits(2).warns("give dbmig.toml a `dialect`");
}

#[test]
fn a_server_that_is_still_starting_is_waited_for() {
    for server in [Server::Postgres, Server::Mariadb] {
        let scratch = Scratch::new(server);
        let (host, port) = address(server);
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let late = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(1));
            let listener = TcpListener::bind(("127.0.0.1", free)).unwrap();
            let (client, _) = listener.accept().unwrap();
            let server = TcpStream::connect(format!("{host}:{port}")).unwrap();
            let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            let back = std::thread::spawn(move || copy(&mut from, &mut to));
            copy(&mut client.try_clone().unwrap(), &mut server.try_clone().unwrap());
            let _ = server.shutdown(std::net::Shutdown::Both);
            back.join().unwrap();
        });
        let sandbox = project(dialect(server));
        let query =
            if server == Server::Postgres { "sslmode=disable" } else { "ssl_mode=DISABLED" };
        let (_, address) = scratch.url.rsplit_once('@').unwrap();
        let (_, name) = address.split_once('/').unwrap();
        let user = if server == Server::Postgres { "postgres" } else { "root" };
        let url = format!("{}://{user}@127.0.0.1:{free}/{name}?{query}", dialect(server));
        let _ = sandbox.dbmig(["status", "--database-url", &url]).exits(3).warns("--wait");
        let begun = Instant::now();
        sandbox.dbmig(["status", "--wait=20s", "--database-url", &url]).ok();
        assert!(begun.elapsed() < Duration::from_secs(10));
        late.join().unwrap();
    }
}

fn copy(from: &mut TcpStream, to: &mut TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}

#[test]
fn what_will_not_change_is_not_waited_for() {
    for server in [Server::Postgres, Server::Mariadb] {
        let url = format!("{}_nosuch", server.url());
        let begun = Instant::now();
        let args = ["status", "--wait", "--database-url", &url];
        let _ = project(dialect(server)).dbmig(args).exits(3).warns("db setup");
        assert!(begun.elapsed() < Duration::from_secs(5), "{server:?}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let begun = Instant::now();
    let url = format!("postgres://u@127.0.0.1:{closed}/d");
    let _ = project("postgres").dbmig(["status", "--wait=1s", "--database-url", &url]).exits(3);
    assert!((1..5).contains(&begun.elapsed().as_secs()));
}

#[test]
fn who_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for dialect in ["postgres", "mysql"] {
        let url = format!("{dialect}://u@127.0.0.1:{port}/d?connect_timeout=1");
        let begun = Instant::now();
        let ran = project(dialect).dbmig(["status", "--database-url", &url]).exits(3);
        ran.warns("the server did not answer within 1 s");
        assert!(begun.elapsed() < Duration::from_secs(5), "{dialect}");
    }
}
