//! The order in which views and triggers can be made.

use std::collections::BTreeSet;

use dbmig_build::Dialect;

use super::super::super::{Catalogue, Trigger, View};
use crate::sql;

/// Views, each after those that its text names.
pub(in crate::catalogue::mysql) fn views(catalogue: &Catalogue) -> Vec<&View> {
    let all = &catalogue.views;
    let names: Vec<_> =
        all.iter().map(|view| sql::quoted(Dialect::Mysql, &view.name.name)).collect();
    let needs = |at: usize| -> Vec<usize> {
        let named = |other: &usize| *other != at && all[at].definition.contains(&names[*other]);
        (0..all.len()).filter(named).collect()
    };
    sorted(all.len(), needs).into_iter().map(|at| &all[at]).collect()
}

/// Triggers, each after the one that it follows.
pub(in crate::catalogue::mysql) fn triggers(catalogue: &Catalogue) -> Vec<&Trigger> {
    let all = &catalogue.triggers;
    let needs = |at: usize| -> Vec<usize> {
        let follows = |other: &usize| {
            let name = sql::quoted(Dialect::Mysql, &all[*other].name);
            all[*other].table == all[at].table
                && all[at].definition.contains(&format!(" FOR EACH ROW FOLLOWS {name} "))
        };
        (0..all.len()).filter(follows).collect()
    };
    sorted(all.len(), needs).into_iter().map(|at| &all[at]).collect()
}

/// Each after what it needs, in their own order otherwise; a circle is cut where it is entered.
fn sorted(count: usize, needs: impl Fn(usize) -> Vec<usize>) -> Vec<usize> {
    let mut out = Vec::with_capacity(count);
    let mut seen = BTreeSet::new();
    for first in 0..count {
        // What is still to be done: an item, and then whether its needs are.
        let mut stack = vec![(first, false)];
        while let Some((at, ready)) = stack.pop() {
            if ready {
                out.push(at);
            } else if seen.insert(at) {
                stack.push((at, true));
                stack.extend(needs(at).into_iter().rev().map(|need| (need, false)));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_come_first() {
        let cases: [(&[&[usize]], &[usize]); 4] = [
            (&[&[], &[], &[]], &[0, 1, 2]),
            (&[&[2], &[], &[1]], &[1, 2, 0]),
            (&[&[1, 2], &[2], &[]], &[2, 1, 0]),
            (&[&[1], &[0]], &[1, 0]),
        ];
        for (needs, expected) in cases {
            assert_eq!(sorted(needs.len(), |at| needs[at].to_vec()), expected, "{needs:?}");
        }
    }
}
