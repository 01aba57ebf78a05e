//! Data files whose rows are not held, on every database: each mode, what is wrong in them, and the way back.

use dbmig_build::{Dialect, Findings, LARGE_SEED, Seed};
use dbmig_runtime::catalogue::{Catalogue, Name, Scope};
use dbmig_runtime::runner::{self, SeedReport, SeedState};
use dbmig_runtime::seed::DataPlan;
use dbmig_runtime::seed::dump::{self, Form};
use dbmig_runtime::{Error, ErrorKind, RunOptions, Session, Silent};

use crate::seed_support::file;

/// Enough that the file is large.
const ROWS: usize = 2_600;

/// How long a note is.
const LONG: usize = 75;

fn make_tables(session: &mut dyn Session) {
    let (bytes, float) = match session.dialect() {
        Dialect::Sqlite => ("BLOB", "DOUBLE"),
        Dialect::Postgres => ("BYTEA", "DOUBLE PRECISION"),
        Dialect::Mysql => ("BLOB", "DOUBLE"),
    };
    let items = format!(
        "CREATE TABLE items (id INTEGER NOT NULL PRIMARY KEY, code VARCHAR(20) NOT NULL UNIQUE, \
         kind_id INTEGER NOT NULL, price DECIMAL(8,2) NOT NULL CHECK (price >= 0), weight {float}, \
         image {bytes}, note VARCHAR(150), FOREIGN KEY (kind_id) REFERENCES kinds (id))"
    );
    for sql in [
        "CREATE TABLE kinds (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE)",
        &items,
        "INSERT INTO kinds (id, name) VALUES (1, 'small'), (2, 'big')",
    ] {
        session.execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

const HEADER: &str = "id,code,kind_id,price,weight,image,note";

/// Row `n`, whose price is `price`.
fn row(n: usize, price: usize) -> String {
    let nasty = ["a\"\"b", "x,y", "é😀", "\\N", "\\.", "t\tt", "r\r\nr", "''", "$1"][n % 9];
    let image = if n % 3 == 0 { String::new() } else { format!("{:02X}FF", n % 256) };
    format!(
        "{n},code {n},{},{price}.50,{}.25,{image},\"{nasty} {}\"",
        n % 2 + 1,
        n % 1000,
        "n".repeat(LONG)
    )
}

fn text(rows: impl IntoIterator<Item = String>) -> String {
    let mut text = format!("{HEADER}\n");
    rows.into_iter().for_each(|row| text.extend([row.as_str(), "\n"]));
    assert!(text.len() >= LARGE_SEED, "{}", text.len());
    text
}

fn plain(rows: usize) -> String {
    text((1..=rows).map(|n| row(n, 1)))
}

/// The file, of a mode.
fn items(mode: &str, text: String) -> Vec<Seed> {
    let side = format!("mode = \"{mode}\"\n");
    vec![file("dev/001_items.csv", text), file("dev/001_items.toml", side)]
}

fn run(session: &mut dyn Session, seeds: &[Seed], again: bool) -> Result<SeedReport, Error> {
    runner::run_seeds(session, seeds, again, &RunOptions::default(), &mut Silent)
}

fn ran(session: &mut dyn Session, seeds: &[Seed], again: bool) -> [usize; 4] {
    let report = run(session, seeds, again).unwrap_or_else(|error| match error.kind {
        ErrorKind::Seeds(findings) => panic!("{:?}: {findings:?}", session.dialect()),
        _ => panic!("{:?}: {error}", session.dialect()),
    });
    numbers(report.run[0].rows.as_ref().expect("a data file"))
}

fn numbers(plan: &DataPlan) -> [usize; 4] {
    [plan.insert, plan.update, plan.delete, plan.same]
}

fn planned(session: &mut dyn Session, seeds: &[Seed]) -> [usize; 4] {
    let plans = runner::plan_seeds(session, seeds, true, &RunOptions::default()).unwrap();
    numbers(plans[0].1.as_ref().unwrap())
}

/// All that is in the table.
fn held(session: &mut dyn Session) -> String {
    let catalogue = Catalogue::read(session, &Scope::all()).unwrap();
    let table = catalogue.table(&Name::new("items")).unwrap();
    dump::dump(session, &catalogue, table, Form::Csv, None, false).unwrap().text
}

fn state(session: &mut dyn Session, seeds: &[Seed]) -> SeedState {
    runner::seed_states(session, seeds).unwrap()[0].1
}

fn undo(session: &mut dyn Session) -> bool {
    runner::undo_seed(session, None, &RunOptions::default(), &mut Silent).is_ok()
}

fn empty(session: &mut dyn Session) {
    session.execute("DELETE FROM items").unwrap();
}

/// Every mode does to the table what it says, and knows afterwards whether that is still there.
pub(crate) fn modes(session: &mut dyn Session) {
    make_tables(session);
    let dialect = session.dialect();
    let all = items("insert", plain(ROWS));
    assert_eq!(planned(session, &all), [ROWS, 0, 0, 0], "{dialect:?}");
    assert_eq!(ran(session, &all, false), [ROWS, 0, 0, 0], "{dialect:?}");
    let whole = held(session);
    assert_eq!(whole.matches("code ").count(), ROWS, "{dialect:?}");
    let nasty = "SELECT note FROM items WHERE id IN (4, 6, 7) ORDER BY id";
    let notes: Vec<_> = session.query(nasty, &[]).unwrap().concat().into_iter().flatten().collect();
    let long = "n".repeat(LONG);
    assert_eq!(notes, [format!("\\. {long}"), format!("r\r\nr {long}"), format!("'' {long}")]);
    assert_eq!(state(session, &all), SeedState::Done, "{dialect:?}");
    assert_eq!(run(session, &all, false).unwrap().unchanged, 1, "{dialect:?}");
    // Each mode leaves the same, from nothing, and has nothing to do then.
    for mode in ["upsert", "sync", "ignore", "truncate"] {
        empty(session);
        let seeds = items(mode, plain(ROWS));
        assert_eq!(ran(session, &seeds, true), [ROWS, 0, 0, 0], "{dialect:?} {mode}");
        assert!(held(session) == whole, "{dialect:?} {mode}");
        assert_eq!(state(session, &seeds), SeedState::Done, "{dialect:?} {mode}");
        if mode != "truncate" {
            assert_eq!(ran(session, &seeds, true), [0, 0, 0, ROWS], "{dialect:?} {mode}");
        }
        session.execute("DELETE FROM items WHERE id = 77").unwrap();
        assert_eq!(state(session, &seeds), SeedState::Differs, "{dialect:?} {mode}");
        assert_eq!(ran(session, &seeds, false)[0], if mode == "truncate" { ROWS } else { 1 });
        assert!(held(session) == whole, "{dialect:?} {mode}");
    }
    // Rows that differ, rows that are new, rows that are gone: in each mode, and back.
    let other = || text((3..=ROWS + 4).map(|n| row(n, if n % 1000 == 7 { 2 } else { 1 })));
    let changed = (3..=ROWS).filter(|n| n % 1000 == 7).count();
    let same = ROWS - 2 - changed;
    for (mode, expected) in [
        ("upsert", [4, changed, 0, same]),
        ("sync", [4, changed, 2, same]),
        ("ignore", [4, 0, 0, ROWS - 2]),
        ("update-only", [0, changed, 0, same + 4]),
    ] {
        empty(session);
        ran(session, &items("insert", plain(ROWS)), true);
        let seeds = items(mode, other());
        assert_eq!(planned(session, &seeds), expected, "{dialect:?} {mode}");
        assert_eq!(ran(session, &seeds, false), expected, "{dialect:?} {mode}");
        assert_eq!(state(session, &seeds), SeedState::Done, "{dialect:?} {mode}");
        assert_eq!(planned(session, &seeds)[..3], [0, 0, 0], "{dialect:?} {mode}");
        assert!(held(session) != whole, "{dialect:?} {mode}");
        assert!(undo(session), "{dialect:?} {mode}");
        assert!(held(session) == whole, "{dialect:?} {mode}");
    }
    // So many are more than is kept.
    let report = run(session, &items("upsert", plain(ROWS + 10_001)), true).unwrap();
    assert!(report.run[0].rows.as_ref().unwrap().no_undo.is_some(), "{dialect:?}");
    assert!(!undo(session), "{dialect:?}");
}

/// Where the quickest way is not taken, for what `prepare` does, statements of many rows are.
pub(crate) fn by_statements(session: &mut dyn Session, prepare: &str) {
    make_tables(session);
    session.execute(prepare).unwrap();
    let mut whole = None;
    for mode in ["insert", "upsert"] {
        empty(session);
        assert_eq!(ran(session, &items(mode, plain(ROWS)), true), [ROWS, 0, 0, 0], "{prepare}");
        let held = held(session);
        assert!(*whole.get_or_insert_with(|| held.clone()) == held, "{prepare}");
    }
}

/// Files of few long rows are large as well, and can be undone.
pub(crate) fn long_rows(session: &mut dyn Session) {
    make_tables(session);
    let dialect = session.dialect();
    let image = "AB".repeat(1000);
    let long = || text((1..=200).map(|n| format!("{n},c{n},1,1.00,,{image},")));
    for mode in ["insert", "truncate", "upsert"] {
        let report = run(session, &items(mode, long()), true);
        let plan = report.unwrap().run[0].rows.clone().unwrap();
        assert_eq!((plan.insert, plan.no_undo), (200, None), "{dialect:?} {mode}");
        assert!(undo(session), "{dialect:?} {mode}");
        assert_eq!(held(session).lines().count(), 1, "{dialect:?} {mode}");
    }
}

/// Parents by another column than their key, computed columns, a JSON file, a table that is its own parent.
pub(crate) fn references(session: &mut dyn Session) {
    make_tables(session);
    let dialect = session.dialect();
    let objects: Vec<_> = (1..=ROWS)
        .map(|n| {
            format!(
                "{{\"id\": {n}, \"code\": \"c{n}\", \"kind\": \"{}\", \"price\": 1.5, \"note\": \"{}\"}}",
                ["small", "big"][n % 2],
                "n".repeat(LONG)
            )
        })
        .collect();
    let side = "[columns.kind]\ncolumn = \"kind_id\"\nreferences = \"kinds.name\"\n[columns.weight]\n\
                expression = \"price * 2\"\n";
    let json = format!("[{}]", objects.join(",\n"));
    let run_it = |session: &mut dyn Session, json: &str, mode: &str| {
        let side = format!("mode = \"{mode}\"\n{side}");
        run(session, &[file("dev/1_items.json", json), file("dev/1_items.toml", side)], true)
    };
    for mode in ["insert", "upsert"] {
        empty(session);
        let report = run_it(session, &json, mode).unwrap();
        assert_eq!(report.run[0].rows.as_ref().unwrap().insert, ROWS, "{dialect:?} {mode}");
        let sql = match dialect {
            Dialect::Mysql => {
                "SELECT CAST(count(*) AS CHAR) FROM items WHERE kind_id = 2 AND weight = 3"
            }
            _ => "SELECT CAST(count(*) AS TEXT) FROM items WHERE kind_id = 2 AND weight = 3",
        };
        let big = (1..=ROWS).filter(|n| n % 2 == 1).count().to_string();
        assert_eq!(session.query(sql, &[]).unwrap()[0][0], Some(big), "{dialect:?} {mode}");
        // The column takes NULL nowhere: a parent that is not there is told, and nothing is written.
        empty(session);
        let missing =
            json.replace("\"c2400\", \"kind\": \"small\"", "\"c2400\", \"kind\": \"smal\"");
        let error = run_it(session, &missing, mode).unwrap_err();
        let ErrorKind::Seeds(findings) = &error.kind else { panic!("{dialect:?} {mode}: {error}") };
        assert_eq!(places(findings), [(2400, 39)], "{dialect:?} {mode}: {findings:?}");
        assert_eq!(held(session).lines().count(), 1, "{dialect:?} {mode}");
    }
    session
        .execute(
            "CREATE TABLE nodes (id INTEGER NOT NULL PRIMARY KEY, parent_id INTEGER, note VARCHAR(150), \
             FOREIGN KEY (parent_id) REFERENCES nodes (id))",
        )
        .unwrap();
    // Parents behind their children.
    let rows = (1..=ROWS).map(|n| {
        let parent = if n == ROWS { String::new() } else { ROWS.to_string() };
        format!("{n},{parent},{}\n", "n".repeat(120))
    });
    let nodes = format!("id,parent_id,note\n{}", rows.collect::<String>());
    assert!(nodes.len() >= LARGE_SEED);
    assert_eq!(ran(session, &[file("dev/2_nodes.csv", nodes)], false), [ROWS, 0, 0, 0]);
}

fn places(findings: &Findings) -> Vec<(usize, usize)> {
    findings.iter().filter_map(|finding| finding.place).collect()
}

/// What is wrong in a row far into the file is told with its place, whoever finds it, and nothing is written.
pub(crate) fn wrong_rows(session: &mut dyn Session) {
    make_tables(session);
    let dialect = session.dialect();
    let at = 2_401;
    // Lines are counted: one of nine notes has a line end in it.
    let line = |n: usize| 2 + (1..n).map(|n| if n % 9 == 6 { 2 } else { 1 }).sum::<usize>();
    let column = |cell: &str| row(at, 1).find(cell).unwrap() + 1;
    let good = row(at, 1);
    let code = format!("code {at}");
    let cases: Vec<(&str, String, (usize, usize))> = vec![
        ("a value", good.replace("1.50", "cheap"), (line(at), column("1.50"))),
        ("a condition", good.replace("1.50", "-1.50"), (line(at), column("1.50"))),
        ("a parent", good.replace(",2,1.50", ",7,1.50"), (line(at), column("2,1.50"))),
        ("a key twice", good.replace(&code, "code 17"), (line(at), column(&code))),
        ("a form", good.replace(",2,1.50", ",2"), (line(at), 1)),
    ];
    for mode in ["insert", "upsert", "sync", "ignore", "truncate"] {
        // Straight into the table, or by way of another one.
        let all = matches!(mode, "insert" | "sync");
        for (what, wrong, place) in cases.iter().filter(|case| all || case.0 == "a condition") {
            assert_ne!(*wrong, good, "{what}");
            let wrong = text((1..=ROWS).map(|n| if n == at { wrong.clone() } else { row(n, 1) }));
            let seeds = items(mode, wrong);
            let error = run(session, &seeds, false).unwrap_err();
            let ErrorKind::Seeds(findings) = &error.kind else {
                panic!("{dialect:?} {mode}, {what}: {error}")
            };
            assert_eq!(places(findings), [*place], "{dialect:?} {mode}, {what}: {findings:?}");
            assert_eq!(held(session).lines().count(), 1, "{dialect:?} {mode}, {what}");
            assert_eq!(state(session, &seeds), SeedState::New, "{dialect:?} {mode}, {what}");
        }
    }
    // A row that is there already is told by the mode `insert` alone.
    session
        .execute("INSERT INTO items (id, code, kind_id, price) VALUES (2401, 'other', 1, 1)")
        .unwrap();
    let error = run(session, &items("insert", plain(ROWS)), false).unwrap_err();
    let ErrorKind::Seeds(findings) = &error.kind else { panic!("{dialect:?}: {error}") };
    assert_eq!(places(findings), [(line(at), 1)], "{dialect:?}: {findings:?}");
    assert_eq!(held(session).lines().count(), 2, "{dialect:?}");
}

/// Files before a large one are not written when its cells are wrong.
pub(crate) fn before_others(session: &mut dyn Session) {
    make_tables(session);
    let rows = (1..=ROWS).map(|n| row(n, 1)).chain(["1".to_owned()]);
    let seeds =
        [file("dev/001_kinds.csv", "id,name\n9,more\n"), file("dev/002_items.csv", text(rows))];
    let error = run(session, &seeds, false).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Seeds(_)), "{error}");
    let kinds = session.query("SELECT name FROM kinds ORDER BY id", &[]).unwrap();
    assert_eq!(kinds.len(), 2, "{:?}", session.dialect());
}
