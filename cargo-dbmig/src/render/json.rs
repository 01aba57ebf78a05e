//! Findings and notes as JSON.

use dbmig_build::{Assertion, Assertions, Finding, Precondition};
use dbmig_runtime::plan::Note;
use dbmig_runtime::{Done, Unmet};
use serde_json::{Value, json};

/// A finding.
pub fn finding_json(finding: &Finding) -> Value {
    json!({
        "code": finding.code.as_str(),
        "severity": finding.severity.as_str(),
        "message": finding.message,
        "path": finding.path,
        "line": finding.place.map(|(line, _)| line),
        "column": finding.place.map(|(_, column)| column),
        "notes": finding.notes,
        "help": finding.help,
    })
}

/// A note of a plan.
pub fn note_json(note: &Note) -> Value {
    let (kind, version) = match note {
        Note::RepeatableOlder(name) => {
            return json!({ "kind": "repeatable-older", "name": name });
        }
        Note::RepeatableWaits(name) => {
            return json!({ "kind": "repeatable-waits", "name": name });
        }
        Note::StaysApplied(versions) => {
            let versions: Vec<_> = versions.iter().map(|version| version.as_str()).collect();
            return json!({ "kind": "stays-applied", "versions": versions });
        }
        Note::Beyond(newest, count) => {
            return json!({ "kind": "beyond", "version": newest.as_str(), "count": count });
        }
        Note::Missing(version) => ("missing", version),
        Note::Modified { version, .. } => ("modified", version),
        Note::Late(version) => ("late", version),
        Note::DownDiffers(version) => ("down-differs", version),
        Note::DownRecorded(version) => ("down-recorded", version),
    };
    json!({ "kind": kind, "version": version.as_str() })
}

/// A migration whose precondition did not hold.
pub fn unmet_json(unmet: &Unmet) -> Value {
    json!({
        "version": unmet.version.as_str(),
        "name": unmet.name,
        "on_fail": unmet.on_fail.as_str(),
        "reason": unmet.reason,
    })
}

/// What is asked before a migration is applied, and what its text asserts.
pub(super) fn asked_json(preconditions: &[Precondition], assertions: &Assertions) -> Value {
    let precondition = |one: &Precondition| json!({ "query": one.query, "expect": one.expect, "on_fail": one.on_fail.as_str() });
    let assertion = |one: &Assertion| json!({ "when": one.when.as_str(), "query": one.query });
    json!({
        "preconditions": preconditions.iter().map(precondition).collect::<Vec<_>>(),
        "assertions": assertions.list.iter().map(assertion).collect::<Vec<_>>(),
    })
}

/// A step that was carried out.
pub fn done_json(done: &Done) -> Value {
    json!({
        "version": done.version.as_str(),
        "name": done.name,
        "statements": done.statements,
        "seconds": done.elapsed.as_secs_f64(),
    })
}

/// A repeatable that ran.
pub fn repeated_json(done: &Done) -> Value {
    json!({
        "name": done.name,
        "statements": done.statements,
        "seconds": done.elapsed.as_secs_f64(),
    })
}
