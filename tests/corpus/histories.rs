//! Real projects whose migrations arrived late: an older state is locked, then today's directory arrives.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Sandbox, repository};
use crate::{copy, sets};

/// The older state, adopted; then everything else.
fn arrived(set: &Path, dialect: &str, old: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    for name in old {
        copy(&set.join("migrations").join(name), &sandbox.path("migrations").join(name));
    }
    sandbox.write("diesel.toml", "[migrations_directory]\ndir = \"migrations\"\n");
    sandbox.write(
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    sandbox.write("src/lib.rs", "");
    let repository = repository();
    let repository = repository.to_str().unwrap();
    let _ = sandbox.dbmig(["init", "--dialect", dialect, "--path", repository]).ok();
    for entry in fs::read_dir(set.join("migrations")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if !old.contains(&name.as_str()) && entry.path().is_dir() {
            copy(&entry.path(), &sandbox.path("migrations").join(name));
        }
    }
    sandbox
}

/// No conflict is seen where there was none, and the one that loses columns is.
#[test]
fn late_arrivals_of_real_projects() {
    let mut seen = 0;
    for (folder, dialect) in [("sqlite", "sqlite"), ("pg", "postgres"), ("mysql", "mysql")] {
        for set in sets(folder) {
            let Ok(text) = fs::read_to_string(set.join("oracle/upgrade.json")) else { continue };
            let history: Value = serde_json::from_str(&text).unwrap();
            let names = |key: &str| -> Vec<&str> {
                history[key].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
            };
            seen += 1;
            let sandbox = arrived(&set, dialect, &names("old_names"));
            // What else is wrong with the new ones is looked at by another test.
            let config = sandbox.read("dbmig.toml");
            let lints = "[lints]\nmissing-down = \"allow\"\nneeds-no-transaction = \"allow\"\nempty-up = \"allow\"\ntransaction-control = \"allow\"\n";
            assert!(!config.contains("\n[lints]"), "{config}");
            sandbox.write("dbmig.toml", config + "\n" + lints);
            let findings = sandbox.dbmig(["check", "--format", "json"]).json();
            let conflicts: Vec<_> = all_findings(&findings)
                .into_iter()
                .filter(|finding| finding["code"] == "late-conflict")
                .map(|finding| finding["path"].as_str().unwrap().to_owned())
                .collect();
            let loses = history["schema_against_fresh"] == "differs";
            let about = format!("{}: {findings:#}", set.display());
            assert_eq!(!conflicts.is_empty(), loses, "{about}");
            let locked = sandbox.dbmig(["lock"]);
            if loses {
                assert!(
                    conflicts.iter().all(|path| path.contains(names("late_names")[0])),
                    "{about}"
                );
                let _ = locked.exits(1).warns("late-conflict");
                continue;
            }
            let _ = locked.ok();
            let _ = sandbox.dbmig(["check"]).ok();
            let lock = sandbox.read("migrations/dbmig.lock");
            let late = lock.lines().filter(|line| line.contains(" late")).count();
            assert!(late >= names("late_names").len(), "{}: {late}\n{lock}", set.display());
        }
    }
    assert!(seen >= 9, "{seen} histories");
}

fn all_findings(report: &Value) -> Vec<&Value> {
    report["findings"].as_array().expect("findings").iter().collect()
}

/// Code and file of everything that is found when nothing is taken as it is.
fn judged_in_full(set: &Path, dialect: &str) -> Vec<(String, String)> {
    let sandbox =
        arrived(set, dialect, &directories(set).iter().map(String::as_str).collect::<Vec<_>>());
    let config = sandbox.read("dbmig.toml");
    let lines: Vec<_> = config.lines().filter(|line| !line.starts_with("start_after")).collect();
    sandbox.write("dbmig.toml", lines.join("\n") + "\n");
    let _ = sandbox.dbmig(["lock"]);
    let report = sandbox.dbmig(["check", "--format", "json"]).json();
    let mut found: Vec<_> = all_findings(&report)
        .into_iter()
        .filter(|finding| finding["severity"] != "note")
        .map(|finding| {
            let path = finding["path"].as_str().unwrap().trim_start_matches("migrations/");
            (finding["code"].as_str().unwrap().to_owned(), path.to_owned())
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

fn directories(set: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(set.join("migrations"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path: PathBuf| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// What is wrong with real projects' files, each read by hand: set, code, file, why. Downs without a
/// statement, more than a hundred of them, are told by their text.
const DEFECTS: &[(&str, &str, &str, &str)] = &[
    (
        "sqlite/plume",
        "session-setting",
        "2018-04-22-151330_create_user/up.sql",
        "harmless: in a transaction it changes nothing",
    ),
    (
        "sqlite/sn0int",
        "session-setting",
        "2018-10-15-061351_scope/down.sql",
        "foreign keys are not off in a transaction, and the file believes they are",
    ),
    (
        "sqlite/sn0int",
        "session-setting",
        "2018-10-17-112220_verifiable/down.sql",
        "foreign keys are not off in a transaction, and the file believes they are",
    ),
    (
        "sqlite/sn0int",
        "session-setting",
        "2018-10-22-141819_geoip/down.sql",
        "foreign keys are not off in a transaction, and the file believes they are",
    ),
    (
        "sqlite/sn0int",
        "session-setting",
        "2018-10-24-131856_asn/down.sql",
        "foreign keys are not off in a transaction, and the file believes they are",
    ),
    (
        "sqlite/sn0int",
        "session-setting",
        "2018-10-26-001932_cascade-delete/down.sql",
        "foreign keys are not off in a transaction, and the file believes they are",
    ),
    (
        "sqlite/sn0int",
        "session-setting",
        "2018-10-26-001932_cascade-delete/up.sql",
        "foreign keys are not off in a transaction, and the file believes they are",
    ),
    (
        "sqlite/sn0int",
        "session-setting",
        "2018-11-03-230746_extend-urls/down.sql",
        "foreign keys are not off in a transaction, and the file believes they are",
    ),
    (
        "sqlite/sn0int",
        "session-setting",
        "2018-12-03-143558_url_path/down.sql",
        "foreign keys are not off in a transaction, and the file believes they are",
    ),
    (
        "sqlite/sn0int",
        "session-setting",
        "2018-12-03-143558_url_path/up.sql",
        "foreign keys are not off in a transaction, and the file believes they are",
    ),
    (
        "sqlite/sn0int",
        "session-setting",
        "2018-12-23-230955_reverse-dns/down.sql",
        "foreign keys are not off in a transaction, and the file believes they are",
    ),
    (
        "sqlite/sn0int",
        "session-setting",
        "2019-03-24-195306_email-names/down.sql",
        "foreign keys are not off in a transaction, and the file believes they are",
    ),
    (
        "sqlite/sn0int",
        "session-setting",
        "2019-08-11-073709_misc-fields/down.sql",
        "foreign keys are not off in a transaction, and the file believes they are",
    ),
    (
        "sqlite/sn0int",
        "session-setting",
        "2020-01-09-024234_activity/down.sql",
        "foreign keys are not off in a transaction, and the file believes they are",
    ),
    (
        "sqlite/sn0int",
        "session-setting",
        "2020-01-09-024234_activity/up.sql",
        "foreign keys are not off in a transaction, and the file believes they are",
    ),
    (
        "sqlite/sn0int",
        "session-setting",
        "2020-06-12-222250_ttl-values/down.sql",
        "foreign keys are not off in a transaction, and the file believes they are",
    ),
    (
        "sqlite/sn0int",
        "session-setting",
        "2020-06-12-222250_ttl-values/up.sql",
        "foreign keys are not off in a transaction, and the file believes they are",
    ),
    (
        "sqlite/vaultwarden",
        "empty-up",
        "2024-01-12-210182_change_attachment_size/up.sql",
        "comments alone",
    ),
    (
        "sqlite/vaultwarden",
        "empty-up",
        "2024-02-14-140000_change_time_stamp_data_type/up.sql",
        "comments alone",
    ),
    (
        "pg/crates-io",
        "needs-no-transaction",
        "2024-04-12-144536_remove-downloads-column/down.sql",
        "CREATE INDEX CONCURRENTLY without its metadata.toml: the down fails",
    ),
    (
        "pg/crates-io",
        "session-setting",
        "2025-02-17-133723_timezones/down.sql",
        "the time zone stays for the migrations after it",
    ),
    (
        "pg/crates-io",
        "session-setting",
        "2025-02-17-133723_timezones/up.sql",
        "the time zone stays for the migrations after it",
    ),
    (
        "pg/crates-io",
        "unusual-name",
        "2019-11-15-182353_Add email notifications to crate owners",
        "spaces",
    ),
    (
        "pg/graph-node",
        "session-setting",
        "2024-02-06-002353_arg_minmax/down.sql",
        "the search path stays for the migrations after it",
    ),
    (
        "pg/graph-node",
        "session-setting",
        "2024-02-06-002353_arg_minmax/up.sql",
        "the search path stays for the migrations after it",
    ),
    (
        "pg/graph-node",
        "session-setting",
        "2026-01-09-164812_extend_arg_min_max/down.sql",
        "the search path stays for the migrations after it",
    ),
    (
        "pg/graph-node",
        "session-setting",
        "2026-01-09-164812_extend_arg_min_max/up.sql",
        "the search path stays for the migrations after it",
    ),
    (
        "pg/graph-node",
        "unsure-split",
        "2021-02-24-051050_dds_remove_unused_columns/down.sql",
        "a DO block whose head is missing: a syntax error",
    ),
    (
        "pg/trieve",
        "transaction-control",
        "2023-12-08-040504_drop-card-metadata-count-table/down.sql",
        "`$ $` quotes nothing: a syntax error",
    ),
];

/// Nothing is found that is not wrong, also where nothing is taken as it is.
#[test]
fn defects_of_real_projects() {
    let mut without_down = 0;
    let mut found = Vec::new();
    for (folder, dialect) in [("sqlite", "sqlite"), ("pg", "postgres"), ("mysql", "mysql")] {
        for set in sets(folder) {
            let name = format!("{folder}/{}", set.file_name().unwrap().to_string_lossy());
            for (code, path) in judged_in_full(&set, dialect) {
                match code.as_str() {
                    "missing-down" => {
                        assert!(
                            is_without_statement(&set.join("migrations").join(&path)),
                            "{name} {path}"
                        );
                        without_down += 1;
                    }
                    // The policy was changed under the lock, which these defects keep from being renewed.
                    "policy-stale" => {}
                    _ => found.push((name.clone(), code, path)),
                }
            }
        }
    }
    let known: Vec<_> = DEFECTS
        .iter()
        .map(|(set, code, path, _)| ((*set).to_owned(), (*code).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(found, known);
    println!("{} defects, {without_down} downs without a statement", found.len());
    assert!(without_down > 100, "{without_down}");
}

/// Absent, empty, or comments alone: by lines, without our lexer.
fn is_without_statement(file: &Path) -> bool {
    let Ok(text) = fs::read_to_string(file) else { return true };
    text.lines().map(str::trim).all(|line| {
        line.is_empty()
            || line == ";"
            || line.starts_with("--")
            || line.starts_with('#')
            || line.starts_with("/*") && line.ends_with("*/")
    })
}
