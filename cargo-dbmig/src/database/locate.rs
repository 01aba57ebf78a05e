//! Which database an environment means, and which kind its URL is of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use dbmig_build::Dialect;

use super::{
    Location, MysqlTarget, PostgresTarget, Setup, SqliteUrl, Surroundings, Target, postgres,
};
use crate::config::{Config, Environment, Kind, Secret, UrlChoice, UrlParts, UrlSources, nearest};
use crate::context::Context;
use crate::error::{CliError, CliResult};

/// Finds out which database an environment means.
///
/// Flag > `DBMIG_DATABASE_URL` > the environment's section > `DATABASE_URL` (for `development` only: a
/// variable that was set for development must not be taken for production).
///
/// # Errors
///
/// Nobody says, or the URL is of a kind that is not served.
pub fn locate(context: &Context<'_>, environment: &Environment) -> CliResult<Location> {
    let (url, base) = url(context, environment)?;
    let around =
        Surroundings { env: &context.env, tls: environment.section.tls, cwd: &context.cwd };
    let location = Location::of(url.reveal(), base, around)?;
    Ok(Location { setup: Setup::of(&environment.section), wait: context.global.wait, ..location })
}

/// The URL as a program gets it that runs in another folder: the path of a SQLite file is absolute.
///
/// # Errors
///
/// As [`locate`].
pub fn url_for_programs(context: &Context<'_>, environment: &Environment) -> CliResult<Secret> {
    let (url, _) = url(context, environment)?;
    let location = locate(context, environment)?;
    Ok(match location.target() {
        Target::Sqlite(target) => match target.path() {
            Some(path) => Secret::new(path.to_string_lossy()),
            None => url,
        },
        Target::Postgres(_) | Target::Mysql(_) => url,
    })
}

/// The URL, and the folder that a path in it is below.
fn url<'a>(context: &'a Context<'_>, environment: &Environment) -> CliResult<(Secret, &'a Path)> {
    let variable = |name: &str| context.env.get(name).filter(|value| !value.trim().is_empty());
    let (cwd, root) = (&*context.cwd, &*context.project.root);
    if let Some(url) = &context.global.database_url {
        return Ok((url.clone(), cwd));
    }
    if let Some(url) = variable("DBMIG_DATABASE_URL") {
        return Ok((Secret::new(url), cwd));
    }
    match sources(context, environment)?.choose(&context.env) {
        // Diesel takes a path in a variable as relative to the current folder.
        UrlChoice::Variable { url, .. } => Ok((url, cwd)),
        UrlChoice::Literal(url) => Ok((url.clone(), root)),
        UrlChoice::File(path) => {
            let path = root.join(path);
            let text = std::fs::read_to_string(&path)
                .map_err(|error| CliError::io("read", Path::new(&context.show(&path)), &error))?;
            Ok((Secret::new(text.trim()), root))
        }
        UrlChoice::VariableNotSet(name) => Err(CliError::usage(format!(
            "environment `{}` takes its database from `{name}`, which is not set",
            environment.name
        ))
        .help(format!("set it: `export {name}=…`, or put it into `.env`"))),
        UrlChoice::Command(words) => Ok((printed_by(words, root)?, root)),
        UrlChoice::Parts(parts) => Ok((joined(context, environment, parts)?, root)),
        UrlChoice::Nothing => {
            let default = environment.name == Config::DEFAULT_ENVIRONMENT
                || environment.kind == Kind::Development;
            match variable("DATABASE_URL").filter(|_| default) {
                Some(url) => Ok((Secret::new(url), cwd)),
                None => Err(no_url(context, environment)),
            }
        }
    }
}

/// The URL keys that speak for the database that was asked for.
///
/// With several databases a named one needs a URL of its own: in the file of another one its migrations
/// would be taken for missing, and those of the other for what is to be taken out.
fn sources<'a>(context: &Context<'_>, environment: &'a Environment) -> CliResult<&'a UrlSources> {
    let (section, config) = (&environment.section, &context.project.config);
    let (name, _) = config.database(context.global.database.as_deref())?;
    let Some(name) = name else { return Ok(&section.url) };
    match section.databases.get(name) {
        Some(own) => Ok(own),
        None if config.database_names().len() == 1 => Ok(&section.url),
        None => {
            let environment = &environment.name;
            Err(CliError::usage(format!(
                "database `{name}` has no URL of its own in environment `{environment}`"
            ))
            .note("dbmig.toml has several databases, and each needs one")
            .help(format!(
                "add an `[env.{environment}.databases.{name}]` section with a `url`, a `url_env`, or a `url_file`"
            ))
            .help("or give `--database-url <URL>`"))
        }
    }
}

