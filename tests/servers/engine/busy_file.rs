//! T43: many runners on one SQLite file, and a writer that never stops. Nobody fails.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::program::Program;
use super::{counting, open, rounds};
use crate::sandbox::Sandbox;

const RUNNERS: usize = if cfg!(feature = "full-tests") { 16 } else { 6 };
const COUNT: usize = 6;

/// As an application writes: with the patience it was given, hundreds of times a second. Without a pause
/// SQLite's way of waiting, which asks again after longer and longer pauses, can starve everybody else.
fn hammer(path: &str, stop: &AtomicBool, written: &AtomicUsize) {
    let mut session = open(path);
    session.execute("PRAGMA busy_timeout = 30000").unwrap();
    while !stop.load(Ordering::Relaxed) {
        session.execute("BEGIN IMMEDIATE; INSERT INTO noise VALUES (1); COMMIT").unwrap();
        written.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn runners_beside_a_writer() {
    for mode in ["DELETE", "WAL"] {
        for _ in 0..rounds(1) {
            let sandbox = Sandbox::new();
            counting(&sandbox, COUNT);
            sandbox.migration("7_t", "CREATE TABLE t7 (id INT);", "DROP TABLE t7;");
            let path = sandbox.path("busy.sqlite3").display().to_string();
            let mut session = open(&path);
            session.query(&format!("PRAGMA journal_mode = {mode}"), &[]).unwrap();
            session.execute("CREATE TABLE noise (n INT)").unwrap();
            let (stop, written) = (AtomicBool::new(false), AtomicUsize::new(0));
            let begun = Instant::now();
            std::thread::scope(|scope| {
                let writer = scope.spawn(|| hammer(&path, &stop, &written));
                let programs: Vec<_> = (0..RUNNERS)
                    .map(|_| Program::start(&sandbox, "busy.sqlite3", &["migrate"]))
                    .collect();
                for program in programs {
                    let ran = program.end_within(Duration::from_secs(60), mode);
                    assert_eq!(ran.code, Some(0), "{mode}: {ran}");
                }
                stop.store(true, Ordering::Relaxed);
                writer.join().expect("the writer is never refused");
            });
            println!("{mode}: {:?}, {} writes", begun.elapsed(), written.load(Ordering::Relaxed));
            assert_eq!(sandbox.query("busy.sqlite3", "SELECT n FROM counter"), [COUNT.to_string()]);
            let versions = "SELECT count(*) FROM __diesel_schema_migrations";
            assert_eq!(sandbox.query("busy.sqlite3", versions), [(COUNT + 2).to_string()]);
            assert!(written.load(Ordering::Relaxed) > 0);
        }
    }
}
