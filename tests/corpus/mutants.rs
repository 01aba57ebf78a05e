//! Ways back of real projects that work, broken mechanically: each must get another verdict.
//!
//! Every tenth mutant is tried; `DBMIG_TEST_ROUNDS=1` tries all of them.

use std::borrow::Cow;
use std::fmt::Write as _;

use dbmig_build::check::{self, Options};
use dbmig_build::lock::Verdict;
use dbmig_build::sql::{TokenKind, split, tokens};
use dbmig_build::{Dialect, MigrationSet, Version};
use dbmig_runtime::Session;
use dbmig_runtime::catalogue::Scope;
use dbmig_runtime::proof::{Shadow, prove};
use dbmig_runtime::session::{DbError, DbErrorKind, DbResult};
use diesel::{Connection as _, SqliteConnection};

use crate::sets;

const DIALECT: Dialect = Dialect::Sqlite;

/// Mutants that no test can tell from the original, with the reason.
const EQUIVALENT: [(&str, &str); 1] = [(
    "tari-contacts/2023-03-14-101758_create_messages statement 1 left out",
    "the index goes with its table, which is dropped behind it",
)];

struct InMemory;

impl Shadow for InMemory {
    fn fresh(&mut self) -> DbResult<Box<dyn Session>> {
        let conn = SqliteConnection::establish(":memory:")
            .map_err(|error| DbError::new(DbErrorKind::Other, error.to_string()))?;
        Ok(Box::new(conn))
    }
}

/// The verdict about one migration, with `down` as its way back; `None` when it is refused.
fn verdict(set: &MigrationSet, version: &Version, down: Option<&str>) -> Option<Verdict> {
    let mut migrations: Vec<_> = set.iter().filter(|m| m.version <= *version).cloned().collect();
    if let (Some(last), Some(down)) = (migrations.last_mut(), down) {
        last.down = Some(Cow::Owned(down.to_owned()));
    }
    let set = MigrationSet::new(migrations, vec![DIALECT], None).expect("different versions");
    let wanted = |other: &Version| other == version;
    let proved = prove(&set, &mut InMemory, &Scope::all(), &wanted, &mut |_| ())
        .expect("a set that applies");
    let proved = proved.into_iter().next().expect("one that is wanted");
    proved.failure.is_none().then_some(proved.verdict)
}

/// The ways in which somebody could have written it wrong: what was done, and the text.
fn mutants(down: &str) -> Vec<(String, String)> {
    let mut mutants = Vec::new();
    let statements = split(down, DIALECT).statements;
    for (at, statement) in statements.iter().enumerate() {
        // In the transaction of a migration it does nothing; the runner switches by it, there or not.
        if statement.sql.to_ascii_lowercase().starts_with("pragma foreign_keys") {
            continue;
        }
        let rest = down.replacen(statement.sql, "", 1);
        let rest = rest.replace("\n;", "\n").replacen(";;", ";", 1);
        mutants.push((format!("statement {} left out", at + 1), rest));
    }
    let all: Vec<_> = tokens(down, DIALECT).collect();
    let words: Vec<_> = (0..all.len()).filter(|at| !all[*at].is_trivia()).collect();
    let is = |at: usize, word: &str| {
        words.get(at).is_some_and(|at| all[*at].text.eq_ignore_ascii_case(word))
    };
    // Tokens from..to (of those that count) replaced.
    let with = |from: usize, to: usize, text: &str| -> String {
        let (first, last) = (words[from], words[to - 1]);
        let before: String = all[..first].iter().map(|token| token.text).collect();
        let after: String = all[last + 1..].iter().map(|token| token.text).collect();
        format!("{before}{text}{after}")
    };
    for at in 0..words.len() {
        let token = all[words[at]];
        let mut add = |what: &str, to: usize, text: &str| {
            mutants.push((format!("{what} at byte {}", token.offset), with(at, to, text)));
        };
        if is(at, "not") && is(at + 1, "null") {
            add("NOT NULL left out", at + 2, "");
        }
        if is(at, "unique") {
            add("UNIQUE left out", at + 1, "");
        }
        if is(at, "primary") && is(at + 1, "key") {
            add("PRIMARY KEY left out", at + 2, "");
        }
        if is(at, "default") && at + 1 < words.len() && !is(at + 1, "(") {
            add("DEFAULT left out", at + 2, "");
        }
        if is(at, "cascade") {
            add("CASCADE made RESTRICT", at + 1, "RESTRICT");
        }
        if is(at, "collate") {
            add("COLLATE left out", at + 2, "");
        }
        for (word, other) in [
            ("text", "BLOB"),
            ("integer", "TEXT"),
            ("bigint", "INTEGER"),
            ("boolean", "TEXT"),
            ("datetime", "DATE"),
            ("timestamp", "DATE"),
            ("blob", "TEXT"),
        ] {
            if is(at, word) {
                add("another type", at + 1, other);
            }
        }
        if is(at, "where") {
            let end = (at..words.len()).find(|end| is(*end, ";")).unwrap_or(words.len());
            add("WHERE left out", end, "");
        }
        match token.kind {
            TokenKind::Number => add("another number", at + 1, &format!("{}1", token.text)),
            TokenKind::String => add("another text", at + 1, "'mutant'"),
            _ => {}
        }
        // Two names of a list in the wrong order.
        let name = |at: usize| {
            words
                .get(at)
                .is_some_and(|at| matches!(all[*at].kind, TokenKind::Word | TokenKind::QuotedName))
        };
        if name(at) && is(at + 1, ",") && name(at + 2) {
            let (a, b) = (token.text, all[words[at + 2]].text);
            add("two names exchanged", at + 3, &format!("{b}, {a}"));
        }
    }
    mutants
}

#[test]
fn ways_back_that_are_broken_are_found() {
    let every: usize = match std::env::var("DBMIG_TEST_ROUNDS") {
        Ok(_) => 1,
        Err(_) => 10,
    };
    let (mut number, mut tried, mut survivors) = (0, 0, String::new());
    let mut alive = 0;
    for dir in sets("sqlite") {
        let name = dir.file_name().unwrap().to_string_lossy().into_owned();
        let raw = dbmig_build::load(&dir.join("migrations"), "migrations");
        let options =
            Options { dialects: Some(vec![DIALECT]), lock_required: false, ..Options::default() };
        let set = check::run(&raw, &options).set.expect("a set");
        for migration in &set {
            let Some(down) = migration.down.as_deref() else { continue };
            let mutants = mutants(down);
            let chosen: Vec<_> = mutants
                .into_iter()
                .filter(|_| {
                    number += 1;
                    number % every == 0
                })
                .collect();
            if chosen.is_empty() {
                continue;
            }
            // Only what restores, rows and all, can be broken.
            let original = verdict(&set, &migration.version, None);
            let restores =
                |v: &Verdict| matches!(v, Verdict::Lossless | Verdict::LosslessReordered);
            let Some(original) = original.filter(restores) else { continue };
            for (what, text) in chosen {
                let key = format!("{name}/{} {what}", migration.dir_name);
                if EQUIVALENT.iter().any(|(equivalent, _)| *equivalent == key) {
                    continue;
                }
                tried += 1;
                if verdict(&set, &migration.version, Some(&text)).as_ref() == Some(&original) {
                    alive += 1;
                    writeln!(survivors, "{key}").unwrap();
                }
            }
        }
    }
    println!("{tried} mutants, {alive} survived\n{survivors}");
    assert!(tried >= 40, "{tried}");
    assert!(alive * 100 <= tried * 3, "{alive} of {tried} survived:\n{survivors}");
}
