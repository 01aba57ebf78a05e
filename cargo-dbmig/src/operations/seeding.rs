//! Seeds: which ones an environment takes, what is wrong with them, and where new ones go.

use std::path::PathBuf;

use dbmig_build::{Code, Dialect, Finding, Findings, SEED_SETS, Seed, Severity, load_seeds};
use dbmig_runtime::seed::{self, DataFile, DataPlan};
use dbmig_runtime::{ErrorKind, runner};

use super::generating::NewFile;
use crate::config::Kind;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure::{self, Files};
use crate::render;

/// What is asked for of the seeds of an environment: sets and files; all of them where nothing is named.
#[derive(Debug, Clone, Copy, Default)]
pub struct Selection<'a> {
    /// Sets.
    pub sets: &'a [String],
    /// Files: as they are called, with or without folder, number, and ending.
    pub only: &'a [String],
}

/// The seeds of an environment's kind, side files among them. No flag brings development data anywhere else.
///
/// # Errors
///
/// A set that does not run here, a file that is not there, and what can not be read.
pub fn load(context: &Context<'_>, selection: Selection<'_>) -> CliResult<Vec<Seed>> {
    let environment = context.environment()?;
    let allowed: &[&str] = match environment.kind {
        Kind::Development => &["reference", "dev"],
        Kind::Test => &["reference", "test"],
        Kind::Production | Kind::Unclassified => &["reference"],
    };
    let Selection { sets, only } = selection;
    for set in sets {
        if !SEED_SETS.contains(&set.as_str()) {
            return Err(crate::config::unknown_name("seed set", set, &SEED_SETS));
        }
        if !allowed.contains(&set.as_str()) {
            return Err(CliError::usage(format!(
                "`{set}` seeds do not run in environment `{}`, which is of kind {}",
                environment.name,
                environment.kind.as_str()
            ))
            .help("the kind of an environment is set in dbmig.toml"));
        }
    }
    let dir = context.seeds_dir()?;
    let mut seeds = Vec::new();
    for set in allowed.iter().filter(|set| sets.is_empty() || sets.iter().any(|name| name == *set))
    {
        let loaded = load_seeds(&dir, set).map_err(|(path, reason)| {
            CliError::usage(format!("could not read `{}`", context.show(&path))).cause(reason)
        })?;
        seeds.extend(loaded);
    }
    if only.is_empty() {
        return Ok(seeds);
    }
    let mut wanted = Vec::new();
    for name in only {
        let found: Vec<_> = seeds
            .iter()
            .filter(|seed| !is_side(seed) && is_called(&seed.name, name))
            .map(|seed| stem(&seed.name).to_owned())
            .collect();
        if found.is_empty() {
            let names: Vec<_> =
                seeds.iter().filter(|seed| !is_side(seed)).map(|seed| &*seed.name).collect();
            return Err(crate::config::unknown_name("seed", name, &names));
        }
        wanted.extend(found);
    }
    seeds.retain(|seed| wanted.iter().any(|stem_of| stem_of == stem(&seed.name)));
    Ok(seeds)
}

/// Keeps the seeds whose names are wanted, and their side files.
pub fn retain(seeds: &mut Vec<Seed>, wanted: impl Fn(&str) -> bool) {
    let kept: Vec<_> = seeds
        .iter()
        .filter(|seed| !is_side(seed) && wanted(&seed.name))
        .map(|seed| stem(&seed.name).to_owned())
        .collect();
    seeds.retain(|seed| match is_side(seed) {
        true => kept.iter().any(|name| name == stem(&seed.name)),
        false => wanted(&seed.name),
    });
}

