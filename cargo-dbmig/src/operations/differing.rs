//! Two schemas for `generate --diff`: what the migrations make of a scratch database, and what is wished for.

use std::path::Path;

use dbmig_build::{MigrationSet, RawSet};
use dbmig_runtime::Session;
use dbmig_runtime::catalogue::Catalogue;
use dbmig_runtime::proof;

use super::intending::{self, Seen};
use super::sources::{self, Origin};
use super::{proving, rust_schemas, schema_files};
use crate::config::PrintSchema;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure::{self, Files};
use crate::generate::diff::{Answers, Change, RustFile, Source};
use crate::render;

/// What there is, what is wished for, and a place to try.
pub struct Sides {
    /// What the migrations make, without what is repeated.
    pub before: Catalogue,
    /// What is wished for.
    pub wished: Source,
    /// What messages call that.
    pub shown: String,
    /// The place.
    pub seen: Seen,
    prints: Vec<PrintSchema>,
}

/// Reads both sides.
///
/// # Errors
///
/// One can not be read, there is no place for a scratch database, or the migrations can not be applied.
pub fn sides(context: &mut Context<'_>, raw: &RawSet, from: Option<&Origin>) -> CliResult<Sides> {
    let files = match from {
        Some(origin) if origin.rust().is_some() => {
            let path = origin.rust().unwrap_or(Path::new(""));
            let print = rust_schemas::written(context, path)?;
            Some(vec![(told(context, origin, &print)?, print)])
        }
        Some(_) => None,
        None => Some(configured(context)?),
    };
    let scratch = proving::scratch(context)?;
    let mut seen = Seen::on(scratch);
    let scope = sources::everything(context)?;
    let Some(files) = files else {
        let origin = from.unwrap_or(&Origin::Empty);
        let before = made(context, &mut seen, raw, false, |_, session| read(session, &scope))?;
        let mut wished = sources::catalogue(context, origin, &scope)?;
        if wished.dialect != before.dialect {
            return Err(CliError::usage(format!(
                "a schema of {} is no schema of {}",
                wished.dialect, before.dialect
            )));
        }
        if !raw.repeatables.is_empty() {
            let with = made(context, &mut seen, raw, true, |_, session| read(session, &scope))?;
            leave_out_repeated(&mut wished, &before, &with);
        }
        let shown = origin.to_string();
        return Ok(Sides {
            before,
            wished: Source::Catalogue(Box::new(wished)),
            shown,
            seen,
            prints: vec![],
        });
    };
    let shown: Vec<_> = files.iter().map(|((shown, _), _)| shown.clone()).collect();
    let prints: Vec<_> = files.iter().map(|(_, print)| print.clone()).collect();
    let (before, written) = made(context, &mut seen, raw, false, |context, session| {
        let before = read(session, &scope)?;
        let written = prints.iter().map(|print| written(context, session, print));
        Ok((before, written.collect::<CliResult<Vec<_>>>()?))
    })?;
    let files = files.into_iter().zip(written).map(|(((shown, told), print), written)| RustFile {
        shown,
        options: print.options,
        written,
        told,
    });
    let wished = Source::Rust(files.collect());
    Ok(Sides { before, wished, shown: shown.join(", "), seen, prints })
}

/// The same change, over what the server tells once all is renamed.
///
/// # Errors
///
/// Something can not be renamed.
pub fn as_told(
    context: &mut Context<'_>,
    raw: &RawSet,
    sides: &mut Sides,
    change: Change,
    answers: &Answers,
) -> CliResult<Change> {
    let statements = change.renaming()?;
    if statements.is_empty() {
        return Ok(change);
    }
    let scope = sources::everything(context)?;
    let begin = made(context, &mut sides.seen, raw, false, |_, session| {
        for sql in &statements {
            session.execute(sql).map_err(|error| {
                CliError::database(error.to_string()).note(format!("tried: {sql}"))
            })?;
        }
        read(session, &scope)
    })?;
    sides.wished.change(&sides.before, Some(&begin), answers)
}

/// What still differs once the migrations of `raw` are applied, which have the new one.
///
/// # Errors
///
/// They can not be applied.
pub fn remaining(
    context: &mut Context<'_>,
    sides: &mut Sides,
    raw: &RawSet,
    answers: &Answers,
) -> CliResult<Vec<String>> {
    let scope = sources::everything(context)?;
    let prints = &sides.prints;
    let (after, told) = made(context, &mut sides.seen, raw, false, |context, session| {
        let after = read(session, &scope)?;
        let told = prints.iter().map(|print| written(context, session, print));
        Ok((after, told.collect::<CliResult<Vec<_>>>()?))
    })?;
    Ok(match &sides.wished {
        Source::Catalogue(_) => sides.wished.differences(&after, answers),
        Source::Rust(files) => {
            let files = files.iter().cloned().zip(told);
            let files = files.map(|(file, written)| RustFile { written, ..file }).collect();
            Source::Rust(files).differences(&after, answers)
        }
    })
}

