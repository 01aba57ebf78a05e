//! `migrate`, `plan`, `status`: one case a flag.

use crate::support::Sandbox;

fn three() -> Sandbox {
    let sandbox = Sandbox::project();
    for name in ["a", "b", "c"] {
        let version = name.bytes().next().unwrap() - b'a' + 1;
        let dir = format!("{version}_{name}");
        sandbox.migration(
            &dir,
            &format!("CREATE TABLE {name} (id INT);"),
            &format!("DROP TABLE {name};"),
        );
    }
    sandbox.dbmig(["lock"]).ok();
    sandbox
}

#[test]
fn to_step_and_all() {
    let sandbox = three();
    sandbox.dbmig(["migrate", "--to", "a"]).ok().says("1 migration applied");
    assert_eq!(sandbox.tables("dev.sqlite3"), ["a"]);
    sandbox.dbmig(["migrate", "--step", "1"]).ok();
    assert_eq!(sandbox.tables("dev.sqlite3"), ["a", "b"]);
    sandbox.dbmig(["migrate", "--all"]).ok();
    assert_eq!(sandbox.tables("dev.sqlite3"), ["a", "b", "c"]);
    sandbox.dbmig(["migrate"]).ok().says("dev.sqlite3 (development): nothing to apply");
}

#[test]
fn before_and_only() {
    let sandbox = three();
    sandbox.dbmig(["migrate", "--only", "b"]).ok().says("1 migration applied");
    assert_eq!(sandbox.tables("dev.sqlite3"), ["b"]);
    sandbox.dbmig(["migrate", "--before", "3"]).ok().says("applied  1_a");
    assert_eq!(sandbox.tables("dev.sqlite3"), ["a", "b"]);
    sandbox.dbmig(["migrate", "--only", "2"]).ok().says("nothing to apply");
    sandbox.dbmig(["migrate", "--only", "nosuch"]).exits(2).warns("nosuch");
    sandbox.dbmig(["migrate", "--only", "2", "--step", "1"]).exits(2);
    sandbox.dbmig(["plan", "--only", "3"]).ok().says("apply  3_c");
}

#[test]
fn the_newest_version_of_an_environment() {
    let sandbox = three();
    let config = sandbox.read("dbmig.toml");
    sandbox.write(
        "dbmig.toml",
        config.replace("url = \"prod.sqlite3\"", "url = \"prod.sqlite3\"\ntarget_version = \"2\""),
    );
    sandbox.write("prod.sqlite3", "");
    sandbox.dbmig(["migrate", "--env", "production"]).ok().warns("1 migration beyond `2`");
    assert_eq!(sandbox.tables("prod.sqlite3"), ["a", "b"]);
    let to = sandbox.dbmig(["migrate", "--env", "production", "--to", "3"]);
    let _ = to.exits(2).warns("target_version");
}

#[test]
fn repeatables() {
    let sandbox = three();
    let view =
        |column: &str| format!("DROP VIEW IF EXISTS v;\nCREATE VIEW v AS SELECT {column} FROM a;");
    sandbox.write("migrations/R__v.sql", view("id"));
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["migrate", "--step", "1"]).ok().warns("`R__v.sql` waits");
    let pending = format!("{:<9}  {:<19}  R__v.sql", "pending", "");
    sandbox.dbmig(["status"]).ok().says(&pending);
    let plan = sandbox.dbmig(["plan"]).ok().says("  repeat  R__v.sql  (2 statements)");
    let _ = plan.says("2 migrations and 1 repeatable would be applied");
    let json = sandbox.dbmig(["migrate", "--format", "json"]).ok().json();
    assert_eq!(json["repeated"][0]["name"], "R__v.sql");
    sandbox.dbmig(["migrate"]).ok().says("nothing to apply");
    sandbox.dbmig(["status", "--exit-code"]).ok();
    sandbox.write("migrations/R__v.sql", view("id AS number"));
    sandbox.dbmig(["status", "--exit-code"]).exits(1).says("changed").warns("cargo dbmig migrate");
    sandbox.dbmig(["migrate"]).ok().says("applied  R__v.sql").says("1 repeatable applied");
    // Who is alone with his database goes back and forth.
    sandbox.write("migrations/R__v.sql", view("id"));
    sandbox.dbmig(["migrate"]).ok().says("1 repeatable applied");
    let error = sandbox.dbmig(["migrate", "--repeat", "R__x.sql"]).exits(2);
    let _ = error.warns("there is no repeatable `R__x.sql`").warns("there are: R__v.sql");
    sandbox.write("migrations/R__v.sql", "SELECT 1;\n  SELECT nosuch;");
    sandbox.dbmig(["migrate"]).exits(3).warns("migrations/R__v.sql:2:10: ");
}

