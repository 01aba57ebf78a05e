//! `[[dbmig.precondition]]` and `-- dbmig:assert`: what is asked around a migration, by every command that
//! has to do with it.

use crate::support::Sandbox;
use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;

/// A table with rows, applied; a unique index that asserts, a migration that asks, and one behind them.
fn guarded(on_fail: &str) -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.migration(
        "1_users",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);\n\
         INSERT INTO users VALUES (1, 'a@x'), (2, 'a@x'), (3, 'b' || char(27) || '[2J'), (4, NULL);",
        "DROP TABLE users;",
    );
    sandbox.migration(
        "2_unique",
        "-- dbmig:assert before SELECT email, count(*) AS n FROM users\n\
         -- dbmig:   GROUP BY email HAVING count(*) > 1\n\
         CREATE UNIQUE INDEX email ON users (email);\n\
         -- dbmig:assert after SELECT * FROM users WHERE email IS NULL;\n",
        "-- dbmig:assert before SELECT id FROM users WHERE email = 'kept'\nDROP INDEX email;",
    );
    sandbox.migration("3_posts", "CREATE TABLE posts (id INTEGER);", "DROP TABLE posts;");
    asks(&sandbox, &format!("expect = 0\non_fail = \"{on_fail}\""));
    sandbox.migration("4_tags", "CREATE TABLE tags (id INTEGER);", "DROP TABLE tags;");
    sandbox
}

fn asks(sandbox: &Sandbox, more: &str) {
    let text = format!(
        "run_in_transaction = true\n\n[[dbmig.precondition]]\n\
         query = \"SELECT count(*) FROM users WHERE id > 8\"\n{more}\n"
    );
    sandbox.write("migrations/3_posts/metadata.toml", text);
}

fn mended(sandbox: &Sandbox) {
    sandbox.execute("dev.sqlite3", "UPDATE users SET email = 'u' || id WHERE id IN (2, 4)");
}

#[test]
fn an_assertion_shows_the_rows_and_nothing_is_applied() {
    let sandbox = guarded("halt");
    let ran = sandbox.dbmig(["migrate"]).exits(3);
    let _ = ran
        .warns_or_says(
            "migrations/2_unique/up.sql:1:1: what is asserted before does not hold: 1 row found",
        )
        .warns_or_says("email = a@x, n = 2")
        .warns_or_says("nothing of this file was run")
        .warns_or_says("help: mend the rows, then `cargo dbmig migrate`");
    sandbox.execute("dev.sqlite3", "UPDATE users SET email = 'u2' WHERE id = 2");
    let ran = sandbox.dbmig(["migrate"]).exits(3);
    let _ = ran
        .warns_or_says(
            "migrations/2_unique/up.sql:4:1: what is asserted after does not hold: 1 row found",
        )
        .warns_or_says("note: id = 4, email = NULL")
        .warns_or_says("rolled back: nothing of this file is in the database");
    let index = "SELECT name FROM sqlite_master WHERE name = 'email'";
    assert!(sandbox.query("dev.sqlite3", index).is_empty());
    sandbox.dbmig(["status"]).ok().warns_or_says("failed     -                    2_unique");
    mended(&sandbox);
    sandbox.dbmig(["migrate"]).ok().warns_or_says("3 migrations applied");
    // A way back asserts as well.
    sandbox.execute("dev.sqlite3", "UPDATE users SET email = 'kept' WHERE id = 1");
    let ran = sandbox.dbmig(["revert", "--to", "1"]).exits(3);
    let _ = ran
        .warns_or_says("migrations/2_unique/down.sql:1:1: what is asserted before")
        .warns_or_says("id = 1");
    sandbox.dbmig(["status"]).ok().warns_or_says("2 applied, 2 pending");
}

