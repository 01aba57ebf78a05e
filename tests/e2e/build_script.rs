//! The build script by itself: when cargo starts it, what it reads and writes, and that it does the same
//! everywhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shop::shop;
use crate::support::{Ran, Sandbox, repository};

/// How often cargo started the build script of the package.
fn started(ran: &Ran) -> usize {
    ran.stderr.lines().filter(|line| line.contains("/build-script-build`")).count()
}

/// One thing that happens to a package, and how often the build script then runs.
type Case = (&'static str, fn(&Sandbox), usize);

const ORDERS: &str = "migrations/2026-01-12-091500-0000_create_orders";

#[test]
fn it_runs_when_the_set_changes_and_only_then() {
    let sandbox = shop("shop-rerun");
    let build = || sandbox.cargo(["check", "-v"]).ok();
    assert_eq!(started(&build()), 1);
    let cases: &[Case] = &[
        ("nothing", |_| {}, 0),
        ("a note in the package", |s| s.write("NOTES.md", "x"), 0),
        ("the source", |s| s.write("src/main.rs", s.read("src/main.rs") + "\n"), 0),
        ("configuration", |s| s.write("dbmig.toml", s.read("dbmig.toml") + "\n# note\n"), 0),
        ("a database", |s| s.write("shop.sqlite3", ""), 0),
        (
            "a comment in a down",
            |s| {
                s.write(
                    &format!("{ORDERS}/down.sql"),
                    s.read(&format!("{ORDERS}/down.sql")) + "\n",
                );
                s.dbmig(["lock", "--relock", "create_orders"]).ok();
            },
            1,
        ),
        (
            "a new migration",
            |s| {
                s.migration("2026-05-01-000000-0000_x", "CREATE TABLE x (id INT);", "DROP TABLE x;")
            },
            1,
        ),
        ("locked", |s| drop(s.dbmig(["lock"]).ok()), 1),
        (
            "a migration is gone",
            |s| {
                fs::remove_dir_all(s.path("migrations/2026-05-01-000000-0000_x")).unwrap();
                s.dbmig(["lock", "--relock", "2026-05-01-000000-0000_x"]).ok();
            },
            1,
        ),
        ("nothing again", |_| {}, 0),
    ];
    for (what, change, expected) in cases {
        // Time stamps of files have to differ for cargo to look.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        change(&sandbox);
        let ran = build();
        assert_eq!(started(&ran), *expected, "{what}: {ran}");
    }
}

/// The build script of a package that was built: the newest of that name.
fn script(package: &str) -> PathBuf {
    let folder = repository().join("target/fixtures/debug/build");
    let mut found: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.rsplit_once('-').is_some_and(|(before, _)| before == package)
        })
        .map(|path| path.join("build-script-build"))
        .filter(|path| path.exists())
        .collect();
    found.sort_by_key(|path| fs::metadata(path).unwrap().modified().unwrap());
    found.pop().unwrap_or_else(|| panic!("no build script of {package} in {}", folder.display()))
}

/// Runs it as cargo would, perhaps below another program; returns the files of `OUT_DIR`.
fn run(
    script: &Path,
    package: &Path,
    below: &[&str],
    env: &[(&str, &str)],
) -> BTreeMap<String, Vec<u8>> {
    let out = tempfile::tempdir().unwrap();
    let mut words: Vec<_> = below.iter().map(|word| (*word).to_owned()).collect();
    words.push(script.to_str().unwrap().to_owned());
    let ran = Command::new(&words[0])
        .args(&words[1..])
        .current_dir(package)
        .env_clear()
        .env("CARGO_MANIFEST_DIR", package)
        .env("OUT_DIR", out.path())
        .envs(env.iter().copied())
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", words[0]));
    let stdout = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && !stdout.contains("cargo::error"), "{stdout}");
    fs::read_dir(out.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect()
}

#[test]
fn it_writes_the_same_bytes_everywhere() {
    let (here, there) = (shop("shop-same"), shop("shop-same"));
    here.cargo(["check"]).ok();
    let script = script("shop-same");
    // Another folder, other time stamps, another order of creation, another time zone and language.
    let migrations: Vec<_> =
        fs::read_dir(there.path("migrations")).unwrap().map(|e| e.unwrap().path()).collect();
    for dir in migrations.iter().rev().filter(|path| path.is_dir()) {
        let aside = dir.with_extension("aside");
        fs::rename(dir, &aside).unwrap();
        fs::create_dir(dir).unwrap();
        for file in fs::read_dir(&aside).unwrap() {
            let file = file.unwrap();
            let copy = dir.join(file.file_name());
            fs::copy(file.path(), &copy).unwrap();
            let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(86_400);
            fs::File::options().write(true).open(&copy).unwrap().set_modified(old).unwrap();
        }
        fs::remove_dir_all(aside).unwrap();
    }
    let first = run(&script, &here.cwd, &[], &[("TZ", "UTC"), ("LANG", "C")]);
    let second = run(&script, &there.cwd, &[], &[("TZ", "Asia/Tokyo"), ("LANG", "tr_TR.UTF-8")]);
    assert_eq!(first.keys().collect::<Vec<_>>(), ["dbmig.blob", "dbmig.rs"]);
    assert_eq!(first, second);
    for (name, bytes) in first {
        let text = String::from_utf8(bytes).unwrap();
        for folder in [&here.cwd, &there.cwd] {
            assert!(!text.contains(folder.to_str().unwrap()), "{name} holds a path");
        }
    }
}

