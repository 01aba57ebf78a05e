//! `Intent`: what a migration is to do, in no dialect.

use dbmig_runtime::catalogue::Action;

use super::column::{ColumnWish, Reference};
use super::words::listed;

/// What a migration is to do.
#[derive(Debug, Clone)]
pub(super) enum Intent {
    CreateTable(TableWish),
    DropTable { table: String },
    RenameTable { from: String, to: String },
    AddColumns { table: String, columns: Vec<ColumnWish> },
    DropColumns { table: String, columns: Vec<String> },
    ChangeColumns { table: String, columns: Vec<ColumnWish> },
    RenameColumn { table: String, from: String, to: String },
    AddIndex { table: String, index: IndexWish },
    DropIndex { table: String, index: Which },
    AddConstraint { table: String, name: Option<String>, rule: Rule },
    DropConstraint { table: String, name: String },
    CreateEnum { name: String, values: Vec<String> },
    CreateView { name: String, query: Option<String>, materialized: bool },
    CreateFunction { name: String },
    CreateTrigger { name: String, table: String, when: String, event: String },
    RevertOf { id: String },
}

/// A table that is to be made.
#[derive(Debug, Clone)]
pub(super) struct TableWish {
    pub(super) name: String,
    pub(super) id: Id,
    pub(super) columns: Vec<ColumnWish>,
    pub(super) timestamps: bool,
    /// Whether all of its references are its key.
    pub(super) join: bool,
}

/// The key that a table gets without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Id {
    /// `bigint` that counts; `INTEGER` on SQLite, where that is the row's own number.
    #[default]
    Bigint,
    /// `int` that counts.
    Int,
    /// A UUID that the database makes.
    Uuid,
    /// None.
    #[value(skip)]
    None,
}

/// An index that is to be made.
#[derive(Debug, Clone, Default)]
pub(super) struct IndexWish {
    /// Columns and expressions, each maybe with `desc`.
    pub(super) parts: Vec<String>,
    pub(super) name: Option<String>,
    pub(super) unique: bool,
    pub(super) method: Option<String>,
    pub(super) predicate: Option<String>,
    pub(super) include: Vec<String>,
}

/// Which index.
#[derive(Debug, Clone)]
pub(super) enum Which {
    Named(String),
    Over(Vec<String>),
}

/// What a constraint says.
#[derive(Debug, Clone)]
pub(super) enum Rule {
    Unique(Vec<String>),
    PrimaryKey(Vec<String>),
    Check(String),
    ForeignKey { columns: Vec<String>, to: Vec<Reference> },
}

impl Intent {
    /// Its form, as `generate` calls it: `table`, `add-column`, …
    pub(super) const fn form(&self) -> &'static str {
        match self {
            Self::CreateTable(table) if table.join => "join-table",
            Self::CreateTable(_) => "table",
            Self::DropTable { .. } => "drop-table",
            Self::RenameTable { .. } => "rename-table",
            Self::AddColumns { .. } => "add-column",
            Self::DropColumns { .. } => "drop-column",
            Self::ChangeColumns { .. } => "change-column",
            Self::RenameColumn { .. } => "rename-column",
            Self::AddIndex { .. } => "index",
            Self::DropIndex { .. } => "drop-index",
            Self::AddConstraint { .. } => "constraint",
            Self::DropConstraint { .. } => "drop-constraint",
            Self::CreateEnum { .. } => "enum",
            Self::CreateView { .. } => "view",
            Self::CreateFunction { .. } => "function",
            Self::CreateTrigger { .. } => "trigger",
            Self::RevertOf { .. } => "revert-of",
        }
    }

    /// How the sentence was understood, in one line.
    pub(super) fn told(&self) -> String {
        match self {
            Self::CreateTable(table) => table.told(),
            Self::DropTable { table } => format!("drop table {table}"),
            Self::RenameTable { from, to } => format!("rename table {from} to {to}"),
            Self::AddColumns { table, columns } => {
                format!("add to {table}: {}", columns_told(columns))
            }
            Self::DropColumns { table, columns } => {
                format!("drop from {table}: {}", columns.join(", "))
            }
            Self::ChangeColumns { table, columns } => {
                format!("change in {table}: {}", columns_told(columns))
            }
            Self::RenameColumn { table, from, to } => {
                format!("rename {from} to {to} in {table}")
            }
            Self::AddIndex { table, index } => index.told(table),
            Self::DropIndex { table, index } => match index {
                Which::Named(name) => format!("drop index {name} of {table}"),
                Which::Over(columns) => {
                    format!("drop the index of {table} over {}", listed(columns))
                }
            },
            Self::AddConstraint { table, rule, .. } => format!("add to {table}: {}", rule.told()),
            Self::DropConstraint { table, name } => format!("drop constraint {name} of {table}"),
            Self::CreateEnum { name, values } => {
                format!("create type {name}: {}", values.join(", "))
            }
            Self::CreateView { name, materialized, .. } => {
                let kind = if *materialized { "materialized view" } else { "view" };
                format!("create {kind} {name}")
            }
            Self::CreateFunction { name } => format!("create function {name}"),
            Self::CreateTrigger { name, table, when, event } => {
                format!("create trigger {name} {when} {event} on {table}")
            }
            Self::RevertOf { id } => format!("undo {id}, and do it again on the way back"),
        }
    }
}

