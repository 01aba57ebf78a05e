//! Writes a file by way of a temporary table: its rows go there first, and then the database compares,
//! deletes, updates, and inserts, each with one statement.

mod staged;

use dbmig_build::{Dialect, Findings};

use self::staged::Staged;
use super::Ground;
use super::bulk::{Target, column, pour};
use super::opened::{AT_ONCE, Opened, Progress, Written};
use super::settings::Mode;
use super::shape::Shape;
use super::write::sequences;
use crate::session::{BulkColumn, DbResult, Session};
use crate::sql::quoted;

/// How many rows are read back at once, of a file of so many rows and bytes.
fn window(rows: usize, bytes: u64) -> usize {
    let longest = usize::try_from(bytes).unwrap_or(usize::MAX) / rows.max(1);
    (AT_ONCE / longest.max(1)).clamp(1, 2000)
}

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
    let window = window(rows, opened.source().bytes());
    let stage = Staged { stage, shape: &shape, rows, window };
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
