//! Ways back that work, broken mechanically: each must get another verdict.
//!
//! `statements.rs` and `words.rs` are the ways in which somebody could have written one wrong.

mod statements;
mod text;
mod words;

use std::borrow::Cow;
use std::fmt::Write as _;

use dbmig_build::check::{self, Options};
use dbmig_build::lock::Verdict;
use dbmig_build::{Dialect, Migration, MigrationSet, Version};
use dbmig_runtime::catalogue::Scope;
use dbmig_runtime::proof::{Shadow, prove};

use text::Text;

/// A way back that was broken.
#[derive(Debug)]
pub(crate) struct Mutant {
    /// What was done.
    pub(crate) what: String,
    /// What came of it.
    pub(crate) text: String,
}

/// Every mutant of a text.
pub(crate) fn mutants(down: &str, dialect: Dialect) -> Vec<Mutant> {
    let text = Text::new(down, dialect);
    let mut all = statements::mutants(down, dialect);
    all.extend(words::mutants(&text));
    all.extend(statements::items(&text));
    all
}

/// The set of a folder.
pub(crate) fn load(migrations: &std::path::Path, dialect: Dialect) -> MigrationSet {
    let raw = dbmig_build::load(migrations, "migrations");
    let options =
        Options { dialects: Some(vec![dialect]), lock_required: false, ..Options::default() };
    check::run(&raw, &options).set.expect("a set")
}

/// The verdict about one migration, with `down` as its way back; `None` when it is refused.
pub(crate) fn verdict(
    set: &MigrationSet,
    version: &Version,
    down: Option<&str>,
    shadow: &mut dyn Shadow,
) -> Option<Verdict> {
    let mut migrations: Vec<_> = set.iter().filter(|m| m.version <= *version).cloned().collect();
    if let (Some(last), Some(down)) = (migrations.last_mut(), down) {
        last.down = Some(Cow::Owned(down.to_owned()));
    }
    let set = MigrationSet::new(migrations, set.dialects().to_vec(), None).expect("a set");
    let wanted = |other: &Version| other == version;
    let proved = prove(&set, shadow, &Scope::all(), &wanted, &mut |_| ());
    let proved = proved.unwrap_or_else(|error| panic!("{version}: {error}"));
    let proved = proved.into_iter().next().expect("one that is wanted");
    proved.failure.is_none().then_some(proved.verdict)
}

/// Neighbours, mostly of one way back, are tried together: each costs its original as well.
const TOGETHER: usize = 6;

/// Mutants that no test can tell from the original: the migration, what was done to it, and the reason.
pub(crate) type Equivalent = (&'static str, &'static [&'static str], &'static str);

/// One of how many is tried, which of them, and what came of it.
pub(crate) struct Trial {
    every: usize,
    seed: usize,
    number: usize,
    equivalent: &'static [Equivalent],
    tried: usize,
    survivors: Vec<String>,
}

impl Trial {
    /// `DBMIG_TEST_ROUNDS=1` tries all of them, 10 every tenth; `DBMIG_TEST_SEED` says which.
    pub(crate) fn new(every: usize, equivalent: &'static [Equivalent]) -> Self {
        let number = |name: &str, without: usize| match std::env::var(name) {
            Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is a number")),
            Err(_) => without,
        };
        let every = number("DBMIG_TEST_ROUNDS", every).max(1);
        let seed = number("DBMIG_TEST_SEED", 0);
        println!("DBMIG_TEST_ROUNDS={every} DBMIG_TEST_SEED={seed}");
        Self { every, seed, number: 0, equivalent, tried: 0, survivors: vec![] }
    }

    /// The mutants of a migration whose turn it is.
    pub(crate) fn chosen(&mut self, migration: &Migration, dialect: Dialect) -> Vec<Mutant> {
        let mut all = mutants(migration.down.as_deref().unwrap_or_default(), dialect);
        all.retain(|_| {
            self.number += 1;
            (self.number / TOGETHER + self.seed) % self.every == 0
        });
        all
    }

    /// Tries them, where the original restores, rows and all: only that can be broken. `verdict` gives the
    /// one that another text gets.
    pub(crate) fn run(
        &mut self,
        about: &str,
        chosen: &[Mutant],
        verdict: &mut dyn FnMut(Option<&str>) -> Option<Verdict>,
    ) {
        if chosen.is_empty() {
            return;
        }
        let original = match verdict(None) {
            Some(found @ (Verdict::Lossless | Verdict::LosslessReordered)) => found,
            _ => return,
        };
        for mutant in chosen {
            let key = format!("{about} {}", mutant.what);
            // No other order can be told from one that is another already.
            let by_order = mutant.what.starts_with(statements::EXCHANGED)
                && original == Verdict::LosslessReordered;
            let is_same =
                |(of, what, _): &Equivalent| *of == about && what.contains(&&*mutant.what);
            if by_order || self.equivalent.iter().any(is_same) {
                continue;
            }
            self.tried += 1;
            if self.tried % 50 == 0 {
                println!("{} tried, {} survived", self.tried, self.survivors.len());
            }
            if verdict(Some(&mutant.text)).as_ref() == Some(&original) {
                println!("survived: {key}");
                self.survivors.push(key);
            }
        }
    }

    /// At least so many were tried, and 97 of 100 were found.
    pub(crate) fn end(self, least: usize) {
        let (tried, alive) = (self.tried, self.survivors.len());
        let mut names = String::new();
        for name in &self.survivors {
            writeln!(names, "{name}").unwrap();
        }
        println!("{tried} mutants of {}, {alive} survived\n{names}", self.number);
        assert!(tried >= least, "{tried}");
        assert!(alive * 100 <= tried * 3, "{alive} of {tried} survived:\n{names}");
    }
}
