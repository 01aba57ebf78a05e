//! T40, T47: roles that may only read, and histories that somebody puts before ours.

use super::Site;
use crate::support::Server;

#[test]
fn a_reader_reads_and_writes_nothing() {
    let site = Site::new(Server::Postgres);
    site.counting(1);
    site.dbmig(["migrate"]).ok();
    let role = format!("reader_{}", site.scratch.name);
    site.session()
        .execute(&format!(
            "CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
        ))
        .unwrap();
    let url = with_user(&site.url, &role);
    let run =
        |args: &[&str]| site.sandbox.dbmig_with(&[("DATABASE_URL", &url)], args.iter().copied());
    let before = site.column("SELECT count(*) FROM __dbmig_history");
    run(&["status"]).ok().says("2 applied, 0 pending");
    run(&["migrate"]).ok().says("nothing to apply");
    run(&["plan"]).ok();
    site.sandbox.migration("2_t", "CREATE TABLE t2 (id INT);", "DROP TABLE t2;");
    run(&["status"]).ok().says("1 pending");
    run(&["migrate"]).exits(3).warns("permission denied");
    assert_eq!(site.column("SELECT count(*) FROM __dbmig_history"), before);
    // A transaction that may only read, as on a standby.
    let read_only = format!("{}?options=-cdefault_transaction_read_only%3Don", site.url);
    let run = |args: &[&str]| {
        site.sandbox.dbmig_with(&[("DATABASE_URL", &read_only)], args.iter().copied())
    };
    run(&["status"]).ok().says("1 pending");
    run(&["migrate"]).exits(3).warns("read-only");
    site.session().execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).unwrap();
}

fn with_user(url: &str, user: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let host = rest.split_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}://{user}@{host}")
}

#[test]
fn a_history_that_hides_ours_is_refused() {
    let site = Site::new(Server::Postgres);
    site.counting(1);
    site.dbmig(["migrate"]).ok();
    let user = site.column("SELECT current_user").remove(0);
    site.session()
        .execute(&format!(
            "CREATE SCHEMA \"{user}\"; CREATE TABLE \"{user}\".__diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY, run_on TIMESTAMP NOT NULL DEFAULT now())"
        ))
        .unwrap();
    for command in ["status", "migrate"] {
        site.dbmig([command]).exits(3).warns("two histories").warns("search_path = \"public\"");
    }
    // A schema of that name alone changes nothing.
    site.session().execute(&format!("DROP TABLE \"{user}\".__diesel_schema_migrations")).unwrap();
    site.dbmig(["status"]).ok().says("2 applied, 0 pending");
    site.dbmig(["redo"]).ok();
    let places = "SELECT string_agg(DISTINCT schemaname, ',') FROM pg_tables WHERE tablename LIKE '\\_\\_d%'";
    assert_eq!(site.column(places), ["public"]);
}

#[test]
fn a_view_in_place_of_the_history_is_refused() {
    let site = Site::new(Server::Postgres);
    site.session()
        .execute("CREATE VIEW __diesel_schema_migrations AS SELECT '1'::varchar AS version, now()::timestamp AS run_on")
        .unwrap();
    site.counting(1);
    site.dbmig(["migrate"]).exits(3).warns("is not a table");
}

/// A trigger that swallows the version row: noticed before anything is committed.
#[test]
fn a_trigger_on_the_history_does_not_fool_us() {
    let site = Site::new(Server::Postgres);
    site.counting(0);
    site.dbmig(["migrate"]).ok();
    site.session()
        .execute("CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; CREATE TRIGGER swallow BEFORE INSERT ON __diesel_schema_migrations FOR EACH ROW EXECUTE FUNCTION swallow()")
        .unwrap();
    site.sandbox.migration("1_t", "CREATE TABLE t1 (id INT);", "DROP TABLE t1;");
    let ran = site.dbmig(["migrate"]);
    assert!(site.column("SELECT relname FROM pg_class WHERE relname = 't1'").is_empty(), "{ran}");
}
