//! The planner, as a table.

use dbmig_build::check::{self, Options};
use dbmig_build::{Dialect, Digest, MigrationSet, RawFile, RawMigration, RawSet, Version};

use super::*;
use crate::history::{Action, Applied, Ended, History, Mode, Record};

const SQLITE: Dialect = Dialect::Sqlite;

fn v(text: &str) -> Version {
    Version::new(text.to_owned())
}

/// A set of drafts; a name may be followed by its `up.sql`.
fn set(names: &[&str]) -> MigrationSet {
    let migration = |name: &&str| {
        let (name, up) = name.split_once('=').unwrap_or((name, "SELECT 1"));
        RawMigration {
            dir_name: name.to_owned(),
            up: RawFile::Bytes(up.into()),
            down: RawFile::Bytes(b"SELECT 2".to_vec()),
            metadata: RawFile::Absent,
            backfill: RawFile::Absent,
        }
    };
    let raw = RawSet { migrations: names.iter().map(migration).collect(), ..RawSet::default() };
    check::run(&raw, &Options { lock_required: false, ..Options::default() }).set.unwrap()
}

/// What a database says in which these versions were applied, in this order.
fn applied(versions: &[&str]) -> History {
    let mut history = History::default();
    for (index, version) in versions.iter().enumerate() {
        let record = record(i64::try_from(index).unwrap() + 1, version);
        history.records.insert(v(version), record.clone());
        let applied = Applied { run_on: "2024-01-01 00:00:00".into(), record: Some(record) };
        history.applied.insert(v(version), applied);
    }
    history
}

fn record(id: i64, version: &str) -> Record {
    Record {
        id,
        attempt: 1,
        action: Action::Apply,
        stamp: None,
        name: format!("{version}_x"),
        up_digest: Some(Digest::of_file("up", b"SELECT 1")),
        up_tokens: dbmig_build::sql::token_digest("SELECT 1", SQLITE),
        down_digest: Some(Digest::of_file("down", b"SELECT 2")),
        mode: Mode::Transaction,
        ended: Ended::Finished,
        statements_total: 1,
        statements_done: 1,
        done_digest: None,
        intent: 1,
        batch: 1,
        finished_at: None,
        reason: None,
        error: None,
    }
}

fn apply(set: &MigrationSet, history: &History, target: Target) -> Result<Plan, PlanError> {
    plan_apply(set, history, SQLITE, &target, &Rules::default())
}

fn versions(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.version().as_str()).collect()
}

#[test]
fn applies_the_set_difference_in_version_order() {
    let set = set(&["1_a", "2_b", "3_c"]);
    for (done, target, expected) in [
        (&[][..], Target::All, &["1", "2", "3"][..]),
        (&["2"], Target::All, &["1", "3"]),
        (&["1", "3"], Target::All, &["2"]),
        (&["1"], Target::To(v("2")), &["2"]),
        (&["1"], Target::Steps(1), &["2"]),
        (&["1"], Target::Steps(0), &[]),
        (&["1", "2", "3"], Target::All, &[]),
        (&["3"], Target::To(v("1")), &["1"]),
    ] {
        let history = applied(done);
        assert_eq!(
            versions(&apply(&set, &history, target.clone()).unwrap()),
            expected,
            "{done:?} {target:?}"
        );
    }
}

#[test]
fn applying_a_plan_leaves_an_empty_one() {
    let set = set(&["1_a", "10_b", "2_c"]);
    let plan = apply(&set, &applied(&["10"]), Target::All).unwrap();
    let mut all = vec!["10"];
    all.extend(versions(&plan));
    assert!(apply(&set, &applied(&all), Target::All).unwrap().is_empty());
}

#[test]
fn a_late_one_is_applied_and_noted() {
    let plan = apply(&set(&["1_a", "2_b"]), &applied(&["2"]), Target::All).unwrap();
    assert_eq!(plan.notes, [Note::Late(v("1"))]);
}

