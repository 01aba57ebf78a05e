//! How far an apply or a revert goes: the flags, and what they mean.

use clap::Args;
use dbmig_runtime::plan::Target;

use crate::error::CliResult;
use crate::operations::running::Sides;
use crate::shell;

/// How far an apply goes.
#[derive(Debug, Clone, Default, Args)]
pub struct ApplyExtent {
    /// Stop after this migration
    #[arg(long, value_name = "MIGRATION", conflicts_with_all = ["before", "step", "only", "all"])]
    to: Option<String>,
    /// Stop before this migration, which stays pending
    #[arg(long, value_name = "MIGRATION", conflicts_with_all = ["step", "only", "all"])]
    before: Option<String>,
    /// Apply at most N migrations
    #[arg(long, value_name = "N", conflicts_with_all = ["only", "all"])]
    step: Option<usize>,
    /// Apply this migration alone, whatever else is pending
    #[arg(long, value_name = "MIGRATION", conflicts_with = "all")]
    only: Option<String>,
    /// Apply everything; this is the default
    #[arg(long)]
    all: bool,
}

impl ApplyExtent {
    /// The target that is meant.
    ///
    /// # Errors
    ///
    /// A selector fits none or several.
    pub fn target(&self, sides: &Sides) -> CliResult<Target> {
        Ok(match (&self.to, &self.before, &self.only, self.step) {
            (Some(text), ..) => Target::To(sides.find(text)?),
            (_, Some(text), ..) => Target::Before(sides.find(text)?),
            (_, _, Some(text), _) => Target::Only(sides.find(text)?),
            (.., Some(count)) => Target::Steps(count),
            _ => Target::All,
        })
    }
}

/// How far a revert goes.
#[derive(Debug, Clone, Default, Args)]
pub struct Extent {
    /// Down to this migration, which stays applied
    #[arg(long, value_name = "MIGRATION")]
    #[arg(conflicts_with_all = ["through", "step", "only", "batch", "all"])]
    to: Option<String>,
    /// Down to this migration, which is reverted too
    #[arg(long, value_name = "MIGRATION", conflicts_with_all = ["step", "only", "batch", "all"])]
    through: Option<String>,
    /// The last N migrations [default: 1]
    #[arg(long, short = 'n', value_name = "N", conflicts_with_all = ["only", "batch", "all"])]
    step: Option<usize>,
    /// This migration alone; those that were applied after it stay
    #[arg(long, value_name = "MIGRATION", conflicts_with_all = ["batch", "all"])]
    only: Option<String>,
    /// What the last run applied
    #[arg(long, conflicts_with = "all")]
    batch: bool,
    /// Everything
    #[arg(long, short = 'a')]
    all: bool,
}

impl Extent {
    /// The target that is meant.
    ///
    /// # Errors
    ///
    /// A selector fits none or several.
    pub fn target(&self, sides: &Sides) -> CliResult<Target> {
        Ok(match (&self.to, &self.through, &self.only, self.step) {
            (Some(text), ..) => Target::To(sides.find(text)?),
            (_, Some(text), ..) => Target::Through(sides.find(text)?),
            (_, _, Some(text), _) => Target::Only(sides.find(text)?),
            (.., Some(count)) => Target::Steps(count),
            _ if self.batch => Target::Batch,
            _ if self.all => Target::All,
            _ => Target::Steps(1),
        })
    }

    /// The flags as they were typed, behind a command.
    pub(crate) fn typed(&self) -> String {
        match (&self.to, &self.through, &self.only, self.step) {
            (Some(text), ..) => format!(" --to {}", shell::quoted(text)),
            (_, Some(text), ..) => format!(" --through {}", shell::quoted(text)),
            (_, _, Some(text), _) => format!(" --only {}", shell::quoted(text)),
            (.., Some(count)) => format!(" --step {count}"),
            _ if self.batch => " --batch".to_owned(),
            _ if self.all => " --all".to_owned(),
            _ => String::new(),
        }
    }
}
