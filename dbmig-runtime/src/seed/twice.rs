//! Keys that stand twice in a file whose rows are not held.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use dbmig_build::{Findings, Severity};

use super::coming::hash;
use super::opened::{MOST, Opened};
use super::ready::{Ready, stands_twice};

/// So many keys are remembered at once, a few bytes each. A file with more of them is read several times.
const AT_ONCE: usize = 1 << 20;

/// Looks for them, in a file of so many rows whose cells are in order.
pub(super) fn look(opened: &Opened<'_>, rows: usize, findings: &mut Findings) {
    for set in &opened.shape().uniques {
        let parts = (rows / AT_ONCE + 1) as u64;
        let mut suspects = HashSet::new();
        for part in 0..parts {
            let mut seen = HashSet::new();
            each(opened, |row| {
                if let Some(hash) = row.tuple(set).map(|tuple| hash(&tuple)) {
                    if hash % parts == part && !seen.insert(hash) {
                        suspects.insert(hash);
                    }
                }
                suspects.len() < MOST
            });
        }
        if suspects.is_empty() {
            continue;
        }
        // Two keys can have one hash.
        let mut first: HashMap<Vec<String>, usize> = HashMap::new();
        each(opened, |row| {
            let Some(tuple) = row.tuple(set).filter(|tuple| suspects.contains(&hash(tuple))) else {
                return true;
            };
            let tuple: Vec<String> = tuple.into_iter().map(str::to_owned).collect();
            match first.get(&tuple) {
                Some(&line) => {
                    findings.push(stands_twice(opened.shape(), set, row, line, opened.paths()));
                }
                None => drop(first.insert(tuple, row.place.0)),
            }
            findings.count(Severity::Error) < MOST
        });
    }
}

/// Until `with` has enough.
fn each(opened: &Opened<'_>, mut with: impl FnMut(&Ready) -> bool) {
    // That the file can be read was seen before.
    let mut known = Findings::default();
    let _ = opened.source().each(&mut |row, _| match Ready::of(
        opened.shape(),
        &row,
        opened.paths(),
        &mut known,
    ) {
        Some(row) if !with(&row) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
}
