//! One row of `__dbmig_history`, read.

use dbmig_build::{Digest, Version};

use super::tables::HISTORY_TABLE;
use super::{Action, Ended, Mode, Record};
use crate::session::{DbError, DbErrorKind, DbResult, Row};

/// What is read of it, in this order; of texts as much as is shown, whoever wrote them.
pub(super) const COLUMNS: [&str; 19] = [
    "id",
    "version",
    "attempt",
    "action",
    "substr(name, 1, 1000)",
    "stamp",
    "up_digest",
    "up_tokens",
    "down_digest",
    "mode",
    "state",
    "statements_total",
    "statements_done",
    "done_digest",
    "intent",
    "batch",
    "finished_at",
    "substr(reason, 1, 4000)",
    "substr(error, 1, 4000)",
];

/// Reads [`COLUMNS`].
pub(super) fn from_row(row: Row) -> DbResult<(Version, Record)> {
    let mut columns = row.into_iter();
    let mut next = || columns.next().flatten();
    let number = |text: Option<String>| text.and_then(|text| text.parse().ok()).unwrap_or(0);
    let digest = |text: Option<String>| text.as_deref().and_then(Digest::parse);
    let id = number(next());
    let version = Version::new(next().unwrap_or_default());
    let attempt = number(next());
    let action = match next().as_deref() {
        Some("revert") => Action::Revert,
        Some("adopt") => Action::Adopt,
        Some("apply") => Action::Apply,
        Some("skip") => Action::Skip,
        other => return Err(newer("action", other)),
    };
    let (name, stamp) = (next().unwrap_or_default(), next());
    let (up_digest, up_tokens, down_digest) = (digest(next()), next(), digest(next()));
    let mode = match next().as_deref() {
        Some("tx") => Mode::Transaction,
        Some("stmt") => Mode::Statement,
        other => return Err(newer("mode", other)),
    };
    let ended = match next().as_deref() {
        Some("started") => Ended::Started,
        Some("finished") => Ended::Finished,
        Some("failed") => Ended::Failed,
        other => return Err(newer("state", other)),
    };
    let record = Record {
        id,
        attempt,
        action,
        name,
        stamp,
        up_digest,
        up_tokens,
        down_digest,
        mode,
        ended,
        statements_total: number(next()),
        statements_done: number(next()),
        done_digest: digest(next()),
        intent: number(next()),
        batch: number(next()),
        finished_at: next(),
        reason: next(),
        error: next(),
    };
    Ok((version, record))
}

/// A later release wrote what this one does not know.
pub(super) fn newer(column: &str, value: Option<&str>) -> DbError {
    let value = value.unwrap_or("NULL");
    let mut error = DbError::new(
        DbErrorKind::Other,
        format!("`{HISTORY_TABLE}` holds the {column} `{value}`, which this version does not know"),
    );
    error.hint = Some("a newer cargo-dbmig wrote it: update this one".into());
    error
}
