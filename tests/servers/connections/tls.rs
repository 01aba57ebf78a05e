//! What every mode of TLS accepts, and what a server can not make the client do.

use std::net::TcpListener;
use std::time::Duration;

use super::project;
use super::stub::{Authority, Protocol, Shows, Spoke, mysql_greeting, mysql_packet, mysql_send};
use crate::support::{Server, variable};

const SHOWS: [Shows; 5] =
    [Shows::Nothing, Shows::Good, Shows::SelfSigned, Shows::WrongHost, Shows::Expired];

const PLAIN: Option<Spoke> = Some(Spoke::Plain);
const TLS: Option<Spoke> = Some(Spoke::Encrypted);

/// Runs the program against a server for each column of a row.
#[track_caller]
fn row(protocol: Protocol, host: &str, query: &str, expected: [Option<Spoke>; 5]) {
    let sandbox = project(if protocol == Protocol::Postgres { "postgres" } else { "mysql" });
    let authority = Authority::new(&sandbox.cwd);
    let scheme = if protocol == Protocol::Postgres { "postgres" } else { "mysql" };
    let file = authority.file.to_str().unwrap();
    for (shows, expected) in SHOWS.into_iter().zip(expected) {
        let stub = authority.serve(protocol, shows);
        let query = query.replace("{CA}", file);
        let url = format!("{scheme}://u:canary@{host}:{}/d?{query}", stub.port);
        let env = [("HOME", sandbox.cwd.to_str().unwrap())];
        let ran = sandbox.dbmig_with(&env, ["status", "--database-url", &url]).exits(3);
        // Who was refused has not said who it is: no password, no name.
        let spoke: Vec<_> = stub.spoke.try_iter().collect();
        assert_eq!(spoke.last().copied(), expected, "{shows:?} {query}: {spoke:?} {ran}");
        assert_eq!(ran.stderr.contains("this is a stub"), expected.is_some(), "{query}: {ran}");
        ran.silent_about("canary");
    }
}

#[test]
fn t57_postgres_modes_accept_what_libpq_accepts() {
    //                             nothing, good, self-signed, wrong host, expired
    for (query, expected) in [
        ("sslmode=disable", [PLAIN, PLAIN, PLAIN, PLAIN, PLAIN]),
        ("sslmode=allow", [PLAIN, PLAIN, PLAIN, PLAIN, PLAIN]),
        ("", [PLAIN, TLS, TLS, TLS, TLS]),
        ("sslmode=prefer", [PLAIN, TLS, TLS, TLS, TLS]),
        ("sslmode=require", [None, TLS, TLS, TLS, TLS]),
        ("sslmode=require&sslrootcert={CA}", [None, TLS, None, TLS, None]),
        ("sslmode=verify-ca&sslrootcert={CA}", [None, TLS, None, TLS, None]),
        ("sslmode=verify-ca", [None; 5]),
        ("sslmode=verify-full&sslrootcert={CA}", [None, TLS, None, None, None]),
        ("sslmode=verify-full&sslrootcert=/nosuch", [None; 5]),
        ("sslrootcert=system", [None; 5]),
    ] {
        row(Protocol::Postgres, "localhost", query, expected);
    }
    let by_address = [None; 5];
    row(Protocol::Postgres, "127.0.0.1", "sslmode=verify-full&sslrootcert={CA}", by_address);
}

#[test]
fn t57_mysql_modes_accept_what_they_say() {
    for (query, expected) in [
        ("ssl_mode=DISABLED", [PLAIN, PLAIN, PLAIN, PLAIN, PLAIN]),
        ("", [PLAIN, TLS, TLS, TLS, TLS]),
        ("ssl-mode=preferred", [PLAIN, TLS, TLS, TLS, TLS]),
        ("ssl_mode=REQUIRED", [None, TLS, TLS, TLS, TLS]),
        ("ssl_mode=VERIFY_IDENTITY&ssl_ca={CA}", [None, TLS, None, None, None]),
        ("ssl_mode=VERIFY_IDENTITY", [None; 5]),
    ] {
        row(Protocol::Mysql, "localhost", query, expected);
    }
    row(Protocol::Mysql, "127.0.0.1", "ssl_mode=VERIFY_IDENTITY&ssl_ca={CA}", [None; 5]);
}

#[test]
fn the_environment_asks_for_no_less_than_the_url() {
    for (dialect, protocol) in [("postgres", Protocol::Postgres), ("mysql", Protocol::Mysql)] {
        for (tls, expected) in [("require", None), ("prefer", PLAIN)] {
            let sandbox = project(dialect);
            sandbox.write(
                "dbmig.toml",
                format!("dialect = \"{dialect}\"\n[env.development]\ntls = \"{tls}\"\n"),
            );
            let stub = Authority::new(&sandbox.cwd).serve(protocol, Shows::Nothing);
            let word = if dialect == "postgres" { "sslmode=disable" } else { "ssl_mode=DISABLED" };
            let url = format!("{dialect}://u@localhost:{}/d?{word}", stub.port);
            let _ = sandbox.dbmig(["status", "--database-url", &url]).exits(3);
            assert_eq!(stub.spoke.try_iter().last(), expected, "{dialect} {tls}");
        }
    }
}

#[test]
fn a_real_server_is_verified() {
    let (_, port) = super::address(Server::Postgres);
    let ca = variable("DBMIG_TEST_POSTGRES_CA");
    for (host, query, code) in [
        ("localhost", format!("sslmode=verify-full&sslrootcert={ca}"), 0),
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={ca}"), 3),
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={ca}"), 0),
        ("localhost", "sslmode=verify-full".to_owned(), 3),
        ("localhost", "sslmode=require".to_owned(), 0),
        ("localhost", "sslmode=disable".to_owned(), 0),
    ] {
        let url = format!("postgres://postgres@{host}:{port}/postgres?{query}");
        let _ = project("postgres").dbmig(["status", "--database-url", &url]).exits(code);
    }
}

#[test]
fn t57_a_server_gets_no_file_of_this_machine() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // Answers every statement by asking for a file, and returns what it got.
    let server = std::thread::spawn(move || -> (usize, Vec<u8>) {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        mysql_send(&mut stream, 0, &mysql_greeting(false)).unwrap();
        let (sequence, _) = mysql_packet(&mut stream).unwrap();
        mysql_send(&mut stream, sequence + 1, &[0, 0, 0, 2, 0, 0, 0]).unwrap();
        let (mut asked, mut got) = (0, Vec::new());
        while let Ok((sequence, packet)) = mysql_packet(&mut stream) {
            match packet.first() {
                // COM_QUERY
                Some(3) if sequence == 0 => {
                    if mysql_send(&mut stream, 1, b"\xfb/etc/passwd").is_err() {
                        break;
                    }
                    asked += 1;
                }
                // COM_QUIT
                Some(1) if sequence == 0 => break,
                _ => {
                    got.extend(packet);
                    let _ = mysql_send(&mut stream, sequence + 1, &[0, 0, 0, 2, 0, 0, 0]);
                }
            }
        }
        (asked, got)
    });
    let url = format!("mysql://u@127.0.0.1:{port}/d?ssl_mode=DISABLED");
    let _ = project("mysql").dbmig(["status", "--database-url", &url]).exits(3);
    let (asked, got) = server.join().unwrap();
    assert!(asked > 0, "the client sent no statement");
    assert_eq!(got, b"", "{}", String::from_utf8_lossy(&got));
}
