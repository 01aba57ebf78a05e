//! Reading a catalogue at size: medians, and how they grow with the number of tables.
//!
//! `cargo bench --package dbmig-runtime --features catalogue,sqlite --bench catalogue`

#![allow(clippy::print_stdout, reason = "the figures are the result")]

use std::time::{Duration, Instant};

use dbmig_runtime::catalogue::{Catalogue, Scope};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

const RUNS: usize = 11;

fn main() {
    println!(
        "medians of {RUNS} runs; each table has 10 columns, 2 foreign keys, 2 indexes, a check"
    );
    for tables in [100, 1_000, 2_000] {
        let mut conn = database(tables);
        let reading = median(|| drop(read(&mut conn)));
        let catalogue = read(&mut conn);
        assert_eq!(catalogue.tables.len(), tables);
        let fingerprint = median(|| drop(catalogue.fingerprint()));
        let differences = median(|| drop(catalogue.differences(&catalogue)));
        let script = median(|| drop(catalogue.to_script()));
        println!(
            "SQLite, {tables} tables: read {reading}, fingerprint {fingerprint}, differences {differences}, script {script}"
        );
    }
}

fn read(conn: &mut SqliteConnection) -> Catalogue {
    Catalogue::read(conn, &Scope::default()).expect("a catalogue")
}

fn database(tables: usize) -> SqliteConnection {
    let mut conn = SqliteConnection::establish(":memory:").expect("a database");
    conn.batch_execute("BEGIN").expect("a transaction");
    for table in 0..tables {
        let (one, other) = (table / 2, table / 3);
        let sql = format!(
            "CREATE TABLE t{table} (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL, email TEXT UNIQUE,
                 age INTEGER NOT NULL DEFAULT 0 CHECK (age >= 0), created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
                 one_id INTEGER NOT NULL REFERENCES t{one} (id) ON DELETE CASCADE, other_id INTEGER REFERENCES t{other},
                 a BLOB, b REAL, c BOOLEAN NOT NULL DEFAULT FALSE);
             CREATE INDEX t{table}_name ON t{table} (name);
             CREATE UNIQUE INDEX t{table}_age ON t{table} (age, lower(name) DESC) WHERE age > 18;"
        );
        conn.batch_execute(&sql).expect("a table");
    }
    conn.batch_execute("COMMIT").expect("a transaction");
    conn
}

fn median(mut work: impl FnMut()) -> String {
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..RUNS {
        let started = Instant::now();
        work();
        times.push(started.elapsed());
    }
    times.sort();
    format!("{:.1} ms", times[RUNS / 2].as_secs_f64() * 1000.0)
}
