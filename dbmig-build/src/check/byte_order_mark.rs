//! `byte-order-mark`: PostgreSQL and MySQL reject a file that starts with one.
//!
//! `cargo dbmig` does not send it, Diesel does. SQLite ignores it.

use super::Subject;
use crate::{Code, Dialect, Finding, Findings};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for file in subject.files.iter().filter(|f| f.has_mark && f.dialect != Dialect::Sqlite) {
        findings.push(
            Finding::new(
                Code::ByteOrderMark,
                file.path(subject),
                format!("`{}` starts with a byte order mark", file.name),
            )
            .at(1, 1)
            .note("Diesel sends it, and the server answers with a syntax error")
            .help("save the file as UTF-8 without a byte order mark"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::Dialect::{Mysql, Postgres, Sqlite};
    use crate::check::test_support::{INSIDE, places};

    #[test]
    fn matters_where_the_server_rejects_it() {
        for (dialect, text, expected) in [
            (Postgres, "\u{feff}SELECT 1", &["warning[byte-order-mark] 1:1"][..]),
            (Mysql, "\u{feff}SELECT 1", &["warning[byte-order-mark] 1:1"]),
            (Sqlite, "\u{feff}SELECT 1", &[]),
            (Postgres, "SELECT '\u{feff}'", &[]),
        ] {
            assert_eq!(places(dialect, INSIDE, text), expected, "{dialect} {text:?}");
        }
    }
}
