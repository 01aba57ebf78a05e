//! The engine on servers, by the built program and by its sessions.

mod backfills;
mod basics;
mod beside_others;
mod blocked;
mod busy_file;
mod commit;
mod concurrent_index;
#[cfg(feature = "full-tests")]
pub(crate) mod corpus;
mod cuts;
mod guards;
mod half_way;
mod kept;
mod kill_matrix;
mod left_behind;
mod lost_lock;
mod many;
mod merged;
#[cfg(feature = "full-tests")]
mod mutants;
mod offline;
mod orphan;
mod poisoned;
mod program;
#[cfg(feature = "full-tests")]
mod proofs;
mod protection;
mod prove;
mod proxy;
mod records;
mod restored;
mod round_trips;
mod rows;
mod signals;
mod three_in_the_morning;

use dbmig_runtime::{Dialect, Session};

use crate::sandbox::{Ran, Sandbox};
use crate::support::{Scratch, Server};

/// A new database, and a folder with migrations for it.
pub(crate) struct Site {
    pub(crate) sandbox: Sandbox,
    pub(crate) scratch: Scratch,
    /// What the program connects to: the server, or the pooler in front of it.
    pub(crate) url: String,
}

/// The servers of the level that is run.
pub(crate) fn servers() -> Vec<Server> {
    let mut servers = vec![Server::Postgres, Server::Mariadb];
    if cfg!(feature = "full-tests") {
        servers.push(Server::Mysql);
    }
    servers
}

/// How often; the full figure is in docs/testing.md.
pub(crate) fn rounds(few: usize) -> usize {
    match std::env::var("DBMIG_TEST_ROUNDS") {
        Ok(text) => text.parse().expect("a number of rounds"),
        Err(_) => few,
    }
}

impl Site {
    pub(crate) fn new(server: Server) -> Self {
        let scratch = Scratch::new(server);
        Self { sandbox: Sandbox::new(), url: scratch.url.clone(), scratch }
    }

    /// PostgreSQL behind PgBouncer in transaction mode.
    pub(crate) fn pooled() -> Self {
        let site = Self::new(Server::Postgres);
        Self { url: site.scratch.pgbouncer_url(), ..site }
    }

    /// One of each server, and one behind the pooler.
    pub(crate) fn all() -> Vec<Self> {
        let mut sites: Vec<_> = servers().into_iter().map(Self::new).collect();
        sites.push(Self::pooled());
        sites
    }

    /// What messages of a test call it.
    pub(crate) fn name(&self) -> String {
        let pooled = if self.url == self.scratch.url { "" } else { ", pooled" };
        format!("{:?}{pooled}", self.scratch.server)
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.scratch.server == Server::Postgres
    }

    pub(crate) fn counting(&self, count: usize) {
        counting(&self.sandbox, count);
    }

    pub(crate) fn outside_a_transaction(&self, name: &str) {
        let file = format!("migrations/{name}/metadata.toml");
        self.sandbox.write(&file, "run_in_transaction = false\n");
    }

    #[must_use]
    pub(crate) fn dbmig<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ran {
        self.sandbox.dbmig_with(&[("DATABASE_URL", &self.url)], args)
    }

    /// A session as the program opens it, past the pooler.
    pub(crate) fn session(&self) -> Box<dyn Session> {
        open(&self.scratch.url)
    }

    /// The only column of a query, as text.
    #[track_caller]
    pub(crate) fn column(&self, sql: &str) -> Vec<String> {
        let rows = self.session().query(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.into_iter()
            .map(|row| row.into_iter().next().flatten().unwrap_or_else(|| "NULL".to_owned()))
            .collect()
    }

    pub(crate) fn versions(&self) -> Vec<String> {
        self.column("SELECT version FROM __diesel_schema_migrations ORDER BY version")
    }

    /// Every migration has run exactly once, and every attempt has ended.
    #[track_caller]
    pub(crate) fn exactly_once(&self, count: usize, about: &str) {
        let about = format!("{}: {about}", self.name());
        assert_eq!(self.column("SELECT n FROM counter"), [count.to_string()], "{about}");
        assert_eq!(self.versions().len(), count + 1, "{about}");
        for number in 1..=count {
            self.column(&format!("SELECT count(*) FROM t{number}"));
        }
        let open = self.column("SELECT version FROM __dbmig_history WHERE state = 'started'");
        assert!(open.is_empty(), "{about}: {open:?}");
    }
}

/// An empty database again.
pub(crate) fn reset(site: &Site) {
    reset_url(&site.scratch.url, site.session().dialect());
}

pub(crate) fn reset_url(url: &str, dialect: Dialect) {
    let mut session = open(url);
    let tables = match dialect {
        Dialect::Postgres => "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
        _ => "SELECT table_name FROM information_schema.tables WHERE table_schema = database()",
    };
    for row in session.query(tables, &[]).unwrap() {
        let table = row.into_iter().next().flatten().unwrap();
        session.execute(&format!("DROP TABLE {table}")).unwrap();
    }
}

/// Migrations that each create a table and count.
pub(crate) fn counting(sandbox: &Sandbox, count: usize) {
    sandbox.migration(
        "0_counter",
        "CREATE TABLE counter (n INTEGER);\nINSERT INTO counter VALUES (0);",
        "DROP TABLE counter;",
    );
    for number in 1..=count {
        sandbox.migration(
            &format!("{number}_t"),
            &format!("CREATE TABLE t{number} (id INTEGER);\nUPDATE counter SET n = n + 1;"),
            &format!("UPDATE counter SET n = n - 1;\nDROP TABLE t{number};"),
        );
    }
}

pub(crate) fn open(url: &str) -> Box<dyn Session> {
    use cargo_dbmig::database::{Access, Location, Surroundings};
    let here = std::path::Path::new("");
    let around = Surroundings { env: &cargo_dbmig::config::Env::default(), tls: None, cwd: here };
    let location =
        Location::of(url, here, around).unwrap_or_else(|error| panic!("{url}: {error:?}"));
    location.open(Access::Write).unwrap_or_else(|error| panic!("{url}: {error:?}"))
}
