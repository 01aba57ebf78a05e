//! What two lists have in common, and what only one of them has.

use std::collections::HashMap;

use crate::catalogue::{Facts, Object};

/// Two lists of things of one kind, side by side.
pub(in crate::catalogue) struct Pairs<'a, T> {
    /// Both have it, and it is the same.
    pub(in crate::catalogue) same: Vec<(&'a T, &'a T)>,
    /// Both have it, and it differs.
    pub(in crate::catalogue) altered: Vec<(&'a T, &'a T)>,
    /// Only the first has it.
    pub(in crate::catalogue) removed: Vec<&'a T>,
    /// Only the second has it.
    pub(in crate::catalogue) added: Vec<&'a T>,
}

/// Pairs the things of two lists, by what they are and what is true of them.
pub(in crate::catalogue) fn pairs<'a, T>(
    before: impl IntoIterator<Item = &'a T>,
    after: impl IntoIterator<Item = &'a T>,
    told: impl Fn(&T) -> (Object, Facts),
) -> Pairs<'a, T> {
    // What has no name of its own may stand there several times: equal ones first.
    let mut left: HashMap<Object, Vec<(Facts, &'a T)>> = HashMap::new();
    for one in before {
        let (object, facts) = told(one);
        left.entry(object).or_default().push((facts, one));
    }
    let mut pairs = Pairs { same: vec![], altered: vec![], removed: vec![], added: vec![] };
    let mut rest = Vec::new();
    for one in after {
        let (object, facts) = told(one);
        let here = left.entry(object.clone()).or_default();
        match here.iter().position(|(known, _)| *known == facts) {
            Some(at) => pairs.same.push((here.remove(at).1, one)),
            None => rest.push((object, one)),
        }
    }
    for (object, one) in rest {
        match left.get_mut(&object).filter(|here| !here.is_empty()) {
            Some(here) => pairs.altered.push((here.remove(0).1, one)),
            None => pairs.added.push(one),
        }
    }
    let mut gone: Vec<_> = left.into_iter().collect();
    gone.sort_by(|a, b| a.0.cmp(&b.0));
    pairs.removed = gone.into_iter().flat_map(|(_, ones)| ones).map(|(_, one)| one).collect();
    pairs
}
