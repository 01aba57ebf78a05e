//! A plan as a script that a database's own client runs: the files, with the history writes.
//!
//! Pure: what comes out is a text. It leaves a database as a run of the engine would, so that `status`
//! agrees, and it stops where the database is not what it was written for.

mod file;
mod guard;
mod head;
mod range;
mod record;
mod session;
#[cfg(test)]
mod tests;

use dbmig_build::{Dialect, MigrationSet, Version};

#[cfg(feature = "catalogue")]
pub(crate) use self::file::push_delimited;
pub use self::range::Range;
use self::session::Session;
use crate::error::{Error, ErrorKind};
use crate::event::Direction;
use crate::history::{self, History, Mode, Tables};
use crate::plan::{DownSource, Plan, Rules, Step};
use crate::runner::batch::Batch;
use crate::runner::transaction::switches_keys_off;
use crate::runner::{Work, adopt};
use crate::sql::begin;

/// How much the columns of the history hold, in characters: other dialects than SQLite cut, or refuse.
const LONGEST_VERSION: usize = 50;
const LONGEST_NAME: usize = 255;

/// A script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its text.
    pub text: String,
    /// How many migrations it applies or reverts.
    pub steps: usize,
}

/// The script that does what a run of `plan` would do to the database whose history this is.
///
/// `session_sql` is what every session of the database begins with.
///
/// # Errors
///
/// A step that the client of the database would not run as the engine does.
pub fn of_plan(
    set: &MigrationSet,
    history: &History,
    plan: &Plan,
    dialect: Dialect,
    session_sql: &str,
) -> Result<Script, Error> {
    let sides = Sides { set, history, plan, dialect };
    write(&sides, &Basis::Database, &Session { dialect, sql: session_sql })
}

/// The script for a range of the set, for a database that nobody has looked into.
///
/// # Errors
///
/// As [`of_plan`]; and the range can not be applied, or reverted.
pub fn of_range(
    set: &MigrationSet,
    range: &Range,
    dialect: Dialect,
    rules: &Rules,
    session_sql: &str,
) -> Result<Script, Error> {
    let (history, plan) = range.plan(set, dialect, rules)?;
    let sides = Sides { set, history: &history, plan: &plan, dialect };
    write(&sides, &Basis::Range(range), &Session { dialect, sql: session_sql })
}

/// What a script is made of.
struct Sides<'a> {
    set: &'a MigrationSet,
    history: &'a History,
    plan: &'a Plan,
    dialect: Dialect,
}

/// What is known about the database.
enum Basis<'a> {
    /// Its history was read.
    Database,
    /// Nothing: it is expected to have what stands before the range.
    Range(&'a Range),
}

fn write(sides: &Sides<'_>, basis: &Basis<'_>, session: &Session<'_>) -> Result<Script, Error> {
    let Sides { set, history, plan, dialect } = *sides;
    let works = plan
        .steps
        .iter()
        .map(|step| work(step, set, history))
        .collect::<Result<Vec<_>, Error>>()?;
    let batches: Vec<_> =
        works.iter().map(|work| Batch::of(work.sql, dialect, &work.settings)).collect();
    let steps: Vec<_> = works.iter().zip(&batches).collect();
    let mut out = head::text(sides, basis, &steps);
    if steps.is_empty() {
        return Ok(Script { text: out, steps: 0 });
    }
    let mut writer = Writer { dialect, tables: &history.tables, session, before: None };
    out.push('\n');
    out.push_str(&session.first());
    if !(history.has_diesel_table && history.has_own_tables) {
        writer.tables_of_the_history(&mut out);
    }
    match basis {
        Basis::Database => writer.adopted(&mut out, set, history),
        Basis::Range(range) => {
            let expected = range.after.as_ref().filter(|_| range.direction == Direction::Up);
            if let Some(after) = expected {
                out.push('\n');
                writer.stop_unless(&mut out, after, true);
            }
        }
    }
    for (index, (work, batch)) in steps.iter().enumerate() {
        out.push('\n');
        let used = index.checked_sub(1).map(|before| steps[before].1);
        writer.step(&mut out, (work, batch), used)?;
    }
    Ok(Script { text: out, steps: steps.len() })
}

