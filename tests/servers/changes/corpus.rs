//! Every step of real projects' sets, forwards and backwards.
//!
//! Sets of more than 60 migrations only with `DBMIG_TEST_ROUNDS`.

use std::fs;
use std::path::Path;

use dbmig_runtime::catalogue::Catalogue;
use dbmig_runtime::catalogue::change::Wish;

use super::{change, read};
use crate::engine::corpus::take_set;
use crate::engine::{Site, open, servers};
use crate::support::{Scratch, Server};

/// What the set makes, after each of its migrations.
fn states(site: &Site, set: &Path) -> Vec<Catalogue> {
    take_set(site, set);
    let mut session = site.session();
    let mut states = vec![read(&mut *session)];
    let count = fs::read_dir(set.join("migrations")).unwrap().count();
    loop {
        let ran = site.dbmig(["migrate", "--step", "1"]);
        assert_eq!(ran.code, Some(0), "{}: {ran}", set.display());
        if ran.stdout.contains("nothing to apply") {
            break;
        }
        states.push(read(&mut *session));
        assert!(states.len() <= count + 1, "{ran}");
    }
    states
}

#[test]
fn real_sets_are_made_by_changes_forwards_and_backwards() {
    let corpus = crate::support::variable("DBMIG_TEST_CORPUS");
    let longest = if std::env::var_os("DBMIG_TEST_ROUNDS").is_some() { usize::MAX } else { 60 };
    let only = std::env::var("DBMIG_TEST_SET").ok();
    let mut count = 0;
    for server in servers() {
        let folder = if server == Server::Postgres { "pg" } else { "mysql" };
        for set in fs::read_dir(Path::new(&corpus).join(folder)).unwrap() {
            let set = set.unwrap().path();
            let order = fs::read_to_string(set.join("oracle/order.txt")).unwrap();
            let about = format!("{server:?} {}", set.display());
            let wanted = only.as_ref().is_none_or(|only| about.contains(only));
            if order.lines().count() > longest || !wanted {
                continue;
            }
            let site = Site::new(server);
            let states = states(&site, &set);
            let scratch = Scratch::new(server);
            let mut session = open(&scratch.url);
            let wish = Wish { order: true, ..Wish::default() };
            let back = states.iter().enumerate().rev().skip(1);
            for (at, state) in states.iter().enumerate().chain(back) {
                let about = format!("{about} to state {at}");
                count += change(&mut *session, state, &wish, &about).len();
            }
            println!("{about}: {} states", states.len());
        }
    }
    println!("{count} statements");
    assert!(count > 0);
}
