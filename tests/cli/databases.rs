//! Several databases in one dbmig.toml.

use crate::support::Sandbox;

const TWO: &str = "[databases.app]\ndialect = \"sqlite\"\nmigrations = \"app\"\n\n\
                   [databases.logs]\ndialect = \"sqlite\"\nmigrations = \"logs\"\n\n";

fn two(environments: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("dbmig.toml", format!("{TWO}{environments}"));
    for name in ["app", "logs"] {
        let folder = format!("{name}/1_{name}");
        sandbox.write(&format!("{folder}/up.sql"), format!("CREATE TABLE {name} (id INT);"));
        sandbox.write(&format!("{folder}/down.sql"), format!("DROP TABLE {name};"));
        sandbox.write(&format!("{folder}/metadata.toml"), "run_in_transaction = true\n");
        sandbox.dbmig(["lock", "--database", name]).ok();
    }
    sandbox
}

#[test]
fn no_two_of_them_share_a_url_by_accident() {
    let sandbox = two("[env.development]\nurl = \"dev.sqlite3\"\n");
    for command in [&["migrate"][..], &["status"], &["revert", "--missing"]] {
        let args = command.iter().copied().chain(["--database", "logs"]);
        sandbox
            .dbmig(args)
            .exits(2)
            .warns("database `logs` has no URL of its own in environment `development`")
            .warns("[env.development.databases.logs]");
    }
    let args = ["migrate", "--database", "logs"];
    sandbox.write("dbmig.toml", TWO);
    sandbox.dbmig_with(&[("DATABASE_URL", "one.sqlite3")], args).exits(2).warns("`logs`");
    assert!(!sandbox.exists("dev.sqlite3") && !sandbox.exists("one.sqlite3"));
    sandbox.dbmig_with(&[("DBMIG_DATABASE_URL", "variable.sqlite3")], args).ok();
    sandbox.dbmig(args.into_iter().chain(["--database-url", "flag.sqlite3"])).ok();
    assert_eq!(sandbox.tables("variable.sqlite3"), ["logs"]);
    assert_eq!(sandbox.tables("flag.sqlite3"), ["logs"]);
}

#[test]
fn each_has_a_url_of_its_own() {
    let sandbox = two("[env.development.databases.app]\nurl = \"app.sqlite3\"\n\n\
         [env.development.databases.logs]\nurl_env = \"LOGS_URL\"\nurl = \"logs.sqlite3\"\n");
    for name in ["app", "logs"] {
        sandbox.dbmig(["migrate", "--database", name]).ok();
        assert_eq!(sandbox.tables(&format!("{name}.sqlite3")), [name]);
    }
    let variable = [("LOGS_URL", "other.sqlite3")];
    sandbox.dbmig_with(&variable, ["migrate", "--database", "logs"]).ok();
    assert_eq!(sandbox.tables("other.sqlite3"), ["logs"]);
}

#[test]
fn mistakes_in_their_sections_have_a_place() {
    for (text, place) in [
        (
            "[env.development.databases.log]\nurl = \"x\"\n",
            "dbmig.toml:9:28: unknown database `log`",
        ),
        ("[env.development.databases.logs]\n", "names no database"),
        (
            "[env.development.databases.logs]\nkind = \"test\"\n",
            "dbmig.toml:10:1: unknown key `kind`",
        ),
    ] {
        let sandbox = two("");
        sandbox.write("dbmig.toml", format!("{TWO}{text}"));
        sandbox.dbmig(["status", "--database", "app"]).exits(2).warns(place);
    }
}

#[test]
fn check_visits_all_of_them() {
    let sandbox = two("");
    sandbox.dbmig(["check"]).ok().says("2 sets: in order").says("app (1 migration)");
    std::fs::remove_file(sandbox.path("logs/dbmig.lock")).unwrap();
    sandbox.dbmig(["check"]).exits(1).warns("`cargo dbmig lock --database logs`");
    sandbox.dbmig(["check", "--database", "app"]).ok().says("1 set: in order");
    sandbox.write("Cargo.toml", "[package]\nname = \"app\"\nedition = \"2024\"\n");
    sandbox.dbmig(["check"]).exits(1).says("2 sets: 1 error");
}
