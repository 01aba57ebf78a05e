//! `Opened`: a data file whose header and side file are in order.

use std::ops::ControlFlow;

use dbmig_build::{Code, Digest, Findings, Severity};

use super::bulk::STRIDE;
use super::plan::{self, DataPlan};
use super::prior::Section;
use super::ready::{self, Ready};
use super::relation::asking_size;
use super::settings::Mode;
use super::shape::{Paths, Shape, at};
use super::source::Source;
use super::{Ground, prior, stream, write};
use crate::session::{DbResult, Session};

/// So many wrong cells of a file that is not held are told; the rest of it is not read then.
pub(super) const MOST: usize = 1000;

/// So many bytes of values are asked about at once, or a row that is longer.
pub(super) const AT_ONCE: usize = 1024 * 1024;

/// A data file whose header and side file are in order.
pub(crate) struct Opened<'a> {
    shape: Shape,
    source: Source<'a>,
    data: &'a str,
    side: String,
    /// Its rows in order, where they are held: cells and keys of them are in order as well.
    held: Option<Vec<Ready>>,
}

/// What writing a file came to.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) plan: DataPlan,
    /// What is kept for an undo.
    pub(crate) pieces: Vec<String>,
    /// What the table holds of the rows, where that can be found out again.
    pub(crate) digest: Option<Digest>,
}

impl Written {
    /// Keeps what an undo needs.
    pub(super) fn keep(&mut self, sections: &[Section]) {
        match prior::pieces(sections) {
            Some(pieces) => self.pieces = pieces,
            None => self.plan.no_undo = Some("a row is too long to be kept"),
        }
    }
}

/// How far a file has come: rows, and how much of it was read, from 0 to 1.
pub(crate) type Progress<'p> = dyn FnMut(usize, f64) + 'p;

impl<'a> Opened<'a> {
    pub(super) fn new(
        shape: Shape,
        source: Source<'a>,
        data: &'a str,
        side: String,
        findings: &mut Findings,
    ) -> Self {
        // Rows of a table that is its own parent have to be put into order.
        let ordered = shape.parents.iter().any(|parent| parent.own);
        let mut opened = Self { shape, source, data, side, held: None };
        if ordered || !source.is_large() {
            let paths = opened.paths();
            opened.held = Some(ready::read(source, &opened.shape, paths, findings));
        }
        opened
    }

    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    pub(super) fn source(&self) -> Source<'a> {
        self.source
    }

    pub(super) fn paths(&self) -> Paths<'_> {
        Paths { data: self.data, side: &self.side }
    }

    /// Its rows, where they are held.
    pub(super) fn held(&self) -> Option<&[Ready]> {
        self.held.as_deref()
    }

    /// The mode of the file.
    pub(crate) fn mode(&self) -> Mode {
        self.shape.mode
    }

    /// Whether its rows are read anew each time that they are looked at.
    pub(crate) fn is_streamed(&self) -> bool {
        self.held.is_none()
    }

    /// Gives the rows to `with`, as many as are asked about at once. What is wrong with them goes into
    /// `findings`, where that was not told before.
    pub(super) fn chunks(
        &self,
        findings: &mut Findings,
        with: &mut dyn FnMut(&[Ready], f64) -> DbResult<()>,
    ) -> DbResult<()> {
        let size = asking_size(self.shape.dialect, self.shape.columns.len());
        if let Some(held) = &self.held {
            return held.chunks(size).try_for_each(|rows| with(rows, 1.0));
        }
        let (mut rows, mut bytes, mut result) = (Vec::new(), 0, Ok(()));
        let end = self.source.each(&mut |row, share| {
            match Ready::of(&self.shape, &row, self.paths(), findings) {
                Some(one) => {
                    bytes += one.values.iter().flatten().map(String::len).sum::<usize>();
                    rows.push(one);
                }
                None if findings.count(Severity::Error) >= MOST => return ControlFlow::Break(()),
                None => {}
            }
            if rows.len() == size || bytes > AT_ONCE {
                result = with(&rows, share);
                rows.clear();
                bytes = 0;
            }
            if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        result?;
        if let Err(malformed) = end {
            findings.push(at(Code::SeedForm, self.data, malformed.place, malformed.message));
        }
        if rows.is_empty() { Ok(()) } else { with(&rows, 1.0) }
    }

    /// Holds the cells of a file that is not held against their columns, and counts its rows.
    pub(super) fn cells(&self, findings: &mut Findings) -> usize {
        if let Some(held) = &self.held {
            return held.len();
        }
        let mut rows = 0;
        let end = self.source.each(&mut |row, _| {
            rows += 1;
            let good = ready::values(&self.shape, &row, |place, message| {
                findings.push(at(Code::SeedValue, self.data, place, message));
            });
            match good {
                None if findings.count(Severity::Error) >= MOST => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        });
        if let Err(malformed) = end {
            findings.push(at(Code::SeedForm, self.data, malformed.place, malformed.message));
        }
        rows
    }

    /// What the table holds of its rows.
    pub(crate) fn digest(&self, session: &mut dyn Session) -> DbResult<Option<Digest>> {
        let mut findings = Findings::default();
        let digest = prior::digest(session, self, &mut findings)?;
        Ok(digest.filter(|_| !findings.has_errors()))
    }

    /// What it would change. What is wrong with its cells goes into `findings`.
    pub(crate) fn plan(
        &self,
        session: &mut dyn Session,
        findings: &mut Findings,
    ) -> DbResult<DataPlan> {
        plan::plan(session, self, findings)
    }

    /// Writes it, in the transaction of the caller. Where a cell is wrong that nobody looked at before,
    /// `findings` says so, and the transaction must not be committed.
    pub(crate) fn write(
        &self,
        session: &mut dyn Session,
        ground: &Ground,
        findings: &mut Findings,
        progress: &mut Progress<'_>,
    ) -> DbResult<Written> {
        match &self.held {
            Some(rows) => self.write_held(session, ground, rows, progress),
            None => stream::write(session, self, ground, findings, progress),
        }
    }

    fn write_held(
        &self,
        session: &mut dyn Session,
        ground: &Ground,
        rows: &[Ready],
        progress: &mut Progress<'_>,
    ) -> DbResult<Written> {
        let acts = plan::acts(session, &self.shape, rows)?;
        let keep = acts.plan.no_undo.is_none();
        let mut sections = Vec::new();
        if keep {
            sections = prior::before(session, &self.shape, rows, &acts, &ground.catalogue)?;
        }
        let total = rows.len().max(1) as f64;
        let mut told = 0;
        let mut tell = |done: usize| {
            if done >= told + STRIDE {
                told = done;
                progress(done, done as f64 / total);
            }
        };
        write::write(session, &self.shape, rows, &acts, &mut tell)?;
        if keep {
            sections.extend(prior::inserted(session, &self.shape, rows, &acts)?);
        }
        let mut written = Written { plan: acts.plan, ..Written::default() };
        if keep {
            written.keep(&sections);
        }
        written.digest = self.digest(session)?;
        Ok(written)
    }
}
