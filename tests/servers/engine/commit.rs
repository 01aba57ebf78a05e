//! T12: the connection is lost around a COMMIT. Which of the two it was is found out and told.

use super::proxy::{Fault, Proxy};
use super::{Site, rounds, servers};
use crate::sandbox::Ran;

/// A database with a counter, and two migrations to come that are each one transaction.
fn site(server: crate::support::Server) -> Site {
    let site = Site::new(server);
    site.counting(0);
    site.dbmig(["migrate"]).ok();
    for number in 1..=2 {
        let up = match site.is_postgres() {
            true => format!("CREATE TABLE t{number} (id INT); UPDATE counter SET n = n + 1;"),
            false => "UPDATE counter SET n = n + 1;".to_owned(),
        };
        site.sandbox.migration(&format!("{number}_t"), &up, "SELECT 1;");
    }
    site
}

#[track_caller]
fn migrate(site: &Site, proxy: &Proxy) -> Ran {
    let ran = site.sandbox.dbmig_with(&[("DATABASE_URL", &proxy.url(site))], ["migrate"]);
    assert!(proxy.happened(), "{}: {ran}", site.name());
    ran
}

#[track_caller]
fn is_applied_once(site: &Site, about: &str) {
    let about = format!("{}: {about}", site.name());
    assert_eq!(site.column("SELECT n FROM counter"), ["2"], "{about}");
    assert_eq!(site.versions(), ["0", "1", "2"], "{about}");
    let states = site.column("SELECT state FROM __dbmig_history WHERE state <> 'finished'");
    assert!(states.is_empty(), "{about}: {states:?}");
}

#[test]
fn an_answer_that_was_lost_is_read_back() {
    for server in servers() {
        for round in 0..rounds(2) {
            let site = site(server);
            let proxy = Proxy::to(&site, Fault::AnswerDropped(round % 2));
            // Committed, so nothing is tried again.
            migrate(&site, &proxy).ok().says("2 migrations applied").silent_about("again");
            is_applied_once(&site, "the answer was dropped");
        }
    }
}

#[test]
fn a_commit_that_was_lost_is_tried_again() {
    for server in servers() {
        for round in 0..rounds(2) {
            let site = site(server);
            let proxy = Proxy::to(&site, Fault::CommitSwallowed(round % 2));
            let name = format!("{}_t  in", round % 2 + 1);
            migrate(&site, &proxy).ok().says("again").says(&name).says("2 migrations applied");
            is_applied_once(&site, "the commit was swallowed");
        }
    }
}

/// With no way back to the server nobody can know, and that is what is said.
#[test]
fn what_can_not_be_read_back_is_not_claimed() {
    for server in servers() {
        for (index, fault) in
            [Fault::AnswerDropped(1), Fault::CommitSwallowed(1)].into_iter().enumerate()
        {
            let site = site(server);
            let proxy = Proxy::that_closes(&site, fault);
            let ran = migrate(&site, &proxy).exits(3);
            let _ = ran
                .warns("2_t/up.sql: the connection was lost while it was being committed")
                .warns("applied before it, and kept: 1 (the last `1_t`)")
                .warns("cargo dbmig status");
            let pending = ["0 pending", "1 pending"][index];
            site.dbmig(["status"]).ok().says(pending);
            site.dbmig(["migrate"]).ok();
            is_applied_once(&site, "after the server came back");
        }
    }
}
