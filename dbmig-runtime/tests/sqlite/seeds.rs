//! Seeds: once for a content, again after a revert.

use dbmig_runtime::plan::Target;
use dbmig_runtime::{Migrator, RunOptions, Silent, runner};
use diesel::sqlite::SqliteConnection;

use crate::support::{memory, revert, texts, users_and_posts};

fn seed(name: &str, sql: &str) -> dbmig_build::Seed {
    dbmig_build::Seed::new(name, sql)
}

#[test]
fn a_seed_runs_once_for_its_content_and_again_after_a_revert() {
    let (mut conn, set) = (memory(), users_and_posts());
    let _ = Migrator::new(&set).run(&mut conn).unwrap();
    let rows = |conn: &mut SqliteConnection| texts(conn, "SELECT count(*) FROM posts");
    let run = |conn: &mut SqliteConnection, sql: &str, again| {
        let seeds = [seed("reference/001_posts.sql", sql)];
        runner::run_seeds(conn, &seeds, again, &RunOptions::default(), &mut Silent)
            .unwrap()
            .run
            .len()
    };
    let insert = "INSERT INTO posts DEFAULT VALUES;";
    assert_eq!(run(&mut conn, insert, false), 1);
    assert_eq!(run(&mut conn, insert, false), 0);
    assert_eq!(rows(&mut conn), ["1"]);
    assert_eq!(run(&mut conn, insert, true), 1);
    assert_eq!(run(&mut conn, "INSERT INTO posts DEFAULT VALUES; -- changed", false), 1);
    assert_eq!(rows(&mut conn), ["3"]);
    let _ = revert(&mut conn, &set, &Target::Steps(1)).unwrap();
    let _ = Migrator::new(&set).run(&mut conn).unwrap();
    assert_eq!(run(&mut conn, insert, false), 1);
    assert_eq!(rows(&mut conn), ["1"]);
}

#[test]
fn a_failing_seed_is_rolled_back_and_not_recorded() {
    let mut conn = memory();
    let _ = Migrator::new(&users_and_posts()).run(&mut conn).unwrap();
    let broken =
        [seed("dev/1_x.sql", "INSERT INTO posts DEFAULT VALUES;\nINSERT INTO nosuch VALUES (1);")];
    let error = runner::run_seeds(&mut conn, &broken, false, &RunOptions::default(), &mut Silent)
        .unwrap_err();
    assert_eq!(error.to_string(), "dev/1_x.sql:2:1: no such table: nosuch");
    assert_eq!(texts(&mut conn, "SELECT count(*) FROM posts"), ["0"]);
    assert_eq!(runner::seed_states(&mut conn, &broken).unwrap()[0].1, runner::SeedState::New);
}

#[test]
fn a_seed_that_ends_its_transaction_is_refused() {
    let mut conn = memory();
    let _ = Migrator::new(&users_and_posts()).run(&mut conn).unwrap();
    let seeds = [seed(
        "dev/1_x.sql",
        "INSERT INTO posts DEFAULT VALUES; COMMIT; INSERT INTO nosuch VALUES (1);",
    )];
    let error = runner::run_seeds(&mut conn, &seeds, false, &RunOptions::default(), &mut Silent)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "dev/1_x.sql:1:35: `COMMIT` in a file that runs in a transaction"
    );
    assert_eq!(texts(&mut conn, "SELECT count(*) FROM posts"), ["0"]);
    assert_eq!(runner::seed_states(&mut conn, &seeds).unwrap()[0].1, runner::SeedState::New);
}

#[test]
fn a_commit_that_nobody_saw_does_not_record_a_seed() {
    let mut conn = memory();
    let _ = Migrator::new(&users_and_posts()).run(&mut conn).unwrap();
    // An unterminated quote: the file is sent whole.
    let unsure = "INSERT INTO posts DEFAULT VALUES; COMMIT; INSERT INTO nosuch VALUES ('x";
    let seeds = [seed("dev/1_x.sql", unsure)];
    assert!(dbmig_build::sql::split(unsure, dbmig_build::Dialect::Sqlite).unsure.is_some());
    let _ = runner::run_seeds(&mut conn, &seeds, false, &RunOptions::default(), &mut Silent)
        .unwrap_err();
    assert_eq!(runner::seed_states(&mut conn, &seeds).unwrap()[0].1, runner::SeedState::New);
}

