//! The engine on SQLite through a plain Diesel connection, as an application uses it.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod apply;
mod backfill;
mod beside_diesel;
mod foreign_keys;
mod guards;
mod nested;
mod repeatables;
mod seeds;
mod session_left_behind;
mod stamp;
mod statement_mode;
mod support;
