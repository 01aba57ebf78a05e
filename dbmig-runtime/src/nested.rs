//! `Nested`: a session inside a transaction of the caller. What the engine takes for transactions are
//! savepoints, and nothing is committed before the caller commits.

use dbmig_build::Dialect;

use crate::session::{DbResult, Found, Row, Session, Value};
use crate::sql;

/// A transaction of the engine.
const STEP: &str = "dbmig_step";
/// A single statement outside of one: on PostgreSQL one that fails would end the caller's transaction.
const CALL: &str = "dbmig_call";

pub(crate) struct Nested<'a> {
    inner: &'a mut dyn Session,
    /// The engine has begun what it takes for a transaction.
    begun: bool,
}

impl<'a> Nested<'a> {
    pub(crate) fn new(inner: &'a mut dyn Session) -> Self {
        Self { inner, begun: false }
    }

    fn guarded<T>(&mut self, call: impl FnOnce(&mut dyn Session) -> DbResult<T>) -> DbResult<T> {
        if self.begun {
            return call(self.inner);
        }
        self.inner.execute(&format!("SAVEPOINT {CALL}"))?;
        let result = call(self.inner);
        let end = if result.is_ok() { release(CALL) } else { back(CALL) };
        let ended = self.inner.execute(&end);
        // The first error is the one to tell.
        result.and_then(|value| ended.map(|()| value))
    }
}

fn release(name: &str) -> String {
    format!("RELEASE SAVEPOINT {name}")
}

fn back(name: &str) -> String {
    format!("ROLLBACK TO SAVEPOINT {name}; RELEASE SAVEPOINT {name}")
}

impl Session for Nested<'_> {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    fn execute(&mut self, sql: &str) -> DbResult<()> {
        let begin = sql::begin(self.dialect());
        if let Some(rest) = sql.strip_prefix(begin).filter(|_| !self.begun) {
            self.inner.execute(&format!("SAVEPOINT {STEP}{rest}"))?;
            self.begun = true;
            return Ok(());
        }
        match sql {
            "COMMIT" | "ROLLBACK" if self.begun => {
                let end = if sql == "COMMIT" { release(STEP) } else { back(STEP) };
                self.inner.execute(&end)?;
                self.begun = false;
                Ok(())
            }
            sql => self.guarded(|inner| inner.execute(sql)),
        }
    }

    fn execute_with(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<usize> {
        self.guarded(|inner| inner.execute_with(sql, values))
    }

    fn query(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<Vec<Row>> {
        self.guarded(|inner| inner.query(sql, values))
    }

    fn find(&mut self, select: &str, most: usize) -> DbResult<Found> {
        self.guarded(|inner| inner.find(select, most))
    }

    /// None but the one that it is meant to be in.
    fn in_transaction(&mut self) -> DbResult<bool> {
        Ok(false)
    }

    fn is_nested(&self) -> bool {
        true
    }

    fn interrupted(&self) -> bool {
        self.inner.interrupted()
    }
}
