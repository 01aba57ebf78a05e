//! `fixtures/rows/<dialect>/<name>.sql`: migrations that work on empty tables and fail, or lose something, with
//! rows; each made after a public report. How a file is laid out stands in `fixtures/rows/README.md`.

#![allow(unreachable_pub, reason = "every test binary takes what it needs")]

use std::fmt::Write as _;
use std::fs;

use crate::sandbox::{Ran, Sandbox, repository};

/// One file.
pub struct Case {
    pub name: String,
    /// What is printed about it, whatever else is.
    pub says: Vec<String>,
    before: String,
    up: String,
    down: String,
    /// The migration as it should have been.
    mended: Option<(String, String)>,
}

/// The cases of a dialect.
pub fn cases(dialect: &str) -> Vec<Case> {
    let folder = repository().join("fixtures/rows").join(dialect);
    let mut paths: Vec<_> =
        fs::read_dir(&folder).expect("cases").map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let text = fs::read_to_string(path).expect("a text");
        parse(&format!("{dialect}/{}", path.file_stem().expect("a name").to_string_lossy()), &text)
    };
    paths.iter().map(read).collect()
}

fn parse(name: &str, text: &str) -> Case {
    let (mut sources, mut reasons, mut says) = (0, 0, vec![]);
    let mut parts: Vec<(&str, String)> = vec![];
    for line in text.lines() {
        let comment = line.strip_prefix("-- ");
        if let Some(source) = comment.and_then(|line| line.strip_prefix("source: ")) {
            assert!(source.starts_with("https://"), "{name}: {source}");
            sources += 1;
        } else if comment.is_some_and(|line| line.starts_with("why: ")) {
            reasons += 1;
        } else if let Some(said) = comment.and_then(|line| line.strip_prefix("says: ")) {
            says.push(said.to_owned());
        } else if let Some(part) = comment {
            parts.push((part, String::new()));
        } else {
            let (_, part) = parts.last_mut().unwrap_or_else(|| panic!("{name}: {line}"));
            writeln!(part, "{line}").expect("a text takes it");
        }
    }
    assert!(sources == 1 && reasons == 1 && !says.is_empty(), "{name}: no source, why, or says");
    let mut take = |part: &str| {
        let at = parts.iter().position(|(found, _)| *found == part)?;
        Some(parts.remove(at).1)
    };
    let (before, up, down) = (take("before"), take("up"), take("down"));
    let (up, down) = (up.expect("an up"), down.expect("a down"));
    let mended = match (take("mended up"), take("mended down")) {
        (None, None) => None,
        (mended_up, mended_down) => Some((
            mended_up.unwrap_or_else(|| up.clone()),
            mended_down.unwrap_or_else(|| down.clone()),
        )),
    };
    assert!(parts.is_empty(), "{name}: {parts:?}");
    Case { name: name.to_owned(), says, before: before.expect("a before"), up, down, mended }
}

/// How many were found, mended, and what was not as it should be.
#[derive(Default)]
pub struct Tally {
    pub cases: usize,
    pub mended: usize,
    pub missed: String,
}

impl Tally {
    /// Proves the migration of a case, and its mended twin; `prove` runs the program on a new folder.
    pub fn take(
        &mut self,
        case: &Case,
        sandbox: &dyn Fn() -> Sandbox,
        prove: &dyn Fn(&Sandbox) -> Ran,
    ) {
        let proved = |up: &str, down: &str| {
            let sandbox = sandbox();
            sandbox.migration("1_before", &case.before, "SELECT 1;");
            sandbox.migration("2_bad", up, down);
            prove(&sandbox)
        };
        self.cases += 1;
        let ran = proved(&case.up, &case.down);
        for said in case.says.iter().filter(|said| !ran.stderr.contains(*said)) {
            writeln!(self.missed, "{}: not found: {said}\n{ran}", case.name).expect("a text");
        }
        let Some((up, down)) = &case.mended else { return };
        self.mended += 1;
        let ran = proved(up, down);
        let told =
            ["fails when there are rows", "fails with rows", "no way back", "the way back loses"];
        let wrong = ran.code != Some(0)
            || case.says.iter().any(|said| ran.stderr.contains(said))
            // What a mended migration changes on purpose it may lose; it fails on nothing.
            || told[..3].iter().any(|told| ran.stderr.contains(told) || ran.stdout.contains(told));
        if wrong {
            writeln!(self.missed, "{}: the mended one is told off\n{ran}", case.name)
                .expect("a text");
        }
    }
}
