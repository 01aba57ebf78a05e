//! Real cargo: what `cargo build` says, what is rebuilt, what the application does.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

#[path = "../support/mod.rs"]
mod support;

mod build_script;
mod dependencies;
mod init;
mod models;
mod policies;
mod shop;
