//! Statements that a long run keeps on its connection (PostgreSQL): dropped by a migration, they are made anew.

use super::Site;
use crate::support::Server;

/// Enough for the engine to keep statements.
const MANY: usize = 30;

#[test]
fn what_drops_them_stops_no_run() {
    let drops = [
        "DEALLOCATE ALL",
        "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$",
        // Nobody can see it from here.
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE concat('DEALLO', 'CATE ALL'); \
         RETURN 1; END $$;\nSELECT f()",
    ];
    for sql in drops {
        let site = Site::new(Server::Postgres);
        site.counting(MANY);
        let file = "migrations/5_t/up.sql";
        let up = site.sandbox.read(file);
        site.sandbox.write(file, format!("{up}\n{sql};\n"));
        site.dbmig(["migrate"]).ok();
        site.exactly_once(MANY, sql);
    }
}

#[test]
fn behind_a_pooler_nothing_is_kept() {
    let site = Site::pooled();
    site.counting(MANY);
    site.dbmig(["migrate"]).ok();
    site.exactly_once(MANY, "pooled");
    let mut session = super::open(&site.url);
    let kept = session.query("SELECT name FROM pg_prepared_statements", &[]).unwrap();
    assert_eq!(kept, Vec::<Vec<Option<String>>>::new());
}
