//! Every step of real projects' sets, forwards and backwards, made by the statements that turn the one
//! catalogue into the other.

use dbmig_runtime::catalogue::Catalogue;
use dbmig_runtime::catalogue::change::{Wish, changes};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};

use super::catalogue::read;
use super::sets;

fn assert_changes(from: &Catalogue, to: &Catalogue, about: &str) -> usize {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    conn.batch_execute(&from.to_script()).unwrap();
    let wish = Wish { order: true, ..Wish::default() };
    let steps = changes(from, to, &wish).unwrap_or_else(|error| panic!("{about}: {error:?}"));
    let off = steps.iter().any(|step| step.foreign_keys_off);
    let begin = format!("PRAGMA foreign_keys = {}; BEGIN", if off { "off" } else { "on" });
    conn.batch_execute(&begin).unwrap();
    for step in &steps {
        let sql = &step.sql;
        conn.batch_execute(sql).unwrap_or_else(|error| panic!("{about}: {error}\n{sql}"));
    }
    conn.batch_execute("COMMIT").unwrap();
    let differences = to.differences(&read(&mut conn));
    assert!(differences.is_empty(), "{about}\n{differences:#?}\n{steps:#?}");
    steps.len()
}

#[test]
fn sqlite_sets_are_made_by_changes_forwards_and_backwards() {
    for set in sets("sqlite") {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        let source = || FileBasedMigrations::from_path(set.join("migrations")).unwrap();
        let mut states = vec![read(&mut conn)];
        while conn.has_pending_migration(source()).unwrap() {
            conn.run_next_migration(source()).unwrap();
            states.push(read(&mut conn));
        }
        let mut count = 0;
        for (at, pair) in states.windows(2).enumerate() {
            let about = format!("{} {}", set.display(), at + 1);
            count += assert_changes(&pair[0], &pair[1], &about);
            count += assert_changes(&pair[1], &pair[0], &format!("{about} backwards"));
        }
        // Far apart: all at once.
        count += assert_changes(&states[0], &states[states.len() - 1], "from nothing");
        count += assert_changes(&states[states.len() - 1], &states[0], "to nothing");
        println!("{}: {} states, {count} statements", set.display(), states.len());
    }
}
