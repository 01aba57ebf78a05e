//! The text of a file, as the client of its database takes it: as it stands, with what the client needs
//! around a body.

use dbmig_build::Dialect;
use dbmig_build::sql::{self, Split, StatementKind, Token, TokenKind};

use super::Writer;
use crate::error::{Error, ErrorKind};
use crate::history::Mode;
use crate::runner::Work;
use crate::runner::batch::Batch;

pub(super) fn push(
    out: &mut String,
    work: &Work<'_>,
    batch: &Batch<'_>,
    writer: &Writer<'_>,
) -> Result<(), Error> {
    let (dialect, text) = (writer.dialect, work.sql);
    let split = sql::split(text, dialect);
    refuse(work, batch, &split, writer)?;
    match dialect {
        // A comment may stand last.
        Dialect::Mysql if batch.is_whole() => push_delimited(out, &format!("{text}\n"), text),
        Dialect::Mysql => push_pieces(out, text, &split),
        Dialect::Postgres | Dialect::Sqlite => push_lines(out, text, dialect),
    }
    Ok(())
}

/// Refuses what the client would take for something else, or what would end the transaction.
fn refuse(
    work: &Work<'_>,
    batch: &Batch<'_>,
    split: &Split<'_>,
    writer: &Writer<'_>,
) -> Result<(), Error> {
    let dialect = writer.dialect;
    let refused = |offset: usize, reason| {
        Err(Error::new(ErrorKind::NotInScript {
            name: work.name.to_owned(),
            file: Some(work.direction.file()),
            place: Some(sql::position(work.sql, offset)),
            reason,
        }))
    };
    if let Some(token) = sql::tokens(work.sql, dialect).find(|token| token.problem.is_some()) {
        return refused(token.offset, token.problem.unwrap_or_default());
    }
    if let Some(nul) = work.sql.find('\0') {
        return refused(nul, "a NUL character");
    }
    for statement in &split.statements {
        let reason = match statement.kind {
            StatementKind::ClientCommand => {
                "it is for the client of the database, and `migrate` can not run it either"
            }
            StatementKind::TransactionControl
                if batch.is_whole() && batch.mode(&work.settings) == Mode::Transaction =>
            {
                "it may end the transaction that the file runs in"
            }
            StatementKind::Session
                if dialect == Dialect::Mysql
                    && writer.tables.is_unknown()
                    && first_word_is(statement.sql, "use") =>
            {
                "it leaves the database in which the history is, whose name a script for a range does not know"
            }
            _ => continue,
        };
        return refused(statement.offset, reason);
    }
    if batch.is_whole() && split.client_lines {
        let line = sql::tokens(work.sql, dialect)
            .find(|token| matches!(token.kind, TokenKind::Delimiter | TokenKind::ClientCommand));
        let reason = "the file goes whole, and this line is for the client of the database";
        return refused(line.map_or(0, |token| token.offset), reason);
    }
    Ok(())
}

fn first_word_is(sql: &str, word: &str) -> bool {
    sql.split_whitespace().next().is_some_and(|first| first.eq_ignore_ascii_case(word))
}

/// As it stands, without psql's `\restrict`, which the engine does not send either. SQLite takes a comment
/// that never ends, which here would take in what follows.
pub(super) fn push_lines(out: &mut String, text: &str, dialect: Dialect) {
    let mut last = None;
    let mut open_comment = false;
    for token in sql::tokens(text, dialect) {
        if token.kind == TokenKind::ClientCommand {
            continue;
        }
        if !token.is_trivia() {
            last = Some(token.kind);
        }
        open_comment = token.kind == TokenKind::BlockComment
            && !(token.text.len() >= "/**/".len() && token.text.ends_with("*/"));
        out.push_str(token.text);
    }
    if open_comment {
        out.push_str("*/");
    }
    end(out, last);
}

/// Ends the last statement of a file, which has its terminator or not.
fn end(out: &mut String, last: Option<TokenKind>) {
    if !out.ends_with('\n') {
        out.push('\n');
    }
    if !matches!(last, None | Some(TokenKind::Terminator)) {
        out.push_str(";\n");
    }
}

/// Statement by statement: the client cuts at every `;`, so a body gets a delimiter of its own, whatever
/// lines of DELIMITER the file has.
fn push_pieces(out: &mut String, text: &str, split: &Split<'_>) {
    let comments = |out: &mut String, text: &str| {
        let tokens = sql::tokens(text, Dialect::Mysql).filter(Token::is_trivia);
        tokens.for_each(|token| out.push_str(token.text));
    };
    let has_body = |sql: &str| {
        sql::tokens(sql, Dialect::Mysql).any(|token| token.kind == TokenKind::Terminator)
    };
    // Comments that stand between a statement and its end go behind it.
    let mut lead = String::new();
    let mut from = 0;
    for statement in &split.statements {
        let (start, piece_end) = (statement.offset, from + statement.piece.len());
        let rest = &text[start + statement.sql.len()..piece_end];
        comments(&mut lead, &text[from..start]);
        from = piece_end;
        if has_body(statement.sql) {
            // Ahead of all comments: behind one of them the client does not know the line.
            let lead = std::mem::take(&mut lead);
            push_delimited(out, &format!("{}{}", lead.trim_start(), statement.sql), text);
        } else {
            out.push_str(&std::mem::take(&mut lead));
            out.push_str(statement.sql);
            out.push(';');
        }
        comments(&mut lead, rest);
    }
    comments(&mut lead, split.tail);
    out.push_str(&lead);
    end(out, None);
}

/// With a delimiter that the text does not have.
pub(crate) fn push_delimited(out: &mut String, sql: &str, text: &str) {
    let delimiter = (0..)
        .map(|number| match number {
            0 => "//".to_owned(),
            1 => "$$".to_owned(),
            _ => format!("//{number}//"),
        })
        .find(|delimiter| !text.contains(delimiter.as_str()))
        .unwrap_or_default();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out.push_str(&format!("DELIMITER {delimiter}\n{sql}{delimiter}\nDELIMITER ;\n"));
}
