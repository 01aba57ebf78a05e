//! Every way back of real projects' SQLite sets, proved.

use crate::support::Sandbox;
use crate::{copy, proofs, sets};

#[test]
fn what_prove_refuses_is_what_a_round_trip_finds_broken() {
    let (mut tried, mut refused) = (0, 0);
    for set in sets("sqlite") {
        let sandbox = Sandbox::new();
        copy(&set.join("migrations"), &sandbox.path("migrations"));
        sandbox.write("dbmig.toml", "dialect = \"sqlite\"\n");
        let ran = sandbox.dbmig(["prove", "--all", "--format", "json"]);
        let counts = proofs::assert_agrees(&set, &ran.stdout, &[]);
        assert_eq!(ran.code, Some(i32::from(counts.1 > 0)), "{}: {ran}", set.display());
        tried += counts.0;
        refused += counts.1;
    }
    println!("{tried} migrations, {refused} refused");
    assert!(tried > 100 && refused > 30, "{tried}, {refused}");
}
