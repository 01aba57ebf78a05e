//! Writes a file by way of a temporary table: its rows go there first, and then the database compares,
//! deletes, updates, and inserts, each with one statement.

use dbmig_build::{Dialect, Digest, Findings};

use super::Ground;
use super::bulk::{Target, column, pour};
use super::opened::{Opened, Progress, Written};
use super::plan::{DataPlan, any_differs, count, held, keys, number};
use super::prior::{self, Section, key_first, names};
use super::relation::{same_key, table, value};
use super::settings::Mode;
use super::shape::Shape;
use super::write::{given, head, sequences};
use crate::catalogue::Catalogue;
use crate::session::{BulkColumn, DbError, DbErrorKind, DbResult, Row, Session};
use crate::sql::{quoted, text};

/// How many rows are read back at once.
const WINDOW: usize = 2000;

const NAME: &str = "dbmig_seed_rows";

/// In the transaction of the caller.
pub(super) fn write(
    session: &mut dyn Session,
    opened: &Opened<'_>,
    ground: &Ground,
    findings: &mut Findings,
    progress: &mut Progress<'_>,
) -> DbResult<Written> {
    let mut shape = opened.shape().clone();
    let stage = Stage::make(session, &shape)?;
    let target = Target {
        table: stage.name(),
        columns: stage.columns(&shape),
        numbered: true,
        slowly: false,
    };
    let rows = pour(session, opened, &target, findings, progress)?.rows;
    // Its columns have the collations themselves.
    shape.columns.iter_mut().for_each(|column| column.collation = None);
    stage.ready(session, &shape)?;
    let stage = Staged { stage, shape: &shape, rows };
    stage.refuse(session)?;
    let mut written = Written { plan: stage.plan(session)?, ..Written::default() };
    let keep = written.plan.no_undo.is_none();
    let (mut sections, mut new) = (Vec::new(), Vec::new());
    if keep {
        sections = stage.before(session, &ground.catalogue, &written.plan)?;
        new = stage.new_rows(session, &written.plan)?;
    }
    stage.change(session, &written.plan)?;
    if written.plan.insert > 0 {
        sequences(session, &shape)?;
    }
    if keep {
        sections.extend(stage.inserted(session, &new)?);
        written.keep(&sections);
    }
    written.digest = stage.digest(session)?;
    stage.stage.drop(session)?;
    Ok(written)
}

/// The temporary table.
struct Stage {
    dialect: Dialect,
}

impl Stage {
    fn name(&self) -> String {
        match self.dialect {
            Dialect::Postgres => format!("pg_temp.{NAME}"),
            Dialect::Sqlite => format!("temp.{NAME}"),
            Dialect::Mysql => NAME.to_owned(),
        }
    }

    fn make(session: &mut dyn Session, shape: &Shape) -> DbResult<Self> {
        let stage = Self { dialect: shape.dialect };
        // Of a run before, where the connection is one of an application.
        stage.drop(session)?;
        let columns = shape.columns.iter().map(|column| {
            let name = quoted(shape.dialect, &column.name);
            match (shape.dialect, &column.collation) {
                // Without a type, a value keeps the one that it comes with.
                (Dialect::Sqlite, _) => name,
                (Dialect::Postgres, _) => format!("{name} {}", column.ty.whole),
                (Dialect::Mysql, None) => format!("{name} {} NULL", column.ty.whole),
                (Dialect::Mysql, Some((charset, collation))) => format!(
                    "{name} {} CHARACTER SET {charset} COLLATE {collation} NULL",
                    column.ty.whole
                ),
            }
        });
        let columns = columns.collect::<Vec<_>>().join(", ");
        let sql = match shape.dialect {
            Dialect::Sqlite => {
                format!("CREATE TEMP TABLE {NAME} (dbmig_n INTEGER PRIMARY KEY, {columns})")
            }
            Dialect::Postgres => format!(
                "CREATE TEMPORARY TABLE {NAME} (dbmig_n bigint PRIMARY KEY, {columns}) ON COMMIT DROP"
            ),
            // An index that comes later would commit the transaction.
            Dialect::Mysql => format!(
                "CREATE TEMPORARY TABLE {NAME} (dbmig_n BIGINT NOT NULL PRIMARY KEY, {columns}{}) \
                 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
                match shape.mode {
                    Mode::Sync => format!(", INDEX ({})", key_names(shape)),
                    _ => String::new(),
                }
            ),
        };
        session.execute(&sql)?;
        Ok(stage)
    }

