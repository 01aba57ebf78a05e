//! PostgreSQL: settings of the session, and the limits of a transaction.

use std::time::Duration;

use dbmig_build::Dialect;

use super::milliseconds;
use crate::options::RunOptions;
use crate::session::{DbResult, Session};
use crate::sql::literal;

/// How long a statement waits for a lock, unless the options say otherwise: everybody else queues
/// behind a waiting ALTER TABLE.
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Saved {
    /// Settings that the owner of the connection has made on it, the role among them.
    settings: Vec<(String, String)>,
    /// The owner has temporary objects on it.
    has_temporary: bool,
    /// The owner listens on it.
    listens: bool,
    /// The server can notice that we are gone while a statement runs: known from 14 on.
    notices: bool,
}

impl Saved {
    pub(super) fn read(session: &mut dyn Session) -> DbResult<Self> {
        // The schema for temporary objects stays when they are gone.
        let rows = session.query(
            "SELECT name, setting FROM pg_catalog.pg_settings WHERE source = 'session' \
             UNION ALL SELECT 'role', pg_catalog.current_setting('role') \
             UNION ALL SELECT '', CASE WHEN pg_catalog.pg_my_temp_schema() = 0 THEN NULL \
             WHEN EXISTS (SELECT FROM pg_catalog.pg_class WHERE relnamespace = pg_catalog.pg_my_temp_schema()) \
             OR EXISTS (SELECT FROM pg_catalog.pg_proc WHERE pronamespace = pg_catalog.pg_my_temp_schema()) \
             OR EXISTS (SELECT FROM pg_catalog.pg_type WHERE typnamespace = pg_catalog.pg_my_temp_schema()) \
             THEN 'temporary' END \
             UNION ALL SELECT '', 'listens' FROM pg_catalog.pg_listening_channels() \
             UNION ALL SELECT '', 'notices' FROM pg_catalog.pg_settings \
             WHERE name = 'client_connection_check_interval'",
            &[],
        )?;
        let mut saved =
            Self { settings: vec![], has_temporary: false, listens: false, notices: false };
        for row in rows {
            let mut row = row.into_iter();
            let (name, value) = (row.next().flatten(), row.next().flatten());
            match (name.as_deref(), value) {
                (Some(""), Some(what)) if what == "listens" => saved.listens = true,
                (Some(""), Some(what)) if what == "notices" => saved.notices = true,
                (Some(""), Some(_)) => saved.has_temporary = true,
                (Some(name), Some(value)) => saved.settings.push((name.to_owned(), value)),
                _ => {}
            }
        }
        Ok(saved)
    }

    /// What DISCARD ALL does, without the prepared statements that a driver knows of, and with what the
    /// owner of the connection has set.
    pub(super) fn settle(&self) -> String {
        let mut sql = String::from("RESET SESSION AUTHORIZATION; RESET ALL");
        if !self.listens {
            sql.push_str("; UNLISTEN *");
        }
        if !self.has_temporary {
            sql.push_str("; DISCARD TEMP");
        }
        for (name, value) in &self.settings {
            sql.push_str(&format!(
                "; SELECT pg_catalog.set_config({}, {}, false)",
                literal(Dialect::Postgres, name),
                literal(Dialect::Postgres, value)
            ));
        }
        sql
    }
}

impl Saved {
    /// The limits of statements: with LOCAL they end with the transaction, also behind a pooler.
    pub(super) fn limits(&self, options: &RunOptions, local: bool) -> String {
        let lock = milliseconds(options.lock_timeout.unwrap_or(LOCK_TIMEOUT));
        let statement = options.statement_timeout.map(milliseconds);
        let list = [
            ("lock_timeout", Some(lock)),
            // Between the statements of a migration nobody sleeps, but a slow network can look like it.
            ("idle_in_transaction_session_timeout", Some(0)),
            ("statement_timeout", statement),
            // A server that notices that we are gone stops the statement.
            ("client_connection_check_interval", self.notices.then_some(2000)),
        ];
        let scope = if local { "SET LOCAL" } else { "SET" };
        let set = |(name, value): (&str, Option<u128>)| {
            value.map(|value| format!("{scope} {name} = {value}"))
        };
        list.into_iter().filter_map(set).collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_is_set_again() {
        let saved = Saved {
            settings: vec![("role".into(), "o'brien".into()), ("a.b".into(), r"c\d".into())],
            has_temporary: true,
            listens: true,
            notices: false,
        };
        let sql = saved.settle();
        assert!(sql.contains("set_config('role', 'o''brien', false)"), "{sql}");
        assert!(sql.contains(r"set_config('a.b', E'c\\d', false)"), "{sql}");
        assert!(!sql.contains("DISCARD") && !sql.contains("UNLISTEN"), "{sql}");
    }

    #[test]
    fn limits_of_statements() {
        let saved =
            |notices| Saved { settings: vec![], has_temporary: false, listens: false, notices };
        let options = RunOptions {
            lock_timeout: Some(Duration::ZERO),
            statement_timeout: Some(Duration::from_micros(1)),
            ..RunOptions::default()
        };
        assert_eq!(
            saved(true).limits(&options, true),
            "SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
             SET LOCAL statement_timeout = 1; SET LOCAL client_connection_check_interval = 2000"
        );
        assert_eq!(
            saved(false).limits(&RunOptions::default(), false),
            "SET lock_timeout = 2000; SET idle_in_transaction_session_timeout = 0"
        );
    }
}
