//! T11: the connection is cut at every message of a run. Whatever the first run says is true, and an
//! unattended second run ends with every migration exactly once.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::proxy::{Fault, Proxy};
use super::{Site, rounds, servers};
use crate::sandbox::Ran;
use crate::support::Server;

/// How many runs at once: most of the time of one is a pause before it tries again.
const AT_ONCE: usize = 4;

/// Transactions, and statements outside one of which the catalogue tells.
fn site(server: Server) -> Site {
    let site = Site::new(server);
    let index = match site.is_postgres() {
        true => "CREATE INDEX CONCURRENTLY i ON counter (n);",
        false => "CREATE INDEX i ON counter (n);",
    };
    for (name, up, in_transaction) in [
        ("0_counter", "CREATE TABLE counter (n INTEGER);", true),
        ("1_rows", "INSERT INTO counter VALUES (0); UPDATE counter SET n = n + 1;", true),
        ("2_index", index, false),
    ] {
        site.sandbox.migration(name, up, "SELECT 1;");
        if !in_transaction {
            site.outside_a_transaction(name);
        }
    }
    site
}

fn migrate(site: &Site, proxy: &Proxy) -> Ran {
    site.sandbox.dbmig_with(&[("DATABASE_URL", &proxy.url(site))], ["migrate"])
}

/// What is done before the first migration.
const BEFORE: [&str; 7] = [
    "connect to database",
    "use the connection",
    "read the history",
    "read the connection's settings",
    "prepare the connection",
    "create the history tables",
    "take the lock of the run",
];

/// What a run of which nobody cuts anything sends and gets.
fn messages(server: Server) -> usize {
    let site = site(server);
    let proxy = Proxy::to(&site, Fault::None);
    migrate(&site, &proxy).ok();
    proxy.messages()
}

/// Cuts one run, and lets a second one end it. Returns what the first one said.
fn cut(site: &Site, at: usize) -> Option<String> {
    super::reset(site);
    let about = format!("{}: cut at message {at}", site.name());
    let proxy = Proxy::to(site, Fault::Cut(at));
    let first = migrate(site, &proxy);
    if !proxy.happened() {
        // What is asked more than once, such as for a lock, is not asked as often in every run.
        assert!(first.code == Some(0) && proxy.messages() <= at, "{about}: {first}");
        return None;
    }
    assert!(!first.stderr.contains("panicked"), "{about}: {first}");
    let said = match first.code {
        Some(0) => None,
        Some(3 | 4 | 6) => Some(first.stderr.clone()),
        _ => panic!("{about}: {first}"),
    };
    let applied: Vec<_> = first
        .stdout
        .lines()
        .filter_map(|line| line.trim().strip_prefix("applied  "))
        .map(|rest| rest.split('_').next().unwrap_or_default().to_owned())
        .collect();
    if !applied.is_empty() {
        let versions = site.versions();
        assert!(applied.iter().all(|version| versions.contains(version)), "{about}: {first}");
    }
    let second = site.dbmig(["migrate"]);
    assert_eq!(second.code, Some(0), "{about}: first {first}\nthen {second}");
    assert_eq!(site.column("SELECT n FROM counter"), ["1"], "{about}: {first}\nthen {second}");
    assert_eq!(site.versions(), ["0", "1", "2"], "{about}");
    let open = site.column("SELECT version FROM __dbmig_history WHERE state = 'started'");
    assert!(open.is_empty(), "{about}: {open:?}");
    if site.is_postgres() {
        let indexes = "SELECT indisvalid::text FROM pg_index WHERE indrelid = 'counter'::regclass";
        assert_eq!(site.column(indexes), ["true"], "{about}");
    }
    said
}

#[test]
fn at_every_message() {
    for server in servers() {
        let count = messages(server);
        assert!(count > 40, "{server:?}: {count}");
        let step = (count / rounds(20).clamp(1, count)).max(1);
        let (next, said) = (AtomicUsize::new(step / 2), Mutex::new(BTreeSet::new()));
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    let site = site(server);
                    loop {
                        let at = next.fetch_add(step, Ordering::Relaxed);
                        if at >= count {
                            break;
                        }
                        let text = cut(&site, at);
                        said.lock().unwrap().extend(text);
                    }
                });
            }
        });
        for text in said.into_inner().unwrap() {
            let about = format!("{server:?}: {text}");
            assert!(text.contains("cargo dbmig") || text.contains("--wait"), "{about}");
            // Which migration and what became of it, or that none was begun.
            let begun = text.contains("error: migrations/") && text.contains("of this file");
            let before =
                BEFORE.iter().any(|doing| text.contains(&format!("error: could not {doing}")));
            assert!(begun || (before && !text.contains("kept")), "{about}");
        }
    }
}
