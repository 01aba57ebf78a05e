//! `Staged`: the temporary table with all rows of a file, and what the database does with them.

use dbmig_build::{Dialect, Digest};

use super::Stage;
use crate::catalogue::Catalogue;
use crate::seed::plan::{DataPlan, any_differs, count, held, keys, number};
use crate::seed::prior::{self, Section, key_first, names};
use crate::seed::relation::{join, same_key, table, value};
use crate::seed::settings::Mode;
use crate::seed::shape::{Column, Shape};
use crate::seed::write::{given, head};
use crate::session::{DbError, DbErrorKind, DbResult, Row, Session};
use crate::sql::{quoted, text};

const CURSOR: &str = "dbmig_seed_cursor";

/// The temporary table with all rows of the file.
pub(super) struct Staged<'a> {
    pub(super) stage: Stage,
    pub(super) shape: &'a Shape,
    pub(super) rows: usize,
    /// How many of them are read back at once.
    pub(super) window: usize,
}

impl Staged<'_> {
    fn from(&self) -> String {
        format!("{} s", self.stage.name())
    }

    fn table(&self) -> String {
        table(self.shape.dialect, &self.shape.table)
    }

    /// Rows of the file with those of the table that have their keys.
    fn joined(&self) -> String {
        let join = join(self.shape.dialect);
        format!("{} {join} {} e ON {}", self.from(), self.table(), same_key(self.shape))
    }

    /// Of rows of the file: that the table has none with their key.
    fn is_new(&self) -> String {
        format!("NOT EXISTS (SELECT 1 FROM {} e WHERE {})", self.table(), same_key(self.shape))
    }

    /// Of rows of the table: that the file has none with their key.
    fn is_gone(&self) -> String {
        format!("NOT EXISTS (SELECT 1 FROM {} WHERE {})", self.from(), same_key(self.shape))
    }

    /// What no constraint of the table would find. Where it stands is looked for afterwards.
    pub(super) fn refuse(&self, session: &mut dyn Session) -> DbResult<()> {
        let (shape, dialect) = (self.shape, self.shape.dialect);
        let one = text(dialect, "1");
        let names: Vec<_> = shape
            .key
            .iter()
            .map(|&index| format!("s.{}", quoted(dialect, &shape.columns[index].name)))
            .collect();
        if shape.mode.needs_key() {
            let names = names.join(", ");
            let twice = format!(
                "SELECT {one} FROM {} GROUP BY {names} HAVING count(*) > 1 LIMIT 1",
                self.from()
            );
            if !session.query(&twice, &[])?.is_empty() {
                return Err(DbError::new(DbErrorKind::Unique, "a key stands twice in the file"));
            }
        }
        for column in &shape.columns {
            let Some(reference) = &column.reference else { continue };
            let (own, by) = (quoted(dialect, &column.name), quoted(dialect, &reference.by));
            let missing = format!(
                "SELECT {one} FROM {} WHERE s.{own} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {} p \
                 WHERE p.{by} = s.{own}) LIMIT 1",
                self.from(),
                table(dialect, &reference.table)
            );
            if !session.query(&missing, &[])?.is_empty() {
                let message =
                    format!("a row of the file has a parent that is not in `{}`", reference.table);
                return Err(DbError::new(DbErrorKind::Other, message));
            }
        }
        Ok(())
    }

    pub(super) fn plan(&self, session: &mut dyn Session) -> DbResult<DataPlan> {
        let (shape, mut plan) = (self.shape, DataPlan::default());
        let mut counted = |what: &str| {
            let what = text(shape.dialect, what);
            Ok(number(session.query(&format!("SELECT {what} FROM {}", self.joined()), &[])?))
        };
        let differing =
            format!("COALESCE(sum(CASE WHEN {} THEN 1 ELSE 0 END), 0)", any_differs(shape));
        match shape.mode {
            Mode::Insert | Mode::Truncate => plan.insert = self.rows,
            Mode::Ignore => {
                plan.same = counted("count(*)")?;
                plan.insert = self.rows - plan.same;
            }
            Mode::UpdateOnly => {
                plan.update = counted(&differing)?;
                plan.same = self.rows - plan.update;
            }
            Mode::Upsert | Mode::Sync => {
                let there = counted("count(*)")?;
                plan.insert = self.rows - there;
                plan.update = counted(&differing)?;
                plan.same = there - plan.update;
            }
        }
        plan.delete = match shape.mode {
            Mode::Sync => count(session, shape)?.saturating_sub(self.rows - plan.insert),
            Mode::Truncate => count(session, shape)?,
            _ => 0,
        };
        plan.decide_undo(shape);
        Ok(plan)
    }

    /// What updates and deletes are going to change, as it is now.
    pub(super) fn before(
        &self,
        session: &mut dyn Session,
        catalogue: &Catalogue,
        plan: &DataPlan,
    ) -> DbResult<Vec<Section>> {
        let (shape, mut sections) = (self.shape, Vec::new());
        if plan.update > 0 {
            let order = key_first(shape);
            let sql = format!(
                "SELECT {} FROM {} WHERE {} ORDER BY s.dbmig_n",
                held(shape, &order),
                self.joined(),
                any_differs(shape)
            );
            let rows = session.query(&sql, &[])?;
            let columns = names(shape, &order);
            sections.push(Section::of("update", shape, shape.key.len(), columns, rows));
        }
        if plan.delete > 0 {
            let Some(of) = catalogue.table(&shape.table) else { return Ok(sections) };
            let (columns, list) = prior::whole(of, catalogue);
            let mut sql = format!("SELECT {list} FROM {} e", self.table());
            if shape.mode == Mode::Sync {
                sql.push_str(&format!(" WHERE {}", self.is_gone()));
            }
            let rows = session.query(&sql, &[])?;
            sections.push(Section::of("delete", shape, 0, columns, rows));
        }
        Ok(sections)
    }

    /// The places in the file of rows that are going to be inserted.
    pub(super) fn new_rows(
        &self,
        session: &mut dyn Session,
        plan: &DataPlan,
    ) -> DbResult<Vec<Row>> {
        if plan.insert == 0 {
            return Ok(vec![]);
        }
        let number = text(self.shape.dialect, "s.dbmig_n");
        let filter = match self.shape.mode.needs_key() {
            true => format!(" WHERE {}", self.is_new()),
            false => String::new(),
        };
        session
            .query(&format!("SELECT {number} FROM {}{filter} ORDER BY s.dbmig_n", self.from()), &[])
    }

    pub(super) fn change(&self, session: &mut dyn Session, plan: &DataPlan) -> DbResult<()> {
        let (shape, table) = (self.shape, self.table());
        if plan.delete > 0 {
            session.execute(&match (shape.mode, shape.dialect) {
                (Mode::Truncate, _) => format!("DELETE FROM {table}"),
                (_, Dialect::Mysql) => format!("DELETE e FROM {table} e WHERE {}", self.is_gone()),
                _ => format!("DELETE FROM {table} AS e WHERE {}", self.is_gone()),
            })?;
        }
        if plan.update > 0 {
            session.execute(&self.update())?;
        }
        if plan.insert > 0 {
            let filter = match shape.mode.needs_key() {
                true => format!(" WHERE {}", self.is_new()),
                false => String::new(),
            };
            session.execute(&format!(
                "{} SELECT {} FROM {}{filter} ORDER BY s.dbmig_n",
                head(shape),
                given(shape),
                self.from()
            ))?;
        }
        Ok(())
    }

    fn update(&self) -> String {
        let (shape, dialect) = (self.shape, self.shape.dialect);
        let set = |prefix: &str| {
            let others = shape.columns.iter().enumerate().filter(|(i, _)| !shape.key.contains(i));
            let one = |(_, column): (usize, &Column)| {
                let name = quoted(dialect, &column.name);
                let given = value(dialect, column, &format!("s.{name}"));
                format!("{prefix}{name} = {given}")
            };
            others.map(one).collect::<Vec<_>>().join(", ")
        };
        let differs = any_differs(shape);
        match dialect {
            Dialect::Mysql => format!(
                "UPDATE {} e JOIN {} ON {} SET {} WHERE {differs}",
                self.table(),
                self.from(),
                same_key(shape),
                set("e.")
            ),
            Dialect::Sqlite | Dialect::Postgres => format!(
                "UPDATE {} AS e SET {} FROM {} WHERE {} AND ({differs})",
                self.table(),
                set(""),
                self.from(),
                same_key(shape)
            ),
        }
    }

    /// The keys of what was inserted.
    pub(super) fn inserted(
        &self,
        session: &mut dyn Session,
        new: &[Row],
    ) -> DbResult<Option<Section>> {
        if new.is_empty() || self.shape.key.is_empty() {
            return Ok(None);
        }
        let mut found = Vec::new();
        for new in new.chunks(self.window) {
            let numbers: Vec<_> = new.iter().flatten().flatten().map(String::as_str).collect();
            let sql = format!(
                "SELECT {} FROM {} WHERE s.dbmig_n IN ({}) ORDER BY s.dbmig_n",
                keys(self.shape),
                self.joined(),
                numbers.join(", ")
            );
            found.extend(session.query(&sql, &[])?);
        }
        Ok(Some(Section::of_keys(self.shape, found)))
    }

    /// As [`prior::digest`] has it.
    pub(super) fn digest(&self, session: &mut dyn Session) -> DbResult<Option<Digest>> {
        let shape = self.shape;
        if shape.key.is_empty() {
            return Ok(None);
        }
        if prior::keys_alone(shape.mode) {
            let all = text(shape.dialect, "count(*)");
            let there = session.query(&format!("SELECT {all} FROM {}", self.joined()), &[])?;
            return Ok(Some(prior::digest_of_keys(number(there))));
        }
        let list = held(shape, &key_first(shape));
        let digest = Digest::of_fed("rows", |item| {
            self.read(session, &list, &mut |row| item(&prior::line(&row)))?;
            match shape.mode {
                Mode::Sync => count(session, shape).map(|rows| item(&prior::in_all(rows))),
                _ => Ok(()),
            }
        });
        digest.map(Some)
    }

    /// Reads columns of the rows of the table that are those of the file, in its order, some at a time.
    fn read(
        &self,
        session: &mut dyn Session,
        list: &str,
        with: &mut dyn FnMut(Row),
    ) -> DbResult<()> {
        let (window, joined) = (self.window, self.joined());
        if self.shape.dialect == Dialect::Postgres {
            // One plan for all of them: it knows little of a table that was filled just now.
            session.execute(&format!(
                "DECLARE {CURSOR} NO SCROLL CURSOR FOR SELECT {list} FROM {joined} ORDER BY s.dbmig_n"
            ))?;
            let fetch = format!("FETCH {window} FROM {CURSOR}");
            loop {
                let rows = session.query(&fetch, &[])?;
                if rows.is_empty() {
                    return session.execute(&format!("CLOSE {CURSOR}"));
                }
                rows.into_iter().for_each(&mut *with);
            }
        }
        for begin in (0..self.rows).step_by(window) {
            let sql = format!(
                "SELECT {list} FROM {joined} WHERE s.dbmig_n >= {begin} AND s.dbmig_n < {} \
                 ORDER BY s.dbmig_n",
                begin + window
            );
            session.query(&sql, &[])?.into_iter().for_each(&mut *with);
        }
        Ok(())
    }
}
