//! Rows that are written one after the other, while the file is read.

use std::borrow::Cow;

use dbmig_build::{Code, Dialect, Findings, Severity};

use super::opened::{MOST, Opened, Progress};
use super::ready::{self, Ready};
use super::relation::{batch_size, typed};
use super::shape::{Column, at};
use crate::session::{Bulk, BulkColumn, DbError, DbErrorKind, DbResult, RowSink, Session, Value};
use crate::sql::{placeholder, quoted};

/// A statement is sent when it has so many bytes of values.
const LONG: usize = 512 * 1024;
/// How many rows are between two words about progress.
pub(super) const STRIDE: usize = 1000;
/// How many rows are kept, to see whether they can be found again.
const SAMPLE: usize = 100;

/// Where rows go.
pub(super) struct Target {
    pub(super) table: String,
    pub(super) columns: Vec<BulkColumn>,
    /// The first column is the place of the row in the file.
    pub(super) numbered: bool,
    /// Only statements may write it.
    pub(super) slowly: bool,
}

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Poured {
    pub(super) rows: usize,
    /// The first of them.
    pub(super) sample: Vec<Ready>,
}

/// How a column is written.
pub(super) fn column(dialect: Dialect, column: &Column, loose: bool) -> BulkColumn {
    use super::class::Class;
    let given = typed(dialect, &column.class, &column.ty, "\0", loose);
    let (before, behind) = given.split_once('\0').unwrap_or((&given, ""));
    BulkColumn {
        name: quoted(dialect, &column.name),
        around: (before.to_owned(), behind.to_owned()),
        bytes: matches!(column.class, Class::Hex(_)),
    }
}

/// Writes all rows. Wrong cells go into `findings`: nothing is sent any more then, and it is an error.
pub(super) fn pour(
    session: &mut dyn Session,
    opened: &Opened<'_>,
    target: &Target,
    findings: &mut Findings,
    progress: &mut Progress<'_>,
) -> DbResult<Poured> {
    let bulk = Bulk { table: &target.table, columns: &target.columns };
    let mut poured = Poured::default();
    let mut feed = |sink: &mut dyn RowSink| {
        poured = Poured::default();
        read(opened, target.numbered, sink, findings, &mut poured, progress)
    };
    if target.slowly || !session.bulk(&bulk, &mut feed)? {
        let mut sink = Statements::new(session, bulk);
        feed(&mut sink)?;
        sink.send()?;
    }
    Ok(poured)
}

fn read(
    opened: &Opened<'_>,
    numbered: bool,
    sink: &mut dyn RowSink,
    findings: &mut Findings,
    poured: &mut Poured,
    progress: &mut Progress<'_>,
) -> DbResult<()> {
    use std::ops::ControlFlow::{Break, Continue};
    let (shape, paths) = (opened.shape(), opened.paths());
    let mut result = Ok(());
    let mut wrong = false;
    let end = opened.source().each(&mut |row, share| {
        let values = ready::values(shape, &row, |place, message| {
            findings.push(at(Code::SeedValue, paths.data, place, message));
        });
        let Some(values) = values else {
            wrong = true;
            return if findings.count(Severity::Error) < MOST { Continue(()) } else { Break(()) };
        };
        if wrong {
            return Continue(());
        }
        let number = if numbered { poured.rows.to_string() } else { String::new() };
        let mut given: Vec<Option<&str>> = Vec::with_capacity(values.len() + 1);
        if numbered {
            given.push(Some(&number));
        }
        given.extend(values.iter().map(|value| value.as_deref()));
        result = sink.row(&given);
        if result.is_err() {
            return Break(());
        }
        if poured.sample.len() < SAMPLE {
            let values = values.into_iter().map(|value| value.map(Cow::into_owned)).collect();
            let ready = Ready { values, places: vec![], place: row.place, level: 0 };
            poured.sample.push(ready);
        }
        poured.rows += 1;
        if poured.rows % STRIDE == 0 {
            progress(poured.rows, share);
        }
        Continue(())
    });
    if let Err(malformed) = end {
        findings.push(at(Code::SeedForm, paths.data, malformed.place, malformed.message));
        wrong = true;
    }
    if wrong {
        return Err(DbError::new(DbErrorKind::Other, "the file is not in order"));
    }
    result
}

/// Sends statements of many rows.
struct Statements<'s> {
    session: &'s mut dyn Session,
    bulk: Bulk<'s>,
    size: usize,
    /// The values of the rows that wait, and how long they are.
    values: Vec<Option<String>>,
    bytes: usize,
    /// The statement for `size` rows.
    whole: String,
}

impl<'s> Statements<'s> {
    fn new(session: &'s mut dyn Session, bulk: Bulk<'s>) -> Self {
        let size = match session.dialect() {
            // Few of them at once are slow there; how long they may be is seen to here.
            Dialect::Mysql => (30_000 / bulk.columns.len().max(1)).clamp(1, 500),
            dialect => batch_size(dialect, bulk.columns.len()),
        };
        let mut statements =
            Self { session, bulk, size, values: Vec::new(), bytes: 0, whole: String::new() };
        statements.whole = statements.statement(size);
        statements
    }

    fn statement(&self, rows: usize) -> String {
        let names: Vec<_> = self.bulk.columns.iter().map(|column| &*column.name).collect();
        let mut sql = format!("INSERT INTO {} ({}) VALUES ", self.bulk.table, names.join(", "));
        let mut index = 0;
        for row in 0..rows {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for (n, column) in self.bulk.columns.iter().enumerate() {
                index += 1;
                let comma = if n == 0 { "" } else { ", " };
                let (before, behind) = &column.around;
                let place = placeholder(self.session.dialect(), index);
                sql.extend([comma, before, &place, behind]);
            }
            sql.push(')');
        }
        sql
    }

    fn rows(&self) -> usize {
        self.values.len() / self.bulk.columns.len().max(1)
    }

    fn send(&mut self) -> DbResult<()> {
        let rows = self.rows();
        if rows == 0 {
            return Ok(());
        }
        let other;
        let sql = match rows == self.size {
            true => &self.whole,
            false => {
                other = self.statement(rows);
                &other
            }
        };
        let values: Vec<_> =
            self.values.iter().map(|value| Value::from(value.as_deref())).collect();
        self.session.execute_with(sql, &values)?;
        self.values.clear();
        self.bytes = 0;
        match self.session.interrupted() {
            true => Err(DbError::new(DbErrorKind::Interrupted, "interrupted")),
            false => Ok(()),
        }
    }
}

impl RowSink for Statements<'_> {
    fn row(&mut self, values: &[Option<&str>]) -> DbResult<()> {
        self.bytes += values.iter().flatten().map(|value| value.len()).sum::<usize>();
        self.values.extend(values.iter().map(|value| value.map(str::to_owned)));
        if self.rows() == self.size || self.bytes > LONG { self.send() } else { Ok(()) }
    }
}
