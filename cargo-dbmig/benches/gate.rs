//! The gate at size, timed in turn with other programs on the same files: medians and their ratio.
//!
//! `cargo bench --package cargo-dbmig --bench gate` needs `find`, `sort`, `xargs`, and `sha256sum`. The
//! packages are compiled as cargo does by default: the build script without optimisation.

#![allow(clippy::print_stdout, reason = "the figures are the result")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn main() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let root = dir.path();
    let (small, large) = (package(root, "small", 10_000), package(root, "large", 20_000));
    println!("medians of alternating runs");
    check(&small, &large);
    build_script(root, &small, &large);
    embedding(root, &small);
}

fn check(small: &Path, large: &Path) {
    let ours = |dir: &Path| command(env!("CARGO_BIN_EXE_cargo-dbmig"), &["check"], dir);
    let hash = "find migrations -type f | sort | xargs sha256sum";
    compare("check of 10,000, against find | sort | xargs sha256sum", 11, &|| ours(small), &|| {
        command("sh", &["-c", hash], small)
    });
    compare("check of 20,000, against 10,000", 11, &|| ours(large), &|| ours(small));
}

fn build_script(root: &Path, small: &Path, large: &Path) {
    let target = root.join("target");
    run(cargo(&["check"], small, &target));
    let script = script(&target, "small");
    let out = root.join("out");
    fs::create_dir(&out).expect("a new folder");
    let ours = |dir: &Path| {
        // Written anew every time.
        let _ = fs::remove_file(out.join("dbmig.blob"));
        let mut command = Command::new(&script);
        command.current_dir(dir).env("CARGO_MANIFEST_DIR", dir).env("OUT_DIR", &out);
        command
    };
    let hash = "find migrations -type f | sort | xargs sha256sum";
    compare(
        "build script on 10,000, against find | sort | xargs sha256sum",
        11,
        &|| ours(small),
        &|| command("sh", &["-c", hash], small),
    );
    compare("build script on 20,000, against 10,000", 11, &|| ours(large), &|| ours(small));
}

/// `cargo build` of a package whose set and source were touched, everything else compiled.
fn embedding(root: &Path, small: &Path) {
    let theirs = root.join("theirs");
    write(
        &theirs.join("Cargo.toml"),
        "[package]\nname = \"theirs\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\ndiesel_migrations = \"2.3\"\n\n[workspace]\n",
    );
    write(
        &theirs.join("src/main.rs"),
        "pub const MIGRATIONS: diesel_migrations::EmbeddedMigrations = diesel_migrations::embed_migrations!();\nfn main() {\n    let _ = &MIGRATIONS;\n}\n",
    );
    fs::copy(repository().join("Cargo.lock"), theirs.join("Cargo.lock")).expect("a lock file");
    std::os::unix::fs::symlink(small.join("migrations"), theirs.join("migrations"))
        .expect("a link");
    let target = root.join("target");
    let build = |dir: &Path| {
        let touched = fs::read(dir.join("src/main.rs")).expect("a source");
        fs::write(dir.join("src/main.rs"), touched).expect("a source");
        let up = small.join("migrations/2024-01-01-000000-0000_t0/up.sql");
        let text = fs::read(&up).expect("a migration");
        fs::write(&up, text).expect("a migration");
        cargo(&["build"], dir, &target)
    };
    run(build(small));
    run(build(&theirs));
    compare("build with 10,000 embedded, against embed_migrations!", 7, &|| build(small), &|| {
        build(&theirs)
    });
}

/// A package with so many migrations, locked.
fn package(root: &Path, name: &str, count: usize) -> PathBuf {
    let dir = root.join(name);
    let path = repository();
    let path = path.display();
    write(
        &dir.join("Cargo.toml"),
        &format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\ndbmig-runtime = {{ path = \"{path}/dbmig-runtime\" }}\n\n[build-dependencies]\ndbmig-build = {{ path = \"{path}/dbmig-build\" }}\n\n[workspace]\n"
        ),
    );
    write(&dir.join("build.rs"), "fn main() {\n    dbmig_build::build();\n}\n");
    write(
        &dir.join("src/main.rs"),
        "dbmig_runtime::include_migrations!();\nfn main() {\n    let _ = &MIGRATIONS;\n}\n",
    );
    write(&dir.join("dbmig.toml"), "dialect = \"sqlite\"\n");
    fs::copy(repository().join("Cargo.lock"), dir.join("Cargo.lock")).expect("a lock file");
    for number in 0..count {
        let migration = dir.join(format!("migrations/2024-01-01-000000-{number:04}_t{number}"));
        write(
            &migration.join("up.sql"),
            &format!(
                "CREATE TABLE t{number} (\n    id INTEGER PRIMARY KEY,\n    name TEXT NOT NULL DEFAULT 'none; yet'\n);\nCREATE INDEX t{number}_by_name ON t{number} (name);\n"
            ),
        );
        write(&migration.join("down.sql"), &format!("DROP TABLE t{number};\n"));
        write(&migration.join("metadata.toml"), "run_in_transaction = true\n");
    }
    run(command(env!("CARGO_BIN_EXE_cargo-dbmig"), &["lock"], &dir));
    dir
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a new folder");
    fs::write(path, text).expect("a new file");
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository").to_owned()
}

/// The build script of a package that was built.
fn script(target: &Path, package: &str) -> PathBuf {
    let folders = fs::read_dir(target.join("debug/build")).expect("build scripts");
    folders
        .map(|entry| entry.expect("a folder").path())
        .filter(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            name.rsplit_once('-').is_some_and(|(before, _)| before == package)
        })
        .map(|path| path.join("build-script-build"))
        .find(|path| path.exists())
        .expect("the build script")
}

fn command(program: &str, args: &[&str], dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(dir);
    command
}

fn cargo(args: &[&str], dir: &Path, target: &Path) -> Command {
    let mut command = command("cargo", args, dir);
    command.arg("--offline").env("CARGO_TARGET_DIR", target);
    command
}

fn compare(what: &str, runs: usize, ours: &dyn Fn() -> Command, theirs: &dyn Fn() -> Command) {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for round in 0..=runs {
        for (command, times) in [(ours, &mut a), (theirs, &mut b)] {
            let command = command();
            let started = Instant::now();
            run(command);
            // The first round warms up.
            if round > 0 {
                times.push(started.elapsed());
            }
        }
    }
    let (a, b) = (median(a), median(b));
    println!("{what}: {a:.2} s, {b:.2} s, ratio {:.2}", a / b);
}

fn run(mut command: Command) {
    let program = Path::new(command.get_program()).display().to_string();
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} failed: {errors}");
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}
