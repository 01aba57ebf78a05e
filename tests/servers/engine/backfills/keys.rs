//! Keys of every kind, and columns that are none.

use super::{FILL, ROWS, places};

/// Text with what is special to somebody, and several columns.
#[test]
fn keys_of_text_and_of_several_columns() {
    for place in places() {
        let place = place.with_rows(0, "", FILL);
        let mut session = place.session();
        session
            .execute("CREATE TABLE codes (tenant INTEGER NOT NULL, code VARCHAR(40) NOT NULL UNIQUE, hits INTEGER NOT NULL, PRIMARY KEY (tenant, code))")
            .unwrap();
        for n in 0..300 {
            let special = ["'' OR 1=1 --", " ", "%", "\"", "é", "Z", "a", ":lo"][n % 8];
            let sql = format!("INSERT INTO codes VALUES ({}, '{n}{special}', 0)", n % 5);
            session.execute(&sql).unwrap();
        }
        for (number, key, window) in [
            (3, "code", "code >= :lo AND code <= :hi"),
            (4, "tenant, code", "(tenant, code) >= (:lo) AND (tenant, code) <= (:hi)"),
            (
                5,
                "tenant, code",
                "tenant >= :lo.tenant AND (tenant, code) >= (:lo) AND (tenant, code) <= (:hi)",
            ),
        ] {
            let dir = format!("{number}_codes");
            place.sandbox.migration(&dir, dbmig_build::backfill::STOPPER, "SELECT 1;");
            place.sandbox.write(
                &format!("migrations/{dir}/backfill.sql"),
                format!("-- dbmig:table codes\n-- dbmig:key {key}\n-- dbmig:batch 7\nUPDATE codes SET hits = hits + 1 WHERE {window};\n"),
            );
            place.dbmig(["migrate"]).ok();
            place.dbmig(["backfill", "run", &number.to_string()]).ok();
            let hits = format!(
                "SELECT {}, {} FROM codes",
                place.text("MIN(hits)"),
                place.text("MAX(hits)")
            );
            assert_eq!(place.one(&hits), format!("{0}|{0}", number - 2), "{}: {key}", place.name);
        }
    }
}

#[test]
fn a_column_that_is_no_key_is_refused() {
    for place in places() {
        let place = place.with_rows(ROWS, "", FILL);
        let file = "migrations/2_fill/backfill.sql";
        for (header, reason) in [
            ("-- dbmig:table people\n-- dbmig:key first_name\n", "is not unique"),
            ("-- dbmig:table people\n-- dbmig:key nosuch\n", "has no column `nosuch`"),
            ("-- dbmig:table nosuch\n-- dbmig:key id\n", "there is no table `nosuch`"),
        ] {
            place.sandbox.write(file, format!("{header}{FILL}"));
            place.dbmig(["backfill", "run", "2"]).exits(2).warns(reason);
        }
        assert_eq!(place.hits(), "0|0", "{}", place.name);
    }
}
