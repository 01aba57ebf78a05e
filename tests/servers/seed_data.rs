//! Data files on PostgreSQL, MariaDB, and MySQL.

use dbmig_build::Dialect;

use crate::engine::{Site, rounds};
use crate::{large_seeds, seed_support};

#[test]
fn every_wrong_cell_is_found_with_its_place() {
    for site in Site::all() {
        seed_support::mutants(&mut *site.session(), rounds(3).min(12));
    }
}

#[test]
fn rows_are_the_same_after_each_form() {
    for site in Site::all() {
        seed_support::round_trip(&mut *site.session());
    }
}

#[test]
fn from_the_first_run_to_the_undo() {
    for site in Site::all() {
        let mut session = site.session();
        let (read_only, writable) = match session.dialect() {
            Dialect::Mysql => {
                ("SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE")
            }
            _ => (
                "SET default_transaction_read_only = on",
                "SET default_transaction_read_only = off",
            ),
        };
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
