//! How large an embedded file may be.

use super::{Directive, LARGE};
use crate::MigrationSet;

/// A warning for every large file, an error for every one over the limit.
pub(super) fn judge(set: &MigrationSet, shown: &str, limit: usize) -> Vec<Directive> {
    let mut lines = Vec::new();
    for migration in set {
        let down = migration.down.as_deref().unwrap_or_default();
        for (file, text) in [("up.sql", &*migration.up), ("down.sql", down)] {
            let path = format!("{shown}/{}/{file}", migration.dir_name);
            let size = mebibytes(text.len());
            if text.len() > limit {
                lines.push(Directive::Error(format!(
                    "{path}: {size} are more than is embedded ({}); load the data with a seed, or raise \
                     `Builder::embed_limit` in build.rs",
                    mebibytes(limit)
                )));
            } else if text.len() > LARGE {
                lines.push(Directive::Warning(format!(
                    "{path}: {size} are compiled into the application; load the data with a seed"
                )));
            }
        }
    }
    lines
}

fn mebibytes(bytes: usize) -> String {
    format!("{}.{} MiB", bytes / LARGE, bytes % LARGE * 10 / LARGE)
}
