//! `late-draft`, `late-opaque`, `late-conflict`: a draft that sorts before a locked migration.
//!
//! Databases that ran the locked one first get the two in another order than fresh ones. Where the two
//! touch different things that makes no difference; where it does, the one would undo or break the other.

use super::{Decoded, Subject};
use crate::commute::{Others, Verdict};
use crate::{Code, Finding, Findings, Standing};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(newest) = subject.lock.and_then(|lock| lock.newest()) else { return };
    let late: Vec<_> = subject
        .migrations
        .iter()
        .filter(|m| m.standing == Standing::Draft && m.version < *newest)
        .collect();
    let Some(first) = late.iter().map(|draft| &draft.version).min() else { return };
    let locked =
        subject.migrations.iter().filter(|m| m.standing != Standing::Draft && m.version > *first);
    let others = subject
        .dialect()
        .map(|dialect| Others::new(dialect, locked.map(|m| (&m.version, m.dir_name, m.changes()))));
    for draft in late {
        findings.push(judge(subject, draft, others.as_ref()).about(&draft.version));
    }
}

fn judge(subject: &Subject<'_>, draft: &Decoded<'_>, others: Option<&Others<'_>>) -> Finding {
    let path = subject.raw.path_of(&[draft.dir_name, draft.file()]);
    let Some(others) = others else {
        return Finding::new(Code::LateOpaque, path, late_message(draft))
            .note("the lock names no dialect, so nobody can tell whether the two conflict")
            .help(ACCEPT);
    };
    match others.judge(&draft.version, draft.changes()) {
        Verdict::Conflicts { with, how, line } => Finding::new(
            Code::LateConflict,
            path,
            format!("migration `{}` sorts before locked `{with}` and {how}", draft.dir_name),
        )
        .at(line, 1)
        .help(format!("give it a version after the newest: `cargo dbmig rebase {}`", draft.version))
        .help(ACCEPT),
        Verdict::Opaque { what, whose, line } => {
            let finding = Finding::new(Code::LateOpaque, path, late_message(draft));
            let of = whose.as_deref().unwrap_or(draft.dir_name);
            let note = format!("what `{what}` of `{of}` (line {line}) touches is not known");
            match whose {
                Some(_) => finding.note(note),
                None => finding.at(line, 1).note(note),
            }
        }
        Verdict::Commutes => Finding::new(Code::LateDraft, path, late_message(draft))
            .note("it touches nothing that they touch, so the order makes no difference"),
    }
}

const ACCEPT: &str = "accept the order as it is: `cargo dbmig lock --late-ok \"<reason>\"`";

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
