//! One judgement of several dialects: a set that is written for two databases has to be right on both.

use crate::{Code, Dialect, Finding, Findings};

/// What was found in each dialect becomes one list. What holds in some of them only says in which.
pub(super) fn merge(found: Vec<(Option<Dialect>, Findings)>) -> Findings {
    let count = found.len();
    let mut merged: Vec<(Finding, Vec<Dialect>)> = Vec::new();
    for (dialect, findings) in found {
        for finding in findings {
            // Two of a kind at one place in one dialect stay two.
            let same = |(other, known): &&mut (Finding, Vec<Dialect>)| {
                dialect.is_some_and(|dialect| !known.contains(&dialect))
                    && (other.code, &other.path, other.place, &other.message)
                        == (finding.code, &finding.path, finding.place, &finding.message)
            };
            match merged.iter_mut().find(same) {
                Some((_, dialects)) => dialects.extend(dialect),
                None => merged.push((finding, dialect.into_iter().collect())),
            }
        }
    }
    let mut findings = Findings::default();
    for (finding, dialects) in merged {
        // An `allow` that one dialect needs is used.
        if finding.code == Code::UnusedAllow && dialects.len() < count {
            continue;
        }
        let some = !dialects.is_empty() && dialects.len() < count;
        let names: Vec<_> = dialects.iter().map(|dialect| dialect.as_str()).collect();
        findings.push(match some {
            true => finding.note(format!("read as {}", names.join(", "))),
            false => finding,
        });
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::check::test_support::{raw, up};
    use crate::check::{Options, run};
    use crate::{Dialect, Finding};

    fn found(dialects: &[Dialect], text: &str) -> Vec<Finding> {
        let options = Options {
            dialects: Some(dialects.to_vec()),
            lock_required: false,
            ..Options::default()
        };
        run(&up(raw(&["1_a"]), 0, text), &options).findings.into_iter().collect()
    }

    #[test]
    fn every_dialect_of_a_set_is_judged() {
        use Dialect::{Mysql, Postgres, Sqlite};
        let shown = |dialects: &[Dialect], text: &str| -> Vec<String> {
            found(dialects, text)
                .into_iter()
                .map(|finding| format!("{} {}", finding.code, finding.notes.join("; ")))
                .collect()
        };
        let vacuum = "VACUUM;\n";
        assert_eq!(found(&[Mysql], vacuum), []);
        for dialects in [[Mysql, Sqlite], [Sqlite, Mysql]] {
            let all = shown(&dialects, vacuum);
            assert!(all.len() == 1 && all[0].starts_with("needs-no-transaction"), "{all:?}");
            assert!(all[0].ends_with("read as sqlite"), "{all:?}");
        }
        let both = shown(&[Postgres, Sqlite], vacuum);
        assert!(both.len() == 1 && !both[0].contains("read as"), "{both:?}");
        let allowed = "-- dbmig:allow needs-no-transaction reason=\"x\"\nVACUUM;\n";
        assert_eq!(found(&[Sqlite, Mysql], allowed), []);
    }
}
