//! `init`, as far as it needs no cargo.

use crate::support::{Sandbox, repository};

fn package() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n",
    );
    sandbox.write("src/main.rs", "fn main() {}\n");
    sandbox
}

#[test]
fn a_checkout_may_be_named_later() {
    let sandbox = package();
    sandbox.dbmig(["init"]).ok().says("edited Cargo.toml");
    let checkout = repository();
    let later = ["init", "--path", checkout.to_str().unwrap()];
    sandbox.dbmig(later).ok().says("edited Cargo.toml").silent_about("elsewhere");
    let manifest = sandbox.read("Cargo.toml");
    assert!(manifest.contains("/dbmig-runtime\", features = [\"sqlite\"] }"), "{manifest}");
    assert!(manifest.contains("dbmig-build = { path = "), "{manifest}");
    sandbox.dbmig(later).ok().says("nothing to change");
}

#[test]
fn the_lines_for_the_application_say_where_they_stand() {
    let ran = package()
        .dbmig(["init"])
        .ok()
        .warns("// outside of all functions")
        .warns("// in the function");
    let (macro_line, call) =
        (ran.stderr.find("include_migrations!();"), ran.stderr.find("// in the function"));
    assert!(macro_line < call, "{ran}");
}
