//! Seeds as data: CSV and JSON files with an optional side file, checked against the catalogue cell by cell,
//! compared with what is there by the database itself, and written with bound values.
//!
//! [`check`] and [`crate::runner::plan_seeds`] write nothing; the runner ([`crate::runner::run_seeds`]) does,
//! a file a transaction. [`run()`] is for applications.

mod ask;
mod cell;
mod class;
mod csv;
pub mod dump;
mod json;
mod plan;
mod prior;
mod ready;
mod relation;
mod settings;
mod shape;
mod undo;
mod write;

use dbmig_build::{Code, Digest, Finding, Findings, Seed};

pub use plan::{DataPlan, UNDO_LIMIT};
pub use settings::Mode;
pub use undo::Undone;
pub(crate) use undo::undo as undo_pieces;

use self::ask::{Asked, Collations, Coming};
use self::ready::Ready;
use self::settings::Settings;
use self::shape::{Paths, Shape, at};
use crate::catalogue::{Catalogue, Scope};
use crate::embedded::Migrations;
use crate::runner::SeedReport;
use crate::session::{DbResult, Session};

/// A data file with its side file.
#[derive(Debug, Clone, Copy)]
pub struct DataFile<'a> {
    /// The CSV or JSON file.
    pub data: &'a Seed,
    /// Its side file.
    pub side: Option<&'a Seed>,
}

impl DataFile<'_> {
    /// The name of the side file, whether it is there or not.
    pub fn side_name(&self) -> String {
        format!("{}.toml", stem(&self.data.name))
    }
}

/// A name without its ending.
pub(crate) fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The table that a file is for where nobody says: `reference/001_roles.csv` is for `roles`.
fn table_of(name: &str) -> &str {
    let file = stem(name).rsplit('/').next().unwrap_or_default();
    match file.split_once('_') {
        Some((number, rest)) if number.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => file,
    }
}

/// `a`, `b`, and `c`.
fn words<T: AsRef<str>>(list: &[T]) -> String {
    let quoted: Vec<_> = list.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first, second] => format!("{first} and {second}"),
        [all @ .., last] => format!("{}, and {last}", all.join(", ")),
    }
}

/// A file that was read and is in order, as far as no row of the database matters.
pub(crate) struct Opened {
    shape: Shape,
    rows: Vec<Ready>,
}

/// What all files of a run are held against.
pub(crate) struct Ground {
    pub(crate) catalogue: Catalogue,
    collations: Collations,
}

impl Ground {
    /// Reads it from a database.
    pub(crate) fn read(session: &mut dyn Session) -> DbResult<Self> {
        let catalogue = Catalogue::read(session, &Scope::all())?;
        Ok(Self { catalogue, collations: Collations::read(session)? })
    }

    /// Reads a file and holds every cell against the catalogue. Notes go into `findings` as well.
    pub(crate) fn open(&self, file: DataFile<'_>, findings: &mut Findings) -> Option<Opened> {
        let side = file.side_name();
        let paths = Paths { data: &file.data.name, side: &side };
        let settings = match file.side.map(|side| Settings::parse(&side.sql)).transpose() {
            Ok(settings) => settings.unwrap_or_default(),
            Err(wrong) => {
                findings.push(at(Code::SeedForm, &side, wrong.place, wrong.message));
                return None;
            }
        };
        let text = &file.data.sql;
        let is_json = file.data.name.ends_with(".json");
        let header = match if is_json { json::header(text) } else { csv::header(text) } {
            Ok(header) => header,
            Err(wrong) => {
                findings.push(at(Code::SeedForm, paths.data, wrong.place, wrong.message));
                return None;
            }
        };
        let mut own = Findings::default();
        let stem = table_of(&file.data.name);
        let shape = shape::shape(stem, &header, &settings, &self.catalogue, paths, &mut own);
        let opened = shape.map(|mut shape| {
            self.collations.complete(&mut shape);
            let rows = if is_json { json::rows(text) } else { csv::rows(text) };
            let rows = ready::read(rows, &shape, paths, &mut own);
            Opened { shape, rows }
        });
        let good = !own.has_errors();
        findings.extend(own);
        opened.filter(|_| good)
    }
}

impl Opened {
    /// How many rows it has.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The mode of the file.
    pub(crate) fn mode(&self) -> Mode {
        self.shape.mode
    }

