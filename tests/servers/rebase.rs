//! A database of a server follows a migration to its new version.

use mysql::prelude::Queryable as _;

use crate::sandbox::Sandbox;
use crate::support::{Scratch, Server};

fn versions(scratch: &Scratch) -> Vec<String> {
    const SQL: &str = "SELECT version FROM __diesel_schema_migrations ORDER BY version";
    match scratch.server {
        Server::Postgres => {
            scratch.postgres().query(SQL, &[]).unwrap().iter().map(|row| row.get(0)).collect()
        }
        _ => scratch.mysql().query(SQL).unwrap(),
    }
}

#[test]
fn an_applied_draft_gets_its_new_version() {
    for (server, dialect) in [(Server::Postgres, "postgres"), (Server::Mariadb, "mysql")] {
        let scratch = Scratch::new(server);
        let sandbox = Sandbox::new();
        let url = &scratch.url;
        sandbox.write(
            "dbmig.toml",
            format!("dialect = \"{dialect}\"\n\n[env.development]\nurl = \"{url}\"\n"),
        );
        sandbox.migration("2024_b", "CREATE TABLE b (a INT);\n", "DROP TABLE b;\n");
        let _ = sandbox.dbmig(["lock"]).ok();
        sandbox.migration("2023_a", "CREATE TABLE a (a INT);\n", "DROP TABLE a;\n");
        let _ = sandbox.dbmig(["migrate"]).ok();
        assert_eq!(versions(&scratch), ["2023", "2024"]);
        let _ = sandbox.dbmig(["rebase", "--dry-run"]).ok().says("would re-point 2023 → 2");
        let _ = sandbox.dbmig(["rebase"]).ok().says("re-pointed 2023 → 2");
        let now = versions(&scratch);
        assert!(now.len() == 2 && now[0] == "2024" && now[1] > now[0], "{server:?}: {now:?}");
        let _ = sandbox.dbmig(["migrate"]).ok().says("nothing to apply");
        let _ = sandbox.dbmig(["revert", "--all"]).ok();
        assert_eq!(versions(&scratch), [""; 0]);
    }
}
