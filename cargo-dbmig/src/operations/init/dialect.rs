//! Which dialect the migrations are written in, and who says so. Pure.

use dbmig_build::Dialect;

use super::backends::Backends;
use crate::error::{CliError, CliResult};

/// Everything that may tell.
#[derive(Debug, Clone, Default)]
pub(super) struct Clues {
    /// `--dialect`.
    pub(super) flag: Option<Dialect>,
    /// An existing `dbmig.toml`.
    pub(super) config: Option<Dialect>,
    /// An existing lock file.
    pub(super) lock: Option<Dialect>,
    /// The name of the migrations directory.
    pub(super) directory: Option<Dialect>,
    /// The features of Diesel.
    pub(super) backends: Backends,
    /// The URL of the database, and what it is called.
    pub(super) url: Option<(Dialect, String)>,
    /// There are migrations already.
    pub(super) has_migrations: bool,
}

/// The dialect of a database URL; `None` for one that nobody here knows.
pub(super) fn of_url(url: &str) -> Option<Dialect> {
    // `host=… dbname=…`
    if crate::database::are_words(url) {
        return Some(Dialect::Postgres);
    }
    match url.split_once("://").map(|(scheme, _)| scheme) {
        Some("postgres" | "postgresql") => Some(Dialect::Postgres),
        Some("mysql" | "mariadb") => Some(Dialect::Mysql),
        Some("sqlite" | "file") | None => Some(Dialect::Sqlite),
        Some(_) => None,
    }
}

/// Decides, and says why.
///
/// # Errors
///
/// Nothing tells, several things do, or the command line contradicts a file.
pub(super) fn choose(clues: &Clues) -> CliResult<(Dialect, String)> {
    let files = [(clues.config, "`dbmig.toml`"), (clues.lock, "the lock file")];
    if let Some(dialect) = clues.flag {
        for (said, who) in files {
            if let Some(other) = said.filter(|said| *said != dialect) {
                return Err(CliError::usage(format!(
                    "`--dialect {dialect}` contradicts {who}, which says `{other}`"
                ))
                .help("leave out `--dialect`"));
            }
        }
        return Ok((dialect, "the command line".into()));
    }
    let said = files.into_iter().find_map(|(said, who)| Some((said?, who)));
    let said = said.or(clues.directory.map(|dialect| (dialect, "the name of the directory")));
    if let Some((dialect, who)) = said {
        return Ok((dialect, who.into()));
    }
    let features = &clues.backends.dialects;
    if let [dialect] = features[..] {
        return Ok((dialect, "the features of `diesel` in Cargo.toml".into()));
    }
    if let Some((dialect, name)) = &clues.url {
        if features.is_empty() || features.contains(dialect) {
            return Ok((*dialect, name.clone()));
        }
    }
    if !clues.has_migrations && !clues.backends.has_diesel {
        return Ok((Dialect::Sqlite, "a new package; `--dialect` names another".into()));
    }
    Err(undecided(clues))
}

fn undecided(clues: &Clues) -> CliError {
    let mut error = CliError::usage("could not tell which dialect the migrations are written in");
    let features: Vec<_> =
        clues.backends.dialects.iter().map(|dialect| format!("`{dialect}`")).collect();
    error = error.note(match (clues.backends.has_diesel, features.is_empty()) {
        (true, false) => format!("`diesel` in Cargo.toml has several: {}", features.join(", ")),
        (true, true) => "the features of `diesel` in Cargo.toml name none".into(),
        (false, _) => "there is no `diesel` in Cargo.toml whose features would tell".into(),
    });
    error = error.note(match &clues.url {
        Some((dialect, name)) => format!("{name} names another: `{dialect}`"),
        None => "no `DATABASE_URL` is set, also not in `.env`".into(),
    });
    let choices: Vec<_> = match &clues.backends.dialects[..] {
        [] => Dialect::ALL.iter().map(|dialect| dialect.as_str()).collect(),
        some => some.iter().map(|dialect| dialect.as_str()).collect(),
    };
    error.help(format!("name it: `cargo dbmig init --dialect <{}>`", choices.join("|")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::{Mysql, Postgres, Sqlite};

    fn clues(change: impl FnOnce(&mut Clues)) -> Clues {
        let mut clues = Clues::default();
        change(&mut clues);
        clues
    }

    fn features(clues: &mut Clues, dialects: &[Dialect]) {
        clues.backends = Backends { has_diesel: true, dialects: dialects.to_vec() };
    }

    fn url(dialect: Dialect) -> Option<(Dialect, String)> {
        Some((dialect, "`DATABASE_URL`".into()))
    }

    #[test]
    fn the_nearest_clue_wins() {
        let cases = [
            (clues(|_| {}), Some(Sqlite)),
            (clues(|c| c.has_migrations = true), None),
            (clues(|c| features(c, &[])), None),
            (clues(|c| features(c, &[Mysql])), Some(Mysql)),
            (clues(|c| features(c, &[Mysql, Sqlite])), None),
            (
                clues(|c| {
                    features(c, &[Mysql, Sqlite]);
                    c.url = url(Mysql);
                }),
                Some(Mysql),
            ),
            (
                clues(|c| {
                    features(c, &[Mysql, Sqlite]);
                    c.url = url(Postgres);
                }),
                None,
            ),
            (
                clues(|c| {
                    features(c, &[Mysql]);
                    c.url = url(Postgres);
                }),
                Some(Mysql),
            ),
            (
                clues(|c| {
                    c.has_migrations = true;
                    c.url = url(Postgres);
                }),
                Some(Postgres),
            ),
            (
                clues(|c| {
                    c.directory = Some(Postgres);
                    features(c, &[Mysql]);
                }),
                Some(Postgres),
            ),
            (
                clues(|c| {
                    c.lock = Some(Mysql);
                    c.directory = Some(Postgres);
                }),
                Some(Mysql),
            ),
            (
                clues(|c| {
                    c.flag = Some(Mysql);
                    features(c, &[Postgres]);
                }),
                Some(Mysql),
            ),
            (
                clues(|c| {
                    c.flag = Some(Mysql);
                    c.config = Some(Sqlite);
                }),
                None,
            ),
        ];
        for (clues, expected) in cases {
            let choice = choose(&clues).map(|(dialect, _)| dialect).ok();
            assert_eq!(choice, expected, "{clues:?}");
        }
    }

    #[test]
    fn the_error_lists_what_was_looked_at() {
        let error = choose(&clues(|c| features(c, &[Sqlite, Mysql]))).unwrap_err();
        assert_eq!(error.notes[0], "`diesel` in Cargo.toml has several: `sqlite`, `mysql`");
        assert_eq!(error.help, ["name it: `cargo dbmig init --dialect <sqlite|mysql>`"]);
    }

    #[test]
    fn schemes_tell() {
        for (url, expected) in [
            ("postgres://u@h/d", Some(Postgres)),
            ("host=h dbname=d", Some(Postgres)),
            ("mariadb://h/d", Some(Mysql)),
            ("dev.db", Some(Sqlite)),
            ("sqlite://dev.db", Some(Sqlite)),
            ("file:dev.db?mode=ro", Some(Sqlite)),
            ("mssql://h/d", None),
        ] {
            assert_eq!(of_url(url), expected, "{url}");
        }
    }
}
