//! `client-command`: what only a database's own client understands.
//!
//! No driver sends psql's commands or the data of a COPY. DELIMITER lines, and the `\restrict` of a dump,
//! are understood by `cargo dbmig`; Diesel sends them, and the server answers with a syntax error.

use super::Subject;
use super::sql_file::{Place, SqlFile, behind, title};
use crate::sql::{self, Statement, StatementKind, TokenKind};
use crate::{Code, Dialect, Finding, Findings, Severity};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for file in &subject.files {
        for statement in file.of_kind(StatementKind::ClientCommand) {
            let (place, message, help) = describe(file, statement);
            findings.push(
                Finding::new(Code::ClientCommand, file.path(subject), message)
                    .at(place.0, place.1)
                    .help(help),
            );
        }
        findings.extend(client_lines(subject, file));
    }
}

fn describe(file: &SqlFile<'_>, statement: &Statement<'_>) -> (Place, String, &'static str) {
    let tokens = file.tokens(statement);
    let start = (statement.line, statement.column);
    if let Some(token) = tokens.iter().find(|token| token.kind == TokenKind::ClientCommand) {
        let command = token.text.split_ascii_whitespace().next().unwrap_or_default();
        let place = behind(start, &statement.sql[..token.offset]);
        let message =
            format!("`{command}` is a command for {}, and no statement", client(file.dialect));
        return (place, message, "remove it, or write what it does as SQL");
    }
    let rows = "write the rows as `INSERT`, or load them as a seed";
    if tokens.iter().any(|token| token.is("load")) && title(&tokens, 1) == "LOAD" {
        return (
            start,
            "`LOAD DATA LOCAL` reads a file of the client, and no driver does".into(),
            rows,
        );
    }
    let from = tokens.iter().any(|token| token.is("stdin"));
    let message = match from {
        true => {
            "`COPY … FROM STDIN` reads rows from the client, and they are not sent with the file"
        }
        false => "`COPY … TO STDOUT` sends rows to the client, and nobody takes them",
    };
    (start, message.into(), if from { rows } else { "remove it" })
}

/// The lines that are no statement: one finding a file, at the first.
fn client_lines(subject: &Subject<'_>, file: &SqlFile<'_>) -> Option<Finding> {
    if !file.split.client_lines {
        return None;
    }
    let restrict = |text: &str| text.starts_with("\\restrict") || text.starts_with("\\unrestrict");
    let line = sql::tokens(file.text, file.dialect).find(|token| {
        token.kind == TokenKind::Delimiter
            || token.kind == TokenKind::ClientCommand && restrict(token.text)
    })?;
    let command = line.text.split_ascii_whitespace().next().unwrap_or_default();
    let (row, column) = behind((1, 1), &file.text[..line.offset]);
    let mut finding = Finding::new(
        Code::ClientCommand,
        file.path(subject),
        format!("`{command}` is a line for {}: Diesel can not run it", client(file.dialect)),
    )
    .at(row, column);
    let whole = file.split_off || file.split.unsure.is_some();
    if whole {
        finding = finding.note("the file is sent whole, so `cargo dbmig` can not run it either");
    } else {
        finding.severity = Severity::Warning;
        finding = finding.note("`cargo dbmig migrate` reads it, and does not send it");
    }
    Some(finding.help(match file.dialect {
        Dialect::Mysql => "leave the `DELIMITER` lines out: a body is recognised without them",
        _ => "remove the line",
    }))
}

fn client(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "`psql`",
        Dialect::Mysql => "the `mysql` client",
        Dialect::Sqlite => "the `sqlite3` shell",
    }
}

#[cfg(test)]
mod tests {
    use crate::Dialect::{Mysql, Postgres, Sqlite};
    use crate::check::test_support::{INSIDE, judged, places};

    #[test]
    fn what_no_driver_sends() {
        for (dialect, text, place) in [
            (Postgres, "SELECT 1;\n\\connect other\n", "2:1"),
            (Postgres, "SELECT 1\n  \\gexec\n", "2:3"),
            (Postgres, "COPY a FROM stdin;\n1\t2\n\\.\n", "1:1"),
            (Postgres, "COPY a TO STDOUT;", "1:1"),
            (Mysql, "source other.sql\n", "1:1"),
            (Mysql, "SELECT 1 \\G", "1:10"),
            (Mysql, "LOAD DATA LOCAL INFILE 'a' INTO TABLE b", "1:1"),
            (Sqlite, ".read other.sql\n", "1:1"),
        ] {
            let expected = [format!("error[client-command] {place}")];
            assert_eq!(places(dialect, INSIDE, text), expected, "{dialect} {text:?}");
        }
    }

    #[test]
    fn what_is_sql() {
        for (dialect, text) in [
            (Postgres, "COPY a FROM '/tmp/a.csv'"),
            (Postgres, "SELECT '\\connect'"),
            (Mysql, "LOAD DATA INFILE 'a' INTO TABLE b"),
            (Mysql, "SELECT \\N"),
            (Sqlite, "SELECT a\n.b FROM a"),
        ] {
            assert_eq!(places(dialect, INSIDE, text), [""; 0], "{dialect} {text:?}");
        }
    }

    #[test]
    fn lines_that_only_diesel_stumbles_over() {
        let body = "DELIMITER //\nCREATE PROCEDURE a() BEGIN SELECT 1; END//\nDELIMITER ;\n";
        for (dialect, text, expected) in [
            (Mysql, body, &["warning[client-command] 1:1"][..]),
            (Postgres, "-- dump\n\\restrict x\nSELECT 1;\n", &["warning[client-command] 2:1"]),
        ] {
            assert_eq!(places(dialect, INSIDE, text), expected, "{text:?}");
        }
        let whole = "run_in_transaction = true\n[dbmig]\nsplit = \"off\"\n";
        assert_eq!(places(Mysql, whole, body), ["error[client-command] 1:1"]);
        assert!(judged(Mysql, INSIDE, body)[0].message.contains("Diesel can not run it"));
    }
}
