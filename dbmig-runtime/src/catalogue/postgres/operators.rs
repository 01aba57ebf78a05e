//! Operators, casts and collations.

use super::reader::{Reader, comment, no_member};
use super::write::{full, ident};
use crate::catalogue::{Catalogue, Name, OtherObject};
use crate::session::DbResult;
use crate::sql;

/// Reads them.
pub(super) fn read(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    operators(reader, catalogue)?;
    casts(reader, catalogue)?;
    collations(reader, catalogue)
}

fn operators(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    let operator = |column: &str| {
        format!(
            "(SELECT pg_catalog.quote_ident(xn.nspname::text) OPERATOR(pg_catalog.||) '.' \
             OPERATOR(pg_catalog.||) x.oprname::text FROM pg_catalog.pg_operator x \
             JOIN pg_catalog.pg_namespace xn ON xn.oid = x.oprnamespace WHERE x.oid = o.{column})"
        )
    };
    let function = |column: &str| {
        format!("CASE WHEN o.{column} <> '0' THEN o.{column}::pg_catalog.regproc::text END")
    };
    let sql = format!(
        "SELECT NULLIF(n.nspname::text, 'public'), o.oprname::text, {function}, \
           CASE WHEN o.oprleft <> '0' THEN pg_catalog.format_type(o.oprleft, NULL) END, \
           CASE WHEN o.oprright <> '0' THEN pg_catalog.format_type(o.oprright, NULL) END, \
           {commutator}, {negator}, {restrict}, {join}, o.oprcanhash::text, o.oprcanmerge::text, \
           d.description \
         FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace \
         {comment} WHERE o.oprcode <> '0' AND {{schemas}} AND {own}",
        function = function("oprcode"),
        commutator = operator("oprcom"),
        negator = operator("oprnegate"),
        restrict = function("oprrest"),
        join = function("oprjoin"),
        comment = comment("pg_operator", "o.oid"),
        own = no_member("pg_operator", "o.oid"),
    );
    for mut row in reader.rows(&sql)? {
        let name = row.name();
        let mut parts = vec![format!("FUNCTION = {}", row.text())];
        let (left, right) = (row.optional(), row.optional());
        let arguments = format!(
            "({}, {})",
            left.as_deref().unwrap_or("NONE"),
            right.as_deref().unwrap_or("NONE")
        );
        parts.extend(left.map(|ty| format!("LEFTARG = {ty}")));
        parts.extend(right.map(|ty| format!("RIGHTARG = {ty}")));
        for key in ["COMMUTATOR", "NEGATOR"] {
            parts.extend(row.optional().map(|operator| format!("{key} = OPERATOR({operator})")));
        }
        for key in ["RESTRICT", "JOIN"] {
            parts.extend(row.optional().map(|function| format!("{key} = {function}")));
        }
        parts.extend(row.flag().then(|| "HASHES".to_owned()));
        parts.extend(row.flag().then(|| "MERGES".to_owned()));
        let schema = ident(name.schema.as_deref().unwrap_or("public"));
        let definition = format!("CREATE OPERATOR {schema}.{} ({})", name.name, parts.join(", "));
        let comment = row.optional();
        if reader.holds(&name) {
            let name = Name { name: format!("{}{arguments}", name.name), ..name };
            push(catalogue, "operator", name, definition, comment);
        }
    }
    Ok(())
}

/// Casts are in no schema: those count that have to do with a type of the schemas in hand.
fn casts(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    let sql = format!(
        "SELECT pg_catalog.format_type(k.castsource, NULL), pg_catalog.format_type(k.casttarget, NULL), \
           k.castmethod::text, k.castcontext::text, \
           CASE WHEN k.castfunc <> '0' THEN k.castfunc::pg_catalog.regprocedure::text END, \
           d.description \
         FROM pg_catalog.pg_cast k {comment} WHERE {own} AND k.oid > '16383' AND EXISTS ( \
           SELECT FROM pg_catalog.pg_namespace n WHERE {{schemas}} AND ( \
             n.oid = (SELECT s.typnamespace FROM pg_catalog.pg_type s WHERE s.oid = k.castsource) \
             OR n.oid = (SELECT t.typnamespace FROM pg_catalog.pg_type t WHERE t.oid = k.casttarget) \
             OR n.oid = (SELECT f.pronamespace FROM pg_catalog.pg_proc f WHERE f.oid = k.castfunc)))",
        comment = comment("pg_cast", "k.oid"),
        own = super::reader::no_part("pg_cast", "k.oid"),
    );
    for mut row in reader.rows(&sql)? {
        let name = format!("({} AS {})", row.text(), row.text());
        let (method, context) = (row.letter(), row.letter());
        let how = match (method, row.optional()) {
            ('i', _) => "WITH INOUT".to_owned(),
            (_, Some(function)) => format!("WITH FUNCTION {function}"),
            (_, None) => "WITHOUT FUNCTION".to_owned(),
        };
        let when = match context {
            'i' => " AS IMPLICIT",
            'a' => " AS ASSIGNMENT",
            _ => "",
        };
        let definition = format!("CREATE CAST {name} {how}{when}");
        push(catalogue, "cast", Name::new(name), definition, row.optional());
    }
    Ok(())
}

fn collations(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<()> {
    let locale = match reader.version() {
        17.. => "c.colllocale",
        15 | 16 => "c.colliculocale",
        _ => "NULL::text",
    };
    let sql = format!(
        "SELECT NULLIF(n.nspname::text, 'public'), c.collname::text, c.collprovider::text, \
           COALESCE({locale}, c.collcollate::text), c.collctype::text, c.collisdeterministic::text, \
           {rules}, d.description \
         FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace \
         {comment} WHERE {{schemas}} AND {own}",
        rules = reader.since(16, "c.collicurules"),
        comment = comment("pg_collation", "c.oid"),
        own = no_member("pg_collation", "c.oid"),
    );
    for mut row in reader.rows(&sql)? {
        let (name, provider, locale) = (row.name(), row.letter(), row.text());
        let ctype = row.optional().unwrap_or_else(|| locale.clone());
        let literal = |text: &str| sql::literal(dbmig_build::Dialect::Postgres, text);
        let provider = match provider {
            'i' => "icu",
            'b' => "builtin",
            _ => "libc",
        };
        let mut parts = vec![format!("PROVIDER = {provider}")];
        if provider != "libc" || ctype == locale {
            parts.push(format!("LOCALE = {}", literal(&locale)));
        } else {
            parts.push(format!("LC_COLLATE = {}", literal(&locale)));
            parts.push(format!("LC_CTYPE = {}", literal(&ctype)));
        }
        parts.extend((!row.flag()).then(|| "DETERMINISTIC = false".to_owned()));
        parts.extend(row.optional().map(|rules| format!("RULES = {}", literal(&rules))));
        let definition = format!("CREATE COLLATION {} ({})", full(&name), parts.join(", "));
        let comment = row.optional();
        if reader.holds(&name) {
            push(catalogue, "collation", name, definition, comment);
        }
    }
    Ok(())
}

fn push(
    catalogue: &mut Catalogue,
    kind: &'static str,
    name: Name,
    definition: String,
    comment: Option<String>,
) {
    catalogue.others.push(OtherObject { kind, name, table: None, definition, comment });
}
