//! Whole commands, timed in turn with other programs on the same migrations: medians and their ratio.
//!
//! `cargo bench --package cargo-dbmig` needs `sqlite3` on the path, and `diesel` there or named by
//! `DBMIG_TEST_DIESEL`. Nothing is asserted: on shared machines only the ratios mean anything.

#![allow(clippy::print_stdout, reason = "the figures are the result")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

mod timing;

use timing::{Side, run};

const MIGRATIONS: usize = 1_000;

fn main() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let bench = Bench { dir: dir.path().to_owned() };
    bench.write_set();
    println!("{MIGRATIONS} migrations on a SQLite file, medians of alternating runs");
    bench.apply(11);
    bench.read(31);
    bench.generate(31);
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

    /// A plain migration: no database is opened by either. What was written is taken away between the runs, so
    /// that each finds the same set.
    fn generate(&self, runs: usize) {
        let clear = || {
            for entry in fs::read_dir(self.dir.join("migrations")).expect("the migrations") {
                let path = entry.expect("an entry").path();
                if path.to_string_lossy().ends_with("_plain") {
                    fs::remove_dir_all(path).expect("a folder of ours");
                }
            }
        };
        self.compare(
            "generate a plain migration, against `diesel migration generate`",
            runs,
            &clear,
            &|| self.ours(&["generate", "fill_plain"]),
            &|| self.diesel(&["migration", "generate", "fill_plain"]),
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
        let here = |mut command: Command| {
            command.current_dir(&self.dir).env("DATABASE_URL", "bench.db");
            command
        };
        let ours = Side { before, command: &|| here(ours()) };
        let theirs = Side { before, command: &|| here(theirs()) };
        timing::compare(what, runs, &ours, &theirs);
    }
}