#[test]
fn what_is_found_can_not_reach_the_terminal_nor_fill_it() {
    let sandbox = guarded("halt");
    sandbox.dbmig(["migrate", "--to", "1"]).ok();
    sandbox.execute(
        "dev.sqlite3",
        "DELETE FROM users WHERE id < 3; INSERT INTO users SELECT NULL, 'é' || char(27) || printf('%.*c', 400, 'x') \
         FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30) SELECT i FROM n)",
    );
    sandbox.write(
        "migrations/2_unique/up.sql",
        "-- dbmig:assert before SELECT email, x'00ff' AS b FROM users WHERE id > 8\nSELECT 1;\n",
    );
    let ran = sandbox.dbmig(["migrate"]).exits(3);
    let ran = ran
        .warns_or_says("more than 10 rows found")
        .warns_or_says("note: and more")
        .warns_or_says("é\\u{1b}xxx");
    assert!(!ran.stderr.contains('\u{1b}'));
    let rows = ran.stderr.lines().filter(|line| line.contains("note: email = é")).count();
    assert_eq!(rows, 10, "{ran}");
    assert!(ran.stderr.lines().all(|line| line.chars().count() < 260), "{ran}");
}

#[test]
fn a_halt_stops_the_run_and_says_what_was_answered() {
    let sandbox = guarded("halt");
    mended_first(&sandbox);
    sandbox.execute("dev.sqlite3", "INSERT INTO users VALUES (9, '9'), (10, '10')");
    let ran = sandbox.dbmig(["migrate"]).exits(3);
    let _ = ran
        .warns_or_says("migrations/3_posts/metadata.toml: precondition does not hold: answered `2`, expected `0`")
        .warns_or_says("asked was: SELECT count(*) FROM users WHERE id > 8")
        .warns_or_says("nothing of this file was run")
        .warns_or_says("applied before it, and kept: 1 (the last `2_unique`)");
    sandbox.dbmig(["status"]).ok().warns_or_says("failed     -                    3_posts");
    sandbox.execute("dev.sqlite3", "DELETE FROM users WHERE id > 8");
    sandbox.dbmig(["migrate"]).ok().warns_or_says("2 migrations applied");
}

/// The rows in order before anything but the table is there.
fn mended_first(sandbox: &Sandbox) {
    sandbox.dbmig(["migrate", "--to", "1"]).ok();
    mended(sandbox);
}

#[test]
fn what_is_skipped_stays_pending_and_is_asked_again() {
    let sandbox = guarded("skip");
    mended_first(&sandbox);
    sandbox.execute("dev.sqlite3", "INSERT INTO users VALUES (9, '9')");
    let ran = sandbox.dbmig(["migrate"]).ok();
    let _ = ran
        .warns_or_says("skipped  3_posts  (precondition does not hold: answered `1`, expected `0`)")
        .warns_or_says("2 migrations applied, 1 skipped")
        .warns_or_says("help: what was skipped stays pending");
    let status = sandbox.dbmig(["status", "--exit-code"]).exits(1);
    let _ = status
        .warns_or_says("skipped    -                    3_posts  [draft, late]")
        .warns_or_says("precondition does not hold: answered `1`, expected `0`")
        .warns_or_says("3 applied, 1 pending");
    let json = sandbox.dbmig(["status", "--format", "json"]).ok().json();
    assert_eq!(json["migrations"][2]["state"], "skipped");
    assert_eq!(
        json["migrations"][2]["reason"],
        "precondition does not hold: answered `1`, expected `0`"
    );
    // The same answer is recorded once; another one anew.
    sandbox.dbmig(["migrate"]).ok().warns_or_says("0 migrations applied, 1 skipped");
    let skips = "SELECT reason FROM __dbmig_history WHERE action = 'skip' ORDER BY id";
    assert_eq!(sandbox.query("dev.sqlite3", skips).len(), 1);
    sandbox.execute("dev.sqlite3", "INSERT INTO users VALUES (10, '10')");
    let json = sandbox.dbmig(["migrate", "--format", "json"]).ok().json();
    assert_eq!(json["unmet"][0]["on_fail"], "skip");
    assert_eq!(json["unmet"][0]["name"], "3_posts");
    assert_eq!(sandbox.query("dev.sqlite3", skips).len(), 2);
    sandbox
        .dbmig(["log", "3"])
        .ok()
        .warns_or_says("skipped   3_posts")
        .warns_or_says("answered `2`");
    // In one transaction for all as well.
    sandbox.dbmig(["revert", "--only", "4"]).ok();
    let ran = sandbox.dbmig(["migrate", "--tx", "all"]).ok();
    let _ = ran.warns_or_says("1 migration applied, 1 skipped");
    sandbox.execute("dev.sqlite3", "DELETE FROM users WHERE id > 8");
    sandbox.dbmig(["migrate"]).ok().warns_or_says("1 migration applied");
    sandbox.dbmig(["status", "--exit-code"]).ok().warns_or_says("4 applied, 0 pending");
    sandbox.dbmig(["revert", "--only", "3"]).ok().warns_or_says("1 migration reverted");
    sandbox.dbmig(["status"]).ok().warns_or_says("reverted   -                    3_posts");
}

