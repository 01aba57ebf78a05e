//! Diesel's cases of `--diff-schema`, on the servers.

use crate::diff_schema_cases::{Place, cases, hold};
use crate::engine::{Site, servers};
use crate::support::Server;

#[test]
fn cases_of_diesel() {
    for server in servers() {
        let dialect = if server == Server::Postgres { "postgres" } else { "mysql" };
        for case in cases(dialect) {
            println!("{server:?} {}", case.name);
            let site = Site::new(server);
            site.sandbox.write(
                "dbmig.toml",
                format!("dialect = \"{dialect}\"\n[env.development]\nurl_env = \"DATABASE_URL\"\n"),
            );
            let place = Place {
                dialect,
                write: &|path, text| site.sandbox.write(path, text),
                dbmig: &|args| site.dbmig(args.iter().copied()),
                execute: &|sql| site.session().execute(sql).map(drop).unwrap(),
                column: &|sql| site.column(sql),
            };
            hold(&place, &case);
        }
    }
}
