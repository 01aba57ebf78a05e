//! What an error of MySQL or MariaDB means.

use dbmig_runtime::session::{DbError, DbErrorKind};

use super::local;
use crate::database::interrupt;

pub(super) fn db_error(error: &mysql::Error) -> DbError {
    match error {
        mysql::Error::MySqlError(error) => {
            let mut shown = DbError::new(kind_of(error.code), error.message.clone());
            shown.code = Some(format!("{}, {}", error.code, error.state));
            shown
        }
        mysql::Error::IoError(error) => DbError::new(DbErrorKind::Closed, error.to_string()),
        mysql::Error::CodecError(error) => DbError::new(DbErrorKind::Closed, error.to_string()),
        mysql::Error::DriverError(mysql::DriverError::CouldNotConnect(reason)) => {
            let message = match reason {
                Some((_, reason, _)) => reason.clone(),
                None => "could not connect".to_owned(),
            };
            DbError::new(DbErrorKind::Closed, message)
        }
        mysql::Error::DriverError(mysql::DriverError::TlsNotSupported) => {
            local("server does not support TLS")
        }
        // Without the name of the driver's type around it.
        mysql::Error::DriverError(error) => local(error.to_string()),
        mysql::Error::TlsError(error) => local(error.to_string()),
        other => local(other.to_string()),
    }
}

/// The numbers that both servers use.
fn kind_of(code: u16) -> DbErrorKind {
    match code {
        // ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK, ER_LOCK_NOWAIT
        1205 | 1213 | 3572 => DbErrorKind::Busy,
        // ER_DUP_ENTRY, ER_DUP_ENTRY_WITH_KEY_NAME
        1062 | 1586 => DbErrorKind::Unique,
        // ER_OPTION_PREVENTS_STATEMENT, ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, ER_READ_ONLY_MODE
        1290 | 1792 | 1836 => DbErrorKind::ReadOnly,
        // ER_QUERY_TIMEOUT, ER_STATEMENT_TIMEOUT
        3024 | 1969 => DbErrorKind::Timeout,
        // ER_QUERY_INTERRUPTED: by us, or by somebody who ended the query of another.
        1317 if interrupt::requested() => DbErrorKind::Interrupted,
        1317 => DbErrorKind::Timeout,
        // ER_NO_SUCH_TABLE
        1146 => DbErrorKind::MissingTable,
        // ER_SERVER_SHUTDOWN, ER_CONNECTION_KILLED
        1053 | 1927 => DbErrorKind::Closed,
        _ => DbErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (code, expected) in [
            (1205, DbErrorKind::Busy),
            (1062, DbErrorKind::Unique),
            (1146, DbErrorKind::MissingTable),
            // Nobody has asked this process to stop.
            (1317, DbErrorKind::Timeout),
            (1064, DbErrorKind::Other),
        ] {
            assert_eq!(kind_of(code), expected, "{code}");
        }
    }
}
