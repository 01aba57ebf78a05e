//! Each change is made on a real database, with rows, and read back.

use diesel::{Connection as _, SqliteConnection};

use super::super::super::change::{Rename, Step, Wish, changes, renamed};
use super::super::super::{Catalogue, Name, Scope};
use crate::session::Session;

fn database(sql: &str) -> SqliteConnection {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    Session::execute(&mut conn, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    conn
}

fn read(conn: &mut SqliteConnection) -> Catalogue {
    Catalogue::read(conn, &Scope::default()).unwrap()
}

/// Runs a change with foreign keys as a runner has them, and compares with what was asked for.
#[track_caller]
fn run(conn: &mut SqliteConnection, to: &Catalogue, wish: &Wish) -> Vec<Step> {
    let steps = changes(&read(conn), to, wish).unwrap();
    let off = steps.iter().any(|step| step.foreign_keys_off);
    let pragma = format!("PRAGMA foreign_keys = {}", if off { "off" } else { "on" });
    Session::execute(conn, &pragma).unwrap();
    Session::execute(conn, "BEGIN").unwrap();
    for step in &steps {
        Session::execute(conn, &step.sql).unwrap_or_else(|error| panic!("{}: {error}", step.sql));
    }
    Session::execute(conn, "COMMIT; PRAGMA foreign_keys = on").unwrap();
    let differences = read(conn).differences(to);
    let differences: Vec<_> =
        differences.iter().filter(|one| wish.order || !one.is_order()).collect();
    assert!(differences.is_empty(), "{differences:#?}\n{steps:#?}");
    assert_eq!(changes(&read(conn), to, wish), Ok(vec![]));
    steps
}

fn kinds(steps: &[Step]) -> Vec<String> {
    let words = |step: &Step| step.sql.split(' ').take(2).collect::<Vec<_>>().join(" ");
    steps.iter().map(words).collect()
}

/// A change from one text to another, and back; the statements of the way there.
#[track_caller]
fn there_and_back(from: &str, to: &str) -> Vec<Step> {
    let (from, to) = (read(&mut database(from)), read(&mut database(to)));
    let mut conn = database(&from.to_script());
    let wish = Wish { order: true, ..Wish::default() };
    let steps = run(&mut conn, &to, &wish);
    run(&mut conn, &from, &wish);
    steps
}

#[test]
fn alter_table_where_it_can() {
    for (from, to, expected) in [
        ("CREATE TABLE t (a)", "CREATE TABLE t (a)", &[][..]),
        ("", "CREATE TABLE t (a); CREATE INDEX i ON t (a)", &["CREATE TABLE", "CREATE INDEX"]),
        ("CREATE TABLE t (a)", "CREATE TABLE t (a, b INT NOT NULL DEFAULT 1)", &["ALTER TABLE"]),
        ("CREATE TABLE t (a, b)", "CREATE TABLE t (a)", &["ALTER TABLE"]),
        (
            "CREATE TABLE t (a, b, c); CREATE INDEX i ON t (b)",
            "CREATE TABLE t (a, b); CREATE INDEX i ON t (a, b)",
            &["DROP INDEX", "ALTER TABLE", "CREATE INDEX"],
        ),
        (
            "CREATE TABLE t (a)",
            "CREATE TABLE t (a, b INT REFERENCES t (a), c TEXT CONSTRAINT k CHECK (c <> a))",
            &["ALTER TABLE", "ALTER TABLE"],
        ),
        (
            "CREATE TABLE t (a, b); CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT a FROM v; \
             CREATE VIEW x AS SELECT 1 AS one; CREATE TRIGGER r INSERT ON t BEGIN SELECT 1; END",
            "CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT a FROM v; \
             CREATE VIEW x AS SELECT 1 AS one; CREATE TRIGGER r INSERT ON t BEGIN SELECT 1; END",
            &[
                "DROP TRIGGER",
                "DROP VIEW",
                "DROP VIEW",
                "ALTER TABLE",
                "CREATE VIEW",
                "CREATE VIEW",
                "CREATE TRIGGER",
            ],
        ),
        (
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p)",
            "",
            &["DROP TABLE", "DROP TABLE"],
        ),
    ] {
        assert_eq!(kinds(&there_and_back(from, to)), expected, "{from} -> {to}");
    }
}

