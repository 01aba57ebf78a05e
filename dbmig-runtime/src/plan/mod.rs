//! Plans: pure functions of set, history, and target. Execution follows the plan, and a dry run stops
//! after it, so the two can not disagree.

mod apply;
mod backfills;
mod decision;
mod error;
mod repeatables;
mod resume;
mod revert;
#[cfg(test)]
mod tests;
mod way_back;

use dbmig_build::Version;

pub use apply::plan_apply;
pub use decision::{Decision, check_decision, plan_baseline};
pub use error::{Lacking, PlanError};
pub use repeatables::repeatable_states;
pub use revert::{plan_redo, plan_revert, plan_revert_missing};
pub use way_back::{Known, Unproved, WayBack, ways_back};

/// How far to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Everything.
    All,
    /// At most so many migrations.
    Steps(usize),
    /// Apply: up to and with this one. Revert: down to this one, which stays applied.
    To(Version),
    /// Apply only: up to this one, which stays pending.
    Before(Version),
    /// Revert only: down to and with this one.
    Through(Version),
    /// This one alone, whatever is pending or applied beside it.
    Only(Version),
    /// Revert only: what the last run applied.
    Batch,
}

/// What to do when the database has a version that the set does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnMissing {
    /// Note it.
    Note,
    /// Note a newer one (the application was rolled back), refuse an older one.
    RefuseOlder,
    /// Refuse all.
    Refuse,
}

/// Which repeatable migrations an apply runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repeatables {
    /// Those with a text that the database has never had, and only where it has no version that the set
    /// does not know: old and new releases may start beside each other.
    New,
    /// Every one whose text is not the one that ran last: nobody else works on the database.
    All,
    /// As `New`, and these whatever is known of them.
    Named(Vec<String>),
}

/// What an apply does about backfills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backfills {
    /// Runs them, before what comes after them.
    #[default]
    Run,
    /// Runs those whose table fits into one window, and leaves the others to a run of their own.
    Defer,
}

/// What an apply accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Versions without a directory.
    pub missing: OnMissing,
    /// Whether drafts may be applied.
    pub drafts: bool,
    /// Whether deviations stop a run that has nothing to apply.
    pub strict: bool,
    /// Which repeatables run.
    pub repeatables: Repeatables,
    /// The newest version that may be applied here.
    pub newest: Option<Version>,
    /// Whether backfills run with it.
    pub backfills: Backfills,
}

impl Default for Rules {
    /// What an application at its start wants: with something pending, every deviation stops the run.
    fn default() -> Self {
        Self {
            missing: OnMissing::Refuse,
            drafts: true,
            strict: false,
            repeatables: Repeatables::New,
            newest: None,
            backfills: Backfills::Run,
        }
    }
}

/// Where the statements of a revert come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DownSource {
    /// `down.sql` as it is now.
    File,
    /// What was recorded when the migration was applied.
    Recorded,
}

/// One unit of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Apply a migration of the set.
    Apply(Version),
    /// Revert an applied version.
    Revert(Version, DownSource),
}

impl Step {
    /// The version it is about.
    pub fn version(&self) -> &Version {
        match self {
            Self::Apply(version) | Self::Revert(version, _) => version,
        }
    }
}

/// Something about the plan that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Applied, no directory.
    Missing(Version),
    /// Applied, edited since.
    Modified {
        /// The version.
        version: Version,
        /// It is a draft: `redo` is the way.
        draft: bool,
    },
    /// Will be applied although it sorts before one that is.
    Late(Version),
    /// `down.sql` is not the one that was applied.
    DownDiffers(Version),
    /// The recorded down is used.
    DownRecorded(Version),
    /// The text of a repeatable was replaced by a later one, and is not run.
    RepeatableOlder(String),
    /// A repeatable is to run, once everything of the set is applied and the database knows nothing newer.
    RepeatableWaits(String),
    /// So many are pending beyond the newest version that may be applied here.
    Beyond(Version, usize),
    /// These stay applied, though they came after what is reverted.
    StaysApplied(Vec<Version>),
}

/// What a run is going to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Plan {
    /// In order.
    pub steps: Vec<Step>,
    /// The repeatables that run afterwards, by file name, in order.
    pub repeatables: Vec<String>,
    /// Those of them that run whatever the database knows.
    pub again: Vec<String>,
    /// The backfills that run: of what is applied already before the steps, of others behind their own.
    pub backfills: Vec<Version>,
    /// What is done about large ones.
    pub large: Backfills,
    /// Worth knowing.
    pub notes: Vec<Note>,
}

impl Plan {
    /// There is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.repeatables.is_empty() && self.backfills.is_empty()
    }
}
