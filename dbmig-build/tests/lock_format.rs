//! The formats of the lock file that were written once are read for good.

use dbmig_build::lock::{LockError, Verdict, resolve};
use dbmig_build::{Demand, LockFile};

/// Holds every kind of line and of field.
const FORMAT_1: &str = include_str!("fixtures/lock/format-1.lock");

#[test]
fn format_1_is_read_and_written_byte_for_byte() {
    let lock = LockFile::parse(FORMAT_1).unwrap();
    assert_eq!(lock.render(), FORMAT_1);
    assert_eq!(resolve(FORMAT_1).unwrap().lock.render(), FORMAT_1, "what is in order stays");
    assert_eq!((lock.len(), lock.repeatables.len(), lock.seeds.len()), (4, 1, 2));
    assert_eq!(lock.schemas.keys().collect::<Vec<_>>(), ["../src/schema.rs"]);
    assert_eq!((lock.policy.proof, lock.policy.schema_rs), (Demand::Strict, Demand::Warn));
    let verdicts: Vec<_> =
        lock.entries().map(|entry| entry.proof.as_ref().unwrap().verdict.clone()).collect();
    assert_eq!(
        verdicts,
        [
            Verdict::Lossless,
            Verdict::LosslessReordered,
            Verdict::SchemaOnly(vec!["users.email".into(), "a table.b".into()]),
            Verdict::None("there is no way back".into()),
        ]
    );
}

#[test]
fn the_inputs_of_a_proof_are_digested_as_they_were() {
    let mut lock = LockFile::parse(FORMAT_1).unwrap();
    lock.drop_void_proofs();
    assert_eq!(lock.render(), FORMAT_1, "another digest would void every proof there is");
}

#[test]
fn what_a_newer_version_wrote_is_refused_by_line() {
    for (from, to, place, what) in [
        ("dbmig-lock 1", "dbmig-lock 2", 2, "format 2"),
        ("\nrepeatable ", "\nprocedure ", 14, "line `procedure`"),
        (" late=", " sometimes=", 11, "field `sometimes`"),
        ("dialects sqlite", "dialects oracle", 7, "dialect `oracle`"),
        ("policy start_after", "policy freeze_after", 8, "policy `freeze_after`"),
        ("schema_rs=warn", "schema_rs=maybe", 8, "policy `schema_rs=maybe`"),
        ("proof=lossless ", "proof=likely ", 10, "verdict `likely`"),
    ] {
        let text = FORMAT_1.replacen(from, to, 1);
        assert_ne!(text, FORMAT_1, "{from}");
        assert_eq!(LockFile::parse(&text), Err(LockError::Unsupported(place, what.into())));
    }
}

#[test]
fn damage_of_any_line_is_noticed() {
    for (index, line) in FORMAT_1.lines().enumerate().skip(1) {
        // Decisions have no count: the configuration has them as well, and `policy-stale` compares.
        if line.starts_with("policy") || line.starts_with("lint") {
            continue;
        }
        let gone = FORMAT_1.replacen(&format!("{line}\n"), "", 1);
        assert!(LockFile::parse(&gone).is_err(), "line {} is gone: {line}", index + 1);
        let cut = FORMAT_1.replacen(line, &line[..line.len() - 1], 1);
        let read = LockFile::parse(&cut);
        assert!(
            !read.is_ok_and(|read| read.render() == FORMAT_1),
            "line {} is cut: {line}",
            index + 1
        );
    }
}
