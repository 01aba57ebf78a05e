//! Findings for people, and for GitHub.

use dbmig_build::{Finding, Findings, Severity};

use super::json::finding_json;
use super::words::count;
use crate::output::{Format, Output};

/// Prints findings, each with its place, facts, and ways out.
pub fn findings(output: &mut Output, findings: &Findings) {
    for finding in findings.iter() {
        match output.format {
            Format::Human | Format::Sql | Format::Mermaid | Format::Dot => human(output, finding),
            Format::Short => output.line(finding.one_line()),
            Format::Github => output.line(github(finding)),
            Format::Json => {
                let mut finding = finding.clone();
                finding.help.iter_mut().for_each(|help| *help = output.completed(help));
                output.found(finding_json(&finding));
            }
        }
    }
}

fn human(output: &mut Output, finding: &Finding) {
    output.message_line(format!("{}[{}]: {}", finding.severity, finding.code, finding.message));
    output.message_line(format!("  --> {}", finding.location()));
    for note in &finding.notes {
        output.message_line(format!("   = note: {note}"));
    }
    for help in &finding.help {
        let help = output.completed(help);
        output.message_line(format!("   = help: {help}"));
    }
}

/// A workflow command: `::error file=…,line=…,col=…,title=…::…`.
fn github(finding: &Finding) -> String {
    let word = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let place =
        finding.place.map_or(String::new(), |(line, column)| format!(",line={line},col={column}"));
    let mut message = finding.message.clone();
    for more in finding.notes.iter().chain(&finding.help) {
        message.push('\n');
        message.push_str(more);
    }
    format!(
        "::{word} file={}{place},title={}::{}",
        escaped(&finding.path, true),
        finding.code,
        escaped(&message, false)
    )
}

/// What GitHub's command syntax gives a meaning is sent as percent codes.
fn escaped(text: &str, property: bool) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    if property { text.replace(':', "%3A").replace(',', "%2C") } else { text }
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

#[cfg(test)]
mod tests {
    use dbmig_build::Code;

    use super::*;

    #[test]
    fn annotations_of_github() {
        let finding =
            Finding::new(Code::EmptyUp, "m/1_a,b/up.sql", "50% is empty").at(3, 4).help("write it");
        assert_eq!(
            github(&finding),
            "::error file=m/1_a%2Cb/up.sql,line=3,col=4,title=empty-up::50%25 is empty%0Awrite it"
        );
    }
}
