//! `--format json`: one object on standard output, whatever happens, with the findings in it.

use crate::support::{Ran, Sandbox};

fn json<'a>(sandbox: &Sandbox, args: impl IntoIterator<Item = &'a str>) -> Ran {
    sandbox.dbmig(args.into_iter().chain(["--format", "json"]))
}

fn modified() -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.migration("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    sandbox.dbmig(["lock"]).ok();
    sandbox.write("migrations/1_a/up.sql", "CREATE TABLE b (id INT);");
    sandbox
}

#[test]
fn what_stops_a_command_is_in_the_error() {
    let sandbox = modified();
    let ran = json(&sandbox, ["lock"]).exits(1);
    assert_eq!(ran.stderr, "");
    let object = ran.json();
    assert_eq!(object["findings"][0]["code"], "modified");
    assert_eq!(object["exit"], 1);
    sandbox.write("migrations/2_b/up.sql", b"SELECT 'caf\xe9';");
    for command in ["status", "migrate"] {
        let ran = json(&sandbox, [command]).exits(1);
        assert_eq!(ran.stderr, "");
        let object = ran.json();
        assert_eq!(object["findings"][0]["code"], "not-utf8", "{command}");
        assert!(object["error"].as_str().unwrap().contains("not in order"));
    }
    let object = json(&sandbox, ["migrate", "--env", "nowhere"]).exits(2).json();
    assert_eq!(object["findings"].as_array().unwrap().len(), 0);
}

#[test]
fn a_warning_is_in_the_object_as_well() {
    let object = json(&modified(), ["migrate"]).ok().json();
    assert_eq!(object["findings"][0]["code"], "modified");
    assert_eq!(object["findings"][0]["severity"], "warning");
    assert_eq!(object["applied"][0]["name"], "1_a");
}

#[test]
fn parts_of_a_command_are_below_their_names() {
    let sandbox = Sandbox::project();
    sandbox.migration("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    sandbox.write("seeds/dev/001_a.sql", "INSERT INTO a VALUES (1);");
    let object = json(&sandbox, ["migrate", "--seed", "--status"]).ok().json();
    assert_eq!(object["command"], "migrate");
    assert_eq!(object["applied"][0]["name"], "1_a");
    assert_eq!(object["seed"]["run"][0]["name"], "dev/001_a.sql");
    assert_eq!(object["status"]["migrations"][0]["state"], "applied");
}

#[test]
fn what_was_done_before_an_error_is_beside_it() {
    let sandbox = Sandbox::project();
    sandbox.migration("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    sandbox.write("seeds/dev/001_a.sql", "INSERT INTO nosuch VALUES (1);");
    let ran = json(&sandbox, ["migrate", "--seed", "--env", "development"]).exits(3);
    assert_eq!(ran.stderr, "");
    let object = ran.json();
    assert_eq!(object["applied"][0]["name"], "1_a");
    assert!(object["error"].as_str().unwrap().contains("no such table: nosuch"));
    assert_eq!(object["help"][0], "mend the file, then `cargo dbmig seed run --env development`");
}
