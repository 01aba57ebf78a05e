//! What a database holds, as text: schema and rows, without its name and without the time of day.

use std::process::Command;

use mysql::Row;
use mysql::prelude::Queryable as _;

use crate::support::{Scratch, Server};

/// Whether rows are dumped: those that hold the time of day differ from run to run. On MySQL it is the
/// tables of the history that go without.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rows {
    With,
    Without,
}

pub(crate) fn dump(scratch: &Scratch, rows: Rows) -> String {
    match scratch.server {
        Server::Postgres => postgres(scratch, rows),
        Server::Mariadb | Server::Mysql => mysql(scratch, rows),
    }
}

fn postgres(scratch: &Scratch, rows: Rows) -> String {
    let mut program = Command::new("pg_dump");
    program.arg("--dbname").arg(&scratch.url).arg("--exclude-table=__dbmig_*");
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
fn mysql(scratch: &Scratch, rows: Rows) -> String {
    let mut conn = scratch.mysql();
    let mut text = String::new();
    let tables: Vec<(String, String)> = conn.query("SHOW FULL TABLES").unwrap();
    let ours = |table: &str| {
        table.starts_with("__dbmig_") || table.starts_with("__") && matches!(rows, Rows::Without)
    };
    for (table, kind) in tables.iter().filter(|(table, _)| !ours(table)) {
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
