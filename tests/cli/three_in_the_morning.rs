//! A migration fails half way in production; what is shown, what is typed, what comes back. Then its down
//! is broken, is mended, and works. On servers: `tests/servers/engine/three_in_the_morning.rs`.

use crate::support::{Ran, Sandbox};

fn typed(sandbox: &Sandbox, args: &[&str]) -> Ran {
    sandbox.dbmig(args.iter().copied().chain(["--env", "production"]))
}

fn columns(sandbox: &Sandbox) -> String {
    let names = "SELECT group_concat(name) FROM pragma_table_info('users')";
    sandbox.query("prod.sqlite3", names).join("")
}

#[test]
fn on_sqlite() {
    let sandbox = Sandbox::project();
    sandbox.write("prod.sqlite3", "");
    let users = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);";
    sandbox.migration("1_users", users, "DROP TABLE users;");
    sandbox.dbmig(["lock"]).ok();
    let _ = typed(&sandbox, &["migrate"]).ok();
    sandbox.execute("prod.sqlite3", "INSERT INTO users (email) VALUES ('a'), ('a')");
    sandbox.migration(
        "2_unique",
        "ALTER TABLE users ADD COLUMN name TEXT;\n\n-- Two users with one address.\n\
         CREATE UNIQUE INDEX users_email ON users (email);\n",
        "DROP INDEX users_mail;\nALTER TABLE users DROP COLUMN name;\n",
    );
    sandbox.dbmig(["lock"]).ok();

    let ran = typed(&sandbox, &["migrate"]).exits(3);
    let ran = ran.warns("migrations/2_unique/up.sql:4:1: UNIQUE constraint failed: users.email");
    let ran = ran.warns("statement 2 of 2").warns("rolled back: nothing of this file");
    let _ = ran.warns("mend the data, then `cargo dbmig migrate").warns("lock --relock 2");
    assert_eq!(columns(&sandbox), "id,email");
    let _ = typed(&sandbox, &["status"]).ok().says("failed").says("2_unique");
    let _ = typed(&sandbox, &["log", "-n", "1"]).ok().says("error: 2_unique/up.sql:4:1: UNIQUE");
    sandbox.execute("prod.sqlite3", "UPDATE users SET email = 'b' WHERE id = 2");
    let _ = typed(&sandbox, &["migrate"]).ok().says("1 migration applied");

    let flags = "--accept-unproved --confirm prod.sqlite3";
    let _ = typed(&sandbox, &["revert"]).exits(4).warns(flags);
    let revert = ["revert", "--confirm", "prod.sqlite3"];
    let unproved = ["revert", "--accept-unproved", "--confirm", "prod.sqlite3"];
    let ran = typed(&sandbox, &unproved).exits(3).warns("migrations/2_unique/down.sql:1:1: ");
    let _ = ran.warns("no such index: users_mail").warns("rolled back");
    assert_eq!(columns(&sandbox), "id,email,name");
    let down = "DROP INDEX users_email;\nALTER TABLE users DROP COLUMN name;\n";
    sandbox.write("migrations/2_unique/down.sql", down);
    sandbox.dbmig(["lock", "--relock", "2"]).ok();
    let _ = typed(&sandbox, &revert).exits(4).warns("`cargo dbmig prove`");
    sandbox.dbmig(["prove"]).ok();
    let ran = typed(&sandbox, &revert).ok().says("1 migration reverted");
    let _ = ran.warns("is not the one it was applied with");
    assert_eq!(columns(&sandbox), "id,email");
    let _ = typed(&sandbox, &["migrate"]).ok().says("1 migration applied");
    assert_eq!(columns(&sandbox), "id,email,name");
}
