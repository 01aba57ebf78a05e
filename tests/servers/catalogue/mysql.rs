//! MySQL and MariaDB: every kind of object, and the corpus in the full level.

use dbmig_runtime::Session;
use dbmig_runtime::catalogue::{Catalogue, Schemas, Scope};

use super::{again, same};
use crate::engine::{Site, open, servers};
use crate::runtime;
use crate::support::{Scratch, Server};

/// What both servers know, and what one does.
fn schema(server: Server) -> [&'static str; 2] {
    let own = match server {
        Server::Mariadb => include_str!("mysql/mariadb.sql"),
        _ => include_str!("mysql/mysql.sql"),
    };
    [include_str!("mysql/common.sql"), own]
}

pub(super) fn read(session: &mut dyn Session) -> Catalogue {
    Catalogue::read(session, &Scope::default()).unwrap()
}

fn both() -> impl Iterator<Item = Server> {
    servers().into_iter().filter(|server| *server != Server::Postgres)
}

/// What the server itself says of tables, views and routines. Keys stand in the order of their making.
fn shown(scratch: &Scratch) -> Vec<String> {
    let mut session = open(&scratch.url);
    let mut rows =
        |sql: &str| session.query(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let column = |row: dbmig_runtime::session::Row, at: usize| row[at].clone().unwrap();
    let mut all: Vec<(String, String, usize)> = Vec::new();
    let tables = "SHOW FULL TABLES WHERE NOT `Tables_in_{}` LIKE '\\_\\_%'";
    for row in rows(&tables.replace("{}", &scratch.name)) {
        let kind = if row[1].as_deref() == Some("VIEW") { "VIEW" } else { "TABLE" };
        all.push((kind.to_owned(), column(row, 0), 1));
    }
    let routines = "SELECT routine_type, routine_name FROM information_schema.routines \
                    WHERE routine_schema = DATABASE() ORDER BY routine_name";
    for row in rows(routines) {
        all.push((column(row.clone(), 0), column(row, 1), 2));
    }
    let mut out = Vec::new();
    for (kind, name, at) in all {
        let row = rows(&format!("SHOW CREATE {kind} `{}`", name.replace('`', "``"))).remove(0);
        let mut text = column(row, at).replace(&scratch.name, "DATABASE");
        // How far it has counted goes with the rows.
        if let Some((head, rest)) = text.split_once(" AUTO_INCREMENT=") {
            text = format!("{head}{}", rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        }
        // All the same to InnoDB.
        for usual in [" ON UPDATE NO ACTION", " ON DELETE NO ACTION", " ON DELETE RESTRICT"] {
            text = text.replace(usual, "");
        }
        let mut lines: Vec<_> =
            text.lines().map(|line| line.trim_end_matches([',', ';'])).collect();
        lines.sort_unstable();
        out.push(lines.join("\n"));
    }
    out
}

#[track_caller]
fn same_for_the_server(one: &Scratch, other: &Scratch, about: &str) {
    let (ours, theirs) = (shown(one), shown(other));
    let pairs: Vec<_> = ours.iter().zip(&theirs).filter(|(ours, theirs)| ours != theirs).collect();
    assert!(pairs.is_empty() && ours.len() == theirs.len(), "{about}: {pairs:#?}");
}

/// Texts that `information_schema` holds in another form.
#[track_caller]
fn texts(catalogue: &Catalogue, about: &str) {
    let statements = catalogue.to_sql();
    for expected in [
        "CREATE TRIGGER `aa_second` BEFORE INSERT ON `visits` FOR EACH ROW FOLLOWS `mm_between` BEGIN\n    \
         IF NEW.third IS NULL THEN\n        SET NEW.third = 'it''s' = \"no;\";\n    END IF;\nEND",
        "CREATE EVENT `nightly` ON SCHEDULE EVERY 1 DAY DO DELETE FROM eggs WHERE hen IS NULL",
        "ALTER EVENT `nightly` COMMENT 'it''s night'",
        "CREATE EVENT `later` ON SCHEDULE AT '2037-01-02 03:04:05' ON COMPLETION PRESERVE DISABLE DO SELECT 1",
        "CREATE EVENT `bounded` ON SCHEDULE EVERY '1:30' HOUR_MINUTE STARTS '2030-01-01 00:00:00' \
         ENDS '2037-01-01 00:00:00' ON COMPLETION PRESERVE DO BEGIN\n    DELETE FROM eggs WHERE id = 1;\n    \
         DELETE FROM hens WHERE id = 1;\nEND",
    ] {
        assert!(
            statements.iter().any(|one| one == expected),
            "{about}: {expected}\n{statements:#?}"
        );
    }
    let greeting = statements.iter().find(|one| one.contains("FUNCTION `greeting`"));
    let body = r#"DEFAULT 'it''s "é" \\ \n;';"#;
    assert!(greeting.is_some_and(|one| one.contains(body)), "{about}: {greeting:?}");
}

/// Who chose a name. An index that was made for a foreign key stays when that goes, and has a name of its
/// own from then on.
#[track_caller]
fn labels(catalogue: &Catalogue, about: &str) {
    let mut all = Vec::new();
    for table in &catalogue.tables {
        let keys = table.uniques.iter().map(|one| &one.label);
        let foreign = table.foreign_keys.iter().map(|one| &one.label);
        let indexes = table.indexes.iter().map(|one| &one.label);
        let checks = table.checks.iter().map(|one| &one.label);
        let labels = keys.chain(foreign).chain(indexes).chain(checks);
        all.extend(labels.map(|label| (&*table.name.name, label.name.as_deref(), label.generated)));
    }
    for (table, name, generated) in [
        ("kinds", "code", true),
        ("kinds", "chosen_unique", false),
        ("kinds", "small_2", true),
        ("kinds", "down", false),
        ("kinds", "chosen_check", false),
        ("visits", "visits_ibfk_1", true),
        ("visits", "second_fk", false),
        ("visits", "seconds", false),
        ("visits", "place_b", true),
        ("visits", "left_behind", false),
    ] {
        assert!(all.contains(&(table, Some(name), generated)), "{about}: {table}.{name}");
    }
    // The index, whose name counts as chosen by the server, and the key.
    let count = |generated| {
        all.iter().filter(|one| **one == ("visits", Some("written by"), generated)).count()
    };
    assert_eq!((count(true), count(false)), (1, 1), "{about}");
}

#[test]
fn every_kind_of_object_comes_back() {
    for server in both() {
        let site = Site::new(server);
        let mut session = site.session();
        for sql in schema(server) {
            session.execute(sql).unwrap_or_else(|error| panic!("{server:?}: {error:?}"));
        }
        let catalogue = read(&mut *session);
        let about = format!("{server:?}");
        let scratch = again(server, &Scope::default(), &catalogue, &about);
        same_for_the_server(&site.scratch, &scratch, &about);
        texts(&catalogue, &about);
        labels(&catalogue, &about);

        // The program tells the same of both.
        let json = |url: &str| {
            let env = [("DATABASE_URL", url)];
            site.sandbox.dbmig_with(&env, ["schema", "dump", "--format", "json"]).ok().json()
        };
        let (here, there) = (json(&site.url), json(&scratch.url));
        assert_eq!(here["fingerprint"], there["fingerprint"], "{about}");
        assert_eq!(here["objects"], there["objects"], "{about}");
    }
}

#[test]
fn connections_of_diesel_read_the_same() {
    for server in both() {
        let site = Site::new(server);
        let mut session = site.session();
        schema(server).into_iter().for_each(|sql| session.execute(sql).unwrap());
        let url = site.url.clone();
        let theirs = runtime::blocking(move || read(&mut runtime::connect::<runtime::Mysql>(&url)));
        same(&read(&mut *session), &theirs, &format!("{server:?}"));
    }
}

#[test]
fn named_databases_come_back() {
    for server in both() {
        let (one, two) = (Scratch::new(server), Scratch::new(server));
        let mut session = open(&server.url());
        let (a, b) = (&one.name, &two.name);
        session
            .execute(&format!(
                "CREATE TABLE {a}.parents (id INT PRIMARY KEY);
                 CREATE TABLE {b}.children (id INT PRIMARY KEY, parent INT,
                     FOREIGN KEY (parent) REFERENCES {a}.parents (id));
                 CREATE VIEW {b}.both_of AS SELECT p.id FROM {a}.parents p JOIN {b}.children c ON c.parent = p.id;
                 CREATE FUNCTION {b}.one() RETURNS INT DETERMINISTIC RETURN 1;
                 CREATE TRIGGER {b}.gone AFTER DELETE ON {b}.children FOR EACH ROW SET @gone = {b}.one();
                 CREATE EVENT {b}.daily ON SCHEDULE EVERY 1 DAY DO SELECT 1;"
            ))
            .unwrap();
        let names = vec![a.clone(), "no_such_database".to_owned(), b.clone()];
        let scope = Scope { schemas: Schemas::Named(names), exclude: Vec::new() };
        let catalogue = Catalogue::read(&mut *session, &scope).unwrap();
        assert_eq!(catalogue.schemas.len(), 2, "{server:?}");
        assert_eq!(catalogue.tables[1].foreign_keys[0].table.schema.as_ref(), Some(a));
        session.execute(&format!("DROP DATABASE {b}; DROP DATABASE {a}")).unwrap();
        for statement in catalogue.to_sql() {
            session.execute(&statement).unwrap_or_else(|error| panic!("{error:?}\n{statement}"));
        }
        same(&catalogue, &Catalogue::read(&mut *session, &scope).unwrap(), &format!("{server:?}"));
    }
}

#[test]
fn without_a_database_it_says_so() {
    let url = Server::Mariadb.url();
    let (server, _) = url.rsplit_once('/').unwrap();
    let error = Catalogue::read(&mut *open(&format!("{server}/")), &Scope::default()).unwrap_err();
    assert!(error.message.contains("no database is selected"), "{error}");
}

/// A set of migrations, applied, read, made again.
#[cfg(feature = "full-tests")]
#[test]
fn real_sets_come_back() {
    use std::path::Path;
    let corpus = crate::support::variable("DBMIG_TEST_CORPUS");
    let mut seen = 0;
    for server in both() {
        for set in std::fs::read_dir(Path::new(&corpus).join("mysql")).unwrap() {
            let set = set.unwrap().path();
            let site = Site::new(server);
            crate::engine::corpus::take_set(&site, &set);
            site.dbmig(["migrate"]).ok();
            let about = format!("{server:?}: {}", set.display());
            let catalogue = read(&mut *site.session());
            assert!(!catalogue.tables.is_empty(), "{about}");
            let scratch = again(server, &Scope::default(), &catalogue, &about);
            same_for_the_server(&site.scratch, &scratch, &about);
            seen += 1;
        }
    }
    assert!(seen >= 6, "{seen} sets");
}
