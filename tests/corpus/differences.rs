//! `generate --diff` over real projects' sets, on SQLite: what they print is no difference of what they make,
//! and from a part of a set the end of it is reached, proved both ways.

use std::fs;

use crate::copy;
use crate::sets;
use crate::support::{Ran, Sandbox};

const CONFIG: &str = "dialect = \"sqlite\"\n[env.development]\nurl = \"dev.sqlite3\"\n[lints]\nmissing-down = \"allow\"\n\
                      needs-no-transaction = \"allow\"\nempty-up = \"allow\"\ntransaction-control = \"allow\"\n";

/// The command that an answer proposes, where there are questions.
fn proposed(ran: &Ran) -> Option<Vec<String>> {
    let line = ran.stderr.split("answer them: `cargo dbmig ").nth(1)?.split('`').next()?;
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, ' ') => words.push(String::new()),
            (_, c) => words.last_mut()?.push(c),
        }
    }
    Some(words)
}

#[test]
fn real_sets() {
    let mut written = 0;
    for set in sets("sqlite") {
        let order = fs::read_to_string(set.join("oracle/order.txt")).unwrap();
        let names: Vec<_> = order.lines().filter_map(|line| line.split('\t').nth(1)).collect();
        let wished = fs::read_to_string(set.join("oracle/print-schema.rs")).unwrap();
        for tenths in [0, 3, 6, 9, 10] {
            let about = format!("{}, {tenths} tenths", set.display());
            let sandbox = Sandbox::new();
            sandbox.write("dbmig.toml", CONFIG);
            if let Ok(toml) = fs::read(set.join("diesel.toml")) {
                sandbox.write("diesel.toml", toml);
            }
            sandbox.write("wished.rs", &wished);
            for name in &names[..names.len() * tenths / 10] {
                copy(&set.join("migrations").join(name), &sandbox.path("migrations").join(name));
            }
            let check = ["generate", "--diff", "--check", "--from", "wished.rs"];
            if tenths == 10 {
                sandbox.dbmig(check).ok();
                continue;
            }
            let mut ran = sandbox.dbmig(["generate", "--diff", "next", "--from", "wished.rs"]);
            if let Some(words) = proposed(&ran) {
                ran = sandbox.dbmig(words.iter().map(String::as_str));
            }
            assert_eq!(ran.code, Some(0), "{about}: {ran}");
            sandbox.dbmig(check).ok();
            written += 1;
        }
    }
    assert!(written >= 32, "{written}");
}
