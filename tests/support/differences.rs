//! Differences between `schema.rs` and the migrations: what is asked for, what is written, and the way there
//! and back, rows and all.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use dbmig_build::Dialect;

use crate::sandbox::{Ran, Sandbox};

/// What there is before every case: the same words on every dialect.
const BASE: &str = "\
CREATE TABLE teams (id INTEGER NOT NULL PRIMARY KEY, title VARCHAR(40) NOT NULL UNIQUE);
CREATE TABLE users (
    id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL, age INTEGER DEFAULT 7, team_id INTEGER,
    CHECK (age > 0), FOREIGN KEY (team_id) REFERENCES teams (id)
);
CREATE INDEX users_by_name ON users (name);
CREATE VIEW named AS SELECT name FROM users;
";

const BACK: &str = "DROP VIEW named;\nDROP TABLE users;\nDROP TABLE teams;\n";

const ROWS: [&str; 2] = [
    "INSERT INTO teams (id, title) VALUES (1, 'one')",
    "INSERT INTO users (id, name, age, team_id) VALUES (1, 'ann', NULL, 1), (2, 'bob', 5, NULL)",
];

const TEAMS: &str = "teams (id) { id -> Integer, #[max_length = 40] title -> Varchar, }";
const USERS: &str = "users (id) { id -> Integer, #[max_length = 50] name -> Varchar, age -> Nullable<Integer>, \
                     team_id -> Nullable<Integer>, }";
const JOIN: &str = "diesel::joinable!(users -> teams (team_id));";

