//! A range of the set, without a database: which migrations, and what is expected before them.

use dbmig_build::{Dialect, MigrationSet, Version};

use crate::event::Direction;
use crate::history::{Applied, History, Tables};
use crate::plan::{Plan, PlanError, Rules, Target, plan_apply, plan_revert};

/// A range of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// What stands before it, and is not part of it; `None` is nothing.
    pub after: Option<Version>,
    /// Its newest; `None` is the newest of the set.
    pub through: Option<Version>,
    /// Applied oldest first, or reverted newest first.
    pub direction: Direction,
}

impl Range {
    /// Plans it with the planner of a run: for a database that has everything up to where it begins, and
    /// nothing else.
    pub(super) fn plan(
        &self,
        set: &MigrationSet,
        dialect: Dialect,
        rules: &Rules,
    ) -> Result<(History, Plan), PlanError> {
        let Self { after, through, direction } = self;
        for end in [after, through].into_iter().flatten() {
            if set.get(end).is_none() {
                return Err(PlanError::UnknownTarget(end.clone()));
            }
        }
        if let (Some(after), Some(through)) = (after, through) {
            if through < after {
                let (after, through) = (after.clone(), through.clone());
                return Err(PlanError::ReversedRange { after, through });
            }
        }
        let (newest, target) = match direction {
            Direction::Up => (after.as_ref(), through.clone().map_or(Target::All, Target::To)),
            Direction::Down => {
                let newest = through.as_ref().or_else(|| Some(&set.last()?.version));
                (newest, after.clone().map_or(Target::All, Target::To))
            }
        };
        let history = history_up_to(set, newest, dialect);
        let plan = match direction {
            Direction::Up => plan_apply(set, &history, dialect, &target, rules)?,
            Direction::Down => plan_revert(set, &history, dialect, &target)?,
        };
        Ok((history, plan))
    }
}

fn history_up_to(set: &MigrationSet, newest: Option<&Version>, dialect: Dialect) -> History {
    let applied = set.iter().map(|migration| &migration.version);
    let applied = applied.take_while(|version| newest.is_some_and(|newest| *version <= newest));
    History {
        applied: applied
            .map(|version| (version.clone(), Applied { run_on: String::new(), record: None }))
            .collect(),
        // On a server the session says where they are.
        tables: match dialect {
            Dialect::Sqlite => Tables::in_schema(dialect, "main"),
            Dialect::Postgres | Dialect::Mysql => Tables::default(),
        },
        ..History::default()
    }
}
