//! Every way back of real projects' sets on the servers, proved; see `tests/run --full`.

use std::fs;
use std::path::{Path, PathBuf};

use super::corpus::take_set;
use super::{Site, servers};
use crate::proofs;
use crate::support::Server;

/// Ways back that work on empty tables alone.
const REFUSED: [(&str, &str); 4] = [
    (
        "2018-10-02-044128_latestfk",
        "numbers the rows of `modules` from 1, and has them point to `releases` of other numbers",
    ),
    (
        "2021-08-03-234845_populate_services",
        "deletes rows of `services` that rows of `nodes` point to",
    ),
    (
        "2018-05-02-113930_drop_instance_local_domain",
        "adds a column that is not null and has no default to a table with rows",
    ),
    (
        "20160717174656_dumped_migration_108",
        "adds a column that is not null and has no default to a table with rows",
    ),
];

/// Ways back that are a comment alone: Diesel sends it, and the server refuses an empty query. Here nothing is
/// sent.
const RESTORED: [(&str, &str); 7] = [
    ("2019-02-26-183156_cleanup_unassigned_deployment_indexes", "drops what is not there"),
    ("2019-03-28-004319_drop_entities_id_indexes", "drops what is not there"),
    ("2023-03-28-004152_trigger_remap", "selects 1"),
    ("2024-01-05-170000_ds_corruption_fix_up", "mends certain deployments of one network alone"),
    ("2017-09-26-200549_users_lowercase_index", "selects 1"),
    ("2017-10-06-234455_fix_local_dbs_unique_gh_login", "makes and drops what it finds done"),
    ("20170728002039_fix_keywords", "changes keywords that differ in upper and lower case alone"),
];

/// More migrations than that are long.
const LONG: usize = 60;

/// The sets for a server, those that are long or the others.
pub(super) fn sets(server: Server, long: bool) -> Vec<PathBuf> {
    let corpus = crate::support::variable("DBMIG_TEST_CORPUS");
    let folder = if server == Server::Postgres { "pg" } else { "mysql" };
    let all = fs::read_dir(Path::new(&corpus).join(folder)).unwrap();
    let mut sets: Vec<_> = all.map(|set| set.unwrap().path()).collect();
    sets.sort();
    sets.retain(|set| {
        let order = fs::read_to_string(set.join("oracle/order.txt")).unwrap();
        (order.lines().count() > LONG) == long
    });
    sets
}

/// Proves a set; how many were tried, and how many refused.
fn prove(server: Server, set: &Path) -> (usize, usize) {
    let site = Site::new(server);
    take_set(&site, set);
    let ran = site.dbmig(["prove", "--all", "--format", "json"]);
    let argued = [&REFUSED[..], &RESTORED].concat();
    let counts = proofs::assert_agrees(set, &ran.stdout, &argued);
    assert_eq!(ran.code, Some(i32::from(counts.1 > 0)), "{}: {ran}", set.display());
    counts
}

#[test]
fn what_prove_refuses_is_what_a_round_trip_finds_broken() {
    let (mut tried, mut refused) = (0, 0);
    // What the round trips were made on.
    for server in servers().into_iter().filter(|server| *server != Server::Mysql) {
        for set in sets(server, false) {
            let counts = prove(server, &set);
            tried += counts.0;
            refused += counts.1;
        }
    }
    assert!(tried > 200 && refused > 50, "{tried}, {refused}");
}

#[test]
fn so_it_does_in_sets_of_hundreds_of_migrations() {
    let sets = sets(Server::Postgres, true);
    let counts: Vec<(usize, usize)> = std::thread::scope(|scope| {
        let one = |set: &PathBuf| {
            let set = set.clone();
            scope.spawn(move || prove(Server::Postgres, &set))
        };
        let all: Vec<_> = sets.iter().map(one).collect();
        all.into_iter().map(|one| one.join().expect("a set that agrees")).collect()
    });
    let tried: usize = counts.iter().map(|(tried, _)| tried).sum();
    let refused: usize = counts.iter().map(|(_, refused)| refused).sum();
    assert!(tried > 500 && refused > 100, "{tried}, {refused}");
}
