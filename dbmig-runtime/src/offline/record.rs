//! The rows of the history, as statements with literals.

use dbmig_build::{Dialect, Settings, Version};

use crate::history::{self, Attempt, Ended, Mode, Moments, Run, Tables};
use crate::runner::batch::Batch;
use crate::runner::{Work, attempt};
use crate::session::Value;
use crate::sql::{from_nothing, literal};

/// Why there is no runner behind a record.
const REASON: &str = "offline";
const RUNNER: &str = "script";

/// The version into Diesel's table, or out of it. Nothing is ignored: its key is what stops a second run.
pub(super) fn version_row(
    dialect: Dialect,
    tables: &Tables,
    version: &Version,
    up: bool,
) -> String {
    let (table, version) = (tables.diesel(), literal(dialect, version.as_str()));
    match up {
        true => format!("INSERT INTO {table} (version) VALUES ({version})"),
        false => format!("DELETE FROM {table} WHERE version = {version}"),
    }
}

/// Inserts the version twice, which fails, unless it is applied, or is not.
pub(super) fn stop_unless(
    dialect: Dialect,
    tables: &Tables,
    version: &Version,
    applied: bool,
) -> String {
    let not = if applied { "NOT " } else { "" };
    let value = literal(dialect, version.as_str());
    let exists = format!("EXISTS (SELECT 1 FROM {} WHERE version = {value})", tables.diesel());
    stop_if(dialect, tables, version, &format!("{not}{exists}"))
}

/// Inserts the version twice, which fails, where a condition holds.
pub(super) fn stop_if(
    dialect: Dialect,
    tables: &Tables,
    version: &Version,
    condition: &str,
) -> String {
    let version = literal(dialect, version.as_str());
    let insert = match dialect {
        // Diesel's table names no engine: where it is one without transactions, the first of the two would
        // stay. Ours is InnoDB.
        Dialect::Mysql => format!(
            "INSERT INTO {} (kind, name, value) SELECT 'guard', {version}, ''",
            tables.state()
        ),
        Dialect::Sqlite | Dialect::Postgres => {
            format!("INSERT INTO {} (version) SELECT {version}", tables.diesel())
        }
    };
    format!("{insert} FROM (SELECT 1 UNION ALL SELECT 2) AS twice WHERE {condition}")
}

/// SQLite: how many rows refer to nothing before a migration that runs with foreign keys off.
pub(super) const COUNT_VIOLATIONS: &str = "CREATE TEMP TABLE dbmig_violations AS \
    SELECT \"table\" AS child, parent, count(*) AS number FROM pragma_foreign_key_check GROUP BY 1, 2";
pub(super) const FORGET_VIOLATIONS: &str = "DROP TABLE temp.dbmig_violations";

/// Inserts the version twice, which fails, if more of them do now.
pub(super) fn stop_at_new_violations(tables: &Tables, version: &Version) -> String {
    format!(
        "INSERT INTO {} (version) SELECT {} FROM (SELECT 1 UNION ALL SELECT 2) AS twice WHERE EXISTS \
         (SELECT 1 FROM (SELECT \"table\" AS child, parent, count(*) AS number \
         FROM pragma_foreign_key_check GROUP BY 1, 2) AS later LEFT JOIN temp.dbmig_violations AS before \
         ON before.child = later.child AND before.parent = later.parent \
         WHERE later.number > COALESCE(before.number, 0))",
        tables.diesel(),
        literal(Dialect::Sqlite, version.as_str()),
    )
}

/// The record of a step that is done.
pub(super) fn finished(
    dialect: Dialect,
    tables: &Tables,
    (work, batch): (&Work<'_>, &Batch<'_>),
    before: Option<&Version>,
) -> String {
    let mut attempt = attempt::finished(dialect, work, 0, batch);
    if attempt.mode == Mode::Statement {
        attempt.done_digest = Some(batch.digest_of_first(batch.len()));
    }
    let version = literal(dialect, work.version.as_str());
    let number = format!(
        "(SELECT COALESCE(MAX(attempt), 0) + 1 FROM {} WHERE version = {version})",
        tables.history()
    );
    insert(dialect, tables, &attempt, number, before, "")
}

/// The record of what another tool has applied, unless somebody was faster.
pub(super) fn adopted(
    dialect: Dialect,
    tables: &Tables,
    attempt: &Attempt<'_>,
    before: Option<&Version>,
) -> String {
    let version = literal(dialect, attempt.version.as_str());
    let condition = format!(
        "{} WHERE EXISTS (SELECT 1 FROM {} WHERE version = {version}) AND NOT EXISTS \
         (SELECT 1 FROM {} WHERE version = {version} AND attempt >= {})",
        from_nothing(dialect),
        tables.diesel(),
        tables.history(),
        attempt.number,
    );
    insert(dialect, tables, attempt, attempt.number.to_string(), before, &condition)
}

fn insert(
    dialect: Dialect,
    tables: &Tables,
    attempt: &Attempt<'_>,
    number: String,
    before: Option<&Version>,
    condition: &str,
) -> String {
    let settings = attempt.evidence.settings.map(Settings::to_text);
    let run = Run { batch: 0, runner: RUNNER.to_owned() };
    let known = history::cells(&run, attempt, settings.as_deref());
    let mut columns = Vec::with_capacity(known.len() + 2);
    let mut cells = Vec::with_capacity(known.len() + 2);
    for (column, value) in known {
        columns.push(column);
        cells.push(match (column, value) {
            ("attempt", _) => number.clone(),
            ("batch", _) => batch(dialect, tables, before),
            ("reason", _) => literal(dialect, REASON),
            (_, Value::Null) => "NULL".to_owned(),
            (_, Value::Int(number)) => number.to_string(),
            (_, Value::Text(text)) => literal(dialect, text),
        });
    }
    let version = literal(dialect, attempt.version.as_str());
    columns.push("stamp");
    cells.push(history::stamp_of(dialect, tables, &version));
    let moments = Moments { seconds: 0.0, ended: Ended::Finished };
    history::insert_sql(dialect, tables, moments, (&columns, &cells), condition)
}

/// The number of the run: a new one for the first record, then that of the record before.
fn batch(dialect: Dialect, tables: &Tables, before: Option<&Version>) -> String {
    let table = tables.history();
    match before {
        None => format!("(SELECT COALESCE(MAX(batch), 0) + 1 FROM {table})"),
        Some(version) => format!(
            "COALESCE((SELECT batch FROM {table} WHERE version = {} ORDER BY attempt DESC LIMIT 1), 1)",
            literal(dialect, version.as_str())
        ),
    }
}
