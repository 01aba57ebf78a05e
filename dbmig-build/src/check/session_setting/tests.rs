use crate::Dialect::{Mysql, Postgres, Sqlite};
use crate::check::test_support::{INSIDE, OUTSIDE, judged, places};

#[test]
fn what_outlasts_the_migration() {
    for (dialect, text, message) in [
        (Postgres, "set search_path = public", "`SET search_path` outlasts"),
        (Postgres, "SET SESSION Lock_Timeout TO 0", "`SET lock_timeout` outlasts"),
        (Postgres, "SET app.user = 'x'", "`SET app.user` outlasts"),
        (Postgres, "SET ROLE admin", "`SET role` outlasts"),
        (Postgres, "SET SESSION AUTHORIZATION x", "`SET session authorization`"),
        (Postgres, "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "`SET session char"),
        (Postgres, "SET TIME ZONE 'UTC'", "`SET timezone` outlasts"),
        (Postgres, "SELECT pg_catalog.set_config('search_path', '', false)", "`set_config("),
        (Postgres, "SELECT set_config('a.b', lower('x)'), false), 1", "`set_config('a.b', "),
        (Postgres, "SELECT pg_advisory_unlock_all()", "`pg_advisory_unlock_all()`"),
        (Postgres, "DISCARD ALL", "`DISCARD ALL`"),
        (Postgres, "SET a = 1; RESET a; SET a = 2", "`SET a` outlasts"),
        (Postgres, "SET a = 1; RESET ALL; SET a = 2", "`SET a` outlasts"),
        (Mysql, "SET NAMES utf8mb4", "`SET NAMES` outlasts"),
        (Mysql, "SET @a = 1, sql_mode = ''", "`SET sql_mode` outlasts"),
        (Mysql, "SET LOCAL sql_mode = ''", "`SET sql_mode` outlasts"),
        (Mysql, "SET @@session.sql_mode = ''", "`SET sql_mode` outlasts"),
        (Mysql, "SET foreign_key_checks = 0", "`SET foreign_key_checks` outlasts"),
        (Mysql, "/*!40014 SET FOREIGN_KEY_CHECKS=0 */", "`SET foreign_key_checks`"),
        (Mysql, "SET GLOBAL max_connections = 9", "`SET GLOBAL max_connections` changes the"),
        (Mysql, "SET @@global.a = 9", "`SET GLOBAL a` changes the whole server"),
        (Mysql, "SET SESSION TRANSACTION READ ONLY", "`SET TRANSACTION` outlasts"),
        (Mysql, "USE shop", "`USE` changes the database"),
        (Sqlite, "PRAGMA legacy_alter_table = ON", "`PRAGMA legacy_alter_table` outlasts"),
        (Sqlite, "PRAGMA main.recursive_triggers(1)", "`PRAGMA recursive_triggers` outlasts"),
    ] {
        let text = format!("CREATE TABLE a (b INT);\n  {text};");
        let found = judged(dialect, INSIDE, &text);
        assert_eq!(found.len(), 1, "{dialect} {text:?}: {found:?}");
        assert!(found[0].message.starts_with(message), "{}", found[0].message);
        let line = text.lines().nth(1).unwrap();
        let in_comment = line.contains("/*!");
        assert!(in_comment || found[0].place.unwrap().0 == 2, "{text:?}");
    }
}

#[test]
fn what_does_not() {
    for (dialect, metadata, text) in [
        (Postgres, INSIDE, "SET LOCAL search_path = public"),
        (Postgres, INSIDE, "SET CONSTRAINTS ALL DEFERRED"),
        (Postgres, INSIDE, "SET TRANSACTION READ ONLY"),
        (Postgres, INSIDE, "SET ROLE a; SELECT 1; RESET ROLE"),
        (Postgres, INSIDE, "SET a = 1; SET b = 2; RESET ALL"),
        (Postgres, INSIDE, "SET a = 1; SET a TO DEFAULT"),
        (Postgres, INSIDE, "SELECT set_config('a', set_config('b', 'c', true), true)"),
        (Postgres, INSIDE, "RESET search_path"),
        (Postgres, INSIDE, "SELECT set_config('a', 'false', true)"),
        (Postgres, INSIDE, "ALTER DATABASE a SET search_path = b"),
        (Postgres, INSIDE, "UPDATE a SET search_path = 'b'"),
        (
            Postgres,
            INSIDE,
            "CREATE FUNCTION a() RETURNS int LANGUAGE sql SET search_path = b AS 'x'",
        ),
        (Postgres, INSIDE, "DO $$ BEGIN PERFORM set_config('a', 'b', false); END $$"),
        (Mysql, INSIDE, "SET @a = (SELECT 1, 2)"),
        (Mysql, INSIDE, "SET @old = @@sql_mode, sql_mode = ''; SELECT 1; SET sql_mode = @old"),
        (Mysql, INSIDE, "SET foreign_key_checks = 1"),
        (Mysql, INSIDE, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"),
        (Mysql, INSIDE, "CREATE USER a; SET PASSWORD FOR a = 'b'"),
        (Sqlite, INSIDE, "PRAGMA foreign_keys"),
        (Sqlite, INSIDE, "PRAGMA foreign_key_check; PRAGMA foreign_key_check(a)"),
        (Sqlite, INSIDE, "PRAGMA user_version = 3"),
        (Sqlite, INSIDE, "PRAGMA defer_foreign_keys = ON"),
        (Sqlite, INSIDE, "PRAGMA legacy_alter_table = 1; SELECT 1; PRAGMA legacy_alter_table = 0"),
        (Sqlite, OUTSIDE, "PRAGMA foreign_keys = OFF; DROP TABLE a; PRAGMA foreign_keys = ON"),
    ] {
        assert_eq!(places(dialect, metadata, text), [""; 0], "{dialect} {text:?}");
    }
}

#[test]
fn foreign_keys_inside_a_transaction() {
    let text = "SELECT 1;\nPRAGMA foreign_keys = OFF;\nDROP TABLE a;\nPRAGMA foreign_keys = ON;\n";
    let found = judged(Sqlite, INSIDE, text);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].place, Some((2, 1)));
    assert!(found[0].message.contains("does nothing inside a transaction"));
    assert!(found[0].help[0].contains("foreign_keys = \"off\""));
    let off = "run_in_transaction = true\n[dbmig]\nforeign_keys = \"off\"\n";
    assert_eq!(places(Sqlite, off, text), [""; 0]);
}

#[test]
fn says_what_helps_in_the_mode_of_the_migration() {
    let text = "SET lock_timeout = 0";
    let (inside, outside) = (judged(Postgres, INSIDE, text), judged(Postgres, OUTSIDE, text));
    assert!(inside[0].notes[0].starts_with("`0` waits without end"));
    assert!(inside[0].help[0].starts_with("write `SET LOCAL`"));
    assert!(outside[0].help[0].ends_with("`RESET lock_timeout`"));
}
