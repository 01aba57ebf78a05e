//! What a user's build pays for.

use crate::support::{Sandbox, repository};

#[test]
fn the_build_helper_compiles_three_small_crates() {
    let mut sandbox = Sandbox::new();
    sandbox.cwd = repository();
    let ran = sandbox
        .run(
            std::path::Path::new("cargo"),
            &[],
            [
                "tree",
                "--package",
                "dbmig-build",
                "--edges",
                "normal",
                "--prefix",
                "none",
                "--format",
                "{p}",
                "--target",
                "x86_64-unknown-linux-gnu",
                "--offline",
                "--locked",
            ],
        )
        .ok();
    let names: Vec<_> = ran.stdout.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names, ["dbmig-build", "hmac-sha256", "walkdir", "same-file"]);
}
