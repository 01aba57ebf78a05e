//! Whole commands, timed in turn with other programs on the same migrations: medians and their ratio.
//!
//! `cargo bench --package cargo-dbmig` needs `sqlite3` on the path, and `diesel` there or named by
//! `DBMIG_TEST_DIESEL`. Nothing is asserted: on shared machines only the ratios mean anything.

#![allow(clippy::print_stdout, reason = "the figures are the result")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const MIGRATIONS: usize = 1_000;

fn main() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let bench = Bench { dir: dir.path().to_owned() };
    bench.write_set();
    println!("{MIGRATIONS} migrations on a SQLite file, medians of alternating runs");
    bench.apply(11);
    bench.read(31);
}

struct Bench {
    dir: PathBuf,
}

impl Bench {
    /// The same statements as migrations and as one script with a transaction a migration.
    fn write_set(&self) {
        let mut script = String::new();
        for number in 0..MIGRATIONS {
            let up = format!(
                "CREATE TABLE t{number} (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n\
                 CREATE INDEX t{number}_by_name ON t{number} (name);\n"
            );
            let dir = self.dir.join(format!("migrations/2024-01-01-000000-{number:04x}_t{number}"));
            fs::create_dir_all(&dir).expect("a new folder");
            fs::write(dir.join("up.sql"), &up).expect("a new file");
            fs::write(dir.join("down.sql"), format!("DROP TABLE t{number};\n"))
                .expect("a new file");
            fs::write(dir.join("metadata.toml"), "run_in_transaction = true\n")
                .expect("a new file");
            script.push_str(&format!("BEGIN;\n{up}COMMIT;\n"));
        }
        fs::write(self.dir.join("script.sql"), script).expect("a new file");
    }

    fn apply(&self, runs: usize) {
        let fresh = || {
            for entry in fs::read_dir(&self.dir).expect("the scratch folder") {
                let path = entry.expect("an entry").path();
                if path.extension().is_some_and(|extension| extension == "db") {
                    fs::remove_file(path).expect("a file of ours");
                }
            }
        };
        let shell = || {
            let mut command = Command::new("sqlite3");
            command
                .arg("shell.db")
                .stdin(fs::File::open(self.dir.join("script.sql")).expect("the script"));
            command
        };
        self.compare(
            "apply all, against the sqlite3 shell",
            runs,
            &fresh,
            &|| self.ours(&["migrate"]),
            &shell,
        );
    }

    fn read(&self, runs: usize) {
        let keep = || {};
        run(self.ours(&["migrate"]).current_dir(&self.dir).env("DATABASE_URL", "bench.db"));
        self.compare(
            "status, against `diesel migration list`",
            runs,
            &keep,
            &|| self.ours(&["status"]),
            &|| self.diesel(&["migration", "list"]),
        );
        self.compare(
            "migrate without work, against `diesel migration run`",
            runs,
            &keep,
            &|| self.ours(&["migrate"]),
            &|| self.diesel(&["migration", "run"]),
        );
    }

    fn ours(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-dbmig"));
        command.args(args);
        command
    }

    fn diesel(&self, args: &[&str]) -> Command {
        let program = std::env::var_os("DBMIG_TEST_DIESEL").unwrap_or_else(|| "diesel".into());
        let mut command = Command::new(program);
        command.args(args);
        command
    }

    fn compare(
        &self,
        what: &str,
        runs: usize,
        before: &dyn Fn(),
        ours: &dyn Fn() -> Command,
        theirs: &dyn Fn() -> Command,
    ) {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for round in 0..=runs {
            for (command, times) in [(ours, &mut a), (theirs, &mut b)] {
                before();
                let mut command = command();
                command.current_dir(&self.dir).env("DATABASE_URL", "bench.db");
                let started = Instant::now();
                run(&mut command);
                // The first round warms up.
                if round > 0 {
                    times.push(started.elapsed());
                }
            }
        }
        let (a, b) = (median(a), median(b));
        let ratio = a.as_secs_f64() / b.as_secs_f64();
        println!("{what}: {:.1} ms, {:.1} ms, ratio {ratio:.2}", millis(a), millis(b));
    }
}

fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let program = Path::new(command.get_program()).display().to_string();
    match status {
        Ok(status) => assert!(status.success(), "{program} failed"),
        Err(error) => panic!("{program}: {error}"),
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
