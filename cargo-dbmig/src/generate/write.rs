//! A change of a catalogue as the texts of migrations.

use dbmig_build::Dialect;
use dbmig_runtime::catalogue::change::{Rename, Step, Wish, changes, renamed};
use dbmig_runtime::catalogue::{Catalogue, Index, IndexKey, Name};

use super::edit::{self, Edit, UNKNOWN};
use super::intent::Intent;
use super::staged::{self, Stage};
use super::{Known, Options, guards, plain, program};
use crate::error::{CliError, CliResult};

/// One migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What is added to the name: nothing for the first one.
    pub suffix: String,
    /// The text of `up.sql`.
    pub up: String,
    /// The text of `down.sql`.
    pub down: String,
    /// Whether it can not run in a transaction.
    pub no_transaction: bool,
    /// SQLite: whether it must run while foreign keys are off.
    pub foreign_keys_off: bool,
}

/// The migrations that do what was asked.
#[derive(Debug, Clone)]
pub struct Written {
    /// They, in order; one at least.
    pub parts: Vec<Part>,
    /// What the database holds afterwards, as far as it is known.
    pub after: Catalogue,
    /// What has to be completed by hand.
    pub todo: Vec<String>,
    /// What is worth knowing.
    pub notes: Vec<String>,
}

/// Writes the migrations of an intent.
pub(super) fn write(intent: &Intent, known: Known<'_>, options: &Options) -> CliResult<Written> {
    let edit = edit::edit(intent, known, options)?;
    if let Some((part, todo)) = program::write(intent, edit.dialect())? {
        return Ok(Written { parts: vec![part], after: edit.after, todo, notes: edit.notes });
    }
    let mut todo = edit.missing.clone();
    let mut parts = Vec::new();
    for (at, stage) in staged::stages(&edit).iter().enumerate() {
        parts.extend(part(&edit, stage, at == 0, &mut todo)?);
    }
    if parts.is_empty() {
        return Err(CliError::usage("that is what it is already: there is nothing to write"));
    }
    parts[0].suffix.clear();
    Ok(Written { parts, after: edit.after, todo, notes: edit.notes })
}

/// The migrations of a stage: what can not run in a transaction stands alone in one.
pub(super) fn part(
    edit: &Edit<'_>,
    stage: &Stage,
    first: bool,
    todo: &mut Vec<String>,
) -> CliResult<Option<Part>> {
    let renames = if first { edit.renames.clone() } else { Vec::new() };
    let wish = |renames: &[Rename]| Wish {
        renames: renames.to_vec(),
        online: stage.online,
        order: edit.placed,
        values: stage.values.clone(),
    };
    let back = |renames: &[Rename]| Wish { values: Vec::new(), ..wish(renames) };
    let (Some(from), Some(to)) = (stage.path.first(), stage.path.last()) else { return Ok(None) };
    let mut up = Vec::new();
    for (at, pair) in stage.path.windows(2).enumerate() {
        up.extend(stage.fills.iter().filter(|(place, _)| *place == at).map(|(_, s)| s.clone()));
        // Once they are done the names are the new ones.
        let renames = if at == 0 { &renames[..] } else { &[] };
        let alone = stage.renames_apart && at == 0;
        let next = if alone { &called(&pair[0], renames)? } else { &pair[1] };
        up.extend(changes(&pair[0], next, &wish(renames)).map_err(cannot)?);
        if alone {
            up.extend(stage.relabelled.up.clone());
        }
    }
    let end = stage.path.len() - 1;
    up.extend(stage.fills.iter().filter(|(place, _)| *place == end).map(|(_, s)| s.clone()));
    let mut down = match &stage.path[..] {
        // As on the way there, what was renamed is there alone: the old names are free again.
        [_, begin, ..] if !renames.is_empty() && stage.renames_apart => {
            let mut down = changes(to, begin, &back(&[])).map_err(cannot)?;
            down.extend(stage.relabelled.down.clone());
            let begin = &called(from, &renames)?;
            down.extend(changes(begin, from, &back(&backwards(&renames))).map_err(cannot)?);
            down
        }
        _ => changes(to, from, &back(&backwards(&renames))).map_err(cannot)?,
    };
    if stage.online {
        up.iter_mut().chain(&mut down).for_each(concurrently);
    }
    if up.is_empty() && down.is_empty() {
        return Ok(None);
    }
    let hidden = |step: &&Step| step.sql.contains(UNKNOWN);
    if let Some(step) = up.iter().find(hidden) {
        return Err(CliError::usage(format!(
            "to change {} all of it has to be known, and what there is is not",
            step.about
        ))
        .help("let it be looked up: `[shadow]` in dbmig.toml, with a `url`"));
    }
    let completed = todo.clone();
    let lost = down.iter().any(|step| step.sql.contains(UNKNOWN));
    if lost && todo.is_empty() {
        todo.push("the way back".to_owned());
    }
    down.retain(|step| !step.sql.contains(UNKNOWN));
    let alone = |steps: &[Step]| steps.iter().any(|step| step.alone);
    let keys_off = |steps: &[Step]| steps.iter().any(|step| step.foreign_keys_off);
    let mut down_text = String::new();
    if first {
        completed.iter().for_each(|what| down_text.push_str(&format!("-- dbmig:todo {what}\n")));
    }
    down_text.push_str(&text(&down, edit));
    // Behind a rename the rows are asked for by names that are not there yet.
    let filled = |table: &Name| {
        stage.fills.iter().any(|(_, step)| step.about == *table)
            || stage.values.iter().any(|value| value.table == *table)
    };
    let asserted = |from, to, filled: &dyn Fn(&Name) -> bool| match renames.is_empty() {
        true => guards::directives(from, to, filled),
        false => String::new(),
    };
    down_text.insert_str(0, &asserted(to, from, &|_| false));
    Ok(Some(Part {
        suffix: stage.suffix.clone(),
        up: asserted(from, to, &filled) + &text(&up, edit),
        down: down_text,
        no_transaction: alone(&up) || alone(&down),
        foreign_keys_off: keys_off(&up) || keys_off(&down),
    }))
}

