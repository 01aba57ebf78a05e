//! 1,000,000 rows of CSV (`DBMIG_BENCH_ROWS`) as a seed, timed in turn with what each database has for that:
//! `.import` of the sqlite3 shell in one transaction, `\copy` of psql, `LOAD DATA`; and the peak of memory.
//!
//! `tests/run -- cargo bench --package cargo-dbmig --bench seeds` takes the servers that `tests/run` starts,
//! and `DBMIG_TEST_MYSQL_URL` where it is set. Needs `sqlite3`, `psql`, and `mariadb` on the path. Nothing is
//! asserted: on shared machines only the ratios mean anything.

#![allow(clippy::print_stdout, reason = "the figures are the result")]

mod server;
mod timing;

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use mysql::prelude::Queryable as _;
use server::{Server, variable};
use timing::{Side, compare, run};

const RUNS: usize = 5;

fn rows() -> usize {
    variable("DBMIG_BENCH_ROWS").and_then(|text| text.parse().ok()).unwrap_or(1_000_000)
}

fn main() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    Bench { dir: dir.path().to_owned(), place: Place::File }.all();
    for url in server::urls() {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let bench = Bench { dir: dir.path().to_owned(), place: Place::Server(Server { url }) };
        bench.all();
        if let Place::Server(server) = &bench.place {
            server.drop_it();
        }
    }
}

enum Place {
    File,
    Server(Server),
}

struct Bench {
    dir: PathBuf,
    place: Place,
}

impl Bench {
    fn all(&self) {
        let (what, theirs) = self.about();
        self.write_project();
        self.write_rows(rows());
        let size = self.dir.join(CSV).metadata().expect("the rows").len() / 1_000_000;
        println!("{} rows ({size} MB) into {what}, medians of alternating runs", rows());
        let fresh = || self.fresh();
        let (seed, other) = (|| self.ours(&["seed", "run"]), || self.theirs());
        let ours = Side { before: &fresh, command: &seed };
        let them = Side { before: &fresh, command: &other };
        self.mode("insert");
        compare(&format!("`insert`, against {theirs}"), RUNS, &ours, &them);
        self.fresh();
        let (mine, its) = (peak(&mut seed()), self.peak_of_theirs());
        self.write_rows(rows() / 10);
        self.fresh();
        let tenth = peak(&mut seed());
        println!("peak memory: {mine}, of a tenth of the rows {tenth}; {theirs} {its}");
        self.write_rows(rows());
        for mode in ["upsert", "sync"] {
            self.mode(mode);
            compare(&format!("`{mode}` of new rows, against {theirs}"), 1, &ours, &them);
        }
        let keep = || {};
        let again = Side { before: &keep, command: &seed };
        self.fresh();
        run(&mut seed());
        let check = || self.ours(&["seed", "check"]);
        let check = Side { before: &keep, command: &check };
        compare("with nothing to do, against `seed check`", 1, &again, &check);
        println!("peak memory with nothing to do: {}, of `seed check`: {}", peak(&mut seed()), {
            peak(&mut self.ours(&["seed", "check"]))
        });
    }

    /// The database, and what it is compared with.
    fn about(&self) -> (String, &'static str) {
        match &self.place {
            Place::File => ("a SQLite file".to_owned(), "`.import`"),
            Place::Server(server) if server.is_postgres() => {
                (format!("PostgreSQL {}", server.postgres("SHOW server_version")), "`\\copy`")
            }
            Place::Server(server) => {
                let mut conn = server.mysql();
                let version: Option<String> =
                    conn.query_first("SELECT VERSION()").expect("a version");
                conn.query_drop("SET GLOBAL local_infile = 1").expect("the server does it");
                (version.unwrap_or_default(), "`LOAD DATA`")
            }
        }
    }

