//! Writes a file whose rows are not held: straight into the table where all of them are new, else by way of
//! a temporary table ([`super::stage`]).

use dbmig_build::Findings;

use super::bulk::{Target, column, pour};
use super::opened::{Opened, Progress, Written};
use super::plan::{UNDO_LIMIT, count};
use super::relation::table;
use super::settings::Mode;
use super::shape::Shape;
use super::write::{is_plain, sequences};
use super::{Ground, prior, stage};
use crate::session::{DbResult, Session};
use crate::sql::text;

/// In the transaction of the caller, which has to be rolled back where `findings` has something.
pub(super) fn write(
    session: &mut dyn Session,
    opened: &Opened<'_>,
    ground: &Ground,
    findings: &mut Findings,
    progress: &mut Progress<'_>,
) -> DbResult<Written> {
    let shape = opened.shape();
    let straight = is_plain(shape)
        && match shape.mode {
            Mode::Insert | Mode::Truncate => true,
            Mode::Ignore => is_empty(session, shape)?,
            Mode::Upsert | Mode::Sync | Mode::UpdateOnly => false,
        };
    let written = match straight {
        true => all_new(session, opened, ground, findings, progress),
        false => stage::write(session, opened, ground, findings, progress),
    };
    if findings.has_errors() { Ok(Written::default()) } else { written }
}

fn is_empty(session: &mut dyn Session, shape: &Shape) -> DbResult<bool> {
    let (one, table) = (text(shape.dialect, "1"), table(shape.dialect, &shape.table));
    Ok(session.query(&format!("SELECT {one} FROM {table} LIMIT 1"), &[])?.is_empty())
}

fn all_new(
    session: &mut dyn Session,
    opened: &Opened<'_>,
    ground: &Ground,
    findings: &mut Findings,
    progress: &mut Progress<'_>,
) -> DbResult<Written> {
    let shape = opened.shape();
    let mut written = Written::default();
    let mut sections = Vec::new();
    if shape.mode == Mode::Truncate {
        written.plan.delete = count(session, shape)?;
        if (1..=UNDO_LIMIT).contains(&written.plan.delete) {
            sections.extend(prior::deleted(session, shape, &ground.catalogue, None)?);
        }
        session.execute(&format!("DELETE FROM {}", table(shape.dialect, &shape.table)))?;
    }
    let target = Target {
        table: table(shape.dialect, &shape.table),
        columns: shape.columns.iter().map(|own| column(shape.dialect, own, true)).collect(),
        numbered: false,
        slowly: shape.row_security,
    };
    let poured = pour(session, opened, &target, findings, progress)?;
    written.plan.insert = poured.rows;
    sequences(session, shape)?;
    written.plan.decide_undo(shape);
    if written.plan.no_undo.is_none() {
        let keys = prior::keys_of_all(session, opened, findings)?;
        sections.push(prior::Section::of_keys(shape, keys));
        written.keep(&sections);
    }
    // Every row is there, for the database took it. Whether it is found by the key of the file is another
    // question: a trigger can have changed that.
    let found = match shape.key.is_empty() {
        true => 0,
        false => prior::how_many_there(session, shape, &poured.sample)?,
    };
    written.digest = match prior::keys_alone(shape.mode) && found == poured.sample.len() {
        true => Some(prior::digest_of_keys(poured.rows)),
        false => opened.digest(session)?,
    };
    Ok(written)
}
