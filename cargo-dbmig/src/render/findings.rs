//! Findings for people.

use dbmig_build::{Findings, Severity};

use super::words::count;
use crate::output::{Format, Output};

/// Prints findings, each with its place, facts, and ways out.
pub fn findings(output: &mut Output, findings: &Findings) {
    if output.format != Format::Human {
        return;
    }
    for finding in findings.iter() {
        output.message_line(format!("{}[{}]: {}", finding.severity, finding.code, finding.message));
        output.message_line(format!("  --> {}", finding.location()));
        for note in &finding.notes {
            output.message_line(format!("   = note: {note}"));
        }
        for help in &finding.help {
            output.message_line(format!("   = help: {help}"));
        }
    }
}

/// `2 errors, 1 warning`; `None` when there is neither.
pub fn summary(findings: &Findings) -> Option<String> {
    let part = |severity: Severity| match findings.count(severity) {
        0 => None,
        some => Some(count(some, severity.as_str())),
    };
    let parts: Vec<_> = [Severity::Error, Severity::Warning].into_iter().filter_map(part).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
