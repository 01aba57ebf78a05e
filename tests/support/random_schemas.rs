//! Pairs of schemas that nobody thought of: one made of another, and back, or refused with a reason.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use cargo_dbmig::generate::diff::{Answers, Source};
use dbmig_build::Dialect;
use dbmig_build::sql::split;
use dbmig_runtime::Session;
use dbmig_runtime::catalogue::{Catalogue, Scope};

/// Numbers that are the same for the same seed.
pub(crate) struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, number: usize) -> usize {
        (self.next() % number as u64) as usize
    }

    fn one_of(&mut self, number: usize) -> bool {
        self.below(number) == 0
    }

    fn name(&mut self, of: &'static str, number: usize) -> String {
        format!("{of}{}", self.below(number))
    }
}

#[derive(Clone)]
struct Column {
    name: String,
    ty: usize,
    null: bool,
    default: bool,
}

#[derive(Clone)]
struct Table {
    name: String,
    columns: Vec<Column>,
    unique: Option<String>,
    check: Option<String>,
    /// The column, and whether it is unique.
    index: Option<(String, bool)>,
    /// The table that `parent` points to.
    parent: Option<String>,
    view: bool,
}

const TYPES: usize = 6;

/// Types, and a default of each.
fn types(dialect: Dialect) -> [(&'static str, &'static str); TYPES] {
    match dialect {
        Dialect::Sqlite => [
            ("INTEGER", "1"),
            ("BIGINT", "2"),
            ("TEXT", "'x'"),
            ("VARCHAR(20)", "'y'"),
            ("BOOLEAN", "FALSE"),
            ("TIMESTAMP", "CURRENT_TIMESTAMP"),
        ],
        Dialect::Postgres => [
            ("integer", "1"),
            ("bigint", "2"),
            ("text", "'x'"),
            ("varchar(20)", "'y'"),
            ("numeric(8,2)", "0.5"),
            ("timestamptz", "CURRENT_TIMESTAMP"),
        ],
        Dialect::Mysql => [
            ("INT", "1"),
            ("BIGINT", "2"),
            ("VARCHAR(80)", "'x'"),
            ("VARCHAR(20)", "'y'"),
            ("DECIMAL(8,2)", "0.5"),
            ("DATETIME(6)", "CURRENT_TIMESTAMP(6)"),
        ],
    }
}

fn column(chance: &mut Chance) -> Column {
    Column {
        name: chance.name("c", 6),
        ty: chance.below(TYPES),
        null: !chance.one_of(3),
        default: chance.one_of(3),
    }
}

fn table(chance: &mut Chance, others: &[Table]) -> Option<Table> {
    let name = chance.name("t", 5);
    if others.iter().any(|other| other.name == name) {
        return None;
    }
    let mut columns: Vec<Column> = Vec::new();
    for _ in 0..=chance.below(4) {
        let column = column(chance);
        if !columns.iter().any(|other| other.name == column.name) {
            columns.push(column);
        }
    }
    let parent = others.first().filter(|_| chance.one_of(2)).map(|other| other.name.clone());
    let mut table =
        Table { name, columns, unique: None, check: None, index: None, parent, view: false };
    decorate(chance, &mut table);
    Some(table)
}

fn decorate(chance: &mut Chance, table: &mut Table) {
    let any = |chance: &mut Chance, table: &Table| {
        table.columns[chance.below(table.columns.len())].name.clone()
    };
    let some = |chance: &mut Chance, table: &Table| {
        let name = any(chance, table);
        Some(name).filter(|_| chance.one_of(3))
    };
    table.unique = some(chance, table);
    table.check = some(chance, table);
    table.index = some(chance, table).map(|name| (name, chance.one_of(3)));
    table.view = chance.one_of(4);
}

fn schema(chance: &mut Chance) -> Vec<Table> {
    let mut tables = Vec::new();
    for _ in 0..=chance.below(4) {
        let made = table(chance, &tables);
        tables.extend(made);
    }
    tables
}

