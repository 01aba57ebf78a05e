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

/// On a fresh machine only what the workspace has locked is fetched, and the tests build offline.
#[test]
fn the_demonstration_locks_what_the_workspace_locks() {
    let packages = |lock: &str| -> Vec<String> {
        let text = std::fs::read_to_string(repository().join(lock)).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let named = lines.windows(2).filter(|pair| pair[0].starts_with("name = "));
        named.map(|pair| format!("{} {}", pair[0], pair[1])).collect()
    };
    let workspace = packages("Cargo.lock");
    for package in packages("fixtures/shop/Cargo.lock") {
        assert!(package.contains("\"shop\"") || workspace.contains(&package), "{package}");
    }
}