#[test]
fn what_is_marked_as_applied_has_its_evidence() {
    let sandbox = guarded("mark-applied");
    mended_first(&sandbox);
    sandbox.execute("dev.sqlite3", "INSERT INTO users VALUES (9, '9')");
    let ran = sandbox.dbmig(["migrate"]).ok();
    let _ = ran
        .warns_or_says("marked  3_posts  (precondition does not hold: answered `1`, expected `0`)")
        .warns_or_says("2 migrations applied, 1 recorded as applied without being run");
    sandbox.dbmig(["status", "--exit-code"]).ok().warns_or_says("4 applied, 0 pending");
    let posts = "SELECT name FROM sqlite_master WHERE name = 'posts'";
    assert!(sandbox.query("dev.sqlite3", posts).is_empty());
    sandbox
        .dbmig(["log", "3"])
        .ok()
        .warns_or_says("adopted   3_posts")
        .warns_or_says("answered `1`, expected `0`");
    // Its text counts from now on: an edit is seen.
    sandbox.migration("3_posts", "CREATE TABLE posts (id INT, a INT);", "DROP TABLE posts;");
    asks(&sandbox, "expect = 0\non_fail = \"mark-applied\"");
    sandbox.dbmig(["status"]).ok().warns_or_says("modified").warns_or_says("3_posts");
}

#[test]
fn a_warning_keeps_nothing_from_being_run() {
    let sandbox = guarded("warn");
    mended_first(&sandbox);
    sandbox.execute("dev.sqlite3", "INSERT INTO users VALUES (9, '9')");
    let ran = sandbox.dbmig(["migrate"]).ok();
    let ran = ran
        .warns_or_says("warned  3_posts  (precondition does not hold: answered `1`, expected `0`)")
        .warns_or_says("3 migrations applied");
    let asked_once = ran.stdout.matches("warned").count();
    assert_eq!(asked_once, 1, "{ran}");
    sandbox.dbmig(["status", "--exit-code"]).ok();
}

#[test]
fn outside_a_transaction_they_are_asked_before_anything_is_claimed() {
    for (on_fail, expected) in [
        ("halt", None),
        ("skip", Some("1 skipped")),
        ("mark-applied", Some("1 recorded as applied")),
    ] {
        let sandbox = guarded(on_fail);
        mended_first(&sandbox);
        let metadata = sandbox.read("migrations/3_posts/metadata.toml");
        let outside = metadata.replace("transaction = true", "transaction = false");
        sandbox.write("migrations/3_posts/metadata.toml", outside);
        sandbox.execute("dev.sqlite3", "INSERT INTO users VALUES (9, '9')");
        match expected {
            Some(words) => {
                sandbox.dbmig(["migrate"]).ok().warns_or_says(words);
            }
            None => {
                sandbox.dbmig(["migrate"]).exits(3).warns_or_says("answered `1`, expected `0`");
            }
        }
        sandbox.dbmig(["status"]).ok().silent_about("half-done");
        sandbox.execute("dev.sqlite3", "DELETE FROM users WHERE id > 8");
        sandbox.dbmig(["migrate"]).ok();
        let posts =
            sandbox.query("dev.sqlite3", "SELECT name FROM sqlite_master WHERE name = 'posts'");
        assert_eq!(posts.len(), usize::from(on_fail != "mark-applied"), "{on_fail}");
    }
}

