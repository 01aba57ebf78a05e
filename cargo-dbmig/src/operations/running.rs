//! Runs plans against a database and reports. Shared by our verbs and Diesel's.

use std::path::Path;

use dbmig_build::{MigrationSet, Version};
use dbmig_runtime::history::{self, History};
use dbmig_runtime::plan::{self, Backfills, OnMissing, Plan, Repeatables, Rules, Target};
use dbmig_runtime::{PlanError, Report, RunOptions, Session, runner};

use crate::config::Kind;
use crate::context::{Context, Purpose};
use crate::database::{Access, Location};
use crate::error::{CliError, CliResult};
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
    /// What an apply accepts here.
    rules: Rules,
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
    let absent = context.is_absent(access)?;
    let mut session = if absent { Location::in_memory()? } else { context.connect(access)? };
    let history = read_history(&mut *session)?;
    let options = context.run_options()?;
    // Whoever stamped it knows more of the database than its environment does.
    let rules = rules(context, history.stamp.is_some())?;
    let mut sides = Sides { set, history, session, options, rules, absent };
    if purpose == Purpose::Apply && access == Access::Write {
        recover(context, &mut sides, "cargo dbmig migrate")?;
    }
    Ok(sides)
}

/// Looks at what stopped half way, so that what can go on does.
///
/// # Errors
///
/// What the database reports, and another runner that does not end in time.
pub fn recover(context: &mut Context<'_>, sides: &mut Sides, again: &str) -> CliResult<()> {
    let dir = context.migrations_dir()?;
    let mut live = Live::new(context.output, 0);
    let Sides { set, history, session, options, .. } = sides;
    let recovered = runner::recover(&mut **session, set, history, options, &mut live);
    drop(live);
    let files = files(context, &dir, again);
    if let Some(recovered) = recovered.map_err(|error| failure::of_run(error, files))? {
        sides.history = recovered;
    }
    Ok(())
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
    let rules = rules(context, false)?;
    let (history, dialect) = (History::default(), context.location()?.dialect());
    plan::plan_apply(&set, &history, dialect, &Target::All, &rules)
        .map(drop)
        .map_err(|error| failure::of_plan(&error))
}

/// What an apply accepts in the environment, or in a database that is stamped.
///
/// # Errors
///
/// There is no such environment.
pub fn rules(context: &Context<'_>, stamped: bool) -> CliResult<Rules> {
    let environment = context.environment()?;
    let protected = environment.protected || stamped;
    // Where releases start beside each other, a text that was replaced stays replaced.
    let alone = matches!(environment.kind, Kind::Development | Kind::Test) && !protected;
    let newest = environment.section.target_version.as_deref();
    let by_itself = if protected { Backfills::Defer } else { Backfills::Run };
    Ok(Rules {
        missing: if protected { OnMissing::RefuseOlder } else { OnMissing::Note },
        drafts: !protected,
        strict: false,
        repeatables: if alone { Repeatables::All } else { Repeatables::New },
        newest: newest.map(Version::of_directory),
        backfills: context.project.config.policy.backfills.unwrap_or(by_itself),
    })
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

    /// Lets these repeatables run whatever is known of them.
    ///
    /// # Errors
    ///
    /// The set has no such file.
    pub fn repeat(&mut self, names: &[String]) -> CliResult<()> {
        let known: Vec<_> = self.set.repeatables().iter().map(|r| r.name.as_str()).collect();
        if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
            let error = CliError::usage(format!("there is no repeatable `{name}`"));
            return Err(match known.is_empty() {
                true => {
                    error.help("a repeatable is a file `R__<name>.sql` in the migrations directory")
                }
                false => error.help(format!("there are: {}", known.join(", "))),
            });
        }
        if !names.is_empty() && self.rules.repeatables == Repeatables::New {
            self.rules.repeatables = Repeatables::Named(names.to_vec());
        }
        Ok(())
    }

    /// Finds what a selector means.
    ///
    /// # Errors
    ///
    /// None or several fit.
    pub fn find(&self, text: &str) -> CliResult<Version> {
        self.catalog().find(text)
    }

    /// Plans an apply by the rules of an environment; a stamp makes the stricter ones hold.
    ///
    /// # Errors
    ///
    /// Set and history disagree.
    pub fn plan_apply(&self, target: &Target) -> Result<Plan, PlanError> {
        let dialect = self.session.dialect();
        plan::plan_apply(&self.set, &self.history, dialect, target, &self.rules)
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
    connect_to(context, sides, plan)?;
    run(context, sides, plan, wording).or_else(|error| failed(context, error, again))
}

/// Creates the database if there is none, and something to run in it.
fn connect_to(context: &mut Context<'_>, sides: &mut Sides, plan: &Plan) -> CliResult<()> {
    if sides.absent && !plan.is_empty() {
        sides.session = context.connect(Access::Write)?;
        // Another runner may have been faster.
        sides.history = read_history(&mut *sides.session)?;
        sides.absent = false;
    }
    Ok(())
}

/// Executes a plan on the session in hand.
pub(super) fn run(
    context: &mut Context<'_>,
    sides: &mut Sides,
    plan: &Plan,
    wording: Wording,
) -> Result<Report, dbmig_runtime::Error> {
    let total = plan.steps.len() + plan.repeatables.len();
    let mut live = match wording {
        Wording::Native => Live::new(context.output, total),
        Wording::Diesel => Live::diesel(context.output, total),
    };
    let Sides { set, history, session, options, .. } = sides;
    runner::run(&mut **session, set, history, plan, options, &mut live)
}

/// Words the error of a run.
pub(super) fn failed<T>(
    context: &Context<'_>,
    error: dbmig_runtime::Error,
    again: &str,
) -> CliResult<T> {
    let dir = context.migrations_dir()?;
    Err(failure::of_run(error, files(context, &dir, again)))
}
