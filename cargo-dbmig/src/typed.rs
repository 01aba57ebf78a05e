//! `Typed`: the options that were typed and that a proposed command needs again.

use crate::global::GlobalArgs;
use crate::shell;

/// Flags, as words for a shell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// What says which project and which set is meant.
    project: Vec<(&'static str, String)>,
    /// What says which database is meant.
    database: Vec<(&'static str, String)>,
}

/// Commands that mean another set in another project.
const ABOUT_A_PROJECT: [&str; 8] =
    ["check", "generate", "init", "lock", "prove", "rebase", "setup", "sql"];

/// Commands that mean another database in another environment as well.
const ABOUT_A_DATABASE: [&str; 11] = [
    "database",
    "db",
    "migrate",
    "migration",
    "plan",
    "redo",
    "resolve",
    "revert",
    "schema",
    "seed",
    "status",
];

impl Typed {
    /// What was typed, or set in a variable that stands for it.
    pub fn of(global: &GlobalArgs) -> Self {
        let flag = |name: &'static str, value: Option<String>| {
            value.map(|value| (name, shell::quoted(&value)))
        };
        let path = |path: &Option<std::path::PathBuf>| {
            path.as_ref().map(|path| path.to_string_lossy().into_owned())
        };
        let project = [
            flag("-p", global.package.clone()),
            flag("--manifest-path", path(&global.manifest_path)),
            flag("--config", path(&global.config)),
            flag("--database", global.database.clone()),
            flag("--migrations-dir", path(&global.migrations_dir)),
        ];
        let url = global.database_url.as_ref().map(|url| match may_hold_a_password(url.reveal()) {
            true => ("--database-url", "<URL>".to_owned()),
            false => ("--database-url", shell::quoted(url.reveal())),
        });
        Self {
            project: project.into_iter().flatten().collect(),
            database: [flag("--env", global.env.clone()), url].into_iter().flatten().collect(),
        }
    }

    /// One of several databases.
    pub fn database(name: &str) -> Self {
        Self { project: vec![("--database", shell::quoted(name))], database: vec![] }
    }

    /// Completes the commands in a text, which stand between back quotes.
    pub fn complete(&self, text: &str) -> String {
        if self == &Self::default() {
            return text.to_owned();
        }
        let mut out = String::new();
        for (index, part) in text.split('`').enumerate() {
            if index > 0 {
                out.push('`');
            }
            out.push_str(part);
            if index % 2 == 1 {
                out.push_str(&self.flags_for(part));
            }
        }
        out
    }

    /// What a command needs and does not say itself.
    fn flags_for(&self, command: &str) -> String {
        let mut words = command.split_whitespace();
        let verb = match (words.next(), words.next()) {
            (Some("cargo"), Some("dbmig")) => words.next().unwrap_or_default(),
            _ => return String::new(),
        };
        let database = ABOUT_A_DATABASE.contains(&verb);
        if !database && !ABOUT_A_PROJECT.contains(&verb) {
            return String::new();
        }
        let says = |flag: &str| command.split_whitespace().any(|word| word == flag);
        let place_said = says("-p") || says("--manifest-path");
        let project = self
            .project
            .iter()
            .filter(|(flag, _)| !(place_said && matches!(*flag, "-p" | "--manifest-path")));
        let database = self.database.iter().filter(|_| database);
        project
            .chain(database)
            .filter(|(flag, _)| !says(flag))
            .map(|(flag, value)| format!(" {flag} {value}"))
            .collect()
    }
}

/// Anything but the plain path of a file: whatever is written wrong may be a password as well.
fn may_hold_a_password(url: &str) -> bool {
    let path = ["sqlite://", "sqlite:", "file:"].iter().find_map(|scheme| url.strip_prefix(scheme));
    let path = path.unwrap_or(url);
    path != ":memory:" && path.contains(['@', '?', '=', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(change: impl FnOnce(&mut GlobalArgs)) -> Typed {
        let mut global = GlobalArgs::default();
        change(&mut global);
        Typed::of(&global)
    }

    #[test]
    fn proposed_commands_keep_what_was_typed() {
        let text = "mend it, then `cargo dbmig migrate`; see `cargo dbmig check`";
        assert_eq!(Typed::default().complete(text), text);
        let env = typed(|global| global.env = Some("staging".into()));
        assert_eq!(
            env.complete(text),
            "mend it, then `cargo dbmig migrate --env staging`; see `cargo dbmig check`"
        );
        let all = typed(|global| {
            global.package = Some("a".into());
            global.migrations_dir = Some("my migrations".into());
            global.database_url = Some("x.db".into());
        });
        assert_eq!(
            all.complete(text),
            "mend it, then `cargo dbmig migrate -p a --migrations-dir 'my migrations' --database-url x.db`; \
             see `cargo dbmig check -p a --migrations-dir 'my migrations'`"
        );
        for text in ["`cargo dbmig explain draft`", "`dbmig.toml`", "`cargo build`", "migrate"] {
            assert_eq!(all.complete(text), text);
        }
        let said = "`cargo dbmig init -p b`";
        assert_eq!(typed(|global| global.package = Some("a".into())).complete(said), said);
    }

    #[test]
    fn a_password_is_not_repeated() {
        for (url, said) in [
            ("postgres://u:secret@h/d", "<URL>"),
            ("postgres://h/d?password=secret", "<URL>"),
            ("host=h password=secret", "<URL>"),
            ("postgres:u:secret", "<URL>"),
            ("sqlite://x.db", "sqlite://x.db"),
            ("x.db", "x.db"),
        ] {
            let typed = typed(|global| global.database_url = Some(url.into()));
            let expected = format!("`cargo dbmig migrate --database-url {said}`");
            assert_eq!(typed.complete("`cargo dbmig migrate`"), expected, "{url}");
        }
    }
}
