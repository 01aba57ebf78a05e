//! T27: a database restored from an older backup, and from one that was taken while a migration ran. The
//! next run ends with every migration exactly once; nobody has to do anything.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::program::{Program, wait_until};
use super::{Site, counting, rounds, servers};
use crate::sandbox::Sandbox;
use crate::support::Server;

/// The server's own program for it, and the address as its options.
fn tool(site: &Site, postgres: &str, mysql: &str, options: &[&str]) -> Command {
    let url = &site.scratch.url;
    if site.is_postgres() {
        let mut command = Command::new(postgres);
        command.arg(format!("--dbname={url}"));
        return command;
    }
    let (user, rest) = url.split_once("://").unwrap().1.split_once('@').expect("a user");
    let (host, port) = rest.split_once('/').unwrap().0.split_once(':').expect("a port");
    let mut command = Command::new(mysql);
    command
        .args([&format!("--user={user}"), &format!("--host={host}"), &format!("--port={port}")])
        .arg("--protocol=tcp")
        .args(options)
        .arg(&site.scratch.name);
    command
}

fn dump(site: &Site) -> Vec<u8> {
    let mut command = tool(site, "pg_dump", "mariadb-dump", &["--single-transaction"]);
    let output = command.output().expect("the program that dumps");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Another database with what was dumped, for the same migrations.
fn restore(site: &Site, dump: &[u8]) -> Site {
    use std::io::Write as _;
    let restored = Site::new(site.scratch.server);
    copy(&site.sandbox.path("migrations"), &restored.sandbox.path("migrations"));
    let mut command = tool(&restored, "psql", "mariadb", &[]);
    if site.is_postgres() {
        command.args(["--quiet", "--set=ON_ERROR_STOP=1"]);
    }
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the client");
    child.stdin.take().unwrap().write_all(dump).unwrap();
    assert!(child.wait().unwrap().success(), "{}", site.name());
    restored
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-R").args([from, to]).status();
    assert!(status.unwrap().success());
}

/// MySQL's own program is not there everywhere, and MariaDB's does not fit it.
fn dumped() -> Vec<Server> {
    servers().into_iter().filter(|server| *server != Server::Mysql).collect()
}

#[test]
fn an_older_backup() {
    for server in dumped() {
        for _ in 0..rounds(1) {
            let site = Site::new(server);
            site.counting(5);
            site.dbmig(["migrate", "--to", "3_t"]).ok();
            let backup = dump(&site);
            site.dbmig(["migrate"]).ok();
            site.exactly_once(5, "before");
            let restored = restore(&site, &backup);
            restored.dbmig(["status"]).ok().says("4 applied, 2 pending");
            restored.dbmig(["migrate"]).ok().says("2 migrations applied");
            restored.exactly_once(5, "restored");
            restored.dbmig(["revert", "--step", "1"]).ok();
        }
    }
}

/// In a transaction the backup knows nothing of it; outside one it holds the record of an attempt that
/// nobody is at, and no index that is not finished.
#[test]
fn a_backup_that_is_taken_while_a_migration_runs() {
    let transaction =
        "CREATE TABLE t2 (id INT); SELECT pg_sleep(1.5); UPDATE counter SET n = n + 1;";
    let index = "CREATE TABLE t2 AS SELECT generate_series(1, 40) AS id; \
                 CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS \
                 $$ BEGIN PERFORM pg_sleep(0.03); RETURN $1; END $$; \
                 CREATE INDEX CONCURRENTLY t2_slow ON t2 (slow(id)); UPDATE counter SET n = n + 1;";
    for (server, up, running, in_transaction) in [
        (Server::Postgres, transaction, "pg_sleep", true),
        (Server::Postgres, index, "CREATE INDEX CONCURRENTLY", false),
        (Server::Mariadb, "UPDATE counter SET n = n + 1 + SLEEP(1.5);", "SLEEP", true),
    ] {
        for _ in 0..rounds(1) {
            let site = Site::new(server);
            site.counting(1);
            site.dbmig(["migrate"]).ok();
            site.sandbox.migration("2_t", up, "SELECT 1;");
            if !in_transaction {
                site.outside_a_transaction("2_t");
            }
            let program = site.start(&["migrate"]);
            wait_until("the statement never ran", || site.running(running) > 0);
            let backup = dump(&site);
            let _ = program.end().ok();
            let restored = restore(&site, &backup);
            let ran = restored.dbmig(["migrate"]).ok();
            assert_eq!(restored.column("SELECT n FROM counter"), ["2"], "{running}: {ran}");
            assert_eq!(restored.versions(), ["0", "1", "2"], "{running}: {ran}");
            let open = "SELECT version FROM __dbmig_history WHERE state = 'started'";
            assert!(restored.column(open).is_empty(), "{running}: {ran}");
        }
    }
}

/// A copy of the file, with its journal where there is one.
#[test]
fn a_copy_of_a_file() {
    for _ in 0..rounds(1) {
        let sandbox = Sandbox::new();
        counting(&sandbox, 5);
        let run = |database: &str, args: &[&str]| {
            sandbox.dbmig_with(&[("DATABASE_URL", database)], args.iter().copied())
        };
        run("dev.sqlite3", &["migrate", "--to", "3_t"]).ok();
        std::fs::copy(sandbox.path("dev.sqlite3"), sandbox.path("older.sqlite3")).unwrap();
        run("dev.sqlite3", &["migrate"]).ok();
        run("older.sqlite3", &["migrate"]).ok().says("2 migrations applied");
        let slow = "INSERT INTO counter WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c \
                    LIMIT 3000000) SELECT 0 FROM c WHERE x < 0;";
        let up = format!("CREATE TABLE t6 (id INT); UPDATE counter SET n = n + 1; {slow}");
        sandbox.migration("6_t", &up, "DROP TABLE t6;");
        let program = Program::start(&sandbox, "dev.sqlite3", &["migrate"]);
        wait_until("nothing is written", || sandbox.exists("dev.sqlite3-journal"));
        std::thread::sleep(Duration::from_millis(100));
        for suffix in ["", "-journal"] {
            let (from, to) = (format!("dev.sqlite3{suffix}"), format!("copy.sqlite3{suffix}"));
            let _ = std::fs::copy(sandbox.path(&from), sandbox.path(&to));
        }
        program.end().ok();
        run("copy.sqlite3", &["migrate"]).ok();
        for database in ["dev.sqlite3", "copy.sqlite3"] {
            assert_eq!(sandbox.query(database, "SELECT n FROM counter"), ["6"], "{database}");
        }
        assert_eq!(sandbox.query("older.sqlite3", "SELECT n FROM counter"), ["5"]);
    }
}
