//! Statements that hold statements.

use super::{check, check_unsure};
use crate::Dialect::{Mysql, Postgres, Sqlite};

#[test]
fn postgres_bodies() {
    check(
        Postgres,
        &[
            (
                "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END; b",
                &[
                    "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END",
                    "b",
                ],
            ),
            (
                "CREATE PROCEDURE p() BEGIN ATOMIC END; b",
                &["CREATE PROCEDURE p() BEGIN ATOMIC END", "b"],
            ),
            (
                "CREATE RULE r AS ON INSERT TO t DO (a; b); c",
                &["CREATE RULE r AS ON INSERT TO t DO (a; b)", "c"],
            ),
            (
                "CREATE FUNCTION f() AS $$ BEGIN a; END; $$; b",
                &["CREATE FUNCTION f() AS $$ BEGIN a; END; $$", "b"],
            ),
            ("BEGIN; a; COMMIT", &["BEGIN", "a", "COMMIT"]),
            (
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN CASE a WHEN 1 THEN b END THEN (SELECT CASE c END) END; END; b",
                &[
                    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN CASE a WHEN 1 THEN b END THEN (SELECT CASE c END) END; END",
                    "b",
                ],
            ),
            (
                "CREATE RULE r AS ON UPDATE TO t WHERE a = ';' DO INSTEAD (SELECT ')'; (SELECT b);); c",
                &[
                    "CREATE RULE r AS ON UPDATE TO t WHERE a = ';' DO INSTEAD (SELECT ')'; (SELECT b);)",
                    "c",
                ],
            ),
            (
                "CREATE SCHEMA s CREATE TABLE t (a int) CREATE VIEW v AS b; c",
                &["CREATE SCHEMA s CREATE TABLE t (a int) CREATE VIEW v AS b", "c"],
            ),
        ],
    );
    check_unsure(
        Postgres,
        &[
            ("a; CREATE FUNCTION f() BEGIN ATOMIC b; c;", "a body without its END"),
            (
                "CREATE TABLE t (a int; b;",
                "an opening parenthesis without its closing one, before a semicolon",
            ),
        ],
    );
}

#[test]
fn sqlite_bodies() {
    check(
        Sqlite,
        &[
            (
                "CREATE TEMP TRIGGER t AFTER UPDATE OF b ON x WHEN CASE WHEN 1 THEN 2 END BEGIN UPDATE x SET a = CASE WHEN 1 THEN 2 END; DELETE FROM y; END; b",
                &[
                    "CREATE TEMP TRIGGER t AFTER UPDATE OF b ON x WHEN CASE WHEN 1 THEN 2 END BEGIN UPDATE x SET a = CASE WHEN 1 THEN 2 END; DELETE FROM y; END",
                    "b",
                ],
            ),
            (
                "create trigger t after insert on x begin update x set \"end\" = 1, end = 2 where x.end = 3; end;\nb;",
                &[
                    "create trigger t after insert on x begin update x set \"end\" = 1, end = 2 where x.end = 3; end",
                    "b",
                ],
            ),
            (
                "CREATE TABLE t (begin int, end int); b",
                &["CREATE TABLE t (begin int, end int)", "b"],
            ),
            (
                "EXPLAIN QUERY PLAN CREATE TRIGGER t AFTER INSERT ON x BEGIN a; b; END; c",
                &["EXPLAIN QUERY PLAN CREATE TRIGGER t AFTER INSERT ON x BEGIN a; b; END", "c"],
            ),
            (
                "explain create temp trigger begin before insert on x begin a; end; c",
                &["explain create temp trigger begin before insert on x begin a; end", "c"],
            ),
            (
                "create trigger end after delete on begin begin select end as end from x; end; c",
                &[
                    "create trigger end after delete on begin begin select end as end from x; end",
                    "c",
                ],
            ),
            ("EXPLAIN SELECT 1; END; b", &["EXPLAIN SELECT 1", "END", "b"]),
        ],
    );
    check_unsure(
        Sqlite,
        &[
            ("CREATE TRIGGER t AFTER INSERT ON x BEGIN a; b;", "a body without its END"),
            (
                "CREATE TRIGGER t AFTER INSERT ON x BEGIN a; END CREATE TABLE y;",
                "text after the END of a body",
            ),
        ],
    );
}

