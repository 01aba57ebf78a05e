//! What is known of a way back, as a table: one thing is different at a time.

use dbmig_build::check::{self, Options};
use dbmig_build::lock::Tokens;
use dbmig_build::{Digest, RawFile, RawMigration, RawSet};

use super::*;
use crate::history::{Action, Applied, Ended, Mode, Record};
use crate::plan::{Target, plan_redo, plan_revert};

const SERVER: (Dialect, &str) = (Dialect::Sqlite, "sqlite-3");

fn v(text: &str) -> Version {
    Version::new(text.to_owned())
}

/// A set, the lock beside it, the history of a database that has all of it, and the server.
struct Case {
    raw: RawSet,
    lock: LockFile,
    history: History,
    server: (Dialect, &'static str),
}

fn migration(name: &str) -> RawMigration {
    RawMigration {
        dir_name: name.to_owned(),
        up: RawFile::Bytes(up(name).into()),
        down: RawFile::Bytes(down(name).into()),
        metadata: RawFile::Absent,
        backfill: RawFile::Absent,
    }
}

fn up(name: &str) -> String {
    format!("CREATE TABLE t{name} (id INT);")
}

fn down(name: &str) -> String {
    format!("DROP TABLE t{name};")
}

const NAMES: [&str; 3] = ["1_a", "2_b", "3_c"];

/// Everything is proved, and as it was proved.
fn case() -> Case {
    let raw = RawSet { migrations: NAMES.map(migration).into(), ..RawSet::default() };
    let dialects = Some(vec![Dialect::Sqlite]);
    let options = Options { lock_required: false, dialects, ..Options::default() };
    let mut lock = LockFile::for_dialects(vec![Dialect::Sqlite]);
    for migration in &check::run(&raw, &options).set.unwrap() {
        lock.insert(LockEntry::of(migration, Tokens::of(migration, Some(Dialect::Sqlite))));
    }
    let mut case = Case { raw, lock, history: History::default(), server: SERVER };
    for name in NAMES {
        case.apply(name);
        case.prove(name, Verdict::Lossless);
    }
    case
}

impl Case {
    fn apply(&mut self, name: &str) {
        let version = Version::of_directory(name);
        let id = i64::try_from(self.history.applied.len()).unwrap() + 1;
        let record = Record {
            id,
            attempt: 1,
            action: Action::Apply,
            stamp: None,
            name: name.to_owned(),
            up_digest: Some(Digest::of_file("up", up(name).as_bytes())),
            up_tokens: None,
            down_digest: Some(Digest::of_file("down", down(name).as_bytes())),
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
        };
        self.history.records.insert(version.clone(), record.clone());
        let applied = Applied { run_on: "2024-01-01 00:00:00".into(), record: Some(record) };
        self.history.applied.insert(version, applied);
    }

    fn prove(&mut self, name: &str, verdict: Verdict) {
        let inputs = self.lock.proof_inputs(&Version::of_directory(name)).unwrap();
        let (dialect, server) = (Dialect::Sqlite, "sqlite-3".to_owned());
        let proof = Proof { verdict, inputs, dialect, server, no_rows: vec![] };
        self.entry(name, |entry| entry.proof = Some(proof));
    }

    fn entry(&mut self, name: &str, change: impl FnOnce(&mut LockEntry)) {
        let mut entry = self.lock.get(&Version::of_directory(name)).unwrap().clone();
        change(&mut entry);
        self.lock.insert(entry);
    }

    fn record(&mut self, name: &str, change: impl Fn(&mut Record)) {
        let version = Version::of_directory(name);
        change(self.history.records.get_mut(&version).unwrap());
        let applied = self.history.applied.get_mut(&version).unwrap();
        applied.record.as_mut().map(change).unwrap();
    }

    fn set(&self) -> MigrationSet {
        let raw = RawSet { lock: RawFile::Bytes(self.lock.render().into()), ..self.raw.clone() };
        check::run(&raw, &Options::default()).set.unwrap()
    }

    fn known(&self, target: Target) -> Vec<Known> {
        let set = self.set();
        let plan = plan_revert(&set, &self.history, Dialect::Sqlite, &target).unwrap();
        self.of(&plan, &set)
    }