#[test]
fn an_edited_one_stops_a_run_that_has_something_to_do() {
    let edited = set(&["1_a=SELECT 5", "2_b"]);
    let error = apply(&edited, &applied(&["1"]), Target::All).unwrap_err();
    assert_eq!(error, PlanError::Modified { versions: vec![v("1")], drafts: true });
    let plan = apply(&edited, &applied(&["1", "2"]), Target::All).unwrap();
    assert_eq!(plan.notes, [Note::Modified { version: v("1"), draft: true }]);
    let strict = Rules { strict: true, ..Rules::default() };
    assert!(plan_apply(&edited, &applied(&["1", "2"]), SQLITE, &Target::All, &strict).is_err());
}

#[test]
fn a_reformatted_one_does_not() {
    let reformatted = set(&["1_a=select  1 -- x", "2_b"]);
    assert_eq!(versions(&apply(&reformatted, &applied(&["1"]), Target::All).unwrap()), ["2"]);
}

#[test]
fn missing_ones_follow_the_rules() {
    let set = set(&["2_b", "4_d"]);
    let plan = |done: &[&str], missing| {
        let rules = Rules { missing, ..Rules::default() };
        plan_apply(&set, &applied(done), SQLITE, &Target::All, &rules)
    };
    let refused =
        |versions: &[&str]| Err(PlanError::Missing(versions.iter().map(|text| v(text)).collect()));
    assert_eq!(plan(&["3"], OnMissing::Note).unwrap().notes[0], Note::Missing(v("3")));
    assert_eq!(plan(&["3"], OnMissing::RefuseOlder), refused(&["3"]));
    assert!(plan(&["5"], OnMissing::RefuseOlder).is_ok());
    assert_eq!(plan(&["5"], OnMissing::Refuse), refused(&["5"]));
    // An older binary on a newer database has nothing to do, and starts.
    assert!(plan(&["2", "4", "5"], OnMissing::Refuse).unwrap().is_empty());
}

/// A database in which version 1 stopped half way, outside a transaction.
fn half_done(action: Action, ended: Ended, intent: i64, done_digest: &str) -> History {
    let half = Record {
        mode: Mode::Statement,
        action,
        ended,
        statements_total: 2,
        statements_done: 1,
        intent,
        done_digest: Some(Digest::of_list("statements", [done_digest])),
        ..record(1, "1")
    };
    let mut history = History::default();
    history.records.insert(v("1"), half);
    history
}

/// `1_a` outside a transaction.
fn outside(up: &str) -> MigrationSet {
    let file = |text: &str| RawFile::Bytes(text.into());
    let migration = RawMigration {
        dir_name: "1_a".into(),
        up: file(up),
        down: file("SELECT 2"),
        metadata: file("run_in_transaction = false\n"),
        backfill: RawFile::Absent,
    };
    let raw = RawSet { migrations: vec![migration], ..RawSet::default() };
    check::run(&raw, &Options { lock_required: false, ..Options::default() }).set.unwrap()
}

#[test]
fn half_done_ones_stop_unless_they_can_go_on() {
    let same = outside("SELECT 1; SELECT 3");
    let refused = |set: &MigrationSet, history: &History| {
        matches!(apply(set, history, Target::All), Err(PlanError::HalfDone { .. }))
    };
    let failed = half_done(Action::Apply, Ended::Failed, 1, "SELECT 1");
    assert_eq!(versions(&apply(&same, &failed, Target::All).unwrap()), ["1"]);
    // Doubtful, still running as far as anybody knows, or a revert.
    assert!(refused(&same, &half_done(Action::Apply, Ended::Failed, 2, "SELECT 1")));
    assert!(refused(&same, &half_done(Action::Apply, Ended::Started, 1, "SELECT 1")));
    assert!(refused(&same, &half_done(Action::Revert, Ended::Failed, 1, "SELECT 1")));
    // What ran was edited, the mode changed, the file became one unit, the directory is gone.
    assert!(refused(&outside("SELECT 5; SELECT 3"), &failed));
    assert!(refused(&set(&["1_a=SELECT 1; SELECT 3"]), &failed));
    assert!(refused(&outside("SELECT 1; BEGIN; SELECT 3; COMMIT"), &failed));
    assert!(refused(&set(&["2_b"]), &failed));
    // No way back from the middle either.
    let mut with_applied = applied(&["1", "2"]);
    with_applied.records.extend(half_done(Action::Revert, Ended::Failed, 1, "x").records);
    let two = set(&["1_a", "2_b"]);
    assert!(matches!(
        revert(&two, &with_applied, Target::Steps(1)),
        Err(PlanError::HalfDone { .. })
    ));
    let redo = plan_redo(&two, &with_applied, SQLITE, &Target::Steps(1));
    assert!(matches!(redo, Err(PlanError::HalfDone { .. })));
    let missing = plan_revert_missing(&two, &with_applied, SQLITE);
    assert!(matches!(missing, Err(PlanError::HalfDone { .. })));
}

