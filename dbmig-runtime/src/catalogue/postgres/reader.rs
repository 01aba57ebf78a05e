//! The state of a session in which the server writes its definitions the same way every time, and the
//! queries that are asked in it.

use dbmig_build::Dialect;

use super::cells::Cells;
use crate::catalogue::{Name, Schemas, Scope};
use crate::session::{DbError, DbErrorKind, DbResult, Session};
use crate::sql;

/// What the texts of the server depend on. With `pg_temp` at the end no temporary table hides one of the
/// schema. Compiling queries costs more here than they do.
const SETTINGS: &str = "SET LOCAL search_path = public, pg_temp; \
    SET LOCAL quote_all_identifiers = off; SET LOCAL standard_conforming_strings = on; \
    SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres'; \
    SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; \
    SET LOCAL lc_monetary = 'C'; SET LOCAL jit = off";

const SAVEPOINT: &str = "dbmig_catalogue";

/// Asks in that state, which ends with this call: everything is local to a transaction, or to a savepoint
/// of the caller's, that is rolled back. So it works on a replica and behind a pooler, and whatever the
/// session had is there again after an error too.
pub(super) fn reading<T>(
    session: &mut dyn Session,
    scope: &Scope,
    work: impl FnOnce(&mut Reader<'_>) -> DbResult<T>,
) -> DbResult<T> {
    let inside = !session.is_nested() && session.in_transaction()?;
    let (begin, end) = match () {
        () if inside => (
            format!("SAVEPOINT {SAVEPOINT}"),
            format!("ROLLBACK TO SAVEPOINT {SAVEPOINT}; RELEASE SAVEPOINT {SAVEPOINT}"),
        ),
        // A savepoint as well: it takes no isolation level.
        () if session.is_nested() => ("BEGIN".to_owned(), "ROLLBACK".to_owned()),
        // All queries see the same moment.
        () => ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned(), "ROLLBACK".to_owned()),
    };
    session.execute(&begin)?;
    let result = Reader::new(session, scope).and_then(|mut reader| work(&mut reader));
    let ended = session.execute(&end);
    // The first error is the one to tell.
    result.and_then(|value| ended.map(|()| value))
}

/// The major version of a server.
pub(super) fn major(session: &mut dyn Session) -> DbResult<u32> {
    let rows = session.query("SHOW server_version_num", &[])?;
    let number: u32 = rows.into_iter().next().map(Cells::new).map_or(0, |mut row| row.number());
    Ok(number / 10_000)
}

/// Asks the questions.
pub(super) struct Reader<'a> {
    session: &'a mut dyn Session,
    scope: &'a Scope,
    version: u32,
    schemas: String,
}

impl<'a> Reader<'a> {
    fn new(session: &'a mut dyn Session, scope: &'a Scope) -> DbResult<Self> {
        session.execute(SETTINGS)?;
        let version = major(session)?;
        if version < 12 {
            let message =
                format!("PostgreSQL {version} is too old to read its schema: use 12 or newer");
            return Err(DbError::new(DbErrorKind::Other, message));
        }
        Ok(Self { session, scope, version, schemas: schemas(&scope.schemas) })
    }

    /// The major version of the server.
    pub(super) const fn version(&self) -> u32 {
        self.version
    }

    /// An expression that the server knows since this version, NULL before.
    pub(super) const fn since(&self, version: u32, expression: &'static str) -> &'static str {
        if self.version >= version { expression } else { "NULL" }
    }

    /// Whether a thing of this name is looked at.
    pub(super) fn holds(&self, name: &Name) -> bool {
        self.scope.holds(name)
    }

    /// The rows of a query. `{schemas}` stands for the condition on the schema, whose alias must be `n`.
    pub(super) fn rows(&mut self, sql: &str) -> DbResult<impl Iterator<Item = Cells> + use<>> {
        let rows = self.session.query(&sql.replace("{schemas}", &self.schemas), &[])?;
        Ok(rows.into_iter().map(Cells::new))
    }
}

/// The condition on `n`, a row of `pg_namespace`.
fn schemas(which: &Schemas) -> String {
    const OWN: &str = "n.nspname::text !~ '^pg_' AND n.nspname <> 'information_schema'";
    match which {
        Schemas::Default => "n.nspname = 'public'".to_owned(),
        Schemas::All => OWN.to_owned(),
        Schemas::Named(names) if names.is_empty() => "false".to_owned(),
        Schemas::Named(names) => {
            let names: Vec<_> =
                names.iter().map(|name| sql::literal(Dialect::Postgres, name)).collect();
            format!("n.nspname IN ({}) AND {OWN}", names.join(", "))
        }
    }
}

/// The condition that an object belongs to no extension.
pub(super) fn no_member(class: &str, object: &str) -> String {
    member(class, object, "'e'", "NOT EXISTS")
}

/// The condition that an object belongs to no extension and to no other object.
pub(super) fn no_part(class: &str, object: &str) -> String {
    member(class, object, "'e', 'i'", "NOT EXISTS")
}

/// The condition that an object belongs to an extension.
pub(super) fn is_member(class: &str, object: &str) -> String {
    member(class, object, "'e'", "EXISTS")
}

fn member(class: &str, object: &str, kinds: &str, exists: &str) -> String {
    format!(
        "{exists} (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = {} AND m.objid = {object} \
         AND m.deptype IN ({kinds}))",
        class_of(class)
    )
}

/// The number of a catalogue.
pub(super) fn class_of(class: &str) -> String {
    format!("'pg_catalog.{class}'::pg_catalog.regclass::pg_catalog.oid")
}

/// The join that finds the comment of an object, `d.description`.
pub(super) fn comment(class: &str, object: &str) -> String {
    format!(
        "LEFT JOIN pg_catalog.pg_description d ON d.objoid = {object} AND d.classoid = {} \
         AND d.objsubid = '0'",
        class_of(class)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions() {
        for (which, expected) in [
            (Schemas::Default, "n.nspname = 'public'"),
            (Schemas::Named(Vec::new()), "false"),
            (
                Schemas::Named(vec!["a".into(), "it's".into()]),
                "n.nspname IN ('a', 'it''s') AND n.nspname::text !~ '^pg_' \
                 AND n.nspname <> 'information_schema'",
            ),
        ] {
            assert_eq!(schemas(&which), expected);
        }
    }
}
