//! The raw handle of a connection that Diesel opens: the one place of the project with `unsafe`.
//!
//! SQLite calls an "auto extension" with every new handle, on the thread that opens it; it is noted
//! there and only used while the connection that owns it is alive, which every method asks for.
#![expect(unsafe_code, reason = "Diesel exposes neither error codes nor error offsets of SQLite")]

use std::cell::Cell;
use std::ffi::{c_char, c_int};
use std::ptr::NonNull;
use std::sync::Once;

use diesel::SqliteConnection;
use libsqlite3_sys as ffi;

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
