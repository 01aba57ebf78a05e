//! `base-changed`, and late migrations against the base branch.
//!
//! What is on the base branch may be in any database: it does not change any more, and what is new
//! comes after its newest, or commutes with what is newer there.

use super::Checked;
use crate::commute::{Others, Verdict};
use crate::{Code, Dialect, Digests, Finding, Findings, Migration, MigrationSet, sql};

/// Compares a set with that of the base branch. `path` is how findings call the migrations directory.
pub fn against(ours: &Checked, base: &MigrationSet, base_name: &str, path: &str) -> Findings {
    let mut findings = Findings::default();
    let Some(set) = &ours.set else { return findings };
    let dialect = set.dialects().first().or(base.dialects().first()).copied();
    // A draft of the base is in no database that counts.
    let locked: Vec<_> =
        base.iter().filter(|m| base.lock_digest().is_none() || !m.is_draft()).collect();
    for theirs in &locked {
        let place = format!("{path}/{}", theirs.dir_name);
        match set.get(&theirs.version) {
            None => findings.push(
                Finding::new(
                    Code::BaseChanged,
                    place.clone(),
                    format!(
                        "migration `{}` is on `{base_name}`, and its directory is gone",
                        theirs.dir_name
                    ),
                )
                .help(format!("restore it: `git checkout {base_name} -- \"{place}\"`")),
            ),
            Some(now) => findings.extend(changed(now, theirs, base_name, path, dialect)),
        }
    }
    findings.extend(late(ours, set, &locked, base_name, path, dialect));
    findings.sort();
    findings
}

fn changed(
    now: &Migration,
    theirs: &Migration,
    base_name: &str,
    path: &str,
    dialect: Option<Dialect>,
) -> Vec<Finding> {
    let Digests { up, down, metadata, backfill } = &now.digests;
    let files = [
        (
            "up.sql",
            *up == theirs.digests.up || same_tokens(Some(&now.up), Some(&theirs.up), dialect),
        ),
        (
            "down.sql",
            *down == theirs.digests.down
                || same_tokens(now.down.as_deref(), theirs.down.as_deref(), dialect),
        ),
        ("metadata.toml", *metadata == theirs.digests.metadata || now.settings == theirs.settings),
        (
            "backfill.sql",
            *backfill == theirs.digests.backfill
                || same_tokens(now.backfill.as_deref(), theirs.backfill.as_deref(), dialect),
        ),
    ];
    files
        .into_iter()
        .filter(|(_, same)| !same)
        .map(|(file, _)| {
            let place = format!("{path}/{}/{file}", now.dir_name);
            Finding::new(
                Code::BaseChanged,
                place.clone(),
                format!(
                    "`{file}` of migration `{}` is on `{base_name}`, and was changed",
                    now.dir_name
                ),
            )
            .help("restore the file, and write a new migration with `cargo dbmig generate <name>`")
            .help(format!("restore it: `git checkout {base_name} -- \"{place}\"`"))
        })
        .collect()
}

fn same_tokens(now: Option<&str>, theirs: Option<&str>, dialect: Option<Dialect>) -> bool {
    let (Some(now), Some(theirs), Some(dialect)) = (now, theirs, dialect) else { return false };
    let digest = sql::token_digest(now, dialect);
    digest.is_some() && digest == sql::token_digest(theirs, dialect)
}

