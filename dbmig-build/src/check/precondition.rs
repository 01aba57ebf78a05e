//! `invalid-precondition`, `skip-conflict`: preconditions that nobody can ask, and migrations that build on
//! one that may be skipped.
//!
//! What was skipped runs after those behind it, once its precondition holds: it is a late arrival, and the
//! same footprints that judge those tell whether the order makes a difference.

use super::{Decoded, Subject};
use crate::commute::{Others, Verdict};
use crate::{Code, Dialect, Finding, Findings, OnFail, Severity};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(dialect) = subject.dialect() else { return };
    for migration in &subject.migrations {
        if subject.is_judged(migration) {
            invalid(subject, migration, dialect, findings);
        }
        let preconditions = &migration.settings.preconditions;
        if let Some(at) = preconditions.iter().position(|one| one.on_fail == OnFail::Skip) {
            findings.extend(conflict(subject, migration, dialect, at));
        }
    }
}

/// The finding about precondition `at` (from 0), with its place where `metadata.toml` was read.
fn finding(
    subject: &Subject<'_>,
    migration: &Decoded<'_>,
    (code, at): (Code, usize),
    message: String,
) -> Finding {
    let path = subject.raw.path_of(&[migration.dir_name, "metadata.toml"]);
    let places = migration.metadata.as_ref().map(|read| &read.precondition_places);
    let finding = Finding::new(code, path, message);
    match places.and_then(|places| places.get(at)) {
        Some(&(line, column)) => finding.at(line, column),
        None => finding,
    }
}

fn invalid(
    subject: &Subject<'_>,
    migration: &Decoded<'_>,
    dialect: Dialect,
    findings: &mut Findings,
) {
    for (at, precondition) in migration.settings.preconditions.iter().enumerate() {
        if !precondition.is_one_select(dialect) {
            let message = format!("precondition {} is not one SELECT", at + 1);
            let code = Code::InvalidPrecondition;
            findings.push(
                finding(subject, migration, (code, at), message)
                    .help("write a query that answers one value: `query = \"SELECT count(*) FROM users WHERE email IS NULL\"` and `expect = 0`"),
            );
        }
    }
}

