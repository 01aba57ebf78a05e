//! The stamp that keeps a database, whatever a file says.

use dbmig_build::Dialect;
use dbmig_runtime::history::{self, find_stamp, protect, unprotect};
use dbmig_runtime::plan::{self, Rules, Target};
use dbmig_runtime::{RunOptions, Session as _, Silent, runner};

use crate::support::{memory, revert, tables, texts, users_and_posts};

const OURS: [&str; 3] = ["__dbmig_history", "__dbmig_state", "__diesel_schema_migrations"];

#[test]
fn a_database_is_stamped_and_not_any_more() {
    let mut conn = memory();
    assert_eq!(find_stamp(&mut conn).unwrap(), None);
    assert!(!unprotect(&mut conn).unwrap());
    assert!(tables(&mut conn).is_empty(), "looking creates nothing");
    assert!(protect(&mut conn, "production").unwrap());
    assert_eq!(tables(&mut conn), OURS);
    assert!(!protect(&mut conn, "production").unwrap(), "it says so already");
    assert!(protect(&mut conn, "staging (it's ours)").unwrap());
    for stamp in [find_stamp(&mut conn).unwrap(), history::read(&mut conn).unwrap().stamp] {
        assert_eq!(stamp.as_deref(), Some("staging (it's ours)"));
    }
    assert!(unprotect(&mut conn).unwrap());
    assert_eq!(find_stamp(&mut conn).unwrap(), None);
    assert_eq!(history::read(&mut conn).unwrap().stamp, None);
    assert!(protect(&mut conn, "production").unwrap(), "the tables are there already");
    assert_eq!(find_stamp(&mut conn).unwrap().as_deref(), Some("production"));
}

/// As a runner on MySQL leaves it that was stopped between two of its tables.
#[test]
fn a_table_that_is_missing_is_created_again() {
    let set = users_and_posts();
    for table in OURS {
        let mut conn = memory();
        protect(&mut conn, "production").unwrap();
        conn.execute(&format!("DROP TABLE {table}")).unwrap();
        assert!(protect(&mut conn, "staging").unwrap(), "{table}");
        conn.execute(&format!("DROP TABLE {table}")).unwrap();
        let history = history::read(&mut conn).unwrap();
        let all = Target::All;
        let plan = plan::plan_apply(&set, &history, Dialect::Sqlite, &all, &Rules::default());
        let options = RunOptions::default();
        runner::run(&mut conn, &set, &history, &plan.unwrap(), &options, &mut Silent).unwrap();
        revert(&mut conn, &set, &Target::All).unwrap();
        assert_eq!(tables(&mut conn), OURS, "{table}");
    }
}

#[test]
fn the_run_that_creates_the_tables_stamps_them() {
    let set = users_and_posts();
    let options = RunOptions { stamp: Some("production".into()), ..RunOptions::default() };
    for (first, expected) in [(&options, Some("production")), (&RunOptions::default(), None)] {
        let mut conn = memory();
        for (target, options) in [(Target::Steps(1), first), (Target::All, &options)] {
            let history = history::read(&mut conn).unwrap();
            let plan =
                plan::plan_apply(&set, &history, Dialect::Sqlite, &target, &Rules::default())
                    .unwrap();
            runner::run(&mut conn, &set, &history, &plan, options, &mut Silent).unwrap();
            // The second run finds the tables: what was taken off, or never put on, stays so.
            assert_eq!(find_stamp(&mut conn).unwrap().as_deref(), expected);
        }
        revert(&mut conn, &set, &Target::All).unwrap();
        assert_eq!(find_stamp(&mut conn).unwrap().as_deref(), expected, "a revert keeps it");
        assert_eq!(
            texts(&mut conn, "SELECT count(*) FROM __dbmig_state WHERE kind = 'format'"),
            ["1"]
        );
    }
}
