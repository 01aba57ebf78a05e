//! T50: hostile names of databases are created and dropped to the letter, or refused.

use mysql::prelude::Queryable as _;

use super::{dialect, project};
use crate::support::{Scratch, Server, connect_mysql, connect_postgres};

/// Sixty names; what a program pastes into SQL, a shell, a URL, or a path.
fn names() -> Vec<String> {
    let mut names: Vec<String> = [
        "a\"b",
        "a\"\"b",
        "\"",
        "\"; DROP DATABASE {CANARY}; --",
        "a`b",
        "a``b",
        "`",
        "`; DROP DATABASE {CANARY}; -- ",
        "'; DROP DATABASE {CANARY}; --",
        "a'b",
        "''",
        "a\\b",
        "\\",
        "a\\'b",
        "a;b",
        "a--b",
        "-- a",
        "/* a",
        "a */ b",
        "#a",
        "a#b",
        "a%b",
        "%00",
        "%s%n",
        "a b",
        " a",
        "a ",
        "a\tb",
        "a\nb",
        "a\rb",
        "a\u{b}b",
        "\u{1b}[31ma",
        "\u{7f}",
        "a/b",
        "../../x.db",
        "..",
        ".",
        "/etc/passwd",
        "file:x?mode=memory&vfs=unix",
        "a?b=c",
        "a&b=c",
        "a=b",
        "host=evil",
        "dbname=evil user=postgres",
        "options=-c session_preload_libraries=x",
        "a@b",
        "a:b",
        "a,b",
        "[a]",
        "$(id)",
        "$1",
        "${HOME}",
        "|id",
        "*",
        "UPPER",
        "select",
        "ünïcödé",
        "数据库",
        "😀",
        "\u{202e}evil",
    ]
    .map(str::to_owned)
    .to_vec();
    assert_eq!(names.len(), 60);
    // What is as long as can be, and one more.
    names.extend(["x".repeat(63), "x".repeat(64), "x".repeat(65), "ü".repeat(32), "ü".repeat(64)]);
    names
}

fn encoded(name: &str) -> String {
    name.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The databases of a server, by their exact names.
pub(super) fn databases(server: Server) -> Vec<String> {
    match server {
        Server::Postgres => connect_postgres(&server.url())
            .query("SELECT datname::text FROM pg_database", &[])
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect(),
        _ => connect_mysql(&server.url()).query("SHOW DATABASES").unwrap(),
    }
}

#[track_caller]
fn created_and_dropped_or_refused(server: Server) {
    let canary = Scratch::new(server);
    let sandbox = project(dialect(server));
    sandbox.dbmig(["migrate", "--database-url", &canary.url]).ok();
    let (base, _) = canary.url.rsplit_once('/').unwrap();
    let (mut literal, mut refused) = (0, 0);
    for name in names() {
        let name = name.replace("{CANARY}", &canary.name);
        let url = format!("{base}/{}", encoded(&name));
        let setup = sandbox.dbmig(["database", "setup", "--database-url", &url]);
        assert!(!setup.stderr.contains("panicked at"), "{name:?}: {setup}");
        let control = |c: char| c.is_control() && c != '\n' && c != '\t';
        assert!(!format!("{}{}", setup.stdout, setup.stderr).contains(control), "{name:?}");
        let there = databases(server).contains(&name);
        match setup.code {
            Some(0) => {
                assert!(there, "{name:?} was created as something else: {setup}");
                sandbox.dbmig(["status", "--database-url", &url]).ok().says("1 applied");
                literal += 1;
            }
            // Refused before anything was made of it.
            Some(2 | 3) => {
                assert!(!there, "{name:?}: {setup}");
                refused += 1;
            }
            _ => panic!("{name:?}: {setup}"),
        }
        let confirm = format!("--confirm={name}");
        let drop = ["database", "drop", &confirm, "--database-url", &url];
        let dropped = sandbox.dbmig(drop);
        assert!(!databases(server).contains(&name), "{name:?}: {dropped}");
        if there {
            dropped.ok();
        }
    }
    println!("{server:?}: {literal} created to the letter, {refused} refused");
    assert!(literal >= 50, "{server:?}: only {literal} names work");
    sandbox.dbmig(["status", "--database-url", &canary.url]).ok().says("1 applied");
}

#[test]
fn t50_names_on_postgres() {
    created_and_dropped_or_refused(Server::Postgres);
}

#[test]
fn t50_names_on_mariadb() {
    created_and_dropped_or_refused(Server::Mariadb);
}

#[test]
fn t50_names_of_sqlite_files_stay_in_their_folder() {
    // Where a path leads is its owner's matter.
    for name in names().into_iter().filter(|name| !name.starts_with(['/', '.'])) {
        let sandbox = project("sqlite");
        sandbox.write("canary", "untouched");
        let before = sandbox.snapshot();
        let file = name.replace("{CANARY}", "canary");
        let url = format!("file:{}", encoded(&file));
        let made = sandbox.dbmig(["database", "setup", "--database-url", &url]);
        assert!(!made.stderr.contains("panicked at"), "{name:?}: {made}");
        let new: Vec<_> = sandbox
            .snapshot()
            .into_iter()
            .filter(|file| !before.contains(file))
            .map(|(path, _)| path)
            .collect();
        match made.code {
            Some(0) => assert_eq!(new, [sandbox.path(&file)], "{name:?}: {made}"),
            _ => assert_eq!(new, Vec::<std::path::PathBuf>::new(), "{name:?}: {made}"),
        }
        assert_eq!(sandbox.read("canary"), "untouched");
    }
}
