//! `log`, `baseline`, `repair`, `resolve`: what is recorded, and nothing is run.

use crate::support::Sandbox;

fn two() -> Sandbox {
    let sandbox = Sandbox::project();
    for (dir, table) in [("1_a", "a"), ("2_b", "b")] {
        let (up, down) =
            (format!("CREATE TABLE {table} (id INT);"), format!("DROP TABLE {table};"));
        sandbox.migration(dir, &up, &down);
    }
    sandbox.dbmig(["lock"]).ok();
    sandbox
}

/// The same with everything applied.
fn applied() -> Sandbox {
    let sandbox = two();
    sandbox.dbmig(["migrate"]).ok();
    sandbox
}

const PRODUCTION: [&str; 2] = ["--env", "production"];

#[test]
fn log_tells_every_attempt() {
    let sandbox = two();
    sandbox.dbmig(["log"]).exits(3).warns("does not exist");
    sandbox.write("dev.sqlite3", "");
    sandbox.dbmig(["log"]).ok().says("nothing was recorded");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.write("migrations/3_c/up.sql", "SELECT 1;\nSELECT nosuch\nFROM a;");
    sandbox.write("migrations/3_c/metadata.toml", "run_in_transaction = true\n");
    sandbox.dbmig(["migrate"]).exits(3);
    sandbox.dbmig(["revert"]).ok();
    let ran = sandbox.dbmig(["log"]).ok();
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert!(lines[0].contains("  reverted  2_b  (1 statement, "), "{ran}");
    assert!(lines[1].contains("  failed    3_c  (0 of 2 statements, "), "{ran}");
    assert!(
        lines[2].ends_with("error: 3_c/up.sql:2:8: no such column: nosuch (SQLITE_ERROR)"),
        "{ran}"
    );
    assert!(lines[3].contains("  applied   2_b"), "{ran}");
    let ran = sandbox.dbmig(["log", "a", "-n", "1"]).ok().says("applied   1_a").says("run 1, ");
    let _ = ran.silent_about("2_b");
    let json = sandbox.dbmig(["log", "--last", "1", "--format", "json"]).ok().json();
    assert_eq!(json["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&json["attempts"][0]["action"], &json["attempts"][0]["attempt"]),
        (&"revert".into(), &2.into())
    );
}

#[test]
fn log_knows_repeatables() {
    let sandbox = two();
    sandbox.write("migrations/R__v.sql", "SELECT 1;");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["log", "R__v.sql"]).ok().says("repeated  R__v.sql").silent_about("1_a");
}

#[test]
fn baseline_adopts_what_is_there() {
    let sandbox = two();
    sandbox.write("dev.sqlite3", "");
    let refused = sandbox.dbmig(["baseline"]).exits(2).warns("has no tables");
    let _ = refused.warns("cargo dbmig migrate").warns("cargo dbmig baseline --force");
    assert!(sandbox.tables("dev.sqlite3").is_empty());
    sandbox.execute("dev.sqlite3", "CREATE TABLE a (id INT)");
    let dry = sandbox.dbmig(["baseline", "--at", "a", "--dry-run"]).ok().says("adopt  1_a");
    let _ = dry.says("1 migration would be recorded as applied, and not run").silent_about("2_b");
    sandbox.dbmig(["status"]).ok().says("0 applied, 2 pending");
    sandbox.dbmig(["baseline", "--at", "a"]).ok().says("1 migration recorded as applied");
    sandbox.dbmig(["status"]).ok().says("1 applied, 1 pending").says("[adopted]");
    sandbox.dbmig(["log"]).ok().says("adopted   1_a").says("reason: baseline");
    let unclear = sandbox.dbmig(["baseline"]).exits(2).warns("(1 applied)");
    let _ = unclear.warns("cargo dbmig baseline --at <id>");
    // From now on as ever, with the down that was recorded as well.
    sandbox.dbmig(["migrate"]).ok().says("1 migration applied");
    assert_eq!(sandbox.tables("dev.sqlite3"), ["a", "b"]);
    sandbox.dbmig(["baseline"]).ok().says("nothing to adopt");
    sandbox.dbmig(["revert", "--all"]).ok();
    assert!(sandbox.tables("dev.sqlite3").is_empty());
    sandbox.dbmig(["baseline", "--force"]).ok().says("2 migrations recorded");
    sandbox.dbmig(["baseline", "--at", "nosuch"]).exits(2).warns("nosuch");
}

