//! One round trip on a scratch database: up, down, compare, up again.

use std::collections::BTreeMap;

use dbmig_build::{Dialect, Migration, MigrationSet, OnFail};

use super::base::{Base, apply_first};
use super::data;
use super::failure::{Failure, ProofError};
use super::layout::is_layout;
use super::rows::Rows;
use super::warning::Warning;
use super::{Shadow, cascades, later, rows, sequences, sought};
use crate::catalogue::{Catalogue, Difference, Name, Scope, Table};
use crate::error::{Error, ErrorKind};
use crate::event::Silent;
use crate::history::{self, History};
use crate::options::RunOptions;
use crate::plan::{self, OnMissing, Plan, PlanError, Repeatables, Rules, Target};
use crate::report::Report;
use crate::runner;
use crate::session::{DbError, DbResult, Session};

/// How a round trip ended.
pub(super) enum Trip {
    Done(Done),
    Failed(Failure),
    /// The migration says that there is no way back, and why.
    Declared(String),
}

/// What a round trip that works leaves behind.
#[derive(Default)]
pub(super) struct Done {
    pub(super) reordered: bool,
    pub(super) lost: Vec<String>,
    pub(super) example: Option<String>,
}

/// A set on a scratch database.
pub(super) struct Shadowed<'a> {
    set: &'a MigrationSet,
    shadow: &'a mut dyn Shadow,
    scope: &'a Scope,
    state: Option<State>,
    base: Base,
    server: String,
    noticed: Noticed,
}

/// What the last round trip has shown beside its end.
#[derive(Default)]
struct Noticed {
    /// Tables whose rows can not be read, and why: nothing is known of them.
    unreadable: Vec<(String, String)>,
    warnings: Vec<Warning>,
}

struct State {
    session: Box<dyn Session>,
    /// How many migrations are applied.
    applied: usize,
    /// What the tables were like when they got their rows.
    filled: BTreeMap<Name, Table>,
    /// Read after the last step.
    catalogue: Catalogue,
    /// Tables that took no row.
    without: BTreeMap<String, String>,
    /// How many rows were thought of.
    number: usize,
}

pub(super) fn shadow(doing: &'static str) -> impl Fn(DbError) -> ProofError {
    move |error| ProofError::Shadow(doing, error)
}

impl<'a> Shadowed<'a> {
    pub(super) fn new(set: &'a MigrationSet, shadow: &'a mut dyn Shadow, scope: &'a Scope) -> Self {
        let (base, noticed) = (Base::default(), Noticed::default());
        Self { set, shadow, scope, state: None, base, server: String::new(), noticed }
    }

    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// What the last round trip has shown: tables that can not be read, and warnings.
    pub(super) fn noticed(&mut self) -> (Vec<(String, String)>, Vec<Warning>) {
        let Noticed { unreadable, warnings } = std::mem::take(&mut self.noticed);
        (unreadable, warnings)
    }

    /// As [`Shadowed::reach`], on a new database: without the rows, whatever was left.
    pub(super) fn reach_anew(&mut self, count: usize) -> Result<(), ProofError> {
        self.state = None;
        self.reach(count)
    }

    pub(super) fn has_rows(&self) -> bool {
        self.state.as_ref().is_some_and(|state| !state.filled.is_empty())
    }

    /// The first `count` migrations are applied; anew where what is there can not be gone on with.
    pub(super) fn reach(&mut self, count: usize) -> Result<(), ProofError> {
        if self.state.as_ref().is_some_and(|state| state.applied > count) {
            self.state = None;
        }
        let mut state = match self.state.take() {
            Some(state) => state,
            None => self.anew(count)?,
        };
        self.server.clone_from(&state.catalogue.server);
        if state.applied < count {
            apply_first(&mut *state.session, self.set, count)?;
            state.catalogue =
                Catalogue::read(&mut *state.session, self.scope).map_err(shadow("read"))?;
            // What stands behind because of these is not told of the next one.
            sequences::advance(&mut *state.session, &state.catalogue).map_err(shadow("read"))?;
            state.applied = count;
        }
        self.state = Some(state);
        Ok(())
    }

    /// A database that nothing was tried on, with the first `count` migrations where there is a copy.
    fn anew(&mut self, count: usize) -> Result<State, ProofError> {
        let copy = match count {
            0 => None,
            _ => self.base.copy(&mut *self.shadow, self.set, count)?,
        };
        let (mut session, applied) = match copy {
            Some(session) => (session, count),
            None => (self.shadow.fresh().map_err(shadow("make"))?, 0),
        };
        let catalogue = Catalogue::read(&mut *session, self.scope).map_err(shadow("read"))?;
        let (filled, without) = (BTreeMap::new(), BTreeMap::new());
        Ok(State { session, applied, filled, catalogue, without, number: 0 })
    }

