//! What several commands do: generating, locking, running. Knows nothing of clap.

pub mod base;
pub mod consent;
pub mod generating;
pub mod init;
pub mod locking;
pub mod rebasing;
pub mod running;