#[test]
fn all_else_is_built_anew() {
    for (from, to) in [
        ("CREATE TABLE t (a)", "CREATE TABLE t (a NOT NULL)"),
        ("CREATE TABLE t (a INT)", "CREATE TABLE t (a TEXT)"),
        ("CREATE TABLE t (a, b)", "CREATE TABLE t (b, a)"),
        ("CREATE TABLE t (a)", "CREATE TABLE t (a, b, UNIQUE (a, b))"),
        ("CREATE TABLE t (a)", "CREATE TABLE t (a, b DEFAULT CURRENT_TIMESTAMP)"),
        ("CREATE TABLE t (a, b AS (a + 1))", "CREATE TABLE t (a, b AS (a + 2) STORED)"),
        ("CREATE TABLE t (a, b, CHECK (b > 0))", "CREATE TABLE t (a)"),
        ("CREATE TABLE t (a PRIMARY KEY)", "CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID"),
        ("CREATE TABLE t (a, CHECK (t.a > 0))", "CREATE TABLE t (a NOT NULL, CHECK (t.a > 0))"),
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, up REFERENCES t (id)); CREATE INDEX i ON t (up)",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, up INT REFERENCES t (id)); CREATE INDEX i ON t (up)",
        ),
    ] {
        let steps = there_and_back(from, to);
        assert!(steps.iter().any(|step| step.sql.contains(" RENAME TO ")), "{steps:#?}");
        assert!(steps.iter().any(|step| step.foreign_keys_off), "{steps:#?}");
    }
}

#[test]
fn rows_stay_and_so_does_what_points_to_them() {
    let mut conn = database(
        "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, n INT); \
         CREATE TABLE c (p INT REFERENCES p (id) ON DELETE CASCADE); \
         INSERT INTO p (n) VALUES (10), (20), (30); INSERT INTO c VALUES (1); DELETE FROM p WHERE id = 3",
    );
    let to = "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT, m INT); \
              CREATE TABLE c (p INT REFERENCES p (id) ON DELETE CASCADE)";
    let steps = run(&mut conn, &read(&mut database(to)), &Wish::default());
    assert!(steps.iter().all(|step| !step.destroys), "{steps:#?}");
    Session::execute(&mut conn, "INSERT INTO p (n) VALUES ('x')").unwrap();
    let rows = "SELECT group_concat(id || n || typeof(n), ' ') || (SELECT count(*) FROM c) FROM p";
    let rows = conn.query(rows, &[]).unwrap();
    assert_eq!(rows[0][0].as_deref(), Some("110text 220text 4xtext1"));
}

#[test]
fn a_rename_is_told_and_never_guessed() {
    let from = "CREATE TABLE a (id INTEGER PRIMARY KEY, x INT CHECK (x > 0)); CREATE INDEX i ON a (x) WHERE x > 1; \
                CREATE TABLE c (a REFERENCES a (id)); CREATE VIEW v AS SELECT x FROM a; \
                CREATE TRIGGER r INSERT ON a BEGIN DELETE FROM a WHERE x = new.x; END; INSERT INTO a VALUES (1, 5)";
    let renames = vec![
        Rename::Table { from: Name::new("a"), to: Name::new("b") },
        Rename::Column { table: Name::new("b"), from: "x".into(), to: "y z".into() },
    ];
    let mut conn = database(from);
    let to = renamed(&read(&mut conn), &renames).unwrap();
    let wish = Wish { renames, ..Wish::default() };
    let steps = changes(&read(&mut conn), &to, &wish).unwrap();
    assert!(steps.iter().all(|step| !step.destroys), "{steps:#?}");
    for step in &steps {
        Session::execute(&mut conn, &step.sql).unwrap_or_else(|e| panic!("{}: {e}", step.sql));
    }
    assert_eq!(read(&mut conn).differences(&to), []);
    let rows = conn.query("SELECT CAST(\"y z\" AS TEXT) FROM b", &[]).unwrap();
    assert_eq!(rows[0][0].as_deref(), Some("5"));

    let told = changes(&read(&mut database(from)), &to, &Wish::default()).unwrap();
    assert!(told.iter().any(|step| step.destroys && step.sql == "DROP TABLE a"), "{told:#?}");
    let wish = Wish {
        renames: vec![Rename::Table { from: Name::new("nosuch"), to: Name::new("b") }],
        ..Wish::default()
    };
    assert!(changes(&read(&mut database(from)), &to, &wish).is_err());
}

#[test]
fn what_can_not_be_said_is_told() {
    let virtual_table = |columns: &str| {
        let mut catalogue = read(&mut database("CREATE TABLE t (a)"));
        catalogue.tables[0].options.insert("virtual", format!("fts5({columns})"));
        catalogue
    };
    let error = changes(&virtual_table("a"), &virtual_table("b"), &Wish::default()).unwrap_err();
    assert!(error[0].to_string().starts_with("t: a virtual table can not be altered"), "{error:?}");
    let (one, two) = ("CREATE TABLE t (a)", "CREATE TABLE T (a)");
    let (one, two) = (read(&mut database(one)), read(&mut database(two)));
    assert_eq!(changes(&one, &two, &Wish::default()).unwrap_err().len(), 1);
}
