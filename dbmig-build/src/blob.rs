//! The embedded form of a set: one text, an index in front, read without copying.
//!
//! ```text
//! dbmig-blob 2
//! set dialects=sqlite lock=sha256:…
//! migration <version> dir=… up=<bytes> down=<bytes> up-digest=… …
//! repeatable R__<name>.sql text=<bytes> digest=…
//! seed reference/<name> text=<bytes> digest=…
//!                                   an empty line ends the index
//! <the texts, one after the other>
//! ```
//!
//! One file is read and hashed once and shipped as it was read, so what was verified is what runs.

use crate::fields::{self, push, push_word};
use crate::lock::{push_settings, read_setting};
use crate::{
    Dialect, Digest, Digests, Migration, MigrationSet, Repeatable, Seed, Settings, Standing,
    Version,
};

/// The format that this version writes and reads.
pub const FORMAT: u32 = 2;

/// Why a blob could not be read: only a text that `dbmig-build` did not write has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobError(pub String);

impl std::fmt::Display for BlobError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the embedded set of migrations is damaged: {}", self.0)
    }
}

impl std::error::Error for BlobError {}

/// Writes a set.
pub fn render(set: &MigrationSet) -> String {
    let mut index = format!("dbmig-blob {FORMAT}\nset");
    let dialects: Vec<_> = set.dialects().iter().map(|d| d.as_str()).collect();
    push(&mut index, "dialects", &dialects.join(","));
    if let Some(lock) = set.lock_digest() {
        push(&mut index, "lock", lock.as_str());
    }
    index.push('\n');
    let mut texts = String::new();
    for migration in set {
        index.push_str("migration ");
        push_word(&mut index, migration.version.as_str());
        push(&mut index, "dir", &migration.dir_name);
        push(&mut index, "up", &migration.up.len().to_string());
        texts.push_str(&migration.up);
        if let Some(down) = &migration.down {
            push(&mut index, "down", &down.len().to_string());
            texts.push_str(down);
        }
        if let Some(backfill) = &migration.backfill {
            push(&mut index, "backfill", &backfill.len().to_string());
            texts.push_str(backfill);
        }
        push(&mut index, "up-digest", migration.digests.up.as_str());
        if let Some(digest) = &migration.digests.down {
            push(&mut index, "down-digest", digest.as_str());
        }
        if let Some(digest) = &migration.digests.metadata {
            push(&mut index, "metadata-digest", digest.as_str());
        }
        if let Some(digest) = &migration.digests.backfill {
            push(&mut index, "backfill-digest", digest.as_str());
        }
        push_standing(&mut index, migration.standing);
        push_settings(&mut index, &migration.settings);
        index.push('\n');
    }
    let mut file = |keyword: &str, name: &str, text: &str, digest: &Digest, standing: Standing| {
        index.push_str(keyword);
        index.push(' ');
        push_word(&mut index, name);
        push(&mut index, "text", &text.len().to_string());
        texts.push_str(text);
        push(&mut index, "digest", digest.as_str());
        push_standing(&mut index, standing);
        index.push('\n');
    };
    for Repeatable { name, sql, digest, standing } in set.repeatables() {
        file("repeatable", name, sql, digest, *standing);
    }
    for Seed { name, sql, digest, .. } in set.seeds() {
        file("seed", name, sql, digest, Standing::Locked);
    }
    index.push('\n');
    index + &texts
}

/// Appends what the lock knows, where it does not know all.
fn push_standing(index: &mut String, standing: Standing) {
    match standing {
        Standing::Locked => {}
        Standing::Modified => push(index, "standing", "modified"),
        Standing::Draft => push(index, "standing", "draft"),
    }
}

