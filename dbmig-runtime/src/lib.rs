//! Applies migrations that the build has verified, from the application itself.
//!
//! ```
//! // In the application: `dbmig_runtime::include_migrations!();` defines `MIGRATIONS`.
//! # static MIGRATIONS: dbmig_runtime::EmbeddedSet = dbmig_runtime::EmbeddedSet::new("");
//! # #[cfg(feature = "sqlite")]
//! fn start(conn: &mut diesel::SqliteConnection) -> Result<(), dbmig_runtime::Error> {
//!     dbmig_runtime::Migrator::new(&MIGRATIONS).run(conn)?;
//!     Ok(())
//! }
//! ```
//!
//! The package's `build.rs` calls `dbmig_build::build()`. Versions, digests, and order are those of
//! `dbmig-build`, which this crate uses without its file system part; its types are re-exported here.
//!
//! The crate never prints, reads the environment, opens connections, or exits.

pub mod backfill;
#[cfg(feature = "catalogue")]
pub mod catalogue;
pub mod connection;
mod embedded;
mod error;
mod event;
pub mod history;
mod migrator;
mod nested;
pub mod offline;
mod options;
pub mod plan;
#[doc(hidden)]
pub mod private;
#[cfg(feature = "catalogue")]
pub mod proof;
mod report;
pub mod runner;
#[cfg(feature = "seed")]
pub mod seed;
pub mod session;
mod source;
mod sql;
#[cfg(feature = "tracing")]
mod trace;

pub use connection::MigrationConnection;
pub use dbmig_build::{
    Dialect, Digest, Migration, MigrationSet, OnFail, Seed, Settings, Version, When,
};
pub use embedded::{EmbeddedSet, Migrations};
pub use error::{Error, ErrorKind, GuardError, Refusal, StatementError};
pub use event::{Direction, Event, Observer, Silent};
pub use migrator::Migrator;
pub use options::{RunOptions, Scope};
pub use plan::PlanError;
pub use report::{Done, Report, Unmet};
pub use session::Session;
pub use source::DieselSource;

/// Takes in what the build script wrote: defines `pub static MIGRATIONS: EmbeddedSet`.
///
/// The package needs `dbmig_build::build()` in its `build.rs`. With a name it is the set that
/// `dbmig_build::Builder::name` gave it; each goes into a module of its own.
#[macro_export]
macro_rules! include_migrations {
    () => {
        $crate::include_migrations!("dbmig");
    };
    ($name:literal) => {
        include!(concat!(env!("OUT_DIR"), "/", $name, ".rs"));
    };
}
