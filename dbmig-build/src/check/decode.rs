//! `unreadable`, `not-utf8`, `nul-byte`, `missing-up`: what stops a directory from being a migration.

use super::Decoded;
use crate::lock::Tokens;
use crate::{
    Code, Dialect, Digests, Finding, Findings, LockEntry, LockFile, RawFile, RawMigration, RawSet,
    ReadSettings, SettingsRead, Standing, Version, backfill, sql,
};

pub(super) fn decode<'a>(
    raw: &'a RawSet,
    lock: Option<&LockFile>,
    dialect: Option<Dialect>,
    read_settings: ReadSettings,
    findings: &mut Findings,
) -> Vec<Decoded<'a>> {
    for (path, reason) in &raw.unreadable {
        let mut finding = Finding::new(Code::Unreadable, path, reason);
        if *path == raw.path {
            finding = finding.help("set the project up: `cargo dbmig init`; or name the directory: `--migrations-dir <DIR>`");
        }
        findings.push(finding);
    }
    for name in &raw.undecodable_names {
        findings.push(
            Finding::new(
                Code::NotUtf8,
                raw.path_of(&[name]),
                format!("the name `{name}` is not UTF-8"),
            )
            .help("rename it, or move it out of the migrations directory"),
        );
    }
    raw.migrations
        .iter()
        .filter_map(|migration| decode_one(raw, migration, lock, dialect, read_settings, findings))
        .collect()
}

fn decode_one<'a>(
    raw: &'a RawSet,
    migration: &'a RawMigration,
    lock: Option<&LockFile>,
    dialect: Option<Dialect>,
    read_settings: ReadSettings,
    findings: &mut Findings,
) -> Option<Decoded<'a>> {
    let mut text = |name: &str, file: &'a RawFile| -> Result<Option<&'a str>, ()> {
        let path = raw.path_of(&[&migration.dir_name, name]);
        let finding = match file {
            RawFile::Absent => return Ok(None),
            RawFile::Unreadable(reason) => Finding::new(Code::Unreadable, path, reason),
            RawFile::Bytes(bytes) => match text_of(bytes) {
                Ok(text) => return Ok(Some(text)),
                Err((code, (line, column), message)) => {
                    Finding::new(code, path, message).at(line, column)
                }
            },
        };
        findings.push(finding);
        Err(())
    };
    let up = text("up.sql", &migration.up);
    let down = text("down.sql", &migration.down);
    let metadata = text("metadata.toml", &migration.metadata);
    let backfill = text(backfill::FILE_NAME, &migration.backfill);
    let (up, down, metadata) = (up.ok()?, down.ok()?, metadata.ok()?);
    let backfill = backfill.ok()?;
    let Some(up) = up else {
        let path = raw.path_of(&[&migration.dir_name]);
        findings.push(
            Finding::new(Code::MissingUp, &path, "the directory has no `up.sql`")
                .note("Diesel refuses the whole migrations directory because of it")
                .help(format!("write `{path}/up.sql`, or move the directory elsewhere")),
        );
        return None;
    };
    let version = Version::of_directory(&migration.dir_name);
    let digests = Digests {
        up: migration.up.digest("up")?,
        down: migration.down.digest("down"),
        metadata: migration.metadata.digest("metadata"),
        backfill: migration.backfill.digest("backfill"),
    };
    let entry = lock.and_then(|lock| lock.get(&version));
    let read = metadata.map(read_settings);
    let settings_from_lock = entry.is_some_and(|entry| entry.digests.metadata == digests.metadata);
    let settings = match (entry, &read) {
        (Some(entry), _) if settings_from_lock => entry.settings.clone(),
        // What the build can not read has not changed for all it knows; `check` reads all of it.
        (Some(entry), Some(read)) if read.is_partial() => entry.settings.clone(),
        (_, Some(SettingsRead { settings, .. })) => settings.clone(),
        _ => crate::Settings::default(),
    };
    let mut decoded = Decoded {
        raw: migration,
        dir_name: &migration.dir_name,
        version,
        up,
        down,
        backfill,
        metadata: read,
        settings,
        settings_from_lock,
        digests,
        standing: Standing::Draft,
        reformatted: false,
    };
    if let Some(entry) = entry {
        (decoded.standing, decoded.reformatted) = compare(&decoded, entry, dialect);
    }
    Some(decoded)
}

/// The text of a file without its byte order mark; else code, place, and message.
pub(super) fn text_of(bytes: &[u8]) -> Result<&str, (Code, (usize, usize), String)> {
    let place_of = |offset: usize| {
        let before = String::from_utf8_lossy(&bytes[..offset]);
        crate::sql::position(&before, before.len())
    };
    if let Some(offset) = bytes.iter().position(|&b| b == 0) {
        return Err((Code::NulByte, place_of(offset), format!("byte {offset} is NUL")));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let offset = error.valid_up_to();
            Err((
                Code::NotUtf8,
                place_of(offset),
                format!("the file is not UTF-8 from byte {offset} on"),
            ))
        }
    }
}

/// Compares a migration with what was locked.
fn compare(
    migration: &Decoded<'_>,
    entry: &LockEntry,
    dialect: Option<Dialect>,
) -> (Standing, bool) {
    if migration.digests == entry.digests {
        return (Standing::Locked, false);
    }
    let same_tokens = |text: Option<&str>, locked: Option<&String>| match (text, locked, dialect) {
        (Some(text), Some(locked), Some(dialect)) => {
            sql::token_digest(text, dialect).as_ref() == Some(locked)
        }
        _ => false,
    };
    let Tokens { up, down, backfill } = &entry.tokens;
    let reformatted = (migration.digests.up == entry.digests.up
        || same_tokens(Some(migration.up), up.as_ref()))
        && (migration.digests.down == entry.digests.down
            || same_tokens(migration.down, down.as_ref()))
        && (migration.digests.backfill == entry.digests.backfill
            || same_tokens(migration.backfill, backfill.as_ref()))
        && migration.settings == entry.settings;
    (if reformatted { Standing::Locked } else { Standing::Modified }, reformatted)
}

#[cfg(test)]
mod tests {
    use crate::check::test_support::{codes, raw};
    use crate::{Code, RawFile};

    #[test]
    fn files_that_are_no_text() {
        for (bytes, code) in
            [(&b"select 1;\n\xff"[..], Code::NotUtf8), (&b"select\0 1"[..], Code::NulByte)]
        {
            let mut raw = raw(&["1_a"]);
            raw.migrations[0].down = RawFile::Bytes(bytes.to_vec());
            assert_eq!(codes(&raw), [code]);
        }
    }

    #[test]
    fn a_directory_without_up() {
        let mut raw = raw(&["1_a"]);
        raw.migrations[0].up = RawFile::Absent;
        assert_eq!(codes(&raw), [Code::MissingUp]);
    }

    #[test]
    fn says_the_place() {
        let mut raw = raw(&["1_a"]);
        raw.migrations[0].up = RawFile::Bytes(b"select 1;\n\nse\xc3\xa9\xff".to_vec());
        let finding = crate::check::test_support::findings(&raw).remove(0);
        assert_eq!(finding.place, Some((3, 4)));
    }
}
