//! `.gitignore`: the SQLite file of development, and `.env`.

use std::path::Path;

use super::lines;

/// The SQLite file of development with the files that SQLite puts beside it.
pub const SQLITE_FILES: &str = "dev.sqlite3*";

/// The text with the entries that are missing; `None` if nothing is missing. An entry that is there,
/// anchored (`/x`) or taken back (`!x`), is a decision of the project and is not added again.
pub fn add_entries(existing: Option<&str>, entries: &[&str]) -> Option<String> {
    let present = |entry: &str| {
        existing.unwrap_or_default().lines().map(str::trim).any(|line| {
            let line = line.strip_prefix('!').unwrap_or(line);
            line.strip_prefix('/').unwrap_or(line) == entry
        })
    };
    let missing: Vec<String> =
        entries.iter().filter(|entry| !present(entry)).map(|entry| (*entry).to_owned()).collect();
    lines::append(existing, "# Local databases and their settings.", &missing)
}

/// Whether a folder is in a git work tree: `.git` is a folder there, or a file in a linked one.
pub fn in_work_tree(folder: &Path) -> bool {
    folder.ancestors().any(|folder| folder.join(".git").exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_what_is_missing_once() {
        let fresh = "# Local databases and their settings.\ndev.sqlite3*\n.env\n";
        let cases = [
            (None, Some(fresh.to_owned())),
            (Some("/target\n"), Some(format!("/target\n\n{fresh}"))),
            (Some("/dev.sqlite3*\n!.env"), None),
            (
                Some(".env\n"),
                Some(".env\n\n# Local databases and their settings.\ndev.sqlite3*\n".to_owned()),
            ),
        ];
        for (existing, expected) in cases {
            let added = add_entries(existing, &[SQLITE_FILES, ".env"]);
            assert_eq!(added, expected, "{existing:?}");
            if let Some(text) = added {
                assert_eq!(add_entries(Some(&text), &[SQLITE_FILES, ".env"]), None);
            }
        }
    }

    #[test]
    fn a_work_tree_is_known_by_git() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(folder.path().join(".git"), "gitdir: elsewhere").unwrap();
        assert!(in_work_tree(&inner));
    }
}