/// New here, and sorting before something that is on the base already.
fn late(
    ours: &Checked,
    set: &MigrationSet,
    base: &[&Migration],
    base_name: &str,
    path: &str,
    dialect: Option<Dialect>,
) -> Vec<Finding> {
    let (Some(newest), Some(dialect)) = (base.last().map(|m| &m.version), dialect) else {
        return vec![];
    };
    let known =
        |migration: &Migration| base.iter().any(|theirs| theirs.version == migration.version);
    let accepted = |migration: &Migration| {
        let entry = ours.lock.as_ref().and_then(|lock| lock.get(&migration.version));
        entry.is_some_and(|entry| entry.late.is_some())
    };
    let new: Vec<_> =
        set.iter().filter(|m| m.version < *newest && !accepted(m)).filter(|m| !known(m)).collect();
    let Some(first) = new.first() else { return vec![] };
    let newer = base.iter().filter(|theirs| theirs.version > first.version);
    let others = Others::new(dialect, newer.map(|m| (&m.version, &*m.dir_name, m.changes())));
    let judge = |migration: &&Migration| {
        let file = if migration.backfill.is_some() { "backfill.sql" } else { "up.sql" };
        let place = format!("{path}/{}/{file}", migration.dir_name);
        let name = &migration.dir_name;
        match others.judge(&migration.version, migration.changes()) {
            Verdict::Commutes => None,
            Verdict::Conflicts { with, how, .. } => Some(
                Finding::new(
                    Code::LateConflict,
                    place,
                    format!("migration `{name}` sorts before `{with}`, which is on `{base_name}`, and {how}"),
                )
                .help(format!("give it a version after the newest: `cargo dbmig rebase {}`", migration.version)),
            ),
            Verdict::Opaque { what, whose, .. } => Some(
                Finding::new(
                    Code::LateOpaque,
                    place,
                    format!("migration `{name}` sorts before migrations that are on `{base_name}`"),
                )
                .note(format!("what `{what}` of `{}` touches is not known", whose.as_deref().unwrap_or(name))),
            ),
        }
    };
    new.iter().filter_map(judge).collect()
}

#[cfg(test)]
mod tests {
    use super::against;
    use crate::check::test_support::{locked, raw, up, with_lock};
    use crate::check::{Checked, Options, run};
    use crate::{Code, RawSet};

    fn checked(raw: RawSet) -> Checked {
        run(
            &raw,
            &Options {
                dialects: Some(vec![crate::Dialect::Sqlite]),
                lock_required: false,
                ..Options::default()
            },
        )
    }

    fn codes(ours: RawSet, base: RawSet) -> Vec<Code> {
        let base = checked(base).set.unwrap();
        against(&checked(ours), &base, "main", "m").into_iter().map(|f| f.code).collect()
    }

    #[test]
    fn what_is_on_the_base_stays_as_it_is() {
        let base = || up(raw(&["1_a", "2_b"]), 0, "CREATE TABLE a (id INT);");
        assert_eq!(codes(base(), base()), []);
        assert_eq!(codes(raw(&["2_b"]), base()), [Code::BaseChanged]);
        assert_eq!(codes(up(base(), 0, "CREATE TABLE b (id INT);"), base()), [Code::BaseChanged]);
        assert_eq!(codes(up(base(), 0, "create table a (id int); -- x"), base()), []);
    }

    #[test]
    fn drafts_of_the_base_may_change() {
        let lock = locked(&raw(&["1_a"]));
        let base = with_lock(raw(&["1_a", "2_b"]), &lock);
        assert_eq!(codes(raw(&["1_a"]), base.clone()), []);
        assert_eq!(codes(raw(&["2_b"]), base), [Code::BaseChanged]);
    }

    #[test]
    fn what_is_new_comes_after_or_commutes() {
        let base = || up(raw(&["2_b"]), 0, "ALTER TABLE users ADD COLUMN theme TEXT");
        let with = |sql: &str| {
            up(up(raw(&["1_a", "2_b"]), 0, sql), 1, "ALTER TABLE users ADD COLUMN theme TEXT")
        };
        assert_eq!(codes(with("CREATE TABLE posts (id INT)"), base()), []);
        assert_eq!(codes(with("DROP TABLE users"), base()), [Code::LateConflict]);
        assert_eq!(codes(with("FROBNICATE x"), base()), [Code::LateOpaque]);
        // Accepted when it was locked.
        let mut lock = locked(&with("DROP TABLE users"));
        let mut entry = lock.get(&crate::Version::new("1")).unwrap().clone();
        entry.late = Some("nobody uses it".into());
        lock.insert(entry);
        assert_eq!(codes(with_lock(with("DROP TABLE users"), &lock), base()), []);
    }
}
