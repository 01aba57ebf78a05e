//! What a database holds, as text: schema and rows, without its name and without the time of day.

use std::process::Command;

use mysql::Row;
use mysql::prelude::Queryable as _;

use crate::support::{Scratch, Server};

/// Whether PostgreSQL's rows are dumped: those that hold the time of day differ from run to run.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "full-tests"), allow(dead_code, reason = "real sets have such rows"))]
pub(super) enum Rows {
    With,
    Without,
}

pub(super) fn dump(scratch: &Scratch, rows: Rows) -> String {
    match scratch.server {
        Server::Postgres => postgres(scratch, rows),
        Server::Mariadb | Server::Mysql => mysql(scratch),
    }
}

fn postgres(scratch: &Scratch, rows: Rows) -> String {
    let mut program = Command::new("pg_dump");
    program.arg("--dbname").arg(&scratch.url);
    if matches!(rows, Rows::Without) {
        program.arg("--schema-only");
    }
    let output = program.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    // The keys of \restrict are random.
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"));
    lines.collect::<Vec<_>>().join("\n")
}

/// By SHOW CREATE: the dump programs of MariaDB and MySQL do not read the other's server.
fn mysql(scratch: &Scratch) -> String {
    let mut conn = scratch.mysql();
    let mut text = String::new();
    let tables: Vec<(String, String)> = conn.query("SHOW FULL TABLES").unwrap();
    for (table, kind) in &tables {
        let create: Row =
            conn.query_first(format!("SHOW CREATE TABLE `{table}`")).unwrap().unwrap();
        text.push_str(&format!("{kind} {table}\n{}\n", create.get::<String, _>(1).unwrap()));
        if kind == "BASE TABLE" {
            let mut rows: Vec<String> = conn
                .query_map(format!("SELECT * FROM `{table}`"), |row: Row| {
                    format!("{:?}", row.unwrap())
                })
                .unwrap();
            rows.sort();
            text.push_str(&rows.join("\n"));
            text.push('\n');
        }
    }
    let name = &scratch.name;
    // The list, the column of its names, what creates it, the column of its text.
    let objects = [
        ("SHOW TRIGGERS".to_owned(), 0, "TRIGGER", 2),
        (format!("SHOW PROCEDURE STATUS WHERE Db = '{name}'"), 1, "PROCEDURE", 2),
        (format!("SHOW FUNCTION STATUS WHERE Db = '{name}'"), 1, "FUNCTION", 2),
        ("SHOW EVENTS".to_owned(), 1, "EVENT", 3),
    ];
    for (list, name_at, kind, text_at) in objects {
        let mut names: Vec<String> =
            conn.query_map(list, |row: Row| row.get::<String, _>(name_at).unwrap()).unwrap();
        names.sort();
        for object in names {
            let create: Row =
                conn.query_first(format!("SHOW CREATE {kind} `{object}`")).unwrap().unwrap();
            let create: String = create.get(text_at).unwrap();
            // MySQL keeps the `;` behind a body of one statement when it was sent more than that.
            let create = create.trim_end_matches(';');
            text.push_str(&format!("{kind} {object}\n{create}\n"));
        }
    }
    text.replace(name, "DATABASE")
}
