//! Repeatable migrations: when they run, and beside other releases.

use dbmig_build::check::{self, Options};
use dbmig_build::{Dialect, MigrationSet, RawFile, RawMigration, RawNamed, RawSet};
use dbmig_runtime::plan::{self, Note, Repeatables, Rules, Target};
use dbmig_runtime::{Migrator, Report, RunOptions, Scope, Silent, history, runner};
use diesel::sqlite::SqliteConnection;

use crate::support::{memory, texts};

/// Tables `t1` to `t<count>`, and repeatables by name and text.
fn release(count: usize, repeatables: &[(&str, &str)]) -> MigrationSet {
    let file = |text: String| RawFile::Bytes(text.into_bytes());
    let migrations = (1..=count)
        .map(|n| RawMigration {
            dir_name: format!("{n}_t{n}"),
            up: file(format!("CREATE TABLE t{n} (id INTEGER);")),
            down: file(format!("DROP TABLE t{n};")),
            metadata: RawFile::Absent,
            backfill: RawFile::Absent,
        })
        .collect();
    let repeatables = repeatables
        .iter()
        .map(|(name, text)| RawNamed {
            name: format!("R__{name}.sql"),
            content: file((*text).to_owned()),
        })
        .collect();
    let raw = RawSet { migrations, repeatables, ..RawSet::default() };
    let dialects = Some(vec![Dialect::Sqlite]);
    check::run(&raw, &Options { dialects, lock_required: false, ..Options::default() }).set.unwrap()
}

fn view(column: &str) -> String {
    format!("DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT '{column}' AS a FROM t1;")
}

fn start(conn: &mut SqliteConnection, set: &MigrationSet) -> Report {
    Migrator::new(set).run(conn).unwrap()
}

fn ran(report: &Report) -> Vec<&str> {
    report.repeated.iter().map(|done| &*done.name).collect()
}

fn by_rules(
    conn: &mut SqliteConnection,
    set: &MigrationSet,
    target: &Target,
    repeatables: Repeatables,
) -> Report {
    let history = history::read(conn).unwrap();
    let rules = Rules { repeatables, missing: plan::OnMissing::Note, ..Rules::default() };
    let plan = plan::plan_apply(set, &history, Dialect::Sqlite, target, &rules).unwrap();
    runner::run(conn, set, &history, &plan, &RunOptions::default(), &mut Silent).unwrap()
}

fn definition(conn: &mut SqliteConnection) -> Vec<String> {
    texts(conn, "SELECT sql FROM sqlite_master WHERE name = 'v'")
}

#[test]
fn run_after_the_versioned_ones_and_again_when_they_change() {
    let mut conn = memory();
    let (first, second) = (view("x"), view("y"));
    let report = start(&mut conn, &release(1, &[("b", "SELECT 1"), ("a", &first)]));
    assert_eq!((report.applied(), ran(&report)), (1, vec!["R__a.sql", "R__b.sql"]));
    let report = start(&mut conn, &release(1, &[("b", "SELECT 1"), ("a", &first)]));
    assert!(ran(&report).is_empty());
    let report = start(&mut conn, &release(1, &[("b", "SELECT 1"), ("a", &second)]));
    assert_eq!(ran(&report), ["R__a.sql"]);
    assert!(definition(&mut conn)[0].contains("'y'"));
    let attempts = "SELECT version || ' ' || attempt || ' ' || state FROM __dbmig_history \
                    WHERE action = 'repeat' ORDER BY id";
    assert_eq!(
        texts(&mut conn, attempts),
        ["R__a.sql 1 finished", "R__b.sql 1 finished", "R__a.sql 2 finished"]
    );
}

#[test]
fn an_older_release_that_starts_later_brings_nothing_back() {
    let mut conn = memory();
    let (old, new) = (view("old"), view("new"));
    start(&mut conn, &release(1, &[("v", &old)]));
    start(&mut conn, &release(1, &[("v", &new)]));
    let report = start(&mut conn, &release(1, &[("v", &old)]));
    assert!(ran(&report).is_empty());
    assert_eq!(report.notes, [Note::RepeatableOlder("R__v.sql".into())]);
    assert!(definition(&mut conn)[0].contains("'new'"));
    // A text that the database has never had, from a release that does not know all of its versions.
    start(&mut conn, &release(2, &[("v", &new)]));
    let report = start(&mut conn, &release(1, &[("v", &view("third"))]));
    assert!(ran(&report).is_empty());
    assert!(report.notes.contains(&Note::RepeatableWaits("R__v.sql".into())), "{report:?}");
}

