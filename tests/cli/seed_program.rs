//! `[seeds] command`, and `seed undo --all`.

use std::path::Path;

use crate::support::Sandbox;

/// A table, a seed, and a program that notes what it is told.
fn project(program: &str) -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.migration(
        "1_t",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);",
        "DROP TABLE t;",
    );
    sandbox.write("seeds/dev/001_t.csv", "id,name\n1,a\n");
    sandbox.write("bin/seed.sh", format!("#!/bin/sh\n{program}\n"));
    let toml = sandbox.read("dbmig.toml");
    let seeds = "[seeds]\ndir = \"seeds\"\ncommand = [\"sh\", \"bin/seed.sh\", \"own\"]\n";
    let toml = toml.replace("seeds = \"seeds\"\n", "");
    let (top, rest) = toml.split_once("[env").expect("an environment");
    sandbox.write("dbmig.toml", format!("{top}{seeds}\n[env{rest}"));
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["migrate"]).ok();
    sandbox
}

#[test]
fn a_program_runs_after_the_files_with_the_database_of_the_environment() {
    let sandbox = project(
        "echo to the error output\necho \"$PWD|$DATABASE_URL|$DBMIG_ENV|$DBMIG_ENV_KIND|$*\" >> told",
    );
    std::fs::create_dir_all(sandbox.path("below")).unwrap();
    sandbox
        .dbmig(["seed", "run", "--dry-run"])
        .ok()
        .says("would run  `sh bin/seed.sh own`")
        .says("nothing was written");
    sandbox
        .dbmig(["seed", "run", "--", "--rows", "5"])
        .ok()
        .says("1 seed run, 0 unchanged")
        .warns("to the error output")
        .says("  seeded  `sh bin/seed.sh own`");
    // Each time; also from another folder, and as part of `migrate`.
    let program = env!("CARGO_BIN_EXE_cargo-dbmig");
    let from_below = format!("cd below && {program} seed run");
    sandbox.run(Path::new("sh"), &[], ["-c", &from_below]).ok();
    sandbox.dbmig(["migrate", "--seed"]).ok();
    let json = sandbox.dbmig(["seed", "run", "--format", "json"]).ok().json();
    assert_eq!(json["program"][2], "own");
    let root = sandbox.path("").canonicalize().unwrap().display().to_string();
    let told = |arguments: &str| {
        format!("{root}|{root}/dev.sqlite3|development|development|{arguments}\n")
    };
    let expected = told("own --rows 5") + &told("own").repeat(3);
    assert_eq!(sandbox.read("told"), expected);
    // Not where something else was asked for, and not where development data has no business.
    sandbox.dbmig(["seed", "run", "--set", "dev"]).ok();
    sandbox.dbmig(["seed", "run", "--only", "t"]).ok();
    sandbox.dbmig(["seed", "run", "--only", "t", "--", "x"]).exits(2).warns("it does not run");
    sandbox.dbmig(["seed", "run", "--env", "production", "--database-url", "dev.sqlite3"]).ok();
    sandbox
        .dbmig(["seed", "run", "--env", "production", "--database-url", "dev.sqlite3", "--", "x"])
        .exits(2)
        .warns("does not run in environment `production`, which is of kind production");
    assert_eq!(sandbox.read("told"), expected);
}

#[test]
fn a_program_that_fails_is_told_with_its_exit_code() {
    let sandbox = project("exit 7");
    sandbox
        .dbmig(["seed", "run"])
        .exits(3)
        .warns("error: `sh bin/seed.sh own` ended with exit code 7")
        .warns("the seed files before it are committed");
    assert_eq!(sandbox.query("dev.sqlite3", "SELECT name FROM t"), ["a"]);
    let toml = sandbox.read("dbmig.toml").replace("\"sh\"", "\"nosuch-program\"");
    sandbox.write("dbmig.toml", toml);
    sandbox
        .dbmig(["seed", "run"])
        .exits(2)
        .warns("could not start `nosuch-program`, the program of `[seeds]`");
    sandbox.write("dbmig.toml", sandbox.read("dbmig.toml").replace("command =", "# command ="));
    sandbox.dbmig(["seed", "run"]).ok();
    sandbox.dbmig(["seed", "run", "--", "x"]).exits(2).warns("there is no program");
}

