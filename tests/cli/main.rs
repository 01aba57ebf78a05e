//! The program as a user runs it: arguments, output, exit codes. Only `workspace.rs` asks cargo.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

#[path = "../support/large_seeds.rs"]
mod large_seeds;
#[path = "../support/patterns.rs"]
mod patterns_support;
#[path = "../support/seed_mutants.rs"]
mod seed_mutants;
#[path = "../support/seed_data.rs"]
mod seed_support;
#[path = "../support/mod.rs"]
mod support;
// What they are called where servers have a module of their own.
use support as sandbox;
#[path = "../support/differences.rs"]
mod difference_cases;
#[path = "../support/row_cases.rs"]
mod row_cases;

mod against;
mod backfill;
mod bad_input;
mod before_writing;
mod check;
mod consent;
mod databases;
mod db;
mod dev;
mod diesel;
mod differences;
mod drift;
mod flows;
mod generate;
mod generate_diff;
mod generated;
#[path = "../support/generated.rs"]
mod generations;
mod guards;
mod init;
mod json;
mod lock;
mod migrate;
mod offline;
mod patterns;
mod proof_policy;
#[cfg(unix)]
mod protection;
mod prove;
#[path = "../support/random/mod.rs"]
mod random;
mod random_pairs;
#[path = "../support/random_schemas.rs"]
mod random_schema_pairs;
mod random_schemas;
mod records;
mod revert;
mod rows;
mod schema_policy;
mod schema_rs;
mod seed;
mod seed_data;
mod seed_program;
mod three_in_the_morning;
mod ways_back;
mod without_cargo;
mod workspace;
