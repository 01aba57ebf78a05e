//! The lexer against two others: where do they see a `;` that ends something?
//!
//! Texts are put together from fragments that are hard for lexers, by a fixed sequence of pseudo-random
//! numbers. `DBMIG_TEST_ROUNDS` makes it longer: 10,000 texts a dialect without it.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

use dbmig_build::Dialect;
use dbmig_build::sql::{self, TokenKind};
use sqlparser::dialect::{MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::tokenizer::{Token, Tokenizer};

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

/// Offsets of the `;` that our lexer sees; `None` where it is not sure.
fn ours(text: &str, dialect: Dialect) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    for token in sql::tokens(text, dialect) {
        if token.problem.is_some() {
            return None;
        }
        if token.kind == TokenKind::Terminator {
            found.push(token.offset);
        }
    }
    Some(found)
}

fn semicolons_of_sqlparser(text: &str, dialect: Dialect) -> Option<usize> {
    let tokens = match dialect {
        Dialect::Postgres => Tokenizer::new(&PostgreSqlDialect {}, text).tokenize(),
        Dialect::Mysql => Tokenizer::new(&MySqlDialect {}, text).tokenize(),
        Dialect::Sqlite => Tokenizer::new(&SQLiteDialect {}, text).tokenize(),
    };
    Some(tokens.ok()?.iter().filter(|token| **token == Token::SemiColon).count())
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
                (ours(&text, dialect), semicolons_of_sqlparser(&text, dialect))
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
        let Some(ours) = ours(&text, Dialect::Postgres) else { continue };
        let (mut offset, mut theirs) = (0, Vec::new());
        for token in squawk_lexer::tokenize(&text) {
            if token.kind == squawk_lexer::TokenKind::Semi {
                theirs.push(offset);
            }
            offset += usize::try_from(token.len).unwrap();
        }
        compared += 1;
        assert_eq!(ours, theirs, "{text:?}");
    }
    println!("{compared} of {total} texts compared");
    assert!(compared * 2 > total, "too few texts were compared");
}
