//! What a person says: paused, resumed, cancelled; what stops by itself, and small tables.

use super::{FILL, ROWS, places};
use crate::engine::program::wait_until;

#[test]
fn paused_resumed_cancelled_and_begun_anew() {
    for place in places() {
        let place = place.with_rows(ROWS, "-- dbmig:batch 40\n-- dbmig:throttle 40ms\n", FILL);
        let program = place.start(&["backfill", "run", "2"]);
        wait_until("it never began", || place.state() == "running");
        place.dbmig(["backfill", "pause", "2"]).ok().says("is paused");
        program.end().exits(4).warns("does not go on");
        place.dbmig(["backfill", "status"]).ok().says("paused");
        place.dbmig(["backfill", "pause", "2"]).exits(4).warns("is paused");
        place.dbmig(["backfill", "run", "2"]).exits(4).warns("cargo dbmig backfill resume 2");
        place.dbmig(["backfill", "resume", "2"]).ok();
        assert_eq!((place.hits(), place.state()), ("1|1".into(), "done".into()), "{}", place.name);
        place.dbmig(["backfill", "cancel", "2"]).exits(4).warns("is done");
        place.again();
        let program = place.start(&["backfill", "run", "2"]);
        wait_until("it never began", || place.state() == "running");
        place.dbmig(["backfill", "cancel", "2"]).ok();
        program.end().exits(4);
        place.dbmig(["backfill", "run", "2"]).exits(4).warns("--again");
        place.session().execute("UPDATE people SET hits = 0").unwrap();
        place.dbmig(["backfill", "run", "2", "--again"]).ok();
        assert_eq!((place.hits(), place.state()), ("1|1".into(), "done".into()), "{}", place.name);
    }
}

#[test]
fn a_window_that_fails_is_named_and_the_next_run_goes_on_there() {
    for place in places() {
        let place = place.with_rows(ROWS, "-- dbmig:batch 100\n", FILL);
        let mut session = place.session();
        let bad = "UPDATE people SET first_name = 'refused', last_name = 'refused' WHERE id = 1503";
        session.execute(bad).unwrap();
        let ran = place.dbmig(["backfill", "run", "2"]).exits(3);
        for text in
            ["2_fill/backfill.sql:4:1: ", "from key 1503 to key 1800", "the 500 rows before it"]
        {
            assert!(ran.stderr.contains(text), "{}: {text}: {ran}", place.name);
        }
        assert_eq!(place.hits(), "0|1", "{}", place.name);
        session.execute("UPDATE people SET first_name = 'mended' WHERE id = 1503").unwrap();
        place.dbmig(["backfill", "run", "2"]).ok();
        assert_eq!(place.hits(), "1|1", "{}", place.name);
    }
}

#[test]
fn small_and_empty_tables_need_no_run_of_their_own() {
    for rows in [0, 5] {
        for place in places() {
            let place = place.with_rows(rows, "", FILL);
            assert_eq!(place.state(), "done", "{}, {rows} rows", place.name);
            if rows > 0 {
                assert_eq!(place.hits(), "1|1", "{}", place.name);
            }
        }
    }
}
