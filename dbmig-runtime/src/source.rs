//! Our set as Diesel's `MigrationSource`, so that `diesel_migrations`' harness can run it.

use std::fmt;

use dbmig_build::MigrationSet;
use diesel::backend::Backend;
use diesel::connection::BoxableConnection;
use diesel::migration::{
    self, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion,
};

use crate::embedded::{EmbeddedSet, Migrations as _};

/// A set as a source of Diesel migrations.
#[derive(Debug, Clone, Copy)]
pub struct DieselSource<'a>(pub &'a MigrationSet);

impl<DB: Backend> MigrationSource<DB> for DieselSource<'_> {
    fn migrations(&self) -> migration::Result<Vec<Box<dyn migration::Migration<DB>>>> {
        Ok(self.0.iter().map(|migration| boxed::<DB>(migration)).collect())
    }
}

impl<DB: Backend> MigrationSource<DB> for &EmbeddedSet {
    fn migrations(&self) -> migration::Result<Vec<Box<dyn migration::Migration<DB>>>> {
        DieselSource(self.set()?).migrations()
    }
}

fn boxed<DB: Backend>(migration: &dbmig_build::Migration) -> Box<dyn migration::Migration<DB>> {
    let name = Name {
        full: migration.dir_name.clone().into_owned(),
        version: migration.version.as_str().to_owned(),
    };
    Box::new(One {
        metadata: Metadata(migration.settings.run_in_transaction),
        name,
        inner: migration.clone(),
    })
}

struct One {
    name: Name,
    metadata: Metadata,
    inner: dbmig_build::Migration,
}

struct Name {
    full: String,
    version: String,
}

struct Metadata(bool);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full)
    }
}

impl MigrationName for Name {
    fn version(&self) -> MigrationVersion<'_> {
        MigrationVersion::from(self.version.as_str())
    }
}

impl MigrationMetadata for Metadata {
    fn run_in_transaction(&self) -> bool {
        self.0
    }
}

impl One {
    /// What only our runner can do must not be done half by another.
    fn refuse_backfill(&self) -> migration::Result<()> {
        match self.inner.backfill {
            None => Ok(()),
            Some(_) => Err(format!(
                "migration `{}` has a backfill: apply it with cargo dbmig or dbmig_runtime::Migrator",
                self.name.full
            )
            .into()),
        }
    }

    /// Nobody else asks them.
    fn refuse_preconditions(&self) -> migration::Result<()> {
        if self.inner.settings.preconditions.is_empty() {
            return Ok(());
        }
        let message = format!(
            "migration `{}` has preconditions: apply it with cargo dbmig or dbmig_runtime::Migrator",
            self.name.full
        );
        Err(message.into())
    }

    /// The same in both directions.
    fn refuse_what_needs_us(&self) -> migration::Result<()> {
        if self.inner.settings.foreign_keys_off {
            let message = format!(
                "migration `{}` runs with `foreign_keys = \"off\"`: apply it with cargo dbmig or dbmig_runtime::Migrator",
                self.name.full
            );
            return Err(message.into());
        }
        Ok(())
    }
}

impl<DB: Backend> migration::Migration<DB> for One {
    fn run(&self, conn: &mut dyn BoxableConnection<DB>) -> migration::Result<()> {
        self.refuse_backfill()?;
        self.refuse_preconditions()?;
        self.refuse_what_needs_us()?;
        Ok(conn.batch_execute(&self.inner.up)?)
    }

    fn revert(&self, conn: &mut dyn BoxableConnection<DB>) -> migration::Result<()> {
        self.refuse_what_needs_us()?;
        match &self.inner.down {
            Some(down) => Ok(conn.batch_execute(down)?),
            None => Err(format!("migration `{}` has no `down.sql`", self.name.full).into()),
        }
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        &self.metadata
    }

    fn name(&self) -> &dyn MigrationName {
        &self.name
    }
}
