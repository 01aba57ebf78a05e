//! Writes the history. The callers own the transactions.

use dbmig_build::{Dialect, Digest, Settings, Version};

use super::evidence::{EVIDENCE, Evidence};
use super::read::stamp;
use super::tables::Tables;
use super::{Action, Ended, Mode};
use crate::session::{DbError, DbErrorKind, DbResult, Row, Session, Value};
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

/// Puts the version into Diesel's table; `false` when it was there already.
///
/// Done first in a migration's transaction: the primary key is the lock.
pub(crate) fn claim(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<bool> {
    let (dialect, table) = (session.dialect(), tables.diesel());
    let value = placeholder(dialect, 1);
    let sql = match dialect {
        Dialect::Sqlite => format!("INSERT OR IGNORE INTO {table} (version) VALUES ({value})"),
        Dialect::Postgres => {
            format!("INSERT INTO {table} (version) VALUES ({value}) ON CONFLICT DO NOTHING")
        }
        // IGNORE would cut what is too long, and how ON DUPLICATE KEY counts rows depends on the client.
        Dialect::Mysql => format!("INSERT INTO {table} (version) VALUES ({value})"),
    };
    match session.execute_with(&sql, &[version.as_str().into()]) {
        Err(error) if dialect == Dialect::Mysql && error.kind == DbErrorKind::Unique => Ok(false),
        result => Ok(result? == 1),
    }
}

/// Takes the version out of Diesel's table; `false` when it was not there.
pub(crate) fn forget(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<bool> {
    let value = placeholder(session.dialect(), 1);
    let sql = format!("DELETE FROM {} WHERE version = {value}", tables.diesel());
    Ok(session.execute_with(&sql, &[version.as_str().into()])? == 1)
}

/// PostgreSQL: [`claim`], or [`forget`], and [`newest_attempt`] in one call; `None` when there was
/// nothing to claim.
pub(crate) fn claim_and_look(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    claim: bool,
) -> DbResult<Option<(i64, bool)>> {
    let table = tables.diesel();
    let write = match claim {
        true => format!("INSERT INTO {table} (version) VALUES ($1) ON CONFLICT DO NOTHING"),
        false => format!("DELETE FROM {table} WHERE version = $1"),
    };
    let newest = newest_of(Dialect::Postgres, tables, "$1");
    let sql = format!(
        "WITH claimed AS ({write} RETURNING 1) SELECT n.* FROM claimed LEFT JOIN ({newest}) n ON TRUE"
    );
    let rows = session.query(&sql, &[version.as_str().into()])?;
    Ok(rows.into_iter().next().map(attempt_in))
}

/// The version is in Diesel's table: read back, since a file can have ended the transaction itself.
pub(crate) fn is_recorded(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<bool> {
    let value = placeholder(session.dialect(), 1);
    let sql = format!("SELECT '1' FROM {} WHERE version = {value}", tables.diesel());
    Ok(!session.query(&sql, &[version.as_str().into()])?.is_empty())
}

/// The same, and nobody reverts it before the transaction ends.
pub(crate) fn hold_version(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<bool> {
    let dialect = session.dialect();
    let for_update = match dialect {
        // Its transaction has the whole database.
        Dialect::Sqlite => "",
        Dialect::Postgres | Dialect::Mysql => " FOR UPDATE",
    };
    let (table, value) = (tables.diesel(), placeholder(dialect, 1));
    let sql = format!("SELECT '1' FROM {table} WHERE version = {value}{for_update}");
    Ok(!session.query(&sql, &[version.as_str().into()])?.is_empty())
}

/// The number that the next attempt of a version gets.
pub(crate) fn next_attempt(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<i64> {
    newest_attempt(session, tables, version).map(|(number, _)| number.saturating_add(1))
}

/// What the newest attempt of a version left, in one look: its number, and whether it is half done.
pub(crate) fn newest_attempt(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<(i64, bool)> {
    let dialect = session.dialect();
    let sql = newest_of(dialect, tables, &placeholder(dialect, 1));
    let rows = session.query(&sql, &[version.as_str().into()])?;
    Ok(rows.into_iter().next().map_or((0, false), attempt_in))
}

fn newest_of(dialect: Dialect, tables: &Tables, version: &str) -> String {
    format!(
        "SELECT {number} AS number, CASE WHEN mode = 'stmt' AND state <> 'finished' AND NOT \
         (state = 'failed' AND statements_done = 0 AND intent = 0) THEN 'yes' END AS half FROM {table} h \
         WHERE version = {version} ORDER BY h.attempt DESC LIMIT 1",
        // Named by its table below: PostgreSQL would sort by the text that is selected.
        number = text(dialect, "attempt"),
        table = tables.history(),
    )
}

/// Number, and whether it is half done; no attempt is number 0.
fn attempt_in(row: Row) -> (i64, bool) {
    let mut row = row.into_iter();
    let number = row.next().flatten().and_then(|text| text.parse().ok()).unwrap_or(0);
    (number, row.next().flatten().is_some())
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

/// Statement mode: journals progress and the next intent in one write.
///
/// `done` statements are in the database, `intent` is about to be sent (equal to `done` when nothing is).
pub(crate) fn advance(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    number: i64,
    (done, done_digest): (usize, &Digest),
    intent: usize,
) -> DbResult<()> {
    update(session, tables, (version, number), (done, done_digest), intent, "")
}

/// Statement mode: all statements are in the database, and the attempt is over.
pub(crate) fn finish_attempt(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    number: i64,
    done: (usize, &Digest),
) -> DbResult<()> {
    let dialect = session.dialect();
    let stamp = text(dialect, stamp(dialect));
    let ending = format!(
        ", state = 'finished', error = NULL, finished_at = {}, \
         stamp = (SELECT {stamp} FROM {diesel} d WHERE d.version = {table}.version)",
        moment(dialect, 0.0),
        diesel = tables.diesel(),
        table = tables.history(),
    );
    update(session, tables, (version, number), done, done.0, &ending)
}

fn update(
    session: &mut dyn Session,
    tables: &Tables,
    (version, number): (&Version, i64),
    (done, done_digest): (usize, &Digest),
    intent: usize,
    more: &str,
) -> DbResult<()> {
    let (dialect, table) = (session.dialect(), tables.history());
    let place = |index| placeholder(dialect, index);
    // Whoever decided about the attempt meanwhile has finished it, or made a newer one. MySQL takes a
    // subquery on the table that is updated only when it stands in a FROM of its own.
    let sql = format!(
        "UPDATE {table} SET statements_done = {}, done_digest = {}, intent = {}{more} \
         WHERE version = {} AND attempt = {} AND state <> 'finished' AND attempt = \
         (SELECT newest FROM (SELECT MAX(attempt) AS newest FROM {table} WHERE version = {}) AS attempts)",
        place(1),
        place(2),
        place(3),
        place(4),
        place(5),
        place(6),
    );
    let values = [
        count(done).into(),
        done_digest.as_str().into(),
        count(intent).into(),
        version.as_str().into(),
        number.into(),
        version.as_str().into(),
    ];
    if session.execute_with(&sql, &values)? == 1 || is_at(session, tables, version, number)? {
        return Ok(());
    }
    let message = "somebody decided about this migration while it was running";
    Err(DbError::new(DbErrorKind::Other, message))
}

/// The attempt is the newest and open: MySQL counts no row when an update changes nothing.
fn is_at(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    number: i64,
) -> DbResult<bool> {
    if session.dialect() != Dialect::Mysql {
        return Ok(false);
    }
    let sql = format!(
        "SELECT CAST(attempt AS CHAR), state FROM {} WHERE version = ? ORDER BY attempt DESC LIMIT 1",
        tables.history()
    );
    let rows = session.query(&sql, &[version.as_str().into()])?;
    let Some(mut row) = rows.into_iter().next().map(Vec::into_iter) else { return Ok(false) };
    let same = row.next().flatten().and_then(|text| text.parse().ok()) == Some(number);
    Ok(same && row.next().flatten().as_deref() != Some(Ended::Finished.as_str()))
}

/// Statement mode: an attempt goes on with the files as they are now, as the newest of all.
pub(crate) fn restart(
    session: &mut dyn Session,
    tables: &Tables,
    run: &Run,
    attempt: &Attempt<'_>,
) -> DbResult<()> {
    let dialect = session.dialect();
    let sql = format!(
        "DELETE FROM {} WHERE version = {} AND attempt = {}",
        tables.history(),
        placeholder(dialect, 1),
        placeholder(dialect, 2),
    );
    session.execute_with(&sql, &[attempt.version.as_str().into(), attempt.number.into()])?;
    insert_record(session, tables, run, attempt)
}

/// Statement mode: how an attempt ended.
pub(crate) fn end_attempt(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    number: i64,
    ended: Ended,
    error: Option<&str>,
) -> DbResult<()> {
    let dialect = session.dialect();
    let place = |index| placeholder(dialect, index);
    let sql = format!(
        "UPDATE {table} SET state = {}, error = {}, finished_at = {finished}, \
         stamp = (SELECT {stamp} FROM {diesel} WHERE version = {}) WHERE version = {} AND attempt = {}",
        place(1),
        place(2),
        place(3),
        place(4),
        place(5),
        table = tables.history(),
        diesel = tables.diesel(),
        finished = moment(dialect, 0.0),
        stamp = text(dialect, stamp(dialect)),
    );
    let version = Value::from(version.as_str());
    let values = [ended.as_str().into(), Value::from(error), version, version, number.into()];
    session.execute_with(&sql, &values).map(drop)
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

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
