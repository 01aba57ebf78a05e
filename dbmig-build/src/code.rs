//! `Code`: every finding there is, with its name and its default severity.

use std::fmt;

use crate::Severity;

/// What a rule looks after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Without it there is no set: holds for all migrations, can not be switched off.
    Integrity,
    /// The agreement between directory and lock file: can not be switched off.
    Lock,
    /// How new migrations are written: silent before `start_after`, levels set by `[lints]`.
    Habit,
}

macro_rules! codes {
    ($($variant:ident = $name:literal, $group:ident, $severity:ident, $title:literal;)*) => {
        /// The kind of a finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $title] $variant,)*
        }

        impl Code {
            /// Every code, by name.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name that users see and type.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What the rule looks after.
            pub const fn group(self) -> Group {
                match self { $(Self::$variant => Group::$group,)* }
            }

            /// The severity where `[lints]` says nothing.
            pub const fn default_severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// One line for lists.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

codes! {
    AllowWithoutReason = "allow-without-reason", Habit, Error, "A `dbmig:allow` gives no reason.";
    BackfillMissing = "backfill-missing", Habit, Error, "An `up.sql` stops Diesel, and there is no `backfill.sql`.";
    BackfillUp = "backfill-up", Habit, Error, "Beside a `backfill.sql` stands another `up.sql` than the one that stops Diesel.";
    BaseChanged = "base-changed", Lock, Error, "A migration that is on the base branch was changed.";
    BaseUnknown = "base-unknown", Lock, Warning, "The base branch can not be compared with.";
    ByteOrderMark = "byte-order-mark", Habit, Warning, "A file starts with a byte order mark.";
    ClientCommand = "client-command", Habit, Error, "A statement is for a database's own client.";
    Draft = "draft", Lock, Error, "A migration is not locked yet.";
    DuplicateVersion = "duplicate-version", Integrity, Error, "Two migrations have the same version.";
    EmptyUp = "empty-up", Habit, Error, "An `up.sql` holds no statement.";
    InvalidAssertion = "invalid-assertion", Habit, Error, "A `dbmig:assert` can not be asked.";
    InvalidBackfill = "invalid-backfill", Habit, Error, "A `backfill.sql` is not in order.";
    InvalidMetadata = "invalid-metadata", Habit, Error, "A `metadata.toml` is not in order.";
    InvalidName = "invalid-name", Habit, Error, "A directory name gives no usable version.";
    InvalidPrecondition = "invalid-precondition", Habit, Error, "A precondition can not be asked.";
    InvalidRequires = "invalid-requires", Habit, Error, "A migration requires a backfill that is not before it.";
    LateConflict = "late-conflict", Lock, Error, "A late migration conflicts with a locked one.";
    LateDraft = "late-draft", Lock, Warning, "A draft sorts before a locked migration.";
    LateOpaque = "late-opaque", Lock, Warning, "Nobody can tell whether a late migration conflicts.";
    LinkOutside = "link-outside", Habit, Error, "A link leads out of the migrations directory.";
    LockConflict = "lock-conflict", Lock, Error, "The lock file holds merge conflict markers.";
    LockMalformed = "lock-malformed", Lock, Error, "The lock file is damaged.";
    LockMissing = "lock-missing", Lock, Error, "There is no lock file.";
    LockUnsupported = "lock-unsupported", Lock, Error, "The lock file has another format.";
    MetadataNotRead = "metadata-not-read", Habit, Warning, "A line of a `metadata.toml` is not read by the build.";
    MetadataTransactionMissing = "metadata-transaction-missing", Habit, Error, "A `metadata.toml` does not say `run_in_transaction`.";
    MissingDown = "missing-down", Habit, Error, "A migration has no way back.";
    MissingUp = "missing-up", Integrity, Error, "A directory has no `up.sql`.";
    Modified = "modified", Lock, Error, "A migration was edited after it was locked.";
    NeedsNoTransaction = "needs-no-transaction", Habit, Error, "A statement does not run inside a transaction.";
    NoTransactionMixed = "no-transaction-mixed", Habit, Warning, "Several statements run outside a transaction.";
    NulByte = "nul-byte", Integrity, Error, "A file holds a NUL byte.";
    NotUtf8 = "not-utf8", Integrity, Error, "A file is not UTF-8.";
    PolicyStale = "policy-stale", Lock, Warning, "The lock file holds other decisions than the configuration.";
    ProofFailed = "proof-failed", Lock, Error, "A way back was tried, and refused.";
    ProofMissing = "proof-missing", Lock, Error, "Nobody has proved a way back.";
    ProofVoid = "proof-void", Lock, Error, "A way back was proved for other texts.";
    Reformatted = "reformatted", Lock, Note, "A locked migration differs in white space and comments only.";
    Removed = "removed", Lock, Error, "A locked migration is gone.";
    Renamed = "renamed", Lock, Warning, "The directory of a locked migration has another name.";
    RepeatableChanged = "repeatable-changed", Lock, Error, "A repeatable migration is not what was locked.";
    SchemaRsChanged = "schema-rs-changed", Lock, Error, "A `schema.rs` is not what was locked.";
    SeedChanged = "seed-changed", Lock, Error, "A reference seed is not what was locked.";
    SeedColumn = "seed-column", Integrity, Error, "A seed and its table do not have the same columns.";
    SeedCondition = "seed-condition", Integrity, Error, "A row of a seed does not meet a condition of its table.";
    SeedDuplicate = "seed-duplicate", Integrity, Error, "A row of a seed has a key that is taken.";
    SeedForm = "seed-form", Integrity, Error, "A seed can not be read.";
    SeedParent = "seed-parent", Integrity, Error, "A row of a seed has no parent.";
    SeedValue = "seed-value", Integrity, Error, "A cell of a seed is not what its column takes.";
    SessionSetting = "session-setting", Habit, Warning, "A setting outlasts the migration.";
    SkipConflict = "skip-conflict", Habit, Error, "A migration builds on one that may be skipped.";
    StraySql = "stray-sql", Habit, Warning, "A plain `.sql` file stands beside the migrations.";
    TodoLeft = "todo-left", Habit, Error, "A `dbmig:todo` was left.";
    TransactionControl = "transaction-control", Habit, Error, "A migration begins or ends a transaction by itself.";
    UnknownDirective = "unknown-directive", Habit, Error, "A `dbmig:` comment is not known.";
    UnknownLint = "unknown-lint", Habit, Warning, "A lint level or a `dbmig:allow` names no code.";
    Unreadable = "unreadable", Integrity, Error, "Something could not be read.";
    UnsureSplit = "unsure-split", Habit, Warning, "A text can not be cut into statements with certainty.";
    UnusedAllow = "unused-allow", Habit, Warning, "A `dbmig:allow` silences nothing.";
    UnusualName = "unusual-name", Habit, Warning, "A directory name holds unusual characters.";
}

impl Code {
    /// Whether `cargo dbmig lock` settles it, because the file is meant to be edited: the build warns,
    /// and only `check` and protected environments refuse it.
    pub const fn is_settled_by_lock(self) -> bool {
        matches!(self, Self::Draft | Self::RepeatableChanged | Self::SeedChanged)
    }

    /// Whether it is about proofs: a run mends nothing of it, and `cargo dbmig prove` does.
    pub const fn is_about_proof(self) -> bool {
        matches!(self, Self::ProofFailed | Self::ProofMissing | Self::ProofVoid)
    }

    /// Finds a code by its name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_come_back() {
        for &code in Code::ALL {
            let name = code.as_str();
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{name}"
            );
            assert_eq!(Code::by_name(name), Some(code));
            assert!(code.title().ends_with('.'), "{name}");
        }
        assert_eq!(Code::by_name("nothing"), None);
    }
}