/// The first of those behind it that makes a difference.
fn conflict(
    subject: &Subject<'_>,
    migration: &Decoded<'_>,
    dialect: Dialect,
    at: usize,
) -> Option<Finding> {
    let judged = |other: &&Decoded<'_>| {
        other.version > migration.version
            && (subject.is_judged(migration) || subject.is_judged(other))
    };
    let requires = |other: &&Decoded<'_>| {
        judged(other) && other.settings.requires.as_ref() == Some(&migration.version)
    };
    if let Some(other) = subject.migrations.iter().find(requires) {
        let (name, other) = (migration.dir_name, other.dir_name);
        let message = format!("`{name}` may be skipped, and `{other}` requires its backfill");
        return Some(
            finding(subject, migration, (Code::SkipConflict, at), message)
                .help("let the run stop there: `on_fail = \"halt\"`"),
        );
    }
    let later = subject.migrations.iter().filter(judged);
    let others = Others::new(dialect, later.map(|m| (&m.version, m.dir_name, m.changes())));
    let name = migration.dir_name;
    let of = |message| finding(subject, migration, (Code::SkipConflict, at), message);
    let order =
        "a skipped migration runs behind those that come after it, once its precondition holds";
    match others.judge(&migration.version, migration.changes()) {
        Verdict::Commutes => None,
        Verdict::Conflicts { with, how, .. } => Some(
            of(format!("`{name}` may be skipped, comes before `{with}`, and {how}"))
                .note(order)
                .help("let the run stop there: `on_fail = \"halt\"`"),
        ),
        Verdict::Opaque { what, whose, line } => {
            let whose = whose.as_deref().unwrap_or(name);
            let mut finding =
                of(format!("`{name}` may be skipped, and nobody can tell what builds on it"))
                    .note(order)
                    .note(format!("what `{what}` of `{whose}` (line {line}) touches is not known"));
            finding.severity = Severity::Warning;
            Some(finding)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::test_support::{findings, locked, raw, up, with_lock};
    use crate::{Code, RawFile, RawSet, Severity};

    fn asking(mut raw: RawSet, index: usize, keys: &str) -> RawSet {
        let text = format!("run_in_transaction = true\n\n[[dbmig.precondition]]\n{keys}\n");
        raw.migrations[index].metadata = RawFile::Bytes(text.into());
        raw
    }

    #[test]
    fn a_precondition_is_one_select() {
        for (query, expected) in [
            ("SELECT count(*) FROM t", None),
            ("WITH a AS (SELECT 1) SELECT * FROM a", None),
            ("DELETE FROM t", Some(())),
            ("SELECT 1; SELECT 2", Some(())),
            ("", Some(())),
            ("PRAGMA table_info(t)", Some(())),
        ] {
            let found = findings(&asking(raw(&["1_a"]), 0, &format!("query = '{query}'")));
            let codes: Vec<_> = found.iter().map(|finding| finding.code).collect();
            let expected = Vec::from_iter(expected.map(|()| Code::InvalidPrecondition));
            assert_eq!(codes, expected, "{query}");
            for finding in found {
                assert_eq!(finding.location(), "migrations/1_a/metadata.toml:4:9");
            }
        }
    }

    #[test]
    fn what_may_be_skipped_has_nothing_built_on_it() {
        let skip = "query = 'SELECT 1'\non_fail = 'skip'";
        for (first, second, keys, expected) in [
            ("CREATE TABLE t (a INT)", "CREATE TABLE u (a INT)", skip, None),
            ("CREATE TABLE t (a INT)", "ALTER TABLE t RENAME TO u", "query = 'SELECT 1'", None),
            (
                "CREATE TABLE t (a INT)",
                "CREATE TABLE x (a INT); ALTER TABLE t ADD COLUMN b INT",
                skip,
                Some((Severity::Error, "comes before `2_b`")),
            ),
            (
                "CREATE TABLE t (a INT)",
                "FROBNICATE x",
                skip,
                Some((Severity::Warning, "nobody can tell what builds on it")),
            ),
        ] {
            let set = asking(up(up(raw(&["1_a", "2_b"]), 0, first), 1, second), 0, keys);
            let found = findings(&set);
            match expected {
                None => assert_eq!(found, []),
                Some((severity, message)) => {
                    assert_eq!(found.len(), 1, "{found:?}");
                    assert_eq!(found[0].code, Code::SkipConflict);
                    assert_eq!(found[0].severity, severity);
                    assert!(found[0].message.contains(message), "{}", found[0].message);
                    assert_eq!(found[0].location(), "migrations/1_a/metadata.toml:4:9");
                }
            }
        }
    }

    #[test]
    fn a_backfill_that_is_required_is_not_skipped() {
        let mut set = raw(&["1_t", "2_fill", "3_waits"]);
        let skip = "query = 'SELECT 1'\non_fail = 'skip'";
        set = asking(up(set, 1, crate::backfill::STOPPER), 1, skip);
        set.migrations[1].backfill = RawFile::Bytes(
            b"-- dbmig:table x\n-- dbmig:key id\nUPDATE x SET a = 1 WHERE id >= :lo AND id <= :hi;\n"
                .to_vec(),
        );
        assert_eq!(findings(&set), []);
        set.migrations[2].metadata = RawFile::Bytes(
            b"run_in_transaction = true\n[dbmig]\nrequires = \"backfill:2\"\n".to_vec(),
        );
        let found = findings(&set);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].message.contains("`3_waits` requires its backfill"), "{found:?}");
    }

    #[test]
    fn the_lock_knows_them() {
        let keys = "query = 'SELECT 1'\nexpect = 1\non_fail = 'warn'";
        let lock = locked(&asking(raw(&["1_a"]), 0, keys));
        let held = &lock.entries().next().unwrap().settings.preconditions;
        assert_eq!(held.len(), 1);
        assert_eq!(crate::LockFile::parse(&lock.render()).unwrap(), lock);
        assert_eq!(findings(&with_lock(asking(raw(&["1_a"]), 0, keys), &lock)), []);
        let other = asking(raw(&["1_a"]), 0, &keys.replace("expect = 1", "expect = 2"));
        assert_eq!(findings(&with_lock(other, &lock))[0].code, Code::Modified);
    }
}
