//! `MigrationSet`: the migrations of one database, in version order, without duplicates.

use crate::{Dialect, Digest, Migration, Repeatable, Seed, Version};

/// All migrations of one database.
///
/// Sorted by version and free of duplicates by construction, so that no later code asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationSet {
    migrations: Vec<Migration>,
    dialects: Vec<Dialect>,
    lock: Option<Digest>,
    repeatables: Vec<Repeatable>,
    seeds: Vec<Seed>,
}

impl MigrationSet {
    /// Sorts the migrations.
    ///
    /// # Errors
    ///
    /// The first version that occurs twice.
    pub fn new(
        mut migrations: Vec<Migration>,
        dialects: Vec<Dialect>,
        lock: Option<Digest>,
    ) -> Result<Self, Version> {
        migrations.sort_by(|a, b| a.version.cmp(&b.version));
        for pair in migrations.windows(2) {
            if pair[0].version == pair[1].version {
                return Err(pair[1].version.clone());
            }
        }
        Ok(Self { migrations, dialects, lock, repeatables: vec![], seeds: vec![] })
    }

    /// Adds the repeatable migrations, which run in the order of their names.
    pub fn with_repeatables(mut self, mut repeatables: Vec<Repeatable>) -> Self {
        repeatables.sort_by(|a, b| a.name.cmp(&b.name));
        self.repeatables = repeatables;
        self
    }

    /// Adds the reference seeds, which run in the order of their names.
    pub fn with_seeds(mut self, mut seeds: Vec<Seed>) -> Self {
        seeds.sort_by(|a, b| a.name.cmp(&b.name));
        self.seeds = seeds;
        self
    }

    /// The repeatable migrations in the order of their names.
    pub fn repeatables(&self) -> &[Repeatable] {
        &self.repeatables
    }

    /// The reference seeds in the order of their names.
    pub fn seeds(&self) -> &[Seed] {
        &self.seeds
    }

    /// The migrations in version order.
    pub fn iter(&self) -> std::slice::Iter<'_, Migration> {
        self.migrations.iter()
    }

    /// The migration with this version.
    pub fn get(&self, version: &Version) -> Option<&Migration> {
        self.migrations
            .binary_search_by(|m| m.version.cmp(version))
            .ok()
            .map(|at| &self.migrations[at])
    }

    /// The newest migration.
    pub fn last(&self) -> Option<&Migration> {
        self.migrations.last()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.migrations.len()
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.migrations.is_empty()
    }

    /// The dialects the set is written for; empty where nobody said.
    pub fn dialects(&self) -> &[Dialect] {
        &self.dialects
    }

    /// The digest of the lock file that the set was checked against.
    pub fn lock_digest(&self) -> Option<&Digest> {
        self.lock.as_ref()
    }
}

impl<'a> IntoIterator for &'a MigrationSet {
    type Item = &'a Migration;
    type IntoIter = std::slice::Iter<'a, Migration>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
