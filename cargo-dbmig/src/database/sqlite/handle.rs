//! The raw handle of a connection that Diesel opens: the one place of the project with `unsafe`.
//!
//! SQLite calls an "auto extension" with every new handle, on the thread that opens it; it is noted
//! there and only used while the connection that owns it is alive, which every method asks for.
#![expect(unsafe_code, reason = "Diesel exposes neither error codes nor error offsets of SQLite")]

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int};
use std::ptr::NonNull;
use std::sync::Once;

use dbmig_runtime::session::DbErrorKind;
use diesel::SqliteConnection;
use libsqlite3_sys as ffi;

use crate::database::console::Answer;

/// The handle of one connection.
pub(super) struct Handle(NonNull<ffi::sqlite3>);

thread_local! {
    static OPENED: Cell<Option<NonNull<ffi::sqlite3>>> = const { Cell::new(None) };
}

unsafe extern "C" fn note(
    db: *mut ffi::sqlite3,
    _message: *mut *mut c_char,
    _api: *const ffi::sqlite3_api_routines,
) -> c_int {
    OPENED.with(|opened| opened.set(NonNull::new(db)));
    ffi::SQLITE_OK
}

/// Ends the statement that runs on a connection, from any thread.
pub(super) struct Interrupter(NonNull<ffi::sqlite3>);

// SAFETY: `sqlite3_interrupt` is the one function that SQLite lets any thread call, on a connection
// that stays open meanwhile; whoever holds this sees to that.
unsafe impl Send for Interrupter {}

impl Interrupter {
    /// Ends the statement that runs, if any.
    pub(super) fn interrupt(&self) {
        // SAFETY: as above.
        unsafe { ffi::sqlite3_interrupt(self.0.as_ptr()) };
    }
}

impl Handle {
    /// To be given up before the connection is closed.
    pub(super) fn interrupter(&self) -> Interrupter {
        Interrupter(self.0)
    }

    /// Opens a connection and returns its handle beside it.
    pub(super) fn of_next<T>(open: impl FnOnce() -> T) -> (T, Option<Self>) {
        static REGISTERED: Once = Once::new();
        REGISTERED.call_once(|| {
            // SAFETY: `note` has the signature that SQLite documents for extension entry points, and
            // touches nothing but a thread-local.
            unsafe { ffi::sqlite3_auto_extension(Some(note)) };
        });
        OPENED.with(|opened| opened.set(None));
        let connection = open();
        (connection, OPENED.with(Cell::take).map(Self))
    }

    /// Byte offset of the last error into the statement that failed.
    pub(super) fn error_offset(&self, _alive: &SqliteConnection) -> Option<usize> {
        // SAFETY: the connection that owns the handle is alive, and SQLite serialises access to it.
        let offset = unsafe { ffi::sqlite3_error_offset(self.0.as_ptr()) };
        usize::try_from(offset).ok()
    }

    /// Runs one statement, and returns what it answers; else what SQLite says about it. Diesel would take
    /// the bytes of a BLOB for text, and has no names where there are no rows.
    pub(super) fn answer(
        &self,
        _alive: &mut SqliteConnection,
        sql: &str,
    ) -> Result<Answer, (DbErrorKind, String)> {
        let Ok(length) = c_int::try_from(sql.len()) else {
            return Err((DbErrorKind::Other, "the statement is too long".to_owned()));
        };
        let (db, mut statement) = (self.0.as_ptr(), std::ptr::null_mut());
        // SAFETY: the connection is alive, the text as long as is said, and the tail is not asked for.
        let code = unsafe {
            let text = sql.as_ptr().cast::<c_char>();
            ffi::sqlite3_prepare_v2(db, text, length, &raw mut statement, std::ptr::null_mut())
        };
        if code != ffi::SQLITE_OK {
            return Err(self.failure(code));
        }
        let Some(statement) = NonNull::new(statement).map(Statement) else {
            return Ok(Answer::default());
        };
        // SAFETY: the connection is alive.
        let total = || unsafe { ffi::sqlite3_total_changes64(db) };
        let before = total();
        let mut answer = Answer { columns: statement.columns(), ..Answer::default() };
        loop {
            // SAFETY: the statement is not finalized before it is dropped.
            match unsafe { ffi::sqlite3_step(statement.0.as_ptr()) } {
                ffi::SQLITE_ROW => answer.rows.push(statement.row(answer.columns.len())),
                ffi::SQLITE_DONE => break,
                code => return Err(self.failure(code)),
            }
        }
        answer.changed = u64::try_from(total() - before).unwrap_or_default();
        Ok(answer)
    }

