//! Each cell of valid data files made wrong in every way, on every database.

use dbmig_build::{Dialect, Seed};
use dbmig_runtime::seed::{self, DataFile};
use dbmig_runtime::{RunOptions, Session, Silent, runner};

use crate::seed_support::{Dice, count, execute, file, seed_of_run};

fn make_things(session: &mut dyn Session) {
    let (kind, moment) = match session.dialect() {
        Dialect::Sqlite => ("VARCHAR(5) NOT NULL CHECK (kind IN ('small', 'big'))", "DATETIME"),
        Dialect::Postgres => {
            session.execute("CREATE TYPE size AS ENUM ('small', 'big')").unwrap();
            ("size NOT NULL", "TIMESTAMP")
        }
        Dialect::Mysql => ("ENUM('small', 'big') NOT NULL", "DATETIME"),
    };
    let things = format!(
        "CREATE TABLE things (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(12) NOT NULL, \
         price DECIMAL(6,2) NOT NULL CHECK (price >= 0), qty INTEGER NOT NULL, ok BOOLEAN NOT NULL, \
         born DATE NOT NULL, seen {moment} NOT NULL, kind {kind}, parent_id INTEGER NOT NULL, \
         note VARCHAR(30), FOREIGN KEY (parent_id) REFERENCES parents (id))"
    );
    execute(
        session,
        &[
            "CREATE TABLE parents (id INTEGER NOT NULL PRIMARY KEY, code VARCHAR(10) NOT NULL UNIQUE)",
            &things,
        ],
    );
}

const HEADER: &str = "id,name,price,qty,ok,born,seen,kind,parent_id,note";

/// Valid rows.
fn things(dice: &mut Dice, rows: usize) -> Vec<Vec<String>> {
    (1..=rows)
        .map(|id| {
            vec![
                id.to_string(),
                format!("thing {}", dice.below(1000)),
                format!("{}.{:02}", dice.below(9999), dice.below(100)),
                dice.below(1000).to_string(),
                ["true", "false"][dice.below(2)].into(),
                format!("20{:02}-0{}-1{}", dice.below(90) + 10, dice.below(9) + 1, dice.below(10)),
                format!("2024-02-29 1{}:{}0:00", dice.below(10), dice.below(6)),
                ["small", "big"][dice.below(2)].into(),
                (dice.below(3) + 1).to_string(),
                "plain".into(),
            ]
        })
        .collect()
}

/// What is wrong for a column, as CSV.
fn wrong(dialect: Dialect, column: usize, row: usize) -> Vec<String> {
    let texts: &[&str] = match column {
        0 => &["", "x", "1.5", "99999999999999999999"],
        1 => &["", "thirteen chars"],
        2 => &["", "x", "-0.01", "1.005", "10000.00", "1,5"],
        3 => &["", "many", "2.5", "99999999999999999999", "0x10"],
        4 => &["", "maybe", "\"\"", "300"],
        5 => &["", "2023-02-29", "29.02.2024", "x", "2024-13-01"],
        6 => &["", "2024-01-01 25:00:00", "2024-02-30 10:00:00", "noon"],
        7 => &["", "medium", "SMAL", "\"\""],
        8 => &["", "999", "x", "-1"],
        _ => &["\"a note that is longer than thirty characters\""],
    };
    let mut all: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
    all.iter_mut().filter(|text| *text == "1,5").for_each(|text| *text = "\"1,5\"".into());
    if column == 0 && row > 0 {
        all.push("1".into());
    }
    if matches!(column, 0 | 3) && dialect != Dialect::Sqlite {
        all.push("2147483648".into());
    }
    all
}

/// Values that are wrong for most columns: the database says for which.
const ANYTHING: [&str; 28] = [
    "",
    "\"\"",
    "x",
    "-1",
    "0",
    "1.5",
    "1.005",
    "\"1,5\"",
    "0x10",
    "1e400",
    "NaN",
    "2147483648",
    "99999999999999999999",
    "-99999999999999999999",
    "true",
    "TRUE",
    "yes",
    "2023-02-29",
    "2024-13-01",
    "2024-02-29 25:00:00",
    "12:30",
    "noon",
    "null",
    "NULL",
    " 1",
    "\\x00",
    "{\"\"a\"\": 1}",
    "\"a text that is longer than what any of the columns takes\"",
];

