//! Migrations that fail, or lose something, only where there are rows: each is found without rows of its own.

use crate::row_cases::{Tally, cases};
use crate::support::Sandbox;

#[test]
fn what_rows_break_is_found() {
    let mut tally = Tally::default();
    for case in cases("sqlite") {
        tally.take(&case, &Sandbox::project, &|sandbox| sandbox.dbmig(["prove", "2"]));
    }
    assert!(tally.missed.is_empty(), "{}", tally.missed);
    assert!(tally.cases >= 12 && tally.mended * 2 >= tally.cases, "{}", tally.cases);
}
