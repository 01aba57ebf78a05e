//! A fixture for every finding, and every rule over every fixture: what is found, and nothing else.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dbmig_build::check::{self, Options};
use dbmig_build::lock::{self, Tokens};
use dbmig_build::{Code, Dialect, LockEntry, LockFile, Policy, Version, load, load_reference};

/// What cannot be had from a directory alone, and the tests that have it.
const ELSEWHERE: &[(&str, &str)] = &[
    ("base-changed", "the rule's own tests; tests/cli/against.rs"),
    ("base-unknown", "tests/cli/against.rs"),
    ("proof-failed", "the rule's own tests; tests/cli/proof_policy.rs"),
    ("proof-missing", "the rule's own tests; tests/cli/proof_policy.rs"),
    ("proof-void", "the rule's own tests; tests/cli/proof_policy.rs"),
    ("schema-rs-changed", "the rule's own tests; tests/cli/schema_policy.rs"),
    // The rows of seeds are held against a database, which the build has not.
    ("seed-column", "tests/cli/seed_data.rs"),
    ("seed-condition", "tests/cli/seed_data.rs"),
    ("seed-duplicate", "tests/cli/seed_data.rs"),
    ("seed-form", "tests/cli/seed_data.rs"),
    ("seed-parent", "tests/cli/seed_data.rs"),
    ("seed-value", "tests/cli/seed_data.rs"),
    // The build reads a subset of metadata.toml, and says `metadata-not-read`.
    ("invalid-metadata", "tests/cli/check.rs"),
];

/// A set that is locked, what happens to it afterwards, and everything that is found then.
struct Fixture {
    /// The finding that it is for.
    code: &'static str,
    dialect: Dialect,
    /// Path and text, beside a migration `1_a` that is in order; locked.
    locked: &'static [(&'static str, &'static str)],
    /// Path and text; `GONE` removes a file or a directory.
    then: &'static [(&'static str, &'static str)],
    /// `path:line:col severity[code]`, all of it.
    found: &'static [&'static str],
}

const GONE: &str = "\u{0}gone";
const STOPPER: &str = dbmig_build::backfill::STOPPER;
const BACKFILL: &str =
    "-- dbmig:table a\n-- dbmig:key id\nUPDATE a SET id = id WHERE id >= :lo AND id <= :hi;\n";
const OUTSIDE: &str = "run_in_transaction = false\n";

const fn fixture(
    code: &'static str,
    locked: &'static [(&'static str, &'static str)],
    then: &'static [(&'static str, &'static str)],
    found: &'static [&'static str],
) -> Fixture {
    Fixture { code, dialect: Dialect::Sqlite, locked, then, found }
}

const fn of(dialect: Dialect, fixture: Fixture) -> Fixture {
    Fixture { dialect, ..fixture }
}

const A: &[(&str, &str)] = &[
    ("1_a/up.sql", "CREATE TABLE a (id INTEGER);\n"),
    ("1_a/down.sql", "DROP TABLE a;\n"),
    ("1_a/metadata.toml", "run_in_transaction = true\n"),
];