/// T58: no network, no other program, nothing written outside `OUT_DIR`, every file read once.
#[test]
fn it_keeps_to_itself() {
    let sandbox = shop("shop-strace");
    sandbox.cargo(["check"]).ok();
    let script = script("shop-strace");
    let log = sandbox.path("strace.log");
    let below = [
        "strace",
        "-f",
        "-qq",
        "-o",
        log.to_str().unwrap(),
        "-e",
        "trace=socket,connect,bind,execve,execveat,fork,vfork,open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,symlinkat,truncate,chmod,fchmodat",
    ];
    let path = std::env::var("PATH").unwrap();
    let files = run(&script, &sandbox.cwd, &below, &[("PATH", &path)]);
    assert!(files.contains_key("dbmig.blob"));
    let log = sandbox.read("strace.log");
    let mut programs = 0;
    let mut opened: BTreeMap<&str, usize> = BTreeMap::new();
    for line in log.lines() {
        // `pid call(arguments) = result`
        let call = line.split_once(' ').map_or(line, |(_, call)| call.trim_start());
        let name = call.split('(').next().unwrap_or_default();
        match name {
            "socket" | "connect" | "bind" | "fork" | "vfork" => {
                panic!("network or a process: {line}")
            }
            "execve" | "execveat" => programs += 1,
            "open" | "openat" | "openat2" | "creat" => {
                let file = call.split('"').nth(1).unwrap_or_default();
                if call.contains("O_WRONLY") || call.contains("O_RDWR") || name == "creat" {
                    assert!(
                        file.contains("/dbmig.")
                            && !file.starts_with(sandbox.cwd.to_str().unwrap()),
                        "{line}"
                    );
                } else if !call.contains("= -1")
                    && (file.ends_with(".sql") || file.contains("/seeds/") && file.contains('.'))
                {
                    *opened.entry(file).or_default() += 1;
                }
            }
            name if name.chars().all(|c| c.is_ascii_alphanumeric()) => {
                panic!("it changes something: {line}")
            }
            _ => {}
        }
    }
    assert_eq!(programs, 1, "itself alone: {log}");
    let about = "six migrations, a backfill, a reference seed with its side file";
    assert_eq!(opened.len(), 15, "{about}: {opened:?}");
    assert!(opened.values().all(|count| *count == 1), "{opened:?}");
}

/// Several sets in one package, each by its name.
#[test]
fn several_sets_in_one_package() {
    let sandbox = shop("shop-several");
    sandbox.migration(
        "../stock/migrations/1_items",
        "CREATE TABLE items (id INT);",
        "DROP TABLE items;",
    );
    sandbox.write("dbmig.toml", "dialect = \"sqlite\"\n");
    sandbox.dbmig(["lock", "--migrations-dir", "stock/migrations"]).ok();
    sandbox.write(
        "build.rs",
        "fn main() {\n    dbmig_build::build();\n    dbmig_build::Builder::new().name(\"stock\").migrations(\"stock/migrations\").build();\n}\n",
    );
    sandbox.write(
        "src/main.rs",
        "dbmig_runtime::include_migrations!();\nmod stock {\n    dbmig_runtime::include_migrations!(\"stock\");\n}\nfn main() {\n    use dbmig_runtime::Migrations as _;\n    println!(\"{} and {}\", MIGRATIONS.set().unwrap().len(), stock::MIGRATIONS.set().unwrap().len());\n}\n",
    );
    sandbox.cargo(["run"]).ok().says("6 and 1");
    // Each is looked at by itself.
    sandbox.write("stock/migrations/1_items/up.sql", "CREATE TABLE other (id INT);");
    sandbox.cargo(["check"]).exits(101).warns("stock/migrations/1_items/up.sql: error[modified]");
    sandbox.write(
        "build.rs",
        "fn main() {\n    dbmig_build::build();\n    dbmig_build::build();\n}\n",
    );
    // A mistake in build.rs itself is a panic of the build script.
    let ran = sandbox.cargo(["check"]).warns("can not be called `dbmig`: another set has it");
    assert_eq!(ran.code, Some(101));
}

#[test]
fn a_file_that_is_too_large_is_not_embedded() {
    let sandbox = shop("shop-large");
    let data = |mebibytes: usize| {
        let row = format!("INSERT INTO orders (note) VALUES ('{}');\n", "x".repeat(1000));
        row.repeat(mebibytes * 1024 * 1024 / row.len() + 1)
    };
    sandbox.migration("2026-05-01-000000-0000_data", &data(2), "SELECT 1;");
    sandbox.dbmig(["lock"]).ok();
    let path = "migrations/2026-05-01-000000-0000_data/up.sql";
    sandbox
        .cargo(["check"])
        .ok()
        .warns(&format!("{path}: 2.0 MiB are compiled into the application"));
    sandbox.write(path, data(9));
    sandbox.dbmig(["lock", "--relock", "data"]).ok();
    sandbox
        .cargo(["check"])
        .exits(101)
        .warns("9.0 MiB are more than is embedded (8.0 MiB)")
        .warns("embed_limit");
}
