//! Statements in an order in which they run: by kind, and each behind what it needs.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::mentions::{Certainty, Thing};

/// What a step makes, in the order of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Schema,
    Extension,
    Collation,
    Server,
    Type,
    Sequence,
    Routine,
    Operator,
    Table,
    Late,
    PartitionIndex,
    Index,
    Owner,
    View,
    Rest,
    Trigger,
    ForeignKey,
    Policy,
    Rule,
    EventTrigger,
    Comment,
}

/// Statements that belong together.
pub(super) struct Step {
    pub(super) rank: Rank,
    pub(super) sql: Vec<String>,
    pub(super) makes: Option<Thing>,
    pub(super) needs: Vec<(Thing, Certainty)>,
}

impl Step {
    /// One that nothing else needs, and that needs nothing but what comes before it anyway.
    pub(super) fn last(rank: Rank, sql: Vec<String>) -> Self {
        Self { rank, sql, makes: None, needs: Vec::new() }
    }
}

/// The statements in their order.
pub(super) fn arranged(steps: Vec<Step>) -> Vec<String> {
    let order = order(&steps);
    let mut steps: Vec<_> = steps.into_iter().map(|step| step.sql).collect();
    order.into_iter().flat_map(|at| std::mem::take(&mut steps[at])).collect()
}

/// The places of the steps in the order in which they run. Where steps need each other, the mentions that
/// may be something else are not counted; where they still do, the kind decides.
pub(super) fn order(steps: &[Step]) -> Vec<usize> {
    let mut makers: HashMap<&Thing, Vec<usize>> = HashMap::new();
    for (at, step) in steps.iter().enumerate() {
        if let Some(thing) = &step.makes {
            makers.entry(thing).or_default().push(at);
        }
    }
    // What waits for each step, and how many each step waits for: all mentions, and the certain ones.
    let mut waiting: Vec<Vec<(usize, bool)>> = vec![Vec::new(); steps.len()];
    let mut open = vec![(0_usize, 0_usize); steps.len()];
    for (at, step) in steps.iter().enumerate() {
        let mut needs: HashMap<usize, bool> = HashMap::new();
        for (thing, certainty) in &step.needs {
            for maker in makers.get(thing).into_iter().flatten().filter(|maker| **maker != at) {
                *needs.entry(*maker).or_default() |= *certainty > Certainty::Named;
            }
        }
        for (maker, certain) in needs {
            waiting[maker].push((at, certain));
            open[at].0 += 1;
            open[at].1 += usize::from(certain);
        }
    }
    let key = |at: usize| Reverse((steps[at].rank, at));
    let mut ready: BinaryHeap<_> =
        (0..steps.len()).filter(|at| open[*at].0 == 0).map(key).collect();
    let mut done = vec![false; steps.len()];
    let mut makers_left = steps.iter().filter(|step| step.makes.is_some()).count();
    let mut order = Vec::with_capacity(steps.len());
    while order.len() < steps.len() {
        // What only uses things comes when all of them are there, those that need each other as well.
        let in_turn =
            ready.peek().is_some_and(|Reverse((rank, _))| makers_left == 0 || *rank <= Rank::View);
        let next = if in_turn {
            ready.pop().map(|Reverse((_, at))| at)
        } else {
            let left = || (0..steps.len()).filter(|at| !done[*at] && steps[*at].rank <= Rank::View);
            let first =
                |all: &mut dyn Iterator<Item = usize>| all.min_by_key(|at| (steps[*at].rank, *at));
            first(&mut left().filter(|at| open[*at].1 == 0)).or_else(|| first(&mut left()))
        };
        let Some(at) = next else { break };
        if std::mem::replace(&mut done[at], true) {
            continue;
        }
        order.push(at);
        makers_left -= usize::from(steps[at].makes.is_some());
        for (waiter, certain) in &waiting[at] {
            open[*waiter].0 -= 1;
            open[*waiter].1 -= usize::from(*certain);
            if open[*waiter].0 == 0 && !done[*waiter] {
                ready.push(key(*waiter));
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Name;
    use crate::catalogue::postgres::mentions::mentions;

    fn view(name: &str, query: &str) -> Step {
        Step {
            rank: Rank::View,
            sql: vec![name.to_owned()],
            makes: Some(Thing::Type(Name::new(name))),
            needs: mentions(query),
        }
    }

    #[test]
    fn views() {
        for (views, expected) in [
            (&[("a", "SELECT 1 FROM t"), ("b", "SELECT 1 FROM t")][..], "a b"),
            (&[("a", "SELECT 1 FROM b"), ("b", "SELECT 1 FROM c"), ("c", "SELECT 1")], "c b a"),
            // Each has a column that is called like the other one.
            (&[("a", "SELECT b.x AS b FROM b"), ("b", "SELECT t.y AS a FROM t")], "b a"),
            // Its own name.
            (&[("a", "SELECT a.x AS a FROM t a")], "a"),
            (&[("a", "SELECT 1 FROM b"), ("b", "SELECT 1 FROM a"), ("c", "SELECT 1")], "c a b"),
        ] {
            let trigger = Step::last(Rank::Trigger, vec!["trigger".to_owned()]);
            let views_and = views.iter().map(|(name, query)| view(name, query));
            let steps = std::iter::once(trigger).chain(views_and).collect();
            let expected = format!("{expected} trigger");
            assert_eq!(arranged(steps).join(" "), expected, "{views:?}");
        }
    }

    #[test]
    fn kinds() {
        let step = |rank, text: &str, makes: Option<Thing>, needs: &str| Step {
            rank,
            sql: vec![text.to_owned()],
            makes,
            needs: mentions(needs),
        };
        let table = Thing::Type(Name::new("t"));
        let function = Thing::Routine(Name::new("f"));
        let steps = vec![
            step(Rank::Index, "index", None, "f(t)"),
            step(Rank::Table, "table", Some(table), "integer"),
            // Takes a row of the table.
            step(Rank::Routine, "function", Some(function), "FUNCTION f(x t)"),
            step(Rank::Schema, "schema", None, ""),
        ];
        assert_eq!(arranged(steps), ["schema", "table", "function", "index"]);
    }
}
