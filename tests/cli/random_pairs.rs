//! Random pairs of schemas on SQLite: one made of the other, and back.

use dbmig_build::Dialect;
use dbmig_runtime::Session;

use crate::random::{Place, pairs};

struct Memory;

impl Place for Memory {
    fn empty(&mut self) -> Box<dyn Session> {
        cargo_dbmig::database::Location::in_memory().unwrap()
    }
}

#[test]
fn one_is_made_of_the_other_and_back() {
    let rounds = std::env::var("DBMIG_TEST_ROUNDS").map_or(60, |text| text.parse().unwrap());
    let tally = pairs(Dialect::Sqlite, &mut Memory, rounds);
    // What is thought of is taken as a rule, and most of it can be said.
    assert!(tally.unfit * 10 <= rounds, "{tally:?}");
    assert!(tally.refused.len() * 10 <= rounds, "{tally:?}");
    assert!(tally.with_rows * 4 >= rounds, "{tally:?}");
}
