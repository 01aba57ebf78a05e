//! Range types.

use super::columns::{COLLATION, collation};
use super::reader::{Reader, comment, no_member};
use super::write::full;
use crate::catalogue::{Catalogue, Name, OtherObject};
use crate::session::DbResult;

/// Reads them.
pub(super) fn read(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    let function = |column: &str| {
        format!("CASE WHEN r.{column} <> '0' THEN r.{column}::pg_catalog.regproc::text END")
    };
    let (multirange, multirange_join) = match reader.version() {
        14.. => (
            "NULLIF(mn.nspname::text, 'public'), mt.typname::text",
            "JOIN pg_catalog.pg_type mt ON mt.oid = r.rngmultitypid \
             JOIN pg_catalog.pg_namespace mn ON mn.oid = mt.typnamespace",
        ),
        _ => ("NULL, NULL", ""),
    };
    let sql = format!(
        "SELECT NULLIF(n.nspname::text, 'public'), t.typname::text, {multirange}, \
           pg_catalog.format_type(r.rngsubtype, NULL), {COLLATION}, \
           CASE WHEN NOT oc.opcdefault THEN pg_catalog.quote_ident(ocn.nspname::text) \
             OPERATOR(pg_catalog.||) '.' OPERATOR(pg_catalog.||) \
             pg_catalog.quote_ident(oc.opcname::text) END, {canonical}, {difference}, d.description \
         FROM pg_catalog.pg_range r JOIN pg_catalog.pg_type t ON t.oid = r.rngtypid \
         JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
         JOIN pg_catalog.pg_type s ON s.oid = r.rngsubtype \
         JOIN pg_catalog.pg_opclass oc ON oc.oid = r.rngsubopc \
         JOIN pg_catalog.pg_namespace ocn ON ocn.oid = oc.opcnamespace \
         {multirange_join} {collation} {comment} WHERE {{schemas}} AND {own}",
        canonical = function("rngcanonical"),
        difference = function("rngsubdiff"),
        collation = collation("r.rngcollation", "s.typcollation"),
        comment = comment("pg_type", "t.oid"),
        own = no_member("pg_type", "t.oid"),
    );
    for mut row in reader.rows(&sql)? {
        let (name, multirange) = (row.name(), row.name());
        let mut parts = vec![format!("SUBTYPE = {}", row.text())];
        for key in ["COLLATION", "SUBTYPE_OPCLASS", "CANONICAL", "SUBTYPE_DIFF"] {
            parts.extend(row.optional().map(|value| format!("{key} = {value}")));
        }
        if !multirange.name.is_empty() && multirange != usual(&name) {
            parts.push(format!("MULTIRANGE_TYPE_NAME = {}", full(&multirange)));
        }
        let mut definition = format!("CREATE TYPE {} AS RANGE ({})", full(&name), parts.join(", "));
        if parts.iter().any(|part| part.starts_with("CANONICAL")) {
            // Its function takes the type, so that the type has to be known before.
            definition = format!("CREATE TYPE {};\n{definition}", full(&name));
        }
        let comment = row.optional();
        if reader.holds(&name) {
            let kind = "range type";
            catalogue.others.push(OtherObject { kind, name, table: None, definition, comment });
        }
    }
    Ok(())
}

/// The name that the server gives to the type of several ranges.
fn usual(name: &Name) -> Name {
    let several = match name.name.contains("range") {
        true => name.name.replacen("range", "multirange", 1),
        false => format!("{}_multirange", name.name),
    };
    Name { schema: name.schema.clone(), name: several }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_multiranges() {
        for (name, expected) in [
            ("floatrange", "floatmultirange"),
            ("timespan", "timespan_multirange"),
            ("range_of_range", "multirange_of_range"),
        ] {
            assert_eq!(usual(&Name::new(name)), Name::new(expected), "{name}");
        }
    }
}
