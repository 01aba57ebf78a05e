//! What a migration costs: calls to the server, counted, and none that grows with the history.

use std::cell::RefCell;
use std::rc::Rc;

use dbmig_runtime::session::{DbResult, Row, Session, Value};
use dbmig_runtime::{Dialect, RunOptions};

use super::kill_matrix::{migrate_with, set};
use super::{Site, open, servers};

/// Notes every statement that is sent.
struct Noting {
    inner: Box<dyn Session>,
    sent: Rc<RefCell<Vec<String>>>,
}

impl Session for Noting {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    fn execute(&mut self, sql: &str) -> DbResult<()> {
        self.sent.borrow_mut().push(sql.to_owned());
        self.inner.execute(sql)
    }

    fn execute_with(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<usize> {
        self.sent.borrow_mut().push(sql.to_owned());
        self.inner.execute_with(sql, values)
    }

    fn query(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<Vec<Row>> {
        self.sent.borrow_mut().push(sql.to_owned());
        self.inner.query(sql, values)
    }

    fn query_after(&mut self, script: &str, sql: &str) -> DbResult<Vec<Row>> {
        self.sent.borrow_mut().push(format!("{script}; {sql}"));
        self.inner.query_after(script, sql)
    }

    fn in_transaction(&mut self) -> DbResult<bool> {
        self.inner.in_transaction()
    }
}

/// What a run of so many migrations of two statements sends.
fn sent_by(site: &Site, count: usize) -> Vec<String> {
    super::reset(site);
    let texts: Vec<_> = (0..count)
        .map(|n| {
            let up = format!("CREATE TABLE t{n} (id INT);\nCREATE INDEX i{n} ON t{n} (id);\n");
            (format!("{n}_t"), up)
        })
        .collect();
    let migrations: Vec<_> =
        texts.iter().map(|(name, up)| (name.as_str(), up.as_str(), true)).collect();
    let set = set(&migrations, site.session().dialect());
    let sent = Rc::new(RefCell::new(vec![]));
    let mut noting = Noting { inner: open(&site.url), sent: sent.clone() };
    migrate_with(&mut noting, &set, &RunOptions::default()).expect("a run");
    drop(noting);
    sent.take()
}

#[test]
fn a_migration_costs_so_many_calls_however_many_there_are() {
    for server in servers() {
        let site = Site::new(server);
        let (five, six) = (sent_by(&site, 5), sent_by(&site, 6));
        let expected = match site.session().dialect() {
            // put back and begin and lock, version and last attempt, two statements, record, commit
            Dialect::Postgres => 6,
            // begin, look, number, record, commit; statement, journal, statement; put back, begin, version,
            // record, commit
            _ => 13,
        };
        let about = format!("{}:\n{}", site.name(), six.join("\n"));
        assert_eq!(six.len() - five.len(), expected, "{about}");
        // Two looks at all of the history at most: before the plan, and under the lock.
        let whole = six.iter().filter(|sql| sql.contains("GROUP BY version")).count();
        assert!(whole <= 2, "{whole} of {about}");
    }
}
