//! Paths as they are written into files: relative where that is shorter to carry, forward slashes.

use std::path::{Component, Path};

use crate::project::tidy;

/// `to` as seen from the folder `from`, both absolute, with forward slashes; `.` for the folder itself.
///
/// Two paths that have nothing in common but the root of the file system (or not even a drive) are in
/// different trees: a chain of `..` between them would break as soon as one of them moves, so `to` is
/// then written as it is.
pub fn relative_path(from: &Path, to: &Path) -> String {
    let (from, to) = (tidy(from), tidy(to));
    let from: Vec<Component<'_>> = from.components().collect();
    let to: Vec<Component<'_>> = to.components().collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if !from[..common].iter().any(|component| matches!(component, Component::Normal(_))) {
        return slashed(&to);
    }
    let mut parts = vec![Component::ParentDir; from.len() - common];
    parts.extend(&to[common..]);
    if parts.is_empty() { ".".to_owned() } else { slashed(&parts) }
}

fn slashed(components: &[Component<'_>]) -> String {
    let mut text = String::new();
    for component in components {
        match component {
            Component::RootDir => text.push('/'),
            component => {
                if !text.is_empty() && !text.ends_with('/') {
                    text.push('/');
                }
                text.push_str(&component.as_os_str().to_string_lossy());
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_paths_are_relative() {
        let cases = [
            ("/w/app", "/w/app/migrations", "migrations"),
            ("/w/app", "/w/migrations", "../migrations"),
            ("/w/app", "/w/app", "."),
            ("/w/app/", "/w/app/../db/m", "../db/m"),
            ("/w/a/b", "/w", "../.."),
            ("/w/app", "/opt/dbmig", "/opt/dbmig"),
            ("/", "/opt", "/opt"),
        ];
        for (from, to, expected) in cases {
            assert_eq!(relative_path(Path::new(from), Path::new(to)), expected, "{from} → {to}");
        }
    }
}
