//! `[policy] proof`: what `check`, `lock`, and `migrate` ask for.

use crate::support::Sandbox;

fn with_policy(policy: &str) -> Sandbox {
    let sandbox = Sandbox::project();
    let config = sandbox.read("dbmig.toml");
    sandbox.write("dbmig.toml", format!("{config}\n[policy]\n{policy}\n"));
    sandbox.migration("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    sandbox.migration("2_b", "ALTER TABLE a ADD COLUMN b INT;", "ALTER TABLE a DROP COLUMN b;");
    sandbox
}

#[test]
fn required() {
    let sandbox = with_policy("proof = \"required\"");
    sandbox
        .dbmig(["lock"])
        .ok()
        .warns("warning: 2 ways back are not proved: `cargo build` fails until then")
        .warns("`cargo dbmig prove`");
    sandbox
        .dbmig(["check"])
        .exits(1)
        .warns("error[proof-missing]: nobody has proved the way back of `1_a`")
        .says("ways back: 0 of 2 proved");
    // Production takes nothing that `check` refuses; elsewhere it is no matter of a run.
    sandbox.dbmig(["migrate", "--env", "production"]).exits(1).warns("`[policy] proof");
    sandbox.dbmig(["migrate"]).ok().silent_about("proof");
    sandbox.dbmig(["prove"]).ok();
    sandbox.dbmig(["check"]).ok().says("ways back: 2 of 2 proved");
    sandbox.dbmig(["lock"]).ok().silent_about("proved");
    sandbox.dbmig(["database", "setup", "--env", "production"]).ok();
    // A verdict is about what came before it.
    let lock = sandbox.read("migrations/dbmig.lock");
    let of = |text: &str, version: &str| -> String {
        let start = format!("migration {version} ");
        text.lines().find(|line| line.starts_with(&start)).unwrap().to_owned()
    };
    let (one, two) = (of(&lock, "1"), of(&lock, "2"));
    let inputs = |line: &str| {
        line.split(' ').find(|word| word.starts_with("proof-inputs=")).unwrap().to_owned()
    };
    sandbox.write("migrations/dbmig.lock", lock.replace(&inputs(&two), &inputs(&one)));
    sandbox.dbmig(["check"]).exits(1).warns("error[proof-void]").warns("migrations/2_b");
    sandbox.dbmig(["lock"]).ok().warns("1 way back is not proved");
    sandbox.dbmig(["prove"]).ok().says("1 migration proved");
    sandbox.dbmig(["check"]).ok();
}

#[test]
fn what_is_refused_is_mended_or_declared() {
    let sandbox = with_policy("proof = \"required\"");
    sandbox.migration("3_c", "CREATE TABLE c (id INT);", "SELECT 1;");
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["prove"]).exits(1);
    sandbox
        .dbmig(["check"])
        .exits(1)
        .warns("error[proof-failed]: the way back of `3_c` is refused on sqlite-3: ")
        .warns("`cargo dbmig lock --relock 3`");
    sandbox.write(
        "migrations/3_c/metadata.toml",
        "run_in_transaction = true\n[dbmig]\nirreversible = \"c stays\"\n",
    );
    sandbox.dbmig(["lock", "--relock", "3"]).ok();
    sandbox.dbmig(["check"]).ok().says("ways back: 2 of 2 proved");
}

#[test]
fn warned_of_adopted_and_off() {
    let sandbox = with_policy("proof = \"warn\"\nstart_after = \"1\"");
    sandbox.dbmig(["lock"]).ok().warns("note: 1 way back is not proved");
    let ran = sandbox.dbmig(["check"]).ok().warns("warning[proof-missing]").warns("`2_b`");
    assert!(!ran.stderr.contains("`1_a`"), "{ran}");
    let config = sandbox.read("dbmig.toml");
    sandbox.write("dbmig.toml", config.replace("\"warn\"", "\"off\""));
    sandbox.dbmig(["check"]).ok().warns("policy-stale").silent_about("proof-missing");
    sandbox.dbmig(["lock"]).ok().silent_about("proved");
    let json = sandbox.dbmig(["check", "--format", "json"]).ok().json();
    assert_eq!(json["ways_back"], serde_json::json!({ "all": 1, "proved": 0, "lossy": 0 }));
}
