//! `SqlFile`: an `up.sql` or `down.sql` of a judged migration, cut once for all rules.

use super::{Decoded, Subject};
use crate::sql::{self, Split, Statement, StatementKind, Token, TokenKind};
use crate::{Assertions, Code, Dialect, Finding, RawFile};

/// A text that the rules of habit look at.
pub(crate) struct SqlFile<'a> {
    dir_name: &'a str,
    /// `up.sql` or `down.sql`.
    pub(crate) name: &'static str,
    pub(crate) text: &'a str,
    /// The file starts with a byte order mark, which `text` has no more.
    pub(crate) has_mark: bool,
    pub(crate) dialect: Dialect,
    /// Runs in a transaction; `None` where the build could not read `metadata.toml` in full.
    pub(crate) transaction: Option<bool>,
    /// Is sent whole.
    pub(crate) split_off: bool,
    /// Foreign keys are switched off around the migration.
    pub(crate) foreign_keys_off: bool,
    pub(crate) split: Split<'a>,
    pub(crate) directives: Vec<Directive<'a>>,
    pub(crate) assertions: Assertions,
    /// Its statements only stop Diesel: those that change rows are in `backfill.sql`.
    pub(crate) of_backfill: bool,
}

/// A `-- dbmig:` comment.
pub(crate) struct Directive<'a> {
    /// What stands behind `dbmig:`.
    pub(crate) text: &'a str,
    pub(crate) place: Place,
    /// The statement it is about; `None` behind the last one.
    pub(crate) statement: Option<usize>,
    /// It stands before the first statement.
    pub(crate) at_top: bool,
}

/// Line and column, from 1.
pub(crate) type Place = (usize, usize);

/// Cuts the texts of a migration. Whoever is not judged is not asked here.
pub(super) fn of<'a>(
    migration: &Decoded<'a>,
    dialect: Dialect,
) -> impl Iterator<Item = SqlFile<'a>> {
    let (raw, settings) = (migration.raw, &migration.settings);
    let not_read = migration.metadata.as_ref().is_some_and(|read| {
        read.problems.iter().any(|problem| problem.code == Code::MetadataNotRead)
    });
    let known = migration.settings_from_lock || !not_read;
    let file = move |name, text: &'a str, raw: &RawFile| {
        let split = sql::split(text, dialect);
        let directives = directives(text, dialect, &split);
        SqlFile {
            dir_name: migration.dir_name,
            name,
            text,
            has_mark: raw.bytes().is_some_and(|bytes| bytes.starts_with("\u{feff}".as_bytes())),
            dialect,
            transaction: known.then_some(settings.run_in_transaction),
            split_off: settings.split_off,
            foreign_keys_off: settings.foreign_keys_off,
            split,
            directives,
            assertions: Assertions::read(text, dialect),
            of_backfill: migration.backfill.is_some() && name == "up.sql",
        }
    };
    let up = file("up.sql", migration.up, &raw.up);
    let down = migration.down.map(|down| file("down.sql", down, &raw.down));
    std::iter::once(up).chain(down)
}

impl<'a> SqlFile<'a> {
    /// The path that findings show.
    pub(crate) fn path(&self, subject: &Subject<'_>) -> String {
        subject.raw.path_of(&[self.dir_name, self.name])
    }

    /// The path of the `metadata.toml` that governs the file.
    pub(crate) fn metadata_path(&self, subject: &Subject<'_>) -> String {
        subject.raw.path_of(&[self.dir_name, "metadata.toml"])
    }

    /// The statements whose cut is certain: all of them, or those before the doubtful place.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &Statement<'a>> {
        let limit = self.split.unsure.map_or(usize::MAX, |unsure| unsure.offset);
        self.split.statements.iter().take_while(move |s| s.offset + s.sql.len() <= limit)
    }

    /// The same, of one kind.
    pub(crate) fn of_kind(&self, kind: StatementKind) -> impl Iterator<Item = &Statement<'a>> {
        self.statements().filter(move |statement| statement.kind == kind)
    }

    /// What a server reads of a statement, without the marks of executable comments.
    pub(crate) fn tokens(&self, statement: &Statement<'a>) -> Vec<Token<'a>> {
        let unread = [TokenKind::ExecutableOpen, TokenKind::ExecutableClose, TokenKind::Hint];
        sql::tokens(statement.sql, self.dialect)
            .filter(|token| !token.is_trivia() && !unread.contains(&token.kind))
            .collect()
    }

    /// A finding about a statement.
    pub(crate) fn finding(
        &self,
        subject: &Subject<'_>,
        code: Code,
        statement: &Statement<'_>,
        message: impl Into<String>,
    ) -> Finding {
        Finding::new(code, self.path(subject), message).at(statement.line, statement.column)
    }
}