#[test]
fn repair_accepts_an_edit_and_the_order_stays() {
    let sandbox = applied();
    sandbox.write("migrations/1_a/up.sql", "CREATE TABLE a (id BIGINT);");
    sandbox.dbmig(["lock", "--relock", "1"]).ok();
    sandbox.migration("3_c", "CREATE TABLE c (id INT);", "DROP TABLE c;");
    sandbox.dbmig(["migrate"]).exits(4).warns("edited since: 1");
    let shown = sandbox.dbmig(["repair"]).ok().says("modified     1_a");
    let _ = shown.warns("cargo dbmig repair --accept 1 --reason");
    sandbox.dbmig(["repair", "--accept", "1"]).exits(2).warns("--reason");
    sandbox.dbmig(["repair", "--accept", "1", "--reason", " "]).exits(2).warns("say why");
    sandbox.dbmig(["repair", "--accept", "2", "--reason", "x"]).exits(2).warns("nothing to accept");
    let args = ["repair", "--accept", "1", "--reason", "widened by hand"];
    sandbox.dbmig(args).ok().says("accepted  1_a");
    sandbox.dbmig(["log", "1"]).ok().says("reason: widened by hand");
    sandbox.dbmig(["status", "--exit-code"]).exits(1).says("applied").silent_about("adopted");
    sandbox.dbmig(["repair"]).ok().says("nothing to repair");
    // Accepting it does not make it the one that was applied last.
    sandbox.dbmig(["revert"]).ok().says("2_b");
    sandbox.dbmig(["migrate"]).ok().says("2 migrations applied");
}

#[test]
fn an_adopted_one_that_is_accepted_stays_where_it_was() {
    let sandbox = two();
    sandbox.write("dev.sqlite3", "");
    sandbox.execute("dev.sqlite3", "CREATE TABLE a (id INT); CREATE TABLE b (id INT)");
    sandbox.dbmig(["baseline"]).ok();
    sandbox.write("migrations/1_a/up.sql", "CREATE TABLE a (id BIGINT);");
    sandbox.write("migrations/1_a/down.sql", "DROP TABLE IF EXISTS a;");
    sandbox.dbmig(["lock", "--relock", "1"]).ok();
    sandbox.dbmig(["repair", "--accept", "1", "--reason", "x"]).ok();
    sandbox.dbmig(["log", "-n", "1"]).ok().says("accepted  1_a");
    sandbox.dbmig(["revert"]).ok().says("2_b");
    // The down that is recorded is the accepted one.
    std::fs::remove_dir_all(sandbox.path("migrations/1_a")).unwrap();
    sandbox.dbmig(["revert", "--missing"]).ok().says("1_a");
    let sql = "SELECT down_sql FROM __dbmig_history WHERE action = 'adopt' AND version = '1'";
    assert_eq!(sandbox.query("dev.sqlite3", sql), ["DROP TABLE IF EXISTS a;"]);
    let before = "SELECT down_sql FROM __dbmig_history WHERE action = 'accept'";
    assert_eq!(sandbox.query("dev.sqlite3", before), ["DROP TABLE a;"]);
}

#[test]
fn repair_forgets_what_is_gone() {
    let sandbox = applied();
    std::fs::remove_dir_all(sandbox.path("migrations/2_b")).unwrap();
    sandbox.write("migrations/dbmig.lock", "");
    std::fs::remove_file(sandbox.path("migrations/dbmig.lock")).unwrap();
    sandbox.dbmig(["lock"]).ok();
    let shown = sandbox.dbmig(["repair"]).ok().says("missing      2_b");
    let _ = shown.warns("cargo dbmig repair --forget 2 --reason");
    let of_a = sandbox.dbmig(["repair", "--forget", "1", "--reason", "x"]).exits(2);
    let _ = of_a.warns("has its directory").warns("cargo dbmig revert --only 1");
    sandbox
        .dbmig(["repair", "--forget", "2", "--reason", "merged into 1"])
        .ok()
        .says("forgot  2_b");
    sandbox.dbmig(["status", "--exit-code"]).ok().says("1 applied, 0 pending");
    // Nothing was run.
    assert_eq!(sandbox.tables("dev.sqlite3"), ["a", "b"]);
}

