//! The `cargo-dbmig` program: `cargo dbmig …` and `cargo-dbmig …`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_dbmig::run(std::env::args_os().collect()).into()
}