#[test]
fn statements_that_stay_are_not_run_twice() {
    let sandbox = Sandbox::project();
    sandbox.migration("1_t", "CREATE TABLE t (a INT); INSERT INTO t VALUES (1);", "DROP TABLE t;");
    for (up, unit) in [
        ("INSERT INTO t VALUES (2);\nVACUUM;", false),
        ("BEGIN;\nINSERT INTO t VALUES (2);\nCOMMIT;", true),
    ] {
        sandbox.migration(
            "2_fill",
            &format!("{up}\n-- dbmig:assert after SELECT a FROM t WHERE a = 1\n"),
            "DELETE FROM t WHERE a = 2;",
        );
        sandbox.write("migrations/2_fill/metadata.toml", "run_in_transaction = false\n");
        let ran = sandbox.dbmig(["migrate"]).exits(3);
        let _ = ran
            .warns_or_says("what is asserted after does not hold: 1 row found")
            .warns_or_says("all statements of this file are in the database")
            .warns_or_says("it asks again, and runs none of them twice");
        sandbox
            .dbmig(["status"])
            .ok()
            .warns_or_says("half-done")
            .warns_or_says("`cargo dbmig migrate`");
        sandbox.dbmig(["migrate"]).exits(3).warns_or_says("what is asserted after");
        sandbox.execute("dev.sqlite3", "UPDATE t SET a = 3 WHERE a = 1");
        sandbox.dbmig(["migrate"]).ok().warns_or_says("1 migration applied");
        let rows = "SELECT CAST(a AS TEXT) FROM t ORDER BY a";
        assert_eq!(sandbox.query("dev.sqlite3", rows), ["2", "3"], "one unit: {unit}");
        sandbox.dbmig(["revert"]).ok();
        sandbox.execute("dev.sqlite3", "UPDATE t SET a = 1");
    }
}

#[test]
fn a_plan_says_what_will_be_asked() {
    let sandbox = guarded("skip");
    sandbox.dbmig(["migrate", "--to", "1"]).ok();
    for args in [&["plan"][..], &["migrate", "--dry-run"]] {
        let ran = sandbox.dbmig(args.iter().copied()).ok();
        let _ = ran
            .warns_or_says("assert  SELECT email, count(*) AS n FROM users GROUP BY email HAVING count(*) > 1  (before it, or the run stops: no rows)")
            .warns_or_says("assert  SELECT * FROM users WHERE email IS NULL  (after it")
            .warns_or_says("ask  SELECT count(*) FROM users WHERE id > 8  (expected `0`, or it is skipped)");
    }
    let json = sandbox.dbmig(["plan", "--format", "json"]).ok().json();
    let asked = &json["steps"][0]["asked"];
    assert_eq!(asked["assertions"][0]["when"], "before");
    assert_eq!(asked["assertions"][1]["query"], "SELECT * FROM users WHERE email IS NULL");
    assert_eq!(json["steps"][1]["asked"]["preconditions"][0]["on_fail"], "skip");
}

