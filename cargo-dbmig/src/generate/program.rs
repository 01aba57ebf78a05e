//! Views without a query, functions, triggers: a frame for what only a person can write.

use dbmig_build::Dialect;

use super::intent::Intent;
use super::plain::written;
use super::write::Part;
use crate::error::{CliError, CliResult};

/// The frame, and what is to be done in it; `None` for what is no such thing.
pub(super) fn write(intent: &Intent, dialect: Dialect) -> CliResult<Option<(Part, Vec<String>)>> {
    let (up, down, todo) = match intent {
        Intent::CreateView { name, query: None, materialized } => {
            let kind = if *materialized { "MATERIALIZED VIEW" } else { "VIEW" };
            let name = written(name, dialect);
            let up = format!(
                "-- dbmig:todo what {name} shows\nCREATE {kind} {name} AS\nSELECT 1 AS one;\n"
            );
            (up, format!("DROP {kind} {name};\n"), format!("what {name} shows"))
        }
        Intent::CreateFunction { name } => function(name, dialect)?,
        Intent::CreateTrigger { name, table, when, event } => {
            trigger(name, table, (when, event), dialect)
        }
        _ => return Ok(None),
    };
    let part =
        Part { suffix: String::new(), up, down, no_transaction: false, foreign_keys_off: false };
    Ok(Some((part, vec![todo])))
}

type Texts = (String, String, String);

fn function(name: &str, dialect: Dialect) -> CliResult<Texts> {
    let todo = format!("what {name} takes and returns");
    let name = written(name, dialect);
    let up = match dialect {
        Dialect::Sqlite => {
            return Err(CliError::usage("sqlite has no functions of its own")
                .help("a trigger holds its statements itself: `cargo dbmig generate trigger <name> <table>`"));
        }
        Dialect::Postgres => format!(
            "-- dbmig:todo {todo}\nCREATE FUNCTION {name}() RETURNS integer\n    LANGUAGE plpgsql\nAS $$\nBEGIN\n    RETURN 1;\nEND\n$$;\n"
        ),
        Dialect::Mysql => format!(
            "-- dbmig:todo {todo}\nCREATE FUNCTION {name}() RETURNS INT\n    DETERMINISTIC NO SQL\nBEGIN\n    RETURN 1;\nEND;\n"
        ),
    };
    let down = match dialect {
        Dialect::Postgres => format!("DROP FUNCTION {name}();\n"),
        _ => format!("DROP FUNCTION {name};\n"),
    };
    Ok((up, down, todo))
}

fn trigger(name: &str, table: &str, (when, event): (&str, &str), dialect: Dialect) -> Texts {
    let todo = format!("what happens {when} {event} on {table}");
    let (plain, name, table) = (name, written(name, dialect), written(table, dialect));
    let (when, event) = (when.to_uppercase(), event.to_uppercase());
    let (up, down) = match dialect {
        Dialect::Sqlite => (
            format!(
                "-- dbmig:todo {todo}\nCREATE TRIGGER {name} {when} {event} ON {table}\nFOR EACH ROW\nBEGIN\n    SELECT 1;\nEND;\n"
            ),
            format!("DROP TRIGGER {name};\n"),
        ),
        Dialect::Postgres => {
            let function = written(&format!("{plain}_function"), dialect);
            let row = if event == "DELETE" { "OLD" } else { "NEW" };
            (
                format!(
                    "-- dbmig:todo {todo}\nCREATE FUNCTION {function}() RETURNS trigger\n    LANGUAGE plpgsql\nAS $$\nBEGIN\n    RETURN {row};\nEND\n$$;\n\
                     CREATE TRIGGER {name} {when} {event} ON {table}\n    FOR EACH ROW EXECUTE FUNCTION {function}();\n"
                ),
                format!("DROP TRIGGER {name} ON {table};\nDROP FUNCTION {function}();\n"),
            )
        }
        Dialect::Mysql => (
            format!(
                "-- dbmig:todo {todo}\nCREATE TRIGGER {name} {when} {event} ON {table}\nFOR EACH ROW\nBEGIN\n    SET @{plain} = 1;\nEND;\n"
            ),
            format!("DROP TRIGGER {name};\n"),
        ),
    };
    (up, down, todo)
}