    /// What the table holds of its rows.
    pub(crate) fn digest(&self, session: &mut dyn Session) -> DbResult<Option<Digest>> {
        prior::digest(session, &self.shape, &self.rows)
    }

    /// What it would change.
    pub(crate) fn plan(&self, session: &mut dyn Session) -> DbResult<DataPlan> {
        Ok(plan::acts(session, &self.shape, &self.rows)?.plan)
    }

    /// Writes it, in the transaction of the caller: what it changed, and what is kept for an undo.
    pub(crate) fn write(
        &self,
        session: &mut dyn Session,
        ground: &Ground,
        progress: &mut dyn FnMut(usize),
    ) -> DbResult<(DataPlan, Vec<String>)> {
        let mut acts = plan::acts(session, &self.shape, &self.rows)?;
        let keep = acts.plan.no_undo.is_none();
        let mut sections = Vec::new();
        if keep {
            sections = prior::before(session, &self.shape, &self.rows, &acts, &ground.catalogue)?;
        }
        write::write(session, &self.shape, &self.rows, &acts, progress)?;
        if keep {
            sections.extend(prior::inserted(session, &self.shape, &self.rows, &acts)?);
        }
        let mut pieces = Vec::new();
        if keep {
            match prior::pieces(&sections) {
                Some(found) => pieces = found,
                None => acts.plan.no_undo = Some("a row is too long to be kept"),
            }
        }
        Ok((acts.plan, pieces))
    }
}

/// Holds every cell of these files against the schema and the rows of the database that `session` is
/// connected to: columns, types, lengths, NULL, enums, keys, parents, conditions. `sql_first` are the names
/// of SQL seeds that run in between: parents of files after them are then not looked for.
///
/// # Errors
///
/// What the database reports about the questions themselves.
pub fn check(
    session: &mut dyn Session,
    files: &[DataFile<'_>],
    sql_first: &[&str],
) -> DbResult<Findings> {
    let ground = Ground::read(session)?;
    check_on(session, &ground, files, sql_first)
}

pub(crate) fn check_on(
    session: &mut dyn Session,
    ground: &Ground,
    files: &[DataFile<'_>],
    sql_first: &[&str],
) -> DbResult<Findings> {
    let mut findings = Findings::default();
    let mut coming = Coming::default();
    let mut unread = false;
    for file in files {
        let Some(opened) = ground.open(*file, &mut findings) else {
            // Its rows may be the parents of others.
            unread = true;
            continue;
        };
        coming.add(&opened.shape, &opened.rows);
        let side = file.side_name();
        let asked = Asked {
            shape: &opened.shape,
            rows: &opened.rows,
            paths: Paths { data: &file.data.name, side: &side },
            coming: &coming,
            collations: &ground.collations,
            parents_unknown: unread || sql_first.iter().any(|name| *name < file.data.name.as_str()),
        };
        ask::ask(session, &asked, &mut findings)?;
    }
    findings.sort();
    Ok(findings)
}

/// Runs the reference seeds of a set, by the rules of the command: each once for its content, checked before
/// anything is written, a file a transaction. Call it after [`crate::Migrator::run`].
///
/// ```
/// # static MIGRATIONS: dbmig_runtime::EmbeddedSet = dbmig_runtime::EmbeddedSet::new("");
/// # #[cfg(feature = "sqlite")]
/// fn start(conn: &mut diesel::SqliteConnection) -> Result<(), dbmig_runtime::Error> {
///     dbmig_runtime::Migrator::new(&MIGRATIONS).run(conn)?;
///     dbmig_runtime::seed::run(&MIGRATIONS, conn)?;
///     Ok(())
/// }
/// ```
///
/// # Errors
///
/// A cell that is wrong ([`crate::ErrorKind::Seeds`], with every finding), a statement that fails, a set that
/// was not written by `dbmig-build`. The seed in hand is rolled back, those before it stay.
pub fn run(
    migrations: &impl Migrations,
    session: &mut dyn Session,
) -> Result<SeedReport, crate::Error> {
    let set =
        migrations.set().map_err(|error| crate::Error::new(crate::ErrorKind::Embedded(error)))?;
    let options = crate::RunOptions::default();
    crate::runner::run_seeds(session, set.seeds(), false, &options, &mut crate::Silent)
}

/// A side file without its data file.
pub(crate) fn lonely(name: &str) -> Finding {
    Finding::new(Code::SeedForm, name, "there is no data file beside it")
        .help(format!("write `{0}.csv` or `{0}.json`, or remove it", stem(name)))
}
