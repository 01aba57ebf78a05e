//! Seeds as data: CSV and JSON files with an optional side file, checked against the catalogue cell by cell,
//! compared with what is there by the database itself, and written with bound values.
//!
//! [`check`] and [`crate::runner::plan_seeds`] write nothing; the runner ([`crate::runner::run_seeds`]) does,
//! a file a transaction. [`run()`] is for applications.

mod ask;
mod blocks;
mod bulk;
mod cell;
mod check;
mod class;
mod coming;
mod csv;
pub mod dump;
mod form;
mod json;
mod opened;
mod plan;
mod prior;
mod ready;
mod relation;
mod seeder;
mod settings;
mod shape;
mod source;
mod stage;
mod stream;
mod twice;
mod undo;
mod write;

use dbmig_build::{Code, Finding, Findings, Seed};

pub use check::check;
pub(crate) use check::{Depth, check_on};
pub use form::check_form;
pub(crate) use opened::{Opened, Written};
pub use plan::{DataPlan, UNDO_LIMIT};
pub(crate) use seeder::Function;
pub use seeder::{Failure, Seeder, run};
pub use settings::Mode;
pub use undo::Undone;
pub(crate) use undo::undo as undo_pieces;

use self::ask::Collations;
use self::settings::Settings;
use self::shape::{Paths, Shape, at};
use self::source::Source;
use crate::catalogue::{Catalogue, Scope};
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

    /// Reads header and side file, and where its rows are held, those: every cell is held against the
    /// catalogue. Notes go into `findings` as well.
    pub(crate) fn open<'a>(
        &self,
        file: DataFile<'a>,
        findings: &mut Findings,
    ) -> Option<Opened<'a>> {
        let mut own = Findings::default();
        let opened = self.shape(file, &mut own).map(|shape| {
            let (data, side) = (&file.data.name, file.side_name());
            Opened::new(shape, Source::of(file.data), data, side, &mut own)
        });
        let good = !own.has_errors();
        findings.extend(own);
        opened.filter(|_| good)
    }

    /// Reads header and side file alone.
    fn shape(&self, file: DataFile<'_>, findings: &mut Findings) -> Option<Shape> {
        let side = file.side_name();
        let paths = Paths { data: &file.data.name, side: &side };
        let settings = match file.side.map(|side| Settings::parse(&side.sql)).transpose() {
            Ok(settings) => settings.unwrap_or_default(),
            Err(wrong) => {
                findings.push(at(Code::SeedForm, &side, wrong.place, wrong.message));
                return None;
            }
        };
        let header = match Source::of(file.data).header() {
            Ok(header) => header,
            Err(wrong) => {
                findings.push(at(Code::SeedForm, paths.data, wrong.place, wrong.message));
                return None;
            }
        };
        let stem = table_of(&file.data.name);
        let mut shape = shape::shape(stem, &header, &settings, &self.catalogue, paths, findings)?;
        self.collations.complete(&mut shape);
        Some(shape)
    }
}

/// A side file without its data file.
pub(crate) fn lonely(name: &str) -> Finding {
    Finding::new(Code::SeedForm, name, "there is no data file beside it")
        .help(format!("write `{0}.csv` or `{0}.json`, or remove it", stem(name)))
}
