//! `EmbeddedSet`: the set that the build script verified, inside the binary.

use std::sync::OnceLock;

use dbmig_build::MigrationSet;
use dbmig_build::blob::{self, BlobError};

/// An embedded set; `include_migrations!()` defines one as `MIGRATIONS`.
#[derive(Debug)]
pub struct EmbeddedSet {
    blob: &'static str,
    set: OnceLock<Result<MigrationSet, BlobError>>,
}

impl EmbeddedSet {
    /// Takes what `dbmig-build` wrote. Read on first use, without copying the texts.
    pub const fn new(blob: &'static str) -> Self {
        Self { blob, set: OnceLock::new() }
    }
}

/// Where a set comes from: embedded, or loaded.
pub trait Migrations {
    /// The set.
    ///
    /// # Errors
    ///
    /// When the embedded text was not written by `dbmig-build`.
    fn set(&self) -> Result<&MigrationSet, BlobError>;
}

impl Migrations for EmbeddedSet {
    fn set(&self) -> Result<&MigrationSet, BlobError> {
        self.set.get_or_init(|| blob::parse(self.blob)).as_ref().map_err(Clone::clone)
    }
}

impl Migrations for MigrationSet {
    fn set(&self) -> Result<&MigrationSet, BlobError> {
        Ok(self)
    }
}