fn no_url(context: &Context<'_>, environment: &Environment) -> CliError {
    let error = CliError::usage("no database is named");
    let error = if context.project.config.from_file {
        error
            .help(format!("give `[env.{}]` of dbmig.toml a `url` or a `url_env`", environment.name))
    } else {
        error.help("set up the project: `cargo dbmig init`")
    };
    error.help("or set `DATABASE_URL`, or give `--database-url <URL>`")
}

/// What the program of `url_command` prints. A vault is asked once, however often the URL is needed.
fn printed_by(words: &[String], root: &Path) -> CliResult<Secret> {
    static PRINTED: Mutex<BTreeMap<(PathBuf, Vec<String>), Secret>> = Mutex::new(BTreeMap::new());
    let mut printed = PRINTED.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (root.to_owned(), words.to_owned());
    if let Some(url) = printed.get(&key) {
        return Ok(url.clone());
    }
    let Some((program, arguments)) = words.split_first() else {
        return Err(CliError::usage("`url_command` is empty"));
    };
    // Its arguments, and what it prints, may be secret: neither is shown.
    let failed = || CliError::usage(format!("`url_command` (`{program}`) gave no URL"));
    // Next to dbmig.toml, as the other paths of that file.
    let path = match Path::new(program) {
        path if path.components().count() > 1 => root.join(path),
        path => path.to_owned(),
    };
    let output = Command::new(path)
        .args(arguments)
        .current_dir(root)
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed().cause(error.to_string()))?;
    if !output.status.success() {
        return Err(failed().cause(format!("it ended with {}", output.status)));
    }
    let text = String::from_utf8(output.stdout).map_err(|_| failed().cause("it is not UTF-8"))?;
    let url = match text.trim() {
        "" => return Err(failed().cause("it printed nothing")),
        text if text.contains('\n') => {
            return Err(failed().cause("it printed more than one line"));
        }
        text => Secret::new(text),
    };
    printed.insert(key, url.clone());
    Ok(url)
}

/// A URL of single values.
fn joined(context: &Context<'_>, environment: &Environment, parts: &UrlParts) -> CliResult<Secret> {
    let name = &environment.name;
    let scheme = match context.configured_dialect()? {
        Some(Dialect::Postgres) => "postgres",
        Some(Dialect::Mysql) => "mysql",
        Some(Dialect::Sqlite) => {
            let file = parts.dbname.as_ref().filter(|_| parts.host.is_none());
            return file.map(Secret::new).ok_or_else(|| {
                CliError::usage(format!("environment `{name}` names a server, and SQLite has none"))
                    .help("give `url`, or `dbname` alone")
            });
        }
        None => {
            return Err(CliError::usage(format!(
                "environment `{name}` does not say what kind of server its database is on"
            ))
            .help("give dbmig.toml a `dialect`: \"postgres\" or \"mysql\""));
        }
    };
    let password = match &parts.password_env {
        None => None,
        Some(variable) => Some(context.env.get(variable).ok_or_else(|| {
            CliError::usage(format!(
                "environment `{name}` takes its password from `{variable}`, which is not set"
            ))
            .help(format!("set it: `export {variable}=…`, or put it into `.env`"))
        })?),
    };
    let mut url = format!("{scheme}://");
    let encoded = |text: &Option<String>| text.as_deref().map(encode).unwrap_or_default();
    if parts.user.is_some() || password.is_some() {
        let password = password.map(|text| format!(":{}", encode(text))).unwrap_or_default();
        url.push_str(&format!("{}{password}@", encoded(&parts.user)));
    }
    url.push_str(&match &parts.host {
        Some(address) if address.contains(':') => format!("[{}]", encode(address)),
        host => encoded(host),
    });
    if let Some(port) = parts.port {
        // A port alone is one of the machine itself.
        let host = if parts.host.is_none() { "localhost" } else { "" };
        url.push_str(&format!("{host}:{port}"));
    }
    url.push_str(&format!("/{}", encoded(&parts.dbname)));
    Ok(Secret::new(url))
}

