//! A catalogue as a script that the client of its database takes.

use dbmig_build::Dialect;
use dbmig_build::sql::{TokenKind, tokens};

use super::Catalogue;
use crate::offline::push_delimited;

impl Catalogue {
    /// [`Catalogue::to_sql`] with a semicolon behind each statement, one or more lines each.
    pub fn to_script(&self) -> String {
        let mut out = String::new();
        for statement in self.to_sql() {
            push(&mut out, &statement, self.dialect);
        }
        out
    }
}

fn push(out: &mut String, statement: &str, dialect: Dialect) {
    let mut body = false;
    let mut comment = false;
    for token in tokens(statement, dialect) {
        body |= token.kind == TokenKind::Terminator;
        comment = token.kind == TokenKind::LineComment;
    }
    let end = if comment { "\n" } else { "" };
    match dialect {
        Dialect::Mysql if body => push_delimited(out, &format!("{statement}{end}"), statement),
        _ => {
            out.push_str(statement);
            out.push_str(end);
            out.push_str(";\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_takes_it() {
        for (dialect, statement, expected) in [
            (Dialect::Sqlite, "CREATE TABLE a (b)", "CREATE TABLE a (b);\n"),
            (Dialect::Sqlite, "CREATE TABLE a (b) -- c", "CREATE TABLE a (b) -- c\n;\n"),
            (Dialect::Mysql, "CREATE TABLE a (b INT)", "CREATE TABLE a (b INT);\n"),
            (
                Dialect::Mysql,
                "CREATE PROCEDURE p() BEGIN SELECT 1; END",
                "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//\nDELIMITER ;\n",
            ),
        ] {
            let mut out = String::new();
            push(&mut out, statement, dialect);
            assert_eq!(out, expected);
        }
    }
}