const FIXTURES: &[Fixture] = &[
    fixture("", &[], &[], &[]),
    fixture(
        "backfill-missing",
        &[("2_b/up.sql", STOPPER), ("2_b/down.sql", "SELECT 1;\n")],
        &[],
        &["m/2_b/up.sql:1:1 error[backfill-missing]"],
    ),
    fixture(
        "backfill-up",
        &[
            ("2_b/up.sql", "SELECT 1;\n"),
            ("2_b/down.sql", "SELECT 1;\n"),
            ("2_b/backfill.sql", BACKFILL),
        ],
        &[],
        &["m/2_b/up.sql:1:1 error[backfill-up]"],
    ),
    fixture(
        "invalid-assertion",
        &[
            ("2_b/up.sql", "SELECT 1;\n  -- dbmig:assert after DELETE FROM a\n"),
            ("2_b/down.sql", "SELECT 1;\n"),
        ],
        &[],
        &["m/2_b/up.sql:2:3 error[invalid-assertion]"],
    ),
    fixture(
        "invalid-backfill",
        &[
            ("2_b/up.sql", STOPPER),
            ("2_b/down.sql", "SELECT 1;\n"),
            ("2_b/backfill.sql", "-- dbmig:table a\n-- dbmig:key id\nDELETE FROM a;\n"),
        ],
        &[],
        &[
            "m/2_b/backfill.sql:3:1 error[invalid-backfill]",
            "m/2_b/backfill.sql:3:1 error[invalid-backfill]",
        ],
    ),
    fixture(
        "invalid-precondition",
        &[
            ("2_b/up.sql", "SELECT 1;\n"),
            ("2_b/down.sql", "SELECT 1;\n"),
            (
                "2_b/metadata.toml",
                "run_in_transaction = true\n\n[[dbmig.precondition]]\nquery = \"PRAGMA foreign_keys\"\n",
            ),
        ],
        &[],
        &["m/2_b/metadata.toml:4:9 error[invalid-precondition]"],
    ),
    fixture(
        "skip-conflict",
        &[
            ("2_b/up.sql", "CREATE TABLE b (id INT);\n"),
            ("2_b/down.sql", "DROP TABLE b;\n"),
            (
                "2_b/metadata.toml",
                "run_in_transaction = true\n\n[[dbmig.precondition]]\nquery = \"SELECT 1\"\non_fail = \"skip\"\n",
            ),
            ("3_c/up.sql", "ALTER TABLE b RENAME TO c;\n"),
            ("3_c/down.sql", "ALTER TABLE c RENAME TO b;\n"),
        ],
        &[],
        &["m/2_b/metadata.toml:4:9 error[skip-conflict]"],
    ),
    fixture(
        "invalid-requires",
        &[
            ("2_b/up.sql", "SELECT 1;\n"),
            ("2_b/down.sql", "SELECT 1;\n"),
            (
                "2_b/metadata.toml",
                "run_in_transaction = true\n[dbmig]\nrequires = \"backfill:1\"\n",
            ),
        ],
        &[],
        &["m/2_b/metadata.toml error[invalid-requires]"],
    ),
    fixture(
        "modified",
        &[("2_b/up.sql", STOPPER), ("2_b/down.sql", "SELECT 1;\n"), ("2_b/backfill.sql", BACKFILL)],
        &[(
            "2_b/backfill.sql",
            "-- dbmig:table a\n-- dbmig:key id\nDELETE FROM a WHERE id BETWEEN :lo AND :hi;\n",
        )],
        &["m/2_b/backfill.sql error[modified]"],
    ),
    fixture(
        "allow-without-reason",
        &[],
        &[("2_b/up.sql", "-- dbmig:allow empty-up\n\n"), ("2_b/down.sql", "SELECT 1;\n")],
        &["m/2_b error[draft]", "m/2_b/up.sql:1:1 error[allow-without-reason]"],
    ),
    of(
        Dialect::Postgres,
        fixture(
            "byte-order-mark",
            &[("2_b/up.sql", "\u{feff}SELECT 1;\n"), ("2_b/down.sql", "SELECT 1;\n")],
            &[],
            &["m/2_b/up.sql:1:1 warning[byte-order-mark]"],
        ),
    ),
    of(
        Dialect::Postgres,
        fixture(
            "client-command",
            &[("2_b/up.sql", "SELECT 1;\n\\i other.sql\n"), ("2_b/down.sql", "SELECT 1;\n")],
            &[],
            &["m/2_b/up.sql:2:1 error[client-command]"],
        ),
    ),
    fixture(
        "draft",
        &[],
        &[("2_b/up.sql", "SELECT 1;\n"), ("2_b/down.sql", "SELECT 1;\n")],
        &["m/2_b error[draft]"],
    ),
    fixture(
        "duplicate-version",
        &[],
        &[("1-_b/up.sql", "SELECT 1;\n"), ("1-_b/down.sql", "SELECT 1;\n")],
        &["m/1-_b error[duplicate-version]"],
    ),
    fixture(
        "empty-up",
        &[("2_b/up.sql", "-- later\n"), ("2_b/down.sql", "SELECT 1;\n")],
        &[],
        &["m/2_b/up.sql:1:1 error[empty-up]"],
    ),
    fixture(
        "invalid-name",
        &[("_b/up.sql", "SELECT 1;\n"), ("_b/down.sql", "SELECT 1;\n")],
        &[],
        &["m/_b error[invalid-name]"],
    ),
    fixture(
        "late-conflict",
        &[
            ("3_c/up.sql", "ALTER TABLE a ADD COLUMN c TEXT;\n"),
            ("3_c/down.sql", "ALTER TABLE a DROP COLUMN c;\n"),
        ],
        &[("2_b/up.sql", "DROP TABLE a;\n"), ("2_b/down.sql", "CREATE TABLE a (id INTEGER);\n")],
        &["m/2_b error[draft]", "m/2_b/up.sql:1:1 error[late-conflict]"],
    ),
    fixture(
        "late-draft",
        &[("3_c/up.sql", "CREATE TABLE c (id INTEGER);\n"), ("3_c/down.sql", "DROP TABLE c;\n")],
        &[("2_b/up.sql", "CREATE TABLE b (id INTEGER);\n"), ("2_b/down.sql", "DROP TABLE b;\n")],
        &["m/2_b error[draft]", "m/2_b/up.sql warning[late-draft]"],
    ),
    fixture(
        "late-opaque",
        &[("3_c/up.sql", "CREATE TABLE c (id INTEGER);\n"), ("3_c/down.sql", "DROP TABLE c;\n")],
        &[("2_b/up.sql", "FROBNICATE x;\n"), ("2_b/down.sql", "SELECT 1;\n")],
        &["m/2_b error[draft]", "m/2_b/up.sql:1:1 warning[late-opaque]"],
    ),
    fixture(
        "lock-conflict",
        &[],
        &[("dbmig.lock", "<<<<<<< ours\n=======\n>>>>>>> theirs\n")],
        &["m/dbmig.lock:1:1 error[lock-conflict]"],
    ),
    fixture(
        "lock-malformed",
        &[],
        &[("dbmig.lock", "dbmig-lock 1\nversions many\n")],
        &["m/dbmig.lock:2:1 error[lock-malformed]"],
    ),
    fixture("lock-missing", &[], &[("dbmig.lock", GONE)], &["m/dbmig.lock error[lock-missing]"]),
    fixture(
        "lock-unsupported",
        &[],
        &[("dbmig.lock", "dbmig-lock 999\n")],
        &["m/dbmig.lock:1:1 error[lock-unsupported]"],
    ),
    fixture(
        "metadata-not-read",
        &[],
        &[
            ("2_b/up.sql", "SELECT 1;\n"),
            ("2_b/down.sql", "SELECT 1;\n"),
            ("2_b/metadata.toml", "run_in_transaction = true\n[dbmig]\nrequires = [\"1\"]\n"),
        ],
        &["m/2_b error[draft]", "m/2_b/metadata.toml:3:1 warning[metadata-not-read]"],
    ),
    fixture(
        "metadata-transaction-missing",
        &[
            ("2_b/up.sql", "SELECT 1;\n"),
            ("2_b/down.sql", "SELECT 1;\n"),
            ("2_b/metadata.toml", "# nothing\n"),
        ],
        &[],
        &["m/2_b/metadata.toml:1:1 error[metadata-transaction-missing]"],
    ),
    fixture(
        "missing-down",
        &[("2_b/up.sql", "SELECT 1;\n")],
        &[],
        &["m/2_b/down.sql error[missing-down]"],
    ),
    fixture("missing-up", &[], &[("2_b/down.sql", "SELECT 1;\n")], &["m/2_b error[missing-up]"]),
    fixture(
        "modified",
        &[],
        &[("1_a/up.sql", "CREATE TABLE b (id INTEGER);\n")],
        &["m/1_a/up.sql error[modified]"],
    ),
    fixture(
        "needs-no-transaction",
        &[("2_b/up.sql", "VACUUM;\n"), ("2_b/down.sql", "SELECT 1;\n")],
        &[],
        &["m/2_b/up.sql:1:1 error[needs-no-transaction]"],
    ),
    of(
        Dialect::Postgres,
        fixture(
            "no-transaction-mixed",
            &[
                ("2_b/up.sql", "SELECT 1;\nCREATE INDEX CONCURRENTLY i ON a (id);\n"),
                ("2_b/down.sql", "DROP INDEX CONCURRENTLY i;\n"),
                ("2_b/metadata.toml", OUTSIDE),
            ],
            &[],
            &["m/2_b/up.sql:2:1 warning[no-transaction-mixed]"],
        ),
    ),
    fixture(
        "nul-byte",
        &[],
        &[("2_b/up.sql", "SELECT 1;\u{0}\n")],
        &["m/2_b/up.sql:1:10 error[nul-byte]"],
    ),
    fixture("not-utf8", &[], &[("2_b/up.sql", "LATIN-1")], &["m/2_b/up.sql:1:9 error[not-utf8]"]),
    fixture("policy-stale", &[], &[("POLICY", "0")], &["m/dbmig.lock warning[policy-stale]"]),
    fixture(
        "reformatted",
        &[],
        &[("1_a/up.sql", "-- the first\nCREATE TABLE a (\n  id INTEGER\n);\n")],
        &["m/1_a note[reformatted]"],
    ),
    fixture(
        "removed",
        &[("2_b/up.sql", "SELECT 1;\n"), ("2_b/down.sql", "SELECT 1;\n")],
        &[("2_b", GONE)],
        &["m/dbmig.lock error[removed]"],
    ),
    fixture(
        "renamed",
        &[("2_b/up.sql", "SELECT 1;\n"), ("2_b/down.sql", "SELECT 1;\n")],
        &[("2_b", GONE), ("2_c/up.sql", "SELECT 1;\n"), ("2_c/down.sql", "SELECT 1;\n")],
        &["m/2_c warning[renamed]"],
    ),
    fixture(
        "repeatable-changed",
        &[("R__v.sql", "CREATE VIEW v AS SELECT 1;\n")],
        &[("R__v.sql", "CREATE VIEW v AS SELECT 2;\n")],
        &["m/R__v.sql error[repeatable-changed]"],
    ),
    fixture(
        "seed-changed",
        &[("../seeds/reference/001_a.sql", "SELECT 1;\n")],
        &[("../seeds/reference/001_a.sql", "SELECT 2;\n")],
        &["seeds/reference/001_a.sql error[seed-changed]"],
    ),
    of(
        Dialect::Postgres,
        fixture(
            "session-setting",
            &[("2_b/up.sql", "SET search_path = b;\nSELECT 1;\n"), ("2_b/down.sql", "SELECT 1;\n")],
            &[],
            &["m/2_b/up.sql:1:1 warning[session-setting]"],
        ),
    ),
    fixture("stray-sql", &[], &[("2_b.sql", "SELECT 1;\n")], &["m/2_b.sql warning[stray-sql]"]),
    fixture(
        "todo-left",
        &[("2_b/up.sql", "SELECT 1;\n"), ("2_b/down.sql", "-- dbmig:todo write it\nSELECT 1;\n")],
        &[],
        &["m/2_b/down.sql:1:1 error[todo-left]"],
    ),
    fixture(
        "transaction-control",
        &[("2_b/up.sql", "SELECT 1;\nCOMMIT;\n"), ("2_b/down.sql", "SELECT 1;\n")],
        &[],
        &["m/2_b/up.sql:2:1 error[transaction-control]"],
    ),
    fixture(
        "unknown-directive",
        &[("2_b/up.sql", "-- dbmig:alow todo-left\nSELECT 1;\n"), ("2_b/down.sql", "SELECT 1;\n")],
        &[],
        &["m/2_b/up.sql:1:1 error[unknown-directive]"],
    ),
    fixture(
        "unknown-lint",
        &[
            ("2_b/up.sql", "-- dbmig:allow tod-left reason=\"x\"\nSELECT 1;\n"),
            ("2_b/down.sql", "SELECT 1;\n"),
        ],
        &[],
        &["m/2_b/up.sql:1:1 warning[unknown-lint]"],
    ),
    fixture(
        "unreadable",
        &[],
        &[("2_b/up.sql/x", ""), ("2_b/down.sql", "SELECT 1;\n")],
        &["m/2_b/up.sql error[unreadable]"],
    ),
    fixture(
        "unsure-split",
        &[("2_b/up.sql", "SELECT 'open\n"), ("2_b/down.sql", "SELECT 1;\n")],
        &[],
        &["m/2_b/up.sql:1:8 warning[unsure-split]"],
    ),
    fixture(
        "unused-allow",
        &[
            ("2_b/up.sql", "-- dbmig:allow todo-left reason=\"x\"\nSELECT 1;\n"),
            ("2_b/down.sql", "SELECT 1;\n"),
        ],
        &[],
        &["m/2_b/up.sql:1:1 warning[unused-allow]"],
    ),
    fixture(
        "unusual-name",
        &[("2_b c/up.sql", "SELECT 1;\n"), ("2_b c/down.sql", "SELECT 1;\n")],
        &[],
        &["m/2_b c warning[unusual-name]"],
    ),
    #[cfg(unix)]
    fixture(
        "link-outside",
        &[],
        &[("2_b/up.sql", "LINK"), ("2_b/down.sql", "SELECT 1;\n")],
        &["m/2_b error[draft]", "m/2_b/up.sql error[link-outside]"],
    ),
];

