//! Real projects' sets on the servers: all of them apply, in Diesel's order and to its schema, revert as far
//! as with Diesel, and a way back that is broken is told with its place. Needs `DBMIG_TEST_CORPUS`; see `tests/run --full`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{Site, servers};
use crate::sandbox::Ran;
use crate::split::dump;
use crate::support::{Scratch, Server};

pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => fs::write(&target, fs::read(entry.path()).unwrap()).unwrap(),
        }
    }
}

/// A set for the site, with what its application does before it migrates.
pub(crate) fn take_set(site: &Site, set: &Path) {
    copy(&set.join("migrations"), &site.sandbox.path("migrations"));
    if set.ends_with("mysql/vaultwarden") {
        let dialect = "dialect = \"mysql\"\n[env.development]\nurl_env = \"DATABASE_URL\"\n";
        let init = "init_sql = \"SET FOREIGN_KEY_CHECKS = 0\"\n";
        site.sandbox.write("dbmig.toml", format!("{dialect}{init}"));
    }
}

/// The same set in another database, by the reference; `None` where it can not apply it.
fn by_diesel(site: &Site, about: &str) -> Option<Scratch> {
    // Its session can not be told anything before.
    if site.sandbox.exists("dbmig.toml") {
        return None;
    }
    let reference = Scratch::new(site.scratch.server);
    let ran = diesel(site, &reference, &["migration", "run"]);
    assert_eq!(ran.code, Some(0), "{about}: {ran}");
    Some(reference)
}

fn diesel(site: &Site, reference: &Scratch, args: &[&str]) -> Ran {
    let program = crate::support::variable("DBMIG_TEST_DIESEL");
    // Without a file that would have it write `schema.rs`.
    let env = [("DATABASE_URL", &*reference.url)];
    site.sandbox.run(Path::new(&program), &env, args.iter().copied())
}

/// Without the table of versions' own place in the order of creation.
fn schema(scratch: &Scratch) -> String {
    let dump = dump::dump(scratch, dump::Rows::Without);
    // MariaDB and MySQL are dumped with their rows: when a version was applied differs.
    dump.lines().filter(|line| !line.starts_with("Row { version: ")).collect::<Vec<_>>().join("\n")
}

fn versions_of(scratch: &Scratch) -> Vec<String> {
    let sql = "SELECT version FROM __diesel_schema_migrations ORDER BY version";
    let rows = super::open(&scratch.url).query(sql, &[]).unwrap();
    rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
}

/// The first lines that differ.
fn differs(ours: &str, theirs: &str) -> String {
    let pairs = ours.lines().zip(theirs.lines()).filter(|(a, b)| a != b).take(5);
    pairs.map(|(a, b)| format!("- {a}\n+ {b}\n")).collect()
}

#[test]
fn real_sets_apply_and_revert_as_far_as_they_can() {
    let corpus = crate::support::variable("DBMIG_TEST_CORPUS");
    let mut seen = 0;
    for server in servers() {
        let folder = if server == Server::Postgres { "pg" } else { "mysql" };
        for set in fs::read_dir(Path::new(&corpus).join(folder)).unwrap() {
            let set = set.unwrap().path();
            if !set.join("migrations").is_dir() {
                continue;
            }
            let about = format!("{server:?}: {}", set.display());
            let site = Site::new(server);
            take_set(&site, &set);
            let ran = site.dbmig(["migrate"]);
            assert_eq!(ran.code, Some(0), "{about}: {ran}");
            let order = fs::read_to_string(set.join("oracle/order.txt")).unwrap();
            let wanted: BTreeSet<_> =
                order.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect();
            let versions: BTreeSet<_> = site.versions().into_iter().collect();
            assert_eq!(versions, wanted, "{about}");
            let ran = site.dbmig(["status"]).ok();
            assert!(
                ran.stdout.contains(&format!("{} applied, 0 pending", wanted.len())),
                "{about}: {ran}"
            );
            let reference = by_diesel(&site, &about);
            if let Some(reference) = &reference {
                let (ours, theirs) = (schema(&site.scratch), schema(reference));
                assert!(ours == theirs, "{about}: the schemas differ\n{}", differs(&ours, &theirs));
            }
            let ran = site.dbmig(["revert", "--all", "--confirm", &site.scratch.name]);
            match ran.code {
                Some(0) => assert!(site.versions().is_empty(), "{about}: {ran}"),
                Some(3 | 4) => {
                    let place = ran.stderr.contains("down.sql");
                    assert!(place && ran.stderr.contains("help: "), "{about}: {ran}");
                }
                _ => panic!("{about}: {ran}"),
            }
            // Where we refuse to begin, nothing was reverted: the reference forgets what it can not undo.
            if let Some(reference) = reference.filter(|_| ran.code != Some(4)) {
                let _ = diesel(&site, &reference, &["migration", "revert", "--all"]);
                let theirs = versions_of(&reference);
                let left = site.versions();
                let further = left.iter().filter(|version| !theirs.contains(version)).count();
                assert_eq!(further, 0, "{about}: {left:?}, with the reference {theirs:?}");
            }
            seen += 1;
        }
    }
    assert!(seen >= 18, "{seen} sets");
}
