//! Reads the text of a lock file, strictly: what it does not know it does not guess.

use super::{FORMAT, LockEntry, LockError, LockFile, Tokens, files, proof};
use crate::fields::{self, Field};
use crate::{Demand, Digest, Digests, Level, Settings, Version};

pub(super) fn parse(text: &str) -> Result<LockFile, LockError> {
    if let Some(line) = conflict_marker(text) {
        return Err(LockError::Conflict(line));
    }
    let last = text.lines().count().max(1);
    if !text.ends_with('\n') {
        return Err(malformed(last, "the file ends in the middle of a line"));
    }
    let mut lock = LockFile::default();
    let mut reader = Header::default();
    for (index, line) in text.lines().enumerate() {
        read_line(index + 1, line.trim_end(), &mut reader, &mut lock)?;
    }
    reader.finish(last, &lock)?;
    Ok(lock)
}

/// The first line that a merge left behind.
pub(super) fn conflict_marker(text: &str) -> Option<usize> {
    let is_marker = |line: &str| {
        ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|marker| line.starts_with(marker))
    };
    text.lines().position(is_marker).map(|at| at + 1)
}

/// What the header promised.
#[derive(Default)]
pub(super) struct Header {
    format: bool,
    dialects: bool,
    versions: Option<(usize, Digest)>,
    repeatables: Option<(usize, Digest)>,
    seeds: Option<(usize, Digest)>,
    schemas: Option<(usize, Digest)>,
}

impl Header {
    /// For lines that are read one by one, outside a whole file.
    pub(super) fn opened() -> Self {
        Self { format: true, ..Self::default() }
    }

    fn finish(self, last: usize, lock: &LockFile) -> Result<(), LockError> {
        let Some((count, digest)) = self.versions else {
            return Err(malformed(last, "the `versions` line is missing"));
        };
        if !self.dialects {
            return Err(malformed(last, "the `dialects` line is missing"));
        }
        if lock.len() != count {
            let reason =
                format!("the header counts {count} migrations, the file holds {}", lock.len());
            return Err(malformed(3, &reason));
        }
        if lock.versions_digest() != digest {
            return Err(malformed(3, "the header does not fit the versions in the file"));
        }
        for (keyword, promised, held) in [
            ("repeatables", self.repeatables, &lock.repeatables),
            ("seeds", self.seeds, &lock.seeds),
            ("schemas", self.schemas, &lock.schemas),
        ] {
            let count = promised.as_ref().map_or(0, |(count, _)| *count);
            if held.len() != count {
                let reason =
                    format!("the header counts {count} {keyword}, the file holds {}", held.len());
                return Err(malformed(3, &reason));
            }
            if promised.is_some_and(|(_, digest)| files::names_digest(keyword, held) != digest) {
                let reason = format!("the header does not fit the {keyword} in the file");
                return Err(malformed(3, &reason));
            }
        }
        Ok(())
    }
}

/// How many there are, and the digest over their names.
fn counted(number: usize, keyword: &str, words: &[Field]) -> Result<(usize, Digest), LockError> {
    if let [count, digest] = words {
        if let (Ok(count), Some(digest)) = (count.value.parse(), Digest::parse(&digest.value)) {
            return Ok((count, digest));
        }
    }
    Err(malformed(number, &format!("`{keyword}` wants a count and a digest")))
}

pub(super) fn read_line(
    number: usize,
    line: &str,
    header: &mut Header,
    lock: &mut LockFile,
) -> Result<(), LockError> {
    if line.is_empty() || line.starts_with('#') {
        return Ok(());
    }
    let words = fields::parse(line).map_err(|reason| malformed(number, reason))?;
    let (Some(keyword), rest) =
        (words.first().filter(|w| w.key.is_none()), words.get(1..).unwrap_or(&[]))
    else {
        return Err(malformed(number, "a line begins with a word such as `migration`"));
    };
    if !header.format && keyword.value != "dbmig-lock" {
        return Err(malformed(number, "the file does not begin with `dbmig-lock`"));
    }
    match (keyword.value.as_str(), rest) {
        ("dbmig-lock", [format]) => match format.value.parse::<u32>() {
            Ok(FORMAT) => header.format = true,
            Ok(other) => return Err(LockError::Unsupported(number, format!("format {other}"))),
            Err(_) => return Err(malformed(number, "the format is not a number")),
        },
        (keyword @ ("versions" | "repeatables" | "seeds" | "schemas"), words) => {
            let slot = match keyword {
                "versions" => &mut header.versions,
                "seeds" => &mut header.seeds,
                "schemas" => &mut header.schemas,
                _ => &mut header.repeatables,
            };
            if slot.replace(counted(number, keyword, words)?).is_some() {
                return Err(malformed(number, &format!("`{keyword}` stands twice")));
            }
        }
        ("dialects", names) => {
            for name in names {
                match name.value.parse() {
                    Ok(dialect) => lock.dialects.push(dialect),
                    Err(_) => return Err(unknown(number, "dialect", Some(&name.value), "")),
                }
            }
            header.dialects = true;
        }
        ("policy", decisions) => {
            for decision in decisions {
                match decision.key.as_deref() {
                    Some("start_after") => {
                        lock.policy.start_after = Some(Version::new(decision.value.clone()));
                    }
                    Some("proof") => {
                        lock.policy.proof = demand(number, decision, &Demand::PROOF)?;
                    }
                    Some("schema_rs") => {
                        lock.policy.schema_rs = demand(number, decision, &Demand::SCHEMA_RS)?;
                    }
                    other => return Err(unknown(number, "policy", other, &decision.value)),
                }
            }
        }
        ("lint", lints) => {
            for lint in lints {
                let (Some(code), Some(level)) = (&lint.key, Level::parse(&lint.value)) else {
                    return Err(malformed(
                        number,
                        "`lint` wants code=allow, code=warn, or code=deny",
                    ));
                };
                lock.policy.lints.insert(code.clone(), level);
            }
        }
        ("migration", [version, rest @ ..]) if version.key.is_none() => {
            let entry = entry(number, Version::new(version.value.clone()), rest)?;
            if lock.get(&entry.version).is_some() {
                return Err(malformed(
                    number,
                    &format!("version `{}` stands twice", entry.version),
                ));
            }
            lock.insert(entry);
        }
        (keyword @ ("repeatable" | "seed" | "schema"), words) => {
            let (name, file) = files::read(number, words)?;
            let known = match keyword {
                "seed" => &mut lock.seeds,
                "schema" => &mut lock.schemas,
                _ => &mut lock.repeatables,
            };
            if known.contains_key(&name) {
                return Err(malformed(number, &format!("`{name}` stands twice")));
            }
            known.insert(name, file);
        }
        (keyword, _) => return Err(unknown(number, "line", Some(keyword), "")),
    }
    Ok(())
}

