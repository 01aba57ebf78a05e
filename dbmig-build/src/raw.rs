//! `RawSet`: what a migrations directory holds, before anybody judged it.

use std::collections::BTreeMap;

use crate::{Digest, Digests};

/// A migrations directory as found.
#[derive(Debug, Clone, Default)]
pub struct RawSet {
    /// How findings call the directory: a path that the reader can open.
    pub path: String,
    /// The migration directories, sorted by name.
    pub migrations: Vec<RawMigration>,
    /// `dbmig.lock`.
    pub lock: RawFile,
    /// Repeatable migrations, sorted by name.
    pub repeatables: Vec<RawNamed>,
    /// How findings call the seeds directory.
    pub seeds_path: String,
    /// Reference seeds, sorted by name: their paths below the seeds directory.
    pub seeds: Vec<RawNamed>,
    /// `schema.rs`, by its path from the migrations directory; `None` where nobody looks.
    pub schemas: Option<Vec<RawNamed>>,
    /// What could not be read, or has no name that can be written: path and reason.
    pub unreadable: Vec<(String, String)>,
    /// Links that lead out of the directory, as paths below it.
    pub links_outside: Vec<String>,
    /// Plain files beside the migrations, sorted by name; Diesel ignores them.
    pub strays: Vec<String>,
    /// Entries whose names are not UTF-8, as far as they can be shown.
    pub undecodable_names: Vec<String>,
}

/// A directory inside the migrations directory.
#[derive(Debug, Clone, Default)]
pub struct RawMigration {
    /// Its name.
    pub dir_name: String,
    /// `up.sql`.
    pub up: RawFile,
    /// `down.sql`.
    pub down: RawFile,
    /// `metadata.toml`.
    pub metadata: RawFile,
    /// `backfill.sql`.
    pub backfill: RawFile,
}

/// A plain file with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawNamed {
    /// Its name.
    pub name: String,
    /// Its content.
    pub content: RawFile,
}

/// A file as found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RawFile {
    /// There is none.
    #[default]
    Absent,
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It is there and can not be read: why.
    Unreadable(String),
}

impl RawFile {
    /// The bytes, where the file could be read.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The digest of the content, in the role `name` (see [`Digest::of_file`]).
    pub(crate) fn digest(&self, name: &str) -> Option<Digest> {
        self.bytes().map(|bytes| Digest::of_file(name, bytes))
    }
}

impl RawSet {
    /// The path of a file of this set, for findings.
    pub fn path_of(&self, parts: &[&str]) -> String {
        joined(&self.path, parts)
    }

    /// The digests of every migration that can be read, by directory.
    pub fn digests(&self) -> BTreeMap<String, Digests> {
        let of = |migration: &RawMigration| {
            let digests = Digests {
                up: migration.up.digest("up")?,
                down: migration.down.digest("down"),
                metadata: migration.metadata.digest("metadata"),
                backfill: migration.backfill.digest("backfill"),
            };
            Some((migration.dir_name.clone(), digests))
        };
        self.migrations.iter().filter_map(of).collect()
    }

    /// The path of a reference seed, for findings.
    pub fn path_of_seed(&self, name: &str) -> String {
        joined(&self.seeds_path, &[name])
    }

    /// The path of a `schema.rs`, for findings.
    pub fn path_of_schema(&self, name: &str) -> String {
        let path = crate::schema_rs::beside(std::path::Path::new(&self.path), name);
        path.display().to_string().replace('\\', "/")
    }
}

fn joined(folder: &str, parts: &[&str]) -> String {
    let mut path = folder.to_owned();
    for part in parts {
        if !path.is_empty() && !path.ends_with('/') {
            path.push('/');
        }
        path.push_str(part);
    }
    path
}