#[test]
fn a_text_that_was_replaced_is_asked_for_in_production() {
    let sandbox = three();
    sandbox.write("prod.sqlite3", "");
    let release = |text: &str| {
        sandbox.write("migrations/R__v.sql", text);
        sandbox.dbmig(["lock"]).ok();
        sandbox.dbmig(["migrate", "--env", "production"]).ok()
    };
    let _ = release("SELECT 1;").says("3 migrations and 1 repeatable applied");
    let _ = release("SELECT 2;").says("1 repeatable applied");
    let again = "cargo dbmig migrate --repeat R__v.sql";
    let _ = release("SELECT 1;").warns("replaced by a later text").warns(again);
    sandbox.dbmig(["status", "--env", "production"]).ok().says("older");
    let args = ["migrate", "--env", "production", "--repeat", "R__v.sql"];
    sandbox.dbmig(args).ok().says("1 repeatable applied");
    sandbox.dbmig(["status", "--env", "production", "--exit-code"]).ok();
}

#[test]
fn dry_run_and_plan_agree_with_the_run() {
    let sandbox = three();
    sandbox.dbmig(["migrate", "--step", "1"]).ok();
    let dry =
        sandbox.dbmig(["migrate", "--dry-run", "--to", "2"]).ok().says("apply  2_b  (1 statement)");
    let plan = sandbox.dbmig(["plan", "--to", "2"]).ok();
    assert_eq!(dry.stdout, plan.stdout);
    assert_eq!(sandbox.tables("dev.sqlite3"), ["a"]);
    sandbox.dbmig(["plan", "--exit-code"]).exits(1).says("2 migrations would be applied");
    let json = sandbox.dbmig(["plan", "--format", "json"]).ok().json();
    assert_eq!(json["steps"][1]["name"], "3_c");
    let run = sandbox.dbmig(["migrate", "--format", "json"]).ok().json();
    assert_eq!(run["applied"][1]["name"], "3_c");
    sandbox.dbmig(["plan", "--exit-code"]).ok().says("nothing to apply");
}

#[test]
fn status_tells_every_state() {
    let sandbox = three();
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["revert"]).ok();
    sandbox.write("migrations/2_b/up.sql", "CREATE TABLE b (id BIGINT);");
    sandbox.write("migrations/1_a/up.sql", "create table a (id int); -- reformatted");
    let ran =
        sandbox.dbmig(["status"]).ok().says("reverted").says("modified").says("[reformatted]");
    let _ = ran.says("2 applied (1 modified), 1 pending").warns("cargo dbmig generate");
    sandbox.dbmig(["status", "--exit-code"]).exits(4);
    let json = sandbox.dbmig(["status", "--format", "json"]).ok().json();
    let states: Vec<_> = json["migrations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["applied", "modified", "reverted"]);
}

#[test]
fn status_exit_code() {
    let sandbox = three();
    sandbox.dbmig(["migrate", "--step", "2"]).ok();
    sandbox.dbmig(["status", "--exit-code"]).exits(1);
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["status", "--exit-code"]).ok();
}

#[test]
fn reading_writes_nothing() {
    let sandbox = three();
    sandbox.dbmig(["migrate", "--step", "1"]).ok();
    let before = sandbox.snapshot();
    for args in [
        &["status"][..],
        &["plan"],
        &["migrate", "--dry-run"],
        &["revert", "--dry-run"],
        &["sql", "a"],
        &["check"],
        &["seed", "status"],
        &["lock", "--dry-run"],
    ] {
        sandbox.dbmig(args.iter().copied()).ok();
    }
    assert!(before == sandbox.snapshot());
}

#[test]
fn quiet_prints_results_only() {
    let sandbox = three();
    let ran = sandbox.dbmig(["migrate", "--quiet"]).ok();
    assert_eq!(ran.stdout, "dev.sqlite3 (development): 3 migrations applied\n");
    assert_eq!(ran.stderr, "");
}

#[test]
fn the_url_comes_from_the_nearest_word() {
    let sandbox = three();
    sandbox.write(".env", "DBMIG_DATABASE_URL=dotenv.sqlite3\n");
    sandbox.dbmig(["migrate"]).ok();
    assert!(sandbox.exists("dotenv.sqlite3"));
    sandbox.dbmig_with(&[("DBMIG_DATABASE_URL", "variable.sqlite3")], ["migrate"]).ok();
    assert!(sandbox.exists("variable.sqlite3"));
    let env = [("DBMIG_DATABASE_URL", "variable2.sqlite3")];
    sandbox.dbmig_with(&env, ["migrate", "--database-url", "sqlite://flag.sqlite3"]).ok();
    assert!(sandbox.exists("flag.sqlite3") && !sandbox.exists("variable2.sqlite3"));
    // A variable for development is not taken for another environment that has its own.
    sandbox.write(".env", "DATABASE_URL=other.sqlite3\n");
    sandbox.dbmig(["migrate", "--env", "test"]).ok();
    assert!(sandbox.exists("test.sqlite3") && !sandbox.exists("other.sqlite3"));
}

#[test]
fn seed_and_status_afterwards() {
    let sandbox = three();
    sandbox.write("seeds/dev/001_a.sql", "INSERT INTO a VALUES (1);");
    sandbox
        .dbmig(["migrate", "--seed", "--status"])
        .ok()
        .says("3 migrations applied")
        .says("1 seed run")
        .says("3 applied, 0 pending");
    sandbox
        .dbmig(["migrate", "--seed"])
        .ok()
        .says("nothing to apply")
        .says("0 seeds run, 1 unchanged");
}
