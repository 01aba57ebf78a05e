//! Triggers.

use super::reader::{Reader, comment};
use crate::catalogue::{Catalogue, Trigger};
use crate::session::DbResult;
use crate::sql;

/// Reads them. Those that constraints have for themselves, or that a parent brought along, are not among
/// them.
pub(super) fn read(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    let sql = format!(
        "SELECT g.tgname::text, NULLIF(n.nspname::text, 'public'), c.relname::text, \
           pg_catalog.pg_get_triggerdef(g.oid, false), g.tgenabled::text, d.description \
         FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace {comment} \
         WHERE NOT g.tgisinternal AND {top} AND {{schemas}}",
        top = if reader.version() >= 13 { "g.tgparentid = '0'" } else { "true" },
        comment = comment("pg_trigger", "g.oid"),
    );
    for mut row in reader.rows(&sql)? {
        let (name, table) = (row.text(), row.name());
        let mut definition = super::expression::settled(row.text());
        let state = row.letter();
        // There is no other place for whether it fires on a replica.
        let fires = match state {
            'A' => Some("ALWAYS"),
            'R' => Some("REPLICA"),
            _ => None,
        };
        if let Some(fires) = fires {
            let quoted = sql::quoted(dbmig_build::Dialect::Postgres, &name);
            let table = super::write::full(&table);
            definition.push_str(&format!(";\nALTER TABLE {table} ENABLE {fires} TRIGGER {quoted}"));
        }
        let enabled = state != 'D';
        let trigger = Trigger { name, table, definition, enabled, comment: row.optional() };
        catalogue.triggers.push(trigger);
    }
    Ok(())
}