    fn columns(&self, shape: &Shape) -> Vec<BulkColumn> {
        let number = BulkColumn {
            name: "dbmig_n".to_owned(),
            around: match self.dialect {
                Dialect::Postgres => ("CAST(".to_owned(), " AS bigint)".to_owned()),
                Dialect::Sqlite | Dialect::Mysql => (String::new(), String::new()),
            },
            bytes: false,
        };
        // With their types: conditions and comparisons see them.
        let loose = self.dialect == Dialect::Mysql;
        let own = shape.columns.iter().map(|own| column(self.dialect, own, loose));
        std::iter::once(number).chain(own).collect()
    }

    /// Lets the database know what is in it, and find a row by its key.
    fn ready(&self, session: &mut dyn Session, shape: &Shape) -> DbResult<()> {
        match self.dialect {
            Dialect::Postgres => session.execute(&format!("ANALYZE {}", self.name())),
            // It would look through all of it for each row of the table.
            Dialect::Sqlite if shape.mode == Mode::Sync => {
                let key = key_names(shape);
                session.execute(&format!("CREATE INDEX temp.{NAME}_key ON {NAME} ({key})"))
            }
            Dialect::Sqlite | Dialect::Mysql => Ok(()),
        }
    }

    fn drop(&self, session: &mut dyn Session) -> DbResult<()> {
        let temporary = if self.dialect == Dialect::Mysql { "TEMPORARY " } else { "" };
        session.execute(&format!("DROP {temporary}TABLE IF EXISTS {}", self.name()))
    }
}

fn key_names(shape: &Shape) -> String {
    let name = |&index: &usize| quoted(shape.dialect, &shape.columns[index].name);
    shape.key.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// The temporary table with all rows of the file.
struct Staged<'a> {
    stage: Stage,
    shape: &'a Shape,
    rows: usize,
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
        format!("{} JOIN {} e ON {}", self.from(), self.table(), same_key(self.shape))
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
    fn refuse(&self, session: &mut dyn Session) -> DbResult<()> {
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

    fn plan(&self, session: &mut dyn Session) -> DbResult<DataPlan> {
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
    fn before(
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
    fn new_rows(&self, session: &mut dyn Session, plan: &DataPlan) -> DbResult<Vec<Row>> {
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

    fn change(&self, session: &mut dyn Session, plan: &DataPlan) -> DbResult<()> {
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
            let one = |(_, column): (usize, &super::shape::Column)| {
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
    fn inserted(&self, session: &mut dyn Session, new: &[Row]) -> DbResult<Option<Section>> {
        if new.is_empty() || self.shape.key.is_empty() {
            return Ok(None);
        }
        let mut found = Vec::new();
        for new in new.chunks(WINDOW) {
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
    fn digest(&self, session: &mut dyn Session) -> DbResult<Option<Digest>> {
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
            for begin in (0..self.rows).step_by(WINDOW) {
                let sql = format!(
                    "SELECT {list} FROM {} WHERE s.dbmig_n >= {begin} AND s.dbmig_n < {} \
                     ORDER BY s.dbmig_n",
                    self.joined(),
                    begin + WINDOW
                );
                for row in session.query(&sql, &[])? {
                    item(&prior::line(&row));
                }
            }
            match shape.mode {
                Mode::Sync => count(session, shape).map(|rows| item(&prior::in_all(rows))),
                _ => Ok(()),
            }
        });
        digest.map(Some)
    }
}