    fn write_project(&self) {
        let (dialect, url) = match &self.place {
            Place::File => ("sqlite", "bench.db".to_owned()),
            Place::Server(server) if server.is_postgres() => ("postgres", server.database()),
            Place::Server(server) => ("mysql", server.database()),
        };
        let table = "CREATE TABLE people (id INTEGER NOT NULL PRIMARY KEY, email VARCHAR(60) NOT NULL, \
                     name VARCHAR(40) NOT NULL, born DATE NOT NULL, score DECIMAL(8,2) NOT NULL);\n";
        for (name, text) in [
            (
                "dbmig.toml",
                format!("dialect = \"{dialect}\"\n[env.development]\nurl = \"{url}\"\n"),
            ),
            ("migrations/2024-01-01-000000-0000_create_people/up.sql", table.to_owned()),
            (
                "migrations/2024-01-01-000000-0000_create_people/down.sql",
                "DROP TABLE people;\n".to_owned(),
            ),
            (
                "migrations/2024-01-01-000000-0000_create_people/metadata.toml",
                "run_in_transaction = true\n".to_owned(),
            ),
        ] {
            let path = self.dir.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
            fs::write(path, text).expect("a new file");
        }
    }

    fn write_rows(&self, rows: usize) {
        let path = self.dir.join(CSV);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
        let mut file = std::io::BufWriter::new(fs::File::create(path).expect("a new file"));
        let mut write = |text: String| file.write_all(text.as_bytes()).expect("a place to write");
        write("id,email,name,born,score\n".to_owned());
        for n in 1..=rows {
            write(format!(
                "{n},person{n}@example.com,Name {},19{:02}-0{}-1{},{}.{:02}\n",
                n % 9973,
                n % 100,
                n % 9 + 1,
                n % 10,
                n % 100_000,
                n % 97
            ));
        }
    }

    fn mode(&self, mode: &str) {
        let side = self.dir.join(CSV).with_extension("toml");
        fs::write(side, format!("mode = \"{mode}\"\n")).expect("a new file");
    }

    /// A new database with the table.
    fn fresh(&self) {
        match &self.place {
            Place::File => {
                for end in ["", "-wal", "-shm", "-journal"] {
                    let _ = fs::remove_file(self.dir.join(format!("bench.db{end}")));
                }
            }
            Place::Server(server) => server.fresh(),
        }
        run(&mut self.ours(&["migrate"]));
    }

    fn ours(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-dbmig"));
        command.args(args).current_dir(&self.dir);
        command
    }

    fn theirs(&self) -> Command {
        match &self.place {
            Place::File => {
                let import = format!(".import --csv --skip 1 {CSV} people");
                let mut command = Command::new("sqlite3");
                // As ours has it.
                command.args(["-cmd", "PRAGMA foreign_keys = ON", "bench.db"]);
                command.args(["BEGIN", &import, "COMMIT"]).current_dir(&self.dir);
                command
            }
            Place::Server(server) if server.is_postgres() => {
                let copy = format!("\\copy people FROM '{CSV}' WITH (FORMAT csv, HEADER)");
                let mut command = Command::new("psql");
                command.args(["-q", "-c", &copy, "-d", &server.database()]);
                command.current_dir(&self.dir);
                command
            }
            Place::Server(server) => {
                let load = format!(
                    "LOAD DATA LOCAL INFILE '{CSV}' INTO TABLE people FIELDS TERMINATED BY ',' \
                     OPTIONALLY ENCLOSED BY '\"' IGNORE 1 LINES"
                );
                let opts = mysql::Opts::from_url(&server.url).expect("a URL");
                let mut command = Command::new("mariadb");
                command.arg(format!("--host={}", opts.get_ip_or_hostname()));
                command.arg(format!("--port={}", opts.get_tcp_port()));
                command.arg(format!("--user={}", opts.get_user().unwrap_or("root")));
                command.args(["--protocol=tcp", "--skip-ssl", "--local-infile=1"]);
                command.args(["-e", &load, "dbmig_bench"]).current_dir(&self.dir);
                if let Some(password) = opts.get_pass().filter(|password| !password.is_empty()) {
                    command.env("MYSQL_PWD", password);
                }
                command
            }
        }
    }

    fn peak_of_theirs(&self) -> String {
        self.fresh();
        peak(&mut self.theirs())
    }
}

const CSV: &str = "seeds/dev/001_people.csv";

/// Runs a command, and tells how much memory it had at most: what Linux counts.
fn peak(command: &mut Command) -> String {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a program");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while child.try_wait().expect("a child").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let found = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        peak = found.or(peak);
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(child.wait().expect("a child").success(), "{command:?}");
    peak.map_or("not known".to_owned(), |kilobytes| format!("{:.1} MB", kilobytes as f64 / 1024.0))
}
