//! Apply, fail, mend, revert, redo.

use super::{Site, servers};

#[test]
fn apply_and_revert() {
    for site in Site::all() {
        site.counting(2);
        site.dbmig(["status"]).ok().says("3 pending");
        assert!(site.session().query("SELECT 1 FROM __diesel_schema_migrations", &[]).is_err());
        site.dbmig(["migrate"]).ok().says("3 migrations applied");
        site.exactly_once(2, "applied");
        site.dbmig(["migrate"]).ok().says("nothing to apply");
        site.dbmig(["redo", "--step", "2"]).ok().says("2 migrations redone");
        site.exactly_once(2, "redone");
        site.dbmig(["revert", "--all"]).ok().says("3 migrations reverted");
        assert!(site.versions().is_empty(), "{}", site.name());
        site.dbmig(["migrate"]).ok();
        site.exactly_once(2, "applied again");
    }
}

#[test]
fn a_statement_that_fails_is_named_with_its_place() {
    for site in Site::all() {
        site.counting(1);
        let broken = "CREATE TABLE t2 (id INTEGER);\n\n  -- a comment: é\n  INSERT INTO nosuch VALUES (1);\nUPDATE counter SET n = n + 1;";
        site.sandbox.migration("2_t", broken, "DROP TABLE t2;");
        let ran =
            site.dbmig(["migrate"]).exits(3).warns("migrations/2_t/up.sql:4:").warns("nosuch");
        let (code, kept) = match site.is_postgres() {
            true => ("42P01", "nothing of this file is in the database"),
            false => ("1146", "statement 1 of this file is in the database"),
        };
        let _ = ran
            .warns(code)
            .warns(kept)
            .warns("applied before it, and kept: 2")
            .warns("statement 2 of 3");
        site.dbmig(["migrate"]).exits(3).warns("nosuch");
        site.sandbox
            .write("migrations/2_t/up.sql", broken.replace("nosuch VALUES (1)", "t2 VALUES (1)"));
        site.dbmig(["migrate"]).ok().says("1 migration applied");
        site.exactly_once(2, "mended");
    }
}

#[test]
fn the_place_inside_a_statement() {
    let site = Site::new(crate::support::Server::Postgres);
    site.sandbox.migration(
        "1_a",
        "CREATE TABLE \"é\" (a INT);\nSELECT 'é',\n  nosuch FROM \"é\";",
        "SELECT 1;",
    );
    site.dbmig(["migrate"]).exits(3).warns("up.sql:3:3: column \"nosuch\" does not exist (42703)");
}

#[test]
fn one_transaction_for_all() {
    let site = Site::new(crate::support::Server::Postgres);
    site.counting(2);
    site.sandbox.migration("3_t", "SELECT nosuch;", "SELECT 1;");
    site.dbmig(["migrate", "--tx", "all"]).exits(3).warns("3_t/up.sql:1:8").silent_about("kept");
    assert!(site.versions().is_empty());
    site.sandbox.migration(
        "3_t",
        "CREATE TABLE t3 (id INT); UPDATE counter SET n = n + 1;",
        "DROP TABLE t3;",
    );
    site.dbmig(["migrate", "--tx", "all"]).ok().says("4 migrations applied");
    site.exactly_once(3, "one transaction");
    let transactions =
        site.column("SELECT count(DISTINCT xmin::text) FROM __diesel_schema_migrations");
    assert_eq!(transactions, ["1"]);
    let site = Site::new(crate::support::Server::Mariadb);
    site.counting(1);
    site.dbmig(["migrate", "--tx", "all"]).exits(2).warns("its statements commit by themselves");
    assert!(site.column("SHOW TABLES").iter().all(|table| table.starts_with("__")));
}

#[test]
fn nothing_pending_costs_one_query_and_writes_nothing() {
    for server in servers() {
        let site = Site::new(server);
        site.counting(1);
        site.dbmig(["migrate"]).ok();
        let mut session = Counting { inner: site.session(), queries: 0 };
        dbmig_runtime::history::read(&mut session).unwrap();
        assert_eq!(session.queries, 1, "{server:?}");
    }
}