fn work<'a>(
    step: &'a Step,
    set: &'a MigrationSet,
    history: &'a History,
) -> Result<Work<'a>, Error> {
    let version = step.version();
    let record = history.records.get(version);
    let name = || match (set.get(version), record) {
        (Some(migration), _) => migration.dir_name.clone().into_owned(),
        (None, Some(record)) => record.name.clone(),
        (None, None) => version.to_string(),
    };
    let refused = |reason| {
        Error::new(ErrorKind::NotInScript { name: name(), file: None, place: None, reason })
    };
    if matches!(step, Step::Revert(_, DownSource::Recorded)) {
        return Err(refused("it is reverted with the down that was recorded in the database"));
    }
    let required = set.get(version).and_then(|migration| migration.settings.requires.as_ref());
    let is_done = |version| history.backfills.get(version).is_some_and(|known| known.is_verified());
    if matches!(step, Step::Apply(_)) && required.is_some_and(|version| !is_done(version)) {
        return Err(refused("it requires a backfill, which only the command runs"));
    }
    let applied = set.get(version).filter(|_| matches!(step, Step::Apply(_)));
    if let Some(reason) = applied.and_then(guard::refused) {
        return Err(refused(reason));
    }
    if record.is_some_and(history::Record::is_half_done) {
        return Err(refused("it stopped half way, and is gone on with where it stopped"));
    }
    if version.as_str().chars().count() > LONGEST_VERSION || name().chars().count() > LONGEST_NAME {
        return Err(refused("its version, or its name, is longer than the history can hold"));
    }
    Ok(Work::of(step, set, history, None))
}

/// Writes step after step.
struct Writer<'a> {
    dialect: Dialect,
    tables: &'a Tables,
    session: &'a Session<'a>,
    /// The version of the record before, which has the number of the run.
    before: Option<&'a Version>,
}

impl<'a> Writer<'a> {
    fn begin(&self, out: &mut String) {
        line(out, begin(self.dialect));
    }

    /// Each only where it is missing, in one transaction as the engine does it.
    fn tables_of_the_history(&self, out: &mut String) {
        out.push_str("\n-- The history, where it is missing.\n");
        self.begin(out);
        for statement in history::create_statements(self.dialect, self.tables) {
            line(out, statement.trim_end().trim_end_matches(';'));
        }
        line(out, "COMMIT");
    }

    /// What another tool has applied, taken over before anything else.
    fn adopted(&mut self, out: &mut String, set: &'a MigrationSet, history: &History) {
        let unknown = adopt::unknown(set, history);
        if unknown.is_empty() {
            return;
        }
        out.push_str("\n-- Applied by another tool, and recorded from now on.\n");
        self.begin(out);
        for migration in unknown {
            let record = history.records.get(&migration.version);
            let number = record.map_or(0, |record| record.attempt) + 1;
            let attempt = adopt::attempt(migration, number, self.dialect);
            line(out, &record::adopted(self.dialect, self.tables, &attempt, self.before));
            self.before = Some(&migration.version);
        }
        line(out, "COMMIT");
    }

    /// Fails, and changes nothing, unless the version is applied, or is not: a row for each of two.
    fn stop_unless(&self, out: &mut String, version: &Version, applied: bool) {
        let state = if applied { "is not" } else { "is" };
        out.push_str(&format!(
            "-- Stops here, with a duplicate key, if version {} {state} applied.\n",
            dbmig_build::one_line(version.as_str())
        ));
        line(out, &record::stop_unless(self.dialect, self.tables, version, applied));
    }