/// What became of the mutants.
#[derive(Default)]
struct Counts {
    tried: usize,
    /// The check found them, with their place.
    found: usize,
    /// The database refused them, and nothing was written.
    refused: Vec<String>,
    /// The database takes them, so they are not wrong.
    taken: usize,
}

/// Makes each cell of valid files wrong in each way, one at a time. At least 98 of 100 of those that are wrong
/// are found by the check with the place of the cell; the rest is refused by the database, with nothing
/// written. Of the values that are only wrong for most columns one of so many is tried.
pub(crate) fn mutants(session: &mut dyn Session, rows: usize, one_of: usize) {
    let dialect = session.dialect();
    let mut dice = Dice::new(seed_of_run());
    make_things(session);
    let parents = file("reference/001_parents.csv", "id,code\n1,a\n2,b\n3,c\n");
    let rows = things(&mut dice, rows);
    let whole = |rows: &[Vec<String>]| {
        let lines: Vec<_> = rows.iter().map(|row| row.join(",")).collect();
        format!("{HEADER}\n{}\n", lines.join("\n"))
    };
    let good = file("reference/002_things.csv", whole(&rows));
    let check = |session: &mut dyn Session, things: &Seed| {
        let files = [&parents, things].map(|data| DataFile { data, side: None });
        seed::check(session, &files, &[]).unwrap()
    };
    let run = |session: &mut dyn Session, things: &Seed| {
        let seeds = [parents.clone(), things.clone()];
        runner::run_seeds(session, &seeds, false, &RunOptions::default(), &mut Silent)
    };
    let findings = check(session, &good);
    assert!(findings.is_empty(), "{dialect:?}: {findings:?}");
    let mut counts = Counts::default();
    for row in 0..rows.len() {
        for column in 0..rows[row].len() {
            let surely = wrong(dialect, column, row);
            let anything = ANYTHING.iter().map(|&text| text.to_owned());
            let others = anything.filter(|text| !surely.contains(text));
            let others: Vec<_> = others.filter(|_| dice.below(one_of) == 0).collect();
            for (index, text) in surely.iter().chain(&others).enumerate() {
                if *text == rows[row][column] {
                    continue;
                }
                let mut mutated = rows.clone();
                // Quotes inside of a cell need quotes around it.
                mutated[row][column] = match text.starts_with('{') {
                    true => format!("\"{text}\""),
                    false => text.clone(),
                };
                let mutant = file("reference/002_things.csv", whole(&mutated));
                counts.tried += 1;
                let before: usize = rows[row][..column].iter().map(|cell| cell.len() + 1).sum();
                let place = Some((row + 2, before + 1));
                let findings = check(session, &mutant);
                if findings.iter().any(|finding| finding.place == place) {
                    counts.found += 1;
                    continue;
                }
                let what = format!("row {row}, column {column}: {text}: {findings:?}");
                if run(session, &mutant).is_err() {
                    assert_eq!(count(session, "things"), "0", "{dialect:?} {what}");
                    counts.refused.push(what);
                    continue;
                }
                assert!(index >= surely.len(), "{dialect:?}: taken: {what}");
                counts.taken += 1;
                execute(
                    session,
                    &[
                        "DELETE FROM things",
                        "DELETE FROM parents",
                        "DELETE FROM __dbmig_state WHERE kind LIKE 'seed%'",
                    ],
                );
            }
        }
    }
    let wrong = counts.tried - counts.taken;
    let (found, refused) = (counts.found, counts.refused.len());
    println!(
        "{dialect:?}: {} mutants of {} rows: {} taken; {wrong} wrong: {found} found, {refused} refused",
        counts.tried,
        rows.len(),
        counts.taken
    );
    for missed in &counts.refused {
        println!("{dialect:?}: refused: {missed}");
    }
    assert_eq!(found + refused, wrong);
    assert!(found * 100 >= wrong * 98, "{dialect:?}: {found} of {wrong}: {:#?}", counts.refused);
    assert_eq!(run(session, &good).unwrap().run.len(), 2);
    assert_eq!(count(session, "things"), rows.len().to_string());
}
