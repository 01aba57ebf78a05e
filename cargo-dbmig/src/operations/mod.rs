//! What several commands do: generating, locking, running, scripts. Knows nothing of clap.

pub mod backfilling;
pub mod base;
pub mod cataloguing;
pub mod consent;
pub mod databases;
pub mod deciding;
pub mod executing;
pub mod generating;
pub mod init;
pub mod locking;
pub mod protection;
pub mod proving;
pub mod rebasing;
pub mod running;
pub mod schema_files;
pub mod scripting;
pub mod sources;
