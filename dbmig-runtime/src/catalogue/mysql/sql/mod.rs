//! The statements that make a catalogue.

pub(super) mod order;
pub(super) mod table;

use dbmig_build::Dialect;

use super::super::{Catalogue, OtherObject, Routine, RoutineKind, Sequence, View};
use super::{modes, names, text};
use crate::sql;

/// The statements that make all of it in an empty database.
pub(in super::super) fn to_sql(catalogue: &Catalogue) -> Vec<String> {
    let mariadb = catalogue.server.starts_with("mariadb");
    let mut out = Vec::new();
    for schema in &catalogue.schemas {
        let name = sql::quoted(Dialect::Mysql, &schema.name);
        let comment = schema.comment.as_ref();
        let comment = comment.map(|comment| format!(" COMMENT {}", text::literal(comment)));
        out.push(format!("CREATE DATABASE {name}{}", comment.unwrap_or_default()));
    }
    out.extend(catalogue.sequences.iter().map(sequence));
    out.extend(catalogue.tables.iter().map(|one| table::create(one, mariadb)));
    out.extend(catalogue.routines.iter().flat_map(routine));
    let others = |event: bool| {
        catalogue.others.iter().filter(move |one| (one.kind == "event") == event).flat_map(other)
    };
    out.extend(others(false));
    out.extend(order::views(catalogue).into_iter().map(view));
    out.extend(order::triggers(catalogue).into_iter().map(|one| one.definition.clone()));
    out.extend(others(true));
    in_session(catalogue, out)
}

/// What the session must be like, said before and taken back after, where it makes a difference.
fn in_session(catalogue: &Catalogue, statements: Vec<String>) -> Vec<String> {
    let mut out = Vec::new();
    let mut after = Vec::new();
    if catalogue.tables.iter().any(|table| !table.foreign_keys.is_empty()) {
        out.push(
            "SET @dbmig_foreign_key_checks = @@foreign_key_checks, foreign_key_checks = 0"
                .to_owned(),
        );
        after.push("SET foreign_key_checks = @dbmig_foreign_key_checks".to_owned());
    }
    let modes_matter = statements.iter().any(|one| modes::matter(one));
    if modes_matter {
        out.push(format!(
            "SET @dbmig_sql_mode = @@sql_mode, sql_mode = {}",
            modes::neutral(&statements)
        ));
        out.push("SET @dbmig_neutral_mode = @@sql_mode".to_owned());
        after.push("SET sql_mode = @dbmig_sql_mode".to_owned());
    }
    for statement in statements {
        let marks = modes::marks(&statement).map(str::to_owned);
        if let Some(marks) = &marks {
            out.push(format!("SET sql_mode = CONCAT(@dbmig_neutral_mode, ',{marks}')"));
        }
        out.push(statement);
        if marks.is_some() {
            out.push("SET sql_mode = @dbmig_neutral_mode".to_owned());
        }
    }
    out.extend(after);
    out
}

pub(super) fn routine(routine: &Routine) -> Vec<String> {
    let kind = if routine.kind == RoutineKind::Procedure { "PROCEDURE" } else { "FUNCTION" };
    let comment = routine.comment.as_ref().map(|comment| {
        let name = names::quoted(&routine.name);
        format!("ALTER {kind} {name} COMMENT {}", text::literal(comment))
    });
    std::iter::once(routine.definition.clone()).chain(comment).collect()
}

pub(super) fn sequence(sequence: &Sequence) -> String {
    let Sequence { start, increment, min, max, cache, cycle, comment, .. } = sequence;
    let comment = comment.as_ref().map(|comment| format!(" COMMENT {}", text::literal(comment)));
    format!(
        "CREATE SEQUENCE {} START WITH {start} INCREMENT BY {increment} MINVALUE {min} MAXVALUE {max} CACHE {cache} {}{}",
        names::quoted(&sequence.name),
        if *cycle { "CYCLE" } else { "NOCYCLE" },
        comment.unwrap_or_default()
    )
}

pub(super) fn view(view: &View) -> String {
    let option = |key: &str| view.options.get(key);
    let algorithm = option("algorithm").map(|text| format!(" ALGORITHM = {text}"));
    let security = option("security").map(|text| format!(" SQL SECURITY {text}"));
    let check = option("check_option").map(|text| format!(" WITH {text} CHECK OPTION"));
    let columns = option("named_columns")
        .map(|_| format!(" ({})", names::list(view.columns.iter().map(|(name, _)| name))));
    format!(
        "CREATE{}{} VIEW {}{} AS {}{}",
        algorithm.unwrap_or_default(),
        security.unwrap_or_default(),
        names::quoted(&view.name),
        columns.unwrap_or_default(),
        view.definition,
        check.unwrap_or_default(),
    )
}

pub(super) fn other(other: &OtherObject) -> Vec<String> {
    let mut out = vec![other.definition.clone()];
    if let (Some(comment), "event") = (&other.comment, other.kind) {
        let name = names::quoted(&other.name);
        out.push(format!("ALTER EVENT {name} COMMENT {}", text::literal(comment)));
    }
    out
}
