//! The splitter against SQLite itself, over generated texts of valid statements.
//!
//! `DBMIG_TEST_ROUNDS` makes it longer: 2,000 texts without it.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

#[path = "../support/engine.rs"]
mod engine;

use engine::{Engine, compare};

const SCHEMA: &str = "CREATE TABLE x (a, b, begin, \"end\"); CREATE TABLE begin (a, b); CREATE VIEW v AS SELECT a FROM x";

/// Words with a space between two of them, where any white space or comment can stand.
const STATEMENTS: &[&str] = &[
    "SELECT 1",
    "SELECT 'a;b' , \"a\" , [a] , `b` FROM x",
    "SELECT $a::b(c;d) , :e , @f , ?1 , #g::h(;) - 1",
    "SELECT CASE WHEN a THEN CASE b WHEN 1 THEN 2 END ELSE 3 END FROM x",
    "SELECT x . end , begin AS end FROM x",
    "SELECT end end FROM ( SELECT 1 AS end ) AS begin",
    "INSERT INTO x ( a , b , begin , end ) VALUES ( ';' , x'3b' , 1e-5 , NULL )",
    "UPDATE x SET end = 1 , begin = CASE WHEN end THEN 2 END WHERE end = 3",
    "WITH c ( a ) AS ( VALUES ( 1 ) ) DELETE FROM x WHERE a IN ( SELECT a FROM c )",
    "CREATE TABLE IF NOT EXISTS z ( trigger int , end text DEFAULT ';' )",
    "CREATE TEMP TABLE begin_end ( begin , end )",
    "BEGIN",
    "END TRANSACTION",
    "COMMIT",
    "SAVEPOINT begin",
    "RELEASE begin",
    "PRAGMA foreign_keys = off",
    "ATTACH ':memory:' AS trigger",
    "ALTER TABLE x RENAME TO end",
    "DROP TRIGGER IF EXISTS begin",
    "VACUUM",
];

const TRIGGERS: &[&str] = &[
    "CREATE TRIGGER t AFTER INSERT ON x BEGIN",
    "CREATE TEMP TRIGGER IF NOT EXISTS main BEFORE UPDATE OF a , begin ON x FOR EACH ROW BEGIN",
    "create temporary trigger begin delete on begin begin",
    "CREATE TRIGGER end INSTEAD OF DELETE ON v BEGIN",
    "CREATE TRIGGER \"t;\" AFTER UPDATE ON x WHEN CASE WHEN new . end THEN 1 END BEGIN",
    "CREATE TRIGGER main . [t] AFTER DELETE ON x WHEN old . begin > 1 BEGIN",
    "EXPLAIN QUERY PLAN CREATE TRIGGER t AFTER INSERT ON x BEGIN",
    "EXPLAIN CREATE TEMP TRIGGER t AFTER INSERT ON x BEGIN",
];

const BODIES: &[&str] = &[
    "SELECT 1 ;",
    "SELECT CASE WHEN new . end THEN 1 END ;",
    "SELECT CASE old . a WHEN 1 THEN CASE WHEN 2 THEN ';' END END end ;",
    "UPDATE x SET end = 1 , begin = end WHERE end = 2 ;",
    "INSERT INTO x ( begin , end ) SELECT begin , end FROM x ;",
    "DELETE FROM begin WHERE a = ( SELECT end FROM x ) ;",
    "SELECT RAISE ( ABORT , 'end;' ) ;",
];

const SPACES: &[&str] =
    &[" ", " ", " ", "\n", "\t", "/* ; */", " -- it's; end\n", "/* ' begin */", " /**/ ", "\r\n"];

/// A linear congruential sequence: the same texts on every machine.
struct Sequence(u64);

impl Sequence {
    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        all[usize::try_from(self.0 >> 33).unwrap() % all.len()]
    }

    fn push(&mut self, text: &mut String, words: &str) {
        for word in words.split(' ') {
            text.push_str(word);
            text.push_str(self.of(SPACES));
        }
    }

    fn text(&mut self) -> String {
        let mut text = String::from(self.of(&["", "", "\u{feff}", "-- a;\n", ";"]));
        for _ in 0..4 {
            if self.of(&["plain", "trigger"]) == "plain" {
                let words = self.of(STATEMENTS);
                self.push(&mut text, words);
            } else {
                let head = self.of(TRIGGERS);
                self.push(&mut text, head);
                loop {
                    let words = self.of(BODIES);
                    self.push(&mut text, words);
                    if self.of(&["more", "enough"]) == "enough" {
                        break;
                    }
                }
                let end = self.of(&["END", "end", "End"]);
                self.push(&mut text, end);
            }
            text.push_str(self.of(&[";", ";", ";;", "; ; /* a */", ";\u{feff}"]));
        }
        text.push_str(self.of(&[
            "",
            "\n",
            "SELECT 1",
            "-- end",
            "SELECT 2 /* open",
            "/* a */ SELECT 3 -- b",
        ]));
        text
    }
}

#[test]
fn pieces_are_those_of_the_engine() {
    let rounds: usize =
        std::env::var("DBMIG_TEST_ROUNDS").map_or(2_000, |rounds| rounds.parse().unwrap());
    let engine = Engine::new();
    assert_eq!(compare(&engine, SCHEMA, true), (3, true));
    let mut sequence = Sequence(1);
    let (mut pieces, mut whole) = (0, 0);
    for _ in 0..rounds {
        let (compared, all) = compare(&engine, &sequence.text(), false);
        pieces += compared;
        whole += usize::from(all);
    }
    println!("{pieces} pieces, {whole} of {rounds} texts to their end");
    assert!(whole * 2 > rounds, "the engine refused too many texts");
}
