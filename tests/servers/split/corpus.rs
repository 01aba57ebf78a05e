//! Real projects' sets: every `up.sql` in order, in one database whole, in the other by our statements.

use std::fs;
use std::path::{Path, PathBuf};

use dbmig_build::Dialect;
use dbmig_build::sql;

use super::dump::{Rows, dump};
use super::{difference, mysql, postgres, report};
use crate::support::{Scratch, Server, variable};

/// A set, and its migrations in Diesel's order.
fn sets(folder: &str) -> Vec<(PathBuf, Vec<PathBuf>)> {
    let dir = Path::new(&variable("DBMIG_TEST_CORPUS")).join(folder);
    let entries = fs::read_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut sets: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    sets.sort();
    assert!(!sets.is_empty(), "{} holds no set", dir.display());
    let with_migrations = |set: PathBuf| {
        let order = fs::read_to_string(set.join("oracle/order.txt")).unwrap();
        let names = order.lines().map(|line| line.split_once('\t').unwrap().1);
        let migrations = names.map(|name| set.join("migrations").join(name)).collect();
        (set, migrations)
    };
    sets.into_iter().map(with_migrations).collect()
}

/// A connection to a scratch database.
enum Session {
    Postgres(Box<::postgres::Client>),
    Mysql(::mysql::Conn),
}

impl Session {
    fn new(scratch: &Scratch) -> Self {
        match scratch.server {
            Server::Postgres => Self::Postgres(Box::new(scratch.postgres())),
            Server::Mariadb | Server::Mysql => Self::Mysql(scratch.mysql()),
        }
    }

    fn send(&mut self, sql: &str) -> Result<usize, String> {
        match self {
            Self::Postgres(client) => postgres::send(client, sql),
            Self::Mysql(conn) => mysql::send(conn, sql),
        }
    }
}

/// The number of statements, and of files that are sent whole because they can not be cut for sure.
#[derive(Default)]
struct Counts {
    statements: usize,
    unsure: usize,
}

fn check(
    server: Server,
    set: &Path,
    migrations: &[PathBuf],
    counts: &mut Counts,
) -> Result<(), String> {
    let dialect = match server {
        Server::Postgres => Dialect::Postgres,
        Server::Mariadb | Server::Mysql => Dialect::Mysql,
    };
    let (whole, pieces) = (Scratch::new(server), Scratch::new(server));
    let (mut one, mut other) = (Session::new(&whole), Session::new(&pieces));
    let facts = fs::read_to_string(set.join("facts.json")).unwrap();
    let facts: serde_json::Value = serde_json::from_str(&facts).unwrap();
    if let Some(before) = facts["pre_sql"].as_str() {
        one.send(before)?;
        other.send(before)?;
    }
    for migration in migrations {
        let place = migration.display();
        let text = fs::read_to_string(migration.join("up.sql")).unwrap();
        let metadata = fs::read_to_string(migration.join("metadata.toml")).unwrap_or_default();
        let transaction = dialect == Dialect::Postgres && !metadata.contains("false");
        let split = sql::split(&text, dialect);
        let statements: Vec<_> = match split.unsure {
            Some(_) => vec![text.as_str()],
            None => split.statements.iter().map(|statement| statement.sql).collect(),
        };
        counts.statements += statements.len();
        counts.unsure += usize::from(split.unsure.is_some());
        if transaction {
            one.send("BEGIN")?;
            other.send("BEGIN")?;
        }
        let expected = one.send(&text).map_err(|error| format!("{place}: whole: {error}"))?;
        let mut found = 0;
        for statement in statements {
            found += other
                .send(statement)
                .map_err(|error| format!("{place}: {error} in\n{statement}"))?;
        }
        // MariaDB and MySQL also answer a comment after the last `;`.
        let comment = dialect == Dialect::Mysql && !split.tail.trim().is_empty();
        if expected != found && expected != found + usize::from(comment) {
            return Err(format!("{place}: {expected} answers to the whole, {found} to ours"));
        }
        if transaction {
            one.send("COMMIT")?;
            other.send("COMMIT")?;
        }
    }
    match difference(&dump(&whole, Rows::Without), &dump(&pieces, Rows::Without)) {
        Some(difference) => Err(format!("{}: {difference}", set.display())),
        None => Ok(()),
    }
}

fn cut_as_we_do(server: Server, folder: &str) {
    let sets = sets(folder);
    let mut counts = Counts::default();
    let check = |(set, migrations): &(PathBuf, Vec<PathBuf>)| {
        check(server, set, migrations, &mut counts).err()
    };
    let problems: Vec<_> = sets.iter().filter_map(check).collect();
    println!("{} statements, {} files not cut", counts.statements, counts.unsure);
    report(&problems, sets.len());
}

#[test]
fn postgres_cuts_real_sets_as_we_do() {
    cut_as_we_do(Server::Postgres, "pg");
}

#[test]
fn mariadb_cuts_real_sets_as_we_do() {
    cut_as_we_do(Server::Mariadb, "mysql");
}

#[test]
fn mysql_cuts_real_sets_as_we_do() {
    cut_as_we_do(Server::Mysql, "mysql");
}
