//! What is read of single statements, and what makes no difference.

use super::super::super::{Catalogue, Name, Schemas, Scope, Table};
use super::{catalogue, database, of};
use crate::session::Session;

fn table<'a>(catalogue: &'a Catalogue, name: &str) -> &'a Table {
    catalogue.table(&Name::new(name)).unwrap_or_else(|| panic!("{name}: {:?}", catalogue.tables))
}

fn names<'a>(names: impl IntoIterator<Item = &'a Name>) -> Vec<&'a str> {
    names.into_iter().map(|name| name.name.as_str()).collect()
}

#[test]
fn tables_are_written_in_one_way() {
    for (sql, expected) in [
        (
            "create table Users(ID integer primary key autoincrement, email varchar (50) unique)",
            "CREATE TABLE Users (\n    ID INTEGER PRIMARY KEY AUTOINCREMENT,\n    \
             email varchar(50),\n    UNIQUE (email)\n);\n",
        ),
        (
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a NOT NULL REFERENCES P, \
             check(A in(1,2)))",
            "CREATE TABLE p (\n    id INTEGER PRIMARY KEY\n);\nCREATE TABLE t (\n    a NOT NULL,\n    \
             FOREIGN KEY (a) REFERENCES p (id),\n    CHECK (a IN (1, 2))\n);\n",
        ),
        (
            "CREATE TABLE t (a INT, b INT, PRIMARY KEY (b DESC, a)) WITHOUT ROWID, STRICT",
            "CREATE TABLE t (\n    a INT,\n    b INT,\n    PRIMARY KEY (b DESC, a)\n) STRICT, \
             WITHOUT ROWID;\n",
        ),
    ] {
        assert_eq!(of(sql).to_script(), expected, "{sql}");
    }
}

#[test]
fn what_alter_table_does_to_stored_text_is_no_difference() {
    for (altered, written) in [
        (
            "CREATE TABLE a (id INTEGER PRIMARY KEY, x INT CHECK (a.x > 0), y REFERENCES a (id)); \
             CREATE INDEX i ON a (x) WHERE x > 1; ALTER TABLE a RENAME TO t; \
             ALTER TABLE t RENAME COLUMN x TO z",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, z INT CHECK (t.z > 0), y REFERENCES t (id)); \
             CREATE INDEX i ON t (z) WHERE z > 1",
        ),
        (
            "CREATE TABLE a (x, CHECK (x > 0)); ALTER TABLE a RENAME COLUMN x TO \"y\"; \
             ALTER TABLE a ADD COLUMN z TEXT",
            "CREATE TABLE a (y CHECK (Y>0), z TEXT)",
        ),
        (
            "CREATE TABLE a (x); CREATE VIEW v AS SELECT a.x FROM a; \
             CREATE TRIGGER r AFTER INSERT ON a BEGIN DELETE FROM a WHERE x = new.x; END; \
             ALTER TABLE a RENAME TO t",
            "CREATE TABLE t (x); CREATE VIEW v AS SELECT t.x FROM t; \
             CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM t WHERE x = new.x; END;",
        ),
        (
            "CREATE TABLE new (a INT NOT NULL); CREATE TABLE old (a INT); DROP TABLE old; \
             ALTER TABLE new RENAME TO old",
            "CREATE TABLE old (a INT NOT NULL)",
        ),
        (
            "CREATE TABLE t (a, b, c); ALTER TABLE t DROP COLUMN b",
            "CREATE TABLE \"t\" -- so\n (a, [c])",
        ),
    ] {
        let differences = of(altered).differences(&of(written));
        assert!(differences.is_empty(), "{altered}\n{differences:#?}");
    }
}

#[test]
fn what_is_a_difference() {
    for (before, after, expected) in [
        ("CREATE TABLE t (a)", "CREATE TABLE t (a NOT NULL)", "~ column t.a: not null added"),
        ("CREATE TABLE t (a INT)", "CREATE TABLE t (a TEXT)", "~ column t.a: type INT -> TEXT"),
        (
            "CREATE TABLE t (a, b)",
            "CREATE TABLE t (b, a)",
            "~ table t: order of columns (a, b) -> (b, a)",
        ),
        ("CREATE TABLE t (a INT)", "CREATE TABLE t (a INT) STRICT", "~ table t: strict added"),
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY)",
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)",
            "~ column t.id: auto_increment added",
        ),
        (
            "CREATE TABLE t (a INTEGER PRIMARY KEY)",
            "CREATE TABLE t (a INTEGER PRIMARY KEY DESC)",
            "~ primary key of t: descending a added",
        ),
        (
            "CREATE TABLE t (a REFERENCES t (a))",
            "CREATE TABLE t (a REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED)",
            "~ foreign key (a) to t(a) of t: deferrable initially deferred added",
        ),
        (
            "CREATE TABLE t (a CHECK (a > 0))",
            "CREATE TABLE t (a CONSTRAINT c CHECK (a > 0))",
            "- check (a > 0) of t",
        ),
        (
            "CREATE TABLE t (a); CREATE INDEX i ON t (a)",
            "CREATE TABLE t (a); CREATE INDEX i ON t (a COLLATE NOCASE)",
            "~ index i of t: columns (a) -> (a collation NOCASE)",
        ),
        (
            "CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t",
            "CREATE TABLE t (a); CREATE VIEW v (b) AS SELECT a FROM t",
            "~ view v: columns (a BLOB) -> (b BLOB)",
        ),
    ] {
        let differences = of(before).differences(&of(after));
        let told: Vec<_> = differences.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|told| told == expected), "{after}\n{told:#?}");
    }
}

