//! What only `SHOW CREATE TABLE` tells of a table: partitions, parsers of full-text indexes, periods of
//! MariaDB, and on MySQL defaults with zero bytes.

use std::collections::BTreeMap;

use dbmig_build::sql::{Token, TokenKind};

use super::super::{Check, Table};
use super::source::Source;
use super::text::lex;
use crate::session::DbResult;

/// Asks for the tables that have such things.
pub(super) fn read(
    source: &mut Source<'_>,
    tables: &mut BTreeMap<String, Table>,
    partitioned: &[String],
) -> DbResult<()> {
    for (name, table) in tables {
        if partitioned.contains(name) || has_more(table, source.server.mariadb) {
            let text = source.shown("TABLE", name, 1)?;
            add(table, &text);
        }
    }
    Ok(())
}

fn has_more(table: &Table, mariadb: bool) -> bool {
    let full_text = table.indexes.iter().any(|index| index.method.as_deref() == Some("FULLTEXT"));
    let bytes = || table.columns.iter().any(has_bytes);
    let period = || table.checks.iter().any(may_be_period);
    full_text || if mariadb { period() } else { bytes() }
}

/// `information_schema` of MySQL ends such a default before its first zero byte.
fn has_bytes(column: &super::super::Column) -> bool {
    matches!(column.ty.name.name.as_str(), "binary" | "varbinary")
        && column.default.as_ref().is_some_and(|default| default.starts_with("0x"))
}

/// A period is also listed as a condition of its name: "`begins` < `ends`".
fn may_be_period(check: &Check) -> bool {
    let found: Vec<_> =
        lex(&check.expression).into_iter().filter(|token| !token.is_trivia()).collect();
    let kinds: Vec<_> = found.iter().map(|token| token.kind).collect();
    kinds == [TokenKind::QuotedName, TokenKind::Symbol, TokenKind::QuotedName]
        && found[1].text == "<"
        && !check.options.contains_key("column")
}

/// Adds what a statement says.
fn add(table: &mut Table, statement: &str) {
    let mut lines = statement.lines();
    while let Some(line) = lines.next() {
        if starts_partitions(line) {
            let rest: Vec<_> = std::iter::once(line).chain(lines.by_ref()).collect();
            let clause = plain(&rest.join(" "));
            let clause = clause.strip_prefix("PARTITION BY ").unwrap_or(&clause);
            table.options.insert("partition_by", clause.to_owned());
            break;
        }
        let found: Vec<_> = lex(line).into_iter().filter(|token| !token.is_trivia()).collect();
        let words: Vec<_> = found.iter().map(|token| token.text).collect();
        match words.as_slice() {
            ["FULLTEXT", "KEY", name, ..] => {
                let parser = after(&found, "PARSER");
                let index = unquoted(name);
                let index =
                    table.indexes.iter_mut().find(|one| one.label.name.as_ref() == Some(&index));
                if let (Some(index), Some(parser)) = (index, parser) {
                    index.options.insert("parser", unquoted(parser));
                }
            }
            ["PERIOD", "FOR", name, "(", begins, ",", ends, ..] if name.starts_with('`') => {
                let (name, bounds) = (unquoted(name), [unquoted(begins), unquoted(ends)]);
                table.checks.retain(|check| check.label.name.as_ref() != Some(&name));
                for key in table.uniques.iter_mut().chain(&mut table.primary_key) {
                    let overlaps = statement_has_overlaps(statement, key.label.name.as_deref());
                    if overlaps {
                        key.columns.retain(|column| !bounds.contains(column));
                        key.options.insert("without_overlaps", name.clone());
                    }
                }
                let text =
                    format!("{} ({})", super::names::list([&name]), super::names::list(&bounds));
                table.options.insert("period", text);
            }
            [name, ..] if name.starts_with('`') => {
                let name = unquoted(name);
                let column = table.columns.iter_mut().find(|column| column.name == name);
                if let Some(column) = column.filter(|column| has_bytes(column)) {
                    column.default = after(&found, "DEFAULT").map(str::to_owned);
                }
            }
            _ => {}
        }
    }
}

/// Whether partitions begin with this line; MySQL opens a comment before.
fn starts_partitions(line: &str) -> bool {
    let version = |char: char| char.is_ascii_digit();
    let line = line.trim_start();
    let inner = line.strip_prefix("/*!").map_or(line, |rest| rest.trim_start_matches(version));
    inner.trim_start().starts_with("PARTITION BY ")
}

/// The token after a word.
fn after<'a>(found: &[Token<'a>], word: &str) -> Option<&'a str> {
    let at = found.iter().position(|token| token.kind == TokenKind::Word && token.text == word)?;
    found.get(at + 1).map(|token| token.text)
}

/// Whether the key of this name has a period in it.
fn statement_has_overlaps(statement: &str, key: Option<&str>) -> bool {
    let start = match key {
        Some("PRIMARY") | None => "PRIMARY KEY ".to_owned(),
        Some(name) => format!("UNIQUE KEY {} ", super::names::list([&name.to_owned()])),
    };
    let mut lines = statement.lines().map(str::trim_start);
    lines.any(|line| line.starts_with(&start) && line.contains(" WITHOUT OVERLAPS)"))
}

fn unquoted(name: &str) -> String {
    let inner = name.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    inner.map_or_else(|| name.to_owned(), |inner| inner.replace("``", "`"))
}

/// Without the comments that only some versions read, and with single blanks.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for token in lex(text) {
        match token.kind {
            TokenKind::Space | TokenKind::ExecutableOpen | TokenKind::ExecutableClose => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            _ => out.push_str(token.text),
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_partitions_begin() {
        for (line, expected) in [
            ("/*!50100 PARTITION BY HASH (`a`)", true),
            (" PARTITION BY SYSTEM_TIME ", true),
            ("PARTITION BY KEY ()", true),
            ("  `PARTITION BY ` int", false),
            (") ENGINE=InnoDB COMMENT='PARTITION BY '", false),
        ] {
            assert_eq!(starts_partitions(line), expected, "{line}");
        }
    }

    #[test]
    fn partitions() {
        for (text, expected) in [
            (
                "/*!50100 PARTITION BY HASH (`a`)\nPARTITIONS 2 */",
                "PARTITION BY HASH (`a`) PARTITIONS 2",
            ),
            (
                "/*!50100 PARTITION BY KEY */ /*!50611 ALGORITHM = 1 */ /*!50100 (id)\nPARTITIONS 2 */",
                "PARTITION BY KEY ALGORITHM = 1 (id) PARTITIONS 2",
            ),
            (
                " PARTITION BY RANGE (a)\n(PARTITION p COMMENT = 'a  b')",
                "PARTITION BY RANGE (a) (PARTITION p COMMENT = 'a  b')",
            ),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn names() {
        assert_eq!(unquoted("`a``b`"), "a`b");
        assert_eq!(unquoted("ngram"), "ngram");
    }
}
