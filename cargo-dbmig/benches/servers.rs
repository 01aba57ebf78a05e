//! 1,000 migrations (`DBMIG_BENCH_MIGRATIONS`) on servers, timed in turn with the server's own client and with `diesel`.
//!
//! `tests/run -- cargo bench --package cargo-dbmig --bench servers` takes the servers that `tests/run`
//! starts, and `DBMIG_TEST_MYSQL_URL` and `DBMIG_TEST_DIESEL` where they are set. Needs `psql` and
//! `mariadb` on the path. Nothing is asserted: on shared machines only the ratios mean anything.

#![allow(clippy::print_stdout, reason = "the figures are the result")]

mod server;
mod timing;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use mysql::prelude::Queryable as _;
use server::{Server, variable};
use timing::{Side, compare, run};

const RUNS: usize = 5;

/// How many: a server that writes every statement to its disk takes its time.
fn migrations() -> usize {
    variable("DBMIG_BENCH_MIGRATIONS").and_then(|text| text.parse().ok()).unwrap_or(1_000)
}

fn main() {
    let mut any = false;
    for url in server::urls() {
        any = true;
        let dir = tempfile::tempdir().expect("a scratch folder");
        let bench = Bench { server: Server { url }, dir: dir.path().to_owned() };
        match bench.server.is_postgres() {
            true => bench.on_postgres(),
            false => bench.on_mysql(),
        }
        bench.server.drop_it();
    }
    assert!(any, "no server is named: run it as `tests/run -- cargo bench …`");
}

struct Bench {
    server: Server,
    dir: PathBuf,
}

impl Bench {
    /// The same statements as migrations and as one script, each migration between `begin` and `end`.
    fn write_set(&self, begin: &str, end: &str) {
        let mut script = String::new();
        for number in 0..migrations() {
            let up = format!(
                "CREATE TABLE t{number} (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL);\n\
                 CREATE INDEX t{number}_by_name ON t{number} (name);\n"
            );
            let dir = self.dir.join(format!("migrations/2024-01-01-000000-{number:04x}_t{number}"));
            fs::create_dir_all(&dir).expect("a new folder");
            let files = [
                ("up.sql", up.clone()),
                ("down.sql", format!("DROP TABLE t{number};\n")),
                ("metadata.toml", "run_in_transaction = true\n".to_owned()),
            ];
            for (name, text) in files {
                fs::write(dir.join(name), text).expect("a new file");
            }
            script.push_str(&format!("{begin}{up}{end}"));
        }
        fs::write(self.dir.join("script.sql"), script).expect("a new file");
    }

    fn on_postgres(&self) {
        self.write_set("BEGIN;\n", "COMMIT;\n");
        let version = self.server.postgres("SHOW server_version");
        println!(
            "{} migrations on PostgreSQL {version}, medians of alternating runs",
            migrations()
        );
        let fresh = || self.server.fresh();
        let ours = Side { before: &fresh, command: &|| self.ours(&["migrate"]) };
        let psql = || {
            let mut command = Command::new("psql");
            command.args([
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-f",
                "script.sql",
                "-d",
                &self.server.database(),
            ]);
            command.current_dir(&self.dir);
            command
        };
        compare("apply all, against psql", RUNS, &ours, &Side { before: &fresh, command: &psql });
        let all = Side { before: &fresh, command: &|| self.ours(&["migrate", "--tx", "all"]) };
        compare("`--tx all`, against one transaction each", RUNS, &all, &ours);
        self.against_diesel(&ours, &fresh);
        self.without_work();
    }

    fn on_mysql(&self) {
        self.write_set("", "");
        let mut conn = self.server.mysql();
        let about: Option<(String, bool)> =
            conn.query_first("SELECT VERSION(), @@log_bin").expect("a version");
        let (version, has_log) = about.expect("a row");
        let log = if has_log { "with" } else { "without" };
        println!(
            "{} migrations on {version}, {log} binary log, medians of alternating runs",
            migrations()
        );
        let fresh = || self.server.fresh();
        let ours = Side { before: &fresh, command: &|| self.ours(&["migrate"]) };
        let client = Side { before: &fresh, command: &|| self.client() };
        compare("apply all, against the client", RUNS, &ours, &client);
        if has_log {
            self.without_log();
            compare("the same without binary log", RUNS, &ours, &client);
            fs::remove_file(self.dir.join("dbmig.toml")).expect("a file of ours");
            self.write_set("", "");
        }
        self.against_diesel(&ours, &fresh);
        self.without_work();
    }

    /// Sessions of both that write no binary log.
    fn without_log(&self) {
        let off = "SET sql_log_bin = 0";
        let url = self.server.database();
        let toml = format!(
            "dialect = \"mysql\"\n[env.development]\nurl = \"{url}\"\ninit_sql = \"{off}\"\n"
        );
        fs::write(self.dir.join("dbmig.toml"), toml).expect("a new file");
        let script = self.dir.join("script.sql");
        let text = fs::read_to_string(&script).expect("the script");
        fs::write(script, format!("{off};\n{text}")).expect("a new file");
    }

    fn against_diesel(&self, ours: &Side<'_>, fresh: &dyn Fn()) {
        let Some(program) = variable("DBMIG_TEST_DIESEL") else {
            println!("DBMIG_TEST_DIESEL is not set: nothing is compared with diesel");
            return;
        };
        let diesel = || {
            let mut command = Command::new(&program);
            command.args(["migration", "run"]).current_dir(&self.dir);
            command.env("DATABASE_URL", self.server.database());
            command
        };
        let theirs = Side { before: fresh, command: &diesel };
        compare("apply all, against `diesel migration run`", RUNS, ours, &theirs);
    }

    fn without_work(&self) {
        self.server.fresh();
        run(&mut self.ours(&["migrate"]));
        let keep = || {};
        let migrate = Side { before: &keep, command: &|| self.ours(&["migrate"]) };
        let status = Side { before: &keep, command: &|| self.ours(&["status"]) };
        compare("`migrate` with nothing to do, against `status`", 31, &migrate, &status);
    }

    fn ours(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-dbmig"));
        command.args(args).current_dir(&self.dir);
        if !self.dir.join("dbmig.toml").exists() {
            command.env("DATABASE_URL", self.server.database());
        }
        command
    }

    fn client(&self) -> Command {
        let opts = mysql::Opts::from_url(&self.server.url).expect("a URL");
        let mut command = Command::new("mariadb");
        command.arg(format!("--host={}", opts.get_ip_or_hostname()));
        command.arg(format!("--port={}", opts.get_tcp_port()));
        command.arg(format!("--user={}", opts.get_user().unwrap_or("root")));
        command.args(["--protocol=tcp", "--skip-ssl", "dbmig_bench"]);
        let script = fs::File::open(self.dir.join("script.sql")).expect("the script");
        command.stdin(script);
        if let Some(password) = opts.get_pass().filter(|password| !password.is_empty()) {
            command.env("MYSQL_PWD", password);
        }
        command
    }
}
