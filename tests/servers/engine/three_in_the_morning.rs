//! A migration fails half way in production; what is shown, what is typed, what comes back. Then its down
//! is broken, is mended, and works.

use super::{Site, servers};
use crate::sandbox::Ran;

const PRODUCTION: [&str; 2] = ["--env", "production"];

/// A locked set, of which production has the first two.
fn production(site: &Site) {
    let toml = format!(
        "dialect = \"{}\"\n\n[env.production]\nkind = \"production\"\nurl_env = \"DATABASE_URL\"\n",
        if site.is_postgres() { "postgres" } else { "mysql" }
    );
    site.sandbox.write("dbmig.toml", toml);
    site.sandbox.migration(
        "1_users",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(50));",
        "DROP TABLE users;",
    );
    site.sandbox.migration(
        "2_rows",
        "INSERT INTO users VALUES (1, 'a@example.com'), (2, 'a@example.com');",
        "DELETE FROM users;",
    );
    lock(site);
    let _ = typed(site, &["migrate"]).ok().says("2 migrations applied");
    site.sandbox.migration(
        "3_unique",
        "ALTER TABLE users ADD COLUMN name VARCHAR(50);\n\n\
         -- What the test data never had: two users with one address.\n\
         CREATE UNIQUE INDEX users_email ON users (email);\n\
         ALTER TABLE users ADD COLUMN seen INTEGER;\n",
        "ALTER TABLE users DROP COLUMN seen;\nALTER TABLE users DROP COLUMN nam;\n",
    );
    lock(site);
}

fn lock(site: &Site) {
    site.dbmig(["lock"]).ok();
}

fn typed(site: &Site, args: &[&str]) -> Ran {
    site.dbmig(args.iter().chain(&PRODUCTION).copied())
}

fn columns(site: &Site) -> Vec<String> {
    let schema = if site.is_postgres() { "current_schema()" } else { "DATABASE()" };
    let text = if site.is_postgres() { "column_name::text" } else { "column_name" };
    site.column(&format!(
        "SELECT {text} FROM information_schema.columns WHERE table_schema = {schema} \
         AND table_name = 'users' ORDER BY ordinal_position"
    ))
}

#[test]
fn an_up_that_fails_half_way() {
    for site in servers().into_iter().map(Site::new) {
        production(&site);
        let ran = typed(&site, &["migrate"]).exits(3);
        let ran = ran.warns("migrations/3_unique/up.sql:4:1").warns("statement 2 of 3");
        let ran = ran.warns("mend the data, then `cargo dbmig migrate");
        let ran = ran.warns("`cargo dbmig lock --relock 3`");
        let kept = match site.is_postgres() {
            true => "rolled back: nothing of this file is in the database",
            false => "statement 1 of this file is in the database",
        };
        let _ = ran.warns(kept);
        let half = ["id", "email", "name"];
        let there = if site.is_postgres() { &half[..2] } else { &half[..] };
        assert_eq!(columns(&site), there, "{}", site.name());
        let state = if site.is_postgres() { "failed" } else { "half-done" };
        let _ = typed(&site, &["status"]).ok().says(state).says("3_unique");
        let log = typed(&site, &["log", "-n", "1"]).ok().says("failed    3_unique");
        let _ = log.says("error: 3_unique/up.sql:4:1");
        // Typed again, it stops at the same place and does no more harm.
        let _ = typed(&site, &["migrate"]).exits(3).warns("up.sql:4:1");
        assert_eq!(columns(&site), there, "{}", site.name());

        // The data is mended.
        let mend = "UPDATE users SET email = 'b@example.com' WHERE id = 2";
        site.session().execute(mend).unwrap();
        let _ = typed(&site, &["migrate"]).ok().says("1 migration applied");
        assert_eq!(columns(&site), ["id", "email", "name", "seen"], "{}", site.name());
        let _ = typed(&site, &["status", "--exit-code"]).ok().says("3 applied, 0 pending");

        a_down_that_is_broken(&site);
    }
}

fn a_down_that_is_broken(site: &Site) {
    let name = site.scratch.name.as_str();
    // Nobody has proved it.
    let flags = format!("--accept-unproved --confirm {name}");
    let _ = typed(site, &["revert"]).exits(4).warns(&flags);
    let revert = ["revert", "--accept-unproved", "--confirm", name];
    let ran = typed(site, &revert).exits(3);
    let ran = ran.warns("migrations/3_unique/down.sql:2:").warns("nam");
    let _ = ran.warns("statement 2 of 2").warns("`cargo dbmig lock --relock 3`");
    let left = ["id", "email", "name", "seen"];
    let left = if site.is_postgres() { &left[..] } else { &left[..3] };
    assert_eq!(columns(site), left, "{}", site.name());
    assert_eq!(site.versions(), ["1", "2", "3"], "{}", site.name());

    site.sandbox.write(
        "migrations/3_unique/down.sql",
        "ALTER TABLE users DROP COLUMN seen;\nALTER TABLE users DROP COLUMN name;\n\
         DROP INDEX users_email",
    );
    let table = if site.is_postgres() { ";\n" } else { " ON users;\n" };
    let down = site.sandbox.read("migrations/3_unique/down.sql") + table;
    site.sandbox.write("migrations/3_unique/down.sql", down);
    site.dbmig(["lock", "--relock", "3"]).ok();
    let _ = typed(site, &revert).ok().says("1 migration reverted");
    assert_eq!(columns(site), ["id", "email"], "{}", site.name());
    assert_eq!(site.versions(), ["1", "2"], "{}", site.name());
    let _ = typed(site, &["migrate"]).ok().says("1 migration applied");
    assert_eq!(columns(site), ["id", "email", "name", "seen"], "{}", site.name());
}
