//! Creates the three tables, complete from the first release.

use dbmig_build::Dialect;

use diesel::migration::CREATE_MIGRATIONS_TABLE;

use super::{DIESEL_TABLE, FORMAT, History, Tables, stamp};
use crate::session::{DbErrorKind, DbResult, Session, write_transaction};

/// How often the creation is tried: PostgreSQL's IF NOT EXISTS fails when two do it at once.
const TRIES: usize = 5;

/// Creates what is missing, and stamps what is new. Does nothing when `history` has seen everything.
pub(crate) fn ensure_tables(
    session: &mut dyn Session,
    history: &History,
    stamp: Option<&str>,
) -> DbResult<()> {
    if history.has_diesel_table && history.has_own_tables {
        return Ok(());
    }
    let stamp = stamp.filter(|_| !history.has_own_tables);
    let statements = create_statements(session.dialect(), &history.tables);
    let mut tried = 0;
    loop {
        tried += 1;
        // In one transaction, so that no other runner sees half of them; MySQL commits each.
        let result = write_transaction(session, |session| {
            statements.iter().try_for_each(|sql| session.execute(sql))?;
            stamp.map_or(Ok(()), |text| stamp::insert(session, &history.tables, text))
        });
        match result {
            Err(error)
                if session.dialect() == Dialect::Postgres
                    && tried < TRIES
                    && !matches!(error.kind, DbErrorKind::Closed | DbErrorKind::ReadOnly) => {}
            result => return result,
        }
    }
}

/// What creates the tables, each only where it is missing.
pub(crate) fn create_statements(dialect: Dialect, tables: &Tables) -> Vec<String> {
    let types = Types::of(dialect);
    let Types { id, moment, text, long_text, options } = types;
    let insert = match dialect {
        Dialect::Sqlite => "INSERT OR IGNORE",
        Dialect::Postgres => "INSERT",
        Dialect::Mysql => "INSERT IGNORE",
    };
    let conflict = if dialect == Dialect::Postgres { " ON CONFLICT DO NOTHING" } else { "" };
    vec![
        CREATE_MIGRATIONS_TABLE.replacen(DIESEL_TABLE, &tables.diesel(), 1),
        format!(
            "CREATE TABLE IF NOT EXISTS {history} (
    id {id},
    version VARCHAR(50) NOT NULL,
    attempt INTEGER NOT NULL,
    action VARCHAR(16) NOT NULL,
    name VARCHAR(255) NOT NULL,
    stamp VARCHAR(64),
    up_digest VARCHAR(80),
    up_tokens VARCHAR(80),
    down_digest VARCHAR(80),
    metadata_digest VARCHAR(80),
    settings {text},
    mode VARCHAR(8) NOT NULL,
    state VARCHAR(16) NOT NULL,
    statements_total INTEGER NOT NULL,
    statements_done INTEGER NOT NULL,
    done_digest VARCHAR(80),
    intent INTEGER NOT NULL,
    intent_digest VARCHAR(80),
    down_sql {long_text},
    batch INTEGER NOT NULL,
    runner VARCHAR(64) NOT NULL,
    host VARCHAR(255),
    backend VARCHAR(64),
    tool VARCHAR(64) NOT NULL,
    started_at {moment} NOT NULL,
    finished_at {moment},
    reason {text},
    error {text},
    UNIQUE (version, attempt)
){options}",
            history = tables.history(),
        ),
        format!(
            "CREATE TABLE IF NOT EXISTS {state} (
    kind VARCHAR(32) NOT NULL,
    name VARCHAR(255) NOT NULL,
    value {text} NOT NULL,
    updated_at {moment} NOT NULL DEFAULT CURRENT_TIMESTAMP{precision},
    PRIMARY KEY (kind, name)
){options}",
            state = tables.state(),
            precision = if dialect == Dialect::Mysql { "(3)" } else { "" },
        ),
        format!(
            "{insert} INTO {state} (kind, name, value) VALUES ('format', 'history', '{FORMAT}'){conflict}",
            state = tables.state(),
        ),
    ]
}

/// What the same column is called in each dialect.
struct Types {
    id: &'static str,
    moment: &'static str,
    text: &'static str,
    /// A whole `down.sql`.
    long_text: &'static str,
    options: &'static str,
}

impl Types {
    const fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Sqlite => Self {
                id: "INTEGER PRIMARY KEY",
                moment: "TIMESTAMP",
                text: "TEXT",
                long_text: "TEXT",
                options: "",
            },
            Dialect::Postgres => Self {
                id: "BIGSERIAL PRIMARY KEY",
                moment: "TIMESTAMP",
                text: "TEXT",
                long_text: "TEXT",
                options: "",
            },
            // Binary, since versions are: and transactional, whatever the server's default is.
            Dialect::Mysql => Self {
                id: "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
                moment: "DATETIME(3)",
                text: "TEXT",
                long_text: "LONGTEXT",
                options: " ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            },
        }
    }
}
