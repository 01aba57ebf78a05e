//! Where the URL of an environment comes from.

use std::path::{Path, PathBuf};

use super::environment::Env;
use super::secret::Secret;

/// A connection in single values instead of a URL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UrlParts {
    /// The server.
    pub host: Option<String>,
    /// Its port.
    pub port: Option<u16>,
    /// Who connects.
    pub user: Option<String>,
    /// The variable that holds the password; the file itself never does.
    pub password_env: Option<String>,
    /// The database, or the SQLite file.
    pub dbname: Option<String>,
}

/// The URL keys of an `[env.<name>]` section, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UrlSources {
    /// `url`: the URL itself.
    pub url: Option<Secret>,
    /// `url_env`: the variable that holds it.
    pub url_env: Option<String>,
    /// `url_file`: a file that holds it, relative to `dbmig.toml`.
    pub url_file: Option<PathBuf>,
    /// `url_command`: a program and its arguments; what it prints is the URL.
    pub url_command: Option<Vec<String>>,
    /// `host`, `port`, `user`, `password_env`, `dbname`.
    pub parts: Option<UrlParts>,
}

/// Which source counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlChoice<'a> {
    /// The variable is set.
    Variable {
        /// Its name.
        name: &'a str,
        /// What it holds.
        url: Secret,
    },
    /// `url`.
    Literal(&'a Secret),
    /// Read it from this file, relative to `dbmig.toml`.
    File(&'a Path),
    /// Run this program.
    Command(&'a [String]),
    /// Build it from single values.
    Parts(&'a UrlParts),
    /// `url_env` is the only source, and this variable is not set.
    VariableNotSet(&'a str),
    /// The section names no source.
    Nothing,
}

impl UrlSources {
    /// Decides between the sources. Reads the snapshot only: no file, no program.
    ///
    /// With `url_env` beside another source, the variable wins if it is set and the other is the
    /// fallback. So a new project works without any variable, and a CI job or a colleague overrides the
    /// committed `url = "dev.sqlite3"` without touching the file. A variable that is set but empty counts
    /// as not set: `DATABASE_URL=` is how people switch it off.
    pub fn choose<'a>(&'a self, env: &Env) -> UrlChoice<'a> {
        let variable = self.url_env.as_deref();
        let set = variable.and_then(|name| Some((name, env.get(name)?)));
        if let Some((name, url)) = set.filter(|(_, url)| !url.trim().is_empty()) {
            return UrlChoice::Variable { name, url: Secret::new(url) };
        }
        if let Some(url) = &self.url {
            UrlChoice::Literal(url)
        } else if let Some(path) = &self.url_file {
            UrlChoice::File(path)
        } else if let Some(command) = &self.url_command {
            UrlChoice::Command(command)
        } else if let Some(parts) = &self.parts {
            UrlChoice::Parts(parts)
        } else if let Some(name) = &self.url_env {
            UrlChoice::VariableNotSet(name)
        } else {
            UrlChoice::Nothing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_variable_wins_over_its_fallback() {
        let both = UrlSources {
            url: Some(Secret::new("dev.sqlite3")),
            url_env: Some("DATABASE_URL".into()),
            ..UrlSources::default()
        };
        let fallback = Secret::new("dev.sqlite3");
        let cases = [
            (vec![], UrlChoice::Literal(&fallback)),
            (vec![("DATABASE_URL", "")], UrlChoice::Literal(&fallback)),
            (
                vec![("DATABASE_URL", "x.db")],
                UrlChoice::Variable { name: "DATABASE_URL", url: Secret::new("x.db") },
            ),
        ];
        for (variables, expected) in cases {
            assert_eq!(both.choose(&Env::from_pairs(variables.clone())), expected, "{variables:?}");
        }
    }

    #[test]
    fn an_unset_variable_alone_is_told_from_no_source() {
        let env = Env::default();
        assert_eq!(UrlSources::default().choose(&env), UrlChoice::Nothing);
        let only = UrlSources { url_env: Some("X".into()), ..UrlSources::default() };
        assert_eq!(only.choose(&env), UrlChoice::VariableNotSet("X"));
        let file = UrlSources { url_file: Some("u".into()), ..only };
        assert_eq!(file.choose(&env), UrlChoice::File(Path::new("u")));
    }
}