/// What is there once all is renamed, and nothing else is done.
fn called(catalogue: &Catalogue, renames: &[Rename]) -> CliResult<Catalogue> {
    renamed(catalogue, renames).map_err(cannot)
}

fn cannot(wrong: Vec<dbmig_runtime::catalogue::change::CannotSay>) -> CliError {
    let mut all = wrong.into_iter();
    let first = all.next().map(|one| one.to_string()).unwrap_or_default();
    let error = CliError::usage(format!("no statement does that: {first}"))
        .help("write it by hand: `cargo dbmig generate migration <name>`");
    all.fold(error, |error, other| error.note(other.to_string()))
}

/// Also an index that goes keeps nobody waiting.
fn concurrently(step: &mut Step) {
    const DROP: &str = "DROP INDEX ";
    if let Some(rest) = step.sql.strip_prefix(DROP).filter(|rest| !rest.starts_with("CONC")) {
        step.sql = format!("{DROP}CONCURRENTLY {rest}");
        step.alone = true;
    }
}

pub(super) fn backwards(renames: &[Rename]) -> Vec<Rename> {
    let table_now = |name: &Name| {
        let renamed = renames.iter().find_map(|rename| match rename {
            Rename::Table { from, to } if to == name => Some(from.clone()),
            _ => None,
        });
        renamed.unwrap_or_else(|| name.clone())
    };
    let back = |rename: &Rename| match rename {
        Rename::Table { from, to } => Rename::Table { from: to.clone(), to: from.clone() },
        Rename::Column { table, from, to } => {
            Rename::Column { table: table_now(table), from: to.clone(), to: from.clone() }
        }
    };
    renames.iter().rev().map(back).collect()
}

/// The statements of a file.
fn text(steps: &[Step], edit: &Edit<'_>) -> String {
    let dialect = edit.dialect();
    let mut out = String::new();
    for step in steps {
        let mut sql = plain::unquoted(&step.sql, dialect);
        let existing = edit.before.table(&step.about).is_some();
        if dialect == Dialect::Mysql
            && existing
            && !edit.options.short
            && !is_of_expressions(edit, step)
        {
            sql.push_str(without_waiting(&sql));
        }
        out.push_str(&sql);
        out.push_str(";\n");
    }
    out
}

/// Whether it is about an index over expressions: each is a hidden column, which comes and goes with it.
fn is_of_expressions(edit: &Edit<'_>, step: &Step) -> bool {
    let tables = [&edit.before, &edit.after].into_iter().filter_map(|one| one.table(&step.about));
    let computed =
        |index: &&Index| index.parts.iter().any(|part| matches!(part.key, IndexKey::Expression(_)));
    let mut computed = tables.flat_map(|table| &table.indexes).filter(computed);
    computed.any(|index| index.label.name.as_ref().is_some_and(|name| step.sql.contains(name)))
}

/// What makes MySQL refuse rather than keep others out, where it need not.
fn without_waiting(sql: &str) -> &'static str {
    const COPIED: [&str; 14] = [
        "FOREIGN KEY",
        "CONSTRAINT",
        "CHECK",
        "MODIFY",
        "CHANGE",
        "PRIMARY KEY",
        "FULLTEXT",
        "SPATIAL",
        "RENAME TO",
        // Not where a condition was there once; it takes a moment either way.
        "RENAME COLUMN",
        "AUTO_INCREMENT",
        "DEFAULT (",
        // An expression is a hidden column, which is filled.
        "((",
        "GENERATED",
    ];
    let upper = sql.to_uppercase();
    if COPIED.iter().any(|words| upper.contains(words)) {
        return "";
    }
    if upper.starts_with("ALTER TABLE") {
        ", ALGORITHM = INPLACE, LOCK = NONE"
    } else if upper.starts_with("CREATE INDEX")
        || upper.starts_with("CREATE UNIQUE INDEX")
        || upper.starts_with("DROP INDEX")
    {
        " ALGORITHM = INPLACE LOCK = NONE"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests;