fn encode(text: &str) -> String {
    let keep = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.as_bytes()
        .iter()
        .map(|byte| match keep(byte) {
            true => char::from(*byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

impl Location {
    /// What a URL means; relative paths of SQLite are below `base`.
    ///
    /// # Errors
    ///
    /// The URL can not be read; the message never repeats it.
    pub fn of(url: &str, base: &Path, around: Surroundings<'_>) -> CliResult<Self> {
        let is = |schemes: [&str; 2]| schemes.iter().any(|scheme| url.starts_with(scheme));
        let (target, shown) = if is(["postgres://", "postgresql://"]) || postgres::are_words(url) {
            let target = PostgresTarget::parse(url, around)?;
            let shown = target.to_string();
            (Target::Postgres(target), shown)
        } else if is(["mysql://", "mariadb://"]) {
            let target = MysqlTarget::parse(url, around)?;
            let shown = target.to_string();
            (Target::Mysql(target), shown)
        } else {
            refuse_misspelt(url)?;
            let target = SqliteUrl::parse(url, base)?;
            let shown = match target.path() {
                Some(path) => crate::project::show(path, around.cwd),
                None => ":memory:".to_owned(),
            };
            (Target::Sqlite(target), shown)
        };
        Ok(Self { target, setup: Setup::default(), shown, wait: None })
    }
}

/// Anything may be the name of a file. What was meant to be the URL of a server would then be created,
/// and shown with its password.
fn refuse_misspelt(url: &str) -> CliResult<()> {
    const SCHEMES: [&str; 7] =
        ["postgres", "postgresql", "mysql", "mariadb", "sqlite", "file", "sqlite3"];
    let refuse = |reason: &str| {
        let error = CliError::usage("the URL of the database can not be read").cause(reason);
        error
            .help("a server is `postgres://user:password@host/database` or `mysql://user:password@host/database`")
            .help("a SQLite file is `sqlite://path`, or its path; `./path` for one with an `@` or a `:`")
    };
    let url = url.trim_start();
    if let Some((scheme, _)) = url.split_once("://")
        && !scheme.contains('/')
        && !matches!(scheme, "sqlite" | "file")
    {
        let error = refuse("its scheme is not known");
        return Err(match nearest(&scheme.to_ascii_lowercase(), SCHEMES) {
            Some(near) => error.help(format!("did you mean `{near}://`?")),
            None => error,
        });
    }
    let start = url.split(['/', '\\']).next().unwrap_or(url);
    if let Some((scheme, _)) = start.split_once(':')
        && SCHEMES[..4].contains(&scheme.to_ascii_lowercase().as_str())
    {
        return Err(refuse("after the scheme comes `://`"));
    }
    let path = ["sqlite://", "sqlite:", "file:"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme))
        .unwrap_or(url);
    let is_path = path.starts_with('.') || path.starts_with('/') && !path.starts_with("//");
    let before = path.rsplit_once('@').map(|(before, _)| before);
    if !is_path && before.is_some_and(|before| before.contains(':')) {
        return Err(refuse("it looks like the URL of a server, and has no scheme"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Env;

    fn of(url: &str) -> CliResult<Location> {
        let env = Env::default();
        let around = Surroundings { env: &env, tls: None, cwd: Path::new("/folder") };
        Location::of(url, Path::new("/folder"), around)
    }

    #[test]
    fn kinds() {
        for (url, shown) in [
            ("postgres://h/d", "postgres://h/d"),
            ("host=h dbname=d", "postgres://h/d"),
            ("mariadb://h/d", "mysql://h:3306/d"),
            ("a@b.db", "a@b.db"),
            ("./a:b@c.db", "a:b@c.db"),
            ("/x/a:b@c.db", "/x/a:b@c.db"),
            ("file:a.db?x=y", "a.db"),
            ("sqlite:///x/a.db", "/x/a.db"),
            ("c:a.db", "c:a.db"),
            (":memory:", ":memory:"),
        ] {
            assert_eq!(of(url).unwrap().shown(), shown, "{url}");
        }
    }

    #[test]
    fn a_url_of_a_server_is_never_a_file() {
        for (url, hint) in [
            ("postgress://u:hunter2@h/d", "did you mean `postgres://`?"),
            ("POSTGRES://u:hunter2@h/d", "did you mean `postgres://`?"),
            ("mssql://u:hunter2@h/d", "did you mean `mysql://`?"),
            ("hunter2://h/d", "a server is"),
            ("postgres:u:hunter2@h/d", "a server is"),
            ("mysql:/u:hunter2@h/d", "a server is"),
            ("u:hunter2@h/d", "a server is"),
            ("//u:hunter2@h/d", "a server is"),
            ("sqlite://u:hunter2@h/d", "a server is"),
            ("file:u:hunter2@h", "a server is"),
        ] {
            let error = of(url).unwrap_err();
            assert!(error.help.iter().any(|help| help.contains(hint)), "{url}: {error:?}");
            assert!(!format!("{error:?}").contains("hunter2"), "{url}: {error:?}");
        }
    }

    #[test]
    fn every_byte_survives_in_single_values() {
        let text: String = ('\u{1}'..'\u{ff}').collect();
        let url = format!("postgres://u:{}@h/{}", encode(&text), encode(&text));
        let Target::Postgres(target) = of(&url).unwrap().target().clone() else { panic!() };
        assert_eq!(target.database(), Some(&*text));
    }
}
