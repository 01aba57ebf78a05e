//! RELIABILITY T20: kinds of edits, each with exactly what is found.

use dbmig_build::{Dialect, RawFile, RawMigration};

use super::Set;

const UP: &str =
    "-- users\nCREATE TABLE t (a INT, b TEXT DEFAULT 'x y');\nCREATE INDEX i ON t (a);\n";

fn bytes(text: impl AsRef<[u8]>) -> RawFile {
    RawFile::Bytes(text.as_ref().to_vec())
}

fn locked(dialect: Dialect) -> Set {
    let mut set = Set::new(dialect, &["1_a", "2_b"]);
    set.raw.migrations[0].up = bytes(UP);
    set.lock()
}

/// What is found after the `up.sql` of the first migration became this.
fn after(dialect: Dialect, text: impl AsRef<[u8]>) -> Vec<String> {
    let mut set = locked(dialect);
    set.raw.migrations[0].up = bytes(text);
    set.told()
}

#[test]
fn of_a_text() {
    const MODIFIED: &[&str] = &["modified m/1_a/up.sql"];
    const REFORMATTED: &[&str] = &["reformatted m/1_a"];
    let crlf = UP.replace('\n', "\r\n");
    let cases: [(&str, String, &[&str]); 19] = [
        ("nothing", UP.into(), &[]),
        ("white space", UP.replace(", b", ",\n    b"), REFORMATTED),
        ("comment edited", UP.replace("-- users", "-- people"), REFORMATTED),
        ("comment removed", UP.replace("-- users\n", ""), REFORMATTED),
        ("comment added", UP.replace(" ON", " /* why */ ON"), REFORMATTED),
        ("case of a keyword", UP.replace("CREATE TABLE", "create table"), REFORMATTED),
        ("final newline", UP.trim_end().into(), REFORMATTED),
        ("line ends", crlf.clone(), &[]),
        ("byte order mark", format!("\u{feff}{UP}"), &[]),
        ("both", format!("\u{feff}{crlf}"), &[]),
        ("blank in a literal", UP.replace("'x y'", "'x  y'"), MODIFIED),
        ("case in a literal", UP.replace("'x y'", "'X y'"), MODIFIED),
        ("a name", UP.replace("(a INT", "(c INT"), MODIFIED),
        (
            "order of statements",
            "CREATE INDEX i ON t (a);\nCREATE TABLE t (a INT, b TEXT DEFAULT 'x y');\n".into(),
            MODIFIED,
        ),
        ("a statement less", UP.replace("CREATE INDEX i ON t (a);\n", ""), MODIFIED),
        ("a statement more", format!("{UP}DROP TABLE u;\n"), MODIFIED),
        ("a statement commented out", UP.replace("CREATE INDEX", "-- CREATE INDEX"), MODIFIED),
        (
            "a directive",
            format!("-- dbmig:allow todo-left reason=\"x\"\n{UP}"),
            &["modified m/1_a/up.sql", "unused-allow m/1_a/up.sql"],
        ),
        ("everything", String::new(), &["modified m/1_a/up.sql", "empty-up m/1_a/up.sql"]),
    ];
    for dialect in Dialect::ALL {
        for (kind, text, expected) in &cases {
            let mut expected = expected.to_vec();
            // SQLite skips the mark; a server takes it for a part of the first word.
            if text.starts_with('\u{feff}') && dialect != Dialect::Sqlite {
                expected.push("byte-order-mark m/1_a/up.sql");
            }
            assert_eq!(after(dialect, text), expected, "{dialect}: {kind}");
        }
    }
}

#[test]
fn of_the_files_of_a_migration() {
    type Edit = fn(&mut Vec<RawMigration>);
    let cases: [(&str, Edit, &[&str]); 12] = [
        ("down edited", |m| m[0].down = bytes("DROP TABLE u;\n"), &["modified m/1_a/down.sql"]),
        ("down formatted", |m| m[0].down = bytes("DROP TABLE t_3 ;"), &["reformatted m/1_a"]),
        (
            "down removed",
            |m| m[0].down = RawFile::Absent,
            &["missing-down m/1_a/down.sql", "modified m/1_a/down.sql"],
        ),
        (
            "metadata edited",
            |m| m[0].metadata = bytes("run_in_transaction = false\n"),
            &["modified m/1_a/metadata.toml", "no-transaction-mixed m/1_a/up.sql"],
        ),
        (
            "metadata with a comment",
            |m| m[0].metadata = bytes("# why\nrun_in_transaction = true\n"),
            &["reformatted m/1_a"],
        ),
        ("metadata removed", |m| m[0].metadata = RawFile::Absent, &["reformatted m/1_a"]),
        ("up removed", |m| m[0].up = RawFile::Absent, &["missing-up m/1_a"]),
        ("directory renamed", |m| m[0].dir_name = "1_renamed".into(), &["renamed m/1_renamed"]),
        ("dashes in the version", |m| m[0].dir_name = "-1_a".into(), &["renamed m/-1_a"]),
        ("directory removed", |m| drop(m.remove(0)), &["removed m/dbmig.lock"]),
        (
            "version changed",
            |m| m[0].dir_name = "3_a".into(),
            &["draft m/3_a", "removed m/dbmig.lock"],
        ),
        (
            "directory added",
            |m| m.push(RawMigration { dir_name: "3_c".into(), ..m[1].clone() }),
            &["draft m/3_c"],
        ),
    ];
    for (kind, edit, expected) in cases {
        let mut set = locked(Dialect::Sqlite);
        edit(&mut set.raw.migrations);
        assert_eq!(set.told(), expected, "{kind}");
    }
}
