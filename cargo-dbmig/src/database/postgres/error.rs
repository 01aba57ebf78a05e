//! What an error of PostgreSQL means.

use std::error::Error as _;

use dbmig_runtime::session::{DbError, DbErrorKind};
use postgres::error::ErrorPosition;

use super::broken;

/// An error of a statement.
pub(super) fn db_error(error: &postgres::Error, sql: &str) -> DbError {
    let Some(db) = error.as_db_error() else {
        // The connection ended, or never spoke the protocol.
        let message = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        return match error.is_closed() || error.source().is_some() {
            true => broken(message),
            false => DbError::new(DbErrorKind::Other, message),
        };
    };
    let mut context = db.where_().map(str::to_owned);
    let position = match db.position() {
        // Counted in characters, from 1, over all that was sent.
        Some(ErrorPosition::Original(at)) => {
            let index = usize::try_from(*at).unwrap_or(1).saturating_sub(1);
            Some(sql.char_indices().nth(index).map_or(sql.len(), |(offset, _)| offset))
        }
        Some(ErrorPosition::Internal { query, .. }) => {
            let inner = format!("in `{}`", query.trim());
            context = Some(context.map_or(inner.clone(), |context| format!("{inner}, {context}")));
            None
        }
        None => None,
    };
    DbError {
        kind: kind_of(db.code().code()),
        code: Some(db.code().code().to_owned()),
        message: db.message().to_owned(),
        detail: db.detail().map(str::to_owned),
        hint: db.hint().map(str::to_owned),
        context,
        position,
    }
}

/// An error before there was a connection.
pub(super) fn of_connecting(error: &postgres::Error) -> DbError {
    match error.as_db_error() {
        Some(_) => db_error(error, ""),
        None => {
            let message = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            // The server is there: waiting for it changes nothing.
            let refused = is_tls(error) || message.contains("does not support TLS");
            match refused {
                true => DbError::new(DbErrorKind::Other, message),
                false => broken(message),
            }
        }
    }
}

/// Whether it failed while TLS was set up, and so before anything was sent.
pub(super) fn is_tls(error: &postgres::Error) -> bool {
    let source = error.source().and_then(|source| source.downcast_ref::<std::io::Error>());
    source.and_then(std::io::Error::get_ref).is_some_and(|inner| inner.is::<rustls::Error>())
}

/// SQLSTATE, by appendix A of PostgreSQL's manual.
fn kind_of(code: &str) -> DbErrorKind {
    match code {
        // lock_not_available, deadlock_detected, serialization_failure
        "55P03" | "40P01" | "40001" => DbErrorKind::Busy,
        "23505" => DbErrorKind::Unique,
        "25006" => DbErrorKind::ReadOnly,
        "57014" => DbErrorKind::Timeout,
        "42P01" => DbErrorKind::MissingTable,
        // admin_shutdown, crash_shutdown, cannot_connect_now, idle_session_timeout
        "57P01" | "57P02" | "57P03" | "57P05" => DbErrorKind::Closed,
        code if code.starts_with("08") => DbErrorKind::Closed,
        _ => DbErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for (code, expected) in [
            ("55P03", DbErrorKind::Busy),
            ("57P01", DbErrorKind::Closed),
            ("08006", DbErrorKind::Closed),
            ("42601", DbErrorKind::Other),
        ] {
            assert_eq!(kind_of(code), expected, "{code}");
        }
    }
}
