//! The `schema.rs` of a project: which files there are, what they should say, and keeping them so.

mod formatted;
mod locked;
mod maker;

use std::path::{Path, PathBuf};

use dbmig_runtime::plan::Plan;
use dbmig_runtime::{Report, Session};
use serde_json::json;

use self::maker::Maker;
use crate::config::print_schema::DEFAULT_KEY;
use crate::config::{PrintSchema, PrintSchemas};
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::operations::running::{self, Sides};
use crate::project::tidy;
use crate::render::Wording;
use crate::scaffold::FileChange;
use crate::schema_rs;

/// What happens to `schema.rs` after a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Follow {
    /// It is written where it says something else.
    #[default]
    Write,
    /// The run is refused that would change it.
    Locked,
    /// Nothing.
    Leave,
}

/// The files of a database, known before anything is run.
#[derive(Debug, Default)]
pub struct SchemaFiles {
    files: Vec<SchemaFile>,
    locked: bool,
}

/// Files that somebody has edited.
#[derive(Debug, Default)]
pub struct Edited(Vec<PathBuf>);

/// One `schema.rs` of a project.
#[derive(Debug, Clone)]
pub struct SchemaFile {
    /// Where it is.
    pub path: PathBuf,
    /// How it is written.
    pub print: PrintSchema,
}

/// What `[print_schema]` says, with the paths as they are from here.
///
/// # Errors
///
/// `diesel.toml` says something that Diesel does not know.
pub fn configured(context: &Context<'_>) -> CliResult<PrintSchemas> {
    let project = &context.project;
    let Some(diesel) = &project.diesel else { return Ok(PrintSchemas::default()) };
    let mut schemas = diesel.print_schema()?;
    let folder = project.diesel_path.as_deref().and_then(Path::parent);
    let folder = folder.unwrap_or(&project.root);
    for schema in &mut schemas.all {
        for path in [&mut schema.file, &mut schema.patch_file].into_iter().flatten() {
            *path = tidy(&folder.join(&*path));
        }
    }
    Ok(schemas)
}

/// The files that the configuration names: those of `diesel.toml`; `schema` of dbmig.toml stands in for
/// the first of them, and is the only one of a database that has a name.
///
/// # Errors
///
/// As [`configured`], and when it is not settled which database is meant.
pub fn named(context: &Context<'_>) -> CliResult<Vec<SchemaFile>> {
    let mut schemas = configured(context)?;
    let name = context.global.database.as_deref();
    let (name, _) = context.project.config.database(name)?;
    let name = name.map(str::to_owned);
    let ours = context.project.schema_file(context.global.database.as_deref())?;
    if let Some((path, _)) = ours {
        let key = name.as_deref().filter(|name| schemas.all.iter().any(|one| one.key == *name));
        schemas.get_mut(key.unwrap_or(DEFAULT_KEY))?.file = Some(path.clone());
        if name.is_some() {
            schemas.all.retain(|one| one.file.as_ref() == Some(&path));
        }
    } else if name.is_some() {
        return Ok(vec![]);
    }
    let with_path = |print: PrintSchema| Some(SchemaFile { path: print.file.clone()?, print });
    Ok(schemas.all.into_iter().filter_map(with_path).collect())
}

/// What a `schema.rs` should say.
///
/// # Errors
///
/// The database can not be read, has what Diesel can not, or the patch does not apply.
pub fn text(
    context: &mut Context<'_>,
    session: &mut dyn Session,
    print: &PrintSchema,
) -> CliResult<String> {
    let schema = Maker::of(context)?.make(session, print)?;
    for warning in &schema.warnings {
        context.output.warning(warning);
    }
    Ok(schema.text)
}

/// The same, and nothing is said about it: somebody compares it, and nobody gets it.
///
/// # Errors
///
/// As [`text`].
pub fn text_alone(
    context: &Context<'_>,
    session: &mut dyn Session,
    print: &PrintSchema,
) -> CliResult<String> {
    Ok(Maker::of(context)?.make(session, print)?.text)
}

/// The change to a file; `None` where it says the same.
///
/// # Errors
///
/// It can not be read.
pub fn change(path: &Path, text: String) -> CliResult<Option<FileChange>> {
    let before = FileChange::current(path)?;
    if before.as_deref().is_some_and(|before| schema_rs::is_same(&text, before)) {
        return Ok(None);
    }
    Ok(FileChange::new(path, before, text))
}

