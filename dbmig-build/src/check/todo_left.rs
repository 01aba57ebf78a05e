//! `todo-left`: a `-- dbmig:todo` comment is still there.

use super::Subject;
use crate::{Code, Finding, Findings};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for file in &subject.files {
        for directive in &file.directives {
            let word = directive.text.split([' ', '\t', ':']).next().unwrap_or_default();
            if !word.eq_ignore_ascii_case("todo") {
                continue;
            }
            let (line, column) = directive.place;
            let mut finding = Finding::new(
                Code::TodoLeft,
                file.path(subject),
                format!("`{}` still has something to do", file.name),
            )
            .at(line, column);
            let what = directive.text[word.len()..].trim_start_matches([' ', '\t', ':']);
            if !what.is_empty() {
                finding = finding.note(what);
            }
            findings.push(finding.help("do it, and remove the comment"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Dialect::Sqlite;
    use crate::check::test_support::{INSIDE, judged, places};

    #[test]
    fn comments_with_the_directive_only() {
        for (text, expected) in [
            ("-- dbmig:todo\nSELECT 1", &["error[todo-left] 1:1"][..]),
            ("SELECT 1;\n  --dbmig:TODO: backfill", &["error[todo-left] 2:3"]),
            ("SELECT '-- dbmig:todo'", &[]),
            ("-- TODO\nSELECT 1 /* dbmig:todo */", &[]),
            ("-- dbmig:todos\nSELECT 1", &["error[unknown-directive] 1:1"]),
        ] {
            assert_eq!(places(Sqlite, INSIDE, text), expected, "{text:?}");
        }
        let finding = judged(Sqlite, INSIDE, "SELECT 1; -- dbmig:todo fill the rows").remove(0);
        assert_eq!(finding.notes, ["fill the rows"]);
    }
}
