//! MariaDB and MySQL: a text of several statements is cut by the server, and each is answered; the
//! lines of DELIMITER are cut by the client of the server.

use std::process::{Command, Stdio};

use dbmig_build::Dialect;
use mysql::Conn;
use mysql::prelude::Queryable as _;

use super::dump::{Rows, dump};
use super::{difference, hazards, report, surely};
use crate::support::{Scratch, Server};

/// Sends a text, and counts the answers: one a statement, but more for a CALL.
pub(super) fn send(conn: &mut Conn, sql: &str) -> Result<usize, String> {
    let mut answers = conn.query_iter(sql).map_err(|error| error.to_string())?;
    let mut count = 0;
    while let Some(answer) = answers.iter() {
        for row in answer {
            row.map_err(|error| error.to_string())?;
        }
        count += 1;
    }
    Ok(count)
}

/// Feeds a text to the client program, which knows DELIMITER.
fn feed(scratch: &Scratch, text: &str) -> Result<(), String> {
    use std::io::Write as _;
    let opts = mysql::Opts::from_url(&scratch.url).unwrap();
    let mut client = Command::new("mariadb")
        // Comments inside of a body belong to it.
        .args(["--no-defaults", "--comments", "--default-character-set=utf8mb4"])
        .arg(format!("--host={}", opts.get_ip_or_hostname()))
        .arg(format!("--port={}", opts.get_tcp_port()))
        .arg(format!("--user={}", opts.get_user().unwrap_or("root")))
        .arg(format!("--password={}", opts.get_pass().unwrap_or("")))
        .arg(&scratch.name)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    client.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = client.wait_with_output().unwrap();
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn check(server: Server, name: &str, text: &str) -> Result<(), String> {
    let split = surely(name, text, Dialect::Mysql)?;
    let (whole, pieces) = (Scratch::new(server), Scratch::new(server));
    let mut conn = pieces.mysql();
    let mut answers = 0;
    for statement in &split.statements {
        answers += send(&mut conn, statement.sql)
            .map_err(|error| format!("{name}:{}: {error}", statement.line))?;
    }
    let refused = |error| format!("{name}: the server refuses the whole: {error}");
    if split.client_lines {
        feed(&whole, text).map_err(refused)?;
    } else {
        let count = send(&mut whole.mysql(), text).map_err(refused)?;
        // The server also answers a comment after the last `;`.
        let comment = usize::from(
            !split.tail.trim_matches(|c: char| c.is_whitespace() || c == ';').is_empty(),
        );
        if count != answers && count != answers + comment {
            return Err(format!(
                "{name}: {count} answers to the whole, {answers} to our statements"
            ));
        }
    }
    match difference(&dump(&whole, Rows::With), &dump(&pieces, Rows::With)) {
        Some(difference) => Err(format!("{name}: {difference}")),
        None => Ok(()),
    }
}

fn cuts_as_we_do(server: Server, folders: &[&str]) {
    let files: Vec<_> = folders.iter().flat_map(|folder| hazards(folder)).collect();
    let problems: Vec<_> =
        files.iter().filter_map(|(name, text)| check(server, name, text).err()).collect();
    report(&problems, files.len());
}

#[test]
fn mariadb_cuts_as_we_do() {
    cuts_as_we_do(Server::Mariadb, &["mysql", "mariadb"]);
}

#[cfg(feature = "full-tests")]
#[test]
fn mysql_cuts_as_we_do() {
    cuts_as_we_do(Server::Mysql, &["mysql"]);
}
