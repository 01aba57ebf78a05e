//! Tests on servers: PostgreSQL, PgBouncer, MariaDB; MySQL in the full level. `tests/run` starts them.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

mod catalogue;
mod changes;
mod connections;
#[cfg(feature = "full-tests")]
mod diff_schema;
#[cfg(feature = "full-tests")]
#[path = "../support/diff_schema.rs"]
mod diff_schema_cases;
#[path = "../support/differences.rs"]
mod difference_cases;
mod differences;
mod engine;
mod generated;
#[path = "../support/generated.rs"]
mod generations;
#[path = "../support/large_seeds.rs"]
mod large_seeds;
#[cfg(feature = "full-tests")]
#[path = "../support/mutants/mod.rs"]
mod mutant;
#[path = "../../dbmig-build/tests/lock_faults/pairs.rs"]
mod pairs;
mod patterns;
#[path = "../support/patterns.rs"]
mod patterns_support;
#[cfg(feature = "full-tests")]
#[path = "../support/print_schema.rs"]
mod print_schema;
#[cfg(feature = "full-tests")]
#[path = "../support/proofs.rs"]
mod proofs;
#[path = "../support/random/mod.rs"]
mod random;
#[path = "../support/random_schemas.rs"]
mod random_schema_pairs;
mod random_schemas;
mod rebase;
#[path = "../support/row_cases.rs"]
mod row_cases;
mod runtime;
#[path = "../support/mod.rs"]
mod sandbox;
mod schema_rs;
mod seed_data;
#[path = "../support/seed_mutants.rs"]
mod seed_mutants;
#[path = "../support/seed_data.rs"]
mod seed_support;
mod split;
mod started;
#[path = "../support/servers.rs"]
mod support;
mod versions;
