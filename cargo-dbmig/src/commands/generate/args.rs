//! The options of `generate`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::backfill::BackfillArgs;
use super::diff::DiffArgs;
use super::seed::SeedArgs;
use crate::error::{CliError, CliResult};
use crate::generate::{Id, Options};
use crate::shell;

/// Write a new migration, from what it is to do, or empty
///
/// Creates `<version>_<name>/` with `up.sql`, `down.sql`, and `metadata.toml`. The version is the time in
/// UTC and always sorts after the newest one there is.
///
/// A name that says what to do is done, both ways: `create_users name:string`, `add_phone_to_users
/// 'phone:string(20)'`, `remove_phone_from_users`, `rename_a_to_b_in_users`, `change_phone_in_users
/// phone:text`, `add_index_to_users email`, `create_join_table_posts_tags`, `drop_users`. So does a form:
/// `table`, `drop-table`, `rename-table`, `join-table`, `add-column`, `drop-column`, `change-column`,
/// `rename-column`, `index`, `drop-index`, `constraint`, `drop-constraint`, `enum`, `view`, `function`,
/// `trigger`, `revert-of`. Any other name, and whatever stands behind `migration`, is a name: the files
/// are empty.
///
/// A column is `name:type[:modifier…]`: `email:string(100):unique`, `team:references:cascade`,
/// `'role:enum:{admin,user}:default=user'`, `'price:decimal(10,2):check=price >= 0'`. What comes out is
/// tried on a scratch database before it is written, where there is one.
#[derive(Debug, Default, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct GenerateArgs {
    /// What is no migration of one's own words.
    #[command(subcommand)]
    pub(super) kind: Option<GenerateKind>,
    /// What the migration does, such as `create_users`; columns behind it
    #[arg(value_name = "WORD", required_unless_present_any = ["name", "diff"])]
    pub(super) words: Vec<String>,
    /// Take this version instead of the time
    #[arg(long, value_name = "VERSION")]
    pub(super) version: Option<String>,
    /// Leave `down.sql` out and declare why there is no way back
    #[arg(long, value_name = "REASON", value_parser = crate::commands::reason)]
    pub(super) irreversible: Option<String>,
    /// Run outside a transaction
    #[arg(long)]
    pub(super) no_transaction: bool,
    /// Show the files and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Look nothing up, and try nothing: no database is opened
    #[arg(long)]
    no_try: bool,
    /// The short form, also where it keeps others out of the table for long
    #[arg(long = "unsafe")]
    short: bool,
    /// Write Diesel's structs of the table as well
    #[arg(long)]
    model: bool,
    /// Where to; `src/models/<table>.rs` without
    #[arg(long, value_name = "FILE")]
    model_out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) diff: DiffArgs,
    #[command(flatten)]
    pub(super) form: FormArgs,
}

/// What has words of its own.
#[derive(Debug, Subcommand)]
pub(super) enum GenerateKind {
    Seed(SeedArgs),
    Backfill(BackfillArgs),
}

/// What the words leave unsaid.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "What is generated")]
pub(super) struct FormArgs {
    /// Columns, with commas between them
    #[arg(long, visible_alias = "attributes", value_name = "COLUMNS")]
    columns: Option<String>,
    /// The name of the table, as it is
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// The type of the key of a new table
    #[arg(long, value_name = "TYPE", value_enum)]
    id: Option<Id>,
    /// A new table without `id`
    #[arg(long, conflicts_with = "id")]
    no_id: bool,
    /// A new table without `created_at` and `updated_at`
    #[arg(long)]
    no_timestamps: bool,
    /// The name of an index or a constraint
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
    /// An index or a constraint that lets no two rows be alike
    #[arg(long)]
    unique: bool,
    /// The method of an index
    #[arg(long, value_name = "METHOD")]
    using: Option<String>,
    /// The condition of an index
    #[arg(long = "where", value_name = "CONDITION")]
    predicate: Option<String>,
    /// Columns that an index carries along
    #[arg(long, value_name = "COLUMNS")]
    include: Option<String>,
    /// A constraint that rows meet this condition; with --diff, without one: end with 1 when there is
    /// something to do, and write nothing
    #[arg(long, value_name = "CONDITION", num_args = 0..=1, default_missing_value = "")]
    check: Option<String>,
    /// A constraint that makes the primary key
    #[arg(long)]
    pk: bool,
    /// A constraint that points to a table, or to columns of it
    #[arg(long, value_name = "TABLE[.COLUMN]")]
    fk: Option<String>,
    /// What happens when the row there goes: cascade, restrict, set_null, set_default
    #[arg(long, value_name = "ACTION")]
    on_delete: Option<String>,
    /// What happens when the row there changes its key
    #[arg(long, value_name = "ACTION")]
    on_update: Option<String>,
    /// A view that keeps its rows
    #[arg(long)]
    materialized: bool,
}

