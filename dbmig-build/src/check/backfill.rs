//! `invalid-backfill`, `backfill-up`, `backfill-missing`, `invalid-requires`: migrations that change rows
//! in windows, and those that wait for them.
//!
//! Beside a `backfill.sql` the `up.sql` must stop Diesel: it would record the version and change nothing.

use super::{Decoded, Subject};
use crate::backfill::{self, Backfill, FILE_NAME, STOPPER};
use crate::{Code, Dialect, Finding, Findings};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(dialect) = subject.dialect() else { return };
    for migration in subject.migrations.iter().filter(|m| subject.is_judged(m)) {
        let path = |file: &str| subject.raw.path_of(&[migration.dir_name, file]);
        let stops = backfill::stops_diesel(migration.up, dialect);
        if let Some(text) = migration.backfill {
            findings.extend(invalid(text, dialect, &path(FILE_NAME)));
        }
        if migration.backfill.is_some() && !stops {
            let message = format!(
                "the `up.sql` of `{}` runs something beside a backfill",
                migration.dir_name
            );
            findings.push(
                Finding::new(Code::BackfillUp, path("up.sql"), message)
                    .at(1, 1)
                    .note("what it says is not run; Diesel would record the version without the backfill")
                    .help(format!("write `{STOPPER}` and nothing else"))
                    .help("put what changes the schema into a migration before it"),
            );
        }
        if migration.backfill.is_none() && stops {
            let message = format!("`{}` has no `backfill.sql`", migration.dir_name);
            findings.push(
                Finding::new(Code::BackfillMissing, path("up.sql"), message)
                    .at(1, 1)
                    .note("its `up.sql` only stops Diesel")
                    .help("bring `backfill.sql` back, or write it: `cargo dbmig generate backfill <name> --table <table> --set \"<column> = <expression>\"`"),
            );
        }
        findings.extend(requires(subject, migration).map(|message| {
            Finding::new(Code::InvalidRequires, path("metadata.toml"), message)
                .help("name the version of an earlier migration that has a `backfill.sql`")
        }));
    }
}

fn invalid(text: &str, dialect: Dialect, path: &str) -> Vec<Finding> {
    let problems = Backfill::parse(text, dialect).err().unwrap_or_default();
    let finding = |problem: backfill::BackfillProblem| {
        let (line, column) = problem.place;
        Finding::new(Code::InvalidBackfill, path, problem.message)
            .at(line, column)
            .help(problem.help)
    };
    problems.into_iter().map(finding).collect()
}

/// What is wrong with the backfill that a migration waits for.
fn requires(subject: &Subject<'_>, migration: &Decoded<'_>) -> Option<String> {
    let required = migration.settings.requires.as_ref()?;
    let name = migration.dir_name;
    let found = subject.migrations.iter().find(|other| other.version == *required);
    match found {
        None => Some(format!(
            "`{name}` requires the backfill `{required}`, and there is no such migration"
        )),
        Some(other) if other.backfill.is_none() => {
            Some(format!("`{name}` requires a backfill of `{}`, which has none", other.dir_name))
        }
        Some(other) if other.version >= migration.version => Some(format!(
            "`{name}` requires the backfill of `{}`, which comes after it",
            other.dir_name
        )),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::backfill::STOPPER;
    use crate::check::test_support::{codes, findings, locked, raw, up, with_lock};
    use crate::{Code, RawFile, RawSet};

    const SOUND: &str =
        "-- dbmig:table t\n-- dbmig:key id\nUPDATE t SET a = 1 WHERE id >= :lo AND id <= :hi;\n";

    fn with_backfill(text: &str) -> RawSet {
        let mut raw = up(raw(&["1_a", "2_b"]), 0, STOPPER);
        raw.migrations[0].backfill = RawFile::Bytes(text.into());
        raw
    }

    #[test]
    fn a_backfill_and_its_up_belong_together() {
        assert_eq!(codes(&with_backfill(SOUND)), []);
        assert_eq!(codes(&up(with_backfill(SOUND), 0, "SELECT 1")), [Code::BackfillUp]);
        assert_eq!(codes(&up(raw(&["1_a"]), 0, STOPPER)), [Code::BackfillMissing]);
        let found = findings(&with_backfill(&SOUND.replace(">= :lo", "> :lo")));
        assert_eq!(found[0].code, Code::InvalidBackfill);
        assert_eq!(found[0].location(), "migrations/1_a/backfill.sql:3:31");
        let mut unreadable = with_backfill(SOUND);
        unreadable.migrations[0].backfill = RawFile::Bytes(b"\xff".to_vec());
        assert_eq!(codes(&unreadable), [Code::NotUtf8]);
    }

    #[test]
    fn what_is_required_comes_before() {
        for (index, required, expected) in [
            (1, "1", &[][..]),
            (1, "1_a", &[]),
            (1, "7", &[Code::InvalidRequires]),
            (1, "2", &[Code::InvalidRequires]),
            (0, "1", &[Code::InvalidRequires]),
        ] {
            let mut raw = with_backfill(SOUND);
            let text =
                format!("run_in_transaction = true\n[dbmig]\nrequires = \"backfill:{required}\"\n");
            raw.migrations[index].metadata = RawFile::Bytes(text.into());
            assert_eq!(codes(&raw), expected, "{index} {required}");
        }
    }

    #[test]
    fn the_lock_knows_its_bytes() {
        let lock = locked(&with_backfill(SOUND));
        for (text, expected) in [
            (SOUND.to_owned(), None),
            (SOUND.replace("UPDATE t", "update  t"), Some(Code::Reformatted)),
            (SOUND.replace("a = 1", "a = 2"), Some(Code::Modified)),
            (
                SOUND.replace("-- dbmig:key id\n", "-- dbmig:key id\n-- dbmig:batch 5\n"),
                Some(Code::Modified),
            ),
        ] {
            let changed = with_lock(with_backfill(&text), &lock);
            assert_eq!(codes(&changed), Vec::from_iter(expected), "{text}");
        }
    }
}