    fn of(&self, plan: &Plan, set: &MigrationSet) -> Vec<Known> {
        let ways = ways_back(plan, set, &self.history, Some(&self.lock), self.server);
        ways.into_iter().map(|way| way.known).collect()
    }
}

#[test]
fn what_is_as_it_was_proved() {
    let mut case = case();
    assert_eq!(case.known(Target::All), [Known::Proved, Known::Proved, Known::Proved]);
    case.prove("3_c", Verdict::LosslessReordered);
    assert_eq!(case.known(Target::Steps(1)), [Known::Proved]);
    case.prove("3_c", Verdict::SchemaOnly(vec!["t.c".into()]));
    assert_eq!(case.known(Target::Steps(1)), [Known::Loses(vec!["t.c".into()])]);
    // Another tool applied it, and left no text.
    case.history.applied.get_mut(&v("3")).unwrap().record = None;
    assert_eq!(case.known(Target::Only(v("3"))), [Known::Loses(vec!["t.c".into()])]);
    // A draft that is not applied is nowhere.
    case.raw.migrations.insert(1, migration("15_draft"));
    assert_eq!(case.known(Target::Only(v("3"))), [Known::Loses(vec!["t.c".into()])]);
    // The statements are the same.
    case.raw.migrations[0].up = RawFile::Bytes(format!("-- x\n{}", up("1_a")).into());
    assert_eq!(case.known(Target::Only(v("3"))), [Known::Loses(vec!["t.c".into()])]);
}

type Change = fn(&mut Case);

#[test]
fn what_is_different_is_not_proved() {
    let table: [(&str, Change, Unproved); 16] = [
        ("no verdict", |c| c.entry("3_c", |e| e.proof = None), Unproved::NoVerdict),
        ("draft", |c| drop(c.lock.remove(&v("3"))), Unproved::NotLocked),
        (
            "refused",
            |c| c.prove("3_c", Verdict::None("no such table".into())),
            Unproved::Refused("no such table".into()),
        ),
        (
            "lock edited",
            |c| c.entry("1_a", |e| e.digests.up = Digest::of_file("up", b"x")),
            Unproved::OtherTexts,
        ),
        (
            "other major",
            |c| c.server = (Dialect::Sqlite, "sqlite-4"),
            Unproved::OtherServer { proved: "sqlite-3".into(), here: "sqlite-4".into() },
        ),
        (
            "without rows",
            |c| {
                let rows = ("*".to_owned(), "UNIQUE".to_owned());
                c.entry("3_c", |e| e.proof.as_mut().unwrap().no_rows.push(rows));
            },
            Unproved::NoRows("UNIQUE".into()),
        ),
        (
            "down edited",
            |c| c.raw.migrations[2].down = RawFile::Bytes(b"SELECT 1;".to_vec()),
            Unproved::Edited(v("3")),
        ),
        (
            "up edited",
            |c| c.raw.migrations[2].up = RawFile::Bytes(b"SELECT 1;".to_vec()),
            Unproved::Edited(v("3")),
        ),
        (
            "an earlier one edited",
            |c| c.raw.migrations[0].up = RawFile::Bytes(b"SELECT 1;".to_vec()),
            Unproved::Edited(v("1")),
        ),
        ("an earlier one gone", |c| drop(c.raw.migrations.remove(1)), Unproved::Edited(v("2"))),
        (
            "applied with another text",
            |c| c.record("3_c", |r| r.up_digest = Some(Digest::of_file("up", b"x"))),
            Unproved::AppliedDiffers(v("3")),
        ),
        (
            "an earlier one applied with another text",
            |c| c.record("1_a", |r| r.up_digest = Some(Digest::of_file("up", b"x"))),
            Unproved::AppliedDiffers(v("1")),
        ),
        (
            "an earlier one is pending",
            |c| drop(c.history.applied.remove(&v("2"))),
            Unproved::Without(v("2")),
        ),
        ("unknown here", |c| c.apply("0_x"), Unproved::Beside(v("0"))),
        ("a draft beside it", |c| c.apply("4_d"), Unproved::Beside(v("4"))),
        (
            "gone, with another down",
            |c| {
                c.raw.migrations.pop();
                c.record("3_c", |r| r.down_digest = Some(Digest::of_file("down", b"x")));
            },
            Unproved::RecordedDiffers,
        ),
    ];
    for (name, change, why) in table {
        let mut case = case();
        change(&mut case);
        let known = case.known(Target::Only(v("3")));
        assert_eq!(known, [Known::Unproved(why)], "{name}");
    }
}

#[test]
fn what_stopped_half_way_is_neither() {
    let mut case = case();
    case.record("3_c", |record| (record.mode, record.ended) = (Mode::Statement, Ended::Failed));
    let steps = vec![Step::Revert(v("3"), DownSource::File)];
    let plan = Plan { steps, ..Plan::default() };
    assert_eq!(case.of(&plan, &case.set()), [Known::Unproved(Unproved::HalfDone)]);
}

#[test]
fn tables_that_had_no_rows_are_named() {
    let mut case = case();
    let rows = ("odd".to_owned(), "check c".to_owned());
    case.entry("3_c", |entry| entry.proof.as_mut().unwrap().no_rows.push(rows));
    let set = case.set();
    let plan = plan_revert(&set, &case.history, Dialect::Sqlite, &Target::Steps(1)).unwrap();
    let ways = ways_back(&plan, &set, &case.history, Some(&case.lock), SERVER);
    assert_eq!((&ways[0].known, &ways[0].untried[..]), (&Known::Proved, &["odd".to_owned()][..]));
}

#[test]
fn the_recorded_down_needs_no_file() {
    let mut case = case();
    case.raw.migrations.pop();
    assert_eq!(case.known(Target::Steps(1)), [Known::Proved]);
}

#[test]
fn what_stays_applied_on_top_was_not_there_when_it_was_tried() {
    let case = case();
    assert_eq!(case.known(Target::Only(v("2"))), [Known::Unproved(Unproved::Beside(v("3")))]);
    assert_eq!(case.known(Target::Steps(2)), [Known::Proved, Known::Proved]);
    let (set, all) = (case.set(), Target::All);
    let redo = plan_redo(&set, &case.history, Dialect::Sqlite, &all).unwrap();
    assert_eq!(case.of(&redo, &set), [Known::Proved, Known::Proved, Known::Proved]);
    let without = ways_back(&redo, &set, &case.history, None, SERVER);
    assert!(without.iter().all(|way| way.known == Known::Unproved(Unproved::NotLocked)));
}
