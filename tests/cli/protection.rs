//! T55: what can not be undone, by every way in which it can be asked for.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::support::{Ran, Sandbox};

/// Commands, and whether they remove the whole database.
const VERBS: [(&[&str], bool); 9] = [
    (&["db", "drop"], true),
    (&["db", "reset"], true),
    (&["database", "drop"], true),
    (&["database", "reset"], true),
    // Nothing is proved here: who accepts that is asked for the name all the same.
    (&["revert", "--accept-unproved"], false),
    (&["revert", "--all", "--accept-unproved"], false),
    (&["redo", "--accept-unproved"], false),
    (&["migration", "revert", "--accept-unproved"], false),
    (&["db", "exec", "-c", "DELETE FROM a"], false),
];

/// Who says which database is meant, and what is known about it.
struct Place {
    args: &'static [&'static str],
    variable: Option<&'static str>,
    protected: bool,
    /// Nobody is asked before it is removed.
    playground: bool,
}

const FILE: &str = "shop.sqlite3";

const PLACES: [Place; 5] = [
    Place { args: &[], variable: None, protected: false, playground: true },
    Place { args: &["--env", "test"], variable: None, protected: false, playground: true },
    Place { args: &["--env", "production"], variable: None, protected: true, playground: false },
    Place { args: &["--database-url", FILE], variable: None, protected: false, playground: false },
    Place { args: &[], variable: Some(FILE), protected: false, playground: false },
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Answer {
    Nothing,
    Flag(&'static str),
    Typed(&'static str),
}

const ANSWERS: [Answer; 5] = [
    Answer::Nothing,
    Answer::Flag(FILE),
    Answer::Flag("other.sqlite3"),
    Answer::Typed(FILE),
    Answer::Typed("shop"),
];

fn is_allowed(whole: bool, stamped: bool, place: &Place, answer: Answer) -> bool {
    let protected = stamped || place.protected;
    if whole && protected {
        return false;
    }
    let asked = if whole { !place.playground } else { protected };
    match answer {
        Answer::Nothing => !asked,
        Answer::Flag(name) => name == FILE,
        Answer::Typed(name) => !asked || name == FILE,
    }
}

/// A database with something to lose, as a file to copy; one is stamped.
fn project() -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.write(
        "dbmig.toml",
        format!(
            "dialect = \"sqlite\"\n[env.development]\nurl = \"{FILE}\"\n[env.test]\nkind = \"test\"\n\
             url = \"{FILE}\"\n[env.production]\nkind = \"production\"\nurl = \"{FILE}\"\n"
        ),
    );
    sandbox.migration("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    sandbox.migration("2_b", "INSERT INTO a VALUES (1), (2);", "DELETE FROM a;");
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["migrate"]).ok();
    std::fs::copy(sandbox.path(FILE), sandbox.path("plain.template")).unwrap();
    sandbox.dbmig(["db", "protect"]).ok();
    std::fs::rename(sandbox.path(FILE), sandbox.path("stamped.template")).unwrap();
    sandbox
}

/// A terminal on which somebody types a line; kept open until it is dropped.
pub(crate) fn terminal(line: &str) -> (File, Stdio) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let slave = open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let mut master = File::from(master);
    master.write_all(format!("{line}\n").as_bytes()).unwrap();
    (master, Stdio::from(slave))
}

fn run(sandbox: &Sandbox, verb: &[&str], place: &Place, answer: Answer) -> Ran {
    let mut args: Vec<&str> = verb.iter().chain(place.args).copied().collect();
    let (kept, stdin) = match answer {
        Answer::Nothing => (None, Stdio::null()),
        Answer::Flag(name) => {
            args.extend(["--confirm", name]);
            (None, Stdio::null())
        }
        Answer::Typed(name) => {
            let (master, slave) = terminal(name);
            (Some(master), slave)
        }
    };
    let env: Vec<_> = place.variable.map(|url| ("DBMIG_DATABASE_URL", url)).into_iter().collect();
    let program = Path::new(env!("CARGO_BIN_EXE_cargo-dbmig"));
    let ran = sandbox.run_reading(stdin, program, &env, args);
    drop(kept);
    ran
}

#[test]
fn nothing_is_lost_without_consent() {
    let sandbox = project();
    let (mut refused, mut allowed) = (0, 0);
    for (verb, whole) in VERBS {
        for (template, stamped) in [("plain.template", false), ("stamped.template", true)] {
            for place in &PLACES {
                for answer in ANSWERS {
                    std::fs::copy(sandbox.path(template), sandbox.path(FILE)).unwrap();
                    let ran = run(&sandbox, verb, place, answer);
                    let what = format!("{verb:?} {template} {:?} {answer:?}", place.args);
                    if is_allowed(whole, stamped, place, answer) {
                        allowed += 1;
                        assert_eq!(ran.code, Some(0), "{what}: {ran}");
                        let same = sandbox.exists(FILE)
                            && std::fs::read(sandbox.path(FILE)).unwrap()
                                == std::fs::read(sandbox.path(template)).unwrap();
                        assert!(!same, "{what} did nothing: {ran}");
                        continue;
                    }
                    refused += 1;
                    assert_eq!(ran.code, Some(2), "{what}: {ran}");
                    let said = ["nothing was ", "is protected: `"];
                    assert!(said.iter().any(|text| ran.stderr.contains(text)), "{what}: {ran}");
                    assert_eq!(sandbox.query(FILE, "SELECT count(*) FROM a"), ["2"], "{what}");
                    assert!(
                        std::fs::read(sandbox.path(FILE)).unwrap()
                            == std::fs::read(sandbox.path(template)).unwrap(),
                        "{what} changed something: {ran}"
                    );
                }
            }
        }
    }
    // Counted by hand. Four that remove everything: stamped 25; else production 5, places to play 2, places
    // that nobody knows 6. Five others: stamped 15; else production 3, elsewhere the wrong name, 4.
    assert_eq!((refused, allowed), (4 * (25 + 5 + 2 + 6) + 5 * (15 + 3 + 4), 188));
}

#[test]
fn the_protection_goes_off_by_name_only() {
    let sandbox = project();
    for (answer, code, left) in [
        (Answer::Nothing, 2, "1"),
        (Answer::Flag("other"), 2, "1"),
        (Answer::Typed("shop"), 2, "1"),
        (Answer::Typed(FILE), 0, "0"),
        (Answer::Flag(FILE), 0, "0"),
    ] {
        for place in &PLACES {
            std::fs::copy(sandbox.path("stamped.template"), sandbox.path(FILE)).unwrap();
            let ran = run(&sandbox, &["db", "protect", "--off"], place, answer).exits(code);
            let sql = "SELECT count(*) FROM __dbmig_state WHERE kind = 'stamp'";
            assert_eq!(sandbox.query(FILE, sql), [left], "{answer:?}: {ran}");
        }
    }
}

#[test]
fn a_stamped_database_takes_no_drafts() {
    let sandbox = project();
    std::fs::rename(sandbox.path("stamped.template"), sandbox.path(FILE)).unwrap();
    sandbox.migration("3_c", "CREATE TABLE c (id INT);", "DROP TABLE c;");
    sandbox.dbmig(["migrate"]).exits(4).warns("cargo dbmig lock");
    sandbox.dbmig(["plan"]).exits(4);
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["migrate"]).ok().says("1 migration applied");
    sandbox.dbmig(["status"]).ok().says("protected: the database is stamped `production`");
    let json = sandbox.dbmig(["status", "--format", "json"]).ok().json();
    assert_eq!(json["stamp"], "production");
}

