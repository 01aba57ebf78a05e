//! Holds data files against the schema and the rows of a database, before anything is written.

use dbmig_build::{Findings, Severity};

use super::ask::{self, Asked};
use super::coming::Coming;
use super::opened::{MOST, Opened};
use super::{DataFile, Ground, twice};
use crate::session::{DbResult, Session};

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// All of it.
    All,
    /// What is looked at before a run: of files whose rows are not held the cells alone, for the database
    /// refuses the rest while it writes them.
    Run,
}

/// Holds every cell of these files against the schema and the rows of the database that `session` is
/// connected to: columns, types, lengths, NULL, enums, keys, parents, conditions. `sql_first` are the names
/// of SQL seeds that run in between: parents of files after them are then not looked for.
///
/// # Errors
///
/// What the database reports about the questions themselves.
pub fn check(
    session: &mut dyn Session,
    files: &[DataFile<'_>],
    sql_first: &[&str],
) -> DbResult<Findings> {
    let ground = Ground::read(session)?;
    check_on(session, &ground, files, sql_first, Depth::All, None)
}

/// As [`check`]. The cells of the file `while_written` are left to the one who writes it.
pub(crate) fn check_on(
    session: &mut dyn Session,
    ground: &Ground,
    files: &[DataFile<'_>],
    sql_first: &[&str],
    depth: Depth,
    while_written: Option<&str>,
) -> DbResult<Findings> {
    let mut findings = Findings::default();
    let mut coming = Coming::default();
    // What one file refers to is to be remembered of those before it.
    for file in files {
        if let Some(shape) = ground.shape(*file, &mut Findings::default()) {
            coming.want(&shape);
        }
    }
    let mut unread = false;
    for file in files {
        let Some(opened) = &ground.open(*file, &mut findings) else {
            // Its rows may be the parents of others.
            unread = true;
            continue;
        };
        let name = file.data.name.as_str();
        if depth == Depth::Run && opened.is_streamed() {
            coming.leave(&opened.shape().table);
            if while_written != Some(name) {
                let _ = opened.cells(&mut findings);
            }
            continue;
        }
        let unknown = unread || sql_first.iter().any(|sql| *sql < name);
        let mut own = Findings::default();
        check_one(session, ground, opened, &mut coming, unknown, &mut own)?;
        unread |= own.has_errors();
        findings.extend(own);
    }
    findings.sort();
    Ok(findings)
}

fn check_one(
    session: &mut dyn Session,
    ground: &Ground,
    opened: &Opened<'_>,
    coming: &mut Coming,
    parents_unknown: bool,
    findings: &mut Findings,
) -> DbResult<()> {
    let shape = opened.shape();
    if let Some(rows) = opened.held() {
        // Parents of the same file can stand behind their children.
        coming.add(shape, rows);
    }
    let (mut asked_of, mut rows_in_all) = (Findings::default(), 0);
    let mut cells = Findings::default();
    opened.chunks(&mut cells, &mut |rows, _| {
        rows_in_all += rows.len();
        if opened.is_streamed() {
            coming.add(shape, rows);
        }
        if asked_of.count(Severity::Error) >= MOST {
            return Ok(());
        }
        let asked = Asked {
            shape,
            rows,
            paths: opened.paths(),
            coming,
            collations: &ground.collations,
            parents_unknown,
        };
        ask::ask(session, &asked, &mut asked_of)
    })?;
    if opened.is_streamed() && !cells.has_errors() {
        twice::look(opened, rows_in_all, &mut cells);
    }
    findings.extend(cells);
    findings.extend(asked_of);
    Ok(())
}
