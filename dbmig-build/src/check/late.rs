//! `late-draft`, `late-opaque`, `late-conflict`: a draft that sorts before a locked migration.
//!
//! Databases that ran the locked one first get the two in another order than fresh ones. Where the two
//! touch different things that makes no difference; where it does, the one would undo or break the other.

use super::{Decoded, Subject};
use crate::sql::{self, Footprint};
use crate::{Code, Finding, Findings, Standing};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(newest) = subject.lock.and_then(|lock| lock.newest()) else { return };
    let late =
        subject.migrations.iter().filter(|m| m.standing == Standing::Draft && m.version < *newest);
    for draft in late {
        findings.push(judge(subject, draft));
    }
}

fn judge(subject: &Subject<'_>, draft: &Decoded<'_>) -> Finding {
    let path = subject.raw.path_of(&[draft.dir_name, "up.sql"]);
    let newer: Vec<_> = subject
        .migrations
        .iter()
        .filter(|m| m.standing != Standing::Draft && m.version > draft.version)
        .collect();
    let accept = "accept the order as it is: `cargo dbmig lock --late-ok \"<reason>\"`";
    let restamp =
        format!("give it a version after the newest: `cargo dbmig rebase {}`", draft.version);
    let Some(dialect) = subject.dialect() else {
        return Finding::new(Code::LateOpaque, path, late_message(draft))
            .note("the lock names no dialect, so nobody can tell whether the two conflict")
            .help(accept);
    };
    let footprint = sql::footprint(draft.up, dialect);
    let others: Vec<(&Decoded<'_>, Footprint)> =
        newer.iter().map(|m| (*m, sql::footprint(m.up, dialect))).collect();
    for (other, theirs) in &others {
        if let Some(conflict) = footprint.conflict(theirs) {
            return Finding::new(
                Code::LateConflict,
                path,
                format!(
                    "migration `{}` sorts before locked `{}` and conflicts with it: {conflict}",
                    draft.dir_name, other.dir_name
                ),
            )
            .help(restamp)
            .help(accept);
        }
    }
    let opaque = footprint
        .opaque()
        .map(|what| (draft, what))
        .or_else(|| others.iter().find_map(|(m, f)| f.opaque().map(|what| (*m, what))));
    match opaque {
        Some((whose, what)) => Finding::new(Code::LateOpaque, path, late_message(draft))
            .note(format!("what `{what}` of `{}` touches is not known", whose.dir_name)),
        None => Finding::new(Code::LateDraft, path, late_message(draft))
            .note("it touches nothing that they touch, so the order makes no difference"),
    }
}

fn late_message(draft: &Decoded<'_>) -> String {
    format!("migration `{}` sorts before migrations that are locked", draft.dir_name)
}

#[cfg(test)]
mod tests {
    use crate::Code;
    use crate::check::test_support::{codes, locked, raw, up, with_lock};

    fn late(draft: &str, locked_up: &str) -> Vec<Code> {
        let lock = locked(&up(raw(&["2_b"]), 0, locked_up));
        codes(&with_lock(up(up(raw(&["1_a", "2_b"]), 0, draft), 1, locked_up), &lock))
    }

    #[test]
    fn decides_by_footprint() {
        let add = "ALTER TABLE users ADD COLUMN theme TEXT";
        assert_eq!(late("CREATE TABLE posts (id INT)", add), [Code::Draft, Code::LateDraft]);
        assert_eq!(
            late("ALTER TABLE users ADD COLUMN role INT", add),
            [Code::Draft, Code::LateDraft]
        );
        let rebuild = "CREATE TABLE users2 (id INT); INSERT INTO users2 SELECT id FROM users; \
                       DROP TABLE users; ALTER TABLE users2 RENAME TO users";
        assert_eq!(late(rebuild, add), [Code::Draft, Code::LateConflict]);
        assert_eq!(late("FROBNICATE x", add), [Code::Draft, Code::LateOpaque]);
    }
}
