//! The set applied to a database that never gets rows: copies of it are what a proof begins anew with.
//!
//! It is carried forward, so that however often something fails the set is applied twice at most.

use dbmig_build::MigrationSet;

use super::failure::{Failure, ProofError};
use super::trip::{apply, shadow};
use super::{Copied, Shadow};
use crate::plan::Target;
use crate::session::Session;

/// What copies are made of, as soon as there is one.
#[derive(Default)]
pub(super) struct Base {
    made: Option<Made>,
    /// Databases are not copied here.
    refused: bool,
}

struct Made {
    session: Box<dyn Session>,
    /// How many migrations are applied.
    applied: usize,
}

impl Base {
    /// A database with the first `count` migrations and no rows but their own; `None` where it has to be
    /// made from scratch.
    pub(super) fn copy(
        &mut self,
        shadow_of: &mut dyn Shadow,
        set: &MigrationSet,
        count: usize,
    ) -> Result<Option<Box<dyn Session>>, ProofError> {
        if self.refused {
            return Ok(None);
        }
        let made = match self.made.take().filter(|made| made.applied <= count) {
            Some(made) => Some(made),
            None => {
                let session = shadow_of.base().map_err(shadow("make"))?;
                session.map(|session| Made { session, applied: 0 })
            }
        };
        let Some(mut made) = made else {
            self.refused = true;
            return Ok(None);
        };
        if made.applied < count {
            apply_first(&mut *made.session, set, count)?;
        }
        let Some(Copied { copy, base }) = shadow_of.copy(made.session).map_err(shadow("copy"))?
        else {
            self.refused = true;
            return Ok(None);
        };
        self.made = Some(Made { session: base, applied: count });
        Ok(Some(copy))
    }
}

/// Applies those of the first `count` migrations that are not applied.
pub(super) fn apply_first(
    session: &mut dyn Session,
    set: &MigrationSet,
    count: usize,
) -> Result<(), ProofError> {
    let version = &set.iter().nth(count - 1).expect("a migration of the set").version;
    apply(session, set, &Target::To(version.clone()))
        .map(drop)
        .map_err(|error| ProofError::of_apply(Failure::Up(Box::new(error))))
}
