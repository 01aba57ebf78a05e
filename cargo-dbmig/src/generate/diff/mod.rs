//! `generate --diff`: what there is and what is wished for → one change, and what only a person can know.
//!
//! Pure: nothing here opens a file or a database. [`crate::operations::differing`] reads both sides, and
//! tries what comes out.

mod answers;
mod fills;
mod label;
mod labels;
mod question;
mod renames;
mod rust_file;
mod sql_types;
mod tells;
mod write;

use dbmig_build::Dialect;
use dbmig_runtime::catalogue::Catalogue;
use dbmig_runtime::catalogue::change::{self, Rename, Wish, changes, renamed};

use super::edit::Edit;
use super::{Options, Written};
use crate::error::{CliError, CliResult};

pub use answers::Answers;
pub use fills::Fill;
pub use question::Question;
pub use rust_file::RustFile;

pub(super) use labels::Relabelled;
pub(super) use rust_file::{Settled, plain as plain_type};
pub(super) use sql_types::{Asked, Wanted as WantedType, sql_type};

/// Where it is said what is wished for.
#[derive(Debug)]
pub enum Source {
    /// A whole schema.
    Catalogue(Box<Catalogue>),
    /// What `schema.rs` files tell: of the tables that they cover.
    Rust(Vec<RustFile>),
}

/// What turns one schema into the other.
#[derive(Debug)]
pub struct Change {
    before: Catalogue,
    /// The same once all is renamed.
    begin: Catalogue,
    after: Catalogue,
    renames: Vec<Rename>,
    /// What follows from the renames, where the wish says so.
    relabelled: Relabelled,
    fills: Vec<Fill>,
    /// What is not settled yet; nothing can be written before.
    pub questions: Vec<Question>,
    /// What is worth knowing.
    pub notes: Vec<String>,
}

impl Source {
    /// What differs, one line each. The order of columns is no difference.
    pub fn differences(&self, before: &Catalogue, answers: &Answers) -> Vec<String> {
        match self {
            Self::Catalogue(wished) => {
                let all = before.differences(wished).into_iter();
                all.filter(|one| !one.is_order()).map(|one| one.to_string()).collect()
            }
            Self::Rust(files) => {
                let all = files.iter().flat_map(|file| file.settled(before, answers).differences());
                all.map(|one| one.to_string()).collect()
            }
        }
    }

    /// What it can not tell and what the database has of it, in words; what nothing of it tells at all.
    pub fn unseen(&self, before: &Catalogue) -> tells::Unseen {
        match self {
            Self::Catalogue(_) => tells::Unseen::of_a_schema(),
            Self::Rust(_) => tells::Unseen::of_rust(before),
        }
    }

    /// The change that it asks for, as far as the answers go. `begin` is what a server tells once all is
    /// renamed, where that is known.
    ///
    /// # Errors
    ///
    /// What it asks for can not be done, or an answer makes no sense.
    pub fn change(
        &self,
        before: &Catalogue,
        begin: Option<&Catalogue>,
        answers: &Answers,
    ) -> CliResult<Change> {
        let mut questions = Vec::new();
        let (from, to) = match self {
            Self::Catalogue(wished) => (renames::side(before), renames::side(wished)),
            Self::Rust(files) => rust_file::sides(files, before, answers),
        };
        let renames = renames::find(&from, &to, answers, &mut questions);
        let plain = || {
            renamed(before, &renames).map_err(|wrong| {
                let all: Vec<_> = wrong.iter().map(ToString::to_string).collect();
                CliError::usage(all.join("; "))
            })
        };
        let mut begin = begin.cloned().map_or_else(plain, Ok)?;
        let mut notes = Vec::new();
        let after = match self {
            Self::Catalogue(wished) => (**wished).clone(),
            Self::Rust(files) => {
                let options = Options::default();
                let mut edit = Edit::of(&begin, &options);
                let asked = Asked { answers, renames: &renames };
                for file in files {
                    edit.lay_over(&file.settled(before, answers), &asked, &mut questions)?;
                }
                notes.append(&mut edit.notes);
                edit.after
            }
        };
        let relabelled = match renames.is_empty() {
            true => Relabelled::default(),
            false => labels::relabel(before, &mut begin, &after),
        };
        let fills = fills::find(&begin, &after, answers, &mut questions);
        let before = before.clone();
        Ok(Change { before, begin, after, renames, relabelled, fills, questions, notes })
    }
}

impl Change {
    /// A name for the migration that says what it does.
    pub fn label(&self) -> String {
        label::of(&self.begin, &self.after, &self.renames)
    }

    /// The migrations. `short`: without the forms that keep nobody waiting.
    ///
    /// # Errors
    ///
    /// No statement is known for something.
    pub fn write(&self, short: bool) -> CliResult<Written> {
        write::write(self, short)
    }

    /// The statements that rename, where what follows depends on how the server tells their outcome: the
    /// queries of PostgreSQL's views name what they are over, and only the server can rewrite them; MySQL gives
    /// other names to foreign keys.
    ///
    /// # Errors
    ///
    /// Something can not be renamed.
    pub fn renaming(&self) -> CliResult<Vec<String>> {
        let telling = match self.before.dialect {
            Dialect::Sqlite => false,
            Dialect::Postgres => !self.before.views.is_empty(),
            Dialect::Mysql => true,
        };
        if self.renames.is_empty() || !telling {
            return Ok(Vec::new());
        }
        let wish = Wish { renames: self.renames.clone(), ..Wish::default() };
        let all = |wrong: Vec<change::CannotSay>| {
            let all: Vec<_> = wrong.iter().map(ToString::to_string).collect();
            CliError::usage(all.join("; "))
        };
        let begin = renamed(&self.before, &self.renames).map_err(all)?;
        let steps = changes(&self.before, &begin, &wish).map_err(all)?;
        Ok(steps.into_iter().map(|step| step.sql).collect())
    }

    /// What goes for good, with what is in it.
    pub fn losses(&self) -> Vec<String> {
        let mut all = Vec::new();
        for table in &self.begin.tables {
            let Some(after) = self.after.table(&table.name) else {
                all.push(format!("{} goes, with its rows", table.name));
                continue;
            };
            let gone = table.columns.iter().filter(|column| after.column(&column.name).is_none());
            let gone = gone.filter(|column| column.generated.is_none());
            all.extend(
                gone.map(|column| {
                    format!("{}.{} goes, with what is in it", table.name, column.name)
                }),
            );
        }
        all
    }

    /// Whether all the tables that it changes are missing in a schema: nobody can be using them.
    pub fn is_new_to(&self, other: &Catalogue) -> bool {
        let changed = self
            .before
            .tables
            .iter()
            .filter(|table| self.after.table(&table.name).is_none_or(|after| after != *table));
        changed.into_iter().all(|table| other.table(&table.name).is_none())
    }
}
