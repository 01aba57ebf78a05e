//! The program as a user runs it: arguments, output, exit codes. No cargo is needed here.

#[path = "../support/mod.rs"]
mod support;

mod bad_input;
mod check;
mod flows;
mod generate;
mod lock;
mod migrate;
mod revert;
mod seed;
mod without_cargo;
