//! Merges of lock files, as git leaves them.

use super::*;
use crate::lock::tests::{entry, file, sample};
use crate::lock::{Proof, Verdict};
use crate::{Demand, Dialect};

fn resolved(text: &str) -> LockFile {
    resolve(text).unwrap().lock
}

fn conflicted(ours: &LockFile, theirs: &LockFile) -> String {
    format!("<<<<<<< ours\n{}=======\n{}>>>>>>> theirs\n", ours.render(), theirs.render())
}

#[test]
fn takes_both_sides_and_is_stable() {
    let (mut ours, mut theirs) = (sample(), sample());
    ours.insert(entry("2024-03-01-000000_ours"));
    theirs.insert(entry("2024-02-01-000000_theirs"));
    let text = conflicted(&ours, &theirs);
    assert!(matches!(LockFile::parse(&text), Err(LockError::Conflict(1))));
    let merged = resolved(&text);
    assert_eq!(merged.len(), 4);
    assert_eq!(resolved(&merged.render()), merged);
    assert_eq!(LockFile::parse(&merged.render()).unwrap(), merged);
    assert_eq!(resolved(&conflicted(&theirs, &ours)).render(), merged.render());
}

#[test]
fn the_common_ancestor_of_a_diff3_conflict_is_no_side() {
    let (mut ours, theirs) = (sample(), sample());
    let mut base = sample();
    base.insert(entry("2024-05-01-000000_only_in_base"));
    ours.insert(entry("2024-03-01-000000_ours"));
    let text = format!(
        "<<<<<<< ours\n{}||||||| base\n{}=======\n{}>>>>>>> theirs\n",
        ours.render(),
        base.render(),
        theirs.render()
    );
    assert_eq!(resolved(&text), ours);
}

#[test]
fn policies_are_merged_the_same_from_both_sides() {
    let with = |start: Option<&str>, level: crate::Level| {
        let mut lock = sample();
        lock.policy.start_after = start.map(|start| Version::new(start.to_owned()));
        lock.policy.lints.insert("missing-down".into(), level);
        let demand = if level == crate::Level::Deny { Demand::Strict } else { Demand::Warn };
        (lock.policy.proof, lock.policy.schema_rs) = (demand, demand);
        lock
    };
    let (strict, mild) =
        (with(Some("1"), crate::Level::Deny), with(Some("2"), crate::Level::Allow));
    let none = with(None, crate::Level::Warn);
    for (ours, theirs, start) in [(&strict, &mild, Some("1")), (&strict, &none, None)] {
        let merged = resolved(&conflicted(ours, theirs));
        assert_eq!(resolved(&conflicted(theirs, ours)), merged);
        assert_eq!(merged.policy.lints["missing-down"], crate::Level::Deny);
        assert_eq!(merged.policy.proof, Demand::Strict);
        assert_eq!(merged.policy.schema_rs, Demand::Strict);
        assert_eq!(merged.policy.start_after.as_ref().map(Version::as_str), start);
    }
}

#[test]
fn a_line_that_was_lost_is_not_resolved_away() {
    let text = sample().render();
    let line = text.lines().find(|line| line.starts_with("migration")).unwrap();
    let lost = resolve(&text.replace(&format!("{line}\n"), ""));
    assert_eq!(lost, Err(ResolveError::Lost { what: "migrations", counted: 2, held: 1 }));
    // Both lines kept by hand, one header of the two: that can be mended.
    let mut more = sample();
    more.insert(entry("2024-05-01-000000_more"));
    let header = sample().render().lines().nth(2).unwrap().to_owned();
    let by_hand = more.render().replace(more.render().lines().nth(2).unwrap(), &header);
    assert_eq!(resolved(&by_hand), more);
}

#[test]
fn what_both_sides_changed_of_a_repeatable_or_a_seed_is_left_open() {
    let with = |text: &str| {
        let mut lock = sample();
        lock.repeatables.insert("R__c.sql".into(), file(text, None));
        lock.seeds.insert("reference/001_a=b.csv".into(), file(text, None));
        lock.seeds.insert(format!("reference/{text}.sql"), file(text, None));
        lock.schemas.insert("../src/schema.rs".into(), file(text, None));
        lock
    };
    let both = resolve(&conflicted(&with("ours"), &with("theirs"))).unwrap();
    assert_eq!(both.open, ["../src/schema.rs", "R__c.sql", "reference/001_a=b.csv"]);
    assert!(both.lock.schemas.is_empty());
    assert_eq!(both.lock.repeatables.keys().collect::<Vec<_>>(), ["R__a b.sql"]);
    let seeds: Vec<_> = both.lock.seeds.keys().collect();
    assert_eq!(seeds, ["reference/ours.sql", "reference/theirs.sql"]);
    let again = resolve(&both.lock.render()).unwrap();
    assert_eq!((again.lock, again.open), (both.lock, vec![]));
}