/// Counts what is sent.
struct Counting {
    inner: Box<dyn dbmig_runtime::Session>,
    queries: usize,
}

impl dbmig_runtime::Session for Counting {
    fn dialect(&self) -> dbmig_runtime::Dialect {
        self.inner.dialect()
    }

    fn execute(&mut self, sql: &str) -> dbmig_runtime::session::DbResult<()> {
        self.queries += 1;
        self.inner.execute(sql)
    }

    fn execute_with(
        &mut self,
        sql: &str,
        values: &[dbmig_runtime::session::Value<'_>],
    ) -> dbmig_runtime::session::DbResult<usize> {
        self.queries += 1;
        self.inner.execute_with(sql, values)
    }

    fn query(
        &mut self,
        sql: &str,
        values: &[dbmig_runtime::session::Value<'_>],
    ) -> dbmig_runtime::session::DbResult<Vec<dbmig_runtime::session::Row>> {
        self.queries += 1;
        self.inner.query(sql, values)
    }

    fn in_transaction(&mut self) -> dbmig_runtime::session::DbResult<bool> {
        self.inner.in_transaction()
    }
}

#[test]
fn seeds_run_once_for_a_content() {
    for site in Site::all() {
        site.counting(0);
        site.sandbox.write("seeds/reference/001_more.sql", "INSERT INTO counter VALUES (7);");
        site.dbmig(["migrate"]).ok();
        site.dbmig(["seed", "run"]).ok().says("seeded");
        site.dbmig(["seed", "run"]).ok();
        assert_eq!(site.column("SELECT n FROM counter ORDER BY n"), ["0", "7"], "{}", site.name());
    }
}

#[test]
fn as_diesel_has_it() {
    for server in servers() {
        let site = Site::new(server);
        site.counting(1);
        site.dbmig(["migrate"]).ok();
        // What Diesel's own table says is what Diesel would have written.
        let sql = "SELECT version FROM __diesel_schema_migrations WHERE run_on IS NOT NULL ORDER BY version";
        assert_eq!(site.column(sql), ["0", "1"]);
        // Reverted by Diesel: pending again. Applied by Diesel: taken over.
        site.session()
            .execute("DROP TABLE t1; UPDATE counter SET n = 0; DELETE FROM __diesel_schema_migrations WHERE version = '1'")
            .unwrap();
        site.dbmig(["migrate"]).ok().says("1 migration applied");
        site.exactly_once(1, "after a revert by Diesel");
        site.session()
            .execute("CREATE TABLE t2 (id INTEGER); UPDATE counter SET n = 2; INSERT INTO __diesel_schema_migrations (version) VALUES ('2')")
            .unwrap();
        site.counting(3);
        site.dbmig(["migrate"]).ok().says("1 migration applied");
        site.exactly_once(3, "after an apply by Diesel");
        let actions = site.column("SELECT action FROM __dbmig_history WHERE version = '2'");
        assert_eq!(actions, ["adopt"]);
    }
}

#[test]
fn repeatables_run_when_they_change() {
    for site in Site::all() {
        site.counting(1);
        let view = |value: &str| {
            let drop = "DROP VIEW IF EXISTS v;";
            site.sandbox.write(
                "migrations/R__v.sql",
                format!("{drop}\nCREATE VIEW v AS SELECT '{value}' AS a FROM counter;"),
            );
        };
        view("one");
        site.dbmig(["migrate"]).ok().says("2 migrations and 1 repeatable applied");
        site.dbmig(["migrate"]).ok().says("nothing to apply");
        view("two");
        site.dbmig(["migrate"]).ok().says("applied  R__v.sql");
        assert_eq!(site.column("SELECT a FROM v"), ["two"], "{}", site.name());
        // A URL that was typed may be anything: a text that was replaced is not brought back by itself.
        view("one");
        site.dbmig(["migrate"]).ok().warns("replaced by a later text");
        assert_eq!(site.column("SELECT a FROM v"), ["two"], "{}", site.name());
        site.dbmig(["migrate", "--repeat", "R__v.sql"]).ok();
        assert_eq!(site.column("SELECT a FROM v"), ["one"], "{}", site.name());
        site.sandbox
            .write("migrations/R__v.sql", "CREATE TABLE half (id INTEGER);\nSELECT nosuch;");
        site.dbmig(["migrate"]).exits(3).warns("migrations/R__v.sql:2:");
        site.sandbox.write("migrations/R__v.sql", "DROP TABLE IF EXISTS half;");
        site.dbmig(["migrate"]).ok();
        let states = "SELECT state FROM __dbmig_history WHERE action = 'repeat' ORDER BY id";
        let expected = ["finished", "finished", "finished", "failed", "finished"];
        assert_eq!(site.column(states), expected, "{}", site.name());
        site.dbmig(["revert"]).ok();
        site.dbmig(["migrate"]).ok().says("1 migration and 1 repeatable applied");
        // One query still, with what is known of repeatables in it.
        site.dbmig(["migrate"]).ok().says("nothing to apply");
    }
}

#[test]
fn a_statement_that_is_too_long_is_refused_before_anything_runs() {
    // MySQL allows four times as much by default, which takes long.
    let site = Site::new(crate::support::Server::Mariadb);
    let limit: usize = site.column("SELECT @@max_allowed_packet")[0].parse().unwrap();
    let long = |text: &str| text.replace("{}", &"x".repeat(limit));
    site.sandbox.migration(
        "1_a",
        &long("CREATE TABLE a (id TEXT);\nINSERT INTO a VALUES ('{}');"),
        "DROP TABLE a;",
    );
    let ran = site.dbmig(["migrate"]).exits(3).warns("migrations/1_a/up.sql:2:1: ");
    let _ = ran.warns("in one packet").warns("nothing of this file was run");
    assert!(site.session().query("SELECT 'x' FROM a", &[]).is_err(), "{}", site.name());
    site.sandbox.migration("1_a", "CREATE TABLE a (id TEXT);", &long("-- {}\nDROP TABLE a;"));
    site.dbmig(["migrate"]).exits(3).warns("migrations/1_a/down.sql: ");
    // Many statements are no long one.
    let many = "INSERT INTO a VALUES ('many');\n".repeat(100);
    site.sandbox.migration("1_a", &format!("CREATE TABLE a (id TEXT);\n{many}"), "DROP TABLE a;");
    site.dbmig(["migrate"]).ok();
}

#[test]
fn tables_without_transactions_are_not_said_to_be_rolled_back() {
    for site in servers().into_iter().map(Site::new).filter(|site| !site.is_postgres()) {
        site.sandbox.migration("1_m", "CREATE TABLE m (id INT) ENGINE = MyISAM;", "DROP TABLE m;");
        site.dbmig(["migrate"]).ok();
        let rows =
            |last: &str| format!("INSERT INTO m VALUES (1);\nINSERT INTO {last} VALUES (2);");
        site.sandbox.migration("2_rows", &rows("nosuch"), "DELETE FROM m;");
        let ran = site.dbmig(["migrate"]).exits(3).warns("migrations/2_rows/up.sql:2:1");
        let ran = ran.warns("changed tables that have none").warns("cargo dbmig resolve");
        let _ = ran.silent_about("rolled back");
        assert_eq!(site.column("SELECT count(*) FROM m"), ["1"], "{}", site.name());
        // Nothing is sent again before somebody has looked.
        site.sandbox.migration("2_rows", &rows("m"), "DELETE FROM m;");
        site.dbmig(["status"]).ok().says("half-done");
        site.dbmig(["migrate"]).exits(4).warns("cargo dbmig resolve 2 --not-applied");
        site.session().execute("DELETE FROM m").unwrap();
        site.dbmig(["resolve", "2", "--not-applied"]).ok();
        site.dbmig(["migrate"]).ok();
        assert_eq!(site.column("SELECT count(*) FROM m"), ["2"], "{}", site.name());
    }
}
