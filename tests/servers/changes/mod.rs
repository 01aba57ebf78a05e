//! One schema made of another, on the servers: each change is made, and read back.

mod commands;
#[cfg(feature = "full-tests")]
mod corpus;
mod pairs;
mod random;

use dbmig_runtime::Dialect;
use dbmig_runtime::catalogue::change::{Step, Wish, changes};
use dbmig_runtime::catalogue::{Catalogue, Scope};
use dbmig_runtime::session::Session;

fn read(session: &mut dyn Session) -> Catalogue {
    Catalogue::read(session, &Scope::all()).unwrap()
}

/// Brings a database to what is wished for; the statements. Where the columns stand is compared where the
/// dialect can place them.
#[track_caller]
fn change(session: &mut dyn Session, to: &Catalogue, wish: &Wish, about: &str) -> Vec<Step> {
    let from = read(session);
    let steps = changes(&from, to, wish).unwrap_or_else(|error| panic!("{about}: {error:#?}"));
    let shown = || steps.iter().map(|step| format!("{};\n", step.sql)).collect::<String>();
    let whole = session.dialect() == Dialect::Postgres && steps.iter().all(|step| !step.alone);
    if whole {
        session.execute("BEGIN").unwrap();
    }
    for step in &steps {
        if let Err(error) = session.execute(&step.sql) {
            panic!("{about}: {error:?}\n{}\n---\n{}", step.sql, shown());
        }
    }
    if whole {
        session.execute("COMMIT").unwrap();
    }
    let now = read(session);
    let mut differences = now.differences(to);
    differences.retain(|one| !one.is_order() || now.dialect == Dialect::Mysql);
    let lines: Vec<_> = differences.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{about}:\n{}\n---\n{}", lines.join("\n"), shown());
    let again = changes(&now, to, wish);
    assert_eq!(again, Ok(vec![]), "{about}: not settled");
    steps
}