/// One difference.
struct Case {
    name: &'static str,
    /// The `table!`s that are wished for, without `diesel::table!`.
    tables: &'static [&'static str],
    more: &'static str,
    /// The answers.
    args: &'static [&'static str],
    /// Parts of `up.sql` on SQLite, PostgreSQL, MySQL; `None` where there is nothing to do.
    up: Option<[&'static str; 3]>,
    /// A query of one column, and what it says once the migration is applied.
    rows: (&'static str, &'static [&'static str]),
    /// What is done to rows that the way back can not take.
    clear: &'static str,
}

const NAMES: (&str, &[&str]) = ("SELECT name FROM users ORDER BY id", &["ann", "bob"]);

const CASES: &[Case] = &[
    Case {
        name: "what it can not tell stays",
        tables: &[
            TEAMS,
            "users (id) { id -> Int4, name -> VarChar, age -> Nullable<Int4>, team_id -> Nullable<Integer>, }",
        ],
        more: "",
        args: &[],
        up: None,
        rows: NAMES,
        clear: "",
    },
    Case {
        name: "a column that takes NULL",
        tables: &[
            TEAMS,
            "users (id) { id -> Integer, name -> Varchar, age -> Nullable<Integer>, team_id -> Nullable<Integer>, bio -> Nullable<Text>, }",
        ],
        more: JOIN,
        args: &[],
        up: Some([
            "ALTER TABLE users ADD COLUMN bio TEXT;",
            "ALTER TABLE users ADD COLUMN bio text;",
            "ADD COLUMN bio text NULL, ALGORITHM = INPLACE, LOCK = NONE;",
        ]),
        rows: ("SELECT coalesce(bio, name) FROM users ORDER BY id", &["ann", "bob"]),
        clear: "",
    },
    Case {
        name: "columns that rows have nothing for",
        tables: &[
            TEAMS,
            "users (id) { id -> Integer, name -> Varchar, age -> Integer, team_id -> Nullable<Integer>, email -> Text, level -> Integer, }",
        ],
        more: JOIN,
        args: &[
            "--fill",
            "users.age=id + 40",
            "--fill",
            "users.email=concat(name, '@x')",
            "--fill",
            "users.level=3",
        ],
        up: Some([
            "SELECT id, name, coalesce(age, id + 40), team_id, concat(name, '@x'), 3 FROM users",
            "UPDATE users SET age = coalesce(age, id + 40), email = coalesce(email, concat(name, '@x')) WHERE age IS NULL OR",
            "UPDATE users SET age = coalesce(age, id + 40), email = ",
        ]),
        rows: ("SELECT concat(email, age, level) FROM users ORDER BY id", &["ann@x413", "bob@x53"]),
        clear: "",
    },
    Case {
        name: "the short form of it",
        tables: &[
            TEAMS,
            "users (id) { id -> Integer, name -> Varchar, age -> Nullable<Integer>, team_id -> Nullable<Integer>, email -> Text, }",
        ],
        more: JOIN,
        args: &["--unsafe", "--fill", "users.email=name"],
        up: Some([
            "SELECT id, name, age, team_id, name FROM users",
            "ALTER TABLE users ALTER COLUMN email SET NOT NULL",
            "MODIFY COLUMN email text NOT NULL",
        ]),
        rows: ("SELECT email FROM users ORDER BY id", &["ann", "bob"]),
        clear: "",
    },
    Case {
        name: "a column under another name",
        tables: &[
            TEAMS,
            "users (id) { id -> Integer, full_name -> Varchar, age -> Nullable<Integer>, team_id -> Nullable<Integer>, }",
        ],
        more: JOIN,
        args: &["--rename", "users.name=full_name"],
        up: Some(["RENAME COLUMN name TO full_name"; 3]),
        rows: ("SELECT full_name FROM users ORDER BY id", &["ann", "bob"]),
        clear: "",
    },
    Case {
        name: "a table under another name, with a column of another name and length",
        tables: &[
            TEAMS,
            "people (id) { id -> Integer, #[max_length = 80] full_name -> Varchar, age -> Nullable<BigInt>, team_id -> Nullable<Integer>, }",
        ],
        more: "diesel::joinable!(people -> teams (team_id));",
        args: &["--rename", "users=people", "--rename", "users.name=people.full_name"],
        up: Some([
            "ALTER TABLE users RENAME TO people;",
            "ALTER TABLE people ALTER COLUMN full_name TYPE character varying(80)",
            "MODIFY COLUMN full_name varchar(80) NOT NULL",
        ]),
        rows: ("SELECT full_name FROM people ORDER BY id", &["ann", "bob"]),
        clear: "",
    },
    Case {
        name: "two tables under other names",
        tables: &[
            "groups (id) { id -> Integer, #[max_length = 40] title -> Varchar, }",
            "people (id) { id -> Integer, name -> Varchar, age -> Nullable<Integer>, group_id -> Nullable<Integer>, }",
        ],
        more: "diesel::joinable!(people -> groups (group_id));",
        args: &[
            "--rename",
            "users=people",
            "--rename",
            "teams=groups",
            "--rename",
            "people.team_id=group_id",
        ],
        up: Some(["RENAME COLUMN team_id TO group_id"; 3]),
        rows: ("SELECT title FROM people JOIN `groups` g ON g.id = group_id", &["one"]),
        clear: "",
    },
    Case {
        name: "a column that goes, with its condition",
        tables: &[
            TEAMS,
            "users (id) { id -> Integer, name -> Varchar, team_id -> Nullable<Integer>, }",
        ],
        more: JOIN,
        args: &[],
        up: Some([
            "INSERT INTO new_users (id, name, team_id) SELECT id, name, team_id FROM users;",
            "ALTER TABLE users DROP COLUMN age;",
            "DROP COLUMN age",
        ]),
        rows: NAMES,
        clear: "",
    },
    Case {
        name: "what likely is a rename, and is none",
        tables: &[
            TEAMS,
            "users (id) { id -> Integer, name -> Varchar, years -> Nullable<Integer>, team_id -> Nullable<Integer>, }",
        ],
        more: JOIN,
        args: &["--drop", "users.age"],
        up: Some([
            "INSERT INTO new_users (id, name, team_id) SELECT id, name, team_id FROM users;",
            "DROP COLUMN age",
            "DROP COLUMN age",
        ]),
        rows: ("SELECT concat(name, coalesce(years, 0)) FROM users ORDER BY id", &["ann0", "bob0"]),
        clear: "",
    },
    Case {
        name: "a wider type, and NULL",
        tables: &[
            TEAMS,
            "users (id) { id -> Integer, name -> Nullable<Varchar>, age -> Nullable<BigInt>, team_id -> Nullable<Integer>, }",
        ],
        more: JOIN,
        args: &[],
        up: Some([
            "age BIGINT DEFAULT 7,",
            "ALTER COLUMN age TYPE bigint USING age::bigint",
            "MODIFY COLUMN age bigint NULL DEFAULT 7",
        ]),
        rows: NAMES,
        clear: "",
    },
    Case {
        name: "a type that was given",
        tables: &[
            TEAMS,
            "users (id) { id -> Integer, name -> Varchar, age -> Nullable<Integer>, team_id -> Nullable<Integer>, price -> Nullable<Numeric>, }",
        ],
        more: JOIN,
        args: &["--type", "users.price=decimal(12,3)"],
        up: Some(["price decimal(12,3)", "price decimal(12,3)", "price decimal(12,3)"]),
        rows: NAMES,
        clear: "",
    },
    Case {
        name: "tables in the order of their foreign keys",
        tables: &[
            TEAMS,
            USERS,
            "a_notes (id) { id -> Integer, post_id -> Integer, text -> Text, }",
            "b_posts (id) { id -> Integer, user_id -> Nullable<Integer>, at -> Timestamp, ok -> Bool, }",
        ],
        more: "diesel::joinable!(users -> teams (team_id)); diesel::joinable!(a_notes -> b_posts (post_id)); diesel::joinable!(b_posts -> users (user_id));",
        args: &["--auto-increment", "b_posts.id"],
        up: Some([
            "CREATE TABLE b_posts (\n    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT",
            "ADD CONSTRAINT a_notes_post_id_fkey FOREIGN KEY (post_id) REFERENCES b_posts (id)",
            "id int NOT NULL AUTO_INCREMENT",
        ]),
        rows: ("SELECT count(*) FROM a_notes", &["0"]),
        clear: "",
    },
    Case {
        name: "a key of several columns, and types",
        tables: &[
            TEAMS,
            USERS,
            "seats (team_id, row) { team_id -> Integer, row -> SmallInt, big -> BigInt, raw -> Nullable<Binary>, day -> Date, at -> Nullable<Time>, x -> Double, y -> Float, }",
        ],
        more: JOIN,
        args: &[],
        up: Some([
            "PRIMARY KEY (team_id, \"row\")",
            "CONSTRAINT seats_pkey PRIMARY KEY (team_id, \"row\")",
            "PRIMARY KEY (team_id, `row`)",
        ]),
        rows: ("SELECT count(*) FROM seats", &["0"]),
        clear: "",
    },
    Case {
        name: "a table that others point to goes",
        tables: &[
            "users (id) { id -> Integer, name -> Varchar, age -> Nullable<Integer>, team_id -> Nullable<Integer>, }",
        ],
        more: "",
        args: &[],
        up: Some(["DROP TABLE teams"; 3]),
        rows: NAMES,
        clear: "UPDATE users SET team_id = NULL",
    },
    Case {
        name: "a joinable! alone, and the foreign key stays",
        tables: &[TEAMS, USERS],
        more: "",
        args: &[],
        up: None,
        rows: NAMES,
        clear: "",
    },
    Case {
        name: "a new joinable!",
        tables: &[
            "teams (id) { id -> Integer, title -> Varchar, lead -> Nullable<Integer>, }",
            USERS,
            "tags (id) { id -> Integer, team_id -> Nullable<Integer>, }",
        ],
        more: "diesel::joinable!(users -> teams (team_id)); diesel::joinable!(tags -> teams (team_id));",
        args: &[],
        up: Some([
            "FOREIGN KEY (team_id) REFERENCES teams (id)",
            "FOREIGN KEY (team_id) REFERENCES teams (id)",
            "FOREIGN KEY (team_id) REFERENCES teams (id)",
        ]),
        rows: ("SELECT count(*) FROM tags", &["0"]),
        clear: "",
    },
    Case {
        name: "and one that is none",
        tables: &[TEAMS, USERS, "tags (id) { id -> Integer, team_id -> Nullable<Integer>, }"],
        more: "diesel::joinable!(users -> teams (team_id)); diesel::joinable!(tags -> teams (team_id));",
        args: &["--no-joins"],
        up: Some([
            "team_id INTEGER\n);",
            "team_id integer,\n    CONSTRAINT tags_pkey PRIMARY KEY (id)\n);",
            "team_id int NULL,\n    PRIMARY KEY (id)\n);",
        ]),
        rows: ("SELECT count(*) FROM tags", &["0"]),
        clear: "",
    },
    Case {
        name: "another key",
        tables: &[
            TEAMS,
            "users (id, name) { id -> Integer, name -> Varchar, age -> Nullable<Integer>, team_id -> Nullable<Integer>, }",
        ],
        more: JOIN,
        args: &[],
        up: Some(["PRIMARY KEY (id, name)", "PRIMARY KEY (id, name)", "PRIMARY KEY (id, name)"]),
        rows: NAMES,
        clear: "",
    },
];

impl Case {
    /// The `schema.rs`.
    fn schema(&self) -> String {
        let tables = self.tables.iter().map(|table| format!("diesel::table! {{ {table} }}\n"));
        tables.collect::<String>() + self.more
    }
}

/// A database and a project for it.
pub(crate) struct Place<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) dbmig: &'a dyn Fn(&[&str]) -> Ran,
    /// Runs a statement.
    pub(crate) execute: &'a dyn Fn(&str),
    /// The only column of a query.
    pub(crate) column: &'a dyn Fn(&str) -> Vec<String>,
}

