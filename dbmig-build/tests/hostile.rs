//! T31 and T33: files and trees that somebody got wrong, or means ill. Each has its finding, nothing hangs,
//! and nothing outside is taken in.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use dbmig_build::check::{self, Options};
use dbmig_build::{Dialect, load};

/// `path:line:col: code`, sorted, for a directory and a dialect.
fn found(dir: &Path, dialect: Dialect) -> Vec<String> {
    let raw = load(dir, "m");
    let options =
        Options { dialects: Some(vec![dialect]), lock_required: false, ..Options::default() };
    check::run(&raw, &options)
        .findings
        .iter()
        .filter(|finding| finding.code.as_str() != "draft")
        .map(|finding| {
            let at =
                finding.place.map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
            format!("{}{at}: {}", finding.path, finding.code)
        })
        .collect()
}

/// A tree with one migration that is in order.
fn tree() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    migration(dir.path(), "1_a", b"CREATE TABLE a (id INTEGER);");
    dir
}

fn migration(dir: &Path, name: impl AsRef<OsStr>, up: &[u8]) {
    let dir = dir.join(name.as_ref());
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("up.sql"), up).unwrap();
    fs::write(dir.join("down.sql"), "DROP TABLE a;").unwrap();
}

#[test]
fn t31_files() {
    let (sqlite, postgres) = (Dialect::Sqlite, Dialect::Postgres);
    let long = format!("SELECT '{}';", "x".repeat(1 << 20));
    let cases: [(&str, Dialect, &[u8], &[&str]); 17] = [
        ("a NUL byte", sqlite, b"SELECT 1;\n\0", &["m/1_a/up.sql:2:1: nul-byte"]),
        (
            "a NUL byte in a comment",
            postgres,
            b"-- a\0\nSELECT 1;",
            &["m/1_a/up.sql:1:5: nul-byte"],
        ),
        ("Latin-1", sqlite, b"SELECT 1;\nSELECT '\xe9';", &["m/1_a/up.sql:2:9: not-utf8"]),
        ("UTF-16", sqlite, b"\xff\xfeS\0E\0", &["m/1_a/up.sql:1:4: nul-byte"]),
        ("overlong", sqlite, b"SELECT '\xc0\xaf';", &["m/1_a/up.sql:1:9: not-utf8"]),
        ("a surrogate", sqlite, b"SELECT '\xed\xa0\x80';", &["m/1_a/up.sql:1:9: not-utf8"]),
        ("cut off", sqlite, b"SELECT '\xe2\x82", &["m/1_a/up.sql:1:9: not-utf8"]),
        ("nothing", sqlite, b"", &["m/1_a/up.sql:1:1: empty-up"]),
        ("white space", sqlite, b" \n\t\n", &["m/1_a/up.sql:1:1: empty-up"]),
        ("comments", postgres, b"-- nothing yet\n/* really */", &["m/1_a/up.sql:1:1: empty-up"]),
        ("semicolons", postgres, b";\n;", &["m/1_a/up.sql:1:1: empty-up"]),
        ("a mark alone", sqlite, b"\xef\xbb\xbf", &["m/1_a/up.sql:1:1: empty-up"]),
        ("a mark", postgres, b"\xef\xbb\xbfSELECT 1;", &["m/1_a/up.sql:1:1: byte-order-mark"]),
        ("lone carriage returns", sqlite, b"SELECT 1;\rSELECT 2;\r", &[]),
        ("carriage returns", postgres, b"SELECT 1;\r\nSELECT 2;\r\n", &[]),
        ("no end", postgres, b"SELECT 1", &[]),
        ("one long line", sqlite, long.as_bytes(), &[]),
    ];
    for (what, dialect, up, expected) in cases {
        let dir = tempfile::tempdir().unwrap();
        migration(dir.path(), "1_a", up);
        assert_eq!(found(dir.path(), dialect), expected, "{what}");
    }
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// What a case does to a tree.
type Spoil = fn(&Path);

#[test]
fn t33_trees() {
    let cases: [(&str, Spoil, &[&str]); 16] = [
        (
            "a directory that is elsewhere",
            |m| symlink("/etc", m.join("2_b")).unwrap(),
            &["m/2_b: link-outside", "m/2_b: missing-up"],
        ),
        (
            "a file that is elsewhere",
            |m| {
                migration(m, "2_b", b"SELECT 1;");
                fs::remove_file(m.join("2_b/up.sql")).unwrap();
                symlink("../../../../../../../../etc/hostname", m.join("2_b/up.sql")).unwrap();
            },
            &["m/2_b/up.sql: link-outside"],
        ),
        ("a link to itself", |m| symlink("2_b", m.join("2_b")).unwrap(), &["m/2_b: unreadable"]),
        (
            "a circle of links",
            |m| {
                symlink("3_c", m.join("2_b")).unwrap();
                symlink("2_b", m.join("3_c")).unwrap();
            },
            &["m/2_b: unreadable", "m/3_c: unreadable"],
        ),
        (
            "a link to the directory itself",
            |m| symlink(".", m.join("2_b")).unwrap(),
            &["m/2_b: missing-up"],
        ),
        (
            "a link into the void",
            |m| symlink("/no/such", m.join("2_b")).unwrap(),
            &["m/2_b: unreadable"],
        ),
        (
            "a pipe for an up.sql",
            |m| {
                fs::create_dir(m.join("2_b")).unwrap();
                fifo(&m.join("2_b/up.sql"));
            },
            &["m/2_b/up.sql: unreadable"],
        ),
        ("a pipe for a lock", |m| fifo(&m.join("dbmig.lock")), &["m/dbmig.lock: unreadable"]),
        (
            "a pipe for a metadata.toml",
            |m| fifo(&m.join("1_a/metadata.toml")),
            &["m/1_a/metadata.toml: unreadable"],
        ),
        (
            "an endless device",
            |m| {
                migration(m, "2_b", b"SELECT 1;");
                fs::remove_file(m.join("2_b/down.sql")).unwrap();
                symlink("/dev/zero", m.join("2_b/down.sql")).unwrap();
            },
            &["m/2_b/down.sql: link-outside", "m/2_b/down.sql: unreadable"],
        ),
        (
            "a socket",
            |m| {
                migration(m, "2_b", b"SELECT 1;");
                fs::remove_file(m.join("2_b/down.sql")).unwrap();
                drop(UnixListener::bind(m.join("2_b/down.sql")).unwrap());
            },
            &["m/2_b/down.sql: unreadable"],
        ),
        (
            "a directory for a file",
            |m| {
                migration(m, "2_b", b"SELECT 1;");
                fs::remove_file(m.join("2_b/down.sql")).unwrap();
                fs::create_dir(m.join("2_b/down.sql")).unwrap();
            },
            &["m/2_b/down.sql: unreadable"],
        ),
        (
            "a line break in a name",
            |m| migration(m, "2_b\n\u{1b}[2J", b"SELECT 1;"),
            &["m/2_b\n\u{1b}[2J: unusual-name"],
        ),
        (
            "a name of another encoding",
            |m| migration(m, OsStr::from_bytes(b"2_\xff"), b"SELECT 1;"),
            &["m/2_\u{fffd}: not-utf8"],
        ),
        (
            "another case",
            |m| {
                fs::create_dir(m.join("2_b")).unwrap();
                fs::write(m.join("2_b/UP.SQL"), "SELECT 1;").unwrap();
            },
            &["m/2_b: missing-up"],
        ),
        (
            "names of another system",
            |m| {
                migration(m, r"\\?\C:\2_b", b"SELECT 1;");
                fs::write(m.join("1_a/up.sql:x"), "DROP TABLE a;").unwrap();
            },
            &[r"m/\\?\C:\2_b: unusual-name"],
        ),
    ];
    for (what, spoil, expected) in cases {
        let dir = tree();
        spoil(dir.path());
        let started = Instant::now();
        assert_eq!(found(dir.path(), Dialect::Sqlite), expected, "{what}");
        assert!(started.elapsed() < Duration::from_secs(1), "{what}");
    }
}
