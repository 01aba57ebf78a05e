//! `build.rs`: written where there is none; never edited, only advised on, where there is one.

use crate::config::Source;
use crate::error::CliResult;

/// What is to be done about the build script of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum BuildScript {
    /// It calls `dbmig_build` already.
    Done,
    /// It does not exist: write this text.
    Create(String),
    /// It is the user's own, or switched off.
    Advise(Advice),
}

/// What the user should do by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// What to do, and where.
    pub text: String,
    /// The lines to add, ready to paste.
    pub lines: String,
}

/// What `package.build` of a manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildSetting {
    /// This file, relative to the manifest; it need not exist.
    File(String),
    /// `build = false`.
    Disabled,
}

/// Reads `package.build`, which is `build.rs` where nothing is said.
///
/// # Errors
/// The manifest is no TOML.
pub fn setting(manifest: &str, display_path: &str) -> CliResult<BuildSetting> {
    let document = Source::new(display_path, manifest).parse_toml()?;
    let build = document.get("package").and_then(|package| package.get("build"));
    // Any other type is cargo's to complain about.
    Ok(match build {
        Some(item) if item.as_bool() == Some(false) => BuildSetting::Disabled,
        Some(item) => BuildSetting::File(item.as_str().unwrap_or("build.rs").to_owned()),
        None => BuildSetting::File("build.rs".to_owned()),
    })
}

/// Decides about the build script. `existing` is the text of the file that [`setting`] names, and
/// `migrations` the directory as seen from the package, with forward slashes; `seeds` likewise, where it
/// is not `seeds` beside the migrations.
pub fn plan(
    setting: &BuildSetting,
    existing: Option<&str>,
    migrations: &str,
    seeds: Option<&str>,
) -> BuildScript {
    let call = call(migrations, seeds);
    let path = match setting {
        BuildSetting::File(path) => path,
        BuildSetting::Disabled => {
            return BuildScript::Advise(Advice {
                text:
                    "`build = false` in Cargo.toml switches the build script off: remove that line \
                       and create build.rs with"
                        .to_owned(),
                lines: script(&call),
            });
        }
    };
    let Some(text) = existing else { return BuildScript::Create(script(&call)) };
    if code_lines(text).any(|(_, line)| line.contains("dbmig_build")) {
        return BuildScript::Done;
    }
    let main =
        code_lines(text).find(|(_, line)| line.contains("fn main(")).map(|(number, _)| number);
    BuildScript::Advise(match main {
        Some(line) => Advice {
            text: format!("{path}:{line}: add this as the first line of `fn main`"),
            lines: format!("    {call}\n"),
        },
        None => Advice {
            text: format!("{path}: add this call to `fn main`"),
            lines: format!("    {call}\n"),
        },
    })
}

fn call(migrations: &str, seeds: Option<&str>) -> String {
    let migrations = migrations.trim_end_matches('/');
    let migrations = match migrations {
        "migrations" | "./migrations" if seeds.is_none() => {
            return "dbmig_build::build();".to_owned();
        }
        "migrations" | "./migrations" => String::new(),
        other => format!(".migrations({other:?})"),
    };
    let seeds = seeds.map_or(String::new(), |seeds| format!(".seeds({seeds:?})"));
    format!("dbmig_build::Builder::new(){migrations}{seeds}.build();")
}

fn script(call: &str) -> String {
    format!(
        "// Checks the migrations against their lock file, and embeds them.\nfn main() {{\n    {call}\n}}\n"
    )
}

/// The numbered lines that are not comments: a call that was commented out is not a call.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()))
        .filter(|(_, line)| !line.starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> BuildSetting {
        BuildSetting::File("build.rs".into())
    }

    #[test]
    fn a_missing_script_is_written_and_then_done() {
        let cases = [
            ("migrations", None, "build();"),
            ("./migrations/", None, "build();"),
            ("../migrations", None, "Builder::new().migrations(\"../migrations\").build();"),
            ("migrations", Some("../s"), "Builder::new().seeds(\"../s\").build();"),
            ("a", Some("s"), "Builder::new().migrations(\"a\").seeds(\"s\").build();"),
        ];
        for (migrations, seeds, call) in cases {
            let BuildScript::Create(text) = plan(&file(), None, migrations, seeds) else {
                panic!("{migrations}: nothing to create");
            };
            assert!(text.starts_with("// Checks"), "{text}");
            assert!(
                text.ends_with(&format!("\nfn main() {{\n    dbmig_build::{call}\n}}\n")),
                "{text}"
            );
            assert_eq!(plan(&file(), Some(&text), migrations, seeds), BuildScript::Done);
        }
    }

    #[test]
    fn a_script_of_the_user_is_only_advised_on() {
        let add = "    dbmig_build::build();\n";
        let cases = [
            ("use x;\n\nfn main() {\n}\n", "build.rs:3: add this as the first line of `fn main`"),
            ("// dbmig_build::build();\nfn main() {}", "build.rs:2: add this as the first line"),
            ("include!(\"other.rs\");", "build.rs: add this call to `fn main`"),
        ];
        for (existing, text) in cases {
            let BuildScript::Advise(advice) = plan(&file(), Some(existing), "migrations", None)
            else {
                panic!("{existing}: no advice");
            };
            assert!(advice.text.starts_with(text), "{}", advice.text);
            assert_eq!(advice.lines, add);
        }
        let BuildScript::Advise(advice) = plan(&BuildSetting::Disabled, None, "migrations", None)
        else {
            panic!("no advice");
        };
        assert!(advice.text.contains("`build = false`"));
        assert!(advice.lines.contains("fn main() {\n    dbmig_build::build();\n}\n"));
    }

    #[test]
    fn the_manifest_names_the_script() {
        let cases = [
            ("[package]\n", file()),
            ("[package]\nbuild = true\n", file()),
            ("[package]\nbuild = 'b/x.rs'\n", BuildSetting::File("b/x.rs".into())),
            ("[package]\nbuild = false\n", BuildSetting::Disabled),
            ("", file()),
        ];
        for (manifest, expected) in cases {
            assert_eq!(setting(manifest, "Cargo.toml").unwrap(), expected, "{manifest}");
        }
        let error = setting("[package\n", "Cargo.toml").unwrap_err();
        assert!(error.message.starts_with("Cargo.toml:1:"), "{}", error.message);
    }
}
