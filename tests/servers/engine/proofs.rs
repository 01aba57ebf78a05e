//! Every way back of real projects' sets on the servers, proved; see `tests/run --full`.

use std::fs;
use std::path::Path;

use super::corpus::copy;
use super::{Site, servers};
use crate::proofs;
use crate::support::Server;

/// Ways back that work on empty tables alone.
const ARGUED: [(&str, &str); 3] = [
    (
        "2018-10-02-044128_latestfk",
        "numbers the rows of `modules` from 1, and has them point to `releases` of other numbers",
    ),
    (
        "2021-08-03-234845_populate_services",
        "deletes rows of `services` that rows of `nodes` point to",
    ),
    (
        "2018-05-02-113930_drop_instance_local_domain",
        "adds a column that is not null and has no default to a table with rows",
    ),
];

#[test]
fn what_prove_refuses_is_what_a_round_trip_finds_broken() {
    let corpus = crate::support::variable("DBMIG_TEST_CORPUS");
    let longest = if std::env::var_os("DBMIG_TEST_ROUNDS").is_some() { usize::MAX } else { 60 };
    let (mut tried, mut refused) = (0, 0);
    for server in servers() {
        // What the round trips were made on.
        if server == Server::Mysql {
            continue;
        }
        let folder = if server == Server::Postgres { "pg" } else { "mysql" };
        for set in fs::read_dir(Path::new(&corpus).join(folder)).unwrap() {
            let set = set.unwrap().path();
            // Hundreds of migrations with dozens of rebuilt databases only where somebody asks for them.
            let order = fs::read_to_string(set.join("oracle/order.txt")).unwrap();
            if order.lines().count() > longest {
                continue;
            }
            let site = Site::new(server);
            copy(&set.join("migrations"), &site.sandbox.path("migrations"));
            if set.ends_with("mysql/vaultwarden") {
                let dialect =
                    "dialect = \"mysql\"\n[env.development]\nurl_env = \"DATABASE_URL\"\n";
                let init = "init_sql = \"SET FOREIGN_KEY_CHECKS = 0\"\n";
                site.sandbox.write("dbmig.toml", format!("{dialect}{init}"));
            }
            let ran = site.dbmig(["prove", "--all", "--format", "json"]);
            let counts = proofs::assert_agrees(&set, &ran.stdout, &ARGUED);
            assert_eq!(ran.code, Some(i32::from(counts.1 > 0)), "{}: {ran}", set.display());
            tried += counts.0;
            refused += counts.1;
        }
    }
    assert!(tried > 200 && refused > 50, "{tried}, {refused}");
}