fn write(dir: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = dir.join(name);
        match *text {
            GONE if path.is_dir() => fs::remove_dir_all(path).unwrap(),
            GONE => fs::remove_file(path).unwrap(),
            text => {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                match text {
                    #[cfg(unix)]
                    "LINK" => std::os::unix::fs::symlink("/etc/hostname", path).unwrap(),
                    "LATIN-1" => fs::write(path, b"SELECT '\xe9';").unwrap(),
                    text => fs::write(path, text).unwrap(),
                }
            }
        }
    }
}

fn raw(dir: &Path) -> dbmig_build::RawSet {
    let mut raw = load(&dir.join("m"), "m");
    load_reference(&mut raw, &dir.join("seeds"), "seeds");
    raw
}

/// As `cargo dbmig lock` does it, whatever the habits.
fn lock(dir: &Path, dialect: Dialect) {
    let options =
        Options { dialects: Some(vec![dialect]), lock_required: false, ..Options::default() };
    let checked = check::run(&raw(dir), &options);
    let set = checked.set.unwrap_or_else(|| panic!("{:?}", checked.findings));
    let mut lock = LockFile::for_dialects(vec![dialect]);
    for migration in &set {
        lock.insert(LockEntry::of(migration, Tokens::of(migration, Some(dialect))));
    }
    lock.take_files(&set, Some(dialect));
    fs::write(dir.join("m").join(lock::FILE_NAME), lock.render()).unwrap();
}

