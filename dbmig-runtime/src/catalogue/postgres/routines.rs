//! Functions, procedures and aggregates.

use super::cells::Cells;
use super::reader::{Reader, comment, no_part};
use super::write::full;
use crate::catalogue::{Catalogue, Routine, RoutineKind};
use crate::session::DbResult;
use crate::sql;

/// Reads them.
pub(super) fn read(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    let sql = format!(
        "SELECT NULLIF(n.nspname::text, 'public'), p.proname::text, p.prokind::text, \
           pg_catalog.oidvectortypes(p.proargtypes), \
           CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid) END, d.description \
         FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace {comment} \
         WHERE p.prokind <> 'a' AND {{schemas}} AND {own}",
        comment = comment("pg_proc", "p.oid"),
        own = no_part("pg_proc", "p.oid"),
    );
    for mut row in reader.rows(&sql)? {
        let (name, letter, arguments) = (row.name(), row.letter(), row.text());
        let routine = Routine {
            kind: if letter == 'p' { RoutineKind::Procedure } else { RoutineKind::Function },
            definition: row.text().trim_end().to_owned(),
            comment: row.optional(),
            arguments,
            name,
        };
        if reader.holds(&routine.name) {
            catalogue.routines.push(routine);
        }
    }
    aggregates(reader, catalogue)
}

fn aggregates(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    let function = |column: &str| {
        format!("CASE WHEN g.{column} <> '0' THEN g.{column}::pg_catalog.regproc::text END")
    };
    let functions: Vec<_> = FUNCTIONS.iter().map(|(_, column)| function(column)).collect();
    let sql = format!(
        "SELECT NULLIF(n.nspname::text, 'public'), p.proname::text, \
           pg_catalog.oidvectortypes(p.proargtypes), pg_catalog.pg_get_function_arguments(p.oid), \
           g.aggkind::text, pg_catalog.format_type(g.aggtranstype, NULL), {functions}, \
           CASE WHEN g.aggmtranstype <> '0' THEN pg_catalog.format_type(g.aggmtranstype, NULL) END, \
           g.agginitval, g.aggminitval, NULLIF(g.aggtransspace, '0')::text, \
           NULLIF(g.aggmtransspace, '0')::text, \
           CASE WHEN g.aggsortop <> '0' THEN (SELECT pg_catalog.quote_ident(sn.nspname::text) \
             OPERATOR(pg_catalog.||) '.' OPERATOR(pg_catalog.||) so.oprname::text \
             FROM pg_catalog.pg_operator so \
             JOIN pg_catalog.pg_namespace sn ON sn.oid = so.oprnamespace \
             WHERE so.oid = g.aggsortop) END, \
           g.aggfinalextra::text, g.aggmfinalextra::text, p.proparallel::text, d.description \
         FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_aggregate g ON g.aggfnoid = p.oid \
         JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace {comment} \
         WHERE {{schemas}} AND {own}",
        functions = functions.join(", "),
        comment = comment("pg_proc", "p.oid"),
        own = no_part("pg_proc", "p.oid"),
    );
    for mut row in reader.rows(&sql)? {
        let (name, types) = (row.name(), row.text());
        let (parts, comment) = aggregate(&mut row);
        let arguments = parts.0;
        let definition =
            format!("CREATE AGGREGATE {}({arguments}) (\n    {}\n)", full(&name), parts.1);
        let routine =
            Routine { kind: RoutineKind::Aggregate, arguments: types, definition, comment, name };
        if reader.holds(&routine.name) {
            catalogue.routines.push(routine);
        }
    }
    Ok(())
}

/// The functions of an aggregate, and where they stand.
const FUNCTIONS: [(&str, &str); 8] = [
    ("SFUNC", "aggtransfn"),
    ("FINALFUNC", "aggfinalfn"),
    ("COMBINEFUNC", "aggcombinefn"),
    ("SERIALFUNC", "aggserialfn"),
    ("DESERIALFUNC", "aggdeserialfn"),
    ("MSFUNC", "aggmtransfn"),
    ("MINVFUNC", "aggminvtransfn"),
    ("MFINALFUNC", "aggmfinalfn"),
];

/// Arguments and properties, as the statement writes them, and the comment.
fn aggregate(row: &mut Cells) -> ((String, String), Option<String>) {
    let arguments = match row.text() {
        none if none.is_empty() => "*".to_owned(),
        some => some,
    };
    let kind = row.letter();
    let literal = |text: String| sql::literal(dbmig_build::Dialect::Postgres, &text);
    let mut all = Vec::new();
    let state = row.text();
    let mut say = |key: &str, value: Option<String>| {
        all.extend(value.map(|value| format!("{key} = {value}")));
    };
    for (key, _) in FUNCTIONS {
        say(key, row.optional());
        if key == "SFUNC" {
            say("STYPE", Some(state.clone()));
        }
    }
    say("MSTYPE", row.optional());
    say("INITCOND", row.optional().map(literal));
    say("MINITCOND", row.optional().map(literal));
    say("SSPACE", row.optional());
    say("MSSPACE", row.optional());
    say("SORTOP", row.optional().map(|operator| format!("OPERATOR({operator})")));
    let (extra, moving_extra) = (row.flag(), row.flag());
    let parallel = row.letter();
    if extra {
        all.push("FINALFUNC_EXTRA".to_owned());
    }
    if moving_extra {
        all.push("MFINALFUNC_EXTRA".to_owned());
    }
    match parallel {
        's' => all.push("PARALLEL = SAFE".to_owned()),
        'r' => all.push("PARALLEL = RESTRICTED".to_owned()),
        _ => {}
    }
    if kind == 'h' {
        all.push("HYPOTHETICAL".to_owned());
    }
    ((arguments, all.join(",\n    ")), row.optional())
}
