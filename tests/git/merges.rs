//! RELIABILITY T25: what becomes of the lock file when two branches come together. Nothing is lost in
//! silence, and resolving is stable.

use crate::support::Sandbox;
use crate::{add, codes, commit, lock, repository};

/// What a branch does to the base.
#[derive(Clone, Copy)]
enum Does {
    Add(&'static str),
    /// Adds, and leaves it a draft.
    Draft(&'static str),
    /// Edits and relocks.
    Edit(&'static str, &'static str),
    /// Removes and relocks.
    Remove(&'static str),
    /// Writes a file and locks.
    Write(&'static str, &'static str),
    Nothing,
}
use Does::{Add, Draft, Edit, Nothing, Remove, Write};

/// How the two come together; `theirs` is the branch of the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum How {
    Merge,
    Rebase,
    CherryPick,
    Squash,
}
use How::{CherryPick, Merge, Rebase, Squash};

/// What git says, and what `check` finds in the end.
#[derive(Debug, PartialEq, Eq)]
struct End {
    conflict: bool,
    resolve: Option<i32>,
    found: Vec<String>,
}

fn end(conflict: bool, resolve: Option<i32>, found: &[&str]) -> End {
    End { conflict, resolve, found: found.iter().map(|code| (*code).to_owned()).collect() }
}

const ONE: &str = "2024-01-01-000000_one";
const TWO: &str = "2024-01-02-000000_two";
const OURS: &str = "2024-03-01-000000_ours";
const THEIRS: &str = "2024-02-01-000000_theirs";

fn act(sandbox: &Sandbox, does: Does) {
    let path = |name: &str| sandbox.path(&format!("migrations/{name}"));
    let version = |name: &str| name.split('_').next().unwrap_or_default().replace('-', "");
    match does {
        Add(name) => add(sandbox, name),
        Draft(name) => sandbox.migration(name, "CREATE TABLE d (a INT);\n", "DROP TABLE d;\n"),
        Edit(name, text) => {
            sandbox.write(&format!("migrations/{name}/up.sql"), text);
            lock(sandbox, &["--relock", &version(name)]);
        }
        Remove(name) => {
            std::fs::remove_dir_all(path(name)).expect("a directory of the sandbox");
            lock(sandbox, &["--relock", &version(name)]);
        }
        Write(name, text) => {
            sandbox.write(name, text);
            lock(sandbox, &[]);
        }
        Nothing => sandbox.write("README.md", "x"),
    }
    commit(sandbox, "work");
}

/// Every migration line of the lock.
fn lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("migration ")).collect()
}

fn run(kind: &str, ours: Does, theirs: Does, how: How) -> End {
    let sandbox = repository();
    let _ = sandbox.git(["checkout", "-q", "-b", "theirs"]).ok();
    act(&sandbox, theirs);
    let their_lock = sandbox.read("migrations/dbmig.lock");
    let _ = sandbox.git(["checkout", "-q", "-b", "ours", "main"]).ok();
    let base_lock = sandbox.read("migrations/dbmig.lock");
    act(&sandbox, ours);
    let our_lock = sandbox.read("migrations/dbmig.lock");
    let ran = match how {
        Merge => sandbox.git(["merge", "-q", "--no-edit", "theirs"]),
        Rebase => sandbox.git(["rebase", "-q", "theirs"]),
        CherryPick => sandbox.git(["cherry-pick", "theirs"]),
        Squash => sandbox.git(["merge", "-q", "--squash", "theirs"]),
    };
    let conflict = ran.code != Some(0);
    let text = sandbox.read("migrations/dbmig.lock");
    let marked = text.contains("<<<<<<<");
    let resolve = marked.then(|| {
        assert!(codes(&sandbox).contains(&"lock-conflict".to_owned()), "{kind}");
        let resolved = sandbox.dbmig(["lock", "--resolve"]);
        let text = sandbox.read("migrations/dbmig.lock");
        if resolved.code == Some(0) {
            assert!(!text.contains("<<<<<<<"));
            let _ = sandbox.dbmig(["lock", "--resolve"]).ok().says("nothing to lock");
            assert_eq!(sandbox.read("migrations/dbmig.lock"), text, "{kind}: not stable");
        }
        resolved.code.unwrap_or(-1)
    });
    let found = codes(&sandbox);
    // A line of one side that the other did not take out is there, or somebody is told.
    let end = sandbox.read("migrations/dbmig.lock");
    for (side, other) in [(&our_lock, &their_lock), (&their_lock, &our_lock)] {
        for line in lines(side) {
            let taken_out = lines(&base_lock).contains(&line) && !lines(other).contains(&line);
            assert!(
                end.contains(line) || taken_out || !found.is_empty(),
                "{kind}: lost in silence: {line}\n{end}"
            );
        }
    }
    End { conflict, resolve, found }
}