impl SchemaFiles {
    /// Finds the files that a run concerns.
    ///
    /// # Errors
    ///
    /// As [`named`].
    pub fn of(context: &Context<'_>, follow: Follow) -> CliResult<Self> {
        let files = if follow == Follow::Leave { vec![] } else { named(context)? };
        Ok(Self { files, locked: follow == Follow::Locked })
    }

    /// Whether no file is named.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Executes a plan as [`running::execute`] does. With a locked schema nothing is committed that would
    /// change a file.
    ///
    /// # Errors
    ///
    /// Those, and a file that would change.
    pub fn execute(
        &self,
        context: &mut Context<'_>,
        sides: &mut Sides,
        plan: &Plan,
        wording: Wording,
        again: &str,
    ) -> CliResult<Report> {
        if self.locked && !self.files.is_empty() {
            return locked::execute(self, context, sides, plan, (wording, again));
        }
        running::execute(context, sides, plan, wording, again)
    }

    /// Brings the files up to date after a run that changed something.
    ///
    /// # Errors
    ///
    /// A text can not be made, or a file not be written. The run stays done.
    pub fn refresh(
        &self,
        context: &mut Context<'_>,
        session: &mut dyn Session,
        report: &Report,
        wording: Wording,
    ) -> CliResult<()> {
        if self.locked || report.done.is_empty() && report.repeated.is_empty() {
            return Ok(());
        }
        self.write(context, session, wording).map_err(|error| {
            error
                .note("the migrations were run; `schema.rs` is as it was")
                .help("try it again: `cargo dbmig schema rs`, or leave it out: `--no-schema`")
        })
    }

    /// The files that are there and do not say what the database holds.
    ///
    /// # Errors
    ///
    /// As [`text`].
    pub fn edited(&self, context: &Context<'_>, session: &mut dyn Session) -> CliResult<Edited> {
        let mut edited = vec![];
        for file in self.files.iter().filter(|file| file.path.exists()) {
            let made = Maker::of(context)?.make(session, &file.print)?;
            edited.extend(change(&file.path, made.text)?.map(|_| file.path.clone()));
        }
        Ok(Edited(edited))
    }

    /// Brings the files up to date but for those; which of them say something else.
    ///
    /// # Errors
    ///
    /// A text can not be made, or a file not be written.
    pub fn write_unless(
        &self,
        context: &mut Context<'_>,
        session: &mut dyn Session,
        edited: &Edited,
    ) -> CliResult<Vec<String>> {
        let (kept, written): (Vec<_>, Vec<_>) =
            self.files.iter().cloned().partition(|file| edited.0.contains(&file.path));
        Self { files: written, locked: false }.write(context, session, Wording::Native)?;
        let mut left = vec![];
        for file in &kept {
            let text = text(context, session, &file.print)?;
            if change(&file.path, text)?.is_some() {
                left.push(context.show(&file.path));
            }
        }
        Ok(left)
    }

    fn write(
        &self,
        context: &mut Context<'_>,
        session: &mut dyn Session,
        wording: Wording,
    ) -> CliResult<()> {
        let mut written = vec![];
        for file in &self.files {
            let text = text(context, session, &file.print)?;
            if let Some(change) = change(&file.path, text)? {
                change.apply()?;
                let shown = context.show(&file.path);
                match wording {
                    Wording::Native => context.output.progress(format!("{shown}: written")),
                    // Diesel's standard output is about migrations alone.
                    Wording::Diesel => context.output.note(format!("`{shown}` was written")),
                }
                written.push(shown);
            }
        }
        context.output.json(&json!({ "schema_rs": written }));
        Ok(())
    }
}

/// Shows how a file differs, and says what to do.
pub fn refuse(context: &mut Context<'_>, changes: &[FileChange], message: &str) -> CliError {
    for change in changes {
        let diff = change.diff(&context.cwd);
        if context.output.format != crate::output::Format::Json {
            context.output.raw(&diff);
        }
    }
    let files: Vec<_> = changes.iter().map(|change| context.show(&change.path)).collect();
    context.output.json(&json!({ "dbmig": 1, "schema_rs": files }));
    CliError::new(Exit::Findings, format!("`{}` {message}", files.join("`, `")))
}
