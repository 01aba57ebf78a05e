//! `.pgpass`: passwords by host, port, database, and user.

use std::path::Path;

use crate::config::Secret;

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
}

/// The password of the first line that fits. As in libpq a file that others can read does not count.
pub(super) fn find(path: &Path, wanted: Wanted<'_>) -> Option<Secret> {
    if !is_private(path) {
        return None;
    }
    let text = std::fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| password(line, wanted))
}

#[cfg(unix)]
fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path)
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o077 == 0)
}

/// As in libpq: the folder is the user's own.
#[cfg(not(unix))]
fn is_private(path: &Path) -> bool {
    path.is_file()
}

fn password(line: &str, wanted: Wanted<'_>) -> Option<Secret> {
    if line.starts_with('#') {
        return None;
    }
    let port = wanted.port.to_string();
    let mut rest = line;
    for expected in [wanted.host, &port, wanted.database, wanted.user] {
        let (field, after) = field(rest)?;
        // An escaped star is a star.
        let any = rest.starts_with("*:");
        if !any && field != expected {
            return None;
        }
        rest = after;
    }
    let (password, _) = field(rest).unwrap_or_else(|| (unescaped(rest), ""));
    (!password.is_empty()).then(|| Secret::new(password))
}

/// Up to the next `:` that is not escaped.
fn field(text: &str) -> Option<(String, &str)> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ':' => return Some((unescaped(&text[..at]), &text[at + 1..])),
            _ => {}
        }
    }
    None
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Wanted<'static> = Wanted { host: "h", port: 5432, database: "d", user: "u" };

    #[test]
    fn lines() {
        for (line, expected) in [
            ("h:5432:d:u:p", Some("p")),
            ("*:*:*:*:p", Some("p")),
            ("*:*:*:u:a\\:b\\\\", Some("a:b\\")),
            ("#h:5432:d:u:p", None),
            ("h:5433:d:u:p", None),
            ("\\*:5432:d:u:p", None),
            ("h:5432:d:u", None),
            ("h:5432:d:u:", None),
            ("", None),
        ] {
            assert_eq!(password(line, WANTED), expected.map(Secret::new), "{line}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_does_not_count() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pgpass");
        std::fs::write(&path, "h:1:d:u:first\n*:*:*:*:second\n").unwrap();
        for (mode, expected) in [(0o600, Some("second")), (0o640, None), (0o604, None)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(find(&path, WANTED), expected.map(Secret::new), "{mode:o}");
        }
        assert_eq!(find(&dir.path().join("none"), WANTED), None);
    }
}
