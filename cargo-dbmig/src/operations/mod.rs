//! What several commands do: generating, locking, running, scripts. Knows nothing of clap.

pub mod backfilling;
pub mod base;
pub mod cataloguing;
pub mod consent;
pub mod databases;
pub mod deciding;
pub mod drafting;
pub mod executing;
pub mod generating;
pub mod init;
pub mod intending;
pub mod locking;
pub mod modelling;
pub mod protection;
pub mod proving;
pub mod rebasing;
pub mod revisions;
pub mod running;
pub mod rust_schemas;
pub mod schema_files;
pub mod schema_proof;
pub mod scripting;
pub mod seeding;
pub mod sources;
pub mod verifying;
pub mod ways_back;
