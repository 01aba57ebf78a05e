//! Policies of row level security, and rules.

use super::expression::{bare, settled};
use super::reader::{Reader, comment};
use super::write::{full, ident};
use crate::catalogue::{Catalogue, Name, OtherObject};
use crate::session::DbResult;

/// Reads both.
pub(super) fn read(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    policies(reader, catalogue)?;
    rules(reader, catalogue)
}

fn policies(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    let sql = format!(
        "SELECT p.polname::text, NULLIF(n.nspname::text, 'public'), c.relname::text, p.polcmd::text, \
           p.polpermissive::text, ARRAY(SELECT CASE WHEN u.role = '0' THEN 'PUBLIC' \
             ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(u.role)::text) END \
             FROM pg_catalog.unnest(p.polroles) AS u (role) ORDER BY 1)::text, \
           pg_catalog.pg_get_expr(p.polqual, p.polrelid), \
           pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), d.description \
         FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace {comment} WHERE {{schemas}}",
        comment = comment("pg_policy", "p.oid"),
    );
    for mut row in reader.rows(&sql)? {
        let (name, table) = (row.text(), row.name());
        let mut definition = format!("CREATE POLICY {} ON {}", ident(&name), full(&table));
        let command = match row.letter() {
            'r' => Some("SELECT"),
            'a' => Some("INSERT"),
            'w' => Some("UPDATE"),
            'd' => Some("DELETE"),
            _ => None,
        };
        if !row.flag() {
            definition.push_str(" AS RESTRICTIVE");
        }
        if let Some(command) = command {
            definition.push_str(" FOR ");
            definition.push_str(command);
        }
        let roles = row.list();
        if roles != ["PUBLIC"] {
            definition.push_str(" TO ");
            definition.push_str(&roles.join(", "));
        }
        for key in ["USING", "WITH CHECK"] {
            if let Some(expression) = row.optional().map(settled) {
                definition.push_str(&format!(" {key} ({})", bare(&expression)));
            }
        }
        catalogue.others.push(OtherObject {
            kind: "policy",
            name: Name::new(name),
            table: Some(table),
            definition,
            comment: row.optional(),
        });
    }
    Ok(())
}

fn rules(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    let sql = format!(
        "SELECT r.rulename::text, NULLIF(n.nspname::text, 'public'), c.relname::text, \
           pg_catalog.pg_get_ruledef(r.oid), r.ev_enabled::text, d.description \
         FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace {comment} \
         WHERE r.rulename <> '_RETURN' AND {{schemas}}",
        comment = comment("pg_rewrite", "r.oid"),
    );
    for mut row in reader.rows(&sql)? {
        let (name, table) = (row.text(), row.name());
        let mut definition = settled(row.text()).trim().trim_end_matches(';').to_owned();
        let state = match row.letter() {
            'D' => Some("DISABLE"),
            'A' => Some("ENABLE ALWAYS"),
            'R' => Some("ENABLE REPLICA"),
            _ => None,
        };
        if let Some(state) = state {
            let (table, name) = (full(&table), ident(&name));
            definition.push_str(&format!(";\nALTER TABLE {table} {state} RULE {name}"));
        }
        catalogue.others.push(OtherObject {
            kind: "rule",
            name: Name::new(name),
            table: Some(table),
            definition,
            comment: row.optional(),
        });
    }
    Ok(())
}
