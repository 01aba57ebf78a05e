//! What `dbmig-build` writes compiles.

const _: () = ::dbmig_runtime::private::assert_format(2);
/// The migrations of this package, as its build script verified them.
pub static MIGRATIONS: ::dbmig_runtime::EmbeddedSet =
    ::dbmig_runtime::EmbeddedSet::new("dbmig-blob 2\nset dialects=sqlite\n\n");

fn migrate(conn: &mut diesel::SqliteConnection) -> Result<(), dbmig_runtime::Error> {
    dbmig_runtime::Migrator::new(&MIGRATIONS).run(conn).map(drop)
}

fn generic<C: dbmig_runtime::MigrationConnection>(conn: &mut C) -> Result<(), dbmig_runtime::Error> {
    dbmig_runtime::Migrator::new(&MIGRATIONS).run(conn).map(drop)
}

fn main() {
    let mut conn = <diesel::SqliteConnection as diesel::Connection>::establish(":memory:").unwrap();
    migrate(&mut conn).unwrap();
    generic(&mut conn).unwrap();
}
