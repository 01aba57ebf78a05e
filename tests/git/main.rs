//! Branches, merges, and rebases with the real git.

mod merges;
mod rebase;
#[path = "../support/mod.rs"]
mod support;

use support::{Ran, Sandbox};

/// A repository on `main` with two locked migrations.
fn repository() -> Sandbox {
    let sandbox = Sandbox::project();
    let _ = sandbox.git(["init", "-q"]).ok();
    sandbox.write(".gitignore", "*.sqlite3\n");
    add(&sandbox, "2024-01-01-000000_one");
    add(&sandbox, "2024-01-02-000000_two");
    commit(&sandbox, "base");
    sandbox
}

/// Writes a migration about a table of its own.
fn add(sandbox: &Sandbox, name: &str) {
    let table = name.replace(['-', '.'], "_");
    sandbox.migration(
        name,
        &format!("CREATE TABLE t_{table} (a INT);\n"),
        &format!("DROP TABLE t_{table};\n"),
    );
    lock(sandbox, &[]);
}

fn lock(sandbox: &Sandbox, more: &[&str]) {
    let _ = sandbox.dbmig(["lock"].iter().chain(more).copied()).ok();
}

fn commit(sandbox: &Sandbox, message: &str) {
    let _ = sandbox.git(["add", "-A"]).ok();
    let _ = sandbox.git(["commit", "-q", "-m", message]).ok();
}

/// The codes of everything that `check` finds, sorted.
fn codes(sandbox: &Sandbox) -> Vec<String> {
    let ran = sandbox.dbmig(["check"]);
    assert!(matches!(ran.code, Some(0 | 1)), "{ran}");
    found(&ran)
}

fn found(ran: &Ran) -> Vec<String> {
    let code = |line: &str| {
        let rest =
            ["error[", "warning[", "note["].iter().find_map(|kind| line.strip_prefix(kind))?;
        Some(rest.split_once(']')?.0.to_owned())
    };
    let mut codes: Vec<_> = ran.stderr.lines().filter_map(code).collect();
    codes.sort();
    codes
}
