//! What the database knows of repeatable migrations: the text that ran last, and those it replaced.

use dbmig_build::{Dialect, Digest, Repeatable, Version};

use super::tables::Tables;
use crate::session::{DbResult, Session, Value};
use crate::sql::{placeholder, text};

/// How many replaced texts are remembered: what fits into a column of MySQL, with room to spare.
const REMEMBERED: usize = 500;
/// Before the digests of a text that must run again, though nothing replaced it.
const VOID: &str = "void";

/// What the database knows of one repeatable migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    /// The text that ran last.
    pub digest: Digest,
    /// Those it replaced, the newest first.
    pub replaced: Vec<Digest>,
    /// A migration was reverted since: what the text created may have gone with it.
    pub void: bool,
}

/// A repeatable migration against a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RepeatableState {
    /// It never ran, or a migration was reverted since.
    Pending,
    /// Another text of it ran last.
    Changed,
    /// This text ran last.
    Applied,
    /// This text ran, and a later one has replaced it.
    Older,
}

impl RepeatableState {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Changed => "changed",
            Self::Applied => "applied",
            Self::Older => "older",
        }
    }
}

impl Repeated {
    /// Reads what [`to_text`](Self::to_text) wrote; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ').peekable();
        let void = words.next_if_eq(&VOID).is_some();
        let digest = Digest::parse(words.next()?)?;
        let replaced = words.map(Digest::parse).collect::<Option<_>>()?;
        Some(Self { digest, replaced, void })
    }

    fn to_text(&self) -> String {
        let void = self.void.then_some(VOID);
        let digests = std::iter::once(&self.digest).chain(self.replaced.iter().take(REMEMBERED));
        void.into_iter().chain(digests.map(Digest::as_str)).collect::<Vec<_>>().join(" ")
    }

    /// What is known once another text has run.
    fn replaced_by(self, digest: &Digest) -> Self {
        let mut replaced = vec![self.digest];
        replaced.extend(self.replaced);
        replaced.retain(|old| old != digest);
        Self { digest: digest.clone(), replaced, void: false }
    }

    /// The state of a text.
    pub fn state_of(known: Option<&Self>, digest: &Digest) -> RepeatableState {
        match known {
            None => RepeatableState::Pending,
            Some(known) if known.digest == *digest => match known.void {
                true => RepeatableState::Pending,
                false => RepeatableState::Applied,
            },
            Some(known) if known.replaced.contains(digest) => RepeatableState::Older,
            Some(_) => RepeatableState::Changed,
        }
    }
}

/// What stands for the version of a repeatable in the table of attempts, which holds 50 characters.
pub fn key_of(name: &str) -> Version {
    const LONGEST: usize = 50;
    if name.chars().count() <= LONGEST {
        return Version::new(name.to_owned());
    }
    let digest = Digest::of_file("repeatable", name.as_bytes());
    let hex: String = digest.as_str().chars().rev().take(12).collect();
    let start: String = name.chars().take(LONGEST - 13).collect();
    Version::new(format!("{start}~{hex}"))
}

/// Records that a text runs; `false` when there is nothing to run: another runner has done it, or a later
/// text has replaced it, unless `again` says that it runs whatever is known.
///
/// Done first in its transaction, under the lock of the run.
pub(crate) fn claim_repeatable(
    session: &mut dyn Session,
    tables: &Tables,
    repeatable: &Repeatable,
    again: bool,
) -> DbResult<bool> {
    let (dialect, state) = (session.dialect(), tables.state());
    let place = |index| placeholder(dialect, index);
    let known = read_one(session, tables, &repeatable.name)?;
    let state_now = Repeated::state_of(known.as_ref(), &repeatable.digest);
    let runs = matches!(state_now, RepeatableState::Pending | RepeatableState::Changed);
    if !runs && !again {
        return Ok(false);
    }
    let next = match known {
        Some(known) => known.replaced_by(&repeatable.digest),
        None => Repeated { digest: repeatable.digest.clone(), replaced: vec![], void: false },
    };
    let name = Value::Text(&repeatable.name);
    let delete = format!("DELETE FROM {state} WHERE kind = 'repeatable' AND name = {}", place(1));
    session.execute_with(&delete, &[name])?;
    let insert = format!(
        "INSERT INTO {state} (kind, name, value) VALUES ('repeatable', {}, {})",
        place(1),
        place(2)
    );
    session.execute_with(&insert, &[name, Value::Text(&next.to_text())])?;
    Ok(true)
}

