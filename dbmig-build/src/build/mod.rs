//! The entry of `build.rs`: load, check, tell cargo, write the embedded set.

mod codegen;
mod directive;
mod env;
mod limit;
mod output;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

pub use directive::Directive;
pub use env::BuildEnv;

use crate::check::{self, Options};
use crate::schema_rs::beside;
use crate::{
    Code, Finding, Findings, Severity, load, load_reference, load_schemas, locked_schemas,
};

/// More findings than this are counted, not printed: `cargo dbmig check` shows them all.
const SHOWN_AT_MOST: usize = 20;

/// Verifies `migrations/` and embeds it. All that a `build.rs` needs:
///
/// ```no_run
/// dbmig_build::build();
/// ```
///
/// Findings fail `cargo build`, one line each. `dbmig_runtime::include_migrations!()` takes in what was
/// written.
pub fn build() {
    Builder::new().build();
}

/// The same without telling cargo: what it should be told, and what was found, is returned.
///
/// ```no_run
/// let outcome = dbmig_build::try_build()?;
/// for directive in &outcome.directives {
///     println!("{directive}");
/// }
/// # Ok::<(), dbmig_build::BuildError>(())
/// ```
///
/// # Errors
///
/// Outside a build script, or when `OUT_DIR` can not be written.
pub fn try_build() -> Result<Outcome, BuildError> {
    Builder::new().try_build(&BuildEnv::from_cargo()?)
}

/// Verifies and embeds another migrations directory, or several.
///
/// Each one that is not `migrations/` alone has a name, by which the application takes it in:
///
/// ```no_run
/// // build.rs
/// use dbmig_build::Builder;
///
/// Builder::new().build();
/// Builder::new().name("stock").migrations("../stock/migrations").build();
/// ```
///
/// ```ignore
/// // src/main.rs
/// dbmig_runtime::include_migrations!();
/// mod stock {
///     dbmig_runtime::include_migrations!("stock");
/// }
/// // MIGRATIONS and stock::MIGRATIONS
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    name: String,
    migrations: PathBuf,
    embed_limit: usize,
    seeds: Option<PathBuf>,
}

/// A file that is larger is worth a warning: it is compiled into every binary.
const LARGE: usize = 1024 * 1024;
/// A file that is larger is not embedded, unless the builder says otherwise.
const EMBED_LIMIT: usize = 8 * LARGE;

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

/// What a build step came to.
#[derive(Debug, Clone)]
#[must_use]
pub struct Outcome {
    /// The lines for cargo, in order.
    pub directives: Vec<Directive>,
    /// Everything that was found.
    pub findings: Findings,
}

/// A build step that could not be carried out.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// Cargo sets this variable for every build script, and it is not set.
    NotInBuildScript(&'static str),
    /// A set can not be called this: why.
    Name(String, &'static str),
    /// A file below `OUT_DIR` could not be written.
    Write(PathBuf, std::io::Error),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInBuildScript(name) => {
                write!(f, "`{name}` is not set: dbmig-build runs in a build script")
            }
            Self::Name(name, why) => {
                write!(f, "a set of migrations can not be called `{name}`: {why}")
            }
            Self::Write(path, error) => write!(f, "could not write `{}`: {error}", path.display()),
        }
    }
}

impl std::error::Error for BuildError {}

impl Builder {
    /// A builder for the directory `migrations` beside the package's `Cargo.toml`.
    pub fn new() -> Self {
        Self {
            name: "dbmig".to_owned(),
            migrations: PathBuf::from("migrations"),
            seeds: None,
            embed_limit: EMBED_LIMIT,
        }
    }

    /// Gives the set a name, for `include_migrations!("name")`: lower-case letters, digits, `_`, and `-`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Embeds files of up to so many bytes; 8 MiB unless told otherwise. The compiler needs about
    /// seventeen times as much memory.
    pub fn embed_limit(mut self, bytes: usize) -> Self {
        self.embed_limit = bytes;
        self
    }

    /// Takes another directory, relative to the package's `Cargo.toml`.
    pub fn migrations(mut self, dir: impl Into<PathBuf>) -> Self {
        self.migrations = dir.into();
        self
    }

    /// Takes the reference seeds from another directory than `seeds` beside the migrations, relative to
    /// the package's `Cargo.toml`.
    pub fn seeds(mut self, dir: impl Into<PathBuf>) -> Self {
        self.seeds = Some(dir.into());
        self
    }

    /// Verifies, embeds, and tells cargo.
    ///
    /// # Panics
    ///
    /// Outside a build script, when `OUT_DIR` can not be written, for a name that is none, and for a name
    /// that another builder of this build script has.
    pub fn build(&self) {
        static NAMES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
        let is_new = NAMES.lock().is_ok_and(|mut names| names.insert(self.name.clone()));
        let result = match is_new {
            true => BuildEnv::from_cargo().and_then(|env| self.try_build(&env)),
            false => Err(BuildError::Name(self.name.clone(), "another set has it")),
        };
        match result {
            Ok(outcome) => directive::print(&outcome.directives),
            Err(error) => panic!("{error}"),
        }
    }