#[test]
fn resolve_records_what_was_done_by_hand() {
    let sandbox = two();
    sandbox.dbmig(["migrate", "--step", "1"]).ok();
    let refused = sandbox.dbmig(["resolve", "2", "--applied"]).exits(2);
    let _ = refused.warns("cargo dbmig migrate --only 2").warns("--applied --reason");
    let args = ["resolve", "2", "--applied", "--reason", "created by the DBA"];
    sandbox.dbmig(args).ok().says("2_b: recorded as applied");
    assert_eq!(sandbox.tables("dev.sqlite3"), ["a"]);
    sandbox.dbmig(args).exits(2).warns("is applied already");
    sandbox.dbmig(["migrate"]).ok().says("nothing to apply");
    sandbox.dbmig(["resolve", "1", "--not-applied"]).exits(2).warns("cargo dbmig revert --only 1");
    let args = ["resolve", "1", "--not-applied", "--reason", "dropped"];
    sandbox.dbmig(args).ok().says("1_a: recorded as not applied");
    sandbox.dbmig(args).exits(2).warns("is not applied");
    sandbox.dbmig(["log"]).ok().says("reason: dropped").says("reason: created by the DBA");
    sandbox.dbmig(["status"]).ok().says("reverted").says("1 applied, 1 pending");
}

#[test]
fn drafts_are_not_recorded_where_the_environment_is_protected() {
    let sandbox = two();
    sandbox.write("prod.sqlite3", "");
    sandbox.execute("prod.sqlite3", "CREATE TABLE a (id INT)");
    sandbox.migration("3_c", "CREATE TABLE c (id INT);", "DROP TABLE c;");
    let args = ["baseline", "--env", "production", "--confirm", "prod.sqlite3"];
    sandbox.dbmig(args).exits(1).warns("locked migrations only");
    let args = ["resolve", "3", "--applied", "--reason", "x", "--env", "production"];
    sandbox.dbmig(args.into_iter().chain(["--confirm", "prod.sqlite3"])).exits(1);
    assert_eq!(sandbox.tables("prod.sqlite3"), ["a"]);
}

#[test]
fn a_protected_database_is_named() {
    let sandbox = two();
    sandbox.write("prod.sqlite3", "");
    sandbox.execute("prod.sqlite3", "CREATE TABLE a (id INT); CREATE TABLE b (id INT)");
    for (args, done) in [
        (&["baseline", "--at", "1"][..], "1 applied, 1 pending"),
        (&["resolve", "2", "--applied", "--reason", "x"], "2 applied, 0 pending"),
        (&["resolve", "2", "--not-applied", "--reason", "x"], "1 applied, 1 pending"),
    ] {
        let args: Vec<_> = args.iter().chain(&PRODUCTION).copied().collect();
        let before = sandbox.snapshot();
        let refused = sandbox.dbmig(args.clone()).exits(2).warns("is protected");
        let _ = refused.warns("nothing was recorded").warns("--confirm prod.sqlite3");
        assert!(sandbox.snapshot() == before, "{args:?}");
        sandbox.dbmig(args.iter().copied().chain(["--confirm", "prod.sqlite3"])).ok();
        sandbox.dbmig(["status", "--env", "production"]).ok().says(done);
    }
    sandbox.write("migrations/1_a/up.sql", "CREATE TABLE a (id BIGINT);");
    sandbox.dbmig(["lock", "--relock", "1"]).ok();
    let args = ["repair", "--accept", "1", "--reason", "x", "--env", "production"];
    sandbox.dbmig(args).exits(2).warns("--confirm prod.sqlite3");
    sandbox.dbmig(args.into_iter().chain(["--confirm", "prod.sqlite3"])).ok().says("accepted  1_a");
}
