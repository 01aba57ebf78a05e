//! The words for types, and what each is on every dialect. The table is in `table.rs`, one row a word.

mod table;

use dbmig_build::Dialect;

pub(super) use table::TABLE;

/// What a word stands for.
#[derive(Debug)]
pub(super) struct TypeWord {
    /// The word.
    pub(super) word: &'static str,
    /// Other words for it.
    pub(super) aliases: &'static [&'static str],
    /// What may stand in parentheses behind it.
    pub(super) args: Args,
    /// How a default of it is written.
    pub(super) literal: Literal,
    pub(super) sqlite: Sql,
    pub(super) postgres: Sql,
    pub(super) mysql: Sql,
}

/// What may stand in parentheses behind the word of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Args {
    /// Nothing.
    None,
    /// A number.
    Length,
    /// A number, which must be there.
    Needed(&'static str),
}

/// How a default of a type is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Literal {
    /// In quotes.
    Text,
    /// As it stands.
    Number,
    /// `true` and `false`, in the words of the dialect.
    Bool,
    /// In quotes; `now` is the moment.
    Moment,
    /// In quotes, and computed on MySQL, which takes no other default of such a type.
    Document,
    /// In quotes; `uuid4` is a new one.
    Uuid,
}

/// A type in the words of a dialect: `{}` is what stands in parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sql {
    /// The same with and without parentheses; what the server itself calls it (PostgreSQL).
    Is(&'static str, &'static str),
    /// Without parentheses, with them; what the server itself calls it (PostgreSQL).
    Either(&'static str, &'static str, &'static str),
    /// The first form, and a condition on the column, `{c}` in it.
    Checked(&'static str, &'static str),
    /// It has none: what to take instead.
    No(&'static str),
}

/// A type as a column definition has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// The type.
    pub(super) text: String,
    /// The server's own name of it.
    pub(super) name: String,
    /// A condition on the column, with `{c}` for its name.
    pub(super) check: Option<&'static str>,
}

impl TypeWord {
    /// The row of a word, in any case.
    pub(super) fn find(word: &str) -> Option<&'static Self> {
        let same = |other: &&str| other.eq_ignore_ascii_case(word);
        TABLE.iter().find(|row| same(&row.word) || row.aliases.iter().any(same))
    }

    /// The type on a dialect; `Err` says what to take instead.
    pub(super) fn written(&self, dialect: Dialect, args: &str) -> Result<Written, &'static str> {
        let sql = match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
            Dialect::Mysql => self.mysql,
        };
        let (form, name, check) = match sql {
            Sql::Is(form, name) => (form, name, None),
            Sql::Either(plain, _, name) if args.is_empty() => (plain, name, None),
            Sql::Either(_, form, name) => (form, name, None),
            Sql::Checked(form, check) => (form, "", Some(check)),
            Sql::No(instead) => return Err(instead),
        };
        let text = form.replace("{}", args);
        let name = match name {
            "" => text.split('(').next().unwrap_or(&text).to_lowercase(),
            name => name.to_owned(),
        };
        Ok(Written { text, name, check })
    }
}

/// Every word and its aliases, for the nearest one.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    TABLE.iter().flat_map(|row| std::iter::once(row.word).chain(row.aliases.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_once() {
        let mut all: Vec<_> = words().collect();
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(all.iter().all(|word| word.to_lowercase() == **word));
    }

    #[test]
    fn forms() {
        use Dialect::{Mysql, Postgres, Sqlite};
        for (word, args, dialect, text, name) in [
            ("string", "", Postgres, "character varying(255)", "varchar"),
            ("STRING", "50", Postgres, "character varying(50)", "varchar"),
            ("string", "50", Sqlite, "VARCHAR(50)", "varchar"),
            ("string", "", Mysql, "varchar(255)", "varchar"),
            ("timestamp", "", Postgres, "timestamp with time zone", "timestamptz"),
            ("datetime", "3", Postgres, "timestamp(3) with time zone", "timestamptz"),
            ("timestamp", "", Mysql, "datetime(6)", "datetime"),
            ("decimal", "10,2", Postgres, "numeric(10,2)", "numeric"),
            ("json", "", Mysql, "json", "json"),
        ] {
            let row = TypeWord::find(word).unwrap();
            let written = row.written(dialect, args).unwrap();
            assert_eq!((written.text.as_str(), written.name.as_str()), (text, name), "{word}");
        }
        assert!(TypeWord::find("inet").unwrap().written(Sqlite, "").is_ok());
        assert!(TypeWord::find("tsvector").unwrap().written(Sqlite, "").is_err());
    }
}
