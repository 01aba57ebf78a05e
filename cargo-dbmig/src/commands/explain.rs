//! `explain`: what a finding means, and how to mend it.

use clap::Args;
use dbmig_build::{Code, Group};
use serde_json::json;

use crate::config::nearest;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::output::{Format, Output};

/// Explain a finding
///
/// What it means, why it matters, how to fix it, and what can be configured. Needs neither a project nor
/// a database.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code in brackets behind `error`, `warning`, or `note`; without it all codes are listed
    code: Option<String>,
}

macro_rules! pages {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../explain/", $name, ".md"))),)*]
    };
}

/// One page a code.
const PAGES: &[(&str, &str)] = pages! {
    "allow-without-reason" "backfill-missing" "backfill-up" "base-changed" "base-unknown" "byte-order-mark" "client-command" "draft"
    "duplicate-version" "empty-up" "invalid-assertion" "invalid-backfill" "invalid-metadata" "invalid-name"
    "invalid-precondition" "invalid-requires" "late-conflict" "late-draft"
    "late-opaque" "link-outside" "lock-conflict" "lock-malformed" "lock-missing" "lock-unsupported" "metadata-not-read"
    "metadata-transaction-missing" "missing-down" "missing-up" "modified" "needs-no-transaction"
    "no-transaction-mixed" "not-utf8" "nul-byte" "policy-stale"
    "proof-failed" "proof-missing" "proof-void" "reformatted" "removed" "renamed" "repeatable-changed"
    "schema-rs-changed" "seed-changed" "seed-column" "seed-condition" "seed-duplicate"
    "seed-form" "seed-parent" "seed-value" "session-setting" "skip-conflict" "stray-sql" "todo-left" "transaction-control" "unknown-directive" "unknown-lint"
    "unreadable" "unsure-split" "unused-allow" "unusual-name"
};

pub(crate) fn run(output: &mut Output, args: &ExplainArgs) -> CliResult<Exit> {
    match &args.code {
        Some(name) => explain(output, name),
        None => list(output),
    }
}

fn explain(output: &mut Output, name: &str) -> CliResult<Exit> {
    // As it stands in a finding: `error[draft]`.
    let name = name.split_once('[').map_or(name, |(_, code)| code.trim_end_matches([']', ':']));
    let Some((code, page)) = PAGES.iter().find(|(code, _)| *code == name) else {
        return Err(unknown(name));
    };
    if output.format != Format::Json {
        output.raw(page);
    }
    output.json(&json!({ "dbmig": 1, "command": "explain", "code": code, "page": page }));
    Ok(Exit::Done)
}

fn unknown(name: &str) -> CliError {
    let error = CliError::usage(format!("there is no finding `{name}`"));
    match nearest(name, PAGES.iter().map(|(code, _)| *code)) {
        Some(near) => error.help(format!("did you mean `cargo dbmig explain {near}`?")),
        None => error,
    }
    .help("list the codes: `cargo dbmig explain`")
}

fn list(output: &mut Output) -> CliResult<Exit> {
    let width = Code::ALL.iter().map(|code| code.as_str().len()).max().unwrap_or_default();
    for code in Code::ALL {
        let (name, severity, title) = (code.as_str(), code.default_severity(), code.title());
        output.line(format!("{name:<width$}  {severity:<7}  {title}"));
    }
    output.help("read about one: `cargo dbmig explain <code>`");
    let codes: Vec<_> = Code::ALL
        .iter()
        .map(|code| {
            json!({
                "code": code.as_str(),
                "severity": code.default_severity().as_str(),
                "configurable": code.group() == Group::Habit,
                "title": code.title(),
            })
        })
        .collect();
    output.json(&json!({ "dbmig": 1, "command": "explain", "codes": codes }));
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    const HEADINGS: [&str; 5] = [
        "## What it means",
        "## Why it matters",
        "## Example",
        "## How to fix",
        "## Configuration",
    ];

    #[test]
    fn every_code_has_a_page_and_every_page_a_code() {
        let codes: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str().to_owned()).collect();
        let pages: BTreeSet<_> = PAGES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(pages, codes);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/explain");
        let files: BTreeSet<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(files, codes.iter().map(|code| format!("{code}.md")).collect());
    }

    #[test]
    fn every_page_has_the_same_form() {
        for (name, page) in PAGES {
            let code = Code::by_name(name).unwrap();
            assert_eq!(page.lines().next(), Some(&*format!("# {name}")), "{name}");
            let headings: Vec<_> = page.lines().filter(|line| line.starts_with("## ")).collect();
            assert_eq!(headings, HEADINGS, "{name}");
            // The example is a finding as it is printed.
            let finding = format!("{}[{name}]: ", code.default_severity());
            assert!(page.contains(&finding), "{name}");
            let configuration = page.split_once("## Configuration").unwrap().1;
            let habit = code.group() == Group::Habit;
            assert_eq!(configuration.contains("`[lints]`"), habit, "{name}");
            assert_eq!(configuration.contains("can not be changed"), !habit, "{name}");
            assert!(page.ends_with('\n') && !page.ends_with("\n\n"), "{name}");
        }
    }

    #[test]
    fn the_table_of_the_documentation_is_complete() {
        let docs = include_str!("../../../docs/findings.md");
        let rows: Vec<_> = docs.lines().filter(|line| line.starts_with("| `")).collect();
        let expected: Vec<_> = Code::ALL
            .iter()
            .map(|code| {
                let group = format!("{:?}", code.group()).to_lowercase();
                let (severity, title) = (code.default_severity(), code.title());
                format!("| `{code}` | {group} | {severity} | {title} |")
            })
            .collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn unknown_codes_are_answered_with_the_nearest() {
        assert_eq!(
            unknown("mising-down").help[0],
            "did you mean `cargo dbmig explain missing-down`?"
        );
        assert_eq!(unknown("xyz").help, ["list the codes: `cargo dbmig explain`"]);
    }
}
