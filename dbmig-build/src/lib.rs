//! Verifies a directory of Diesel migrations, in `build.rs` and wherever else it is needed.
//!
//! In a package's `build.rs`, [`build`] reads the migrations and their lock file, fails `cargo build`
//! with one line a finding when anything is not in order, and embeds the verified texts for
//! `dbmig_runtime::include_migrations!()`. It connects to nothing, starts nothing, and writes only to
//! `OUT_DIR`.
//!
//! Without the feature `fs` the crate is types and pure functions: the model that the runtime and the
//! `cargo dbmig` command share, so that all three agree on versions, digests, and order.

mod assertion;
pub mod backfill;
pub mod blob;
#[cfg(feature = "fs")]
mod blocks;
#[cfg(feature = "fs")]
mod build;
pub mod check;
mod code;
mod commute;
mod dialect;
mod digest;
#[doc(hidden)]
pub mod fields;
mod finding;
#[cfg(feature = "fs")]
mod load;
pub mod lock;
#[doc(hidden)]
pub mod metadata;
mod migration;
mod nearest;
mod policy;
mod precondition;
mod printable;
mod raw;
mod repeatable;
mod schema_rs;
mod seed;
mod set;
mod settings;
pub mod sql;
mod version;

pub use assertion::{Assertion, AssertionProblem, Assertions, When};
#[cfg(feature = "fs")]
pub use build::{BuildEnv, BuildError, Builder, Directive, Outcome, build, try_build};
pub use code::{Code, Group};
pub use dialect::{Dialect, UnknownDialect};
pub use digest::Digest;
pub use finding::{Finding, Findings, Severity};
#[cfg(feature = "fs")]
pub use load::load;
pub use lock::{LockEntry, LockFile};
pub use migration::{Digests, Migration, Standing};
pub use policy::{Demand, Level, Policy};
pub use precondition::{OnFail, Precondition};
pub use printable::{one_line, printable};
pub use raw::{RawFile, RawMigration, RawNamed, RawSet};
pub use repeatable::Repeatable;
#[cfg(feature = "fs")]
pub use schema_rs::{load_schemas, locked_schemas};
pub use seed::{LARGE_SEED, SEED_SETS, Seed, SeedFile};
#[cfg(feature = "fs")]
pub use seed::{load_reference, load_seeds};
pub use set::MigrationSet;
pub use settings::{
    DBMIG_KEYS, ReadSettings, Settings, SettingsProblem, SettingsRead, read_subset,
    required_backfill,
};
pub use version::Version;
