//! `repeatable-changed`, `seed-changed`: plain files that are meant to change, and are not what the lock
//! knows. Like drafts they are a warning at build, and `check` refuses them.

use super::Subject;
use super::decode::text_of;
use crate::lock::{FILE_NAME, LockedFile, LockedFiles};
use crate::{
    Code, Dialect, Digest, Finding, Findings, LockFile, RawFile, RawNamed, RawSet, Repeatable,
    Seed, Standing, sql,
};

/// Reads the texts of repeatables and reference seeds.
pub(super) fn decode(
    raw: &RawSet,
    lock: Option<&LockFile>,
    dialect: Option<Dialect>,
    findings: &mut Findings,
) -> (Vec<Repeatable>, Vec<Seed>) {
    let mut text = |path: String, file: &RawNamed| -> Option<String> {
        let finding = match &file.content {
            RawFile::Absent => return None,
            RawFile::Unreadable(reason) => Finding::new(Code::Unreadable, path, reason),
            RawFile::Bytes(bytes) => match text_of(bytes) {
                Ok(text) => return Some(text.to_owned()),
                Err((code, (line, column), message)) => {
                    Finding::new(code, path, message).at(line, column)
                }
            },
        };
        findings.push(finding);
        None
    };
    let mut repeatables = Vec::new();
    for file in &raw.repeatables {
        let Some(sql) = text(raw.path_of(&[&file.name]), file) else { continue };
        let Some(digest) = file.content.digest("repeatable") else { continue };
        let known = lock.and_then(|lock| lock.repeatables.get(&file.name));
        let standing = match known {
            None => Standing::Draft,
            Some(known) if known.digest == digest || is_reformatted(known, &sql, dialect) => {
                Standing::Locked
            }
            Some(_) => Standing::Modified,
        };
        repeatables.push(Repeatable { name: file.name.clone(), sql, digest, standing });
    }
    let mut seeds = Vec::new();
    for file in &raw.seeds {
        let Some(sql) = text(raw.path_of_seed(&file.name), file) else { continue };
        let Some(digest) = file.content.digest("seed") else { continue };
        seeds.push(Seed { name: file.name.clone(), sql, digest, file: None });
    }
    (repeatables, seeds)
}

fn is_reformatted(known: &LockedFile, text: &str, dialect: Option<Dialect>) -> bool {
    let tokens = dialect.and_then(|dialect| sql::token_digest(text, dialect));
    tokens.is_some() && tokens == known.tokens
}

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(lock) = subject.lock else { return };
    let raw = subject.raw;
    let reformatted: Vec<_> =
        subject.repeatables.iter().filter(|r| r.standing == Standing::Locked).collect();
    for file in &reformatted {
        let same = |known: &LockedFile| known.digest == file.digest;
        if !lock.repeatables.get(&file.name).is_some_and(same) {
            let message = format!("repeatable `{}` was reformatted after it was locked", file.name);
            let path = raw.path_of(&[&file.name]);
            findings.push(
                Finding::new(Code::Reformatted, path, message).note("the statements are the same"),
            );
        }
    }
    let settled = |name: &str| reformatted.iter().any(|file| file.name == name);
    let of_repeatable = |name: &str| raw.path_of(&[name]);
    let of_seed = |name: &str| raw.path_of_seed(name);
    let kinds = [
        Kind {
            code: Code::RepeatableChanged,
            what: "repeatable",
            role: "repeatable",
            path: &of_repeatable,
            now: &raw.repeatables,
            locked: &lock.repeatables,
        },
        Kind {
            code: Code::SeedChanged,
            what: "reference seed",
            role: "seed",
            path: &of_seed,
            now: &raw.seeds,
            locked: &lock.seeds,
        },
    ];
    for kind in kinds {
        for file in kind.now.iter().filter(|file| !settled(&file.name)) {
            findings.extend(kind.changed(file));
        }
        let is_there = |name: &str| kind.now.iter().any(|file| file.name == name);
        for name in kind.locked.keys().filter(|name| !is_there(name)) {
            let message = format!("{} `{name}` is locked, and the file is gone", kind.what);
            let help = format!("restore it: `git checkout HEAD -- \"{}\"`", (kind.path)(name));
            let help_lock = "if it is to go: `cargo dbmig lock`";
            findings.push(
                Finding::new(kind.code, raw.path_of(&[FILE_NAME]), message)
                    .help(help)
                    .help(help_lock),
            );
        }
    }
}