/// The place behind `text`, which starts at `from`.
pub(crate) fn behind((line, column): Place, text: &str) -> Place {
    match text.rfind('\n') {
        Some(last) => (
            line + text.bytes().filter(|byte| *byte == b'\n').count(),
            1 + text[last + 1..].chars().count(),
        ),
        None => (line, column + text.chars().count()),
    }
}

/// The first `count` words of a statement, in capitals: `CREATE INDEX`.
pub(crate) fn title(tokens: &[Token<'_>], count: usize) -> String {
    let words = tokens.iter().take_while(|token| token.kind == TokenKind::Word).take(count);
    words.map(|word| word.text.to_ascii_uppercase()).collect::<Vec<_>>().join(" ")
}

fn directives<'a>(text: &'a str, dialect: Dialect, split: &Split<'a>) -> Vec<Directive<'a>> {
    // Most texts have none, and need no second pass.
    if !text.contains("dbmig:") {
        return vec![];
    }
    let mut ends = Vec::with_capacity(split.statements.len());
    let mut end = 0;
    for statement in &split.statements {
        end += statement.piece.len();
        ends.push(end);
    }
    let mut list = Vec::new();
    let mut place = (1, 1);
    for token in sql::tokens(text, dialect) {
        if let Some(directive) = token.directive() {
            let next = ends.partition_point(|end| *end <= token.offset);
            let piece_start = next.checked_sub(1).map_or(0, |before| ends[before]);
            // Behind a statement, on its line, a comment is about that one.
            let behind_one = next > 0 && !text[piece_start..token.offset].contains('\n');
            let statement = if behind_one { next - 1 } else { next };
            let first = split.statements.first();
            list.push(Directive {
                text: directive,
                place,
                statement: (statement < split.statements.len()).then_some(statement),
                at_top: first.is_none_or(|first| token.offset < first.offset),
            });
        }
        place = behind(place, token.text);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_belongs_to_the_statement_that_it_leads_or_ends() {
        let text = "-- dbmig:a\nSELECT 1; -- dbmig:b\n-- x\n  -- dbmig:c\nSELECT -- dbmig:d\n 2;\n--dbmig:e\n";
        let split = sql::split(text, Dialect::Sqlite);
        let found: Vec<_> = directives(text, Dialect::Sqlite, &split)
            .into_iter()
            .map(|d| (d.text, d.place, d.statement, d.at_top))
            .collect();
        assert_eq!(
            found,
            [
                ("a", (1, 1), Some(0), true),
                ("b", (2, 11), Some(0), false),
                ("c", (4, 3), Some(1), false),
                ("d", (5, 8), Some(1), false),
                ("e", (7, 1), None, false),
            ]
        );
    }

    #[test]
    fn what_was_adopted_is_not_cut() {
        use crate::check::test_support::{findings, locked, raw, up, with_lock};
        let text = "COMMIT; -- dbmig:todo\n";
        let set = || up(up(raw(&["1_a", "2_b"]), 0, text), 1, text);
        let mut lock = locked(&set());
        let paths = |lock: &crate::LockFile| -> Vec<_> {
            findings(&with_lock(set(), lock)).into_iter().map(|finding| finding.path).collect()
        };
        assert_eq!(paths(&lock).len(), 4);
        lock.policy.start_after = Some(crate::Version::new("1"));
        assert_eq!(paths(&lock), ["migrations/2_b/up.sql", "migrations/2_b/up.sql"]);
        lock.policy.start_after = Some(crate::Version::new("2"));
        assert_eq!(paths(&lock), [""; 0]);
    }

    #[test]
    fn text_that_only_looks_like_a_directive_is_none() {
        for text in ["SELECT '\n-- dbmig:a'", "/* -- dbmig:a */ SELECT 1", "-- see dbmig: a"] {
            let split = sql::split(text, Dialect::Sqlite);
            assert!(directives(text, Dialect::Sqlite, &split).is_empty(), "{text}");
        }
    }
}