/// Without the stamp nobody knows: what can not be read is taken for protected.
#[test]
fn a_stamp_that_can_not_be_read_protects() {
    let sandbox = project();
    std::fs::copy(sandbox.path("plain.template"), sandbox.path(FILE)).unwrap();
    let other = "ALTER TABLE __dbmig_state RENAME COLUMN value TO something";
    sandbox.dbmig(["db", "exec", "-c", other]).ok();
    let write = ["db", "exec", "-c", "DELETE FROM a"];
    sandbox.dbmig(write).exits(2).warns("can not be read").warns("--confirm shop.sqlite3");
    sandbox.dbmig(["db", "exec", "-c", "SELECT * FROM a"]).ok().says("(2 rows)");
    sandbox.dbmig(["db", "drop"]).exits(3).warns("nothing was removed");
    assert_eq!(sandbox.query(FILE, "SELECT count(*) FROM a"), ["2"]);
    sandbox.dbmig(write.into_iter().chain(["--confirm", FILE])).ok().says("2 rows changed");
}

#[test]
fn what_is_new_and_production_is_stamped() {
    let stamp = |sandbox: &Sandbox| {
        sandbox.query(FILE, "SELECT value FROM __dbmig_state WHERE kind = 'stamp'")
    };
    for (command, stamped) in [
        (&["db", "create", "--env", "production"][..], true),
        (&["db", "setup", "--env", "production"], true),
        (&["database", "setup", "--env", "production"], true),
        (&["migrate", "--env", "production"], true),
        (&["db", "setup"], false),
        (&["migrate", "--env", "test"], false),
    ] {
        let sandbox = project();
        if command[0] == "migrate" {
            // A protected environment is given its database by name.
            sandbox.write(FILE, "");
        }
        sandbox.dbmig(command.iter().copied()).ok();
        sandbox.dbmig(["migrate", "--env", "production"]).ok();
        let expected: &[&str] = if stamped { &["production"] } else { &[] };
        assert_eq!(stamp(&sandbox), expected, "{command:?}");
    }
    // Who took it off meant it.
    let sandbox = project();
    sandbox.dbmig(["db", "setup", "--env", "production"]).ok();
    sandbox.dbmig(["db", "protect", "--off", "--confirm", FILE]).ok();
    sandbox.dbmig(["db", "setup", "--env", "production"]).ok();
    assert!(stamp(&sandbox).is_empty());
}