#[test]
fn refuses_unknown_targets_drafts_and_other_dialects() {
    let set = set(&["1_a"]);
    let none = applied(&[]);
    assert_eq!(apply(&set, &none, Target::To(v("9"))), Err(PlanError::UnknownTarget(v("9"))));
    let rules = Rules { drafts: false, ..Rules::default() };
    assert_eq!(
        plan_apply(&set, &none, SQLITE, &Target::All, &rules),
        Err(PlanError::Drafts(vec![v("1")]))
    );
    let other = MigrationSet::new(vec![], vec![Dialect::Postgres], None).unwrap();
    assert!(matches!(apply(&other, &none, Target::All), Err(PlanError::WrongDialect { .. })));
}

#[test]
fn an_empty_up_is_refused_before_anything_runs() {
    let with_empty = set(&["1_a", "2_b= \n"]);
    let error = apply(&with_empty, &applied(&[]), Target::All).unwrap_err();
    assert_eq!(error, PlanError::EmptyUp { name: "2_b".into() });
    assert!(apply(&with_empty, &applied(&[]), Target::Steps(1)).is_ok());
}

fn revert(set: &MigrationSet, history: &History, target: Target) -> Result<Plan, PlanError> {
    plan_revert(set, history, SQLITE, &target)
}

#[test]
fn reverts_the_most_recently_applied_first() {
    let set = set(&["1_a", "2_b", "3_c"]);
    let history = applied(&["2", "3", "1"]);
    for (target, expected) in [
        (Target::Steps(1), &["1"][..]),
        (Target::Steps(9), &["1", "3", "2"]),
        (Target::All, &["1", "3", "2"]),
        (Target::To(v("3")), &["1"]),
        (Target::Through(v("3")), &["1", "3"]),
        (Target::Steps(0), &[]),
    ] {
        assert_eq!(
            versions(&revert(&set, &history, target.clone()).unwrap()),
            expected,
            "{target:?}"
        );
    }
    let unknown = revert(&set, &applied(&["1"]), Target::To(v("2")));
    assert_eq!(unknown, Err(PlanError::TargetNotApplied(v("2"))));
}

#[test]
fn what_diesel_applied_is_ordered_by_its_time_stamp() {
    let mut history = applied(&[]);
    for (version, run_on) in [("1", "2024-01-02 00:00:00"), ("2", "2024-01-01 00:00:00")] {
        history.applied.insert(v(version), Applied { run_on: run_on.into(), record: None });
    }
    assert_eq!(
        versions(&revert(&set(&["1_a", "2_b"]), &history, Target::All).unwrap()),
        ["1", "2"]
    );
}

#[test]
fn a_missing_one_is_reverted_with_the_recorded_down() {
    let (set, history) = (set(&["1_a"]), applied(&["1", "2"]));
    let plan = revert(&set, &history, Target::All).unwrap();
    let steps =
        [Step::Revert(v("2"), DownSource::Recorded), Step::Revert(v("1"), DownSource::File)];
    assert_eq!(plan.steps, steps);
    assert_eq!(plan.notes, [Note::DownRecorded(v("2"))]);
    assert_eq!(versions(&plan_revert_missing(&set, &history, SQLITE).unwrap()), ["2"]);
}

#[test]
fn redo_takes_the_down_that_fits() {
    let history = applied(&["1", "2"]);
    let redo =
        |names: &[&str]| plan_redo(&set(names), &history, SQLITE, &Target::Steps(1)).unwrap();
    let edited_up = redo(&["1_a", "2_b=SELECT 5"]);
    assert_eq!(edited_up.steps, [Step::Revert(v("2"), DownSource::Recorded), Step::Apply(v("2"))]);
    let same_up = redo(&["1_a", "2_b"]);
    assert_eq!(same_up.steps, [Step::Revert(v("2"), DownSource::File), Step::Apply(v("2"))]);
    let two = plan_redo(&set(&["1_a", "2_b"]), &history, SQLITE, &Target::All).unwrap();
    assert_eq!(versions(&two), ["2", "1", "1", "2"]);
}

