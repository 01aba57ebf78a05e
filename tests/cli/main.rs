//! The program as a user runs it: arguments, output, exit codes. Only `workspace.rs` asks cargo.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

#[path = "../support/mod.rs"]
mod support;

mod against;
mod bad_input;
mod before_writing;
mod check;
mod consent;
mod databases;
mod diesel;
mod flows;
mod generate;
mod init;
mod json;
mod lock;
mod migrate;
mod revert;
mod seed;
mod without_cargo;
mod workspace;
