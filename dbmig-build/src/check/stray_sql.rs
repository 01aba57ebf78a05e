//! `stray-sql`: a plain `.sql` file beside the migrations, which nobody runs.
//!
//! What was there when the set was adopted is silent: such files are notes and dumps, and known as such.

use super::Subject;
use crate::{Code, Finding, Findings, Severity, Version};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let policy = &subject.policy;
    for name in subject.raw.strays.iter().filter(|name| is_stray(name)) {
        // Only a name that begins like a version can say whether it is older than the adoption.
        let looks_like_one = name.starts_with(|c: char| c.is_ascii_digit());
        let judged = match policy.start_after {
            None => true,
            Some(_) => looks_like_one && policy.is_judged(&Version::of_directory(name)),
        };
        if !judged {
            continue;
        }
        let stem = &name[..name.len() - ".sql".len()];
        let mut finding = Finding::new(
            Code::StraySql,
            subject.raw.path_of(&[name]),
            format!("`{name}` is no migration, and is never run"),
        )
        .note("a migration is a directory with an `up.sql`");
        if looks_like_one {
            let up = subject.raw.path_of(&[stem, "up.sql"]);
            finding = finding.help(format!("if it is one, move it to `{up}`"));
        } else {
            finding.severity = Severity::Note;
        }
        findings.push(finding.help("if it is none, move it out of the migrations directory"));
    }
}

fn is_stray(name: &str) -> bool {
    name.len() > 4 && name.as_bytes()[name.len() - 4..].eq_ignore_ascii_case(b".sql")
}

#[cfg(test)]
mod tests {
    use crate::Severity::{Note, Warning};
    use crate::check::test_support::{findings, locked, raw, with_lock};
    use crate::{Code, Version};

    fn strays(start_after: Option<&'static str>) -> Vec<(String, crate::Severity)> {
        let mut lock = locked(&raw(&["2024_a"]));
        lock.policy.start_after = start_after.map(Version::new);
        let mut raw = with_lock(raw(&["2024_a"]), &lock);
        let names = ["2023_old.sql", "2025_new.SQL", "R__views.SQL", "data_x.sql", "é.txt", ".sql"];
        raw.strays = names.map(str::to_owned).into();
        findings(&raw)
            .into_iter()
            .map(|finding| {
                assert_eq!(finding.code, Code::StraySql);
                (finding.path.replace("migrations/", ""), finding.severity)
            })
            .collect()
    }

    #[test]
    fn sql_files_of_the_time_after_the_adoption() {
        let found = [
            ("2023_old.sql", Warning),
            ("2025_new.SQL", Warning),
            ("R__views.SQL", Note),
            ("data_x.sql", Note),
        ];
        assert_eq!(strays(None), found.map(|(name, severity)| (name.to_owned(), severity)));
        assert_eq!(strays(Some("2024")), [("2025_new.SQL".to_owned(), Warning)]);
    }
}