/// This text is the one that ran last.
pub(crate) fn is_repeated(
    session: &mut dyn Session,
    tables: &Tables,
    repeatable: &Repeatable,
) -> DbResult<bool> {
    let known = read_one(session, tables, &repeatable.name)?;
    let state = Repeated::state_of(known.as_ref(), &repeatable.digest);
    Ok(state == RepeatableState::Applied)
}

fn read_one(session: &mut dyn Session, tables: &Tables, name: &str) -> DbResult<Option<Repeated>> {
    let dialect = session.dialect();
    let sql = format!(
        "SELECT {} FROM {} WHERE kind = 'repeatable' AND name = {}",
        text(dialect, "value"),
        tables.state(),
        placeholder(dialect, 1)
    );
    let rows = session.query(&sql, &[Value::Text(name)])?;
    let value = rows.into_iter().next().and_then(|row| row.into_iter().next().flatten());
    Ok(value.as_deref().and_then(Repeated::parse))
}

/// This repeatable must run again.
pub(crate) fn void_repeatable(
    session: &mut dyn Session,
    tables: &Tables,
    name: &str,
) -> DbResult<()> {
    let dialect = session.dialect();
    let sql =
        format!("{} AND name = {}", void_repeatables_sql(dialect, tables), placeholder(dialect, 1));
    session.execute_with(&sql, &[Value::Text(name)]).map(drop)
}

/// All of them must.
pub(crate) fn void_repeatables_sql(dialect: Dialect, tables: &Tables) -> String {
    let joined = match dialect {
        Dialect::Mysql => format!("CONCAT('{VOID} ', value)"),
        Dialect::Sqlite | Dialect::Postgres => format!("'{VOID} ' || value"),
    };
    format!(
        "UPDATE {} SET value = {joined} WHERE kind = 'repeatable' AND value NOT LIKE '{VOID} %'",
        tables.state()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(text: &str) -> Digest {
        Digest::of_file("repeatable", text.as_bytes())
    }

    #[test]
    fn a_text_that_was_replaced_is_older() {
        let first = Repeated { digest: digest("a"), replaced: vec![], void: false };
        let second = first.replaced_by(&digest("b")).replaced_by(&digest("c"));
        for (text, expected) in [
            ("a", RepeatableState::Older),
            ("b", RepeatableState::Older),
            ("c", RepeatableState::Applied),
            ("d", RepeatableState::Changed),
        ] {
            assert_eq!(Repeated::state_of(Some(&second), &digest(text)), expected, "{text}");
        }
        assert_eq!(Repeated::state_of(None, &digest("a")), RepeatableState::Pending);
        // Asked for by name, an older text runs, and is the one from then on.
        let back = second.replaced_by(&digest("a"));
        assert_eq!(Repeated::state_of(Some(&back), &digest("a")), RepeatableState::Applied);
        assert_eq!(Repeated::state_of(Some(&back), &digest("c")), RepeatableState::Older);
    }

    #[test]
    fn void_texts_run_again_and_older_ones_stay_older() {
        let known = Repeated { digest: digest("b"), replaced: vec![digest("a")], void: true };
        assert_eq!(Repeated::state_of(Some(&known), &digest("b")), RepeatableState::Pending);
        assert_eq!(Repeated::state_of(Some(&known), &digest("a")), RepeatableState::Older);
    }

    #[test]
    fn what_is_stored_is_read() {
        for void in [false, true] {
            for replaced in [vec![], vec![digest("a"), digest("b")]] {
                let known = Repeated { digest: digest("c"), replaced, void };
                assert_eq!(Repeated::parse(&known.to_text()), Some(known));
            }
        }
        for text in ["", "void", "x", "sha256:12 x"] {
            assert_eq!(Repeated::parse(text), None, "{text}");
        }
        let many = Repeated { digest: digest("c"), replaced: vec![digest("a"); 2000], void: true };
        assert!(many.to_text().len() < 65_535, "a TEXT of MySQL");
    }

    #[test]
    fn keys_are_short_and_differ() {
        assert_eq!(key_of("R__views.sql").as_str(), "R__views.sql");
        let (a, b) = (format!("R__{}a.sql", "x".repeat(60)), format!("R__{}b.sql", "x".repeat(60)));
        assert_ne!(key_of(&a), key_of(&b));
        assert_eq!(key_of(&a).as_str().chars().count(), 50);
    }
}
