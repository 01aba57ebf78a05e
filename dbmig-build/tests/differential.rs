//! The lexer against three others: where do they see a `;` that ends something?
//!
//! Texts are put together from fragments that are hard for lexers, by a fixed sequence of pseudo-random
//! numbers. `DBMIG_TEST_ROUNDS` makes it longer: 10,000 texts a dialect without it.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

mod oracles;

use dbmig_build::Dialect;

/// Fragments that mean the same to every lexer of the dialect, one beside the other with white space.
const COMMON: &[&str] = &[
    "select 1",
    ";",
    "'a;b'",
    "'it''s;'",
    "\"na;me\"",
    "-- c ; d\n",
    "/* e ; f */",
    "x",
    "1.5",
    "(",
    ")",
    "a.b",
    "create table t (a int)",
    "end",
    "begin",
    "'é;'",
    "\n",
    ",",
    "= 3",
    "''",
    "--\n",
    "/**/",
];

const POSTGRES: &[&str] = &[
    "$$a;b$$",
    "$tag$ x; $$ y; $tag$",
    "E'a\\';b'",
    "/* a /* b; */ c; */",
    "a$b$c",
    "$1",
    "::int",
    "U&'d;'",
    "x'00'",
    "'a'\n'b;'",
    "->>",
    "@>",
    "jsonb #> '{a}'",
];

const MYSQL: &[&str] = &["`a;b`", "'a\\';b'", "# c ; d\n", "\"it\\\";\"", "-- \n", "x'00'"];

const SQLITE: &[&str] = &["`a;b`", "[a]", "x'00'", ":name", "?1"];

/// What only SQLite's own rules read right. Not Tcl's variables, `$a::b(c;d)`, which sqlite3-parser leaves out
/// and the engine itself is asked about (`tests/lexer`).
const SQLITE_ONLY: &[&str] = &[
    "`a;b`",
    "[a;'b]",
    "x'00'",
    ":name",
    "?1",
    "\"it\"\";\"",
    "`it``;`",
    "->>",
    "/* a /* b; */",
    "--1;\n",
    "1e-5",
    "0x1F",
    "||",
];

/// A linear congruential sequence: the same texts on every machine.
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn text(&mut self, own: &[&str]) -> String {
        let count = 1 + self.below(12);
        let mut text = String::new();
        for _ in 0..count {
            let at = self.below(COMMON.len() + own.len());
            text.push_str(COMMON.get(at).copied().unwrap_or_else(|| own[at - COMMON.len()]));
            text.push(' ');
        }
        text
    }
}

fn rounds() -> usize {
    std::env::var("DBMIG_TEST_ROUNDS").map_or(10_000, |rounds| rounds.parse().unwrap())
}

#[test]
fn agrees_with_sqlparser() {
    for (dialect, own) in
        [(Dialect::Postgres, POSTGRES), (Dialect::Mysql, MYSQL), (Dialect::Sqlite, SQLITE)]
    {
        let mut sequence = Sequence(1);
        let (mut compared, mut total) = (0, 0);
        for _ in 0..rounds() {
            let text = sequence.text(own);
            total += 1;
            let (Some(ours), Some(theirs)) =
                (oracles::ours(&text, dialect), oracles::sqlparser(&text, dialect))
            else {
                continue;
            };
            compared += 1;
            assert_eq!(ours.len(), theirs, "{dialect}: {text:?}");
        }
        println!("{dialect}: {compared} of {total} texts compared");
        assert!(compared * 2 > total, "{dialect}: too few texts were compared");
    }
}

#[test]
fn agrees_with_squawk() {
    let mut sequence = Sequence(2);
    let (mut compared, mut total) = (0, 0);
    for _ in 0..rounds() {
        let text = sequence.text(POSTGRES);
        total += 1;
        let Some(ours) = oracles::ours(&text, Dialect::Postgres) else { continue };
        let theirs = oracles::squawk(&text);
        compared += 1;
        assert_eq!(ours, theirs, "{text:?}");
    }
    println!("{compared} of {total} texts compared");
    assert!(compared * 2 > total, "too few texts were compared");
}

#[test]
fn agrees_with_sqlite3_parser() {
    let mut sequence = Sequence(3);
    let (mut compared, mut total) = (0, 0);
    for _ in 0..rounds() {
        let text = sequence.text(SQLITE_ONLY);
        total += 1;
        let (Some(ours), Some((semicolons, places))) =
            (oracles::ours(&text, Dialect::Sqlite), oracles::sqlite3_parser(&text))
        else {
            continue;
        };
        compared += 1;
        assert_eq!(ours, semicolons, "{text:?}");
        for place in oracles::solid(&text) {
            assert!(places.contains(&place), "{place:?} of {text:?}: {places:?}");
        }
    }
    println!("{compared} of {total} texts compared");
    assert!(compared * 2 > total, "too few texts were compared");
}
