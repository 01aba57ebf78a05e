//! What `init` writes: pure edits of texts, and the plan that shows and applies them.
//!
//! Every edit is idempotent: run on its own result it has nothing to do.

pub mod build_script;
pub mod dbmig_toml;
mod file_change;
pub mod git_attributes;
pub mod gitignore;
mod lines;
pub mod manifest_edit;
mod relative;

pub use build_script::{Advice, BuildScript};
pub use dbmig_toml::Template;
pub use file_change::FileChange;
pub use manifest_edit::{DependencySource, add_dependencies};
pub use relative::relative_path;
