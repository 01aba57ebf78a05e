//! A run as `tracing` sees it.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use dbmig_build::check::{self, Options};
use dbmig_build::{Dialect, MigrationSet, RawFile, RawMigration, RawSet};
use dbmig_runtime::Migrator;
use diesel::Connection as _;
use diesel::sqlite::SqliteConnection;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Writes down spans and events of the engine, one a line, indented by depth.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<(usize, Vec<String>)>>, Arc<AtomicU64>);

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // How long it took differs from run to run.
        if field.name() != "milliseconds" {
            write!(self.0, " {}={value:?}", field.name()).unwrap();
        }
    }
}

impl Notes {
    fn note(&self, text: String) {
        let mut notes = self.0.lock().unwrap();
        let depth = notes.0;
        notes.1.push(format!("{}{text}", "  ".repeat(depth)));
    }
}

impl Subscriber for Notes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "dbmig"
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields(span.metadata().name().to_owned());
        span.record(&mut fields);
        self.note(fields.0);
        Id::from_u64(self.1.fetch_add(1, Ordering::Relaxed) + 1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(event.metadata().level().to_string());
        event.record(&mut fields);
        self.note(fields.0);
    }
    fn enter(&self, _: &Id) {
        self.0.lock().unwrap().0 += 1;
    }
    fn exit(&self, _: &Id) {
        self.0.lock().unwrap().0 -= 1;
    }
}

fn set(up: &str) -> MigrationSet {
    let migration = RawMigration {
        dir_name: "1_a".into(),
        up: RawFile::Bytes(up.into()),
        down: RawFile::Absent,
        metadata: RawFile::Absent,
        backfill: RawFile::Absent,
    };
    let raw = RawSet { migrations: vec![migration], ..RawSet::default() };
    let dialects = Some(vec![Dialect::Sqlite]);
    check::run(&raw, &Options { dialects, lock_required: false, ..Options::default() }).set.unwrap()
}

fn notes_of(up: &str) -> Vec<String> {
    let notes = Notes::default();
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    tracing::subscriber::with_default(notes.clone(), || {
        let _ = Migrator::new(&set(up)).run(&mut conn);
    });
    let notes = notes.0.lock().unwrap();
    assert_eq!(notes.0, 0, "every span was left");
    notes.1.clone()
}

#[test]
fn a_run_is_a_span_and_so_is_each_migration() {
    assert_eq!(
        notes_of("CREATE TABLE a (id INTEGER); SELECT 1;"),
        [
            "dbmig dialect=\"sqlite\"",
            "  migration name=\"1_a\" direction=\"up\"",
            "    DEBUG message=statement index=1 total=2",
            "    DEBUG message=statement index=2 total=2",
            "    INFO message=finished statements=2",
            "  DEBUG message=done applied=1 reverted=0",
        ]
    );
}

#[test]
fn a_failure_is_an_error_inside_its_migration() {
    let notes = notes_of("SELECT nosuch;");
    let expected = "    ERROR message=1_a/up.sql:1:1: no such column: nosuch";
    assert_eq!(notes.last().unwrap(), expected, "{notes:?}");
}
