//! PostgreSQL: a simple query is cut by the server, and each of its statements is answered.

use dbmig_build::Dialect;
use postgres::{Client, SimpleQueryMessage};

use super::dump::{Rows, dump};
use super::{difference, hazards, report, surely};
use crate::support::{Scratch, Server};

/// Sends a text, and counts the statements that the server saw.
pub(super) fn send(client: &mut Client, sql: &str) -> Result<usize, String> {
    let messages = client.simple_query(sql).map_err(|error| {
        error.as_db_error().map_or_else(|| error.to_string(), |db| db.message().to_owned())
    })?;
    let ends = messages.iter().filter(|m| matches!(m, SimpleQueryMessage::CommandComplete(_)));
    Ok(ends.count())
}

fn check(name: &str, text: &str) -> Result<(), String> {
    let split = surely(name, text, Dialect::Postgres)?;
    let (whole, pieces) = (Scratch::new(Server::Postgres), Scratch::new(Server::Postgres));
    let count = send(&mut whole.postgres(), text)
        .map_err(|error| format!("{name}: the server refuses the whole: {error}"))?;
    if count != split.statements.len() {
        return Err(format!(
            "{name}: the server sees {count} statements, we {}",
            split.statements.len()
        ));
    }
    let mut client = pieces.postgres();
    for statement in &split.statements {
        match send(&mut client, statement.sql) {
            Ok(1) => {}
            Ok(count) => {
                return Err(format!("{name}:{} holds {count} statements", statement.line));
            }
            Err(error) => return Err(format!("{name}:{}: {error}", statement.line)),
        }
    }
    drop(client);
    match difference(&dump(&whole, Rows::With), &dump(&pieces, Rows::With)) {
        Some(difference) => Err(format!("{name}: {difference}")),
        None => Ok(()),
    }
}

#[test]
fn postgres_cuts_as_we_do() {
    let files = hazards("postgres");
    let problems: Vec<_> =
        files.iter().filter_map(|(name, text)| check(name, text).err()).collect();
    report(&problems, files.len());
}
