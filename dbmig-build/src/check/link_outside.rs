//! `link-outside`: a link leads out of the migrations directory.
//!
//! Diesel follows it. What is outside is not in version control with the set, and a link in a set that
//! somebody sent leads wherever they like.

use super::Subject;
use crate::{Code, Finding, Findings, Version};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for path in &subject.raw.links_outside {
        let dir = path.split('/').next().unwrap_or(path);
        if !subject.policy.is_judged(&Version::of_directory(dir)) {
            continue;
        }
        let link = subject.raw.path_of(&[path]);
        let finding = Finding::new(
            Code::LinkOutside,
            link.clone(),
            format!("`{path}` is a link that leads out of the migrations directory"),
        )
        .note("what it leads to is not part of the set: it can change, or be missing elsewhere")
        .help("put a copy in its place")
        .help("or allow it in dbmig.toml: `link-outside = \"allow\"` in `[lints]`");
        findings.push(finding);
    }
}
