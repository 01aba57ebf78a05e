//! Writes the history. The callers own the transactions.

use dbmig_build::{Dialect, Digest, Settings, Version};

use super::evidence::{EVIDENCE, Evidence};
use super::read::stamp;
use super::tables::Tables;
use super::{Action, Ended, Mode};
use crate::session::{DbResult, Session, Value};
use crate::sql::{from_nothing, moment, placeholder, text};

/// What writes, and in which version.
pub(crate) const TOOL: &str = concat!("dbmig ", env!("CARGO_PKG_VERSION"));

/// An attempt to be recorded.
#[derive(Debug, Clone)]
pub(crate) struct Attempt<'a> {
    pub(crate) version: &'a Version,
    pub(crate) number: i64,
    pub(crate) action: Action,
    pub(crate) name: &'a str,
    pub(crate) evidence: Evidence<'a>,
    pub(crate) mode: Mode,
    pub(crate) ended: Ended,
    pub(crate) total: usize,
    pub(crate) done: usize,
    /// How many are done once what is about to be sent is; as many as are done where nothing is.
    pub(crate) intent: usize,
    pub(crate) done_digest: Option<&'a Digest>,
    pub(crate) seconds: f64,
    /// Why a person decided it.
    pub(crate) reason: Option<&'a str>,
    pub(crate) error: Option<&'a str>,
}

impl<'a> Attempt<'a> {
    /// What was recorded without running anything.
    pub(crate) fn decided(
        (version, number): (&'a Version, i64),
        action: Action,
        name: &'a str,
        evidence: Evidence<'a>,
        reason: Option<&'a str>,
    ) -> Self {
        Self {
            version,
            number,
            action,
            name,
            evidence,
            mode: Mode::Transaction,
            ended: Ended::Finished,
            total: 0,
            done: 0,
            intent: 0,
            done_digest: None,
            seconds: 0.0,
            reason,
            error: None,
        }
    }
}

/// The run that attempts belong to.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) batch: i64,
    pub(crate) runner: String,
}

/// Inserts a record. `finished_at` is now by the server's clock, `started_at` the elapsed time before.
pub(crate) fn insert_record(
    session: &mut dyn Session,
    tables: &Tables,
    run: &Run,
    attempt: &Attempt<'_>,
) -> DbResult<()> {
    insert(session, tables, run, attempt, None).map(drop)
}

/// Inserts a record if the version is, or is not, in Diesel's table; `false` when that is otherwise.
pub(crate) fn insert_record_if(
    session: &mut dyn Session,
    tables: &Tables,
    run: &Run,
    attempt: &Attempt<'_>,
    recorded: bool,
) -> DbResult<bool> {
    insert(session, tables, run, attempt, Some(recorded))
}

fn insert(
    session: &mut dyn Session,
    tables: &Tables,
    run: &Run,
    attempt: &Attempt<'_>,
    recorded: Option<bool>,
) -> DbResult<bool> {
    let dialect = session.dialect();
    let settings = attempt.evidence.settings.map(Settings::to_text);
    let (columns, mut values): (Vec<_>, Vec<_>) =
        cells(run, attempt, settings.as_deref()).into_iter().unzip();
    let mut cells: Vec<_> = (1..=values.len()).map(|index| placeholder(dialect, index)).collect();
    let version = Value::from(attempt.version.as_str());
    let mut place = || {
        values.push(version);
        placeholder(dialect, values.len())
    };
    cells.push(stamp_of(dialect, tables, &place()));
    let condition = match recorded {
        None => String::new(),
        Some(recorded) => format!(
            "{} WHERE {}EXISTS (SELECT 1 FROM {} WHERE version = {})",
            from_nothing(dialect),
            if recorded { "" } else { "NOT " },
            tables.diesel(),
            place(),
        ),
    };
    let moments = Moments { seconds: attempt.seconds, ended: attempt.ended };
    let columns = [&columns[..], &["stamp"]].concat();
    let sql = insert_sql(dialect, tables, moments, (&columns, &cells), &condition);
    Ok(session.execute_with(&sql, &values)? == 1)
}

/// What a record holds, by column, but for what the database itself knows.
pub(crate) fn cells<'a>(
    run: &'a Run,
    attempt: &'a Attempt<'_>,
    settings: Option<&'a str>,
) -> Vec<(&'static str, Value<'a>)> {
    let evidence = EVIDENCE.into_iter().zip(attempt.evidence.values(settings));
    let others = [
        ("mode", attempt.mode.as_str().into()),
        ("state", attempt.ended.as_str().into()),
        ("statements_total", count(attempt.total).into()),
        ("statements_done", count(attempt.done).into()),
        ("done_digest", attempt.done_digest.map(Digest::as_str).into()),
        ("intent", count(attempt.intent).into()),
        ("batch", run.batch.into()),
        ("runner", run.runner.as_str().into()),
        ("reason", attempt.reason.into()),
        ("error", attempt.error.into()),
    ];
    let first = [
        ("version", attempt.version.as_str().into()),
        ("attempt", attempt.number.into()),
        ("action", attempt.action.as_str().into()),
        ("name", attempt.name.into()),
    ];
    first.into_iter().chain(evidence).chain(others).collect()
}

/// When an attempt began and ended, by the server's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moments {
    pub(crate) seconds: f64,
    pub(crate) ended: Ended,
}

/// The stamp of a version's row in Diesel's table; `version` is the parameter, or the literal.
pub(crate) fn stamp_of(dialect: Dialect, tables: &Tables, version: &str) -> String {
    let stamp = text(dialect, stamp(dialect));
    format!("(SELECT {stamp} FROM {} WHERE version = {version})", tables.diesel())
}

/// The statement that inserts a record: for each column a parameter, a literal, or an expression.
pub(crate) fn insert_sql(
    dialect: Dialect,
    tables: &Tables,
    moments: Moments,
    (columns, cells): (&[&str], &[String]),
    condition: &str,
) -> String {
    let started = moment(dialect, moments.seconds);
    let finished =
        if moments.ended == Ended::Started { "NULL".to_owned() } else { moment(dialect, 0.0) };
    format!(
        "INSERT INTO {table} ({columns}, tool, started_at, finished_at) \
         SELECT {cells}, '{TOOL}', {started}, {finished}{condition}",
        table = tables.history(),
        columns = columns.join(", "),
        cells = cells.join(", "),
    )
}

/// A revert voids what seeds and repeatables have left: it may have gone with the tables.
pub(crate) fn void_data(session: &mut dyn Session, tables: &Tables) -> DbResult<()> {
    void_sql(session.dialect(), tables).iter().try_for_each(|sql| session.execute(sql))
}

pub(crate) fn void_sql(dialect: Dialect, tables: &Tables) -> [String; 2] {
    let seeds =
        format!("DELETE FROM {} WHERE kind IN ('seed', 'seed-rows', 'seed-undo')", tables.state());
    [seeds, super::void_repeatables_sql(dialect, tables)]
}

pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