    /// Gives rows to what has none, or was changed since it got them. Tables without any, with the reason.
    pub(super) fn fill(&mut self, kind: Rows) -> Result<Vec<(String, String)>, ProofError> {
        let Some(state) = &mut self.state else { return Ok(vec![]) };
        let State { session, catalogue, filled, without, number, .. } = state;
        let dialect = catalogue.dialect;
        let mut empty = Vec::new();
        for table in &catalogue.tables {
            if filled.get(&table.name) != Some(table)
                || rows::is_empty(&mut **session, dialect, table)
            {
                empty.push(table.name.clone());
            }
        }
        without.retain(|name, _| {
            catalogue
                .tables
                .iter()
                .any(|table| table.name.to_string() == *name && !empty.contains(&table.name))
        });
        let needs = |table: &Table| empty.contains(&table.name);
        without.extend(rows::fill(&mut **session, catalogue, &needs, kind, number));
        sequences::advance(&mut **session, catalogue).map_err(shadow("read"))?;
        for table in catalogue.tables.iter().filter(|table| needs(table)) {
            filled.insert(table.name.clone(), table.clone());
        }
        // Rows that are there by other ways count as rows.
        let there: Vec<_> = without
            .keys()
            .filter(|name| {
                let table = catalogue.tables.iter().find(|table| table.name.to_string() == **name);
                table.is_some_and(|table| !rows::is_empty(&mut **session, dialect, table))
            })
            .cloned()
            .collect();
        there.iter().for_each(|name| drop(without.remove(name)));
        Ok(without.clone().into_iter().collect())
    }

    /// Adds the rows that a migration looks for: it is them that it changes. Whether there are any.
    pub(super) fn add_sought(&mut self, migration: &Migration) -> Result<bool, ProofError> {
        let Some(State { session, catalogue, number, .. }) = &mut self.state else {
            return Ok(false);
        };
        let added = sought::add(&mut **session, catalogue, &migration.up, number);
        if added {
            sequences::advance(&mut **session, catalogue).map_err(shadow("read"))?;
        }
        Ok(added)
    }

    /// Up, down, compare, up again. Afterwards the migration is applied, or the state is gone.
    pub(super) fn trip(&mut self, at: usize, migration: &Migration) -> Result<Trip, ProofError> {
        self.noticed = Noticed::default();
        let Some(mut state) = self.state.take() else { return Ok(Trip::Done(Done::default())) };
        let target = Target::Only(migration.version.clone());
        let session = &mut *state.session;
        let before = state.catalogue;
        let (rows, unreadable) = data::read(session, &before).map_err(shadow("read"))?;
        self.noticed.unreadable =
            unreadable.into_iter().map(|(name, why)| (name.to_string(), why)).collect();
        let unmet = match apply(session, self.set, &target) {
            Ok(report) => not_run(report),
            Err(error) => return Ok(Trip::Failed(Failure::Up(Box::new(error)))),
        };
        let after = Catalogue::read(session, self.scope).map_err(shadow("read"))?;
        if let Some(reason) = unmet {
            self.state = Some(State { applied: at + 1, catalogue: after, ..state });
            return Ok(Trip::Failed(Failure::Unmet(reason)));
        }
        let rows_after = self.look_at_rows(session, &rows, &after).map_err(shadow("read"))?;
        self.noticed.warnings.extend(cascades::cascaded(
            "up.sql",
            &migration.up,
            &before,
            &rows,
            &rows_after,
        ));
        if let Err(error) = revert(session, self.set, &target) {
            // Nothing was run, or nothing is left of it: the migration is applied as it was.
            let refused = matches!(error.kind, ErrorKind::Plan(_));
            if refused || rolls_back(migration, before.dialect) {
                self.state = Some(State { applied: at + 1, catalogue: after, ..state });
            }
            return Ok(match declared(&error) {
                Some(reason) => Trip::Declared(reason),
                None => Trip::Failed(Failure::Down(Box::new(error))),
            });
        }
        let back = Catalogue::read(session, self.scope).map_err(shadow("read"))?;
        let (reordered, changed) = split(before.differences(&back), before.dialect);
        if !changed.is_empty() {
            return Ok(Trip::Failed(Failure::NotRestored(changed)));
        }
        let (now, _) = data::read(session, &back).map_err(shadow("read"))?;
        let (lost, example) = (data::lost(&rows, &now), data::example(&rows, &now));
        let behind = sequences::behind(session, &back, "down.sql").map_err(shadow("read"))?;
        self.noticed.warnings.extend(behind);
        let text = migration.down.as_deref().unwrap_or_default();
        let cascaded = cascades::cascaded("down.sql", text, &after, &rows_after, &now);
        self.noticed.warnings.extend(cascaded);
        match apply(session, self.set, &target).map(not_run) {
            Ok(None) => {}
            Ok(Some(reason)) => return Ok(Trip::Failed(Failure::Unmet(reason))),
            Err(error) => return Ok(Trip::Failed(Failure::Again(Box::new(error)))),
        }
        let again = Catalogue::read(session, self.scope).map_err(shadow("read"))?;
        let (_, changed) = split(after.differences(&again), after.dialect);
        if !changed.is_empty() {
            return Ok(Trip::Failed(Failure::AgainDiffers(changed)));
        }
        let looser = later::looser(&before, &again);
        let state = State { applied: at + 1, catalogue: again, ..state };
        self.state = match looser.is_empty() || state.filled.is_empty() {
            true => Some(state),
            false => self.try_later_rows(state, &target, migration, &looser),
        };
        Ok(Trip::Done(Done { reordered, lost, example }))
    }

