//! The hazards of the three dialects, as a table of texts and what they are cut into.

use super::*;
use Dialect::{Mysql, Postgres, Sqlite};

mod bodies;
mod kinds;

/// Splits, checks what must hold for every text, and gives the statements.
fn cut(text: &str, dialect: Dialect) -> Vec<&str> {
    let split = split(text, dialect);
    let mut whole: String = split.statements.iter().map(|statement| statement.piece).collect();
    whole.push_str(split.tail);
    assert_eq!(whole, text, "{dialect}");
    let lexed: String = tokens(text, dialect).map(|token| token.text).collect();
    assert_eq!(lexed, text, "{dialect}");
    for statement in &split.statements {
        assert!(statement.piece.contains(statement.sql));
        assert_eq!(
            text.get(statement.offset..statement.offset + statement.sql.len()),
            Some(statement.sql)
        );
        assert_eq!(
            (statement.line, statement.column),
            crate::sql::position(text, statement.offset)
        );
    }
    split.statements.into_iter().map(|statement| statement.sql).collect()
}

fn check(dialect: Dialect, cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        assert_eq!(cut(text, dialect), *expected, "{dialect}: {text}");
        assert_eq!(split(text, dialect).unsure, None, "{dialect}: {text}");
    }
}

fn check_unsure(dialect: Dialect, cases: &[(&str, &str)]) {
    for (text, reason) in cases {
        cut(text, dialect);
        assert_eq!(
            split(text, dialect).unsure.map(|unsure| unsure.reason),
            Some(*reason),
            "{dialect}: {text}"
        );
    }
}

#[test]
fn every_dialect_cuts_at_semicolons_only() {
    for dialect in Dialect::ALL {
        check(
            dialect,
            &[
                ("", &[]),
                (" \n-- c\n/* d; */ ;; ; ", &[]),
                ("a", &["a"]),
                ("a;b", &["a", "b"]),
                (" a ; \n b -- it's; \n; c -- end", &["a", "b", "c"]),
                ("a /* ; ' */ b;", &["a /* ; ' */ b"]),
                ("select 'a;''b;' ; x", &["select 'a;''b;'", "x"]),
                ("\u{feff}a; b", &["a", "b"]),
                ("a;\r\nb;\r\n", &["a", "b"]),
                ("é;☃", &["é", "☃"]),
                (";;a;;b;;", &["a", "b"]),
                // A transaction's own BEGIN and END are no body.
                ("BEGIN; a; END; b", &["BEGIN", "a", "END", "b"]),
                ("select case when a then b end; c", &["select case when a then b end", "c"]),
            ],
        );
        check_unsure(
            dialect,
            &[("a; select 'b; c", "a string without end"), ("a\0b", "a NUL character")],
        );
    }
}

#[test]
fn comments() {
    check(
        Postgres,
        &[
            ("a /* x /* ; */ ; */ b; c", &["a /* x /* ; */ ; */ b", "c"]),
            ("1--1;\n2; 3", &["1--1;\n2", "3"]),
            ("a #> '{x}' ; b #- 'c'; d", &["a #> '{x}'", "b #- 'c'", "d"]),
            ("a -- x\r; b", &["a", "b"]),
            ("/*+ SeqScan(t) */ a; b", &["/*+ SeqScan(t) */ a", "b"]),
        ],
    );
    check(
        Mysql,
        &[
            ("a /* x /* ; */ ; b", &["a", "b"]),
            ("a /* x /* ; */ c; b", &["a /* x /* ; */ c", "b"]),
            ("select 1--1; b", &["select 1--1", "b"]),
            ("select 1 --1; b", &["select 1 --1", "b"]),
            ("select 1 --\t1; b\n", &["select 1"]),
            ("a # it's;\n; b", &["a", "b"]),
            ("a --", &["a"]),
        ],
    );
    check(
        Sqlite,
        &[
            ("a /* x /* ; */ ; b", &["a", "b"]),
            ("a /* x /* ; */ c; b", &["a /* x /* ; */ c", "b"]),
            ("a; /* no end ; '", &["a"]),
            ("1--1;\n2; 3", &["1--1;\n2", "3"]),
            ("a # b; c", &["a # b", "c"]),
        ],
    );
    check_unsure(Postgres, &[("a; /* /* */ b", "a comment without end")]);
    check_unsure(Mysql, &[("a; /* b", "a comment without end")]);
}

