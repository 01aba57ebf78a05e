//! A signal: the statement is cancelled, the program says what is there, and ends with 130.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{address, dialect, project};
use crate::sandbox::Sandbox;
use crate::support::{Scratch, Server, connect_mysql, connect_postgres};

const LIMIT: Duration = Duration::from_secs(2);

fn start(sandbox: &Sandbox, args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_cargo-dbmig"))
        .args(args)
        .current_dir(&sandbox.cwd)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Exit code and standard error; fails when it takes longer than the limit.
#[track_caller]
fn end(mut child: Child) -> (Option<i32>, String) {
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > LIMIT {
            child.kill().unwrap();
            panic!("still running {LIMIT:?} after the signal");
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (status.code(), stderr)
}

#[track_caller]
fn wait_until(what: &str, mut check: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !check() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a statement with `sleep` in it runs in the database.
fn sleeps(scratch: &Scratch) -> bool {
    match scratch.server {
        Server::Postgres => {
            let sql = "SELECT 1 FROM pg_stat_activity WHERE datname = $1 AND state = 'active' \
                       AND query LIKE 'SELECT pg_sleep%'";
            let found = connect_postgres(&scratch.server.url()).query(sql, &[&scratch.name]);
            !found.unwrap().is_empty()
        }
        Server::Mariadb | Server::Mysql => {
            use mysql::prelude::Queryable as _;
            let sql = format!(
                "SELECT 1 FROM {} WHERE DB = ? AND INFO LIKE 'SELECT SLEEP%'",
                scratch.server.list_of_connections()
            );
            let found: Option<u8> =
                connect_mysql(&scratch.server.url()).exec_first(sql, (&scratch.name,)).unwrap();
            found.is_some()
        }
    }
}

fn sleeping(server: Server, in_transaction: bool) -> Sandbox {
    let sandbox = project(dialect(server));
    let sleep = match server {
        Server::Postgres => "SELECT pg_sleep(30);",
        _ => "SELECT SLEEP(30);",
    };
    sandbox.migration(
        "2024-01-02-000000_b",
        &format!("CREATE TABLE b (id INT);\n{sleep}\n"),
        "DROP TABLE b;\n",
    );
    sandbox.write(
        "migrations/2024-01-02-000000_b/metadata.toml",
        format!("run_in_transaction = {in_transaction}\n"),
    );
    sandbox
}

#[test]
fn a_statement_on_a_server_is_cancelled() {
    for (server, query, name, in_transaction) in [
        (Server::Postgres, "?sslmode=disable", "-INT", true),
        (Server::Postgres, "?sslmode=require", "-INT", true),
        (Server::Postgres, "?sslmode=require", "-TERM", false),
        (Server::Mariadb, "", "-INT", true),
        (Server::Mariadb, "", "-TERM", false),
    ] {
        let shown = format!("{server:?} {query} {name}");
        let scratch = Scratch::new(server);
        let sandbox = sleeping(server, in_transaction);
        let url = format!("{}{query}", scratch.url);
        let child = start(&sandbox, &["migrate", "--database-url", &url]);
        wait_until("the statement never ran", || sleeps(&scratch));
        signal(&child, name);
        let (code, stderr) = end(child);
        assert_eq!(code, Some(130), "{shown}: {stderr}");
        for said in [
            "error: interrupted",
            "rolled back: nothing of a file that runs in a transaction is in the database",
            "applied before it, and kept: 1 (the last `2024-01-01-000000_a`)",
            "cargo dbmig status",
            "cargo dbmig migrate",
        ] {
            assert!(stderr.contains(said), "{shown}: no {said:?} in {stderr}");
        }
        wait_until("the server goes on", || !sleeps(&scratch));
        let status = sandbox.dbmig(["status", "--database-url", &url]);
        assert!(status.stdout.contains("2024-01-01-000000_a"), "{status}");
        if server == Server::Postgres && in_transaction {
            let row = scratch.postgres().query_one("SELECT to_regclass('b')::text", &[]).unwrap();
            assert_eq!(row.get::<_, Option<&str>>(0), None, "{shown}");
            let _ = status.ok();
        }
    }
}

#[test]
fn a_statement_of_sqlite_is_cancelled() {
    let sandbox = project("sqlite");
    let endless = "CREATE TABLE b (id INT);\nINSERT INTO b WITH RECURSIVE c (x) AS \
                   (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c;\n";
    sandbox.dbmig(["migrate", "--database-url", "dev.db"]).ok();
    sandbox.migration("2024-01-02-000000_b", endless, "DROP TABLE b;\n");
    let child = start(&sandbox, &["migrate", "--database-url", "dev.db"]);
    wait_until("nothing is written", || sandbox.exists("dev.db-journal"));
    std::thread::sleep(Duration::from_millis(200));
    signal(&child, "-INT");
    let (code, stderr) = end(child);
    assert_eq!(code, Some(130), "{stderr}");
    assert!(stderr.contains("rolled back") && stderr.contains("cargo dbmig status"), "{stderr}");
    assert_eq!(sandbox.tables("dev.db"), ["a"]);
    let _ = sandbox.dbmig(["status", "--database-url", "dev.db"]).ok();
}

#[test]
fn while_connecting_and_waiting_it_ends_at_once() {
    // Takes connections and never says a word.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = listener.local_addr().unwrap().port();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for dialect in ["postgres", "mysql"] {
        for (port, wait) in [(silent, "--wait=0"), (closed, "--wait=60s")] {
            let sandbox = project(dialect);
            let url = format!("{dialect}://u@127.0.0.1:{port}/d");
            let mut child = start(&sandbox, &["status", wait, "--database-url", &url]);
            std::thread::sleep(Duration::from_millis(500));
            assert!(child.try_wait().unwrap().is_none(), "{dialect} {wait} has ended");
            signal(&child, "-INT");
            assert_eq!(end(child).0, Some(130), "{dialect} {wait}");
        }
    }
}

#[test]
fn the_second_signal_does_not_wait_for_the_server() {
    let (host, port) = address(Server::Postgres);
    let scratch = Scratch::new(Server::Postgres);
    let sandbox = sleeping(Server::Postgres, true);
    // Lets the first connection through, and no request to cancel.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming().flatten() {
            if held.is_empty() {
                let server = TcpStream::connect(format!("{host}:{port}")).unwrap();
                let pairs = [
                    (stream.try_clone().unwrap(), server.try_clone().unwrap()),
                    (server, stream.try_clone().unwrap()),
                ];
                for (mut from, mut to) in pairs {
                    std::thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.flush();
                        let _ = to.shutdown(std::net::Shutdown::Both);
                    });
                }
            }
            held.push(stream);
        }
    });
    let url = format!("postgres://postgres@127.0.0.1:{proxy}/{}?sslmode=disable", scratch.name);
    let mut child = start(&sandbox, &["migrate", "--database-url", &url]);
    wait_until("the statement never ran", || sleeps(&scratch));
    signal(&child, "-INT");
    std::thread::sleep(Duration::from_millis(700));
    assert!(child.try_wait().unwrap().is_none(), "the first signal got through");
    signal(&child, "-INT");
    let (code, stderr) = end(child);
    assert_eq!(code, Some(130), "{stderr}");
}
