//! Which repeatable migrations run: those whose text is new, once the schema is what the set says.

use dbmig_build::{MigrationSet, Repeatable};

use super::{Note, Plan, Repeatables, Step};
use crate::history::{History, RepeatableState, Repeated};

/// The state of every repeatable of the set, in the order of names.
pub fn repeatable_states<'a>(
    set: &'a MigrationSet,
    history: &History,
) -> Vec<(&'a Repeatable, RepeatableState)> {
    let state = |repeatable: &Repeatable| {
        Repeated::state_of(history.repeatables.get(&repeatable.name), &repeatable.digest)
    };
    set.repeatables().iter().map(|repeatable| (repeatable, state(repeatable))).collect()
}

/// Adds the repeatables that run after the steps of a plan.
///
/// They may use everything that the versioned ones create, so they wait until nothing is pending. A
/// database that has versions which this set does not know belongs to a newer release, whose texts fit
/// its schema better than ours; and a text that was replaced is not brought back by whoever starts last.
pub(super) fn add(plan: &mut Plan, set: &MigrationSet, history: &History, which: &Repeatables) {
    let reverts = plan.steps.iter().any(|step| matches!(step, Step::Revert(..)));
    let named =
        |name: &str| matches!(which, Repeatables::Named(names) if names.iter().any(|n| n == name));
    let mut due = Vec::new();
    for (repeatable, state) in repeatable_states(set, history) {
        let name = repeatable.name.clone();
        match state {
            _ if named(&name) => {
                plan.again.push(name.clone());
                due.push(name);
            }
            RepeatableState::Applied if !reverts => {}
            RepeatableState::Older if *which == Repeatables::All => {
                plan.again.push(name.clone());
                due.push(name);
            }
            RepeatableState::Older => plan.notes.push(Note::RepeatableOlder(name)),
            _ => due.push(name),
        }
    }
    let will_be = |migration: &dbmig_build::Migration| {
        let version = &migration.version;
        history.applied.contains_key(version) || plan.steps.contains(&Step::Apply(version.clone()))
    };
    let complete = set.iter().all(will_be);
    let newer = history.applied.keys().any(|version| set.get(version).is_none());
    match complete && (!newer || *which == Repeatables::All) {
        true => plan.repeatables = due,
        false => plan.notes.extend(due.into_iter().map(Note::RepeatableWaits)),
    }
}
