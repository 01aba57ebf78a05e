//! `schema.rs` on SQLite: Diesel's own cases, and real projects' sets, byte for byte as Diesel prints them.

use std::fs;
use std::path::Path;

use crate::print_schema::{Case, cases, is_snapshot, with_diesels_header};
use crate::support::Sandbox;
use crate::{copy, sets};

/// Flags that take part in what is printed.
const FLAGS: [&[&str]; 4] = [
    &[],
    &["--with-docs", "--column-sorting", "name"],
    &["--sqlite-integer-primary-key-is-bigint"],
    &["--allow-tables-to-appear-in-same-query-config", "fk_related_tables"],
];

/// Ours and Diesel's print the same, with all of the flags.
fn compare(sandbox: &Sandbox, about: &str) {
    let program = std::env::var("DBMIG_TEST_DIESEL").expect("DBMIG_TEST_DIESEL names a program");
    for flags in FLAGS {
        let words = || {
            ["print-schema", "--database-url", "app.db"].into_iter().chain(flags.iter().copied())
        };
        let ours = sandbox.dbmig(words());
        let theirs = sandbox.run(Path::new(&program), &[], words());
        assert_eq!(ours.code == Some(0), theirs.code == Some(0), "{about}: {ours}\n{theirs}");
        let ours = with_diesels_header(&ours.stdout);
        assert!(ours == theirs.stdout, "{about} {flags:?}: {ours}\n{theirs}");
    }
}

fn project() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    sandbox
}

#[test]
fn cases_of_diesel() {
    for Case { name, diesel_toml, script, patch, expected } in cases("sqlite") {
        let sandbox = project();
        sandbox.write("diesel.toml", diesel_toml);
        if let Some(patch) = patch {
            sandbox.write("schema.patch", patch);
        }
        sandbox.write("app.db", "");
        sandbox.execute("app.db", &fs::read_to_string(script).unwrap());
        let ours = sandbox.dbmig(["print-schema", "--database-url", "app.db"]).ok().stdout;
        assert!(is_snapshot(&ours, &expected), "{name}:\n{ours}\nexpected:\n{expected}");
        // With several keys Diesel drops flags that no `--schema-key` stands before.
        let several = sandbox.read("diesel.toml").contains("[print_schema.");
        if !several && !sandbox.exists("schema.patch") {
            compare(&sandbox, &name);
        }
    }
}

#[test]
fn real_sets() {
    for set in sets("sqlite") {
        let about = set.display().to_string();
        let sandbox = project();
        copy(&set, &sandbox.cwd);
        let _ = sandbox
            .dbmig([
                "migration",
                "run",
                "--no-schema",
                "--database-url",
                "app.db",
                "--migrations-dir",
                "migrations",
            ])
            .ok();
        let ours = sandbox.dbmig(["print-schema", "--database-url", "app.db"]).ok().stdout;
        let oracle = fs::read_to_string(set.join("oracle/print-schema.rs")).unwrap();
        assert!(with_diesels_header(&ours) == oracle, "{about}:\n{ours}");
        compare(&sandbox, &about);
    }
}