fn found(fixture: &Fixture) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let migrations = dir.path().join("m");
    write(&migrations, A);
    write(&migrations, fixture.locked);
    lock(dir.path(), fixture.dialect);
    let (policy, then): (Vec<_>, Vec<_>) =
        fixture.then.iter().copied().partition(|(path, _)| *path == "POLICY");
    write(&migrations, &then);
    let policy = policy
        .first()
        .map(|(_, after)| Policy { start_after: Some(Version::new(*after)), ..Policy::default() });
    let checked = check::run(&raw(dir.path()), &Options { policy, ..Options::default() });
    checked
        .findings
        .iter()
        .map(|finding| {
            let place =
                finding.place.map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
            format!("{}{place} {}[{}]", finding.path, finding.severity, finding.code)
        })
        .collect()
}

#[test]
fn every_rule_over_every_fixture() {
    let mut wrong = Vec::new();
    for fixture in FIXTURES {
        let found = found(fixture);
        if found != fixture.found {
            wrong.push(format!(
                "{}:\n  found    {found:?}\n  expected {:?}",
                fixture.code, fixture.found
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_finding_has_a_fixture() {
    let mut shown: BTreeSet<_> = FIXTURES
        .iter()
        .filter(|fixture| {
            fixture.found.iter().any(|line| line.ends_with(&format!("[{}]", fixture.code)))
        })
        .map(|fixture| fixture.code)
        .collect();
    shown.extend(ELSEWHERE.iter().map(|(code, _)| *code));
    let missing: Vec<_> = Code::ALL
        .iter()
        .map(|code| code.as_str())
        .filter(|code| !(shown.contains(code) || cfg!(not(unix)) && *code == "link-outside"))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
