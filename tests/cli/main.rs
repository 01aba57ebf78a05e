//! The program as a user runs it: arguments, output, exit codes. Only `workspace.rs` asks cargo.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

#[path = "../support/mod.rs"]
mod support;

mod against;
mod backfill;
mod bad_input;
mod before_writing;
mod check;
mod consent;
mod databases;
mod db;
mod diesel;
mod drift;
mod flows;
mod generate;
mod init;
mod json;
mod lock;
mod migrate;
mod offline;
#[cfg(unix)]
mod protection;
mod prove;
mod records;
mod revert;
mod schema_rs;
mod seed;
mod three_in_the_morning;
mod without_cargo;
mod workspace;
