//! `Migration`: one directory of a set, verified, with its digests.

use std::borrow::Cow;

use crate::{Digest, Settings, Version};

/// The digests of a migration's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    /// Of `up.sql`.
    pub up: Digest,
    /// Of `down.sql`, where there is one.
    pub down: Option<Digest>,
    /// Of `metadata.toml`, where there is one.
    pub metadata: Option<Digest>,
    /// Of `backfill.sql`, where there is one.
    pub backfill: Option<Digest>,
}

/// Whether the lock file knows a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Recorded in the lock with these bytes, or reformatted since.
    Locked,
    /// Recorded in the lock with other content.
    Modified,
    /// Not in the lock yet: may be edited at will.
    Draft,
}

/// One migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// What the database records.
    pub version: Version,
    /// The directory, which is the name that Diesel shows.
    pub dir_name: Cow<'static, str>,
    /// `up.sql`, without a byte order mark.
    pub up: Cow<'static, str>,
    /// `down.sql`, without a byte order mark.
    pub down: Option<Cow<'static, str>>,
    /// `backfill.sql`, without a byte order mark: rows that are changed in windows.
    pub backfill: Option<Cow<'static, str>>,
    /// How it wants to be run.
    pub settings: Settings,
    /// The digests of its files.
    pub digests: Digests,
    /// Whether the lock knows it.
    pub standing: Standing,
}

impl Migration {
    /// The part of the directory name behind the version; empty where there is none.
    pub fn label(&self) -> &str {
        crate::version::label_of(&self.dir_name)
    }

    /// The statements that change the database: those of the backfill, where there is one.
    pub fn changes(&self) -> &str {
        self.backfill.as_deref().unwrap_or(&self.up)
    }

    /// Not in the lock yet.
    pub fn is_draft(&self) -> bool {
        self.standing == Standing::Draft
    }
}
