//! Two schemas at a time, there and back, on one database.

use dbmig_runtime::catalogue::Catalogue;
use dbmig_runtime::catalogue::Name;
use dbmig_runtime::catalogue::change::{Rename, Wish, renamed};
use dbmig_runtime::session::Session;

use super::{change, read};
use crate::engine::open;
use crate::support::{Scratch, Server};

fn of(server: Server, sql: &str) -> Catalogue {
    let scratch = Scratch::new(server);
    let mut session = open(&scratch.url);
    if !sql.is_empty() {
        run(&mut *session, sql);
    }
    read(&mut *session)
}

fn run(session: &mut dyn Session, sql: &str) {
    session.execute(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

/// From nothing to the first, to the second, and back to the first.
#[track_caller]
fn there_and_back(server: Server, pairs: &[(&str, &str)]) {
    for (from, to) in pairs {
        let about = format!("{from} -> {to}");
        let (from, to) = (of(server, from), of(server, to));
        let scratch = Scratch::new(server);
        let mut session = open(&scratch.url);
        let wish = Wish { order: true, ..Wish::default() };
        for state in [&from, &to, &from] {
            change(&mut *session, state, &wish, &about);
        }
    }
}

#[test]
fn postgres() {
    there_and_back(
        Server::Postgres,
        &[
            (
                "CREATE TABLE t (a int, b int)",
                "CREATE TABLE t (a bigint NOT NULL DEFAULT 1 CHECK (a > 0), c text UNIQUE)",
            ),
            (
                "CREATE TABLE t (id serial PRIMARY KEY); CREATE TABLE c (t int REFERENCES t)",
                "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY); \
                 CREATE TABLE c (t int REFERENCES t ON DELETE CASCADE)",
            ),
            (
                "CREATE TABLE t (id int PRIMARY KEY, a text); CREATE TABLE c (t int REFERENCES t); \
                 CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT a FROM v; \
                 CREATE INDEX i ON t (lower(a)) WHERE a <> ''",
                "CREATE TABLE t (id uuid PRIMARY KEY, a varchar(5)); CREATE TABLE c (t uuid REFERENCES t); \
                 CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT a FROM v; \
                 CREATE INDEX i ON t (lower(a)) WHERE a <> 'x'",
            ),
            (
                "CREATE TYPE mood AS ENUM ('ok', 'sad'); CREATE TABLE t (m mood DEFAULT 'ok', n mood[], \
                 CHECK (m <> 'sad')); CREATE INDEX i ON t (m) WHERE m = 'ok'; CREATE VIEW v AS SELECT m FROM t; \
                 CREATE FUNCTION f(m mood) RETURNS mood LANGUAGE sql AS 'SELECT m'",
                "CREATE TYPE mood AS ENUM ('good', 'ok'); CREATE TABLE t (m mood DEFAULT 'ok', n mood[], \
                 CHECK (m <> 'good')); CREATE INDEX i ON t (m) WHERE m = 'ok'; CREATE VIEW v AS SELECT m FROM t; \
                 CREATE FUNCTION f(m mood) RETURNS mood LANGUAGE sql AS 'SELECT m'",
            ),
            (
                "CREATE TYPE mood AS ENUM ('b', 'd'); CREATE TABLE t (m mood)",
                "CREATE TYPE mood AS ENUM ('a', 'b', 'c', 'd', 'e'); CREATE TABLE t (m mood)",
            ),
            (
                "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
                 CREATE TABLE t (a int); CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
                "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'; \
                 CREATE TABLE t (a int); CREATE TRIGGER r BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION f()",
            ),
            (
                "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a'; \
                 CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) STORED); CREATE VIEW v AS SELECT f(a) FROM t",
                "CREATE FUNCTION f(b int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT b::bigint'; \
                 CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 2) STORED); CREATE VIEW v AS SELECT f(a) FROM t",
            ),
            (
                "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY REFERENCES a); \
                 ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b",
                "",
            ),
            (
                "CREATE DOMAIN d AS text CHECK (VALUE <> ''); CREATE TABLE t (d d); CREATE SEQUENCE s; \
                 CREATE TYPE c AS (x int, y int); COMMENT ON TABLE t IS 'one'; COMMENT ON COLUMN t.d IS 'two'",
                "CREATE DOMAIN d AS text DEFAULT 'x' CHECK (VALUE <> 'y'); CREATE TABLE t (d d); \
                 CREATE SEQUENCE s INCREMENT 5 MAXVALUE 1000; CREATE TYPE c AS (x text, z int); \
                 COMMENT ON TABLE t IS 'three'",
            ),
            (
                "CREATE TABLE p (id int, k text) PARTITION BY LIST (k); CREATE TABLE pa PARTITION OF p FOR VALUES IN ('a')",
                "CREATE TABLE p (id int, k text, n int) PARTITION BY LIST (k); \
                 CREATE TABLE pa PARTITION OF p FOR VALUES IN ('a'); \
                 CREATE TABLE pb PARTITION OF p FOR VALUES IN ('b')",
            ),
            (
                "CREATE SCHEMA x; CREATE TABLE x.t (a int); CREATE POLICY p ON x.t USING (a > 0); \
                 ALTER TABLE x.t ENABLE ROW LEVEL SECURITY; CREATE RULE r AS ON DELETE TO x.t DO INSTEAD NOTHING",
                "CREATE SCHEMA x; CREATE UNLOGGED TABLE x.t (a bigint) WITH (fillfactor = 50); \
                 CREATE POLICY p ON x.t USING (a > 1)",
            ),
            (
                "CREATE TABLE t (a int CONSTRAINT one UNIQUE, b int CONSTRAINT two CHECK (b > 0)); CREATE INDEX i ON t (b)",
                "CREATE TABLE t (a int CONSTRAINT three UNIQUE, b int CONSTRAINT four CHECK (b > 0)); CREATE INDEX j ON t (b)",
            ),
            (
                "CREATE TABLE t (a int); CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE INDEX i ON m (a)",
                "CREATE TABLE t (a bigint); CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE UNIQUE INDEX i ON m (a)",
            ),
        ],
    );
}

#[test]
fn postgres_what_stands_on_something_else() {
    there_and_back(
        Server::Postgres,
        &[
            (
                "CREATE TABLE p (id int, k int UNIQUE); CREATE TABLE c (k int REFERENCES p (k))",
                "CREATE TABLE p (id int, k int)",
            ),
            ("CREATE TABLE t (a int)", "CREATE TABLE u (a int); CREATE VIEW t AS SELECT a FROM u"),
            ("CREATE TABLE t (a int[], b int)", "CREATE TABLE t (a int, b int[])"),
            (
                "CREATE TABLE p (id int PRIMARY KEY, k int UNIQUE); CREATE TABLE c (k int REFERENCES p (k))",
                "CREATE TABLE p (id int PRIMARY KEY, k int, j int, UNIQUE (k, j)); CREATE TABLE c (k int, j int, \
                 FOREIGN KEY (k, j) REFERENCES p (k, j) NOT VALID)",
            ),
            (
                "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int); \
                 ALTER TABLE c ADD CONSTRAINT f FOREIGN KEY (p) REFERENCES p NOT VALID; \
                 ALTER TABLE c ADD CONSTRAINT k CHECK (p > 0) NOT VALID",
                "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int CONSTRAINT f REFERENCES p CONSTRAINT k CHECK (p > 0))",
            ),
            (
                "CREATE FUNCTION n(t text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT t'; \
                 CREATE TABLE t (a text DEFAULT n('x'), CHECK (n(a) <> '')); CREATE INDEX i ON t (n(a))",
                "CREATE FUNCTION n(u text) RETURNS varchar LANGUAGE sql IMMUTABLE AS 'SELECT u::varchar'; \
                 CREATE TABLE t (a text DEFAULT n('x'), CHECK (n(a) <> '')); CREATE INDEX i ON t (n(a))",
            ),
            (
                "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED); CREATE INDEX i ON t (b); \
                 CREATE MATERIALIZED VIEW m AS SELECT b FROM t; CREATE VIEW v AS SELECT b FROM m",
                "CREATE TABLE t (a bigint, b bigint GENERATED ALWAYS AS (a * 2) STORED); CREATE INDEX i ON t (b); \
                 CREATE MATERIALIZED VIEW m AS SELECT b FROM t; CREATE VIEW v AS SELECT b FROM m",
            ),
            (
                "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TABLE t (a int, b int); \
                 CREATE TRIGGER r BEFORE UPDATE OF b ON t FOR EACH ROW EXECUTE FUNCTION f(); \
                 ALTER TABLE t DISABLE TRIGGER r; CREATE POLICY p ON t USING (b > 0)",
                "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TABLE t (a int); \
                 CREATE TRIGGER r BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION f(); \
                 CREATE POLICY p ON t FOR SELECT USING (a > 0)",
            ),
            (
                "CREATE TABLE t (a int4range, EXCLUDE USING gist (a WITH &&)); CREATE SEQUENCE s; \
                 CREATE TABLE u (a int DEFAULT nextval('s'))",
                "",
            ),
            (
                "CREATE TABLE a (x int); CREATE TABLE b (y int) INHERITS (a); COMMENT ON TABLE a IS 'x'; COMMENT ON COLUMN a.x IS 'y'",
                "CREATE TABLE a (x int, z text DEFAULT 'q'); CREATE TABLE b (y bigint) INHERITS (a)",
            ),
            (
                "CREATE TYPE c AS (x int); CREATE FUNCTION f(c) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t (c c)",
                "CREATE TABLE t (c text COLLATE \"C\")",
            ),
            (
                "CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t'; \
                 CREATE VIEW v AS SELECT a FROM f()",
                "CREATE TABLE u (a int)",
            ),
        ],
    );
}

#[test]
fn postgres_renames_and_waits_for_nobody() {
    let scratch = Scratch::new(Server::Postgres);
    let mut session = open(&scratch.url);
    run(
        &mut *session,
        "CREATE TABLE a (id int PRIMARY KEY, x int CHECK (x > 0)); CREATE VIEW v AS SELECT x FROM a; \
         INSERT INTO a VALUES (1, 5)",
    );
    let renames = vec![
        Rename::Table { from: Name::new("a"), to: Name::new("b") },
        Rename::Column { table: Name::new("b"), from: "x".into(), to: "Y".into() },
    ];
    let to = renamed(&read(&mut *session), &renames).unwrap();
    let wish = Wish { renames, ..Wish::default() };
    let steps =
        dbmig_runtime::catalogue::change::changes(&read(&mut *session), &to, &wish).unwrap();
    assert_eq!(steps.len(), 2, "{steps:#?}");
    for step in &steps {
        run(&mut *session, &step.sql);
    }
    assert_eq!(
        session.query("SELECT \"Y\"::text FROM b", &[]).unwrap()[0][0].as_deref(),
        Some("5")
    );

    let from = "CREATE TABLE t (a int, b int); CREATE TABLE u (id int PRIMARY KEY)";
    let to = "CREATE TABLE t (a int NOT NULL UNIQUE CHECK (a > 0), b int REFERENCES u); CREATE INDEX i ON t (b)";
    let to = of(Server::Postgres, &format!("CREATE TABLE u (id int PRIMARY KEY); {to}"));
    let scratch = Scratch::new(Server::Postgres);
    let mut session = open(&scratch.url);
    run(&mut *session, from);
    let wish = Wish { online: true, ..Wish::default() };
    let steps = change(&mut *session, &to, &wish, "online");
    let alone = steps.iter().filter(|step| step.alone).count();
    let validated = steps.iter().filter(|step| step.sql.contains(" VALIDATE CONSTRAINT ")).count();
    assert_eq!((alone, validated), (2, 3), "{steps:#?}");
}

/// MariaDB and, in the full level, MySQL.
fn mysql_servers() -> impl Iterator<Item = Server> {
    crate::engine::servers().into_iter().filter(|server| *server != Server::Postgres)
}

#[test]
fn mysql() {
    for server in mysql_servers() {
        there_and_back(
            server,
            &[
                (
                    "CREATE TABLE t (a INT, b INT)",
                    "CREATE TABLE t (c VARCHAR(9) UNIQUE, a BIGINT NOT NULL DEFAULT 1, CHECK (a > 0)) COMMENT 'x'",
                ),
                (
                    "CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE c (t INT, FOREIGN KEY (t) REFERENCES t (id))",
                    "CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY); \
                     CREATE TABLE c (t BIGINT, FOREIGN KEY (t) REFERENCES t (id) ON DELETE CASCADE)",
                ),
                (
                    "CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE c (t INT, FOREIGN KEY (t) REFERENCES t (id))",
                    "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY); \
                     CREATE TABLE c (t INT, FOREIGN KEY (t) REFERENCES t (id), `é` INT CHECK (`é` > 0))",
                ),
                (
                    "CREATE TABLE t (a INT, b INT AS (a + 1), c INT AS (b + 1) STORED, KEY k (c)); \
                     CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1",
                    "CREATE TABLE t (a INT, b INT AS (a + 2), c INT AS (b + 1) STORED, KEY k (c)); \
                     CREATE VIEW v AS SELECT b FROM t; CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 2",
                ),
                (
                    "CREATE TABLE a (id INT PRIMARY KEY, b INT); \
                     CREATE TABLE b (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES a (id)); \
                     ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b (id)",
                    "",
                ),
                (
                    "CREATE TABLE t (a INT, b INT, c INT, KEY one (a), UNIQUE two (b)); \
                     CREATE PROCEDURE p() SELECT 1; CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1",
                    "CREATE TABLE t (c INT, b INT, a INT, KEY three (a), UNIQUE four (b)); \
                     CREATE PROCEDURE p() SELECT 'a\"b'; CREATE FUNCTION g() RETURNS INT DETERMINISTIC RETURN 1",
                ),
                (
                    "CREATE TABLE t (a VARCHAR(9) COLLATE utf8mb4_bin) COLLATE utf8mb4_unicode_ci; \
                     CREATE TABLE u (a INT) ROW_FORMAT = DYNAMIC",
                    "CREATE TABLE t (a VARCHAR(9), e ENUM ('a', 'b')) COLLATE utf8mb4_bin; CREATE TABLE u (a INT) \
                     PARTITION BY HASH (a) PARTITIONS 2",
                ),
                (
                    "CREATE TABLE t (a VARCHAR(99), b INT NOT NULL DEFAULT 1 CHECK (b > 0), KEY k (a(10)), FULLTEXT f (a))",
                    "CREATE TABLE t (a VARCHAR(88) COMMENT 'x', b INT NOT NULL CHECK (b > 1), c TIMESTAMP NULL, \
                     UNIQUE k (a(9)), KEY c (c DESC)) COMMENT 'y'",
                ),
                (
                    "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, j INT)",
                    "CREATE TABLE t (x INT, id INT, j INT AUTO_INCREMENT, PRIMARY KEY (j))",
                ),
                (
                    "CREATE TABLE p (id INT PRIMARY KEY, k INT, UNIQUE k (k)); \
                     CREATE TABLE t (a INT, KEY own (a), CONSTRAINT f FOREIGN KEY (a) REFERENCES p (k))",
                    "CREATE TABLE p (id INT PRIMARY KEY, k INT, KEY k (k)); CREATE TABLE t (a INT, KEY own (a))",
                ),
            ],
        );
    }
}

#[test]
fn mysql_renames() {
    for server in mysql_servers() {
        let scratch = Scratch::new(server);
        let mut session = open(&scratch.url);
        run(
            &mut *session,
            "CREATE TABLE a (id INT PRIMARY KEY, x INT); CREATE VIEW v AS SELECT x FROM a; INSERT INTO a VALUES (1, 5); \
             CREATE TRIGGER r BEFORE INSERT ON a FOR EACH ROW SET NEW.x = 1",
        );
        let renames = vec![
            Rename::Table { from: Name::new("a"), to: Name::new("b") },
            Rename::Column { table: Name::new("b"), from: "x".into(), to: "y".into() },
        ];
        let before = read(&mut *session);
        let to = renamed(&before, &renames).unwrap();
        let wish = Wish { renames, ..Wish::default() };
        let steps = dbmig_runtime::catalogue::change::changes(&before, &to, &wish).unwrap();
        assert!(steps.iter().all(|step| !step.destroys), "{steps:#?}");
        for step in &steps {
            run(&mut *session, &step.sql);
        }
        let rows = session.query("SELECT CAST(y AS CHAR) FROM b", &[]).unwrap();
        assert_eq!(rows[0][0].as_deref(), Some("5"), "{server:?}");
        assert_eq!(read(&mut *session).triggers, to.triggers, "{server:?}");
        run(&mut *session, "SELECT * FROM v");
    }
}