fn entry(number: usize, version: Version, fields: &[Field]) -> Result<LockEntry, LockError> {
    let mut dir_name = None;
    let (mut up, mut down, mut metadata, mut backfill) = (None, None, None, None);
    let mut tokens = Tokens::default();
    let mut settings = Settings::default();
    let mut late = None;
    let mut proof = proof::Reader::default();
    for field in fields {
        let value = &field.value;
        match field.key.as_deref() {
            Some("dir") => dir_name = Some(value.clone()),
            Some("up") => up = Some(digest(number, value)?),
            Some("down") => down = Some(digest(number, value)?),
            Some("metadata") => metadata = Some(digest(number, value)?),
            // Most migrations have none, and their lines say nothing of it.
            Some("backfill") => backfill = digest(number, value)?,
            Some("backfill-tokens") => tokens.backfill = Some(value.clone()),
            Some("up-tokens") => tokens.up = Some(value.clone()),
            Some("down-tokens") => tokens.down = Some(value.clone()),
            Some("late") => late = Some(value.clone()),
            key => {
                if !read_setting(&mut settings, key, value) && !proof.take(number, field)? {
                    return Err(unknown(number, "field", key, value));
                }
            }
        }
    }
    let (Some(dir_name), Some(Some(up)), Some(down), Some(metadata)) =
        (dir_name, up, down, metadata)
    else {
        return Err(malformed(number, "a migration wants `dir`, `up`, `down`, and `metadata`"));
    };
    if Version::of_directory(&dir_name) != version {
        return Err(malformed(
            number,
            &format!("`{dir_name}` does not have the version `{version}`"),
        ));
    }
    Ok(LockEntry {
        version,
        dir_name,
        digests: Digests { up, down, metadata, backfill },
        tokens,
        settings,
        late,
        proof: proof.finish(number)?,
    })
}

/// Reads a field that [`super::render::push_settings`] wrote; `false` when it is none.
pub(crate) fn read_setting(settings: &mut Settings, key: Option<&str>, value: &str) -> bool {
    match (key, value) {
        (Some("transaction"), "off") => settings.run_in_transaction = false,
        (Some("irreversible"), reason) => settings.irreversible = Some(reason.to_owned()),
        (Some("foreign_keys"), "off") => settings.foreign_keys_off = true,
        (Some("split"), "off") => settings.split_off = true,
        (Some("requires"), text) => match crate::settings::required_backfill(text) {
            Some(version) => settings.requires = Some(version),
            None => return false,
        },
        (Some("precondition"), text) => match crate::Precondition::from_text(text) {
            Some(precondition) => settings.preconditions.push(precondition),
            None => return false,
        },
        _ => return false,
    }
    true
}

/// The value of a decision; another word may be one of a newer version.
fn demand(number: usize, decision: &Field, words: &[(&str, Demand)]) -> Result<Demand, LockError> {
    let key = decision.key.as_deref().unwrap_or_default();
    Demand::read(&decision.value, words)
        .ok_or_else(|| unknown(number, "policy", Some(&format!("{key}={}", decision.value)), ""))
}

fn digest(number: usize, value: &str) -> Result<Option<Digest>, LockError> {
    match value {
        "-" => Ok(None),
        text => match Digest::parse(text) {
            Some(digest) => Ok(Some(digest)),
            None => Err(malformed(number, &format!("`{text}` is not a digest"))),
        },
    }
}

pub(super) fn malformed(line: usize, reason: &str) -> LockError {
    LockError::Malformed(line, reason.to_owned())
}

pub(super) fn unknown(line: usize, what: &str, key: Option<&str>, value: &str) -> LockError {
    LockError::Unsupported(line, format!("{what} `{}`", key.unwrap_or(value)))
}