    /// What `up.sql` has done to the rows that a way back might undo again; the rows as they are then.
    fn look_at_rows(
        &mut self,
        session: &mut dyn Session,
        before: &data::Data,
        after: &Catalogue,
    ) -> DbResult<data::Data> {
        let (rows, unreadable) = data::read(session, after)?;
        let warnings = &mut self.noticed.warnings;
        for (table, why) in unreadable {
            let table = table.to_string();
            if !self.noticed.unreadable.iter().any(|(known, _)| *known == table) {
                warnings.push(Warning::Unreadable { table, why });
            }
        }
        let moved = data::moved(before, &rows).into_iter();
        warnings.extend(moved.map(|(column, from)| Warning::Moved { column, from }));
        warnings.extend(sequences::behind(session, after, "up.sql")?);
        Ok(rows)
    }

    /// The way back once more, with rows that nobody could have written before the migration. The state with
    /// the migration applied, where it can be gone on with.
    fn try_later_rows(
        &mut self,
        mut state: State,
        target: &Target,
        migration: &Migration,
        looser: &[Name],
    ) -> Option<State> {
        let needs = |table: &Table| looser.contains(&table.name);
        let session = &mut *state.session;
        let catalogue = &state.catalogue;
        // What takes no row is told when the next migration is tried.
        let _ = rows::fill(session, catalogue, &needs, Rows::Hostile, &mut state.number);
        let dialect = catalogue.dialect;
        let Err(error) = revert(session, self.set, target) else {
            // Whatever these rows do to it now is no news.
            return apply(session, self.set, target).is_ok().then_some(state);
        };
        let failure = Failure::Down(Box::new(error));
        let is_of_rows = failure.may_be_of_rows() && !failure.is_interrupted();
        if let (true, Failure::Down(error)) = (is_of_rows, failure) {
            self.noticed.warnings.push(Warning::Later(error));
        }
        rolls_back(migration, dialect).then_some(state)
    }
}

/// Whether the order of columns differs, and what else does.
fn split(differences: Vec<Difference>, dialect: Dialect) -> (bool, Vec<Difference>) {
    let (order, mut changed): (Vec<_>, Vec<_>) =
        differences.into_iter().partition(Difference::is_order);
    changed.retain(|difference| !is_layout(difference, dialect));
    (!order.is_empty(), changed)
}

/// The reason that the migration itself gives for having no way back.
fn declared(error: &Error) -> Option<String> {
    match &error.kind {
        ErrorKind::Plan(PlanError::Irreversible { reason, .. }) => Some(reason.clone()),
        _ => None,
    }
}

fn rolls_back(migration: &Migration, dialect: Dialect) -> bool {
    dialect != Dialect::Mysql && migration.settings.run_in_transaction
}

/// As `migrate` does it; the history is the scratch database's own.
pub(super) fn apply(
    session: &mut dyn Session,
    set: &MigrationSet,
    target: &Target,
) -> Result<Report, Error> {
    let rules = Rules {
        missing: OnMissing::Note,
        repeatables: Repeatables::Named(vec![]),
        ..Rules::default()
    };
    let history = read(session)?;
    let mut plan = plan::plan_apply(set, &history, session.dialect(), target, &rules)?;
    // They come after everything, and nothing rests on them.
    plan.repeatables.clear();
    run(session, set, &history, &plan)
}

pub(super) fn revert(
    session: &mut dyn Session,
    set: &MigrationSet,
    target: &Target,
) -> Result<(), Error> {
    let history = read(session)?;
    let mut plan = plan::plan_revert(set, &history, session.dialect(), target)?;
    plan.repeatables.clear();
    run(session, set, &history, &plan).map(drop)
}

pub(super) fn read(session: &mut dyn Session) -> Result<History, Error> {
    history::read(session).map_err(Error::database("read the history"))
}

pub(super) fn run(
    session: &mut dyn Session,
    set: &MigrationSet,
    history: &History,
    plan: &Plan,
) -> Result<Report, Error> {
    // Nobody else is there to wait for.
    let options = RunOptions { retries: 0, ..RunOptions::default() };
    runner::run(session, set, history, plan, &options, &mut Silent)
}

/// The precondition that kept a migration from being run.
fn not_run(report: Report) -> Option<String> {
    let mut unmet = report.unmet.into_iter().filter(|unmet| unmet.on_fail != OnFail::Warn);
    unmet.next().map(|unmet| unmet.reason)
}
