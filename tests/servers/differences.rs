//! Every difference of the table, on the servers. MySQL in the full level.

use dbmig_build::Dialect;

use crate::difference_cases::{Place, hold_all};
use crate::engine::Site;
use crate::support::Server;

fn all_of_them(server: Server) {
    let site = Site::new(server);
    let dialect = if server == Server::Postgres { Dialect::Postgres } else { Dialect::Mysql };
    site.sandbox.write(
        "dbmig.toml",
        format!("dialect = \"{dialect}\"\nschema = \"src/schema.rs\"\n[env.development]\nurl_env = \"DATABASE_URL\"\n"),
    );
    let done = hold_all(&Place {
        dialect,
        sandbox: &site.sandbox,
        dbmig: &|args| site.dbmig(args.iter().copied()),
        execute: &|sql| site.session().execute(sql).map(drop).unwrap(),
        column: &|sql| site.column(sql),
    });
    assert!(done >= 1, "no case has these words");
}

#[test]
fn all_of_them_on_postgres() {
    all_of_them(Server::Postgres);
}

#[test]
fn all_of_them_on_mariadb() {
    all_of_them(Server::Mariadb);
}

#[test]
#[cfg(feature = "full-tests")]
fn all_of_them_on_mysql() {
    all_of_them(Server::Mysql);
}
