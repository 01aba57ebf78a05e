//! PostgreSQL: settings of the session, and the limits of a transaction.

use std::time::Duration;

use super::milliseconds;
use crate::options::RunOptions;
use crate::session::{DbResult, Session};

/// How long a statement waits for a lock, unless the options say otherwise: everybody else queues
/// behind a waiting ALTER TABLE.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Saved {
    /// Settings that the owner of the connection has made on it, the role among them.
    settings: Vec<(String, String)>,
    /// The owner has temporary objects on it.
    has_temporary: bool,
    /// The owner listens on it.
    listens: bool,
}

impl Saved {
    pub(super) fn read(session: &mut dyn Session) -> DbResult<Self> {
        let rows = session.query(
            "SELECT name, setting FROM pg_catalog.pg_settings WHERE source = 'session' \
             UNION ALL SELECT 'role', pg_catalog.current_setting('role') \
             UNION ALL SELECT '', CASE WHEN pg_catalog.pg_my_temp_schema() <> 0 THEN 'temporary' END \
             UNION ALL SELECT '', 'listens' FROM pg_catalog.pg_listening_channels()",
            &[],
        )?;
        let mut saved = Self { settings: vec![], has_temporary: false, listens: false };
        for row in rows {
            let mut row = row.into_iter();
            let (name, value) = (row.next().flatten(), row.next().flatten());
            match (name.as_deref(), value) {
                (Some(""), Some(what)) if what == "listens" => saved.listens = true,
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
                literal(name),
                literal(value)
            ));
        }
        sql
    }
}

/// The limits of statements: with LOCAL they end with the transaction, also behind a pooler.
pub(super) fn limits(options: &RunOptions, local: bool) -> String {
    let lock = milliseconds(options.lock_timeout.unwrap_or(LOCK_TIMEOUT));
    let mut list = vec![
        ("lock_timeout", lock.to_string()),
        // Between the statements of a migration nobody sleeps, but a slow network can look like it.
        ("idle_in_transaction_session_timeout", "0".to_owned()),
    ];
    if let Some(limit) = options.statement_timeout {
        list.push(("statement_timeout", milliseconds(limit).to_string()));
    }
    // Known from 14 on: a server that notices that we are gone stops the statement.
    list.push(("client_connection_check_interval", "2000".to_owned()));
    let names: Vec<_> = list.iter().map(|(name, _)| format!("'{name}'")).collect();
    let values: Vec<_> =
        list.iter().map(|(name, value)| format!("WHEN '{name}' THEN '{value}'")).collect();
    // What a server does not know, or can not do on its platform, is left out.
    format!(
        "SELECT pg_catalog.set_config(name, CASE name {} END, {local}) FROM pg_catalog.pg_settings \
         WHERE name IN ({})",
        values.join(" "),
        names.join(", ")
    )
}

fn literal(text: &str) -> String {
    // With a backslash the E form means the same whatever standard_conforming_strings says.
    match text.contains('\\') {
        true => format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''")),
        false => format!("'{}'", text.replace('\'', "''")),
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
        };
        let sql = saved.settle();
        assert!(sql.contains("set_config('role', 'o''brien', false)"), "{sql}");
        assert!(sql.contains(r"set_config('a.b', E'c\\d', false)"), "{sql}");
        assert!(!sql.contains("DISCARD") && !sql.contains("UNLISTEN"), "{sql}");
    }

    #[test]
    fn limits_of_statements() {
        let options = RunOptions {
            lock_timeout: Some(Duration::ZERO),
            statement_timeout: Some(Duration::from_micros(1)),
            ..RunOptions::default()
        };
        let sql = limits(&options, true);
        assert!(sql.contains("WHEN 'lock_timeout' THEN '0'"), "{sql}");
        assert!(sql.contains("WHEN 'statement_timeout' THEN '1'"), "{sql}");
        assert!(!limits(&RunOptions::default(), true).contains("statement_timeout"));
    }
}