#[test]
fn quotes() {
    check(
        Postgres,
        &[
            (r"a 'b\'; c", &[r"a 'b\'", "c"]),
            (r"a E'b\'; c'; d", &[r"a E'b\'; c'", "d"]),
            ("a e'x'\n'b\\'; c'; d", &["a e'x'\n'b\\'; c'", "d"]),
            ("a E'x' -- c\n -- d\n'b\\'; c'; d", &["a E'x' -- c\n -- d\n'b\\'; c'", "d"]),
            ("a 'x'\n'b\\'; c", &["a 'x'\n'b\\'", "c"]),
            ("a \"b;\"\"c\"; d", &["a \"b;\"\"c\"", "d"]),
            (
                "a U&'b;' U&\"c;\" B'1' X'1F' N'x;' ; d",
                &["a U&'b;' U&\"c;\" B'1' X'1F' N'x;'", "d"],
            ),
            ("a $$ ; ' $x$ $$; b", &["a $$ ; ' $x$ $$", "b"]),
            ("a $x$ ; $$ ; $y$ $x$; b", &["a $x$ ; $$ ; $y$ $x$", "b"]),
            ("a $é$ ; $é$; b", &["a $é$ ; $é$", "b"]),
            ("a$b$c; d$b$", &["a$b$c", "d$b$"]),
            ("a $1; b $2", &["a $1", "b $2"]),
            ("a[1]; b `c; d", &["a[1]", "b `c", "d"]),
            ("a ? b; c :d; e::f", &["a ? b", "c :d", "e::f"]),
        ],
    );
    check(
        Mysql,
        &[
            (r"a 'b\'; c'; d", &[r"a 'b\'; c'", "d"]),
            (r#"a "b\"; c"; d"#, &[r#"a "b\"; c""#, "d"]),
            ("a \"b;\"\"c\"; d", &["a \"b;\"\"c\"", "d"]),
            ("a `b;``c\\`; d", &["a `b;``c\\`", "d"]),
            (r"a _utf8mb4'b\';' N'\';' x'1f'; d", &[r"a _utf8mb4'b\';' N'\';' x'1f'", "d"]),
            ("a 'b' 'c;'; d", &["a 'b' 'c;'", "d"]),
            ("a ?; b \\N; c", &["a ?", "b \\N", "c"]),
            ("a $b; c", &["a $b", "c"]),
        ],
    );
    check(
        Sqlite,
        &[
            (r"a 'b\'; c", &[r"a 'b\'", "c"]),
            ("a [b;'c]; d", &["a [b;'c]", "d"]),
            ("a `b;``c`; d", &["a `b;``c`", "d"]),
            ("a \"b;\"\"c\"; d", &["a \"b;\"\"c\"", "d"]),
            ("a x'1f'; b ?1 :a @b $c; d", &["a x'1f'", "b ?1 :a @b $c", "d"]),
            ("a $b::c(d;e'); f", &["a $b::c(d;e')", "f"]),
            ("a :b(;--); @c(/*;); #d(\";); e", &["a :b(;--)", "@c(/*;)", "#d(\";)", "e"]),
            ("a $b (c;d", &["a $b (c", "d"]),
            ("a; \u{feff}; b", &["a", "b"]),
        ],
    );
    check_unsure(
        Postgres,
        &[
            ("a $x$ b; c", "a string without end"),
            ("a \"b; c", "a quoted name without end"),
            (
                r"SET standard_conforming_strings = off; a 'b\'; c'",
                "a string with a backslash after a SET that changes its meaning",
            ),
        ],
    );
    check_unsure(
        Mysql,
        &[
            ("a `b; c", "a quoted name without end"),
            (r"a 'b\'; c", "a string without end"),
            ("a $$ b; $$", "MySQL before 9.0 reads a dollar quote as a name"),
            (
                r"SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'; a 'b\'; c'",
                "a string with a backslash after a SET that changes its meaning",
            ),
        ],
    );
    check_unsure(
        Sqlite,
        &[
            ("a [b; c", "a quoted name without end"),
            ("a $b(c;\nd); e", "a variable with a parenthesis without its closing one"),
        ],
    );
    check(
        Postgres,
        &[(
            r"SET standard_conforming_strings = on; a 'b\'; c",
            &["SET standard_conforming_strings = on", r"a 'b\'", "c"],
        )],
    );
    check(
        Mysql,
        &[("SET sql_mode = 'ANSI'; a \"b\"; c", &["SET sql_mode = 'ANSI'", "a \"b\"", "c"])],
    );
}

#[test]
fn executable_comments() {
    check(
        Mysql,
        &[
            ("/*!40101 SET a=1 */;\nb;", &["/*!40101 SET a=1 */", "b"]),
            ("/*M!100100 SET a='*' */; b", &["/*M!100100 SET a='*' */", "b"]),
            ("a /*!50000 b /* c */ d */; e", &["a /*!50000 b /* c */ d */", "e"]),
            ("/*! a ';' */; b", &["/*! a ';' */", "b"]),
            (
                "/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`h`*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN SET a=1; END */; b",
                &[
                    "/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`h`*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN SET a=1; END */",
                    "b",
                ],
            ),
        ],
    );
    check_unsure(
        Mysql,
        &[
            ("/*! a; b */; c", "an executable comment in which a statement ends"),
            (
                "/*! a '*/' */; c",
                "the end of an executable comment depends on whether the server runs it",
            ),
            ("/*! a; b", "an executable comment without end"),
            (
                "/*! a -- */\n */; b",
                "the end of an executable comment depends on whether the server runs it",
            ),
        ],
    );
    check(Postgres, &[("a /*! ; */; b", &["a", "b"])]);
    check(Sqlite, &[("a /*! ; */; b", &["a", "b"])]);
}

#[test]
fn delimiters() {
    let text = "a;\nDELIMITER //\nCREATE PROCEDURE p() BEGIN b; END//\n c;//\ndelimiter ;\nd; e";
    check(
        Mysql,
        &[
            (text, &["a", "CREATE PROCEDURE p() BEGIN b; END", "c", "d", "e"]),
            ("DELIMITER $$\nBEGIN a; END$$\nb $$\nDELIMITER ;", &["BEGIN a; END", "b"]),
            ("DELIMITER ;;\na; b;;\nDELIMITER ;\nc;", &["a; b", "c"]),
            ("DELIMITER --\na-- b", &["a", "b"]),
            ("DELIMITER |\r\na|b|\r\nDELIMITER ;\r\n", &["a", "b"]),
            (
                "create table t (\n  delimiter int,\n  b int);c",
                &["create table t (\n  delimiter int,\n  b int)", "c"],
            ),
        ],
    );
    assert!(split(text, Mysql).client_lines);
    assert_eq!(split("DELIMITER //\na//\nDELIMITER ;\n", Mysql).tail, "\nDELIMITER ;\n");
    check_unsure(
        Mysql,
        &[
            ("DELIMITER //\na\nDELIMITER ;\nb;", "a DELIMITER inside a statement"),
            ("DELIMITER\na;", "a DELIMITER that can not be used"),
        ],
    );
}

#[test]
fn client_commands() {
    check(
        Postgres,
        &[
            ("\\set x 'y\na;\n\\i b'c.sql\nd;", &["\\set x 'y", "a", "\\i b'c.sql", "d"]),
            ("\\restrict abc\na;\n\\unrestrict abc\n", &["a"]),
            ("select 1 \\gexec\nb;", &["select 1 \\gexec", "b"]),
            (
                "COPY t (a) FROM stdin;\n1;\t'x\n\\.\nb;",
                &["COPY t (a) FROM stdin;\n1;\t'x\n\\.", "b"],
            ),
            ("COPY t FROM STDIN;", &["COPY t FROM STDIN"]),
            ("COPY t FROM '/x'; b", &["COPY t FROM '/x'", "b"]),
        ],
    );
    check(Mysql, &[("source a'b.sql\nc;", &["source a'b.sql", "c"]), ("a\\G\nb;", &["a\\G", "b"])]);
    check(
        Sqlite,
        &[(".read a'b.sql\nc;", &[".read a'b.sql", "c"]), ("select\n.5; b", &["select\n.5", "b"])],
    );
    for (dialect, text) in [
        (Postgres, "\\i x"),
        (Postgres, "a \\gset"),
        (Postgres, "COPY t FROM STDIN"),
        (Mysql, "source x.sql"),
        (Mysql, "LOAD DATA LOCAL INFILE 'x' INTO TABLE t"),
        (Mysql, "select 1\\G"),
        (Sqlite, ".read x"),
    ] {
        assert_eq!(split(text, dialect).statements[0].kind, StatementKind::ClientCommand, "{text}");
    }
}

#[test]
fn nothing_in_a_text_means_no_statement() {
    for dialect in Dialect::ALL {
        for text in
            ["", " \n", "-- a", "/* a */", ";", "\u{feff}", ";; -- x\n;", "-- dbmig:allow x"]
        {
            assert!(is_empty(text, dialect), "{dialect}: {text}");
        }
        for text in ["a", "-- x\nselect 1", "'", "."] {
            assert!(!is_empty(text, dialect), "{dialect}: {text}");
        }
    }
    assert!(!is_empty("/*! a */", Mysql));
    assert!(is_empty("DELIMITER //\n# x", Mysql));
    assert!(is_empty("\\restrict x\n", Postgres));
}

#[test]
fn positions_are_those_of_the_statement_itself() {
    let text = "-- é\n  a;\n/* x */ b;";
    let split = split(text, Sqlite);
    let places: Vec<_> =
        split.statements.iter().map(|statement| (statement.line, statement.column)).collect();
    assert_eq!(places, [(2, 3), (3, 9)]);
    assert_eq!(split.statements[0].piece, "-- é\n  a;");
    let unsure = super::split("a;\n é 'b", Sqlite).unsure.expect("no end");
    assert_eq!((unsure.line, unsure.column), (2, 4));
}

#[test]
fn a_run_of_colons_is_read_once() {
    let text = format!("{};a", ":".repeat(100_001));
    assert_eq!(tokens(&text, Sqlite).count(), 3);
}

#[test]
fn no_text_panics_or_loses_a_byte() {
    // Random texts of all the quotes and marks, whole and halved; the seed is fixed.
    let parts = [
        "'",
        "\"",
        "`",
        "[",
        "]",
        "$",
        "$a$",
        "\\",
        "/*",
        "*/",
        "/*!",
        "--",
        "#",
        ";",
        "é",
        "\n",
        "(",
        ")",
        "e'",
        "DELIMITER ",
        "begin",
        "end ",
        "create trigger ",
        "copy from stdin;",
    ];
    let mut seed = 1_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..9 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text.push_str(parts[(seed >> 33) as usize % parts.len()]);
        }
        for dialect in Dialect::ALL {
            cut(&text, dialect);
            let _ =
                (crate::sql::token_digest(&text, dialect), crate::sql::footprint(&text, dialect));
        }
    }
}