/// Reads a set; the texts of migrations stay where they are.
///
/// # Errors
///
/// When the text was not written by [`render`].
pub fn parse(blob: &'static str) -> Result<MigrationSet, BlobError> {
    let end = blob.find("\n\n").ok_or_else(|| damaged("the index does not end"))?;
    let (index, mut texts) = (&blob[..end], &blob[end + 2..]);
    let mut lines = index.lines();
    if lines.next() != Some(&*format!("dbmig-blob {FORMAT}")) {
        return Err(damaged("it has another format"));
    }
    let (mut dialects, mut lock) = (vec![], None);
    let (mut migrations, mut repeatables, mut seeds) = (vec![], vec![], vec![]);
    for line in lines {
        let words = fields::parse(line).map_err(damaged)?;
        match words.first().map(|word| word.value.as_str()) {
            Some("set") => {
                for word in &words[1..] {
                    match word.key.as_deref() {
                        Some("dialects") => dialects = read_dialects(&word.value)?,
                        Some("lock") => lock = Some(digest(&word.value)?),
                        _ => return Err(damaged("a field of the set is not known")),
                    }
                }
            }
            Some("migration") => migrations.push(migration(&words[1..], &mut texts)?),
            Some("repeatable") => repeatables.push(file(&words[1..], &mut texts)?),
            Some("seed") => {
                let Repeatable { name, sql, digest, .. } = file(&words[1..], &mut texts)?;
                seeds.push(Seed { name, sql, digest, file: None });
            }
            _ => return Err(damaged("a line of the index is not known")),
        }
    }
    if !texts.is_empty() {
        return Err(damaged("there is more text than the index tells"));
    }
    MigrationSet::new(migrations, dialects, lock)
        .map(|set| set.with_repeatables(repeatables).with_seeds(seeds))
        .map_err(|version| damaged(&format!("version `{version}` stands twice")))
}

fn migration(words: &[fields::Field], texts: &mut &'static str) -> Result<Migration, BlobError> {
    let (Some(version), rest) =
        (words.first().filter(|word| word.key.is_none()), words.get(1..).unwrap_or(&[]))
    else {
        return Err(damaged("a migration without version"));
    };
    let (mut dir_name, mut up, mut down) = (None, None, None);
    let (mut up_digest, mut down_digest, mut metadata) = (None, None, None);
    let (mut backfill, mut backfill_digest) = (None, None);
    let mut settings = Settings::default();
    let mut standing = Standing::Locked;
    for word in rest {
        match (word.key.as_deref(), word.value.as_str()) {
            (Some("dir"), value) => dir_name = Some(value.to_owned()),
            (Some("up"), value) => up = Some(take(texts, value)?),
            (Some("down"), value) => down = Some(take(texts, value)?),
            (Some("backfill"), value) => backfill = Some(take(texts, value)?),
            (Some("backfill-digest"), value) => backfill_digest = Some(digest(value)?),
            (Some("up-digest"), value) => up_digest = Some(digest(value)?),
            (Some("down-digest"), value) => down_digest = Some(digest(value)?),
            (Some("metadata-digest"), value) => metadata = Some(digest(value)?),
            (Some("standing"), "modified") => standing = Standing::Modified,
            (Some("standing"), "draft") => standing = Standing::Draft,
            (key, value) if read_setting(&mut settings, key, value) => {}
            _ => return Err(damaged("a field of a migration is not known")),
        }
    }
    let (Some(dir_name), Some(up), Some(up_digest)) = (dir_name, up, up_digest) else {
        return Err(damaged("a field of a migration is missing"));
    };
    Ok(Migration {
        version: Version::new(version.value.clone()),
        dir_name: dir_name.into(),
        up: up.into(),
        down: down.map(Into::into),
        backfill: backfill.map(Into::into),
        settings,
        digests: Digests { up: up_digest, down: down_digest, metadata, backfill: backfill_digest },
        standing,
    })
}