#[test]
fn mysql_bodies() {
    let whole = [
        "CREATE DEFINER=`root`@`localhost` PROCEDURE IF NOT EXISTS p(IN a INT) BEGIN DECLARE c CURSOR FOR SELECT 1; \
         DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; END; IF a > IF(b, 1, 2) THEN x; ELSEIF (c) THEN y; ELSE \
         IF EXISTS (SELECT 1) THEN z; END IF; END IF; END",
        "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET NEW.a = IF(NEW.b, 1, 2)",
        "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW IF NEW.a THEN SET NEW.b = 1; END IF",
        "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN SET NEW.begin = CASE WHEN a THEN b END; SET NEW.end = 1; END",
        "CREATE OR REPLACE FUNCTION f() RETURNS INT DETERMINISTIC BEGIN l: LOOP x; LEAVE l; END LOOP l; WHILE a DO b; END \
         WHILE; REPEAT SET a = REPEAT('x', 2); UNTIL a END REPEAT; CASE a WHEN 1 THEN b; ELSE c; END CASE; RETURN CASE a \
         WHEN 1 THEN IF(b, 1, 2) END; END",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DROP TABLE IF EXISTS t; END",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t",
        "ALTER EVENT e DO BEGIN a; END",
        "CREATE FUNCTION f(a INT) RETURNS INT COMMENT 'x' RETURN IF(a, 1, 2)",
        "CREATE PROCEDURE p() SELECT CASE a WHEN 1 THEN 2 END FOR UPDATE",
        "CREATE PROCEDURE p() BEGIN SELECT CASE a WHEN 1 THEN 2 END FOR UPDATE; END",
        "CREATE PROCEDURE p() lab: BEGIN a; END lab",
        "CREATE PROCEDURE p() BEGIN FOR i IN 1..10 DO a; END FOR; END",
        "BEGIN NOT ATOMIC IF a THEN b; END IF; END",
        "IF a THEN b; END IF",
        "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW FOLLOWS y IF NEW.a THEN SET NEW.b = 1; END IF",
        "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW PRECEDES `y` CASE NEW.a WHEN 1 THEN b; END CASE",
        "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW FOLLOWS y l: LOOP a; LEAVE l; END LOOP l",
        "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW FOLLOWS if_y WHILE a DO b; END WHILE",
        "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW FOLLOWS y REPEAT a; UNTIL b END REPEAT",
        "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW FOLLOWS y SET NEW.a = IF(NEW.b, 1, 2)",
        "CREATE TRIGGER follows BEFORE INSERT ON precedes FOR EACH ROW DELETE FROM y",
        "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW DO IF(a, 1, 2)",
        "CREATE FUNCTION f(a INT) RETURNS INT IF a THEN RETURN 1; ELSE RETURN 2; END IF",
        "CREATE FUNCTION f(a INT) RETURNS VARCHAR(9) CHARSET utf8mb4 CASE a WHEN 1 THEN RETURN 2; END CASE",
        "CREATE FUNCTION f(a INT) RETURNS INT RETURN CASE a WHEN 1 THEN IF(a, 1, 2) END",
        "CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR 1062 IF a THEN b; END IF; c; END",
        "CREATE PROCEDURE p() BEGIN DECLARE CONTINUE HANDLER FOR SQLSTATE '23000', NOT FOUND CASE a WHEN 1 THEN b; END CASE; c; END",
        "CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR NOT FOUND SET a = IF(b, 1, 2); c; END",
        "CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR NOT FOUND DO REPEAT('a', 2); c; END",
        "CREATE PROCEDURE p() BEGIN DO IF(a, 1, 2); WHILE a DO IF (b) THEN c; END IF; END WHILE; END",
        "CREATE EVENT e ON SCHEDULE AT CASE WHEN a THEN b END DO IF a THEN b; END IF",
        "CREATE EVENT IF NOT EXISTS e ON SCHEDULE EVERY 1 DAY COMMENT 'x' DO CALL p(IF(a, 1, 2))",
        "CREATE PROCEDURE p() UPDATE y AS z SET z.a = REPEAT('x', IF(a, 1, 2))",
        "BEGIN NOT ATOMIC DECLARE v INT; l: WHILE a DO b; END WHILE l; END",
        "REPEAT a; UNTIL b END REPEAT",
        "CREATE PROCEDURE p() BEGIN /*!50000 IF a THEN b; END IF; */ c; END",
        "CREATE TABLE IF NOT EXISTS t (begin INT, end INT)",
    ];
    for text in whole {
        let file = format!("a; {text}; b");
        check(Mysql, &[(&file, &["a", text, "b"])]);
    }
    check_unsure(
        Mysql,
        &[
            ("CREATE PROCEDURE p() BEGIN a; b;", "a body without its END"),
            ("CREATE PROCEDURE p() BEGIN IF a THEN b; END; c; END;", "an END that closes nothing"),
            ("CREATE PROCEDURE p() BEGIN a; END IF; END;", "an END that closes nothing"),
            ("CREATE PACKAGE p AS a; b; END;", "a package is not understood"),
            (
                "/*!99999 CREATE PROCEDURE p() BEGIN */ a; b; /*!99999 END */;",
                "an executable comment that opens or ends a block",
            ),
            (
                "CREATE PROCEDURE p() BEGIN a; /*!99999 END */; b; END;",
                "an executable comment that opens or ends a block",
            ),
            ("CREATE PROCEDURE p AS v INT; BEGIN a; END;", "a routine of MariaDB's Oracle mode"),
            (
                "CREATE PROCEDURE p(a INT) IS v INT; BEGIN a; END;",
                "a routine of MariaDB's Oracle mode",
            ),
            (
                "CREATE FUNCTION f(a INT) RETURN INT AS v INT; BEGIN RETURN a; END;",
                "a routine of MariaDB's Oracle mode",
            ),
            (
                "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW DECLARE v INT; BEGIN a; END;",
                "a routine of MariaDB's Oracle mode",
            ),
            ("DECLARE v INT; BEGIN a; END;", "a block of MariaDB's Oracle mode"),
        ],
    );
}
