//! Runs that end at a random moment: killed, interrupted, without their connection.

use std::hash::{BuildHasher as _, Hasher as _};
use std::time::{Duration, Instant};

use super::{FILL, ROWS, places};
use crate::engine::program::wait_until;
use crate::engine::rounds;

/// Moments of a run: a small generator whose seed is printed.
struct Moments(u64);

impl Moments {
    fn new() -> Self {
        let seed = match std::env::var("DBMIG_TEST_SEED") {
            Ok(text) => text.parse().expect("a number"),
            Err(_) => std::collections::hash_map::RandomState::new().build_hasher().finish(),
        };
        println!("DBMIG_TEST_SEED={seed}");
        Self(seed)
    }

    /// A moment of a run, in the given one of so many parts: a few of them are not all at its beginning.
    fn of(&mut self, run: Duration, (part, parts): (usize, usize)) -> Duration {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let part = u32::try_from(part).expect("a few parts");
        let length = run / u32::try_from(parts).expect("a few parts");
        let micros = u64::try_from(length.as_micros()).expect("a short run").max(1);
        length * part + Duration::from_micros((self.0 >> 20) % micros)
    }
}

#[test]
fn killed_at_random_moments_no_row_is_lost_or_changed_twice() {
    let mut moments = Moments::new();
    let rounds = rounds(5);
    let mut all_half = 0;
    for place in places() {
        let place = place.with_rows(ROWS, "-- dbmig:batch 40\n-- dbmig:throttle 5ms\n", FILL);
        let begun = Instant::now();
        place.dbmig(["backfill", "run"]).ok();
        let (whole, mut took) = (place.digest(), begun.elapsed());
        assert_eq!(place.hits(), "1|1", "{}", place.name);
        let (mut killed, mut half, mut ended) = (0, 0, 0);
        while killed < rounds {
            place.again();
            let mut program = place.start(&["backfill", "run", "2"]);
            let moment = moments.of(took, (killed, rounds));
            std::thread::sleep(moment);
            let about = format!("{}, round {killed}: killed after {moment:?}", place.name);
            if program.has_ended() {
                // That was no moment of a run: runs take less than the first one did.
                (ended, took) = (ended + 1, took * 9 / 10);
                assert!(ended < 50 + rounds, "{about}");
                continue;
            }
            program.kill();
            killed += 1;
            half += usize::from(place.hits() == "0|1");
            place.dbmig(["backfill", "run", "2"]).ok();
            assert_eq!(place.digest(), whole, "{about}");
            assert_eq!(place.state(), "done", "{about}");
        }
        println!("{}: {killed} killed, {half} half way", place.name);
        assert!(half > 0 || rounds < 20, "{}: none was killed half way", place.name);
        all_half += half;
    }
    assert!(all_half > 0, "none was killed half way");
}

#[test]
fn an_interrupt_ends_it_and_it_goes_on_there() {
    for place in places() {
        let place = place.with_rows(ROWS, "-- dbmig:batch 40\n-- dbmig:throttle 40ms\n", FILL);
        let program = place.start(&["backfill", "run", "2"]);
        wait_until("it never began", || place.hits() == "0|1");
        program.signal("-INT");
        let ran = program.end_within(Duration::from_secs(5), &place.name).exits(130);
        assert!(ran.stderr.contains("cargo dbmig backfill run 2"), "{}: {ran}", place.name);
        place.dbmig(["backfill", "run"]).ok().says("resuming");
        assert_eq!(place.hits(), "1|1", "{}", place.name);
    }
}

/// The server ends the connection of the run: it connects again, and goes on behind what was committed.
#[test]
fn a_connection_that_is_lost_costs_a_window_at_most() {
    // A file has no connection to lose.
    for place in places().into_iter().filter(|place| place.name != "Sqlite") {
        let place = place.with_rows(ROWS, "-- dbmig:batch 40\n-- dbmig:throttle 20ms\n", FILL);
        let mut session = place.session();
        let program = place.start(&["backfill", "run", "2"]);
        let done = format!("SELECT {} FROM people WHERE hits > 0", place.text("COUNT(*)"));
        for round in 0..3 {
            let before = place.one(&done);
            wait_until("it never went on", || place.one(&done) != before);
            assert!(place.state() == "running", "{}: it ended before round {round}", place.name);
            assert!(place.end_other_connections(&mut *session) > 0, "{}", place.name);
        }
        program.end().ok();
        assert_eq!((place.hits(), place.state()), ("1|1".into(), "done".into()), "{}", place.name);
    }
}
