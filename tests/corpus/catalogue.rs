//! What is read of real projects' databases, after every migration, is made anew by what is written of it.

use std::path::Path;

use dbmig_runtime::catalogue::{Catalogue, Scope};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};

use super::sets;

pub(crate) fn read(conn: &mut SqliteConnection) -> Catalogue {
    Catalogue::read(conn, &Scope::default()).unwrap()
}

fn assert_made_anew(set: &Path, catalogue: &Catalogue) {
    let script = catalogue.to_script();
    let mut copy = SqliteConnection::establish(":memory:").unwrap();
    copy.batch_execute(&script).unwrap_or_else(|error| panic!("{}: {error}", set.display()));
    let differences = catalogue.differences(&read(&mut copy));
    assert!(differences.is_empty(), "{}\n{differences:#?}", set.display());
    assert!(*catalogue == read(&mut copy), "{}", set.display());
}

#[test]
fn sqlite_catalogues_are_made_anew_after_every_migration() {
    for set in sets("sqlite") {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        let source = || FileBasedMigrations::from_path(set.join("migrations")).unwrap();
        let mut count = 0;
        while conn.has_pending_migration(source()).unwrap() {
            conn.run_next_migration(source()).unwrap();
            count += 1;
            assert_made_anew(&set, &read(&mut conn));
        }
        let catalogue = read(&mut conn);
        println!("{}: {count} migrations, {} tables", set.display(), catalogue.tables.len());
        assert!(count > 0 && !catalogue.tables.is_empty(), "{}", set.display());
    }
}
