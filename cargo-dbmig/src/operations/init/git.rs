//! What git knows, and where its files belong. Works without git as well.

use std::path::{Path, PathBuf};

/// The default branch of `origin`, such as `origin/main`; `None` wherever git cannot tell.
pub(super) fn base_branch(folder: &Path) -> Option<String> {
    crate::git::Git::of(folder)?.default_branch()
}

/// The file `name` in the nearest folder from `from` up to `top` that has one, else in `from`.
pub(super) fn nearest(name: &str, from: &Path, top: &Path) -> PathBuf {
    from.ancestors()
        .take_while(|folder| folder.starts_with(top))
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| from.join(name))
}

/// The innermost folder that holds all of these, if it is not above `top`; `home` otherwise.
pub(super) fn common(home: &Path, others: &[&Path], top: &Path) -> PathBuf {
    home.ancestors()
        .take_while(|folder| folder.starts_with(top))
        .find(|folder| others.iter().all(|other| other.starts_with(folder)))
        .unwrap_or(home)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_folders_move_the_file_up() {
        let (top, home) = (Path::new("/ws"), Path::new("/ws/db"));
        for (other, expected) in [
            ("/ws/db/migrations", "/ws/db"),
            ("/ws/migrations", "/ws"),
            ("/elsewhere/migrations", "/ws/db"),
        ] {
            assert_eq!(common(home, &[Path::new(other)], top), Path::new(expected), "{other}");
        }
    }

    #[test]
    fn no_git_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(base_branch(folder.path()), None);
        assert_eq!(base_branch(&folder.path().join("missing")), None);
    }
}
