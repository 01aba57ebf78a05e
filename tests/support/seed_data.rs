//! Data files for every database: generated rows that are written out and read again, and the founding examples.

use dbmig_build::{Dialect, Seed};
use dbmig_runtime::catalogue::{Catalogue, Name, Scope};
use dbmig_runtime::seed::dump::{self, Form};
use dbmig_runtime::{RunOptions, Session, Silent, runner};

/// A file as it is loaded.
pub(crate) fn file(name: &str, text: impl Into<String>) -> Seed {
    Seed::new(name, text)
}

/// Numbers that come again with the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// The seed of this run: printed, and taken from `DBMIG_TEST_SEED`.
pub(crate) fn seed_of_run() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let seed = std::env::var("DBMIG_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or(now.as_millis() as u64);
    println!("DBMIG_TEST_SEED={seed}");
    seed
}

pub(crate) fn execute(session: &mut dyn Session, statements: &[&str]) {
    for sql in statements {
        session.execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

/// How many rows there are.
pub(crate) fn count(session: &mut dyn Session, table: &str) -> String {
    let text = match session.dialect() {
        Dialect::Mysql => "CHAR",
        _ => "TEXT",
    };
    let rows = session.query(&format!("SELECT CAST(count(*) AS {text}) FROM {table}"), &[]);
    rows.unwrap()[0][0].clone().unwrap()
}

/// A text that is unpleasant to some layer.
fn nasty(dice: &mut Dice) -> String {
    const PARTS: [&str; 18] = [
        "a", "é", "漢字", "😀", "\"", "'", "''", "\\", "\\.", "\\N", ",", "\n", "\r\n", "\t", "$1",
        "NULL", " ", "--",
    ];
    (0..dice.below(9)).map(|_| PARTS[dice.below(PARTS.len())]).collect()
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Generated rows are the same after they went through each form of file.
///
/// A second run writes nothing, and the undo brings back what was there: rows of the file with other values, and
/// rows that the file does not have.
pub(crate) fn round_trip(session: &mut dyn Session, read_only: &str, writable: &str) {
    let dialect = session.dialect();
    let mut dice = Dice::new(seed_of_run());
    let (bytes, float, moment, text) = match dialect {
        Dialect::Sqlite => ("BLOB", "DOUBLE", "DATETIME", "TEXT"),
        Dialect::Postgres => ("BYTEA", "DOUBLE PRECISION", "TIMESTAMP", "TEXT"),
        Dialect::Mysql => {
            ("BLOB", "DOUBLE", "DATETIME(6)", "TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        }
    };
    let table = format!(
        "CREATE TABLE trips (id INTEGER NOT NULL PRIMARY KEY, t {text}, b {bytes}, f {float}, \
         n DECIMAL(20,4), s {moment}, k BOOLEAN)"
    );
    session.execute(&table).unwrap();
    let mut data = "id,t,b,f,n,s,k\n".to_owned();
    let mut texts = Vec::new();
    for id in 1..=2000 {
        let text = (dice.below(10) > 0).then(|| nasty(&mut dice));
        let hex: String = (0..dice.below(20)).map(|_| format!("{:02X}", dice.below(256))).collect();
        let float = dice.below(1 << 40) as f64 / (dice.below(1 << 20) + 1) as f64;
        data.push_str(&format!(
            "{id},{},\"{hex}\",{float:?},{}.{:04},2024-02-29 12:30:{:02}.{:06},{}\n",
            text.as_deref().map(quote).unwrap_or_default(),
            dice.below(1 << 30),
            dice.below(10_000),
            dice.below(60),
            dice.below(1_000_000),
            ["true", "false", ""][dice.below(3)],
        ));
        texts.push(text);
    }
    let run = |session: &mut dyn Session, seed: Seed| {
        let options = RunOptions::default();
        runner::run_seeds(session, &[seed], true, &options, &mut Silent)
            .unwrap_or_else(|error| panic!("{dialect:?}: {error}"))
    };
    let dumped = |session: &mut dyn Session, form: Form| {
        let catalogue = Catalogue::read(session, &Scope::all()).unwrap();
        let table = catalogue.table(&Name::new("trips")).unwrap();
        dump::dump(session, &catalogue, table, form, None, false).unwrap().text
    };
    let _ = run(session, file("dev/001_trips.csv", data));
    let held = session.query("SELECT t FROM trips ORDER BY id", &[]).unwrap();
    let held: Vec<_> = held.into_iter().map(|row| row.into_iter().next().unwrap()).collect();
    assert_eq!(held, texts, "{dialect:?}");
    let csv = dumped(session, Form::Csv);
    assert_eq!(
        csv.matches("2024-02-29").count(),
        2000 + texts.iter().flatten().filter(|t| t.contains("2024-02-29")).count()
    );
    for (form, name) in [
        (Form::Csv, "dev/001_trips.csv"),
        (Form::Json, "dev/001_trips.json"),
        (Form::Sql, "dev/001_trips.sql"),
    ] {
        let text = dumped(session, form);
        session.execute("DELETE FROM trips").unwrap();
        let _ = run(session, file(name, text.clone()));
        assert!(dumped(session, Form::Csv) == csv, "{dialect:?} {form:?}");
        assert!(dumped(session, form) == text, "{dialect:?} {form:?}");
        if form == Form::Sql {
            continue;
        }
        execute(
            session,
            &[
                "DELETE FROM trips WHERE id > 1500",
                "UPDATE trips SET t = NULL, n = n + 1 WHERE id % 7 = 3",
                "UPDATE trips SET id = id + 10000 WHERE id < 100",
            ],
        );
        let before = dumped(session, Form::Csv);
        let seeds = [file(name, text.clone()), file("dev/001_trips.toml", "mode = \"sync\"\n")];
        let once = |session: &mut dyn Session| {
            runner::run_seeds(session, &seeds, false, &RunOptions::default(), &mut Silent).unwrap()
        };
        let plan = once(session).run[0].rows.clone().unwrap();
        assert_eq!((plan.insert, plan.delete, plan.no_undo), (599, 99, None), "{dialect:?}");
        assert!(dumped(session, Form::Csv) == csv, "{dialect:?} {form:?}");
        session.execute(read_only).unwrap();
        assert_eq!(once(session).unchanged, 1, "{dialect:?} {form:?}");
        session.execute(writable).unwrap();
        let undone = runner::undo_seed(session, None, &RunOptions::default(), &mut Silent);
        let (_, undone) = undone.unwrap().unwrap();
        assert_eq!((undone.deleted, undone.back), (599, 99), "{dialect:?} {form:?}");
        assert!(dumped(session, Form::Csv) == before, "{dialect:?} {form:?}");
        let _ = once(session);
    }
}

/// Rows are upserted, followed, taken back; an unchanged file sends no writes.
pub(crate) fn life(session: &mut dyn Session, read_only: &str, writable: &str) {
    let dialect = session.dialect();
    let (id, moment) = match dialect {
        Dialect::Sqlite => ("INTEGER PRIMARY KEY", "TIMESTAMP"),
        Dialect::Postgres => ("SERIAL PRIMARY KEY", "TIMESTAMPTZ"),
        Dialect::Mysql => ("INTEGER AUTO_INCREMENT PRIMARY KEY", "DATETIME"),
    };
    let roles = format!("CREATE TABLE roles (id {id}, name VARCHAR(40) NOT NULL UNIQUE)");
    let users = format!(
        "CREATE TABLE users (id {id}, email VARCHAR(80) NOT NULL UNIQUE, name VARCHAR(80), \
         active BOOLEAN NOT NULL DEFAULT {}, role_id INTEGER, boss_id INTEGER, created_at {moment} NOT NULL \
         DEFAULT CURRENT_TIMESTAMP, FOREIGN KEY (role_id) REFERENCES roles (id), \
         FOREIGN KEY (boss_id) REFERENCES users (id))",
        if dialect == Dialect::Postgres { "true" } else { "1" }
    );
    execute(session, &[&roles, &users, "INSERT INTO roles (name) VALUES ('guest')"]);
    // As the founding examples have it: roles and an administrator that are made once, and kept.
    let seeds = |roles: &str, name: &str| {
        vec![
            file("reference/001_roles.csv", roles),
            file("reference/001_roles.toml", "key = [\"name\"]\nmode = \"upsert\"\n"),
            file(
                "reference/002_users.json",
                format!(
                    r#"[{{"email": "b@example.com", "name": "{name}", "role": "admin", "boss": "admin@example.com"}},
                       {{"email": "admin@example.com", "name": "Admin", "role": "admin", "boss": null}}]"#
                ),
            ),
            file(
                "reference/002_users.toml",
                "key = [\"email\"]\n[columns.role]\ncolumn = \"role_id\"\nreferences = \"roles.name\"\n\
                 [columns.boss]\ncolumn = \"boss_id\"\nreferences = \"users.email\"\n",
            ),
        ]
    };
    let run = |session: &mut dyn Session, seeds: &[Seed]| {
        let options = RunOptions::default();
        runner::run_seeds(session, seeds, false, &options, &mut Silent)
            .unwrap_or_else(|error| panic!("{dialect:?}: {error}"))
    };
    let all = |session: &mut dyn Session| {
        let sql = "SELECT u.email, u.name, r.name, b.email FROM users u JOIN roles r ON r.id = u.role_id \
                   LEFT JOIN users b ON b.id = u.boss_id ORDER BY u.email";
        session.query(sql, &[]).unwrap()
    };
    let first = seeds("name\nadmin\nguest\n", "B");
    assert_eq!(run(session, &first).run.len(), 2, "{dialect:?}");
    let row = |cells: [Option<&str>; 4]| cells.map(|cell| cell.map(str::to_owned)).to_vec();
    let held = all(session);
    assert_eq!(
        held,
        [
            row([Some("admin@example.com"), Some("Admin"), Some("admin"), None]),
            row([Some("b@example.com"), Some("B"), Some("admin"), Some("admin@example.com")]),
        ],
        "{dialect:?}"
    );
    // Nothing is written for what is there.
    session.execute(read_only).unwrap();
    let report = run(session, &first);
    assert_eq!((report.run.len(), report.unchanged), (0, 2), "{dialect:?}");
    session.execute(writable).unwrap();
    // What was changed by hand comes back.
    session.execute("UPDATE users SET name = 'X' WHERE email = 'b@example.com'").unwrap();
    assert_eq!(run(session, &first).run.len(), 1, "{dialect:?}");
    assert_eq!(all(session), held, "{dialect:?}");
    // Another content changes what differs, and the undo brings it back.
    let second = seeds("name\nadmin\nguest\n", "Bé");
    let plans = runner::plan_seeds(session, &second, false, &RunOptions::default()).unwrap();
    let plan = plans[0].1.clone().unwrap();
    assert_eq!((plan.insert, plan.update, plan.delete, plan.same), (0, 1, 0, 1), "{dialect:?}");
    assert_eq!(run(session, &second).run.len(), 1);
    assert_ne!(all(session), held);
    let undo = |session: &mut dyn Session| {
        runner::undo_seed(session, None, &RunOptions::default(), &mut Silent).unwrap()
    };
    assert_eq!(undo(session).unwrap().0, "reference/002_users.json");
    assert_eq!(all(session), held, "{dialect:?}");
    // Rows that the file does not have go, and come back.
    let sync = |roles: &str| {
        [
            file("reference/003_roles.csv", roles),
            file("reference/003_roles.toml", "key = [\"name\"]\nmode = \"sync\"\n"),
        ]
    };
    let before = session.query("SELECT name FROM roles ORDER BY id", &[]).unwrap();
    let report = run(session, &sync("name\nadmin\neditor\n"));
    let plan = report.run[0].rows.clone().unwrap();
    assert_eq!((plan.insert, plan.update, plan.delete, plan.same), (1, 0, 1, 1), "{dialect:?}");
    assert_eq!(undo(session).unwrap().1.back, 1);
    assert_eq!(session.query("SELECT name FROM roles ORDER BY id", &[]).unwrap(), before);
    // Numbers go on after those of the file.
    let _ = run(session, &[file("reference/004_roles.csv", "id,name\n500,late\n")]);
    session.execute("INSERT INTO roles (name) VALUES ('after')").unwrap();
    let after = session.query("SELECT name FROM roles WHERE id > 500", &[]).unwrap();
    assert_eq!(after.len(), 1, "{dialect:?}");
}