/// What an application has beside its files.
#[cfg(feature = "seed")]
mod functions {
    use std::cell::Cell;

    use diesel::prelude::*;

    use super::*;
    use dbmig_runtime::ErrorKind;
    use dbmig_runtime::seed::Seeder;

    fn set() -> &'static dbmig_build::MigrationSet {
        let seeds = vec![
            seed("reference/001_users.csv", "name\nfirst\n"),
            seed("reference/001_users.toml", "mode = \"insert\"\n"),
            seed("reference/003_users.csv", "name\nthird\n"),
            seed("reference/003_users.toml", "mode = \"insert\"\n"),
        ];
        let set = dbmig_build::MigrationSet::new(vec![], vec![], None).unwrap();
        Box::leak(Box::new(set.with_seeds(seeds)))
    }

    fn add(conn: &mut SqliteConnection, name: &str) -> QueryResult<usize> {
        let sql = "INSERT INTO users (name) VALUES (?)";
        diesel::sql_query(sql).bind::<diesel::sql_types::Text, _>(name).execute(conn)
    }

    fn table() -> SqliteConnection {
        let mut conn = memory();
        let sql = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)";
        dbmig_runtime::Session::execute(&mut conn, sql).unwrap();
        conn
    }

    const NAMES: &str = "SELECT name FROM users ORDER BY id";

    #[test]
    fn run_in_the_order_of_their_names_and_once_for_their_version() {
        let (mut conn, runs) = (table(), Cell::new(0));
        let mut run = |version: &str| {
            Seeder::new(set())
                .function("reference/002_second", version, |conn: &mut SqliteConnection| {
                    runs.set(runs.get() + 1);
                    // A transaction of its own is a savepoint.
                    conn.transaction(|conn| add(conn, "second").map(drop))?;
                    Ok(())
                })
                .function("reference/000_none", "1", |_: &mut SqliteConnection| Ok(()))
                .run(&mut conn)
                .unwrap()
        };
        let names: Vec<_> = run("1").run.into_iter().map(|seeded| seeded.name).collect();
        assert_eq!(
            names,
            [
                "reference/000_none",
                "reference/001_users.csv",
                "reference/002_second",
                "reference/003_users.csv"
            ]
        );
        assert_eq!((run("1").unchanged, runs.get()), (4, 1));
        assert_eq!((run("2").unchanged, runs.get()), (3, 2));
        assert_eq!(texts(&mut conn, NAMES), ["first", "second", "third", "second"]);
    }

    #[test]
    fn one_that_fails_leaves_nothing_and_stops_those_after_it() {
        let mut conn = table();
        let failing = Seeder::new(set()).function("reference/002_x", "1", |conn: &mut _| {
            add(conn, "half")?;
            Err("no more".into())
        });
        let error = failing.run(&mut conn).unwrap_err();
        assert_eq!(error.to_string(), "seed reference/002_x: no more");
        assert!(matches!(error.kind, ErrorKind::SeedFunction { .. }));
        assert_eq!(texts(&mut conn, NAMES), ["first"]);
        let good = Seeder::new(set()).function("reference/002_x", "1", |conn: &mut _| {
            add(conn, "whole")?;
            Ok(())
        });
        assert_eq!(good.run(&mut conn).unwrap().run.len(), 2);
        assert_eq!(texts(&mut conn, NAMES), ["first", "whole", "third"]);
    }

    #[test]
    fn two_of_one_name_are_refused() {
        for name in ["reference/001_users", "reference/001_users.csv", "x"] {
            let mut conn = table();
            let seeder = Seeder::new(set())
                .function("x", "1", |_: &mut SqliteConnection| Ok(()))
                .function(name, "1", |_: &mut SqliteConnection| Ok(()));
            let error = seeder.run(&mut conn).unwrap_err();
            assert_eq!(error.to_string(), format!("two seeds are called `{name}`"));
            assert_eq!(texts(&mut conn, NAMES), [""; 0]);
        }
    }
}
