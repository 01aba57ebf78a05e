//! Not a connection.

static MIGRATIONS: dbmig_runtime::EmbeddedSet = dbmig_runtime::EmbeddedSet::new("");

fn main() {
    let _ = dbmig_runtime::Migrator::new(&MIGRATIONS).run(&mut 5);
}
