//! Real projects' sets on the servers: all of them apply, in Diesel's order, and a way back that is broken
//! is told with its place. Needs `DBMIG_TEST_CORPUS`; see `tests/run --full`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{Site, servers};
use crate::support::Server;

fn copy(from: &Path, to: &Path) {
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
            copy(&set.join("migrations"), &site.sandbox.path("migrations"));
            // Its application does this before it migrates.
            if set.ends_with("mysql/vaultwarden") {
                let dialect =
                    "dialect = \"mysql\"\n[env.development]\nurl_env = \"DATABASE_URL\"\n";
                let init = "init_sql = \"SET FOREIGN_KEY_CHECKS = 0\"\n";
                site.sandbox.write("dbmig.toml", format!("{dialect}{init}"));
            }
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
            let ran = site.dbmig(["revert", "--all", "--confirm", &site.scratch.name]);
            match ran.code {
                Some(0) => assert!(site.versions().is_empty(), "{about}: {ran}"),
                Some(3 | 4) => {
                    let place = ran.stderr.contains("down.sql");
                    assert!(place && ran.stderr.contains("help: "), "{about}: {ran}");
                }
                _ => panic!("{about}: {ran}"),
            }
            seen += 1;
        }
    }
    assert!(seen >= 18, "{seen} sets");
}