impl TableWish {
    fn told(&self) -> String {
        let mut parts = Vec::new();
        match self.id {
            Id::None => {}
            Id::Bigint => parts.push("id".to_owned()),
            Id::Int => parts.push("id int".to_owned()),
            Id::Uuid => parts.push("id uuid".to_owned()),
        }
        // In a join table it is said of all of them.
        let key = |text: String| if self.join { text.replace(" primary key", "") } else { text };
        parts.extend(self.columns.iter().map(|column| key(column.told())));
        if self.timestamps {
            parts.extend(["created_at".to_owned(), "updated_at".to_owned()]);
        }
        let kind = if self.join { "join table" } else { "table" };
        format!("create {kind} {}: {}", self.name, parts.join(", "))
    }
}

impl IndexWish {
    fn told(&self, table: &str) -> String {
        let unique = if self.unique { "unique " } else { "" };
        let mut text = format!("add {unique}index to {table} over {}", listed(&self.parts));
        if let Some(predicate) = &self.predicate {
            text.push_str(&format!(" where {predicate}"));
        }
        text
    }
}

impl Rule {
    fn told(&self) -> String {
        match self {
            Self::Unique(columns) => format!("unique ({})", columns.join(", ")),
            Self::PrimaryKey(columns) => format!("primary key ({})", columns.join(", ")),
            Self::Check(condition) => format!("check ({condition})"),
            Self::ForeignKey { columns, to } => {
                let table = to.first().map_or("", |to| to.table.as_str());
                format!("foreign key ({}) to {table}", columns.join(", "))
            }
        }
    }
}

fn columns_told(columns: &[ColumnWish]) -> String {
    columns.iter().map(ColumnWish::told).collect::<Vec<_>>().join(", ")
}

impl ColumnWish {
    /// The name, and what is said about it.
    fn told(&self) -> String {
        use super::column::TypeWish;
        let mut text = self.name.clone();
        match &self.ty {
            TypeWish::Word { word, args, array } => {
                let args = if args.is_empty() { String::new() } else { format!("({args})") };
                text.push_str(&format!(" {}{args}{}", word.word, if *array { "[]" } else { "" }));
            }
            TypeWish::Enum(values) => text.push_str(&format!(" enum({})", values.join("|"))),
            TypeWish::Own { text: own, array } => {
                text.push_str(&format!(" {own}{}", if *array { "[]" } else { "" }));
            }
            TypeWish::OfKey => {}
        }
        if let Some(to) = &self.reference {
            text.push_str(&format!(" → {}", to.table));
            if to.on_delete != Action::NoAction {
                text.push_str(&format!(" ({})", to.on_delete.as_str().to_lowercase()));
            }
        }
        for (yes, word) in [
            (self.null == Some(true), " null"),
            (self.null == Some(false), " not null"),
            (self.unique, " unique"),
            (self.index && self.reference.is_none(), " indexed"),
            (self.primary_key, " primary key"),
        ] {
            if yes {
                text.push_str(word);
            }
        }
        if let Some(default) = &self.default {
            text.push_str(&format!(" = {default}"));
        }
        text
    }
}
