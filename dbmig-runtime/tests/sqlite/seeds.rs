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
