//! `baseline`, `repair`, `resolve`, `log`: what is recorded on servers.

use super::Site;

#[test]
fn a_database_that_is_there_is_adopted_once() {
    for site in Site::all() {
        site.counting(2);
        for number in 1..=2 {
            site.session().execute(&format!("CREATE TABLE t{number} (id INTEGER)")).unwrap();
        }
        site.session().execute("CREATE TABLE counter (n INTEGER)").unwrap();
        site.session().execute("INSERT INTO counter VALUES (2)").unwrap();
        let runs = std::thread::scope(|scope| {
            let start = || scope.spawn(|| site.dbmig(["baseline"]));
            [start(), start()].map(|run| run.join().unwrap())
        });
        // Who comes second finds it done, or sees that it was meanwhile.
        let done = runs.iter().filter(|ran| ran.code == Some(0)).count();
        assert!(done >= 1, "{}: {} {}", site.name(), runs[0], runs[1]);
        site.exactly_once(2, "adopted");
        let adopted = site.column("SELECT count(*) FROM __dbmig_history WHERE action = 'adopt'");
        assert_eq!(adopted, ["3"], "{}", site.name());
        site.dbmig(["status"]).ok().says("3 applied, 0 pending").says("adopted]");
        site.dbmig(["migrate"]).ok().says("nothing to apply");
        site.dbmig(["log", "-n", "1"]).ok().says("reason: baseline");
        // The down was recorded with it.
        std::fs::remove_dir_all(site.sandbox.path("migrations/2_t")).unwrap();
        site.dbmig(["revert", "--missing"]).ok().says("1 migration reverted");
        site.dbmig(["revert", "--all"]).ok().says("2 migrations reverted");
    }
}

#[test]
fn an_empty_database_is_not_adopted() {
    for site in Site::all() {
        site.counting(1);
        site.dbmig(["baseline"]).exits(2).warns("has no tables").warns("--force");
        assert!(site.session().query("SELECT 'x' FROM __dbmig_history", &[]).is_err());
        site.dbmig(["baseline", "--at", "0", "--force"]).ok().says("1 migration recorded");
        assert_eq!(site.versions(), ["0"]);
    }
}

#[test]
fn an_edit_is_accepted_and_a_hand_is_believed() {
    for site in Site::all() {
        site.counting(2);
        site.dbmig(["migrate"]).ok();
        let up = "CREATE TABLE t1 (id BIGINT);\nUPDATE counter SET n = n + 1;";
        site.sandbox.write("migrations/1_t/up.sql", up);
        site.dbmig(["status", "--exit-code"]).exits(4).says("modified");
        let reason = "it's \\ \"right\"";
        site.dbmig(["repair", "--accept", "1", "--reason", reason]).ok();
        site.dbmig(["status", "--exit-code"]).ok();
        site.dbmig(["log", "1"]).ok().says(&format!("reason: {reason}"));
        site.dbmig(["resolve", "2", "--not-applied", "--reason", "dropped"]).ok();
        assert_eq!(site.versions(), ["0", "1"], "{}", site.name());
        site.dbmig(["resolve", "2", "--applied", "--reason", "it is there"]).ok();
        site.exactly_once(2, "nothing was run");
        site.dbmig(["log"]).ok().says("reason: dropped").says("reason: it is there");
    }
}

/// Text sorts 9 behind 10.
#[test]
fn more_than_nine_attempts() {
    for site in Site::all() {
        site.counting(1);
        site.dbmig(["migrate"]).ok();
        for _ in 0..6 {
            site.dbmig(["redo"]).ok();
        }
        let attempts = "SELECT count(DISTINCT attempt) FROM __dbmig_history WHERE version = '1'";
        assert_eq!(site.column(attempts), ["13"], "{}", site.name());
        let log = site.dbmig(["log", "-n", "14", "--format", "json"]).ok().json();
        let ids: Vec<_> =
            log["attempts"].as_array().unwrap().iter().map(|a| a["id"].as_i64().unwrap()).collect();
        assert!(ids.len() == 14 && ids.is_sorted_by(|a, b| a > b), "{}: {ids:?}", site.name());
    }
}

#[test]
fn who_may_only_read_sees_the_log() {
    let site = Site::new(crate::support::Server::Postgres);
    site.counting(1);
    site.dbmig(["migrate"]).ok();
    let url = format!("{}?options=-c%20default_transaction_read_only%3Don", site.url);
    site.dbmig(["log", "--database-url", &url]).ok().says("applied   1_t");
    site.dbmig(["repair", "--database-url", &url]).ok().says("nothing to repair");
    site.dbmig(["baseline", "--dry-run", "--database-url", &url]).ok().says("nothing to adopt");
}
