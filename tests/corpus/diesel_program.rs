//! The `diesel` program on a database that we applied to, and the other way round.

use std::path::{Path, PathBuf};

use super::{Sandbox, adopted, sets};
use crate::support::Ran;

/// The program that `DBMIG_TEST_DIESEL` names.
fn program() -> PathBuf {
    let path = std::env::var_os("DBMIG_TEST_DIESEL").filter(|path| !path.is_empty());
    PathBuf::from(path.expect("set DBMIG_TEST_DIESEL: `.ci/run` does"))
}

fn diesel(sandbox: &Sandbox, args: &[&str]) -> Ran {
    let database = sandbox.path("dev.sqlite3");
    let database = database.to_str().unwrap();
    sandbox.run(&program(), &[("DATABASE_URL", database)], args.iter().copied())
}

/// What `diesel migration list` prints: the names of the applied and of the pending migrations.
fn listed(sandbox: &Sandbox) -> (Vec<String>, Vec<String>) {
    let ran = diesel(sandbox, &["migration", "list"]).ok();
    let names = |mark: &str| {
        let lines = ran.stdout.lines().filter_map(|line| line.trim().strip_prefix(mark));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    (names("[X] "), names("[ ] "))
}

/// The names of the migrations, in Diesel's order.
fn names(set: &Path) -> Vec<String> {
    let order = std::fs::read_to_string(set.join("oracle/order.txt")).unwrap();
    order.lines().map(|line| line.split_once('\t').unwrap().1.to_owned()).collect()
}

#[test]
fn it_is_recent_enough() {
    let ran = Sandbox::new().run(&program(), &[], ["--version"]).ok();
    let version = ran.stdout.lines().find_map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        words.iter().find_map(|word| {
            let mut parts = word.split('.').map(str::parse::<u32>);
            Some((parts.next()?.ok()?, parts.next()?.ok()?))
        })
    });
    assert!(version >= Some((2, 3)), "{ran}");
}

#[test]
fn it_lists_as_applied_what_we_applied() {
    for set in sets("sqlite") {
        let sandbox = adopted(&set, "sqlite");
        let all = names(&set);
        let first: Vec<_> = all.iter().take(2).cloned().collect();
        let _ = sandbox.dbmig(["migrate", "--step", "2"]).ok();
        assert_eq!(listed(&sandbox), (first, all[2..].to_vec()), "{}", set.display());
        let _ = sandbox.dbmig(["migrate"]).ok();
        assert_eq!(listed(&sandbox), (all, Vec::new()), "{}", set.display());
        let ran = diesel(&sandbox, &["migration", "pending"]).ok();
        assert_eq!(ran.stdout.trim(), "false", "{ran}");
    }
}

#[test]
fn we_go_on_where_it_stopped_and_it_where_we_did() {
    for set in sets("sqlite") {
        let sandbox = adopted(&set, "sqlite");
        let all = names(&set);
        let _ = sandbox.dbmig(["migrate", "--step", "1"]).ok();
        let _ = diesel(&sandbox, &["migration", "run"]).ok();
        let count = all.len();
        let _ = sandbox.dbmig(["status"]).ok().says(&format!("{count} applied, 0 pending"));
        let _ = sandbox.dbmig(["migrate"]).ok().says("nothing to apply");
        assert_eq!(listed(&sandbox), (all, Vec::new()), "{}", set.display());
    }
}