#[test]
fn a_foreign_key_without_columns_means_the_primary_key() {
    let catalogue = of("CREATE TABLE p (a, B, PRIMARY KEY (B, a)); \
         CREATE TABLE t (x, y, z REFERENCES p, FOREIGN KEY (y, x) REFERENCES P)");
    let keys = &table(&catalogue, "t").foreign_keys;
    let found: Vec<_> = keys.iter().map(|key| (&key.columns, &key.referenced)).collect();
    assert_eq!(
        found,
        [
            (&vec!["y".to_owned(), "x".to_owned()], &vec!["B".to_owned(), "a".to_owned()]),
            // One column does not fit a key of two: SQLite says so when it looks at the key.
            (&vec!["z".to_owned()], &vec![]),
        ]
    );
    assert_eq!(keys[0].table, Name::new("p"));
}

#[test]
fn tables_of_sqlite_and_of_modules_are_none_of_their_own() {
    let catalogue = of("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a UNIQUE); \
         INSERT INTO t (a) VALUES (1); CREATE INDEX i ON t (a); ANALYZE; \
         CREATE VIRTUAL TABLE docs USING fts5(title); CREATE TEMP TABLE scratch (a); \
         CREATE TEMP TABLE t (other); CREATE TEMP VIEW v AS SELECT 1; \
         CREATE TABLE __diesel_schema_migrations (version); CREATE TABLE __dbmig_history (a); \
         CREATE TRIGGER h AFTER INSERT ON __diesel_schema_migrations BEGIN SELECT 1; END");
    assert_eq!(names(catalogue.tables.iter().map(|table| &table.name)), ["docs", "t"]);
    assert!(catalogue.views.is_empty() && catalogue.triggers.is_empty());
    let t = table(&catalogue, "t");
    let indexes: Vec<_> = t.indexes.iter().map(|index| index.label.name.as_deref()).collect();
    assert_eq!(indexes, [Some("i")]);
    assert_eq!(t.columns.len(), 2);
    let docs = table(&catalogue, "docs");
    let columns: Vec<_> = docs.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(columns, ["title"]);
    assert_eq!(docs.options["virtual"], "fts5(title)");
}

#[test]
fn views_have_columns_with_types_where_sqlite_can_tell() {
    let catalogue = of("CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR (9)); \
         CREATE VIEW v AS SELECT id, NAME, id + 1 FROM t; CREATE VIEW w AS SELECT * FROM gone; \
         CREATE VIEW x (a, \"b c\") AS SELECT * FROM gone");
    let columns: Vec<Vec<_>> = catalogue
        .views
        .iter()
        .map(|view| view.columns.iter().map(|(name, ty)| format!("{name}:{ty}")).collect())
        .collect();
    assert_eq!(columns[0], ["id:INTEGER", "name:VARCHAR(9)", "id + 1:"]);
    assert!(columns[1].is_empty());
    assert_eq!(columns[2], ["a:", "b c:"]);
}

#[test]
fn a_scope_says_what_is_looked_at() {
    let mut conn = database(
        "CREATE TABLE a (x); CREATE TABLE b (x); CREATE VIEW b_view AS SELECT 1; \
         CREATE TRIGGER r AFTER INSERT ON b BEGIN SELECT 1; END",
    );
    let mut scope = Scope { exclude: vec!["b*".into()], ..Scope::default() };
    let found = Catalogue::read(&mut conn, &scope).unwrap();
    assert_eq!(names(found.tables.iter().map(|table| &table.name)), ["a"]);
    assert!(found.views.is_empty() && found.triggers.is_empty());
    scope.schemas = Schemas::Named(vec!["main".into()]);
    assert_eq!(Catalogue::read(&mut conn, &scope).unwrap(), found);
    scope.schemas = Schemas::Named(vec!["public".into()]);
    let error = Catalogue::read(&mut conn, &scope).unwrap_err();
    assert!(error.message.contains("`public`"), "{error}");
}

#[test]
fn it_is_read_within_a_transaction_and_changes_nothing() {
    let mut conn = database("BEGIN; CREATE TABLE a (x)");
    assert_eq!(catalogue(&mut conn).tables.len(), 1);
    Session::execute(&mut conn, "ROLLBACK").unwrap();
    assert_eq!(catalogue(&mut conn).tables.len(), 0);
    assert_eq!(catalogue(&mut conn).server, "sqlite-3");
}
