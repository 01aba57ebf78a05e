//! `generate` from intent: words of a command line → `Intent` → catalogues → the files of migrations.
//!
//! Pure: nothing here opens a file or a database. [`crate::operations::intending`] finds out what there is
//! already, and tries what comes out.

mod column;
mod defaults;
pub mod diff;
mod edit;
mod forms;
mod guards;
mod intent;
mod model;
mod names;
mod plain;
mod program;
mod sentence;
mod staged;
mod types;
mod words;
mod write;

use dbmig_build::Dialect;
use dbmig_runtime::catalogue::Catalogue;

use crate::error::CliResult;

pub use intent::Id;
pub use model::{Model, models};
pub use write::{Part, Written};

/// What the options of the command line say about the words.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Columns, with commas between them.
    pub columns: Option<String>,
    /// The name of the table, as it is.
    pub table: Option<String>,
    /// The key that a new table gets.
    pub id: Id,
    /// No `created_at` and `updated_at`.
    pub no_timestamps: bool,
    /// The name of an index or a constraint.
    pub name: Option<String>,
    /// A unique index, or a unique constraint.
    pub unique: bool,
    /// The method of an index.
    pub using: Option<String>,
    /// The condition of an index.
    pub predicate: Option<String>,
    /// Columns that an index carries along.
    pub include: Option<String>,
    /// The condition of a constraint.
    pub check: Option<String>,
    /// A primary key.
    pub pk: bool,
    /// What a foreign key points to.
    pub fk: Option<String>,
    /// What happens when the row there goes.
    pub on_delete: Option<String>,
    /// What happens when the row there changes its key.
    pub on_update: Option<String>,
    /// A view that keeps its rows.
    pub materialized: bool,
    /// The short form, also where it keeps others waiting.
    pub short: bool,
}

impl Options {
    fn says_constraint(&self) -> bool {
        self.unique || self.pk || self.check.is_some() || self.fk.is_some()
    }

    /// Whether any of them was given, which a plain name has no use for.
    fn says_anything(&self) -> bool {
        self.says_constraint()
            || self.materialized
            || [
                &self.columns,
                &self.table,
                &self.name,
                &self.using,
                &self.predicate,
                &self.include,
                &self.on_delete,
                &self.on_update,
            ]
            .iter()
            .any(|option| option.is_some())
    }
}

/// What the words of the command line ask for.
#[derive(Debug, Clone)]
pub struct Asked(intent::Intent);

/// How words were understood.
#[derive(Debug, Clone)]
pub enum Understood {
    /// As this.
    Does(Asked),
    /// As this if what it is about is there: nothing but the name says so.
    Perhaps(Asked),
    /// As the name of a migration, and no more.
    Name(String),
}

/// Reads the words of a command line: a form with what belongs to it, a sentence, or a name.
///
/// # Errors
///
/// A form that lacks something, a column that can not be read, words that nothing takes.
pub fn understand(words: &[String], options: &Options) -> CliResult<Understood> {
    let Some((first, rest)) = words.split_first() else {
        return Ok(Understood::Name(options.name.clone().unwrap_or_default()));
    };
    if first == "migration" {
        return Ok(match rest {
            [] => Understood::Name(options.name.clone().unwrap_or_else(|| first.clone())),
            [name] => Understood::Name(name.clone()),
            [_, more, ..] => {
                return Err(crate::error::CliError::usage(format!(
                    "a migration has one name, and `{more}` is another word"
                ))
                .help("put the name in quotes, or leave `migration` out to have it understood"));
            }
        });
    }
    if forms::is_form(first) {
        return forms::read(first, rest, options).map(|intent| Understood::Does(Asked(intent)));
    }
    Ok(match sentence::read(first, rest, options)? {
        sentence::Sentence::Does(intent) => Understood::Does(Asked(intent)),
        sentence::Sentence::Perhaps(intent) => Understood::Perhaps(Asked(intent)),
        sentence::Sentence::Name => Understood::Name(first.clone()),
    })
}

/// What is known of the database that the migrations so far make.
#[derive(Debug, Clone, Copy)]
pub enum Known<'a> {
    /// All of it.
    All(&'a Catalogue),
    /// Nothing but what it speaks.
    Dialect(Dialect),
}

impl Asked {
    /// Its form, as `generate` calls it.
    pub fn form(&self) -> &'static str {
        self.0.form()
    }

    /// How it was understood, in one line.
    pub fn told(&self) -> String {
        self.0.told()
    }

    /// The migration whose way back is wanted.
    pub fn revert_of(&self) -> Option<&str> {
        match &self.0 {
            intent::Intent::RevertOf { id } => Some(id),
            _ => None,
        }
    }

    /// The new table or tables, of which there can be a model.
    pub fn table(&self) -> Option<&str> {
        match &self.0 {
            intent::Intent::CreateTable(table) => Some(&table.name),
            intent::Intent::AddColumns { table, .. } => Some(table),
            _ => None,
        }
    }

    /// The name of a migration that does this, where none was given.
    pub fn name(&self) -> String {
        names::of_migration(&self.0)
    }

    /// Whether what it is about is there.
    pub fn fits(&self, catalogue: &Catalogue) -> bool {
        edit::fits(&self.0, catalogue)
    }

    /// Writes the migrations.
    ///
    /// # Errors
    ///
    /// What it is about is not there, or is there already; the dialect can not do it.
    pub fn write(&self, known: Known<'_>, options: &Options) -> CliResult<Written> {
        write::write(&self.0, known, options)
    }
}