/// Whether it only says something of another file.
pub fn is_side(seed: &Seed) -> bool {
    seed.name.ends_with(".toml")
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// `reference/001_roles.csv` is also `001_roles.csv`, `001_roles`, and `roles`.
fn is_called(name: &str, wanted: &str) -> bool {
    let wanted = wanted.strip_prefix("seeds/").unwrap_or(wanted);
    let file = name.rsplit('/').next().unwrap_or(name);
    let short = stem(file);
    let label = short.split_once('_').map_or(short, |(_, label)| label);
    [name, stem(name), file, short, label].contains(&wanted)
}

/// The data files among seeds, and the names of the SQL files.
pub fn data_files(seeds: &[Seed]) -> (Vec<DataFile<'_>>, Vec<&str>) {
    let mut files = Vec::new();
    let mut sql = Vec::new();
    for seed in seeds.iter().filter(|seed| !is_side(seed)) {
        if seed.name.ends_with(".sql") {
            sql.push(seed.name.as_str());
            continue;
        }
        let side = seeds.iter().find(|side| is_side(side) && stem(&side.name) == stem(&seed.name));
        files.push(DataFile { data: seed, side });
    }
    (files, sql)
}

/// What can be said of all seeds of a project without any database, whatever environment they are for.
///
/// # Errors
///
/// The database must be named, or is not known.
pub fn check_forms(context: &Context<'_>, dialect: Dialect) -> CliResult<Findings> {
    let dir = context.seeds_dir()?;
    let mut findings = Findings::default();
    for set in SEED_SETS {
        let seeds = match load_seeds(&dir, set) {
            Ok(seeds) => seeds,
            // Reference seeds are part of the set: the loader has told of them.
            Err(_) if set == SEED_SETS[0] => continue,
            Err((path, reason)) => {
                let path = context.show(&path);
                findings.push(Finding::new(Code::Unreadable, path, reason));
                continue;
            }
        };
        findings.extend(runner::lonely_side_files(&seeds));
        let (files, _) = data_files(&seeds);
        files.into_iter().for_each(|file| findings.extend(seed::check_form(dialect, file)));
    }
    let mut shown = Findings::default();
    for mut finding in findings.iter().cloned() {
        if finding.code != Code::Unreadable {
            finding.path = context.show(&dir.join(&finding.path));
        }
        shown.push(finding);
    }
    Ok(shown)
}

/// Prints findings with the paths of the files, and says how many there are.
///
/// # Errors
///
/// It is not settled which database is meant.
pub fn show_findings(context: &mut Context<'_>, findings: &Findings) -> CliResult<usize> {
    let dir = context.seeds_dir()?;
    let mut shown = Findings::default();
    for mut finding in findings.iter().cloned() {
        finding.path = context.show(&dir.join(&finding.path));
        shown.push(finding);
    }
    render::findings(context.output, &shown);
    Ok(shown.count(Severity::Error))
}

/// What stopped a run of seeds, for people; findings are printed.
pub fn failed(context: &mut Context<'_>, error: dbmig_runtime::Error, again: &str) -> CliError {
    let dir = match context.seeds_dir() {
        Ok(dir) => dir,
        Err(error) => return error,
    };
    let path = |context: &Context<'_>, name: &str| context.show(&dir.join(name));
    match error.kind {
        ErrorKind::Seeds(findings) => match show_findings(context, &findings) {
            Err(error) => error,
            Ok(_) => {
                CliError::new(Exit::Findings, "the seeds are not in order; nothing was written")
                    .help("see all of it: `cargo dbmig seed check`")
            }
        },
        ErrorKind::Truncates { name } => CliError::usage(format!(
            "{}: `mode = \"truncate\"` empties the table first, and the database is protected",
            path(context, &name)
        ))
        .note("nothing was written")
        .help("take `mode = \"sync\"`: it deletes what the file does not have, and says so before"),
        ErrorKind::NoUndo { name } => CliError::new(
            Exit::History,
            format!("nothing was kept by which {} could be undone", path(context, &name)),
        )
        .note("nothing was changed")
        .note("SQL seeds, rows without a key, and more than 10000 rows are not kept"),
        _ => failure::of_run(error, Files { dir: &dir, cwd: &context.cwd, again }),
    }
}

/// What a data file changes, in words.
pub fn plan_words(plan: &DataPlan) -> String {
    let mut words = format!(
        "insert {}, update {}, delete {}; {} as they are",
        plan.insert, plan.update, plan.delete, plan.same
    );
    if let Some(reason) = plan.no_undo {
        words.push_str(&format!("; there will be no undo: {reason}"));
    }
    words
}

/// The files of a new seed: numbered after the last one of its set.
///
/// # Errors
///
/// The name can not be used.
pub fn new_seed(
    context: &Context<'_>,
    name: &str,
    set: &str,
    form: &str,
) -> CliResult<Vec<NewFile>> {
    if !SEED_SETS.contains(&set) {
        return Err(crate::config::unknown_name("seed set", set, &SEED_SETS));
    }
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(good) {
        return Err(CliError::usage(format!("`{name}` is no name for a seed")).help(
            "use ASCII letters, digits, and `_`; of a data file it is the name of the table",
        ));
    }
    let dir = context.seeds_dir()?.join(set);
    let next = numbers(&dir).into_iter().max().unwrap_or(0) + 1;
    let file = |end: &str, text: String| NewFile {
        path: dir.join(format!("{next:03}_{name}.{end}")),
        text,
    };
    let side = format!(
        "table = \"{name}\"\n# insert, ignore, upsert, sync, update-only, or truncate\nmode = \"upsert\"\n\
         # The columns by which a row is known again; without it the primary key.\n# key = [\"name\"]\n"
    );
    Ok(match form {
        "csv" => vec![file("csv", "id,name\n".into()), file("toml", side)],
        "json" => {
            vec![file("json", "[\n  {\"id\": 1, \"name\": \"\"}\n]\n".into()), file("toml", side)]
        }
        _ => vec![file(
            "sql",
            "-- Runs once for its content, and again when it changes: write it to be repeatable\n"
                .into(),
        )],
    })
}

/// Writes files that are not there yet, and their folders.
///
/// # Errors
///
/// One of them is there, or can not be written.
pub fn write(context: &Context<'_>, files: &[NewFile]) -> CliResult<()> {
    if let Some(file) = files.iter().find(|file| file.path.exists()) {
        return Err(CliError::usage(format!("`{}` is there already", context.show(&file.path)))
            .note("nothing was written"));
    }
    for file in files {
        let dir = file.path.parent().unwrap_or(&file.path);
        std::fs::create_dir_all(dir).map_err(|error| CliError::io("create", dir, &error))?;
        std::fs::write(&file.path, &file.text)
            .map_err(|error| CliError::io("write", &file.path, &error))?;
    }
    Ok(())
}

/// The numbers of the files in a folder.
fn numbers(dir: &PathBuf) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir(dir) else { return vec![] };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.split('_').next()?.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_many_names() {
        let name = "reference/001_user_roles.csv";
        for wanted in [
            name,
            "001_user_roles.csv",
            "001_user_roles",
            "user_roles",
            "seeds/reference/001_user_roles",
        ] {
            assert!(is_called(name, wanted), "{wanted}");
        }
        for wanted in ["roles", "1_user_roles", "001", "dev/001_user_roles", ""] {
            assert!(!is_called(name, wanted), "{wanted}");
        }
    }
}
