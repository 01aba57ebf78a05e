//! `--locked-schema`: a run that is committed only if every `schema.rs` stays as it is.

use std::cell::RefCell;
use std::rc::Rc;

use dbmig_runtime::plan::Plan;
use dbmig_runtime::session::{DbError, DbErrorKind, DbResult, Found, Row, Session, Value};
use dbmig_runtime::{Dialect, ErrorKind, Report, Scope, runner};

use super::maker::Maker;
use super::{SchemaFile, SchemaFiles, change, refuse};
use crate::context::Context;
use crate::database::Location;
use crate::error::{CliError, CliResult};
use crate::operations::running::{self, Sides};
use crate::render::Wording;
use crate::scaffold::FileChange;

const WOULD_CHANGE: &str = "would change, and the schema is locked";

/// Executes a plan in one transaction, and compares before it is committed.
pub(super) fn execute(
    files: &SchemaFiles,
    context: &mut Context<'_>,
    sides: &mut Sides,
    plan: &Plan,
    (wording, again): (Wording, &str),
) -> CliResult<Report> {
    let maker = Maker::of(context)?;
    if plan.is_empty() || !sides.has_database() {
        // A database that is not there is rehearsed in memory, where the session is.
        rehearse(sides, plan).or_else(|error| running::failed(context, error, again))?;
        let changes = changes(&maker, &files.files, &mut *sides.session)?;
        refuse_changes(context, &changes)?;
        return running::execute(context, sides, plan, wording, again);
    }
    sides.options.scope = Scope::All;
    let verdict = Verdict::default();
    let inner = std::mem::replace(&mut sides.session, Location::in_memory()?);
    sides.session = Box::new(Guard {
        inner,
        maker,
        files: files.files.clone(),
        claims: false,
        verdict: Rc::clone(&verdict),
    });
    let result = running::run(context, sides, plan, wording);
    match (result, verdict.take()) {
        (Ok(report), _) => Ok(report),
        (Err(_), Some(verdict)) => {
            refuse_changes(context, &verdict?)?;
            unreachable!("a verdict without a change is none")
        }
        (Err(error), None) => match error.kind {
            ErrorKind::NotInOneTransaction { name, reason } => Err(undecided(&name, reason)),
            _ => running::failed(context, error, again),
        },
    }
}

/// Runs a plan where nothing stays.
fn rehearse(sides: &mut Sides, plan: &Plan) -> Result<Report, dbmig_runtime::Error> {
    let Sides { set, history, session, options, .. } = sides;
    runner::run(&mut **session, set, history, plan, options, &mut dbmig_runtime::Silent)
}

fn changes(
    maker: &Maker,
    files: &[SchemaFile],
    session: &mut dyn Session,
) -> CliResult<Vec<FileChange>> {
    let mut changes = vec![];
    for file in files {
        let schema = maker.make(session, &file.print)?;
        changes.extend(change(&file.path, schema.text)?);
    }
    Ok(changes)
}

fn refuse_changes(context: &mut Context<'_>, changes: &[FileChange]) -> CliResult<()> {
    if changes.is_empty() {
        return Ok(());
    }
    Err(refuse(context, changes, WOULD_CHANGE)
        .note("nothing was committed")
        .help("run it where the schema is not locked, and commit the file"))
}

fn undecided(name: &str, reason: &str) -> CliError {
    CliError::usage(format!(
        "`--locked-schema` can not be kept: what migration `{name}` does is not undone: {reason}"
    ))
    .note("nothing was run")
    .help("run it without, and compare afterwards: `cargo dbmig schema rs --check`")
}

/// Why a commit was refused.
type Verdict = Rc<RefCell<Option<CliResult<Vec<FileChange>>>>>;

/// A session that commits migrations only if no file would change.
struct Guard {
    inner: Box<dyn Session>,
    maker: Maker,
    files: Vec<SchemaFile>,
    /// The transaction says that a migration is done: others are about the tables of the history.
    claims: bool,
    verdict: Verdict,
}

impl Guard {
    fn judge(&mut self) -> DbResult<()> {
        let changes = changes(&self.maker, &self.files, &mut *self.inner);
        if matches!(&changes, Ok(changes) if changes.is_empty()) {
            return Ok(());
        }
        *self.verdict.borrow_mut() = Some(changes);
        Err(DbError::new(DbErrorKind::Other, "the schema is locked"))
    }
}

impl Session for Guard {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    fn execute(&mut self, sql: &str) -> DbResult<()> {
        if matches!(sql, "COMMIT" | "ROLLBACK")
            && std::mem::take(&mut self.claims)
            && sql == "COMMIT"
        {
            self.judge()?;
        }
        self.inner.execute(sql)
    }

    fn execute_with(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<usize> {
        self.claims |= sql.contains("__diesel_schema_migrations");
        self.inner.execute_with(sql, values)
    }

    fn query(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<Vec<Row>> {
        self.claims |= sql.starts_with("WITH claimed AS");
        self.inner.query(sql, values)
    }

    fn find(&mut self, select: &str, most: usize) -> DbResult<Found> {
        self.inner.find(select, most)
    }

    fn in_transaction(&mut self) -> DbResult<bool> {
        self.inner.in_transaction()
    }

    fn interrupted(&self) -> bool {
        self.inner.interrupted()
    }

    fn reconnect(&mut self) -> DbResult<bool> {
        self.inner.reconnect()
    }

    fn another(&self) -> DbResult<Option<Box<dyn Session>>> {
        self.inner.another()
    }
}