#[test]
fn an_older_text_runs_when_it_is_asked_for() {
    for rules in [Repeatables::All, Repeatables::Named(vec!["R__v.sql".into()])] {
        let mut conn = memory();
        let (old, new) = (view("old"), view("new"));
        start(&mut conn, &release(1, &[("v", &old)]));
        start(&mut conn, &release(1, &[("v", &new)]));
        let set = release(1, &[("v", &old)]);
        let report = by_rules(&mut conn, &set, &Target::All, rules);
        assert_eq!(ran(&report), ["R__v.sql"]);
        assert!(definition(&mut conn)[0].contains("'old'"));
        // From then on it is the newer one that was replaced.
        let report = start(&mut conn, &release(1, &[("v", &new)]));
        assert_eq!(report.notes, [Note::RepeatableOlder("R__v.sql".into())]);
    }
}

#[test]
fn wait_until_nothing_is_pending() {
    let mut conn = memory();
    let set = release(2, &[("v", "CREATE VIEW v AS SELECT * FROM t2;")]);
    let report = by_rules(&mut conn, &set, &Target::Steps(1), Repeatables::New);
    assert_eq!((report.applied(), ran(&report).len()), (1, 0));
    assert_eq!(report.notes, [Note::RepeatableWaits("R__v.sql".into())]);
    let report = by_rules(&mut conn, &set, &Target::All, Repeatables::New);
    assert_eq!((report.applied(), ran(&report).len()), (1, 1));
}

#[test]
fn a_failure_leaves_nothing_and_the_versioned_ones_stay() {
    let mut conn = memory();
    let broken = release(1, &[("v", "CREATE TABLE half (id INTEGER); SELECT nope;")]);
    let error = Migrator::new(&broken).run(&mut conn).unwrap_err();
    assert!(error.to_string().starts_with("R__v.sql:1:33: "), "{error}");
    assert_eq!(error.report.applied(), 1);
    assert!(texts(&mut conn, "SELECT name FROM sqlite_master WHERE name = 'half'").is_empty());
    let failed = "SELECT state FROM __dbmig_history WHERE action = 'repeat'";
    assert_eq!(texts(&mut conn, failed), ["failed"]);
    assert_eq!(ran(&start(&mut conn, &release(1, &[("v", &view("x"))]))), ["R__v.sql"]);
}

#[test]
fn all_or_nothing_holds_for_them_too() {
    let mut conn = memory();
    let options = RunOptions { scope: Scope::All, ..RunOptions::default() };
    let broken = release(2, &[("v", "SELECT nope;")]);
    let error = Migrator::new(&broken).options(options.clone()).run(&mut conn).unwrap_err();
    assert_eq!(error.report.applied(), 0);
    assert!(texts(&mut conn, "SELECT name FROM sqlite_master WHERE name = 't1'").is_empty());
    let whole = release(2, &[("v", &view("x"))]);
    let report = Migrator::new(&whole).options(options).run(&mut conn).unwrap();
    assert_eq!((report.applied(), ran(&report)), (2, vec!["R__v.sql"]));
}

#[test]
fn a_revert_makes_them_due_again_and_a_redo_runs_them() {
    let mut conn = memory();
    let set = release(2, &[("v", &view("x"))]);
    start(&mut conn, &set);
    let history = history::read(&mut conn).unwrap();
    let last = Target::Steps(1);
    let redo = plan::plan_redo(&set, &history, Dialect::Sqlite, &last).unwrap();
    assert_eq!(redo.repeatables, ["R__v.sql"]);
    let options = RunOptions::default();
    let report = runner::run(&mut conn, &set, &history, &redo, &options, &mut Silent).unwrap();
    assert_eq!(ran(&report), ["R__v.sql"]);
    crate::support::revert(&mut conn, &set, &last).unwrap();
    let history = history::read(&mut conn).unwrap();
    assert!(history.repeatables["R__v.sql"].void);
    assert_eq!(ran(&start(&mut conn, &set)), ["R__v.sql"]);
}