/// A plain file; seeds have the same fields but the standing.
fn file(words: &[fields::Field], texts: &mut &'static str) -> Result<Repeatable, BlobError> {
    let Some((name, rest)) = words.split_first().filter(|(name, _)| name.key.is_none()) else {
        return Err(damaged("a file without name"));
    };
    let (mut sql, mut file_digest, mut standing) = (None, None, Standing::Locked);
    for word in rest {
        match (word.key.as_deref(), word.value.as_str()) {
            (Some("text"), value) => sql = Some(take(texts, value)?),
            (Some("digest"), value) => file_digest = Some(digest(value)?),
            (Some("standing"), "modified") => standing = Standing::Modified,
            (Some("standing"), "draft") => standing = Standing::Draft,
            _ => return Err(damaged("a field of a file is not known")),
        }
    }
    let (Some(sql), Some(digest)) = (sql, file_digest) else {
        return Err(damaged("a field of a file is missing"));
    };
    Ok(Repeatable { name: name.value.clone(), sql: sql.to_owned(), digest, standing })
}

/// Takes the next text of this length.
fn take(texts: &mut &'static str, length: &str) -> Result<&'static str, BlobError> {
    let length: usize = length.parse().map_err(|_| damaged("a length is not a number"))?;
    let (text, rest) = texts
        .split_at_checked(length)
        .ok_or_else(|| damaged("a text is shorter than the index tells"))?;
    *texts = rest;
    Ok(text)
}

fn digest(text: &str) -> Result<Digest, BlobError> {
    Digest::parse(text).ok_or_else(|| damaged("a digest is not well formed"))
}

fn read_dialects(text: &str) -> Result<Vec<Dialect>, BlobError> {
    text.split(',')
        .filter(|name| !name.is_empty())
        .map(|name| name.parse().map_err(|error| damaged(&format!("{error}"))))
        .collect()
}

fn damaged(reason: &str) -> BlobError {
    BlobError(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{self, Options};
    use crate::{RawFile, RawMigration, RawNamed, RawSet};

    fn sample() -> MigrationSet {
        let migration = |dir_name: &str, down: RawFile, metadata: &str| RawMigration {
            dir_name: dir_name.into(),
            up: RawFile::Bytes("select 'é\n\n';\n".into()),
            down,
            metadata: RawFile::Bytes(metadata.into()),
            backfill: match metadata.contains("irreversible") {
                true => RawFile::Bytes("-- é\n".into()),
                false => RawFile::Absent,
            },
        };
        let named = |name: &str, text: &str| RawNamed {
            name: name.into(),
            content: RawFile::Bytes(text.into()),
        };
        let raw = RawSet {
            repeatables: vec![named("R__a=b.sql", "\u{feff}select 'é\n\n'"), named("R__c.sql", "")],
            seeds: vec![named("reference/1 a.csv", "a,b\n")],
            migrations: vec![
                migration(
                    "1=x_a b",
                    RawFile::Bytes("select 2".into()),
                    "run_in_transaction = false\n",
                ),
                migration(
                    "2_c",
                    RawFile::Absent,
                    "run_in_transaction = true\n[dbmig]\nirreversible = \"a b\"\n",
                ),
            ],
            ..RawSet::default()
        };
        let dialects = Some(vec![Dialect::Sqlite, Dialect::Postgres]);
        check::run(&raw, &Options { dialects, lock_required: false, ..Options::default() })
            .set
            .unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let set = sample();
        assert_eq!(parse(render(&set).leak()).unwrap(), set);
        let empty = MigrationSet::new(vec![], vec![], None).unwrap();
        assert_eq!(parse(render(&empty).leak()).unwrap(), empty);
    }

    #[test]
    fn damage_is_noticed() {
        let blob = render(&sample());
        for broken in [
            String::new(),
            blob.replace("blob 2", "blob 3"),
            blob[..blob.len() - 1].to_owned(),
            blob.clone() + "x",
            blob.replacen("up=", "uq=", 1),
            blob.replacen("repeatable ", "repeated ", 1),
            blob.replacen(" text=", " test=", 1),
        ] {
            assert!(parse(broken.leak()).is_err());
        }
    }
}
