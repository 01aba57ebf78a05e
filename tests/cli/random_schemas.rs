//! Pairs of random schemas, on SQLite; the full rounds by `DBMIG_TEST_ROUNDS`.

use dbmig_build::Dialect;

#[test]
fn one_made_of_another_on_sqlite() {
    let rounds = std::env::var("DBMIG_TEST_ROUNDS").map_or(60, |text| text.parse().unwrap());
    let mut fresh = || cargo_dbmig::database::Location::in_memory().unwrap();
    let tally = crate::random_schema_pairs::hold(Dialect::Sqlite, rounds, &mut fresh);
    assert!(tally.made > tally.refused * 9, "{tally:?}");
}
