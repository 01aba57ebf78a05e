//! What a record holds of the files.

use dbmig_build::{Digest, Digests, Settings, Version};

use super::tables::Tables;
use crate::session::{DbResult, Session, Value};
use crate::sql::{placeholder, text};

/// The files as they were at the time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evidence<'a> {
    pub(crate) digests: Option<&'a Digests>,
    pub(crate) settings: Option<&'a Settings>,
    pub(crate) up_tokens: Option<String>,
    pub(crate) down_sql: Option<&'a str>,
}

/// The columns of it, in the order of [`Evidence::values`].
pub(super) const EVIDENCE: [&str; 6] =
    ["up_digest", "up_tokens", "down_digest", "metadata_digest", "settings", "down_sql"];

impl Evidence<'_> {
    /// The values of its columns; `settings` as text.
    pub(super) fn values<'v>(&'v self, settings: Option<&'v str>) -> [Value<'v>; 6] {
        let of = |digest: Option<&'v Digest>| Value::from(digest.map(Digest::as_str));
        let digests = self.digests;
        [
            of(digests.map(|digests| &digests.up)),
            self.up_tokens.as_deref().into(),
            of(digests.and_then(|digests| digests.down.as_ref())),
            of(digests.and_then(|digests| digests.metadata.as_ref())),
            settings.into(),
            self.down_sql.into(),
        ]
    }
}

/// Copies what is known of the last finished apply into a newer record.
pub(crate) fn copy_evidence(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    number: i64,
) -> DbResult<()> {
    let (dialect, table) = (session.dialect(), tables.history());
    let place = |index| placeholder(dialect, index);
    let select = format!(
        "SELECT {} FROM {table} WHERE version = {} AND action IN ('apply', 'adopt') AND state = 'finished' \
         AND attempt < {} ORDER BY id DESC LIMIT 1",
        EVIDENCE.map(|column| text(dialect, column)).join(", "),
        place(1),
        place(2),
    );
    let key = [Value::from(version.as_str()), number.into()];
    let Some(row) = session.query(&select, &key)?.into_iter().next() else { return Ok(()) };
    let values: Vec<_> = row.iter().map(|value| Value::from(value.as_deref())).collect();
    set_evidence(session, tables, version, number, values)
}

/// What is known of the files from now on: a person accepted them.
pub(crate) fn replace_evidence(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    number: i64,
    evidence: &Evidence<'_>,
) -> DbResult<()> {
    let settings = evidence.settings.map(Settings::to_text);
    set_evidence(session, tables, version, number, evidence.values(settings.as_deref()).to_vec())
}

fn set_evidence<'v>(
    session: &mut dyn Session,
    tables: &Tables,
    version: &'v Version,
    number: i64,
    mut values: Vec<Value<'v>>,
) -> DbResult<()> {
    let dialect = session.dialect();
    let place = |index| placeholder(dialect, index);
    let assignment = |(index, column): (usize, &&str)| format!("{column} = {}", place(index + 1));
    let assignments: Vec<_> = EVIDENCE.iter().enumerate().map(assignment).collect();
    let update = format!(
        "UPDATE {} SET {} WHERE version = {} AND attempt = {}",
        tables.history(),
        assignments.join(", "),
        place(EVIDENCE.len() + 1),
        place(EVIDENCE.len() + 2),
    );
    values.extend([Value::from(version.as_str()), number.into()]);
    session.execute_with(&update, &values).map(drop)
}