#[test]
fn all_seeds_are_undone_the_last_one_first() {
    let sandbox = project("true");
    sandbox.migration(
        "2_u",
        "CREATE TABLE u (id INTEGER PRIMARY KEY, t_id INTEGER NOT NULL REFERENCES t (id));",
        "DROP TABLE u;",
    );
    sandbox.write("seeds/reference/001_t.csv", "id,name\n2,b\n");
    sandbox.write("seeds/dev/002_u.csv", "id,t_id\n1,1\n2,2\n");
    // A run that changes nothing is one that can be undone.
    sandbox.write("seeds/dev/003_t.csv", "id,name\n1,a\n");
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["seed", "run"]).ok();
    let undo = sandbox.dbmig(["seed", "undo", "--all"]).ok().says("4 seeds undone");
    undo.says(
        "  undone  dev/003_t.csv  (0 deleted, 0 as before, 0 back)\n  \
         undone  dev/002_u.csv  (2 deleted, 0 as before, 0 back)\n  \
         undone  dev/001_t.csv  (1 deleted, 0 as before, 0 back)\n  \
         undone  reference/001_t.csv  (1 deleted, 0 as before, 0 back)\n",
    );
    assert_eq!(sandbox.query("dev.sqlite3", "SELECT name FROM t"), [""; 0]);
    sandbox.dbmig(["seed", "undo", "--all"]).ok().says("no seed was run");
    sandbox.dbmig(["seed", "undo", "t", "--all"]).exits(2);
    // It stops at one of which nothing is kept, and says how far it has come.
    sandbox.write("seeds/dev/002_sql.sql", "INSERT INTO t VALUES (9, 'sql');");
    sandbox.dbmig(["seed", "run"]).ok();
    let undo = sandbox.dbmig(["seed", "undo", "--all"]).exits(4).says("2 seeds undone");
    undo.warns("nothing was kept by which seeds/dev/002_sql.sql could be undone");
    assert_eq!(sandbox.query("dev.sqlite3", "SELECT count(*) FROM u"), ["0"]);
    assert_eq!(sandbox.query("dev.sqlite3", "SELECT name FROM t ORDER BY id"), ["a", "b", "sql"]);
}

#[test]
fn check_finds_what_needs_no_database() {
    let sandbox = project("true");
    sandbox.dbmig(["check"]).ok();
    for (file, text, expected) in [
        ("seeds/test/001_t.csv", "id,name\n1\n", "seeds/test/001_t.csv:2:1"),
        ("seeds/dev/002_t.json", "[{\"id\": 1, \"id\": 2}]", "seeds/dev/002_t.json:1:12"),
        ("seeds/dev/001_t.toml", "kee = \"id\"\n", "seeds/dev/001_t.toml:1:1"),
        ("seeds/dev/009_x.toml", "", "there is no data file beside it"),
        ("seeds/test/002_t.sql", "SELECT 'x", ""),
    ] {
        sandbox.write(file, text);
        match expected {
            "" => drop(sandbox.dbmig(["check"]).ok()),
            expected => {
                sandbox.dbmig(["check"]).exits(1).warns_or_says(expected);
            }
        }
        std::fs::remove_file(sandbox.path(file)).unwrap();
    }
    std::fs::write(sandbox.path("seeds/dev/003_t.csv"), b"id\n\xff\n").unwrap();
    sandbox.dbmig(["check"]).exits(1).warns_or_says("seeds/dev/003_t.csv");
    let json = sandbox.dbmig(["check", "--format", "json"]).exits(1).json();
    assert_eq!(json["findings"].as_array().unwrap().len(), 1);
}
