//! `dbmig:throttle_query`: while it is true nothing is changed, and whoever wants it to stop is heard.

use std::time::Duration;

use super::{FILL, Place, ROWS, places};
use crate::engine::program::Program;

/// A run that waits: its query finds a row.
fn held(place: Place) -> (Place, Program) {
    let header = "-- dbmig:batch 40\n-- dbmig:throttle_query EXISTS (SELECT 1 FROM busy)\n";
    let place = place.with_rows(ROWS, header, FILL);
    let mut session = place.session();
    session.execute("CREATE TABLE busy (id INTEGER NOT NULL PRIMARY KEY)").unwrap();
    session.execute("INSERT INTO busy VALUES (1)").unwrap();
    let mut program = place.start(&["backfill", "run", "2"]);
    program.listen_for("2_fill  1.0 s: `dbmig:throttle_query` is true");
    assert_eq!((place.hits(), place.state()), ("0|0".into(), "running".into()), "{}", place.name);
    (place, program)
}

#[test]
fn it_goes_on_when_the_query_says_so() {
    for place in places() {
        let (place, program) = held(place);
        place.session().execute("DELETE FROM busy").unwrap();
        program.end().ok().says("(1000 of 1000 rows changed, 25 windows");
        assert_eq!((place.hits(), place.state()), ("1|1".into(), "done".into()), "{}", place.name);
    }
}

#[test]
fn it_can_be_paused_cancelled_and_interrupted_while_it_waits() {
    for place in places() {
        let (place, program) = held(place);
        let limit = Duration::from_secs(5);
        place.dbmig(["backfill", "pause", "2"]).ok();
        program.end_within(limit, &place.name).exits(4).says("paused  2_fill");
        let mut program = place.start(&["backfill", "resume", "2"]);
        program.listen_for("`dbmig:throttle_query` is true");
        program.signal("-INT");
        program.end_within(limit, &place.name).exits(130);
        let mut program = place.start(&["backfill", "run"]);
        program.listen_for("`dbmig:throttle_query` is true");
        place.dbmig(["backfill", "cancel", "2"]).ok();
        program.end_within(limit, &place.name).exits(4).says("canceled  2_fill");
        assert_eq!(place.hits(), "0|0", "{}", place.name);
    }
}

#[test]
fn a_query_that_fails_ends_it_before_anything_is_changed() {
    for place in places() {
        let header = "-- dbmig:throttle_query SELECT nosuch FROM people\n";
        let place = place.with_rows(ROWS, header, FILL);
        place
            .dbmig(["backfill", "run", "2"])
            .exits(3)
            .warns("2_fill/backfill.sql: `dbmig:throttle_query` failed")
            .warns("nosuch");
        assert_eq!(place.hits(), "0|0", "{}", place.name);
        // In the middle as well, and what was done stays.
        let header = "-- dbmig:batch 40\n-- dbmig:throttle 20ms\n-- dbmig:throttle_query EXISTS (SELECT 1 FROM busy)\n";
        let text = format!("-- dbmig:table people\n-- dbmig:key id\n{header}{FILL}");
        place.sandbox.write("migrations/2_fill/backfill.sql", text);
        let mut session = place.session();
        session.execute("CREATE TABLE busy (id INTEGER NOT NULL PRIMARY KEY)").unwrap();
        let program = place.start(&["backfill", "run", "2", "--again"]);
        crate::engine::program::wait_until("it never began", || place.hits() == "0|1");
        session.execute("DROP TABLE busy").unwrap();
        program.end().exits(3).warns("`dbmig:throttle_query` failed");
        session.execute("CREATE TABLE busy (id INTEGER NOT NULL PRIMARY KEY)").unwrap();
        place.dbmig(["backfill", "run", "2"]).ok().says("resuming");
        assert_eq!(place.hits(), "1|1", "{}", place.name);
    }
}