/// Holds every case; their number. `DBMIG_TEST_CASE` holds those alone whose name has it.
pub(crate) fn hold_all(place: &Place<'_>) -> usize {
    let only = std::env::var("DBMIG_TEST_CASE").unwrap_or_default();
    place.sandbox.migration("1_base", BASE, BACK);
    (place.dbmig)(&["migrate", "--no-schema"]).ok();
    ROWS.iter().for_each(|sql| (place.execute)(sql));
    let cases: Vec<_> = CASES.iter().filter(|case| case.name.contains(&only)).collect();
    for case in &cases {
        println!("{}", case.name);
        hold(place, case);
    }
    cases.len()
}

fn hold(place: &Place<'_>, case: &Case) {
    place.sandbox.write("src/schema.rs", case.schema());
    let check = ["generate", "--diff", "--check", "--no-joins"];
    let check = if case.args.contains(&"--no-joins") { &check[..] } else { &check[..3] };
    let write = [&["generate", "--diff", "next", "--no-input"], case.args].concat();
    let Some(up) = case.up else {
        (place.dbmig)(check).ok().says("nothing to do");
        let before = place.sandbox.snapshot();
        (place.dbmig)(&write).ok().says("nothing to do");
        assert!(place.sandbox.snapshot() == before, "{}: something was written", case.name);
        return;
    };
    let json = [&write[..], &["--dry-run", "--format", "json"]].concat();
    let texts = || -> Vec<String> {
        let json = (place.dbmig)(&json).ok().json();
        let all = json["migrations"].as_array().unwrap().clone();
        let text = |one: &serde_json::Value| format!("{}---{}", one["up"], one["down"]);
        all.iter().map(text).collect()
    };
    // In memory it costs nothing.
    if place.dialect == Dialect::Sqlite {
        (place.dbmig)(check).exits(1);
        assert_eq!(texts(), texts(), "{}: another text the second time", case.name);
    }
    let ran = (place.dbmig)(&[&write[..], &["--format", "json"]].concat()).ok();
    let json = ran.json();
    let written = json["migrations"].as_array().unwrap().clone();
    let all: String = written.iter().filter_map(|one| one["up"].as_str()).collect();
    let part = match place.dialect {
        Dialect::Sqlite => up[0],
        Dialect::Postgres => up[1],
        Dialect::Mysql => up[2],
    };
    assert!(all.contains(part), "{}: no {part:?} in\n{all}", case.name);
    (place.dbmig)(check).ok().says("nothing to do");
    (place.dbmig)(&["migrate", "--no-schema"]).ok();
    let (query, expected) = case.rows;
    let query =
        if place.dialect == Dialect::Mysql { query.to_owned() } else { query.replace('`', "\"") };
    assert_eq!((place.column)(&query), expected, "{}\n{all}", case.name);
    if !case.clear.is_empty() {
        (place.execute)(case.clear);
    }
    (place.dbmig)(&["revert", "--to", "1", "--no-schema"]).ok();
    (place.dbmig)(&["drift"]).ok();
    // What was dropped, and what was filled, is as it was for the next case.
    ["DELETE FROM users", "DELETE FROM teams"].iter().for_each(|sql| (place.execute)(sql));
    ROWS.iter().for_each(|sql| (place.execute)(sql));
    for one in written {
        let folder = place.sandbox.path("migrations").join(one["name"].as_str().unwrap());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
