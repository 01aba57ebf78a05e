//! The migration of a backfill is reverted, recorded by hand, or gets another version: its state follows.

use super::{FILL, Place, ROWS, places};
use crate::engine::program::wait_until;

const SLOW: &str = "-- dbmig:batch 40\n-- dbmig:throttle 40ms\n";

impl Place {
    fn states(&self) -> String {
        self.one("SELECT name FROM __dbmig_state WHERE kind = 'backfill'")
    }

    /// What the lock file wants to know.
    fn with_dialect(&self) {
        let dialect = match self.name.as_str() {
            "Sqlite" => "sqlite",
            "Postgres" => "postgres",
            _ => "mysql",
        };
        let toml = self.sandbox.read("dbmig.toml");
        self.sandbox.write("dbmig.toml", format!("dialect = \"{dialect}\"\n{toml}"));
    }

    /// A way back that says in the rows that it ran.
    fn with_way_back(&self, down: &str) {
        self.sandbox.write("migrations/2_fill/down.sql", down);
    }
}

#[test]
fn what_is_reverted_is_forgotten_and_begun_anew() {
    // The second one is DDL, which MySQL commits by itself: another path of the engine.
    let ways = [
        "UPDATE people SET hits = 0;\n",
        "ALTER TABLE people ADD COLUMN was_reverted INTEGER;\nUPDATE people SET hits = 0;\n\
         ALTER TABLE people DROP COLUMN was_reverted;\n",
    ];
    for down in ways {
        for place in places() {
            let place = place.with_rows(ROWS, "-- dbmig:batch 100\n", FILL);
            place.with_way_back(down);
            place.dbmig(["backfill", "run"]).ok();
            assert_eq!(
                (place.hits(), place.states()),
                ("1|1".into(), "2".into()),
                "{}",
                place.name
            );
            place.dbmig(["revert", "--to", "1"]).ok();
            assert_eq!(
                (place.hits(), place.states()),
                ("0|0".into(), String::new()),
                "{}",
                place.name
            );
            place
                .dbmig(["backfill", "status"])
                .ok()
                .says("pending")
                .says("its migration is pending");
            place.dbmig(["backfill", "run", "2"]).exits(4).warns("`2_fill` is not applied");
            place.dbmig(["migrate"]).ok();
            place.dbmig(["backfill", "run"]).ok().says("(1000 of 1000 rows changed, ");
            assert_eq!(place.hits(), "1|1", "{}", place.name);
            // Without its directory as well: the way back that was recorded is taken.
            std::fs::remove_dir_all(place.sandbox.path("migrations/2_fill")).unwrap();
            place.dbmig(["revert", "--missing"]).ok();
            assert_eq!(place.states(), "", "{}", place.name);
        }
    }
}

#[test]
fn a_script_that_reverts_forgets_it_too() {
    for place in places() {
        let place = place.with_rows(ROWS, "-- dbmig:batch 100\n", FILL);
        place.with_way_back("UPDATE people SET hits = 0;\n");
        place.with_dialect();
        place.dbmig(["backfill", "run"]).ok();
        let script = place.dbmig(["sql", "1..2", "--down"]).ok().stdout;
        let forgets = "DELETE FROM";
        let about = format!("{}: {script}", place.name);
        let found = script.lines().any(|line| {
            line.starts_with(forgets) && line.contains("kind = 'backfill' AND name = '2'")
        });
        assert!(found, "{about}");
    }
}

#[test]
fn what_somebody_undid_by_hand_is_forgotten() {
    for place in places() {
        let place = place.with_rows(ROWS, "-- dbmig:batch 100\n", FILL);
        place.dbmig(["backfill", "run"]).ok();
        place.dbmig(["resolve", "2", "--not-applied", "--reason", "by hand"]).ok();
        assert_eq!(place.states(), "", "{}", place.name);
    }
}

/// One run is at it, another one waits for it, and the migration is reverted: neither goes on.
#[test]
fn a_revert_ends_the_run_and_who_waits_for_it() {
    for place in places() {
        let place = place.with_rows(ROWS, SLOW, FILL);
        place.with_way_back("UPDATE people SET hits = 0;\n");
        let first = place.start(&["backfill", "run", "2"]);
        wait_until("it never began", || place.hits() == "0|1");
        let mut second = place.start(&["backfill", "run", "2"]);
        // SQLite has no lock of a backfill: both share the work.
        second.listen_for(if place.name == "Sqlite" { "resuming" } else { "waiting" });
        place.dbmig(["revert", "--to", "1"]).ok();
        first.end().exits(4);
        second.end().exits(4);
        assert_eq!((place.hits(), place.states()), ("0|0".into(), String::new()), "{}", place.name);
    }
}

/// `rebase` gives the migration a later version: what is done stays done, and what waits for it still does.
#[test]
fn a_new_version_takes_the_state_along() {
    for place in places() {
        let place = place.with_rows(ROWS, SLOW, FILL);
        let program = place.start(&["backfill", "run", "2"]);
        wait_until("it never began", || place.hits() == "0|1");
        place.dbmig(["backfill", "pause", "2"]).ok();
        program.end().exits(4);
        // What others have comes behind it, and is locked.
        place.with_dialect();
        let fill = place.sandbox.path("migrations/2_fill");
        let aside = place.sandbox.path("aside");
        std::fs::rename(&fill, &aside).unwrap();
        place.sandbox.migration("5_other", "CREATE TABLE other (id INTEGER);", "DROP TABLE other;");
        place.dbmig(["lock"]).ok();
        std::fs::rename(&aside, &fill).unwrap();
        place.sandbox.migration(
            "3_index",
            "CREATE INDEX by_name ON people (full_name);",
            "SELECT 1;",
        );
        for required in ["2", "2_fill"] {
            let metadata = format!(
                "run_in_transaction = true # as ever\n\n[dbmig]\nrequires = \"backfill:{required}\"\n"
            );
            place.sandbox.write("migrations/3_index/metadata.toml", metadata);
            place.dbmig(["rebase", "--dry-run"]).ok().says("would change migrations/");
        }
        let ran = place.dbmig(["rebase"]).ok().says("renamed 2_fill → ").says("re-pointed 2 → ");
        let version = ran.stdout.split("re-pointed 2 → ").nth(1).unwrap().lines().next().unwrap();
        assert_eq!((place.states(), place.state()), (version.into(), "paused".into()), "{ran}");
        let dirs: Vec<_> = std::fs::read_dir(place.sandbox.path("migrations"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let [fill, index] = ["_fill", "_index"].map(|end| {
            dirs.iter().find(|dir| dir.ends_with(end)).unwrap_or_else(|| panic!("{dirs:?}"))
        });
        let metadata = place.sandbox.read(&format!("migrations/{index}/metadata.toml"));
        assert!(metadata.contains("# as ever"), "{metadata}");
        assert!(metadata.contains(&format!("requires = \"backfill:{fill}\"")), "{metadata}");
        // Nothing is done again, and nothing is left out.
        place.dbmig(["migrate"]).exits(4).warns("is paused");
        place.dbmig(["backfill", "resume", version]).ok().says("resuming");
        assert_eq!((place.hits(), place.state()), ("1|1".into(), "done".into()), "{}", place.name);
        place.dbmig(["migrate"]).ok().says("2 migrations applied");
    }
}
