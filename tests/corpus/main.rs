//! Real projects' sets: adopted, applied, reverted as far as their own downs allow, applied again, side
//! by side with Diesel. Needs `DBMIG_TEST_CORPUS`; see `tests/run --full`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

mod catalogue;
mod changes;
mod diesel_program;
mod diff_schema;
#[path = "../support/diff_schema.rs"]
mod diff_schema_cases;
mod differences;
mod differential;
mod histories;
#[path = "../support/mutants/mod.rs"]
mod mutant;
mod mutants;
#[path = "../support/print_schema.rs"]
mod print_schema;
#[path = "../support/proofs.rs"]
mod proofs;
#[path = "proofs.rs"]
mod proofs_of_sqlite;
mod schema_rs;
#[path = "../support/mod.rs"]
mod support;
// What they are called where servers have a module of their own.
use support as sandbox;

use std::fs;
use std::path::{Path, PathBuf};

use diesel::{Connection as _, SqliteConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};
use support::{Sandbox, repository};

fn sets(dialect: &str) -> Vec<PathBuf> {
    let corpus = std::env::var_os("DBMIG_TEST_CORPUS").expect("DBMIG_TEST_CORPUS names the corpus");
    let dir = Path::new(&corpus).join(dialect);
    let entries = fs::read_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut sets: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    sets.retain(|set| set.join("migrations").is_dir());
    sets.sort();
    assert!(!sets.is_empty(), "{} holds no set", dir.display());
    sets
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::write(&target, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

/// The set as a Diesel project, adopted by `init`.
fn adopted(set: &Path, dialect: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    copy(&set.join("migrations"), &sandbox.path("migrations"));
    sandbox.write("diesel.toml", "[migrations_directory]\ndir = \"migrations\"\n");
    sandbox.write(
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    sandbox.write("src/lib.rs", "");
    let repository = repository();
    let repository = repository.to_str().unwrap();
    let _ = sandbox.dbmig(["init", "--dialect", dialect, "--path", repository]).ok();
    let before = sandbox.snapshot();
    let _ = sandbox.dbmig(["init", "--dialect", dialect, "--path", repository]).ok();
    assert!(before == sandbox.snapshot(), "{}: a second init changed something", set.display());
    let _ = sandbox.dbmig(["check"]).ok().says("in order");
    sandbox
}

#[test]
fn every_set_is_adopted_and_in_order() {
    for dialect in ["sqlite", "postgres", "mysql"] {
        let folder = if dialect == "postgres" { "pg" } else { dialect };
        for set in sets(folder) {
            let _ = adopted(&set, dialect);
        }
    }
}

/// Diesel on a database of its own, on the same directory.
struct Reference {
    conn: SqliteConnection,
    migrations: PathBuf,
}

impl Reference {
    fn source(&self) -> FileBasedMigrations {
        FileBasedMigrations::from_path(&self.migrations).unwrap()
    }

    fn run(&mut self) -> bool {
        let source = self.source();
        self.conn.run_pending_migrations(source).is_ok()
    }

    fn revert_one(&mut self) -> bool {
        let source = self.source();
        self.conn.revert_last_migration(source).is_ok()
    }
}

const VERSIONS: &str = "SELECT version FROM __diesel_schema_migrations ORDER BY rowid";
const SCHEMA: &str = "SELECT type, name, tbl_name, sql FROM sqlite_master \
     WHERE tbl_name NOT LIKE '\\_\\_db%' ESCAPE '\\' ORDER BY type, name";

/// The same rows in Diesel's table, in the same order, and the same schema.
fn assert_same(sandbox: &Sandbox, set: &Path, when: &str) {
    for sql in [VERSIONS, SCHEMA] {
        let (ours, diesels) =
            (sandbox.query("dev.sqlite3", sql), sandbox.query("diesel.sqlite3", sql));
        assert!(
            ours == diesels,
            "{} {when}\nours    {ours:#?}\ndiesel  {diesels:#?}",
            set.display()
        );
    }
}

#[test]
fn sqlite_sets_apply_and_revert_as_with_diesel() {
    for set in sets("sqlite") {
        let sandbox = adopted(&set, "sqlite");
        let path = sandbox.path("diesel.sqlite3");
        let mut reference = Reference {
            conn: SqliteConnection::establish(path.to_str().unwrap()).unwrap(),
            migrations: sandbox.path("migrations"),
        };
        let _ = sandbox.dbmig(["migrate"]).ok();
        assert!(reference.run());
        assert_same(&sandbox, &set, "after the ups");
        let count = sandbox.query("dev.sqlite3", VERSIONS).len();
        let _ = sandbox.dbmig(["status"]).ok().says(&format!("{count} applied, 0 pending"));

        let mut reverted = 0;
        loop {
            let ran = sandbox.dbmig(["revert"]);
            let theirs =
                !sandbox.query("diesel.sqlite3", VERSIONS).is_empty() && reference.revert_one();
            if ran.stdout.contains("nothing to revert") || ran.code != Some(0) {
                assert!(!theirs, "{}: Diesel reverts what we do not: {ran}", set.display());
                if ran.code != Some(0) {
                    told_well(&ran, &set);
                }
                break;
            }
            assert!(theirs, "{}: we revert what Diesel does not: {ran}", set.display());
            reverted += 1;
            assert_same(&sandbox, &set, &format!("after {reverted} reverts"));
        }
        println!("{}: {count} applied, {reverted} reverted", set.display());

        let again = sandbox.dbmig(["migrate"]);
        assert_eq!(again.code == Some(0), reference.run(), "{}: {again}", set.display());
        if again.code != Some(0) {
            told_well(&again, &set);
        }
        assert_same(&sandbox, &set, "after the second ups");
    }
}

/// With the migration's name or the file and line, never with a panic.
fn told_well(ran: &support::Ran, set: &Path) {
    assert!(matches!(ran.code, Some(3 | 4)), "{}: {ran}", set.display());
    let place = ran.stderr.contains(".sql:") || ran.stderr.contains("`down.sql`");
    assert!(place && ran.stderr.contains("help: "), "{}: {ran}", set.display());
}

#[test]
fn sqlite_sets_that_diesel_has_applied_are_adopted_from_the_database() {
    for set in sets("sqlite") {
        let sandbox = adopted(&set, "sqlite");
        let path = sandbox.path("dev.sqlite3");
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        let source = FileBasedMigrations::from_path(sandbox.path("migrations")).unwrap();
        let count = conn.run_pending_migrations(source).unwrap().len();
        let ran = sandbox.dbmig(["status"]).ok().says(&format!("{count} applied, 0 pending"));
        assert_eq!(ran.stdout.matches("[adopted]").count(), count, "{ran}");
        let before = sandbox.snapshot();
        let _ = sandbox.dbmig(["migrate"]).ok().says("nothing to apply");
        assert!(
            before == sandbox.snapshot(),
            "{}: a run without work wrote something",
            set.display()
        );
    }
}

/// Every SQL file below a folder.
fn sql_files(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sql_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
}

#[test]
fn every_file_is_cut_without_losing_a_byte() {
    use dbmig_build::{Dialect, sql};
    let mut counts = (0, 0, 0);
    for (folder, dialect) in
        [("sqlite", Dialect::Sqlite), ("pg", Dialect::Postgres), ("mysql", Dialect::Mysql)]
    {
        let mut files = Vec::new();
        for set in sets(folder) {
            sql_files(&set.join("migrations"), &mut files);
        }
        for file in files {
            let Ok(text) = String::from_utf8(fs::read(&file).unwrap()) else { continue };
            let split = sql::split(&text, dialect);
            let pieces: String =
                split.statements.iter().map(|s| s.piece).chain([split.tail]).collect();
            assert!(pieces == text, "{}", file.display());
            let tokens: String = sql::tokens(&text, dialect).map(|token| token.text).collect();
            assert!(tokens == text, "{}", file.display());
            for statement in &split.statements {
                assert_eq!(
                    &text[statement.offset..statement.offset + statement.sql.len()],
                    statement.sql
                );
                let place = sql::position(&text, statement.offset);
                assert_eq!(place, (statement.line, statement.column), "{}", file.display());
            }
            counts = (
                counts.0 + 1,
                counts.1 + split.statements.len(),
                counts.2 + usize::from(split.unsure.is_some()),
            );
        }
    }
    println!("{} files, {} statements, {} files unsure", counts.0, counts.1, counts.2);
    assert!(counts.1 > counts.0, "nothing was cut");
}