    /// Prepares one statement without rows, to be run many times.
    pub(super) fn prepare<'c>(
        &'c self,
        alive: &'c mut SqliteConnection,
        sql: &str,
    ) -> Result<Prepared<'c>, (DbErrorKind, String)> {
        let Ok(length) = c_int::try_from(sql.len()) else {
            return Err((DbErrorKind::Other, "the statement is too long".to_owned()));
        };
        let (db, mut statement) = (self.0.as_ptr(), std::ptr::null_mut());
        // SAFETY: the connection is alive, the text as long as is said, and the tail is not asked for.
        let code = unsafe {
            let text = sql.as_ptr().cast::<c_char>();
            ffi::sqlite3_prepare_v2(db, text, length, &raw mut statement, std::ptr::null_mut())
        };
        match NonNull::new(statement) {
            Some(statement) if code == ffi::SQLITE_OK => {
                Ok(Prepared { statement: Statement(statement), handle: self, _alive: alive })
            }
            _ => Err(self.failure(code)),
        }
    }

    /// What SQLite says about the call that just failed.
    fn failure(&self, code: c_int) -> (DbErrorKind, String) {
        // SAFETY: the caller has the connection; the text is copied before anything else is called.
        let text = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(self.0.as_ptr())) };
        let kind = match code & 0xff {
            ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => DbErrorKind::Busy,
            ffi::SQLITE_READONLY => DbErrorKind::ReadOnly,
            ffi::SQLITE_INTERRUPT => DbErrorKind::Interrupted,
            _ => DbErrorKind::Other,
        };
        (kind, text.to_string_lossy().into_owned())
    }

    /// The name of the last error's extended code.
    pub(super) fn error_code(&self, _alive: &SqliteConnection) -> Option<String> {
        // SAFETY: as above.
        let code = unsafe { ffi::sqlite3_extended_errcode(self.0.as_ptr()) };
        if code == ffi::SQLITE_OK {
            return None;
        }
        Some(name_of(code).map_or_else(|| format!("SQLITE {code}"), str::to_owned))
    }
}

/// A statement that is run many times, on a connection that nobody else uses meanwhile.
pub(super) struct Prepared<'c> {
    statement: Statement,
    handle: &'c Handle,
    _alive: &'c mut SqliteConnection,
}

impl Prepared<'_> {
    /// Runs it with these parameters.
    pub(super) fn run(&mut self, values: &[Option<&str>]) -> Result<(), (DbErrorKind, String)> {
        let statement = self.statement.0.as_ptr();
        for (index, value) in (1..).zip(values) {
            // SAFETY: the statement is alive, and the texts are as long as is said; they live until all
            // parameters are given up below, so that SQLite needs no copies of them.
            let code = unsafe {
                match value {
                    None => ffi::sqlite3_bind_null(statement, index),
                    Some(text) => ffi::sqlite3_bind_text64(
                        statement,
                        index,
                        text.as_ptr().cast::<c_char>(),
                        text.len() as u64,
                        ffi::SQLITE_STATIC(),
                        ffi::SQLITE_UTF8 as u8,
                    ),
                }
            };
            if code != ffi::SQLITE_OK {
                return Err(self.handle.failure(code));
            }
        }
        // SAFETY: the statement is alive, and stepped to its end or to its error.
        let code = unsafe { ffi::sqlite3_step(statement) };
        let result = match code {
            ffi::SQLITE_DONE | ffi::SQLITE_ROW => Ok(()),
            code => Err(self.handle.failure(code)),
        };
        // SAFETY: as above; what a reset returns is the error that is known already.
        unsafe {
            ffi::sqlite3_reset(statement);
            ffi::sqlite3_clear_bindings(statement);
        }
        result
    }
}

