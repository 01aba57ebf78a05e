//! `Seed`: a data file under `seeds/`, identified by its name and the digest of its content.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::Digest;
#[cfg(feature = "fs")]
use crate::{RawNamed, RawSet, load};

/// The seed sets, in the order in which they run.
pub const SEED_SETS: [&str; 3] = ["reference", "dev", "test"];

/// The file types of seeds; `toml` says of a data file what it can not say itself.
#[cfg(feature = "fs")]
const FILE_TYPES: [&str; 4] = ["sql", "csv", "json", "toml"];

/// From how many bytes on the rows of a data file are read one after the other, and never held together.
pub const LARGE_SEED: usize = 256 * 1024;

/// A data file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// Its path below the seeds directory: `reference/001_countries.sql`.
    pub name: String,
    /// Its text; empty where it is in `file`.
    pub sql: String,
    /// The digest of its content.
    pub digest: Digest,
    /// Where its text is to be read, where it is not held.
    pub file: Option<SeedFile>,
}

/// A data file that is too large to be held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedFile {
    /// Where it is.
    pub path: PathBuf,
    /// How long it is, in bytes.
    pub bytes: u64,
    /// When it was last written, where the file system tells: of another time it is another file.
    pub modified: Option<SystemTime>,
}

impl Seed {
    /// A seed whose text is held.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let sql = text.into();
        let digest = Digest::of_file("seed", sql.as_bytes());
        Self { name: name.into(), sql, digest, file: None }
    }
}

/// Reads the files of one seed set, by name. A set without a folder is empty. Of CSV and JSON files of
/// [`LARGE_SEED`] bytes and more only the digest is read.
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
            || path.extension().is_none_or(|end| FILE_TYPES.iter().all(|known| end != *known))
        {
            continue;
        }
        let fail = |reason: String| (path.to_owned(), reason);
        let name =
            entry.file_name().to_str().ok_or_else(|| fail("the name is not UTF-8".into()))?;
        let name = format!("{set}/{name}");
        let about = path.metadata().map_err(|error| fail(error.to_string()))?;
        let is_data = path.extension().is_some_and(|end| end == "csv" || end == "json");
        if is_data && about.len() >= LARGE_SEED as u64 {
            let digest = Digest::of_large_file("seed", path);
            let digest = digest.map_err(|error| fail(error.to_string()))?;
            let modified = about.modified().ok();
            let file = SeedFile { path: path.to_owned(), bytes: about.len(), modified };
            seeds.push(Seed { name, sql: String::new(), digest, file: Some(file) });
            continue;
        }
        let bytes = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
        let digest = Digest::of_file("seed", &bytes);
        let text = String::from_utf8(bytes).map_err(|error| {
            fail(format!("the file is not UTF-8 from byte {} on", error.utf8_error().valid_up_to()))
        })?;
        let sql = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
        seeds.push(Seed { name, sql, digest, file: None });
    }
    Ok(seeds)
}

/// Reads the reference seeds (`reference/*.{sql,csv,json,toml}` below `seeds_dir`) into `raw`; findings will
/// call the folder `shown`. Judges nothing, as [`crate::load`]; a folder that is not there holds none.
#[cfg(feature = "fs")]
pub fn load_reference(raw: &mut RawSet, seeds_dir: &std::path::Path, shown: &str) {
    let [reference, ..] = SEED_SETS;
    let dir = seeds_dir.join(reference);
    shown.clone_into(&mut raw.seeds_path);
    if std::fs::symlink_metadata(&dir).is_err() {
        return;
    }
    let walk = walkdir::WalkDir::new(&dir).min_depth(1).max_depth(1).follow_links(true);
    for entry in walk.sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let reason =
                    error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                let path = raw.path_of_seed(reference);
                raw.unreadable.push((path, format!("could not read it: {reason}")));
                continue;
            }
        };
        let (path, file_type) = (entry.path(), entry.file_type());
        let is_seed =
            path.extension().is_some_and(|end| FILE_TYPES.iter().any(|known| end == *known));
        if !is_seed || file_type.is_dir() {
            continue;
        }
        let Some(name) = entry.file_name().to_str() else {
            raw.undecodable_names.push(entry.file_name().to_string_lossy().into_owned());
            continue;
        };
        let content = load::read(path, file_type.is_file());
        raw.seeds.push(RawNamed { name: format!("{reference}/{name}"), content });
    }
}

#[cfg(all(test, feature = "fs"))]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn reads_reference_seeds_of_three_types() {
        let dir = tempfile::tempdir().unwrap();
        let mut raw = RawSet::default();
        load_reference(&mut raw, dir.path(), "seeds");
        assert!(raw.seeds.is_empty() && raw.unreadable.is_empty());
        for name in ["reference/2_b.csv", "reference/1_a.sql", "reference/3_c.json"] {
            fs::create_dir_all(dir.path().join("reference/sub.sql")).unwrap();
            fs::write(dir.path().join(name), name).unwrap();
        }
        fs::write(dir.path().join("reference/README.md"), "x").unwrap();
        fs::create_dir(dir.path().join("dev")).unwrap();
        fs::write(dir.path().join("dev/1_d.sql"), "x").unwrap();
        load_reference(&mut raw, dir.path(), "seeds");
        let names: Vec<_> = raw.seeds.iter().map(|seed| seed.name.as_str()).collect();
        assert_eq!(names, ["reference/1_a.sql", "reference/2_b.csv", "reference/3_c.json"]);
        assert_eq!(raw.path_of_seed(names[0]), "seeds/reference/1_a.sql");
    }

    #[test]
    fn the_text_of_a_large_data_file_stays_where_it_is() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("dev")).unwrap();
        let text = "a\r\n".repeat(LARGE_SEED / 3 + 1);
        for name in ["1_a.csv", "2_b.sql"] {
            fs::write(dir.path().join("dev").join(name), &text).unwrap();
        }
        let seeds = load_seeds(dir.path(), "dev").unwrap();
        let [data, sql] = seeds.as_slice() else { panic!("{seeds:?}") };
        let file = data.file.as_ref().unwrap();
        assert_eq!((data.sql.as_str(), file.bytes), ("", text.len() as u64));
        assert_eq!(data.digest, sql.digest);
        assert!(sql.file.is_none() && sql.sql == text);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_can_not_be_read_is_said() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/nonexistent", dir.path().join("reference")).unwrap();
        let mut raw = RawSet::default();
        load_reference(&mut raw, dir.path(), "seeds");
        assert_eq!(raw.unreadable.len(), 1, "{raw:?}");
        assert_eq!(raw.unreadable[0].0, "seeds/reference");
    }
}