    /// Verifies and embeds; returns what cargo should be told instead of printing it.
    ///
    /// # Errors
    ///
    /// When `OUT_DIR` can not be written, and for a name that is none. Findings are no error of this kind:
    /// they are in the outcome.
    pub fn try_build(&self, env: &BuildEnv) -> Result<Outcome, BuildError> {
        let is_plain =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
        if self.name.is_empty() || !self.name.bytes().all(is_plain) {
            let rule = "it takes lower-case letters, digits, `_`, and `-`";
            return Err(BuildError::Name(self.name.clone(), rule));
        }
        let dir = env.manifest_dir.join(&self.migrations);
        let shown = env.shown(&dir);
        let mut raw = load(&dir, &shown);
        let seeds = self.seeds.clone().unwrap_or_else(|| seeds_of(&self.migrations));
        let seeds_dir = env.manifest_dir.join(&seeds);
        load_reference(&mut raw, &seeds_dir, &env.shown(&seeds_dir));
        let schemas = locked_schemas(&raw);
        load_schemas(&mut raw, &dir, schemas.iter().cloned());
        let checked = check::run(&raw, &Options { judge_locked: false, ..Options::default() });
        let mut directives = watched(&self.migrations, &dir);
        directives.extend(watched(&seeds, &seeds_dir));
        for schema in &schemas {
            let schema = beside(&self.migrations, schema);
            directives.extend(watched(&schema, &env.manifest_dir.join(&schema)));
        }
        directives.extend(messages(&checked.findings));
        if !checked.findings.has_errors_that_stop() {
            if let Some(set) = &checked.set {
                let sizes = limit::judge(set, &shown, self.embed_limit);
                let refused = sizes.iter().any(|line| matches!(line, Directive::Error(_)));
                directives.extend(sizes);
                if !refused {
                    codegen::write(&env.out_dir, &self.name, set)?;
                }
            }
        }
        Ok(Outcome { directives, findings: checked.findings })
    }
}

/// What makes the build script run again. Cargo looks at every file below a directory. A path that does
/// not exist would make it run every time; a run that ended in an error is repeated anyway.
/// The build script itself cargo watches anyway.
fn watched(given: &Path, dir: &Path) -> Vec<Directive> {
    match dir.exists() {
        true => vec![Directive::RerunIfChanged(given.display().to_string())],
        false => vec![],
    }
}

/// The seeds of a migrations directory, where nobody says where they are.
fn seeds_of(migrations: &Path) -> PathBuf {
    migrations.with_file_name("seeds")
}

impl Findings {
    /// Drafts and changed plain files apart.
    fn has_errors_that_stop(&self) -> bool {
        self.iter().any(|f| f.severity == Severity::Error && !f.code.is_settled_by_lock())
    }
}

/// What is said once, however many migrations it is about.
struct Folded {
    code: Code,
    /// Of one migration.
    one: &'static str,
    /// Of several.
    many: &'static str,
    help: &'static str,
}

const FOLDED: [Folded; 3] = [
    Folded {
        code: Code::Draft,
        one: "is a draft, not in `dbmig.lock` yet",
        many: "are drafts, not in `dbmig.lock` yet",
        help: "make final with `cargo dbmig lock`",
    },
    Folded {
        code: Code::ProofMissing,
        one: "has a way back that nobody has proved",
        many: "have ways back that nobody has proved",
        help: "prove with `cargo dbmig prove`",
    },
    Folded {
        code: Code::ProofVoid,
        one: "has a way back that was proved for other texts",
        many: "have ways back that were proved for other texts",
        help: "prove with `cargo dbmig prove`",
    },
];

/// One line a finding; those of [`FOLDED`] together are one.
fn messages(findings: &Findings) -> Vec<Directive> {
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    for folded in FOLDED {
        let same: Vec<_> = findings.iter().filter(|f| f.code == folded.code).collect();
        let Some(first) = same.first() else { continue };
        let line = folded.in_one_line(first, same.len());
        match first.severity {
            Severity::Error if !folded.code.is_settled_by_lock() => {
                errors.push(Directive::Error(line));
            }
            _ => warnings.push(Directive::Warning(line)),
        }
    }
    let is_folded = |finding: &&Finding| FOLDED.iter().any(|folded| folded.code == finding.code);
    for finding in findings.iter().filter(|finding| !is_folded(finding)) {
        match finding.severity {
            Severity::Error if finding.code.is_settled_by_lock() => {
                let finding = Finding { severity: Severity::Warning, ..finding.clone() };
                warnings.push(Directive::Warning(finding.one_line()));
            }
            Severity::Error => errors.push(Directive::Error(finding.one_line())),
            Severity::Warning => warnings.push(Directive::Warning(finding.one_line())),
            Severity::Note => {}
        }
    }
    if errors.len() > SHOWN_AT_MOST {
        let more = errors.len() - SHOWN_AT_MOST;
        errors.truncate(SHOWN_AT_MOST);
        errors.push(Directive::Error(format!("and {more} more: run `cargo dbmig check`")));
    }
    errors.append(&mut warnings);
    errors
}

impl Folded {
    fn in_one_line(&self, first: &Finding, count: usize) -> String {
        let dir = first.path.rsplit('/').next().unwrap_or(&first.path);
        let which = match count {
            1 => format!("migration `{dir}` {}", self.one),
            more => format!("migrations `{dir}` and {} more {}", more - 1, self.many),
        };
        // A draft is nobody's mistake.
        let code = match self.code {
            Code::Draft => String::new(),
            code => format!("{}[{code}]: ", first.severity),
        };
        format!("{}: {code}{which}; {}", first.path, self.help)
    }
}

#[cfg(test)]
mod tests;
