//! What an existing database says about the set. Reads only.

use dbmig_build::MigrationSet;
use dbmig_runtime::history::{self, History};

use crate::context::Context;
use crate::database::Access;

/// One line about the database that is named, if it is there.
///
/// # Errors
///
/// It is there and cannot be read: a line about that.
pub fn applied(context: &Context<'_>, set: &MigrationSet) -> Option<Result<String, String>> {
    let location = context.location().ok()?;
    // Looking must not create it.
    if !location.path()?.is_file() {
        return None;
    }
    let name = location.shown().to_owned();
    let read = location.open(Access::Read).map_err(|error| error.causes.join(": "));
    let read = read
        .and_then(|mut session| history::read(&mut *session).map_err(|error| error.to_string()));
    match read {
        Ok(history) => describe(set, &history).map(|text| Ok(format!("`{name}`: {text}"))),
        Err(reason) => Some(Err(format!("`{name}` could not be looked at: {reason}"))),
    }
}

/// What is applied; `None` where there is nothing to say.
fn describe(set: &MigrationSet, history: &History) -> Option<String> {
    let applied = set.iter().filter(|m| history.applied.contains_key(&m.version)).count();
    let pending = set.len() - applied;
    let unknown = history.applied.len() - applied;
    if set.is_empty() && unknown == 0 {
        return None;
    }
    let by = match (history.applied.is_empty(), history.has_own_tables) {
        (false, false) => " (recorded by Diesel)",
        _ => "",
    };
    let mut text = format!("{applied} of {} migrations applied{by}", set.len());
    match pending {
        0 => text.push_str(", nothing to run"),
        some => text.push_str(&format!(", {some} pending")),
    }
    if unknown > 0 {
        text.push_str(&format!(", {unknown} applied without a directory here"));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use dbmig_build::{Digest, Digests, Migration, Settings, Standing, Version};
    use dbmig_runtime::history::Applied;

    use super::*;

    fn migration(version: &'static str) -> Migration {
        Migration {
            version: Version::new(version),
            dir_name: version.into(),
            up: Cow::Borrowed(""),
            backfill: None,
            down: None,
            settings: Settings::default(),
            digests: Digests {
                up: Digest::of_file("up", b""),
                down: None,
                metadata: None,
                backfill: None,
            },
            standing: Standing::Locked,
        }
    }

    #[test]
    fn what_is_applied_is_counted() {
        let cases: &[(&[&str], bool, Option<&str>)] = &[
            (
                &["1", "2"],
                false,
                Some("2 of 2 migrations applied (recorded by Diesel), nothing to run"),
            ),
            (&["1"], true, Some("1 of 2 migrations applied, 1 pending")),
            (&[], false, Some("0 of 2 migrations applied, 2 pending")),
            (
                &["1", "2", "3"],
                true,
                Some(
                    "2 of 2 migrations applied, nothing to run, 1 applied without a directory here",
                ),
            ),
        ];
        let set = MigrationSet::new(vec![migration("1"), migration("2")], vec![], None).unwrap();
        for (applied, has_own_tables, expected) in cases {
            let applied = applied.iter().map(|version| {
                (Version::new(*version), Applied { run_on: String::new(), record: None })
            });
            let history = History {
                applied: applied.collect(),
                has_own_tables: *has_own_tables,
                ..History::default()
            };
            assert_eq!(describe(&set, &history).as_deref(), *expected);
        }
        let empty = MigrationSet::new(vec![], vec![], None).unwrap();
        assert_eq!(describe(&empty, &History::default()), None);
    }
}
