//! Runs plans against a database and reports. Shared by our verbs and Diesel's.

use std::path::Path;

use dbmig_build::{MigrationSet, Version};
use dbmig_runtime::history::{self, History};
use dbmig_runtime::plan::{self, OnMissing, Plan, Rules, Target};
use dbmig_runtime::{PlanError, Report, RunOptions, Session, runner};

use crate::context::{Context, Purpose};
use crate::database::{Access, Location};
use crate::error::CliResult;
use crate::failure::{self, Files};
use crate::render::{self, Live, Wording};
use crate::select::Catalog;

/// A set and a database, side by side.
pub struct Sides {
    /// The migrations.
    pub set: MigrationSet,
    /// What the database says.
    pub history: History,
    /// The connection; to an empty database in memory while there is none to connect to.
    pub session: Box<dyn Session>,
    /// How a run behaves towards others.
    pub options: RunOptions,
    /// The database is a file that is not there yet: created when there is something to run.
    absent: bool,
}

/// Loads the set, connects, and reads the history.
///
/// # Errors
///
/// The set is not in order, or the database can not be reached or read.
pub fn sides(context: &mut Context<'_>, purpose: Purpose, access: Access) -> CliResult<Sides> {
    let set = context.load_set(purpose)?;
    let dir = context.migrations_dir()?;
    let absent = context.is_absent(access)?;
    let mut session = if absent { Location::in_memory()? } else { context.connect(access)? };
    let mut history = read_history(&mut *session)?;
    let options = context.run_options()?;
    if purpose == Purpose::Apply && access == Access::Write {
        let mut live = Live::new(context.output, 0);
        let recovered = runner::recover(&mut *session, &set, &history, &options, &mut live);
        context.output.live_line("");
        let files = files(context, &dir, "cargo dbmig migrate");
        if let Some(recovered) = recovered.map_err(|error| failure::of_run(error, files))? {
            history = recovered;
        }
    }
    Ok(Sides { set, history, session, options, absent })
}

fn read_history(session: &mut dyn Session) -> CliResult<History> {
    history::read(session).map_err(|error| failure::of_database("read the history", error))
}

/// Plans an apply to an empty database, and writes nothing: what a database that is to be created would
/// get. Warnings are left to the run.
///
/// # Errors
///
/// The set is not in order, or can not be applied.
pub fn foresee(context: &mut Context<'_>) -> CliResult<()> {
    let set = context.load_set(Purpose::Foresee)?;
    let protected = context.environment()?.protected;
    let (history, dialect) = (History::default(), context.location()?.dialect());
    plan::plan_apply(&set, &history, dialect, &Target::All, rules(protected))
        .map(drop)
        .map_err(|error| failure::of_plan(&error))
}

fn rules(protected: bool) -> Rules {
    Rules {
        missing: if protected { OnMissing::RefuseOlder } else { OnMissing::Note },
        drafts: !protected,
        strict: false,
    }
}

impl Sides {
    /// Everything that a selector can mean.
    pub fn catalog(&self) -> Catalog {
        let mut catalog = Catalog::default();
        for migration in &self.set {
            catalog.add(&migration.version, &migration.dir_name);
        }
        for version in self.history.applied.keys() {
            catalog.add(version, render::name_of(&self.set, &self.history, version));
        }
        // What stopped half way and was renamed since must still be decided.
        for (version, record) in self.history.half_done() {
            catalog.add(version, &record.name);
        }
        catalog
    }

    /// There is a database to look into.
    pub fn has_database(&self) -> bool {
        !self.absent
    }

    /// How far an apply goes: what `--to` and `--step` mean.
    ///
    /// # Errors
    ///
    /// The selector fits none or several.
    pub fn apply_target(&self, to: Option<&str>, step: Option<usize>) -> CliResult<Target> {
        Ok(match (to, step) {
            (Some(text), _) => Target::To(self.find(text)?),
            (None, Some(count)) => Target::Steps(count),
            (None, None) => Target::All,
        })
    }

    /// Finds what a selector means.
    ///
    /// # Errors
    ///
    /// None or several fit.
    pub fn find(&self, text: &str) -> CliResult<Version> {
        self.catalog().find(text)
    }

    /// Plans an apply by the rules of an environment.
    ///
    /// # Errors
    ///
    /// Set and history disagree.
    pub fn plan_apply(&self, target: &Target, protected: bool) -> Result<Plan, PlanError> {
        let dialect = self.session.dialect();
        plan::plan_apply(&self.set, &self.history, dialect, target, rules(protected))
    }
}

fn files<'a>(context: &'a Context<'_>, dir: &'a Path, again: &'a str) -> Files<'a> {
    Files { dir, cwd: &context.cwd, again }
}

/// Executes a plan, showing what happens.
///
/// # Errors
///
/// The first thing that fails; what was done before is part of the message.
pub fn execute(
    context: &mut Context<'_>,
    sides: &mut Sides,
    plan: &Plan,
    wording: Wording,
    again: &str,
) -> CliResult<Report> {
    let dir = context.migrations_dir()?;
    if sides.absent && !plan.is_empty() {
        sides.session = context.connect(Access::Write)?;
        // Another runner may have been faster.
        sides.history = read_history(&mut *sides.session)?;
        sides.absent = false;
    }
    let mut live = match wording {
        Wording::Native => Live::new(context.output, plan.steps.len()),
        Wording::Diesel => Live::diesel(context.output, plan.steps.len()),
    };
    let Sides { set, history, session, options, .. } = sides;
    let result = runner::run(&mut **session, set, history, plan, options, &mut live);
    context.output.live_line("");
    let files = files(context, &dir, again);
    result.map_err(|error| failure::of_run(error, files))
}
