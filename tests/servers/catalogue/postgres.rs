//! PostgreSQL: every kind of object, the state of the session, and the corpus in the full level.

use dbmig_runtime::Dialect;
use dbmig_runtime::catalogue::{Catalogue, Name, Schemas, Scope};
use dbmig_runtime::session::{DbError, DbErrorKind, DbResult, Row, Session, Value};

use super::{again, same};
use crate::engine::Site;
use crate::support::Server;

/// One after the other.
const SCHEMA: [&str; 7] = [
    include_str!("postgres/types.sql"),
    include_str!("postgres/tables.sql"),
    include_str!("postgres/indexes.sql"),
    include_str!("postgres/routines.sql"),
    include_str!("postgres/views.sql"),
    include_str!("postgres/watched.sql"),
    include_str!("postgres/parents.sql"),
];

fn read(session: &mut dyn Session) -> Catalogue {
    Catalogue::read(session, &Scope::all()).unwrap()
}

fn full() -> Site {
    let site = Site::new(Server::Postgres);
    let mut session = site.session();
    for sql in SCHEMA {
        session.execute(sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    }
    site
}

#[test]
fn every_kind_of_object_comes_back() {
    let site = full();
    let catalogue = read(&mut *site.session());
    let scratch = again(Server::Postgres, &Scope::all(), &catalogue, "the schema");
    let counts = [
        ("schemas", catalogue.schemas.len(), 2),
        ("extensions", catalogue.extensions.len(), 3),
        ("enums", catalogue.enums.len(), 3),
        ("domains", catalogue.domains.len(), 2),
        ("composites", catalogue.composites.len(), 2),
        ("sequences", catalogue.sequences.len(), 5),
        ("tables", catalogue.tables.len(), 19),
        ("views", catalogue.views.len(), 7),
        ("routines", catalogue.routines.len(), 14),
        ("triggers", catalogue.triggers.len(), 7),
        ("others", catalogue.others.len(), 11),
    ];
    for (kind, count, expected) in counts {
        assert_eq!(count, expected, "{kind}");
    }

    // The program tells the same of both, through the pooler as well.
    let json = |url: &str| {
        let env = [("DATABASE_URL", url)];
        site.sandbox.dbmig_with(&env, ["schema", "dump", "--format", "json"]).ok().json()
    };
    let (here, there, pooled) =
        (json(&site.url), json(&scratch.url), json(&scratch.pgbouncer_url()));
    assert_eq!(here["objects"], there["objects"]);
    assert_eq!(here["fingerprint"], there["fingerprint"]);
    assert_eq!(here, pooled);
}

#[test]
fn a_scope_holds_what_it_names() {
    let site = full();
    let mut session = site.session();
    let schemas = |catalogue: &Catalogue| -> Vec<Option<String>> {
        let mut all: Vec<_> =
            catalogue.tables.iter().map(|table| table.name.schema.clone()).collect();
        all.dedup();
        all
    };
    let default = Catalogue::read(&mut *session, &Scope::default()).unwrap();
    assert_eq!(schemas(&default), [None]);
    assert!(default.schemas.is_empty());
    let named = ["audit", "Odd Schema", "pg_catalog"].map(ToOwned::to_owned).to_vec();
    let scope = Scope { schemas: Schemas::Named(named), exclude: vec!["audit.*".to_owned()] };
    let named = Catalogue::read(&mut *session, &scope).unwrap();
    assert_eq!(schemas(&named), [Some("Odd Schema".to_owned())]);
    assert!(named.triggers.is_empty(), "of a table that is left out: {:?}", named.triggers);
    let scope = Scope { exclude: vec!["users".to_owned()], ..Scope::default() };
    let without = Catalogue::read(&mut *session, &scope).unwrap();
    assert!(without.table(&Name::new("users")).is_none());
    assert!(without.sequences.iter().all(|sequence| !sequence.name.name.starts_with("users_")));
}

/// What the session says of itself, and what it is told of the database.
const SETTINGS: &str = "SELECT pg_catalog.string_agg(name || '=' || setting, ' ' ORDER BY name) \
    FROM pg_catalog.pg_settings WHERE source = 'session' OR name = 'search_path'";

fn settings(session: &mut dyn Session) -> Vec<Row> {
    session.query(SETTINGS, &[]).unwrap()
}

/// A session that fails at one of its queries.
struct Failing {
    inner: Box<dyn Session>,
    left: usize,
}

impl Session for Failing {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    fn execute(&mut self, sql: &str) -> DbResult<()> {
        self.inner.execute(sql)
    }

    fn execute_with(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<usize> {
        self.inner.execute_with(sql, values)
    }

    fn query(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<Vec<Row>> {
        if self.left == 0 {
            // On the server, so that a transaction is as after any error.
            let failed = self.inner.query("SELECT 1 / 0 || ''", values);
            return Err(failed.err().unwrap_or_else(|| DbError::new(DbErrorKind::Other, "none")));
        }
        self.left -= 1;
        self.inner.query(sql, values)
    }

    fn in_transaction(&mut self) -> DbResult<bool> {
        self.inner.in_transaction()
    }
}

#[test]
fn the_session_is_as_before() {
    let site = full();
    let expected = read(&mut *site.session());
    let mut session = site.session();
    // A path that hides and qualifies in another way, and texts that are written in another way.
    session
        .execute(
            "CREATE TEMPORARY TABLE users (x integer); SET search_path = audit, \"Odd Schema\"; \
             SET datestyle = 'SQL, DMY'; SET intervalstyle = 'iso_8601'; SET timezone = 'Asia/Tokyo'; \
             SET quote_all_identifiers = on; SET bytea_output = 'escape'",
        )
        .unwrap();
    let before = settings(&mut *session);
    same(&expected, &read(&mut *session), "another session");
    assert_eq!(settings(&mut *session), before);
    assert!(!session.in_transaction().unwrap());

    // Whichever query fails.
    for inside in [false, true] {
        let mut failed = 0;
        for left in 0.. {
            if inside {
                session.execute("BEGIN; CREATE TABLE public.uncommitted (a integer)").unwrap();
            }
            let mut failing = Failing { inner: session, left };
            let result = Catalogue::read(&mut failing, &Scope::all());
            session = failing.inner;
            assert_eq!(session.in_transaction().unwrap(), inside, "query {left}");
            assert_eq!(settings(&mut *session), before, "query {left}");
            if inside {
                session.execute("SELECT FROM public.uncommitted; ROLLBACK").unwrap();
            }
            if let Ok(catalogue) = result {
                let uncommitted = catalogue.table(&Name::new("uncommitted"));
                assert_eq!(uncommitted.is_some(), inside);
                break;
            }
            failed += 1;
        }
        assert!((15..40).contains(&failed), "a fixed number of queries, not {failed}");
    }
}

#[test]
fn who_may_only_read_can() {
    let site = full();
    let expected = read(&mut *site.session());
    let mut session = site.session();
    // Without any right to the tables, and in a transaction that can not write.
    session.execute("SET default_transaction_read_only = on; SET ROLE pg_monitor").unwrap();
    same(&expected, &read(&mut *session), "as somebody else");
}

#[cfg(feature = "full-tests")]
#[test]
fn real_sets_come_back() {
    let corpus = crate::support::variable("DBMIG_TEST_CORPUS");
    let mut seen = 0;
    for set in std::fs::read_dir(std::path::Path::new(&corpus).join("pg")).unwrap() {
        let set = set.unwrap().path();
        if !set.join("migrations").is_dir() {
            continue;
        }
        let about = set.display().to_string();
        let site = Site::new(Server::Postgres);
        crate::sandbox::copy(&set.join("migrations"), &site.sandbox.path("migrations"));
        let ran = site.dbmig(["migrate"]);
        assert_eq!(ran.code, Some(0), "{about}: {ran}");
        let catalogue = read(&mut *site.session());
        assert!(!catalogue.tables.is_empty(), "{about}");
        again(Server::Postgres, &Scope::all(), &catalogue, &about);
        seen += 1;
    }
    assert!(seen >= 10, "{seen} sets in {corpus}/pg");
}
