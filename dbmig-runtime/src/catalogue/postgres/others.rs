//! Extended statistics, event triggers, foreign servers.

use super::columns::pairs;
use super::reader::{Reader, comment, no_member};
use super::write::ident;
use crate::catalogue::{Catalogue, Name, OtherObject};
use crate::session::DbResult;
use crate::sql;

/// Reads them.
pub(super) fn read(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    statistics(reader, catalogue)?;
    event_triggers(reader, catalogue)?;
    servers(reader, catalogue)
}

fn statistics(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    let sql = format!(
        "SELECT NULLIF(n.nspname::text, 'public'), s.stxname::text, NULLIF(tn.nspname::text, 'public'), \
           t.relname::text, pg_catalog.pg_get_statisticsobjdef(s.oid), d.description \
         FROM pg_catalog.pg_statistic_ext s JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace \
         JOIN pg_catalog.pg_class t ON t.oid = s.stxrelid \
         JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace {comment} WHERE {{schemas}}",
        comment = comment("pg_statistic_ext", "s.oid"),
    );
    for mut row in reader.rows(&sql)? {
        catalogue.others.push(OtherObject {
            kind: "statistics",
            name: row.name(),
            table: Some(row.name()),
            definition: row.text(),
            comment: row.optional(),
        });
    }
    Ok(())
}

/// They are in no schema: those count whose function is in one of the schemas in hand.
fn event_triggers(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    let sql = format!(
        "SELECT e.evtname::text, e.evtevent::text, e.evtfoid::pg_catalog.regproc::text, \
           e.evtenabled::text, e.evttags::text, d.description \
         FROM pg_catalog.pg_event_trigger e JOIN pg_catalog.pg_proc p ON p.oid = e.evtfoid \
         JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace {comment} \
         WHERE {{schemas}} AND {own}",
        comment = comment("pg_event_trigger", "e.oid"),
        own = no_member("pg_event_trigger", "e.oid"),
    );
    for mut row in reader.rows(&sql)? {
        let (name, event, function) = (row.text(), row.text(), row.text());
        let state = match row.letter() {
            'D' => Some("DISABLE"),
            'A' => Some("ENABLE ALWAYS"),
            'R' => Some("ENABLE REPLICA"),
            _ => None,
        };
        let literal = |tag: String| sql::literal(dbmig_build::Dialect::Postgres, &tag);
        let tags: Vec<_> = row.list().into_iter().map(literal).collect();
        let when = match tags.is_empty() {
            true => String::new(),
            false => format!(" WHEN TAG IN ({})", tags.join(", ")),
        };
        let quoted = ident(&name);
        let mut definition =
            format!("CREATE EVENT TRIGGER {quoted} ON {event}{when} EXECUTE FUNCTION {function}()");
        if let Some(state) = state {
            definition.push_str(&format!(";\nALTER EVENT TRIGGER {quoted} {state}"));
        }
        catalogue.others.push(OtherObject {
            kind: "event trigger",
            name: Name::new(name),
            table: None,
            definition,
            comment: row.optional(),
        });
    }
    Ok(())
}

/// The servers of foreign tables. User mappings hold secrets and are no part of a schema.
fn servers(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    let sql = format!(
        "SELECT s.srvname::text, w.fdwname::text, s.srvtype, s.srvversion, s.srvoptions::text, \
           d.description \
         FROM pg_catalog.pg_foreign_server s \
         JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw {comment} WHERE {own}",
        comment = comment("pg_foreign_server", "s.oid"),
        own = no_member("pg_foreign_server", "s.oid"),
    );
    for mut row in reader.rows(&sql)? {
        let (name, wrapper) = (row.text(), row.text());
        let mut definition = format!("CREATE SERVER {}", ident(&name));
        for key in ["TYPE", "VERSION"] {
            if let Some(value) = row.optional() {
                let value = sql::literal(dbmig_build::Dialect::Postgres, &value);
                definition.push_str(&format!(" {key} {value}"));
            }
        }
        definition.push_str(&format!(" FOREIGN DATA WRAPPER {}", ident(&wrapper)));
        if let Some(options) = pairs(row.list()) {
            definition.push_str(&format!(" OPTIONS ({options})"));
        }
        catalogue.others.push(OtherObject {
            kind: "foreign server",
            name: Name::new(name),
            table: None,
            definition,
            comment: row.optional(),
        });
    }
    Ok(())
}
