//! `.gitattributes`: SQL and the lock file keep LF on every machine.
//!
//! Digests do not depend on line ends, but what a server is sent does, and a lock file with CRLF is a
//! difference in every review.

use super::lines;

/// The text with the lines that are missing for these directories, relative to the file and with
/// forward slashes; `None` if nothing is missing. A pattern that is there is left as it is, whatever
/// attributes it has.
pub fn add_attributes(
    existing: Option<&str>,
    migrations: &[&str],
    seeds: &[&str],
) -> Option<String> {
    let mut wanted: Vec<String> = Vec::new();
    for dir in migrations {
        wanted.extend(pattern(dir, "**/*.sql"));
        wanted.extend(pattern(dir, "dbmig.lock"));
    }
    for dir in seeds {
        wanted.extend(pattern(dir, "**/*.sql"));
    }
    let mut missing: Vec<String> = Vec::new();
    for pattern in wanted {
        let line = format!("{pattern} text eol=lf");
        if !has_pattern(existing.unwrap_or_default(), &pattern) && !missing.contains(&line) {
            missing.push(line);
        }
    }
    lines::append(existing, "# Migrations are the same bytes everywhere.", &missing)
}

/// The pattern for a directory; `None` for one that a `.gitattributes` here cannot reach.
fn pattern(dir: &str, glob: &str) -> Option<String> {
    let dir = dir.trim_start_matches("./").trim_end_matches('/');
    if dir.starts_with("..") || dir.starts_with('/') || dir.contains(':') {
        return None;
    }
    let pattern = match dir {
        "" | "." => glob.to_owned(),
        dir => format!("{dir}/{glob}"),
    };
    // Git splits at the first blank unless the pattern is quoted.
    Some(if pattern.contains(char::is_whitespace) { format!("\"{pattern}\"") } else { pattern })
}

fn has_pattern(text: &str, pattern: &str) -> bool {
    text.lines().map(str::trim).any(|line| {
        let line = line.strip_prefix('/').unwrap_or(line);
        line.strip_prefix(pattern).is_some_and(|rest| rest.starts_with(char::is_whitespace))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: &str = "# Migrations are the same bytes everywhere.\n\
        migrations/**/*.sql text eol=lf\nmigrations/dbmig.lock text eol=lf\nseeds/**/*.sql text eol=lf\n";

    #[test]
    fn adds_what_is_missing_once() {
        let cases = [
            (None, Some(FRESH.to_owned())),
            (Some("* text=auto"), Some(format!("* text=auto\n\n{FRESH}"))),
            (Some(FRESH), None),
            (
                Some("/migrations/**/*.sql text\nseeds/**/*.sql -text\n"),
                Some(
                    "/migrations/**/*.sql text\nseeds/**/*.sql -text\n\n\
                     # Migrations are the same bytes everywhere.\nmigrations/dbmig.lock text eol=lf\n"
                        .to_owned(),
                ),
            ),
        ];
        for (existing, expected) in cases {
            let added = add_attributes(existing, &["migrations"], &["seeds"]);
            assert_eq!(added, expected, "{existing:?}");
            if let Some(text) = added {
                assert_eq!(add_attributes(Some(&text), &["migrations"], &["seeds/"]), None);
            }
        }
    }

    #[test]
    fn patterns_fit_git() {
        let cases = [
            ("./db/migrations/", Some("db/migrations/dbmig.lock")),
            ("my db", Some("\"my db/dbmig.lock\"")),
            (".", Some("dbmig.lock")),
            ("../shared", None),
            ("/abs", None),
        ];
        for (dir, expected) in cases {
            assert_eq!(pattern(dir, "dbmig.lock").as_deref(), expected, "{dir}");
        }
    }
}