#[test]
fn twenty_ways_to_come_together() {
    const EDITED: &str = "CREATE TABLE edited (a INT, b INT);\n";
    const VIEW: &str = "migrations/R__v.sql";
    const SEED: &str = "seeds/reference/1_a.csv";
    const SAME: [&str; 2] = ["2024-03-01-000000_a", "2024-03-01-000000_b"];
    let same = || (Add(SAME[0]), Add(SAME[1]));
    let double = || end(true, Some(4), &["duplicate-version", "lock-conflict"]);
    let views = || (Write(VIEW, "SELECT 1;\n"), Write(VIEW, "SELECT 2;\n"));
    let cases = [
        ("add, nothing", (Add(OURS), Nothing), Merge, end(false, None, &[])),
        ("add, add", (Add(OURS), Add(THEIRS)), Merge, end(true, Some(0), &[])),
        ("add, add", (Add(OURS), Add(THEIRS)), Rebase, end(true, Some(0), &[])),
        ("add, add", (Add(OURS), Add(THEIRS)), CherryPick, end(true, Some(0), &[])),
        ("add, add", (Add(OURS), Add(THEIRS)), Squash, end(true, Some(0), &[])),
        // The hunk holds the edited line as well, which the other side never touched.
        ("edit, add", (Edit(TWO, EDITED), Add(THEIRS)), Merge, end(true, Some(0), &[])),
        ("edit, add", (Edit(ONE, EDITED), Add(THEIRS)), Rebase, end(false, None, &[])),
        (
            "edit, edit another",
            (Edit(ONE, EDITED), Edit(TWO, EDITED)),
            Merge,
            end(true, Some(0), &[]),
        ),
        ("edit, edit alike", (Edit(TWO, EDITED), Edit(TWO, EDITED)), Merge, end(false, None, &[])),
        (
            "edit, edit otherwise",
            (Edit(TWO, EDITED), Edit(TWO, "SELECT 1;\n")),
            Merge,
            end(true, Some(4), &["lock-conflict"]),
        ),
        // Both sides' lines are kept: who took the directory away says so once more.
        ("remove, add", (Remove(TWO), Add(THEIRS)), Merge, end(true, Some(0), &["removed"])),
        (
            "remove, edit",
            (Remove(TWO), Edit(TWO, EDITED)),
            Merge,
            end(true, Some(0), &["missing-down", "modified", "modified"]),
        ),
        ("remove, remove", (Remove(TWO), Remove(TWO)), Merge, end(false, None, &[])),
        (
            "remove, remove another",
            (Remove(ONE), Remove(TWO)),
            Merge,
            end(true, Some(0), &["removed", "removed"]),
        ),
        ("the same stamp", same(), Merge, double()),
        ("the same stamp", same(), Rebase, double()),
        ("the same directory", (Add(OURS), Add(OURS)), Merge, end(false, None, &[])),
        ("draft, add", (Draft(OURS), Add(THEIRS)), Merge, end(false, None, &["draft"])),
        ("view, view otherwise", views(), Merge, end(true, Some(0), &["repeatable-changed"])),
        (
            "seed, another seed",
            (Write(SEED, "a\n"), Write("seeds/reference/2_b.csv", "b\n")),
            Merge,
            end(true, Some(0), &[]),
        ),
        ("view, add", (Write(VIEW, "SELECT 1;\n"), Add(THEIRS)), Merge, end(true, Some(0), &[])),
    ];
    for (kind, (ours, theirs), how, expected) in cases {
        assert_eq!(run(kind, ours, theirs, how), expected, "{kind}, {how:?}");
    }
}

/// A merge of several branches at once stops at the first conflict, and git takes nothing of it.
#[test]
fn an_octopus() {
    let sandbox = repository();
    for (branch, name) in [("a", OURS), ("b", THEIRS)] {
        let _ = sandbox.git(["checkout", "-q", "-b", branch, "main"]).ok();
        act(&sandbox, Add(name));
    }
    let _ = sandbox.git(["checkout", "-q", "main"]).ok();
    let ran = sandbox.git(["merge", "-q", "a", "b"]);
    assert_ne!(ran.code, Some(0), "{ran}");
    let text = sandbox.read("migrations/dbmig.lock");
    assert!(text.contains("<<<<<<<") || !text.contains("ours"), "{text}");
    let before = lines(&text).len();
    let _ = sandbox.dbmig(["lock", "--resolve"]).ok();
    assert!(lines(&sandbox.read("migrations/dbmig.lock")).len() >= before.min(2));
    let codes = codes(&sandbox);
    assert!(codes.iter().all(|code| code == "draft"), "{codes:?}");
}

/// `merge=union` keeps the lines of both sides and two headers, without a marker: that is told.
#[test]
fn a_union_is_no_silent_merge() {
    let sandbox = repository();
    sandbox.write(".gitattributes", "migrations/dbmig.lock text eol=lf merge=union\n");
    commit(&sandbox, "attributes");
    let _ = sandbox.git(["checkout", "-q", "-b", "theirs"]).ok();
    act(&sandbox, Add(THEIRS));
    let _ = sandbox.git(["checkout", "-q", "-b", "ours", "main"]).ok();
    act(&sandbox, Add(OURS));
    let _ = sandbox.git(["merge", "-q", "--no-edit", "theirs"]).ok();
    assert_eq!(codes(&sandbox), ["lock-malformed"]);
    let _ = sandbox.dbmig(["lock", "--resolve"]).ok();
    assert_eq!(codes(&sandbox), [""; 0]);
    assert_eq!(lines(&sandbox.read("migrations/dbmig.lock")).len(), 4);
}

/// Whatever line ends git writes into the working tree, nothing has changed.
#[test]
fn line_ends_of_a_checkout() {
    for attributes in ["* text eol=crlf\n", "* text eol=lf\n", "* -text\n"] {
        let sandbox = repository();
        sandbox.write(".gitattributes", attributes);
        commit(&sandbox, "attributes");
        std::fs::remove_dir_all(sandbox.path("migrations")).unwrap();
        let _ = sandbox.git(["checkout", "-q", "--", "."]).ok();
        let crlf = attributes.contains("crlf");
        assert_eq!(sandbox.read("migrations/dbmig.lock").contains("\r\n"), crlf);
        assert_eq!(codes(&sandbox), [""; 0], "{attributes}");
        let before = sandbox.snapshot();
        let _ = sandbox.dbmig(["lock"]).ok().says("nothing to lock");
        let _ = sandbox.dbmig(["lock", "--resolve"]).ok();
        assert!(before == sandbox.snapshot(), "{attributes}");
    }
}
