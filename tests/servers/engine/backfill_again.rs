//! A backfill whose migration is reverted and applied again runs again, on every server.

use super::{Site, servers};

#[test]
fn after_a_revert() {
    for server in servers() {
        let site = Site::new(server);
        site.sandbox.migration(
            "1_people",
            "CREATE TABLE people (id INTEGER NOT NULL PRIMARY KEY, hits INTEGER NOT NULL);\n\
             INSERT INTO people VALUES (1, 0), (2, 0);",
            "DROP TABLE people;",
        );
        site.sandbox.migration("2_fill", dbmig_build::backfill::STOPPER, "SELECT 1;");
        let text = "-- dbmig:table people\n-- dbmig:key id\n\
                    UPDATE people SET hits = hits + 1 WHERE id >= :lo AND id <= :hi;\n";
        site.sandbox.write("migrations/2_fill/backfill.sql", text);
        let hits = || site.column("SELECT concat(hits, '') FROM people ORDER BY id");
        site.dbmig(["migrate"]).ok();
        assert_eq!(hits(), ["1", "1"], "{}", site.name());
        site.dbmig(["revert"]).ok();
        site.dbmig(["migrate"]).ok();
        assert_eq!(hits(), ["2", "2"], "{}", site.name());
    }
}