#[test]
fn a_redo_reverts_only_what_it_can_apply_again() {
    let redo = |names: &[&str]| {
        plan_redo(&set(names), &applied(&["1", "2"]), SQLITE, &Target::All).unwrap_err()
    };
    assert_eq!(redo(&["1_a"]), PlanError::Missing(vec![v("2")]));
    assert_eq!(redo(&["1_a", "2_b= "]), PlanError::EmptyUp { name: "2_b".into() });
}

#[test]
fn what_another_tool_applied_last_is_reverted_first() {
    let mut history = applied(&["2"]);
    let run_on = history.applied[&v("2")].run_on.clone();
    history.applied.insert(v("1"), Applied { run_on, record: None });
    assert_eq!(
        versions(&revert(&set(&["1_a", "2_b"]), &history, Target::Steps(1)).unwrap()),
        ["1"]
    );
}

#[test]
fn before_and_only() {
    let set = set(&["1_a", "2_b", "3_c"]);
    for (done, target, expected) in [
        (&[][..], Target::Before(v("3")), &["1", "2"][..]),
        (&["1"], Target::Before(v("1")), &[]),
        (&["1"], Target::Only(v("3")), &["3"]),
        (&["3"], Target::Only(v("3")), &[]),
    ] {
        let plan = apply(&set, &applied(done), target.clone()).unwrap();
        assert_eq!(versions(&plan), expected, "{done:?} {target:?}");
    }
    for target in [Target::Before(v("9")), Target::Only(v("9"))] {
        let error = apply(&set, &applied(&[]), target).unwrap_err();
        assert_eq!(error, PlanError::UnknownTarget(v("9")));
    }
}

#[test]
fn nothing_beyond_the_newest_that_an_environment_takes() {
    let set = set(&["1_a", "2_b", "3_c"]);
    let rules = Rules { newest: Some(v("2")), ..Rules::default() };
    let plan = |done: &[&str], target| plan_apply(&set, &applied(done), SQLITE, &target, &rules);
    let all = plan(&["1"], Target::All).unwrap();
    assert_eq!((versions(&all), &all.notes[..]), (vec!["2"], &[Note::Beyond(v("2"), 1)][..]));
    assert_eq!(versions(&plan(&[], Target::To(v("2"))).unwrap()), ["1", "2"]);
    let beyond = PlanError::Beyond { version: v("3"), newest: v("2") };
    assert_eq!(plan(&[], Target::To(v("3"))).unwrap_err(), beyond);
    assert_eq!(plan(&[], Target::Only(v("3"))).unwrap_err(), beyond);
    assert!(plan(&["1", "2", "3"], Target::All).unwrap().notes.is_empty());
}

#[test]
fn reverts_one_alone_or_the_last_run() {
    let set = set(&["1_a", "2_b", "3_c", "4_d"]);
    let mut history = applied(&["1", "2", "3", "4"]);
    for (version, batch, action) in [
        ("1", 1, Action::Apply),
        ("2", 2, Action::Adopt),
        ("3", 2, Action::Apply),
        ("4", 2, Action::Apply),
    ] {
        let record = history.applied.get_mut(&v(version)).unwrap().record.as_mut().unwrap();
        (record.batch, record.action) = (batch, action);
    }
    let revert = |history: &History, target| plan_revert(&set, history, SQLITE, &target).unwrap();
    let one = revert(&history, Target::Only(v("2")));
    assert_eq!(versions(&one), ["2"]);
    assert_eq!(one.notes, [Note::StaysApplied(vec![v("3"), v("4")])]);
    // What the run took over from another tool, it did not apply.
    assert_eq!(versions(&revert(&history, Target::Batch)), ["4", "3"]);
    history.applied.get_mut(&v("4")).unwrap().record = None;
    assert_eq!(versions(&revert(&history, Target::Batch)), ["4"]);
    assert!(revert(&applied(&[]), Target::Batch).is_empty());
}
