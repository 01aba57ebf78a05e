//! T22: two branches with a migration each, merged both ways. A database that is new, one that has the
//! first, one that has the second: the schema is the same in all six orders, or the merge is refused.

use super::{Site, servers};
use crate::sandbox::Ran;
use crate::support::Server;

/// What a branch does to `users` of the common base.
struct Branch {
    up: &'static str,
    down: &'static str,
}

const PHONE: Branch = Branch {
    up: "ALTER TABLE users ADD COLUMN phone VARCHAR(20);",
    down: "ALTER TABLE users DROP COLUMN phone;",
};
const POSTS: Branch = Branch {
    up: "CREATE TABLE posts (id INT PRIMARY KEY, title VARCHAR(20));",
    down: "DROP TABLE posts;",
};
const RENAME: Branch = Branch {
    up: "ALTER TABLE users RENAME COLUMN name TO full_name;",
    down: "ALTER TABLE users RENAME COLUMN full_name TO name;",
};
const COPY: Branch =
    Branch { up: "CREATE TABLE people AS SELECT id, name FROM users;", down: "DROP TABLE people;" };

const BASE: &str = "0_users";
/// The versions that the two branches took, either one of them the older.
const VERSIONS: [(&str, &str); 2] = [("1_one", "2_other"), ("2_one", "1_other")];

fn add(site: &Site, name: &str, branch: &Branch) {
    site.sandbox.migration(name, branch.up, branch.down);
    site.dbmig(["lock"]).ok();
}

/// The databases of one merge: what they had before it, and how its run ended.
fn merge(
    server: Server,
    versions: (&str, &str),
    one: &Branch,
    other: &Branch,
) -> Vec<(Ran, String)> {
    [None, Some(0), Some(1)]
        .into_iter()
        .map(|had| {
            let site = Site::new(server);
            let dialect = if site.is_postgres() { "postgres" } else { "mysql" };
            site.sandbox.write("dbmig.toml", format!("dialect = \"{dialect}\"\n"));
            let up = "CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(20));";
            add(&site, BASE, &Branch { up, down: "DROP TABLE users;" });
            let [first, second] = match had {
                Some(1) => [(versions.1, other), (versions.0, one)],
                _ => [(versions.0, one), (versions.1, other)],
            };
            add(&site, first.0, first.1);
            if had.is_some() {
                site.dbmig(["migrate"]).ok();
            }
            site.sandbox.migration(second.0, second.1.up, second.1.down);
            let locked = site.dbmig(["lock"]);
            if locked.code != Some(0) {
                return (locked, String::new());
            }
            let ran = site.dbmig(["migrate"]);
            let schema = site.dbmig(["schema", "dump"]).ok().stdout;
            (ran, schema)
        })
        .collect()
}

#[test]
fn what_commutes_is_the_same_in_all_orders() {
    for server in servers() {
        let schemas: Vec<_> = VERSIONS
            .into_iter()
            .flat_map(|versions| merge(server, versions, &PHONE, &POSTS))
            .map(|(ran, schema)| {
                let ran = ran.ok();
                assert!(schema.contains("phone") && schema.contains("posts"), "{server:?}: {ran}");
                schema
            })
            .collect();
        assert_eq!(schemas.len(), 6);
        assert!(schemas.iter().all(|schema| *schema == schemas[0]), "{server:?}: {schemas:#?}");
    }
}

#[test]
fn what_does_not_commute_is_never_silent() {
    for server in servers() {
        for versions in VERSIONS {
            for (had, (ran, schema)) in merge(server, versions, &RENAME, &COPY).iter().enumerate() {
                let about = format!("{server:?}, {versions:?}, {had}: {ran}");
                let renames_first = versions.0 < versions.1;
                // What was locked first, when it is the newer of the two, makes the other one late.
                let late = renames_first == (had == 2);
                if late {
                    assert_eq!(ran.code, Some(1), "{about}");
                    assert!(ran.stderr.contains("rebase"), "{about}");
                } else if renames_first {
                    // The column that is copied has another name by then.
                    assert_eq!(ran.code, Some(3), "{about}");
                    assert!(ran.stderr.contains("migrations/2_other/up.sql:1:"), "{about}");
                } else {
                    assert_eq!(ran.code, Some(0), "{about}");
                    assert!(schema.contains("full_name") && schema.contains("people"), "{about}");
                }
            }
        }
    }
}
