//! Data files on PostgreSQL, MariaDB, and MySQL.

use dbmig_build::Dialect;
use dbmig_runtime::Session;

use crate::engine::{Site, rounds};
use crate::{large_seeds, seed_mutants, seed_support};

/// What lets a session write nothing, and what lets it write again.
fn modes(session: &dyn Session) -> (&'static str, &'static str) {
    match session.dialect() {
        Dialect::Mysql => {
            ("SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE")
        }
        _ => ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off"),
    }
}

#[test]
fn every_wrong_cell_is_found_with_its_place() {
    // All of them take a while.
    let one_of = if std::env::var("DBMIG_TEST_ROUNDS").is_ok() { 1 } else { 4 };
    for site in Site::all() {
        seed_mutants::mutants(&mut *site.session(), rounds(1).min(12), one_of);
    }
}

#[test]
fn rows_are_the_same_after_each_form() {
    for site in Site::all() {
        let mut session = site.session();
        let (read_only, writable) = modes(&*session);
        seed_support::round_trip(&mut *session, read_only, writable);
    }
}

#[test]
fn from_the_first_run_to_the_undo() {
    for site in Site::all() {
        let mut session = site.session();
        let (read_only, writable) = modes(&*session);
        seed_support::life(&mut *session, read_only, writable);
    }
}

#[test]
fn large_files_in_every_mode() {
    for site in Site::all() {
        large_seeds::modes(&mut *site.session());
    }
    for site in Site::all() {
        large_seeds::long_rows(&mut *site.session());
    }
}

#[test]
fn large_files_where_copy_is_not_taken_and_behind_a_pooler() {
    let is_postgres = |site: &Site| site.session().dialect() == Dialect::Postgres;
    for prepare in [
        // As behind a pooler, where the names of another client's statements are taken.
        "DO $$ BEGIN FOR n IN 0..999 LOOP EXECUTE 'PREPARE s' || n || ' AS SELECT 1'; END LOOP; END $$",
        "ALTER TABLE items ENABLE ROW LEVEL SECURITY",
    ] {
        for site in Site::all().into_iter().filter(is_postgres) {
            large_seeds::by_statements(&mut *site.session(), prepare);
        }
    }
    large_seeds::long_rows(&mut *Site::pooled().session());
}

#[test]
fn large_files_with_parents_and_expressions() {
    for site in Site::all() {
        large_seeds::references(&mut *site.session());
    }
}

#[test]
fn what_is_wrong_in_a_large_file_has_its_place() {
    for site in Site::all() {
        large_seeds::wrong_rows(&mut *site.session());
    }
    for site in Site::all() {
        large_seeds::before_others(&mut *site.session());
    }
}