/// The same with a few things changed.
fn changed(chance: &mut Chance, tables: &[Table]) -> Vec<Table> {
    let mut tables = tables.to_vec();
    for _ in 0..=chance.below(5) {
        if tables.is_empty() || chance.one_of(6) {
            let made = table(chance, &tables);
            tables.extend(made);
            continue;
        }
        let at = chance.below(tables.len());
        match chance.below(8) {
            0 => {
                let gone = tables.remove(at).name;
                let points = |table: &&mut Table| table.parent.as_ref() == Some(&gone);
                tables.iter_mut().filter(points).for_each(|table| table.parent = None);
            }
            1 => {
                let new = format!("n{}", chance.below(9));
                if !tables.iter().any(|table| table.name == new) {
                    let old = std::mem::replace(&mut tables[at].name, new.clone());
                    for table in tables.iter_mut().filter(|t| t.parent.as_ref() == Some(&old)) {
                        table.parent = Some(new.clone());
                    }
                }
            }
            2 => {
                let new = column(chance);
                if !tables[at].columns.iter().any(|other| other.name == new.name) {
                    tables[at].columns.push(new);
                }
            }
            3 if tables[at].columns.len() > 1 => {
                let place = chance.below(tables[at].columns.len());
                tables[at].columns.remove(place);
                decorate(chance, &mut tables[at]);
            }
            4 => {
                let place = chance.below(tables[at].columns.len());
                tables[at].columns[place].name = format!("r{}", chance.below(99));
                decorate(chance, &mut tables[at]);
            }
            5 => {
                let place = chance.below(tables[at].columns.len());
                let column = &mut tables[at].columns[place];
                column.null = !column.null;
            }
            6 => {
                let place = chance.below(tables[at].columns.len());
                tables[at].columns[place].ty = chance.below(TYPES);
            }
            _ => decorate(chance, &mut tables[at]),
        }
        let names: Vec<_> = tables.iter().map(|table| table.name.clone()).collect();
        for table in &mut tables {
            let mut seen: Vec<String> = Vec::new();
            table.columns.retain(|column| {
                let new = !seen.contains(&column.name);
                seen.push(column.name.clone());
                new
            });
            let has = |name: &String| table.columns.iter().any(|column| column.name == *name);
            table.unique = table.unique.take().filter(has);
            table.check = table.check.take().filter(has);
            table.index = table.index.take().filter(|(name, _)| has(name));
            table.parent = table.parent.take().filter(|name| names.contains(name));
        }
    }
    tables
}

fn sql(tables: &[Table], dialect: Dialect) -> String {
    let types = types(dialect);
    let id = match dialect {
        Dialect::Sqlite => "id INTEGER PRIMARY KEY",
        Dialect::Postgres | Dialect::Mysql => "id BIGINT NOT NULL PRIMARY KEY",
    };
    let parent = if dialect == Dialect::Sqlite { "parent INTEGER" } else { "parent BIGINT" };
    let mut text = String::new();
    for table in tables {
        let name = &table.name;
        let mut parts = vec![id.to_owned()];
        for column in &table.columns {
            let (ty, default) = types[column.ty];
            let null = if column.null { "" } else { " NOT NULL" };
            let default =
                if column.default { format!(" DEFAULT {default}") } else { String::new() };
            parts.push(format!("{} {ty}{default}{null}", column.name));
        }
        parts.extend(table.parent.as_ref().map(|_| parent.to_owned()));
        parts.extend(table.unique.iter().map(|one| format!("UNIQUE ({one})")));
        let checks = table.check.iter();
        parts.extend(
            checks.map(|one| format!("CONSTRAINT {name}_{one}_k CHECK ({one} IS NOT NULL)")),
        );
        text.push_str(&format!("CREATE TABLE {name} ({});\n", parts.join(", ")));
        if let Some((column, unique)) = &table.index {
            let unique = if *unique { "UNIQUE " } else { "" };
            text.push_str(&format!(
                "CREATE {unique}INDEX {name}_{column}_i ON {name} ({column});\n"
            ));
        }
        if table.view {
            let column = &table.columns[0].name;
            text.push_str(&format!("CREATE VIEW v_{name} AS SELECT id, {column} FROM {name};\n"));
        }
    }
    // Behind all tables: SQLite takes no other way than within the table.
    for table in tables {
        let Some(parent) = &table.parent else { continue };
        let key = format!("FOREIGN KEY (parent) REFERENCES {parent} (id)");
        match dialect {
            Dialect::Sqlite => {
                let head = format!("CREATE TABLE {} (id INTEGER PRIMARY KEY", table.name);
                let at = text.find(&head).unwrap();
                let end = at + text[at..].find(");\n").unwrap();
                text.insert_str(end, &format!(", {key}"));
            }
            _ => {
                let of = &table.name;
                text.push_str(&format!("ALTER TABLE {of} ADD CONSTRAINT {of}_p {key};\n"));
            }
        }
    }
    text
}

fn read(session: &mut dyn Session) -> Catalogue {
    Catalogue::read(session, &Scope::all()).unwrap()
}

