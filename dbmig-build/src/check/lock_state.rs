//! `lock-missing`, `lock-conflict`, `lock-malformed`, `lock-unsupported`.

use crate::lock::{FILE_NAME, LockError};
use crate::{Code, Finding, Findings, LockFile, RawFile, RawSet};

/// Reads the lock file, or says what is wrong with it.
pub(super) fn check(raw: &RawSet, required: bool, findings: &mut Findings) -> Option<LockFile> {
    let path = raw.path_of(&[FILE_NAME]);
    let bytes = match &raw.lock {
        RawFile::Bytes(bytes) => bytes,
        // Nothing to lock: the directory itself is the finding.
        RawFile::Absent if !required || !raw.unreadable.is_empty() => return None,
        RawFile::Absent => {
            findings.push(
                Finding::new(Code::LockMissing, path, "there is no lock file")
                    .help("write it with `cargo dbmig lock`, or restore it from version control"),
            );
            return None;
        }
        RawFile::Unreadable(reason) => {
            findings.push(Finding::new(Code::Unreadable, path, reason));
            return None;
        }
    };
    let restore = format!("restore it: `git checkout HEAD -- \"{path}\"`");
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => match LockFile::parse(text) {
            Ok(lock) => return Some(lock),
            Err(error) => error,
        },
        Err(_) => LockError::Malformed(1, "the file is not UTF-8".into()),
    };
    findings.push(match error {
        LockError::Conflict(line) => {
            Finding::new(Code::LockConflict, path, "the lock file holds merge conflict markers")
                .at(line, 1)
                .help("run `cargo dbmig lock --resolve`, which keeps the migrations of both sides")
        }
        LockError::Malformed(line, reason) => {
            Finding::new(Code::LockMalformed, path, format!("the lock file is damaged: {reason}"))
                .at(line, 1)
                .help(restore)
                .help("after a merge by hand, with all lines kept: `cargo dbmig lock --resolve`")
        }
        LockError::Unsupported(line, what) => Finding::new(
            Code::LockUnsupported,
            path,
            format!("the lock file has {what}, which this version does not know"),
        )
        .at(line, 1)
        .help("update cargo-dbmig, dbmig-build, and dbmig-runtime to the version that wrote it"),
    });
    None
}

#[cfg(test)]
mod tests {
    use crate::check::test_support::{codes, locked, raw};
    use crate::{Code, RawFile};

    #[test]
    fn states_of_the_file() {
        let good = locked(&raw(&["1_a"])).render();
        for (bytes, expected) in [
            (RawFile::Bytes(good.clone().into()), vec![]),
            (RawFile::Absent, vec![Code::LockMissing]),
            (RawFile::Bytes(format!("<<<<<<< a\n{good}").into()), vec![Code::LockConflict]),
            (RawFile::Bytes(good.as_bytes()[..good.len() - 9].to_vec()), vec![Code::LockMalformed]),
            (RawFile::Bytes(good.replace("lock 1", "lock 2").into()), vec![Code::LockUnsupported]),
            (RawFile::Unreadable("no".into()), vec![Code::Unreadable]),
        ] {
            let raw = crate::RawSet { lock: bytes, ..raw(&["1_a"]) };
            let options = crate::check::Options::default();
            let codes_found: Vec<_> =
                crate::check::run(&raw, &options).findings.iter().map(|f| f.code).collect();
            assert_eq!(codes_found, expected);
        }
        assert_eq!(codes(&raw(&["1_a"])), []);
    }
}
