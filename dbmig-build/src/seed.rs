//! `Seed`: a data file under `seeds/`, identified by its name and the digest of its content.

use crate::Digest;

/// The seed sets, in the order in which they run.
pub const SEED_SETS: [&str; 3] = ["reference", "dev", "test"];

/// A data file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// Its path below the seeds directory: `reference/001_countries.sql`.
    pub name: String,
    /// Its text.
    pub sql: String,
    /// The digest of its content.
    pub digest: Digest,
}

/// Reads the SQL files of one seed set, by name. A set without a folder is empty.
///
/// # Errors
///
/// What could not be read: its path and the reason.
#[cfg(feature = "fs")]
pub fn load_seeds(
    seeds_dir: &std::path::Path,
    set: &str,
) -> Result<Vec<Seed>, (std::path::PathBuf, String)> {
    let dir = seeds_dir.join(set);
    if !dir.exists() {
        return Ok(vec![]);
    }
    let mut seeds = Vec::new();
    for entry in
        walkdir::WalkDir::new(&dir).min_depth(1).max_depth(1).follow_links(true).sort_by_file_name()
    {
        let entry = entry.map_err(|error| (dir.clone(), error.to_string()))?;
        let path = entry.path();
        if !entry.file_type().is_file()
            || path.extension().is_none_or(|extension| extension != "sql")
        {
            continue;
        }
        let fail = |reason: String| (path.to_owned(), reason);
        let name =
            entry.file_name().to_str().ok_or_else(|| fail("the name is not UTF-8".into()))?;
        let bytes = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
        let digest = Digest::of_file("seed", &bytes);
        let text = String::from_utf8(bytes).map_err(|error| {
            fail(format!("the file is not UTF-8 from byte {} on", error.utf8_error().valid_up_to()))
        })?;
        let sql = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
        seeds.push(Seed { name: format!("{set}/{name}"), sql, digest });
    }
    Ok(seeds)
}