/// One of the two kinds of files.
struct Kind<'a> {
    code: Code,
    what: &'a str,
    /// The name that their digests are framed with.
    role: &'a str,
    path: &'a dyn Fn(&str) -> String,
    now: &'a [RawNamed],
    locked: &'a LockedFiles,
}

impl Kind<'_> {
    fn changed(&self, file: &RawNamed) -> Option<Finding> {
        // What can not be read has its own finding.
        text_of(file.content.bytes()?).ok()?;
        let digest = file.content.digest(self.role)?;
        let locked = self.locked.get(&file.name).map(|locked| &locked.digest);
        let (what, name) = (self.what, &file.name);
        let message = match locked {
            Some(locked) if *locked == digest => return None,
            Some(_) => format!("{what} `{name}` was edited after it was locked"),
            None => format!("{what} `{name}` is not locked"),
        };
        let mut finding = Finding::new(self.code, (self.path)(name), message);
        if locked.is_some() {
            for (label, digest) in [("locked", locked), ("on disk", Some(&digest))] {
                finding =
                    finding.note(format!("{label:<8} {}", digest.map_or("-", Digest::as_str)));
            }
        }
        Some(finding.help("make it final with `cargo dbmig lock`"))
    }
}

#[cfg(test)]
mod tests {
    use crate::check::test_support::{codes, findings, locked, raw, with_lock};
    use crate::{Code, RawFile, RawNamed, RawSet};

    fn file(name: &str, text: impl AsRef<[u8]>) -> RawNamed {
        RawNamed { name: name.into(), content: RawFile::Bytes(text.as_ref().to_vec()) }
    }

    fn with(repeatables: Vec<RawNamed>, seeds: Vec<RawNamed>) -> RawSet {
        RawSet { repeatables, seeds, seeds_path: "seeds".into(), ..raw(&["1_a"]) }
    }

    #[test]
    fn repeatables() {
        const VIEW: &str = "CREATE VIEW v AS SELECT 1; -- c\n";
        let lock = locked(&with(vec![file("R__v.sql", VIEW)], vec![]));
        for (now, expected) in [
            (vec![file("R__v.sql", VIEW)], vec![]),
            (vec![file("R__v.sql", VIEW.replace('\n', "\r\n"))], vec![]),
            (vec![file("R__v.sql", format!("\u{feff}{VIEW}"))], vec![]),
            (vec![file("R__v.sql", "CREATE VIEW v AS\nSELECT 1;")], vec![Code::Reformatted]),
            (vec![file("R__v.sql", VIEW.replace('1', "2"))], vec![Code::RepeatableChanged]),
            (vec![], vec![Code::RepeatableChanged]),
            (vec![file("R__v.sql", VIEW), file("R__w.sql", "x")], vec![Code::RepeatableChanged]),
            (vec![file("R__w.sql", VIEW)], vec![Code::RepeatableChanged; 2]),
            (vec![file("R__v.sql", "\0")], vec![Code::NulByte]),
            (vec![file("R__v.sql", b"\xff")], vec![Code::NotUtf8]),
        ] {
            let found = codes(&with_lock(with(now.clone(), vec![]), &lock));
            assert_eq!(found, expected, "{now:?}");
        }
    }

    #[test]
    fn reference_seeds() {
        const NAME: &str = "reference/001_a.csv";
        let lock = locked(&with(vec![], vec![file(NAME, "a,b\n1,2\n")]));
        for (now, expected) in [
            (vec![file(NAME, "a,b\n1,2\n")], vec![]),
            (vec![file(NAME, "a,b\r\n1,2\r\n")], vec![]),
            (vec![file(NAME, "a,b\n1, 2\n")], vec![Code::SeedChanged]),
            (vec![file(NAME, "a,b\n1,2")], vec![Code::SeedChanged]),
            (vec![], vec![Code::SeedChanged]),
        ] {
            assert_eq!(codes(&with_lock(with(vec![], now.clone()), &lock)), expected, "{now:?}");
        }
    }

    #[test]
    fn says_which_and_where() {
        let lock = locked(&with(vec![file("R__v.sql", "a")], vec![]));
        let now = with(vec![], vec![file("reference/1.sql", "x")]);
        let told: Vec<_> = findings(&with_lock(now, &lock))
            .into_iter()
            .map(|finding| format!("{}: {}", finding.path, finding.message))
            .collect();
        assert_eq!(
            told,
            [
                "migrations/dbmig.lock: repeatable `R__v.sql` is locked, and the file is gone",
                "seeds/reference/1.sql: reference seed `reference/1.sql` is not locked",
            ]
        );
    }
}