fn run(session: &mut dyn Session, text: &str, about: &str) {
    let dialect = session.dialect();
    for statement in split(text, dialect).statements {
        let sql = statement.sql;
        if let Err(error) = session.execute(sql) {
            panic!("{about}\n{error}: {sql}\n---\n{text}");
        }
    }
}

/// What still differs; the order of columns does not count.
fn rest(from: &Catalogue, to: &Catalogue) -> Vec<String> {
    let all = from.differences(to).into_iter();
    all.filter(|one| !one.is_order()).map(|one| one.to_string()).collect()
}

/// How many pairs came out, and how many were refused.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) made: usize,
    pub(crate) refused: usize,
}

/// Holds so many pairs; `fresh` makes an empty database. `DBMIG_TEST_SEED` repeats a seed that was printed.
pub(crate) fn hold(
    dialect: Dialect,
    rounds: usize,
    fresh: &mut dyn FnMut() -> Box<dyn Session>,
) -> Tally {
    let seed = std::env::var("DBMIG_TEST_SEED").ok().map(|text| text.parse().unwrap());
    let first: u64 = seed.unwrap_or(0x5eed_0000_0000_0001);
    let mut tally = Tally::default();
    for round in 0..rounds as u64 {
        let seed = first.wrapping_add(round.wrapping_mul(0x9e37_79b9_7f4a_7c15)).max(1);
        println!("DBMIG_TEST_SEED={seed} {dialect}");
        let mut chance = Chance(seed);
        let before = schema(&mut chance);
        let after = match chance.one_of(5) {
            true => schema(&mut chance),
            false => changed(&mut chance, &before),
        };
        let (before, after) = (sql(&before, dialect), sql(&after, dialect));
        match pair(&before, &after, fresh, &format!("seed {seed}\n{before}->\n{after}")) {
            true => tally.made += 1,
            false => tally.refused += 1,
        }
        if std::env::var_os("DBMIG_TEST_SEED").is_some() {
            break;
        }
    }
    println!("{dialect}: {tally:?}");
    tally
}

fn pair(
    before: &str,
    after: &str,
    fresh: &mut dyn FnMut() -> Box<dyn Session>,
    about: &str,
) -> bool {
    let mut wished = fresh();
    run(&mut *wished, after, about);
    let wished = read(&mut *wished);
    let mut session = fresh();
    run(&mut *session, before, about);
    let from = read(&mut *session);
    let source = Source::Catalogue(Box::new(wished.clone()));
    let mut answers = Answers::default();
    let change = loop {
        let change =
            source.change(&from, None, &answers).unwrap_or_else(|e| panic!("{about}\n{e:?}"));
        let Some(question) = change.questions.first() else { break change };
        question.settle(&mut answers).unwrap();
    };
    let statements = change.renaming().unwrap_or_else(|error| panic!("{about}\n{error:?}"));
    let change = match statements.is_empty() {
        true => change,
        false => {
            let mut other = fresh();
            run(&mut *other, before, about);
            statements.iter().for_each(|sql| run(&mut *other, sql, about));
            let begin = read(&mut *other);
            // The database that is tried on is the last one.
            session = fresh();
            run(&mut *session, before, about);
            source.change(&from, Some(&begin), &answers).unwrap()
        }
    };
    let written = match change.write(false) {
        Ok(written) => written,
        Err(error) => {
            assert!(!error.message.is_empty(), "{about}: refused without a reason");
            println!("refused: {}", error.message);
            return false;
        }
    };
    let again = change.write(false).unwrap();
    assert_eq!(written.parts, again.parts, "{about}: another text the second time");
    let texts: String =
        written.parts.iter().map(|part| format!("{}---\n{}===\n", part.up, part.down)).collect();
    let about = format!("{about}\n{texts}");
    // As the runner has them while a table is built anew.
    if session.dialect() == Dialect::Sqlite {
        session.execute("PRAGMA foreign_keys = OFF").unwrap();
    }
    written.parts.iter().for_each(|part| run(&mut *session, &part.up, &about));
    let now = read(&mut *session);
    assert_eq!(rest(&now, &wished), Vec::<String>::new(), "{about}: up.sql");
    assert_eq!(source.differences(&now, &answers), Vec::<String>::new(), "{about}");
    written.parts.iter().rev().for_each(|part| run(&mut *session, &part.down, &about));
    let back = read(&mut *session);
    assert_eq!(rest(&back, &from), Vec::<String>::new(), "{about}: down.sql");
    true
}
