//! `Work`: what one step runs.

use std::borrow::Cow;

use dbmig_build::{Dialect, Digests, Migration, MigrationSet, Repeatable, Settings, Version};

use crate::event::Direction;
use crate::history::{self, Action, History, Record, RecordedDown, Tables};
use crate::plan::Step;
use crate::session::{DbResult, Session};

/// What one step runs.
pub(crate) struct Work<'a> {
    /// Of a repeatable: what stands for it among the attempts.
    pub(crate) version: &'a Version,
    pub(crate) name: &'a str,
    pub(crate) direction: Direction,
    pub(crate) sql: &'a str,
    pub(crate) settings: Settings,
    /// The files as they are; `None` for a version without a directory.
    pub(crate) digests: Option<Cow<'a, Digests>>,
    /// The down that belongs to it.
    pub(crate) down: Option<&'a str>,
    /// An attempt that stopped with an error and is continued.
    pub(crate) resumes: Option<&'a Record>,
    /// The lock file knows it: it is not edited without being locked anew.
    pub(crate) locked: bool,
    /// Its rows are changed in windows: the statements of `up.sql` only stop Diesel.
    pub(crate) has_backfill: bool,
    /// It is one, and whether it runs whatever the database knows of it.
    pub(crate) repeatable: Option<(&'a Repeatable, bool)>,
    /// Why it was skipped the last time, where the history says so.
    pub(crate) skipped: Option<&'a str>,
}

impl<'a> Work<'a> {
    pub(crate) fn of(
        step: &'a Step,
        set: &'a MigrationSet,
        history: &'a History,
        recorded: Option<&'a RecordedDown>,
    ) -> Self {
        let version = step.version();
        let migration = set.get(version);
        let record = history.records.get(version);
        let of_file = || migration.map(|migration| migration.settings.clone()).unwrap_or_default();
        let down = migration.and_then(|migration| migration.down.as_deref());
        let (direction, sql, settings) = match (step, recorded) {
            (Step::Apply(_), _) => {
                let migration = migration.expect("a plan applies migrations of its set");
                let up = if migration.backfill.is_some() { "" } else { &*migration.up };
                (Direction::Up, up, of_file())
            }
            (Step::Revert(..), Some(recorded)) => {
                (Direction::Down, &*recorded.sql, recorded.settings.clone())
            }
            (Step::Revert(..), None) => {
                let down = down.expect("a plan reverts from a file that is there");
                (Direction::Down, down, of_file())
            }
        };
        let action = match direction {
            Direction::Up => Action::Apply,
            Direction::Down => Action::Revert,
        };
        let known_name = record.map_or(version.as_str(), |record| &record.name);
        Work {
            version,
            name: migration.map_or(known_name, |migration: &Migration| &*migration.dir_name),
            direction,
            sql,
            settings,
            digests: migration.map(|migration| Cow::Borrowed(&migration.digests)),
            down,
            // Of a redo only the revert can meet what the history knew before it.
            resumes: record.filter(|record| record.is_half_done() && record.action == action),
            locked: migration.is_some_and(|migration| !migration.is_draft()),
            has_backfill: migration.is_some_and(|migration| migration.backfill.is_some()),
            repeatable: None,
            skipped: record
                .filter(|record| record.action == Action::Skip)
                .and_then(|record| record.reason.as_deref()),
        }
    }

    /// A repeatable; `key` stands for it among the attempts.
    pub(crate) fn repeat(key: &'a Version, repeatable: &'a Repeatable, again: bool) -> Self {
        let up = repeatable.digest.clone();
        Work {
            version: key,
            name: &repeatable.name,
            direction: Direction::Up,
            sql: &repeatable.sql,
            settings: Settings::default(),
            digests: Some(Cow::Owned(Digests { up, down: None, metadata: None, backfill: None })),
            down: None,
            resumes: None,
            locked: false,
            has_backfill: false,
            repeatable: Some((repeatable, again)),
            skipped: None,
        }
    }

    /// Folder and file that it runs, below the migrations.
    pub(crate) fn place(&self) -> (&'a str, &'a str) {
        match self.repeatable {
            Some((repeatable, _)) => ("", &repeatable.name),
            None => (self.name, self.direction.file()),
        }
    }

    /// The same as one path.
    pub(crate) fn path(&self) -> String {
        match self.place() {
            ("", file) => file.to_owned(),
            (dir, file) => format!("{dir}/{file}"),
        }
    }

    /// Records that it is done, before it is; `false` when another runner was faster.
    pub(crate) fn claim(&self, session: &mut dyn Session, tables: &Tables) -> DbResult<bool> {
        let claimed = match (self.repeatable, self.direction) {
            (Some((repeatable, again)), _) => {
                history::claim_repeatable(session, tables, repeatable, again)
            }
            (None, Direction::Up) => history::claim(session, tables, self.version),
            (None, Direction::Down) => history::forget(session, tables, self.version),
        }?;
        if claimed {
            self.forget_backfill(session, tables)?;
        }
        Ok(claimed)
    }

    /// Whatever was known of its backfill belongs to another time. Behind the row of the version, which
    /// whoever begins the backfill holds.
    pub(crate) fn forget_backfill(
        &self,
        session: &mut dyn Session,
        tables: &Tables,
    ) -> DbResult<()> {
        match self.has_backfill || self.direction == Direction::Down {
            true => history::forget_backfill(session, tables, self.version),
            false => Ok(()),
        }
    }

    /// The same, and what the newest attempt left: its number, and whether it is half done. `None` when
    /// another runner was faster.
    pub(crate) fn claim_and_look(
        &self,
        session: &mut dyn Session,
        tables: &Tables,
    ) -> DbResult<Option<(i64, bool)>> {
        if self.repeatable.is_none() && session.dialect() == Dialect::Postgres {
            let up = self.direction == Direction::Up;
            let newest = history::claim_and_look(session, tables, self.version, up)?;
            if newest.is_some() {
                self.forget_backfill(session, tables)?;
            }
            return Ok(newest);
        }
        if !self.claim(session, tables)? {
            return Ok(None);
        }
        history::newest_attempt(session, tables, self.version).map(Some)
    }

    /// Takes the claim back.
    pub(crate) fn unclaim(&self, session: &mut dyn Session, tables: &Tables) -> DbResult<()> {
        match (self.repeatable, self.direction) {
            (Some((repeatable, _)), _) => {
                history::void_repeatable(session, tables, &repeatable.name)
            }
            (None, Direction::Up) => history::forget(session, tables, self.version).map(drop),
            (None, Direction::Down) => history::claim(session, tables, self.version).map(drop),
        }
    }

    /// The database says that it is done.
    pub(crate) fn is_done(&self, session: &mut dyn Session, tables: &Tables) -> DbResult<bool> {
        match self.repeatable {
            Some((repeatable, _)) => history::is_repeated(session, tables, repeatable),
            None => history::is_recorded(session, tables, self.version)
                .map(|recorded| recorded == (self.direction == Direction::Up)),
        }
    }
}
