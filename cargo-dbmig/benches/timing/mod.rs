//! Two commands in turn: medians and their ratio.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Something to be timed: what is done before each run, and the command.
pub(crate) struct Side<'a> {
    pub(crate) before: &'a dyn Fn(),
    pub(crate) command: &'a dyn Fn() -> Command,
}

/// Times both in turn and prints their medians.
pub(crate) fn compare(what: &str, runs: usize, ours: &Side<'_>, theirs: &Side<'_>) {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for round in 0..=runs {
        for (side, times) in [(ours, &mut a), (theirs, &mut b)] {
            (side.before)();
            let mut command = (side.command)();
            let started = Instant::now();
            run(&mut command);
            // The first round warms up.
            if round > 0 {
                times.push(started.elapsed());
            }
        }
    }
    let (a, b) = (median(a), median(b));
    let ratio = a.as_secs_f64() / b.as_secs_f64();
    println!("{what}: {:.1} ms, {:.1} ms, ratio {ratio:.2}", millis(a), millis(b));
}

/// Runs a command that must succeed.
pub(crate) fn run(command: &mut Command) {
    let program = Path::new(command.get_program()).display().to_string();
    match command.stdout(Stdio::null()).stderr(Stdio::null()).status() {
        Ok(status) => assert!(status.success(), "{program} failed: {command:?}"),
        Err(error) => panic!("{program}: {error}"),
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
