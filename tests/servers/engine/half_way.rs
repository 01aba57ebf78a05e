//! T15: a file of five definitions fails at each of them, where definitions commit. The report says what
//! is there; the mended file goes on; one whose beginning was changed is refused.

use super::{Site, servers};
use crate::support::Server;

const COUNT: usize = 5;

/// Five statements, each on lines of its own; `broken` is the one that fails, from 1.
fn file(broken: Option<usize>) -> String {
    let statement = |number| {
        let kind = if broken == Some(number) { "NOSUCH" } else { "INT" };
        format!(
            "-- number {number}: é;\n\n  ALTER TABLE counter\n    ADD COLUMN c{number} {kind};\n"
        )
    };
    (1..=COUNT).map(statement).collect()
}

fn columns(site: &Site) -> usize {
    let sql = "SELECT column_name FROM information_schema.columns \
               WHERE table_schema = DATABASE() AND table_name = 'counter' AND column_name LIKE 'c%'";
    site.column(sql).len()
}

#[test]
fn every_statement_of_a_file_that_commits() {
    for server in servers().into_iter().filter(|server| *server != Server::Postgres) {
        for at in 1..=COUNT {
            let about = format!("{server:?}, statement {at}");
            let site = Site::new(server);
            site.counting(0);
            site.dbmig(["migrate"]).ok();
            let up = "migrations/1_columns/up.sql";
            site.sandbox.migration("1_columns", &file(Some(at)), "SELECT 1;");
            let kept = match at {
                1 => "nothing of this file is in the database".to_owned(),
                2 => "statement 1 of this file is in the database".to_owned(),
                _ => format!("statements 1 to {} of this file are in the database", at - 1),
            };
            let rest = match COUNT - at {
                0 => String::new(),
                1 => format!("statement {COUNT} was not run"),
                _ => format!("statements {} to {COUNT} were not run", at + 1),
            };
            let ran = site.dbmig(["migrate"]).exits(3);
            let ran = ran.warns(&format!("{up}:{}:3: ", at * 4 - 1)).warns(&kept).warns(&rest);
            let ran = ran.warns(&format!("statement {at} of {COUNT}: ALTER TABLE counter"));
            assert_eq!(ran.stderr.contains("not run"), at < COUNT, "{about}: {ran}");
            assert_eq!(columns(&site), at - 1, "{about}");
            assert_eq!(site.versions(), ["0"], "{about}");
            // What ran is not what the file says any more.
            if at > 1 {
                let changed = file(None).replacen("ADD COLUMN c1 INT", "ADD COLUMN c1 BIGINT", 1);
                site.sandbox.write(up, changed);
                let ran = site.dbmig(["migrate"]).exits(4);
                let _ = ran.warns("1_columns").warns("edited").warns("cargo dbmig resolve 1");
                assert_eq!(columns(&site), at - 1, "{about}");
            }
            // Comments and what comes after may change.
            site.sandbox.write(up, file(None).replacen("number 1", "the first", 1));
            site.dbmig(["migrate"]).ok().says("1 migration applied");
            assert_eq!(columns(&site), COUNT, "{about}");
            assert_eq!(site.versions(), ["0", "1"], "{about}");
        }
    }
}
