//! What the session is like before, between, and after the steps of a script, as the engine has it.

use dbmig_build::Dialect;
use dbmig_build::sql::StatementKind;

use crate::history::Tables;
use crate::runner::batch::Batch;

/// Back to what the server gives a new session. What only one of the two servers knows stands in a comment
/// that only that one executes.
///
/// Not by DEFAULT, which on MySQL turns the bits around.
const MYSQL: &str = "UNLOCK TABLES;
SET SESSION autocommit = 1, completion_type = @@GLOBAL.completion_type, \
default_storage_engine = @@GLOBAL.default_storage_engine, \
div_precision_increment = @@GLOBAL.div_precision_increment, \
foreign_key_checks = @@GLOBAL.foreign_key_checks, group_concat_max_len = @@GLOBAL.group_concat_max_len, \
innodb_lock_wait_timeout = @@GLOBAL.innodb_lock_wait_timeout, \
lock_wait_timeout = @@GLOBAL.lock_wait_timeout, sql_mode = @@GLOBAL.sql_mode, \
sql_notes = @@GLOBAL.sql_notes, sql_safe_updates = @@GLOBAL.sql_safe_updates, \
sql_select_limit = @@GLOBAL.sql_select_limit, unique_checks = @@GLOBAL.unique_checks\
/*!50720 , max_execution_time = @@GLOBAL.max_execution_time, \
transaction_isolation = @@GLOBAL.transaction_isolation, \
transaction_read_only = @@GLOBAL.transaction_read_only */\
/*M! , max_statement_time = @@GLOBAL.max_statement_time, tx_isolation = @@GLOBAL.tx_isolation, \
tx_read_only = @@GLOBAL.tx_read_only */;
";
/// Who has connected, then the role that the options of the connection name.
const POSTGRES: &str = "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL;";
const SQLITE: &str = "PRAGMA defer_foreign_keys = OFF; PRAGMA ignore_check_constraints = OFF; \
PRAGMA legacy_alter_table = OFF; PRAGMA recursive_triggers = OFF; \
PRAGMA reverse_unordered_selects = OFF; PRAGMA query_only = OFF; PRAGMA writable_schema = OFF;
";

pub(super) struct Session<'a> {
    pub(super) dialect: Dialect,
    /// What every session of the database begins with.
    pub(super) sql: &'a str,
}

impl Session<'_> {
    /// What the first step finds. What somebody has set by hand would hold for this one alone: on
    /// PostgreSQL another schema, and another history, for those after it.
    pub(super) fn first(&self) -> String {
        match self.dialect {
            Dialect::Postgres => self.renew_within(),
            Dialect::Sqlite | Dialect::Mysql => self.begin(),
        }
    }

    /// What every step finds.
    fn begin(&self) -> String {
        let own = match self.dialect {
            Dialect::Sqlite => "PRAGMA foreign_keys = ON;\n",
            Dialect::Postgres => "SET client_encoding = 'UTF8';\n",
            // The collation is the one of the engine's connections.
            Dialect::Mysql => "SET NAMES utf8mb4 COLLATE utf8mb4_general_ci;\n",
        };
        let mut begin = own.to_owned();
        if !self.sql.trim().is_empty() {
            super::file::push_lines(&mut begin, self.sql.trim_end(), self.dialect);
        }
        begin
    }

    /// The same, after a file that may have changed it.
    pub(super) fn renew(&self, tables: &Tables) -> String {
        let begin = self.begin();
        match self.dialect {
            Dialect::Sqlite => format!("{SQLITE}{begin}"),
            Dialect::Postgres => format!("{POSTGRES} UNLISTEN *; DISCARD TEMP;\n{begin}"),
            Dialect::Mysql => {
                let database = tables.place().trim_end_matches('.');
                let database = match database.is_empty() {
                    true => String::new(),
                    false => format!("USE {database};\n"),
                };
                format!("{MYSQL}{begin}{database}")
            }
        }
    }

    /// The same, where temporary tables may still be in use.
    pub(super) fn renew_within(&self) -> String {
        format!("{POSTGRES}\n{}", self.begin())
    }

    /// Nothing in the file can have changed the session.
    ///
    /// On PostgreSQL a function, or a temporary table, leaves things behind as well.
    pub(super) fn is_clean_after(&self, batch: &Batch<'_>) -> bool {
        use StatementKind::{Ddl, Dml};
        !batch.is_whole()
            && match self.dialect {
                Dialect::Sqlite => !batch.changes_session(),
                Dialect::Postgres => false,
                Dialect::Mysql => batch.kinds().all(|kind| matches!(kind, Ddl | Dml)),
            }
    }

    /// PostgreSQL: the record is not that of a role that the file has taken, and it goes into the right
    /// schema, which without its name any `set_config` can have hidden.
    pub(super) fn must_be_renewed_within(&self, batch: &Batch<'_>, tables: &Tables) -> bool {
        self.dialect == Dialect::Postgres && (batch.changes_session() || tables.is_unknown())
    }
}