#[test]
fn void_proofs_go_and_others_stay() {
    let newest = sample().newest().unwrap().clone();
    let proved = |server: &str| {
        let mut lock = sample();
        let inputs = lock.proof_inputs(&newest).unwrap();
        let (verdict, dialect) = (Verdict::Lossless, Dialect::Sqlite);
        let (server, no_rows) = (server.to_owned(), vec![]);
        let proof = Some(Proof { verdict, inputs, dialect, server, no_rows });
        let entry = LockEntry { proof, ..lock.get(&newest).unwrap().clone() };
        lock.insert(entry);
        lock
    };
    let mut early = sample();
    early.insert(entry("2023-01-01-000000_early"));
    for (theirs, kept) in
        [(sample(), true), (proved("sqlite-3"), true), (proved("sqlite-4"), false), (early, false)]
    {
        for text in
            [conflicted(&proved("sqlite-3"), &theirs), conflicted(&theirs, &proved("sqlite-3"))]
        {
            let merged = resolved(&text);
            assert_eq!(merged.get(&newest).unwrap().proof.is_some(), kept, "{text}");
        }
    }
}

#[test]
fn what_gets_another_version_is_left_out() {
    let (mut ours, mut theirs) = (sample(), sample());
    ours.insert(entry("2024-03-01-000000_ours"));
    theirs.insert(entry("2024-03-01-000000_theirs"));
    let without = BTreeSet::from(["2024-03-01-000000_ours".to_owned()]);
    let text = conflicted(&ours, &theirs);
    let known = Known { without, ..Known::default() };
    assert_eq!(resolve_with(&text, &known).unwrap().lock, theirs);
    assert_eq!(resolve_with(&ours.render(), &known).unwrap().lock, sample());
}

#[test]
fn of_two_lines_the_one_that_fits_the_files_is_kept() {
    let name = "2024-03-01-000000_x";
    let edited = LockEntry {
        digests: Digests { up: crate::Digest::of_file("up", b"e"), ..entry(name).digests },
        ..entry(name)
    };
    let late = LockEntry { late: Some("commutes".into()), ..entry(name) };
    let with = |entry: &LockEntry| {
        let mut lock = sample();
        lock.insert(entry.clone());
        lock
    };
    for (one, other, on_disk, expected) in [
        (&edited, &entry(name), &edited, Some(&edited)),
        (&edited, &entry(name), &entry(name), Some(&entry(name))),
        (&late, &entry(name), &entry(name), Some(&late)),
        (&late, &edited, &edited, Some(&edited)),
        (&edited, &entry(name), &entry("2024-03-01-000000_y"), None),
    ] {
        let on_disk = BTreeMap::from([(on_disk.dir_name.clone(), on_disk.digests.clone())]);
        let known = Known { on_disk, ..Known::default() };
        for (ours, theirs) in [(one, other), (other, one)] {
            let resolved = resolve_with(&conflicted(&with(ours), &with(theirs)), &known);
            assert_eq!(resolved.ok().map(|resolved| resolved.lock), expected.map(with));
        }
    }
}

#[test]
fn refuses_two_truths() {
    let (mut ours, mut theirs) = (sample(), sample());
    ours.insert(entry("2024-03-01-000000_ours"));
    theirs.insert(entry("2024-03-01-000000_theirs"));
    let error = resolve(&conflicted(&ours, &theirs)).unwrap_err();
    assert!(
        matches!(error, ResolveError::Contradiction(_, version) if version == "20240301000000")
    );
}

#[test]
fn refuses_half_a_conflict() {
    let text = conflicted(&sample(), &sample());
    for half in [
        "<<<<<<< a\n",
        "",
        &text[..text.len() / 2],
        text.trim_end(),
        &text[..text.find(">>>>>>>").unwrap()],
    ] {
        assert!(
            matches!(resolve(half), Err(ResolveError::Line(LockError::Malformed(_, _)))),
            "{half}"
        );
    }
}

#[test]
fn refuses_a_damaged_line() {
    let text = conflicted(&sample(), &sample()).replacen("up=sha256:", "up=sha25", 1);
    assert!(matches!(resolve(&text), Err(ResolveError::Line(LockError::Malformed(_, _)))));
}
