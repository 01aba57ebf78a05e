//! MySQL and MariaDB: variables of the session, and its database.

use std::time::Duration;

use crate::options::RunOptions;
use crate::session::{DbResult, Session};
use crate::sql::quoted;
use dbmig_build::Dialect;

/// How long a statement waits for a lock, unless the options say otherwise: the migration should be the
/// one that gives way.
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// Variables that a migration can change for those after it. Where the two servers differ, both names:
/// what a server does not know it does not show.
const VARIABLES: [&str; 24] = [
    "autocommit",
    "character_set_client",
    "character_set_connection",
    "character_set_results",
    "collation_connection",
    "completion_type",
    "default_storage_engine",
    "div_precision_increment",
    "foreign_key_checks",
    "group_concat_max_len",
    "innodb_lock_wait_timeout",
    "lock_wait_timeout",
    "max_execution_time",
    "max_statement_time",
    "sql_mode",
    "sql_notes",
    "sql_safe_updates",
    "sql_select_limit",
    "time_zone",
    "transaction_isolation",
    "transaction_read_only",
    "tx_isolation",
    "tx_read_only",
    "unique_checks",
];

#[derive(Debug)]
pub(super) struct Saved {
    variables: Vec<(String, String)>,
    database: Option<String>,
}

impl Saved {
    pub(super) fn read(session: &mut dyn Session) -> DbResult<Self> {
        let list = VARIABLES.map(|name| format!("'{name}'")).join(", ");
        // SHOW needs no view that one of the two lacks.
        let rows =
            session.query(&format!("SHOW VARIABLES WHERE Variable_name IN ({list})"), &[])?;
        let variables = rows
            .into_iter()
            .filter_map(|row| {
                let mut row = row.into_iter();
                Some((row.next()??, row.next()??))
            })
            .collect();
        let rows = session.query("SELECT DATABASE()", &[])?;
        let database = rows.into_iter().next().and_then(|row| row.into_iter().next().flatten());
        Ok(Self { variables, database })
    }

    /// The limits of every step, on top of what the connection had.
    pub(super) fn settle(&self, options: &RunOptions) -> String {
        let seconds = options.lock_timeout.unwrap_or(LOCK_TIMEOUT);
        let seconds = match seconds.is_zero() {
            // The longest that both take: there is no "for ever".
            true => 31_536_000,
            false => seconds.as_millis().div_ceil(1000),
        };
        self.assign(|name, value| {
            match name {
                "lock_wait_timeout" | "innodb_lock_wait_timeout" => Some(seconds.to_string()),
                // Milliseconds of a SELECT on MySQL, seconds of anything on MariaDB.
                "max_execution_time" => {
                    options.statement_timeout.map(|limit| limit.as_millis().to_string())
                }
                "max_statement_time" => {
                    options.statement_timeout.map(|limit| format!("{:.3}", limit.as_secs_f64()))
                }
                _ => None,
            }
            .unwrap_or_else(|| value.to_owned())
        })
    }

    pub(super) fn restore(&self) -> String {
        self.assign(|_, value| value.to_owned())
    }

    fn assign(&self, value_of: impl Fn(&str, &str) -> String) -> String {
        let list: Vec<_> = self
            .variables
            .iter()
            .map(|(name, value)| {
                let value = value_of(name, value);
                // The one text that may be empty.
                let text = if name == "sql_mode" { format!("'{value}'") } else { literal(&value) };
                format!("SESSION {name} = {text}")
            })
            .collect();
        let mut sql = String::from("UNLOCK TABLES");
        if !list.is_empty() {
            sql.push_str(&format!("; SET {}", list.join(", ")));
        }
        if let Some(database) = &self.database {
            sql.push_str(&format!("; USE {}", quoted(Dialect::Mysql, database)));
        }
        sql
    }
}

/// Numbers and ON/OFF bare, everything else as text.
fn literal(value: &str) -> String {
    let number = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match number || matches!(value, "ON" | "OFF") {
        true => value.to_owned(),
        // How `character_set_results` shows that nothing is converted; text variables are not empty.
        false if value.is_empty() => "NULL".to_owned(),
        // Whatever NO_BACKSLASH_ESCAPES says: hexadecimal text has no escapes.
        false if value.contains(['\\', '\'']) => {
            let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
            format!("_utf8mb4 x'{hex}'")
        }
        false => format!("'{value}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_they_are_assigned() {
        for (value, expected) in [
            ("ON", "ON"),
            ("31536000", "31536000"),
            ("0.500000", "0.500000"),
            ("STRICT_TRANS_TABLES,ANSI", "'STRICT_TRANS_TABLES,ANSI'"),
            ("", "NULL"),
            ("a'b", "_utf8mb4 x'612762'"),
        ] {
            assert_eq!(literal(value), expected);
        }
    }

    #[test]
    fn limits_of_statements() {
        let saved = Saved {
            variables: [("lock_wait_timeout", "86400"), ("sql_mode", "ANSI")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            database: Some("a`b".into()),
        };
        assert_eq!(
            saved.settle(&RunOptions::default()),
            "UNLOCK TABLES; SET SESSION lock_wait_timeout = 5, SESSION sql_mode = 'ANSI'; USE `a``b`"
        );
        assert_eq!(
            saved.restore(),
            "UNLOCK TABLES; SET SESSION lock_wait_timeout = 86400, SESSION sql_mode = 'ANSI'; USE `a``b`"
        );
    }
}
