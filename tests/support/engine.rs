//! SQLite itself as a splitter: `sqlite3_prepare_v2` says where a statement ends.
#![expect(unsafe_code, reason = "Diesel does not show where SQLite ends a statement")]

use std::ffi::c_int;
use std::ptr;

use libsqlite3_sys as ffi;

/// A database in memory.
pub(crate) struct Engine(*mut ffi::sqlite3);

impl Engine {
    pub(crate) fn new() -> Self {
        let mut db = ptr::null_mut();
        // SAFETY: the name is a C string, and `db` is a place for the handle.
        let code = unsafe { ffi::sqlite3_open(c":memory:".as_ptr(), &raw mut db) };
        assert_eq!(code, ffi::SQLITE_OK);
        Self(db)
    }

    /// Where the statements of a text end, up to the first that the engine refuses. With `run` each is
    /// executed, and the first that fails is the last one.
    pub(crate) fn ends(&self, text: &str, run: bool) -> (Vec<usize>, bool) {
        let mut ends = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            let (mut statement, mut tail) = (ptr::null_mut(), ptr::null());
            // SAFETY: the handle is open, the text is valid for its length, and both places are ours.
            let code = unsafe {
                ffi::sqlite3_prepare_v2(
                    self.0,
                    rest.as_ptr().cast(),
                    c_int::try_from(rest.len()).unwrap(),
                    &raw mut statement,
                    &raw mut tail,
                )
            };
            if code != ffi::SQLITE_OK {
                return (ends, false);
            }
            at += tail as usize - rest.as_ptr() as usize;
            if statement.is_null() {
                continue; // nothing but white space, comments, and a semicolon
            }
            ends.push(at);
            let mut code = ffi::SQLITE_DONE;
            // SAFETY: the statement was prepared above, and is finalised once.
            unsafe {
                if run {
                    code = ffi::sqlite3_step(statement);
                    while code == ffi::SQLITE_ROW {
                        code = ffi::sqlite3_step(statement);
                    }
                }
                ffi::sqlite3_finalize(statement);
            }
            if code != ffi::SQLITE_DONE {
                return (ends, false);
            }
        }
        (ends, true)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and no statement of it is left.
        unsafe { ffi::sqlite3_close(self.0) };
    }
}

/// Holds our pieces of a text against the engine's; the number compared, and whether that is all.
pub(crate) fn compare(engine: &Engine, text: &str, run: bool) -> (usize, bool) {
    use dbmig_build::{Dialect, sql};
    let split = sql::split(text, Dialect::Sqlite);
    assert_eq!(split.unsure, None, "{text:?}");
    let mut end = 0;
    let ours: Vec<_> = split
        .statements
        .iter()
        .map(|statement| {
            end += statement.piece.len();
            end
        })
        .collect();
    let (theirs, all) = engine.ends(text, run);
    if all {
        assert_eq!(ours.len(), theirs.len(), "{text:?}: {ours:?} {theirs:?}");
    }
    for (ours, theirs) in ours.iter().zip(&theirs) {
        // To the engine, what follows a last statement without semicolon belongs to it.
        let between = text.get(*ours..*theirs).unwrap_or("less than ours");
        let same =
            ours == theirs || (*theirs == text.len() && sql::is_empty(between, Dialect::Sqlite));
        assert!(same, "ours {ours}, the engine's {theirs}: {text:?}");
    }
    (theirs.len(), all)
}
