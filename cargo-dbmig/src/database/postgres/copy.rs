//! Rows in bulk: `COPY … FROM STDIN`, in its text form.

use std::io::Write as _;

use dbmig_runtime::session::{Bulk, DbError, DbErrorKind, DbResult, Feed, RowSink};
use postgres::{Client, CopyInWriter};

use super::error::db_error;
use crate::database::interrupt;

/// How much is sent at once.
const BLOCK: usize = 64 * 1024;

/// Behind a transaction pooler the name of a statement can be taken, and some relations take no COPY.
const NOT_TAKEN: [&str; 3] = ["42P05", "0A000", "42809"];

/// Writes the rows within the transaction that is open; `false`, with nothing done, where COPY is not taken.
pub(super) fn copy(client: &mut Client, bulk: &Bulk<'_>, feed: &mut Feed<'_>) -> DbResult<bool> {
    let names: Vec<_> = bulk.columns.iter().map(|column| &*column.name).collect();
    let sql = format!("COPY {} ({}) FROM STDIN", bulk.table, names.join(", "));
    let own = |client: &mut Client, sql: &str| {
        client.batch_execute(sql).map_err(|error| db_error(&error, sql))
    };
    own(client, "SAVEPOINT dbmig_copy")?;
    let refused = match client.copy_in(&sql) {
        Ok(writer) => send_all(writer, bulk, feed, &sql).map(|()| None)?,
        Err(error) => Some(error),
    };
    let Some(error) = refused else {
        own(client, "RELEASE SAVEPOINT dbmig_copy")?;
        return Ok(true);
    };
    if error.code().is_none_or(|code| !NOT_TAKEN.contains(&code.code())) {
        return Err(db_error(&error, &sql));
    }
    own(client, "ROLLBACK TO SAVEPOINT dbmig_copy; RELEASE SAVEPOINT dbmig_copy")?;
    Ok(false)
}

fn send_all(
    writer: CopyInWriter<'_>,
    bulk: &Bulk<'_>,
    feed: &mut Feed<'_>,
    sql: &str,
) -> DbResult<()> {
    let bytes = bulk.columns.iter().map(|column| column.bytes).collect();
    let mut copy = Copy { writer, bytes, text: String::with_capacity(2 * BLOCK), sql };
    // Dropped without its end, the server takes back what it has.
    feed(&mut copy)?;
    copy.send()?;
    copy.writer.finish().map(drop).map_err(|error| db_error(&error, sql))
}

struct Copy<'c> {
    writer: CopyInWriter<'c>,
    /// Which columns are bytes.
    bytes: Vec<bool>,
    text: String,
    sql: &'c str,
}

impl Copy<'_> {
    fn send(&mut self) -> DbResult<()> {
        if interrupt::requested() {
            return Err(DbError::new(DbErrorKind::Interrupted, "interrupted"));
        }
        let sent = self.writer.write_all(self.text.as_bytes());
        self.text.clear();
        sent.map_err(|error| {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<postgres::Error>());
            match inner {
                Some(error) => db_error(error, self.sql),
                None => super::broken(error.to_string()),
            }
        })
    }
}

impl RowSink for Copy<'_> {
    fn row(&mut self, values: &[Option<&str>]) -> DbResult<()> {
        line(&mut self.text, values, &self.bytes);
        if self.text.len() >= BLOCK { self.send() } else { Ok(()) }
    }
}

/// One line of COPY's text form.
fn line(text: &mut String, values: &[Option<&str>], bytes: &[bool]) {
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            text.push('\t');
        }
        let Some(value) = value else {
            text.push_str("\\N");
            continue;
        };
        if bytes.get(index) == Some(&true) {
            text.push_str("\\\\x");
        }
        let mut rest = *value;
        while let Some(at) = rest.bytes().position(|b| matches!(b, b'\\' | b'\n' | b'\r' | b'\t')) {
            text.push_str(&rest[..at]);
            text.push_str(match rest.as_bytes()[at] {
                b'\n' => "\\n",
                b'\r' => "\\r",
                b'\t' => "\\t",
                _ => "\\\\",
            });
            rest = &rest[at + 1..];
        }
        text.push_str(rest);
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        for (values, expected) in [
            // Bytes that are none.
            (&[Some("a"), None, Some("")][..], "a\t\\N\t\\\\x\n"),
            (&[Some("\\N"), Some("\\."), Some("00FF")], "\\\\N\t\\\\.\t\\\\x00FF\n"),
            (&[Some("a\tb\r\nc\\é"), Some("😀")], "a\\tb\\r\\nc\\\\é\t😀\n"),
        ] {
            let mut text = String::new();
            line(&mut text, values, &[false, false, true]);
            assert_eq!(text, expected);
        }
    }
}