impl GenerateArgs {
    /// `--diff` and nothing else.
    pub(super) fn difference(name: Option<&str>) -> Self {
        let words = name.map(str::to_owned).into_iter().collect();
        Self { words, diff: DiffArgs::alone(), ..Self::default() }
    }

    pub(super) fn dry_run(&self) -> bool {
        self.dry_run
    }

    pub(super) fn no_try(&self) -> bool {
        self.no_try
    }

    pub(super) fn wants_model(&self) -> bool {
        self.model || self.model_out.is_some()
    }

    pub(super) fn model_out(&self) -> Option<&PathBuf> {
        self.model_out.as_ref()
    }

    pub(super) fn short(&self) -> bool {
        self.short
    }

    /// What was typed behind `generate --diff`, but for `--dry-run`, as words for a shell.
    pub(super) fn typed_again(&self) -> Vec<String> {
        let mut words: Vec<_> = self.words.iter().map(|word| shell::quoted(word)).collect();
        words.extend(self.version.iter().map(|it| format!("--version {}", shell::quoted(it))));
        words.extend(self.short.then(|| "--unsafe".to_owned()));
        words.extend(self.no_transaction.then(|| "--no-transaction".to_owned()));
        words.extend(self.diff.typed_again());
        words
    }

    /// Whether more was said than a name.
    pub(super) fn says_more(&self) -> bool {
        self.wants_model() || self.form.columns.is_some()
    }

    /// A condition must be said.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(super) fn has_condition(&self) -> CliResult<()> {
        match self.form.check.as_deref() {
            Some("") => Err(CliError::usage("`--check` needs a condition")
                .help("`cargo dbmig generate constraint <table> --check '<condition>'`")
                .help("or, to see whether something is missing: `cargo dbmig generate --diff --check`")),
            _ => Ok(()),
        }
    }

    pub(super) fn options(&self) -> Options {
        let form = &self.form;
        Options {
            columns: form.columns.clone(),
            table: form.table.clone(),
            id: if form.no_id { Id::None } else { form.id.unwrap_or_default() },
            no_timestamps: form.no_timestamps,
            name: form.name.clone(),
            unique: form.unique,
            using: form.using.clone(),
            predicate: form.predicate.clone(),
            include: form.include.clone(),
            check: form.check.clone(),
            pk: form.pk,
            fk: form.fk.clone(),
            on_delete: form.on_delete.clone(),
            on_update: form.on_update.clone(),
            materialized: form.materialized,
            short: self.short,
        }
    }
}

impl FormArgs {
    /// Whether `--check` stands alone, as with `--diff`.
    ///
    /// # Errors
    ///
    /// There is a condition, which belongs to a constraint.
    pub(super) fn checks(&self) -> CliResult<bool> {
        match self.check.as_deref() {
            None => Ok(false),
            Some("") => Ok(true),
            Some(word) => Err(CliError::usage(format!(
                "`--check {word}` is a condition, and `--diff` takes none"
            ))
            .help(
                "put the name of the migration first: `cargo dbmig generate --diff <name> --check`",
            )),
        }
    }
}
