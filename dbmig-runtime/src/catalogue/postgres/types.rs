//! Schemas, extensions, enum types and domains.

use std::collections::HashMap;

use super::columns::{COLLATION, collation};
use super::constraints;
use super::expression::settled;
use super::reader::{Reader, comment, no_member};
use crate::catalogue::{Catalogue, Domain, EnumType, Extension, Schema};
use crate::session::DbResult;

/// Reads schemas, extensions and enum types.
pub(super) fn read(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    schemas(reader, catalogue)?;
    extensions(reader, catalogue)?;
    enums(reader, catalogue)
}

fn schemas(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    let sql = format!(
        "SELECT n.nspname::text, d.description FROM pg_catalog.pg_namespace n {comment} \
         WHERE n.nspname <> 'public' AND {{schemas}} AND {own}",
        comment = comment("pg_namespace", "n.oid"),
        own = no_member("pg_namespace", "n.oid"),
    );
    for mut row in reader.rows(&sql)? {
        catalogue.schemas.push(Schema { name: row.text(), comment: row.optional() });
    }
    Ok(())
}

/// They are of the whole database, whatever schema is looked at: its types come from them.
fn extensions(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    let sql = "SELECT NULLIF(n.nspname::text, 'public'), e.extname::text, e.extversion \
         FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace \
         WHERE e.extname <> 'plpgsql'";
    for mut row in reader.rows(sql)? {
        catalogue.extensions.push(Extension { name: row.name(), version: row.text() });
    }
    Ok(())
}

fn enums(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    let sql = format!(
        "SELECT NULLIF(n.nspname::text, 'public'), t.typname::text, \
           ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid \
             ORDER BY e.enumsortorder)::text, d.description \
         FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace {comment} \
         WHERE t.typtype = 'e' AND {{schemas}} AND {own}",
        comment = comment("pg_type", "t.oid"),
        own = no_member("pg_type", "t.oid"),
    );
    for mut row in reader.rows(&sql)? {
        let ty = EnumType { name: row.name(), labels: row.list(), comment: row.optional() };
        if reader.holds(&ty.name) {
            catalogue.enums.push(ty);
        }
    }
    Ok(())
}

/// Reads domains, whose conditions were read with those of tables.
pub(super) fn domains(
    reader: &mut Reader<'_>,
    catalogue: &mut Catalogue,
    mut checks: HashMap<u32, Vec<constraints::Found>>,
) -> DbResult<()> {
    let sql = format!(
        "SELECT t.oid::text, NULLIF(n.nspname::text, 'public'), t.typname::text, \
           pg_catalog.format_type(t.typbasetype, t.typtypmod), t.typnotnull::text, \
           pg_catalog.pg_get_expr(t.typdefaultbin, '0'), {COLLATION}, d.description \
         FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
         JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype {collation} {comment} \
         WHERE t.typtype = 'd' AND {{schemas}} AND {own}",
        collation = collation("t.typcollation", "b.typcollation"),
        comment = comment("pg_type", "t.oid"),
        own = no_member("pg_type", "t.oid"),
    );
    for mut row in reader.rows(&sql)? {
        let checks = checks.remove(&row.number()).unwrap_or_default();
        let name = row.name();
        let none = HashMap::new();
        let domain = Domain {
            checks: checks.into_iter().map(|found| found.check(&name.name, &none)).collect(),
            base: row.text(),
            nullable: !row.flag(),
            default: row.optional().map(settled),
            collation: row.optional(),
            comment: row.optional(),
            name,
        };
        if reader.holds(&domain.name) {
            catalogue.domains.push(domain);
        }
    }
    Ok(())
}