/// The `schema.rs` files that the configuration names.
fn configured(
    context: &mut Context<'_>,
) -> CliResult<Vec<((String, crate::schema_rs::parse::Told), PrintSchema)>> {
    let files = schema_files::named(context)?;
    if files.is_empty() {
        return Err(CliError::usage("nothing says which `schema.rs` is meant")
            .help("name it in diesel.toml: `file = \"src/schema.rs\"` below `[print_schema]`")
            .help("or here: `cargo dbmig generate --diff --from src/schema.rs`"));
    }
    let mut all = Vec::new();
    for file in files {
        if !file.path.exists() {
            return Err(CliError::usage(format!("`{}` is not there", context.show(&file.path)))
                .help("write it of the database: `cargo dbmig schema rs`"));
        }
        let origin = Origin::Rust(file.path.clone());
        all.push((told(context, &origin, &file.print)?, file.print));
    }
    Ok(all)
}

fn told(
    context: &mut Context<'_>,
    origin: &Origin,
    print: &PrintSchema,
) -> CliResult<(String, crate::schema_rs::parse::Told)> {
    let told = rust_schemas::told(context, origin, print)?;
    let shown = match origin {
        Origin::Rust(path) => context.show(&context.cwd.join(path)),
        other => other.to_string(),
    };
    Ok((shown, told))
}

fn written(
    context: &mut Context<'_>,
    session: &mut dyn Session,
    print: &PrintSchema,
) -> CliResult<crate::schema_rs::parse::Told> {
    let text = schema_files::text_alone(context, session, print)?;
    crate::schema_rs::parse::parse(&text).map_err(|(line, why)| {
        CliError::usage(format!("what is written of the database can not be read: {line}: {why}"))
    })
}

fn read(
    session: &mut dyn Session,
    scope: &dbmig_runtime::catalogue::Scope,
) -> CliResult<Catalogue> {
    Catalogue::read(session, scope).map_err(|error| failure::of_database("read the schema", error))
}

/// Looks at a scratch database that has all migrations of a set.
fn made<T>(
    context: &mut Context<'_>,
    seen: &mut Seen,
    raw: &RawSet,
    repeatables: bool,
    look: impl FnOnce(&mut Context<'_>, &mut dyn Session) -> CliResult<T>,
) -> CliResult<T> {
    let set = set(context, raw, repeatables)?;
    let dir = context.migrations_dir()?;
    let mut session = seen.fresh()?;
    let files = Files { dir: &dir, cwd: &context.cwd, again: "cargo dbmig prove" };
    proof::replay(&mut *session, &set, &|_| true).map_err(|error| {
        failure::on_scratch(error, files).note("it was tried on a scratch database")
    })?;
    look(context, &mut *session)
}

fn set(context: &mut Context<'_>, raw: &RawSet, repeatables: bool) -> CliResult<MigrationSet> {
    let mut raw = raw.clone();
    if !repeatables {
        raw.repeatables.clear();
    }
    let checked = context.judge(&raw)?;
    checked.set.ok_or_else(|| {
        render::findings(context.output, &checked.findings);
        CliError::new(Exit::Findings, "the migrations are not in order; nothing was written")
            .help("see all of it: `cargo dbmig check`")
    })
}

/// What is made again whenever its text changes is no matter of a migration.
fn leave_out_repeated(wished: &mut Catalogue, without: &Catalogue, with: &Catalogue) {
    let made = |name: &dbmig_runtime::catalogue::Name| {
        let has = |catalogue: &Catalogue| catalogue.views.iter().any(|view| view.name == *name);
        has(with) && !has(without)
    };
    wished.views.retain(|view| !made(&view.name));
    wished.routines.retain(|one| {
        let same = |other: &dbmig_runtime::catalogue::Routine| {
            other.name == one.name && other.arguments == one.arguments
        };
        without.routines.iter().any(same) || !with.routines.iter().any(same)
    });
    wished.triggers.retain(|one| {
        let same = |other: &dbmig_runtime::catalogue::Trigger| {
            other.name == one.name && other.table == one.table
        };
        without.triggers.iter().any(same) || !with.triggers.iter().any(same)
    });
    wished.others.retain(|one| {
        let same = |other: &dbmig_runtime::catalogue::OtherObject| {
            other.name == one.name && other.kind == one.kind
        };
        without.others.iter().any(same) || !with.others.iter().any(same)
    });
}

/// The catalogue of a set without its last migration: what others have.
///
/// # Errors
///
/// As [`sides`].
pub fn without(context: &mut Context<'_>, sides: &mut Sides, raw: &RawSet) -> CliResult<Catalogue> {
    let scope = sources::everything(context)?;
    made(context, &mut sides.seen, raw, false, |_, session| read(session, &scope))
}

/// Refuses what does not lead where it should.
pub fn refused(shown: &str, remaining: &[String], texts: &[(String, String)]) -> CliError {
    let error = CliError::new(
        Exit::Findings,
        format!("the statements that were found do not make what {shown} tells"),
    );
    let error = remaining.iter().fold(error, |error, one| error.cause(format!("still: {one}")));
    let error = texts.iter().fold(error, |error, (file, text)| {
        error.note(format!("tried {file}: {}", text.trim_end()))
    });
    error
        .note("it was tried on a scratch database; nothing was written")
        .help("write it by hand: `cargo dbmig generate migration <name>`")
}

impl intending::Seen {
    /// An empty scratch database.
    ///
    /// # Errors
    ///
    /// What keeps it from being made.
    fn fresh(&mut self) -> CliResult<Box<dyn Session>> {
        use dbmig_runtime::proof::Shadow as _;
        let scratch = self.place()?;
        scratch.fresh().map_err(|error| failure::of_database("make the scratch database", error))
    }
}