/// A prepared statement; it never outlives the call that made it, and so not its connection.
struct Statement(NonNull<ffi::sqlite3_stmt>);

impl Statement {
    fn columns(&self) -> Vec<String> {
        let statement = self.0.as_ptr();
        // SAFETY: the statement is alive, and every index below its count of columns.
        let name = |index| unsafe {
            let name = ffi::sqlite3_column_name(statement, index);
            (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned())
        };
        // SAFETY: as above.
        let count = unsafe { ffi::sqlite3_column_count(statement) };
        (0..count).map(|index| name(index).unwrap_or_default()).collect()
    }

    /// The row that a step has come to.
    fn row(&self, columns: usize) -> Vec<Option<String>> {
        (0..columns)
            .filter_map(|index| c_int::try_from(index).ok())
            .map(|i| self.value(i))
            .collect()
    }

    fn value(&self, index: c_int) -> Option<String> {
        let statement = self.0.as_ptr();
        // SAFETY: the statement stands on a row, and the bytes are copied before it moves on. Text is asked
        // for before its length, as SQLite wants it.
        let (kind, bytes) = unsafe {
            let kind = ffi::sqlite3_column_type(statement, index);
            let start = match kind {
                ffi::SQLITE_NULL => return None,
                ffi::SQLITE_BLOB => ffi::sqlite3_column_blob(statement, index).cast::<u8>(),
                _ => ffi::sqlite3_column_text(statement, index),
            };
            let length = ffi::sqlite3_column_bytes(statement, index);
            let bytes = match usize::try_from(length) {
                Ok(length) if length > 0 && !start.is_null() => {
                    std::slice::from_raw_parts(start, length).to_vec()
                }
                _ => vec![],
            };
            (kind, bytes)
        };
        if kind == ffi::SQLITE_BLOB {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            return Some(format!("x'{digits}'"));
        }
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: nobody uses it afterwards.
        unsafe { ffi::sqlite3_finalize(self.0.as_ptr()) };
    }
}

/// The codes that migrations meet, by the names of SQLite's documentation.
fn name_of(code: c_int) -> Option<&'static str> {
    Some(match code {
        ffi::SQLITE_ERROR => "SQLITE_ERROR",
        ffi::SQLITE_BUSY => "SQLITE_BUSY",
        ffi::SQLITE_LOCKED => "SQLITE_LOCKED",
        ffi::SQLITE_READONLY => "SQLITE_READONLY",
        ffi::SQLITE_INTERRUPT => "SQLITE_INTERRUPT",
        ffi::SQLITE_CORRUPT => "SQLITE_CORRUPT",
        ffi::SQLITE_FULL => "SQLITE_FULL",
        ffi::SQLITE_CANTOPEN => "SQLITE_CANTOPEN",
        ffi::SQLITE_MISMATCH => "SQLITE_MISMATCH",
        ffi::SQLITE_NOTADB => "SQLITE_NOTADB",
        ffi::SQLITE_CONSTRAINT_CHECK => "SQLITE_CONSTRAINT_CHECK",
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => "SQLITE_CONSTRAINT_FOREIGNKEY",
        ffi::SQLITE_CONSTRAINT_NOTNULL => "SQLITE_CONSTRAINT_NOTNULL",
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY => "SQLITE_CONSTRAINT_PRIMARYKEY",
        ffi::SQLITE_CONSTRAINT_TRIGGER => "SQLITE_CONSTRAINT_TRIGGER",
        ffi::SQLITE_CONSTRAINT_UNIQUE => "SQLITE_CONSTRAINT_UNIQUE",
        _ => return None,
    })
}
