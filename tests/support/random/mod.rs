//! Random schemas, each of them and another that was made of it: what one is by is changed into the other by
//! `catalogue::change`, held against what is read back, and changed back.

mod edit;
mod schema;
mod sql;

use std::hash::{BuildHasher as _, Hasher as _};

use dbmig_build::Dialect;
use dbmig_runtime::Session;
use dbmig_runtime::catalogue::change::{Step, Wish, changes};
use dbmig_runtime::catalogue::{Catalogue, Scope};

use self::schema::Schema;

/// A small generator whose seed is printed.
pub(crate) struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).expect("a small number")
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'t, T>(&mut self, list: &'t [T]) -> Option<&'t T> {
        if list.is_empty() { None } else { list.get(self.below(list.len())) }
    }
}

/// A database that can be emptied.
pub(crate) trait Place {
    /// A session on it, once it is empty.
    fn empty(&mut self) -> Box<dyn Session>;
}

/// What came of all pairs.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Changed, and changed back.
    pub(crate) done: usize,
    /// With rows in them.
    pub(crate) with_rows: usize,
    /// No statement is known for them, with the reason.
    pub(crate) refused: Vec<String>,
    /// The database did not take the schema that was thought of.
    pub(crate) unfit: usize,
}

/// So many pairs, one after the other. `DBMIG_TEST_SEED` has those of another run.
pub(crate) fn pairs(dialect: Dialect, place: &mut dyn Place, count: usize) -> Tally {
    let first = match std::env::var("DBMIG_TEST_SEED") {
        Ok(text) => text.parse().expect("a number"),
        Err(_) => std::collections::hash_map::RandomState::new().build_hasher().finish(),
    };
    println!("{dialect}: DBMIG_TEST_SEED={first}, {count} pairs");
    let mut tally = Tally::default();
    for number in 0..count as u64 {
        let seed = first.wrapping_add(number);
        let about = format!("DBMIG_TEST_SEED={seed}, one pair on {dialect}");
        pair(dialect, place, seed, &about, &mut tally);
    }
    let Tally { done, with_rows, refused, unfit } = &tally;
    let refusals = refused.len();
    println!("{done} there and back, {with_rows} with rows; {refusals} refused, {unfit} unfit");
    tally
}

fn pair(dialect: Dialect, place: &mut dyn Place, seed: u64, about: &str, tally: &mut Tally) {
    let mut random = Random(seed);
    let from = Schema::random(dialect, &mut random);
    let to = from.changed(&mut random);
    let order = dialect != Dialect::Postgres && random.chance(50);
    let wish = Wish { order, ..Wish::default() };
    let texts = || format!("{about}\n{}\n--- to\n{}", from.text(), to.text());
    let made = |place: &mut dyn Place, schema: &Schema| -> Option<(Box<dyn Session>, Catalogue)> {
        let mut session = place.empty();
        for statement in schema.statements() {
            session.execute(&statement).ok()?;
        }
        let catalogue = read(&mut *session);
        Some((session, catalogue))
    };
    let Some((_, goal)) = made(place, &to) else {
        tally.unfit += 1;
        return;
    };
    let rows = from.rows();
    for with_rows in [true, false] {
        let Some((mut session, begin)) = made(place, &from) else {
            tally.unfit += 1;
            return;
        };
        if with_rows && !rows.iter().all(|row| session.execute(row).is_ok()) {
            continue;
        }
        let steps = match changes(&begin, &goal, &wish) {
            Ok(steps) => steps,
            Err(why) => {
                let first = why.first().map(ToString::to_string).unwrap_or_default();
                assert!(!first.is_empty(), "{}", texts());
                tally.refused.push(first);
                return;
            }
        };
        // The same text every time.
        assert_eq!(changes(&begin, &goal, &wish).as_ref(), Ok(&steps), "{}", texts());
        if let Err(error) = run(&mut *session, &steps) {
            // Rows that do not fit into the second one are no fault of the statements.
            assert!(with_rows, "{error}\n{}", texts());
            continue;
        }
        arrived(&mut *session, &goal, order, &steps, &texts);
        let now = read(&mut *session);
        let back = match changes(&now, &begin, &wish) {
            Ok(back) => back,
            Err(why) => {
                tally.refused.push(why.first().map(ToString::to_string).unwrap_or_default());
                return;
            }
        };
        if let Err(error) = run(&mut *session, &back) {
            assert!(with_rows, "back: {error}\n{}", texts());
            continue;
        }
        arrived(&mut *session, &begin, order, &back, &texts);
        tally.done += 1;
        tally.with_rows += usize::from(with_rows);
        return;
    }
}

fn read(session: &mut dyn Session) -> Catalogue {
    Catalogue::read(session, &Scope::all()).unwrap()
}

/// As a migration of it would run.
fn run(session: &mut dyn Session, steps: &[Step]) -> Result<(), String> {
    let sqlite = session.dialect() == Dialect::Sqlite;
    let keys_off = sqlite && steps.iter().any(|step| step.foreign_keys_off);
    let whole = session.dialect() != Dialect::Mysql && steps.iter().all(|step| !step.alone);
    let mut all = Vec::new();
    all.extend(keys_off.then_some("PRAGMA foreign_keys = OFF"));
    all.extend(whole.then_some("BEGIN"));
    all.extend(steps.iter().map(|step| &*step.sql));
    all.extend(whole.then_some("COMMIT"));
    all.extend(keys_off.then_some("PRAGMA foreign_keys = ON"));
    for sql in all {
        session.execute(sql).map_err(|error| {
            let shown: Vec<_> = steps.iter().map(|step| format!("{};", step.sql)).collect();
            format!("{error}\n{sql}\n--- of\n{}", shown.join("\n"))
        })?;
    }
    Ok(())
}

/// What is there is what was wished for, and nothing more is to be done.
fn arrived(
    session: &mut dyn Session,
    goal: &Catalogue,
    order: bool,
    steps: &[Step],
    texts: &dyn Fn() -> String,
) {
    let now = read(session);
    let mut differences = now.differences(goal);
    differences.retain(|one| order || !one.is_order());
    let lines: Vec<_> = differences.iter().map(ToString::to_string).collect();
    let shown = || steps.iter().map(|step| format!("{};\n", step.sql)).collect::<String>();
    assert!(lines.is_empty(), "{}\n--- by\n{}--- of\n{}", lines.join("\n"), shown(), texts());
    let wish = Wish { order, ..Wish::default() };
    let again = changes(&now, goal, &wish);
    assert_eq!(again, Ok(vec![]), "not settled, by\n{}--- of\n{}", shown(), texts());
}