    fn step(
        &mut self,
        out: &mut String,
        (work, batch): (&'a Work<'a>, &Batch<'_>),
        used: Option<&Batch<'_>>,
    ) -> Result<(), Error> {
        guard::refuse(work, batch)?;
        let mode = batch.mode(&work.settings);
        let outside = if mode == Mode::Statement { ", outside a transaction" } else { "" };
        let (name, file) = (dbmig_build::one_line(work.name), work.direction.file());
        out.push_str(&format!("-- ===== {name}: {file}{outside}\n"));
        if work.has_backfill && work.direction == Direction::Up {
            let version = dbmig_build::one_line(work.version.as_str());
            out.push_str(&format!(
                "-- Its rows are changed afterwards: cargo dbmig backfill run {version}\n"
            ));
        }
        // In statement mode the session was put back before the record.
        let used = used.filter(|used| !self.session.is_clean_after(used));
        if used.is_some() {
            out.push_str(&self.session.renew(self.tables));
        }
        match mode {
            Mode::Transaction => self.in_transaction(out, work, batch),
            Mode::Statement => self.outside(out, work, batch),
        }?;
        self.before = Some(work.version);
        Ok(())
    }

    fn in_transaction(
        &self,
        out: &mut String,
        work: &'a Work<'a>,
        batch: &Batch<'_>,
    ) -> Result<(), Error> {
        batch.refuse_transaction_control(work.name, work.direction.file())?;
        let keys_off = switches_keys_off(self.dialect, work, batch);
        if keys_off {
            line(out, "PRAGMA foreign_keys = OFF");
        }
        self.begin(out);
        if work.direction == Direction::Down {
            self.stop_unless(out, work.version, true);
        }
        self.version_row(out, work);
        if keys_off {
            line(out, record::COUNT_VIOLATIONS);
        }
        guard::push_before(out, work, batch, self);
        file::push(out, work, batch, self)?;
        if keys_off {
            out.push_str(
                "-- Stops here, with a duplicate key, if more rows than before refer to nothing.\n",
            );
            line(out, &record::stop_at_new_violations(self.tables, work.version));
            line(out, record::FORGET_VIOLATIONS);
        }
        if self.session.must_be_renewed_within(batch, self.tables) {
            out.push_str(&self.session.renew_within());
        }
        guard::push_after(out, work, batch, self);
        self.end(out, work, batch);
        if keys_off {
            line(out, "PRAGMA foreign_keys = ON");
        }
        Ok(())
    }

    fn outside(
        &self,
        out: &mut String,
        work: &'a Work<'a>,
        batch: &Batch<'_>,
    ) -> Result<(), Error> {
        self.stop_unless(out, work.version, work.direction == Direction::Down);
        guard::push_before(out, work, batch, self);
        file::push(out, work, batch, self)?;
        // The record is ours to write, whatever the file has made of the session.
        if !self.session.is_clean_after(batch) {
            out.push_str(&self.session.renew(self.tables));
        }
        guard::push_after(out, work, batch, self);
        self.begin(out);
        self.version_row(out, work);
        self.end(out, work, batch);
        Ok(())
    }

    fn version_row(&self, out: &mut String, work: &Work<'_>) {
        let up = work.direction == Direction::Up;
        line(out, &record::version_row(self.dialect, self.tables, work.version, up));
        if work.has_backfill {
            line(out, &history::forget_backfill_sql(self.dialect, self.tables, work.version));
        }
    }

    fn end(&self, out: &mut String, work: &Work<'_>, batch: &Batch<'_>) {
        line(out, &record::finished(self.dialect, self.tables, (work, batch), self.before));
        if work.direction == Direction::Down {
            for sql in history::void_sql(self.dialect, self.tables) {
                line(out, &sql);
            }
        }
        line(out, "COMMIT");
    }
}

fn line(out: &mut String, sql: &str) {
    out.push_str(sql);
    out.push_str(";\n");
}
