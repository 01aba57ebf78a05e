//! Set and history side by side: the state of every migration. Pure.

use dbmig_build::{Dialect, Migration, MigrationSet, Version};

use super::{Action, Applied, Ended, History, Record};

/// The state of a migration in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It will be applied by the next run.
    Pending,
    /// It is applied.
    Applied,
    /// It is applied, and was edited since.
    Modified,
    /// It is applied, and there is no directory for it.
    Missing,
    /// It stopped half way, outside a transaction.
    HalfDone,
    /// Its last attempt failed and left nothing behind: pending.
    Failed,
    /// It was applied and reverted: pending.
    Reverted,
    /// Its precondition did not hold when it was its turn: pending, and asked again.
    Skipped,
}

impl State {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Applied => "applied",
            Self::Modified => "modified",
            Self::Missing => "missing",
            Self::HalfDone => "half-done",
            Self::Failed => "failed",
            Self::Reverted => "reverted",
            Self::Skipped => "skipped",
        }
    }

    /// The next run will apply it.
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Pending | Self::Failed | Self::Reverted | Self::Skipped)
    }
}

/// One line of a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRow {
    /// The version.
    pub version: Version,
    /// The directory name, or what the history remembers of it, or the version.
    pub name: String,
    /// Its state.
    pub state: State,
    /// When it was applied, by the server's clock.
    pub run_on: Option<String>,
    /// Not locked yet.
    pub draft: bool,
    /// Pending, and sorts before one that is applied.
    pub late: bool,
    /// Applied by another tool.
    pub adopted: bool,
    /// Applied, and reformatted since: the statements are the same.
    pub reformatted: bool,
    /// Why it was skipped, or recorded as applied without being run.
    pub reason: Option<String>,
}

/// The state of every migration that set or history knows, in version order.
pub fn status(set: &MigrationSet, history: &History, dialect: Dialect) -> Vec<StatusRow> {
    let newest = history.newest();
    let mut rows: Vec<_> = set
        .iter()
        .map(|migration| {
            let applied = history.applied.get(&migration.version);
            let (state, reformatted) = state_of(migration, applied, history, dialect);
            StatusRow {
                version: migration.version.clone(),
                name: migration.dir_name.clone().into_owned(),
                state,
                run_on: applied.map(|applied| applied.run_on.clone()),
                draft: migration.is_draft(),
                late: state.is_pending()
                    && newest.is_some_and(|newest| migration.version < *newest),
                adopted: applied.is_some_and(is_adopted),
                reformatted,
                reason: reason(state, applied, history.records.get(&migration.version)),
            }
        })
        .collect();
    for (version, applied) in
        history.applied.iter().filter(|(version, _)| set.get(version).is_none())
    {
        rows.push(StatusRow {
            version: version.clone(),
            name: history
                .records
                .get(version)
                .map_or_else(|| version.to_string(), |r| r.name.clone()),
            state: State::Missing,
            run_on: Some(applied.run_on.clone()),
            draft: false,
            late: false,
            adopted: is_adopted(applied),
            reformatted: false,
            reason: None,
        });
    }
    let forgotten =
        |version: &Version| set.get(version).is_none() && !history.applied.contains_key(version);
    for (version, record) in history.half_done().filter(|(version, _)| forgotten(version)) {
        rows.push(StatusRow {
            version: version.clone(),
            name: record.name.clone(),
            state: State::HalfDone,
            run_on: None,
            draft: false,
            late: false,
            adopted: false,
            reformatted: false,
            reason: None,
        });
    }
    rows.sort_by(|a, b| a.version.cmp(&b.version));
    rows
}

/// What its newest record says about a skip, or the record of the apply about not being run.
fn reason(state: State, applied: Option<&Applied>, newest: Option<&Record>) -> Option<String> {
    let record = match state {
        State::Skipped => newest,
        _ => applied.and_then(|applied| applied.record.as_ref()),
    };
    record.filter(|record| record.action != Action::Apply)?.reason.clone()
}

fn is_adopted(applied: &Applied) -> bool {
    applied.record.as_ref().is_none_or(|record| record.action == Action::Adopt)
}

fn state_of(
    migration: &Migration,
    applied: Option<&Applied>,
    history: &History,
    dialect: Dialect,
) -> (State, bool) {
    let newest = history.records.get(&migration.version);
    if newest.is_some_and(Record::is_half_done) {
        return (State::HalfDone, false);
    }
    if let Some(applied) = applied {
        return match compare(migration, applied, dialect) {
            Comparison::Same => (State::Applied, false),
            Comparison::Reformatted => (State::Applied, true),
            Comparison::Modified => (State::Modified, false),
        };
    }
    let state = match newest {
        Some(record) if record.ended == Ended::Failed => State::Failed,
        Some(record) if record.action == Action::Revert => State::Reverted,
        Some(record) if record.action == Action::Skip => State::Skipped,
        _ => State::Pending,
    };
    (state, false)
}

/// A migration against what was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Same,
    Reformatted,
    Modified,
}

/// Compares `up.sql` with what was applied. What another tool applied has no digest: nothing to compare.
pub(crate) fn compare(migration: &Migration, applied: &Applied, dialect: Dialect) -> Comparison {
    let Some(record) = &applied.record else { return Comparison::Same };
    let Some(digest) = &record.up_digest else { return Comparison::Same };
    if *digest == migration.digests.up {
        return Comparison::Same;
    }
    let tokens = dbmig_build::sql::token_digest(&migration.up, dialect);
    if tokens.is_some() && tokens == record.up_tokens {
        return Comparison::Reformatted;
    }
    Comparison::Modified
}
