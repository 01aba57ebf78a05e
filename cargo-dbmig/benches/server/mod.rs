//! A database of the benches, `dbmig_bench`, on a server that `tests/run` starts.

use mysql::prelude::Queryable as _;

/// The servers that are named.
pub(crate) fn urls() -> Vec<String> {
    let names = ["DBMIG_TEST_POSTGRES_URL", "DBMIG_TEST_MARIADB_URL", "DBMIG_TEST_MYSQL_URL"];
    names.into_iter().filter_map(variable).collect()
}

pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

pub(crate) struct Server {
    /// With the database that is always there.
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }

    pub(crate) fn database(&self) -> String {
        let (server, _) = self.url.rsplit_once('/').expect("the URL of a server names a database");
        format!("{server}/dbmig_bench")
    }

    pub(crate) fn fresh(&self) {
        self.administer("DROP DATABASE IF EXISTS dbmig_bench");
        self.administer("CREATE DATABASE dbmig_bench");
    }

    pub(crate) fn administer(&self, sql: &str) {
        match self.is_postgres() {
            true => drop(self.postgres(sql)),
            false => self.mysql().query_drop(sql).expect("the server does it"),
        }
    }

    pub(crate) fn postgres(&self, sql: &str) -> String {
        let mut client =
            postgres::Client::connect(&self.url, postgres::NoTls).expect("a PostgreSQL server");
        let messages = client.simple_query(sql).expect("the server does it");
        let value = |message| match message {
            postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        messages.into_iter().find_map(value).unwrap_or_default()
    }

    pub(crate) fn mysql(&self) -> mysql::Conn {
        let opts = mysql::Opts::from_url(&self.url).expect("a URL");
        let opts = mysql::OptsBuilder::from_opts(opts).prefer_socket(false);
        mysql::Conn::new(opts).expect("a MySQL server")
    }
    pub(crate) fn drop_it(&self) {
        self.administer("DROP DATABASE IF EXISTS dbmig_bench");
    }
}
