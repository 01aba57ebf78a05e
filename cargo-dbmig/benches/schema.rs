//! What looks at whole schemas: proofs of 100 migrations beside their plain run, and `schema.rs` of 1,000 tables
//! (`DBMIG_BENCH_TABLES`) beside `diesel print-schema`.
//!
//! `tests/run -- cargo bench --package cargo-dbmig --bench schema` takes SQLite, the servers that `tests/run`
//! starts, and `DBMIG_TEST_MYSQL_URL`; `DBMIG_TEST_DIESEL` names diesel, which takes minutes for so many tables
//! of a server: 200 are enough for the ratio. Nothing is asserted: on shared machines only the ratios mean
//! anything.

#![allow(clippy::print_stdout, reason = "the figures are the result")]

mod server;
mod timing;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use server::{Server, variable};
use timing::{Side, compare, run};

const MIGRATIONS: usize = 100;
const RUNS: usize = 3;

fn main() {
    let tables = variable("DBMIG_BENCH_TABLES").and_then(|text| text.parse().ok()).unwrap_or(1_000);
    let servers = server::urls().into_iter().map(|url| Some(Server { url }));
    for server in [None].into_iter().chain(servers) {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let bench = Bench { server, dir: dir.path().to_owned() };
        bench.prove();
        bench.introspect(tables);
        if let Some(server) = &bench.server {
            server.drop_it();
        }
    }
}

struct Bench {
    /// SQLite where there is none.
    server: Option<Server>,
    dir: PathBuf,
}

impl Bench {
    fn name(&self) -> &'static str {
        match &self.server {
            None => "SQLite",
            Some(server) if server.is_postgres() => "PostgreSQL",
            Some(server) if variable("DBMIG_TEST_MARIADB_URL").as_ref() == Some(&server.url) => {
                "MariaDB"
            }
            Some(_) => "MySQL",
        }
    }

    fn url(&self) -> String {
        match &self.server {
            None => self.dir.join("bench.db").display().to_string(),
            Some(server) => server.database(),
        }
    }

    fn fresh(&self) {
        match &self.server {
            None => drop(fs::remove_file(self.dir.join("bench.db"))),
            Some(server) => server.fresh(),
        }
    }

    fn write(&self, number: usize, up: &str, down: &str) {
        let dir = self.dir.join(format!("migrations/2024-01-01-000000-{number:04x}_m"));
        fs::create_dir_all(&dir).expect("a new folder");
        for (name, text) in
            [("up.sql", up), ("down.sql", down), ("metadata.toml", "run_in_transaction = true\n")]
        {
            fs::write(dir.join(name), text).expect("a new file");
        }
    }

    /// Four migrations a table: it is made, gets a column, is filled in it, and gets an index.
    fn write_set(&self) {
        for number in 0..MIGRATIONS / 4 {
            let t = format!("t{number}");
            let refers = match number {
                0 => String::new(),
                _ => format!(", parent INTEGER REFERENCES t{} (id)", number - 1),
            };
            let steps = [
                (
                    format!(
                        "CREATE TABLE {t} (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL{refers});"
                    ),
                    format!("DROP TABLE {t};"),
                ),
                (
                    format!("ALTER TABLE {t} ADD COLUMN note TEXT;"),
                    format!("ALTER TABLE {t} DROP COLUMN note;"),
                ),
                (
                    format!("UPDATE {t} SET note = name WHERE note IS NULL;"),
                    format!("UPDATE {t} SET note = NULL WHERE note = name;"),
                ),
                (
                    format!("CREATE INDEX {t}_by_name ON {t} (name);"),
                    match &self.server {
                        Some(server) if !server.is_postgres() => {
                            format!("DROP INDEX {t}_by_name ON {t};")
                        }
                        _ => format!("DROP INDEX {t}_by_name;"),
                    },
                ),
            ];
            for (step, (up, down)) in steps.iter().enumerate() {
                self.write(number * 4 + step, up, down);
            }
        }
    }

    fn prove(&self) {
        self.write_set();
        self.fresh();
        println!("{MIGRATIONS} migrations on {}", self.name());
        let prove = Side { before: &|| (), command: &|| self.ours(&["prove", "--all"]) };
        let migrate = Side { before: &|| self.fresh(), command: &|| self.ours(&["migrate"]) };
        compare("`prove --all`, against `migrate`", RUNS, &prove, &migrate);
        fs::remove_dir_all(self.dir.join("migrations")).expect("a folder of ours");
    }

    fn introspect(&self, tables: usize) {
        let mut up = String::new();
        for number in 0..tables {
            let refers = match number {
                0 => String::new(),
                _ => format!(", FOREIGN KEY (parent) REFERENCES t{} (id)", number - 1),
            };
            up.push_str(&format!(
                "CREATE TABLE t{number} (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL, a INTEGER, b BIGINT, \
                 c TEXT, d BOOLEAN, e DOUBLE PRECISION, f TIMESTAMP NULL, parent INTEGER{refers});\n\
                 CREATE INDEX t{number}_by_name ON t{number} (name);\n"
            ));
        }
        self.write(0, &up, "SELECT 1;");
        self.fresh();
        run(&mut self.ours(&["migrate"]));
        println!("`schema.rs` of {tables} tables on {}", self.name());
        let ours = Side { before: &|| (), command: &|| self.ours(&["print-schema"]) };
        let Some(program) = variable("DBMIG_TEST_DIESEL") else {
            println!("DBMIG_TEST_DIESEL is not set: nothing is compared with diesel");
            return;
        };
        let diesel = || {
            let mut command = Command::new(&program);
            command.arg("print-schema").current_dir(&self.dir).env("DATABASE_URL", self.url());
            command
        };
        let theirs = Side { before: &|| (), command: &diesel };
        compare("`print-schema`, against diesel's", RUNS, &ours, &theirs);
    }

    fn ours(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-dbmig"));
        command.args(args).current_dir(&self.dir).env("DATABASE_URL", self.url());
        command
    }
}