#[test]
fn a_script_stops_where_they_do_not_hold() {
    let sandbox = guarded("halt");
    sandbox.dbmig(["migrate", "--to", "1"]).ok();
    let script = sandbox.dbmig(["migrate", "--dry-run", "--sql"]).ok().stdout;
    let run = || {
        let path = sandbox.path("dev.sqlite3");
        let mut conn = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        conn.batch_execute(&script).map_err(|error| error.to_string())
    };
    let tables =
        "SELECT name FROM sqlite_master WHERE name IN ('email', 'posts', 'tags') ORDER BY 1";
    let stopped = |expected: &[&str]| {
        let error = run().unwrap_err();
        assert!(error.contains("UNIQUE constraint failed"), "{error}");
        assert_eq!(sandbox.query("dev.sqlite3", tables), expected);
    };
    assert!(script.contains("-- Stops here, with a duplicate key, if what up.sql:1:1 asserts"));
    stopped(&[]);
    sandbox.execute("dev.sqlite3", "UPDATE users SET email = 'u2' WHERE id = 2");
    stopped(&[]);
    mended(&sandbox);
    sandbox.execute("dev.sqlite3", "INSERT INTO users VALUES (9, '9')");
    stopped(&["email"]);
    // The rest of it, in the words of a new script.
    sandbox.execute("dev.sqlite3", "DELETE FROM users WHERE id > 8");
    let rest = sandbox.dbmig(["migrate", "--dry-run", "--sql"]).ok().stdout;
    let path = sandbox.path("dev.sqlite3");
    let mut conn = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute(&rest).unwrap();
    drop(conn);
    sandbox.dbmig(["status", "--exit-code"]).ok().warns_or_says("4 applied, 0 pending");
    for on_fail in ["skip", "mark-applied"] {
        asks(&sandbox, &format!("on_fail = \"{on_fail}\""));
        sandbox
            .dbmig(["sql", ".."])
            .exits(2)
            .warns_or_says("a precondition decides whether it is run");
    }
    asks(&sandbox, "expect = true\non_fail = \"warn\"");
    let script = sandbox.dbmig(["sql", ".."]).ok().stdout;
    assert!(script.contains("-- Precondition 1 is not asked here: SELECT count(*)"), "{script}");
}

#[test]
fn what_is_not_in_order_is_found_and_never_run() {
    let sandbox = guarded("skip");
    sandbox.write(
        "migrations/2_unique/up.sql",
        "SELECT 1;\n-- dbmig:assert after DELETE FROM users\n",
    );
    sandbox.write("migrations/4_tags/up.sql", "ALTER TABLE posts RENAME TO tags;\n");
    sandbox.write("migrations/4_tags/down.sql", "ALTER TABLE tags RENAME TO posts;\n");
    let ran = sandbox.dbmig(["check"]).exits(1);
    let _ = ran
        .warns_or_says("error[invalid-assertion]: `dbmig:assert after` is not one SELECT")
        .warns_or_says("migrations/2_unique/up.sql:2:1")
        .warns_or_says("error[skip-conflict]: `3_posts` may be skipped, comes before `4_tags`, and")
        .warns_or_says("migrations/3_posts/metadata.toml:4:9");
    let ran = sandbox.dbmig(["migrate"]).exits(1);
    let _ = ran
        .warns_or_says("`dbmig:assert after` is not one SELECT")
        .warns_or_says("nothing of this file was run");
    sandbox
        .dbmig(["sql", "..2"])
        .exits(2)
        .warns_or_says("migrations/2_unique/up.sql:2:1: no script can hold it");
    sandbox.write(
        "migrations/2_unique/up.sql",
        "-- dbmig:assert before SELECT nosuch FROM users\nSELECT 1;\n",
    );
    let ran = sandbox.dbmig(["migrate"]).exits(3);
    let _ = ran.warns_or_says("up.sql:1:1: `dbmig:assert before` failed: no such column: nosuch");
    asks(&sandbox, "on_fail = \"continue\"");
    let ran = sandbox.dbmig(["check"]).exits(1);
    let _ =
        ran.warns_or_says("metadata.toml:5:11").warns_or_says("did you mean `on_fail = \"skip\"`?");
}

#[test]
fn a_proof_goes_round_what_is_not_run() {
    let sandbox = guarded("skip");
    asks(&sandbox, "expect = 7\non_fail = \"skip\"");
    sandbox.write(
        "migrations/1_users/up.sql",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);\n",
    );
    let ran = sandbox.dbmig(["prove"]).ok();
    let _ = ran
        .warns_or_says("3_posts: it does not run on a scratch database: precondition does not hold: answered `0`, expected `7`")
        .warns_or_says("1_users");
    let json = sandbox.dbmig(["prove", "--format", "json"]).ok().json();
    assert_eq!(json["refused"], 0, "{json}");
}
