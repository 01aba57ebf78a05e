//! Real cargo: what `cargo build` says, what is rebuilt, what the application does.

#[path = "../support/mod.rs"]
mod support;

mod dependencies;
mod shop;
