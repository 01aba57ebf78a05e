//! Columns of tables, views and composite types.

use std::collections::HashMap;

use dbmig_build::Dialect;

use super::cells::Cells;
use super::expression::{bare, settled};
use super::reader::{Reader, is_member};
use crate::catalogue::{Column, ColumnType, Generated, Options, TypeKind};
use crate::session::DbResult;

/// A column with what only its table can make sense of.
pub(super) struct Found {
    pub(super) number: i32,
    pub(super) column: Column,
    /// `ALWAYS` or not, of an identity; its numbers come with the sequences.
    pub(super) identity: Option<bool>,
}

/// The columns of relations, by the number of the relation.
pub(super) fn read(reader: &mut Reader<'_>) -> DbResult<HashMap<u32, Vec<Found>>> {
    let sql = format!(
        "SELECT a.attrelid::text, a.attnum::text, a.attname::text, \
           pg_catalog.format_type(a.atttypid, a.atttypmod), \
           CASE WHEN e.typtype = 'b' OR en.nspname = 'pg_catalog' OR {member} THEN 'b' \
             ELSE e.typtype::text END, \
           CASE WHEN en.nspname NOT IN ('pg_catalog', 'public') THEN en.nspname::text END, \
           e.typname::text, (el.oid IS NOT NULL)::text, \
           CASE WHEN e.typname IN ('varchar', 'bpchar') AND en.nspname = 'pg_catalog' \
             AND a.atttypmod > 4 THEN (a.atttypmod - 4)::text END, \
           a.attnotnull::text, pg_catalog.pg_get_expr(v.adbin, v.adrelid), a.attgenerated::text, \
           a.attidentity::text, {collation}, \
           CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END, {compression}, \
           CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::text END, a.attoptions::text, \
           a.attfdwoptions::text, (a.attinhcount > 0 AND NOT a.attislocal)::text, d.description \
         FROM pg_catalog.pg_attribute a \
         JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
         LEFT JOIN pg_catalog.pg_type el ON el.oid = t.typelem AND el.typarray = t.oid \
         JOIN pg_catalog.pg_type e ON e.oid = COALESCE(el.oid, t.oid) \
         JOIN pg_catalog.pg_namespace en ON en.oid = e.typnamespace \
         LEFT JOIN pg_catalog.pg_attrdef v ON v.adrelid = a.attrelid AND v.adnum = a.attnum \
         {collation_join} \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = a.attrelid AND d.classoid = {class} \
           AND d.objsubid = a.attnum \
         WHERE a.attnum > 0 AND NOT a.attisdropped \
           AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND {{schemas}} \
         ORDER BY a.attrelid, a.attnum",
        member = is_member("pg_type", "e.oid"),
        collation = COLLATION,
        compression = reader.since(14, "NULLIF(a.attcompression::text, '')"),
        collation_join = collation("a.attcollation", "t.typcollation"),
        class = super::reader::class_of("pg_class"),
    );
    let mut all: HashMap<u32, Vec<Found>> = HashMap::new();
    for mut row in reader.rows(&sql)? {
        let table = row.number();
        all.entry(table).or_default().push(found(&mut row));
    }
    Ok(all)
}

/// The collation that [`collation`] joined, as SQL writes it.
pub(super) const COLLATION: &str = "CASE WHEN con.nspname IN ('pg_catalog', 'public') \
    THEN pg_catalog.quote_ident(co.collname::text) ELSE pg_catalog.quote_ident(con.nspname::text) \
    OPERATOR(pg_catalog.||) '.' OPERATOR(pg_catalog.||) pg_catalog.quote_ident(co.collname::text) END";

/// Joins a collation where it is not the usual one.
pub(super) fn collation(own: &str, usual: &str) -> String {
    format!(
        "LEFT JOIN pg_catalog.pg_collation co ON co.oid = {own} AND {own} <> {usual} \
         LEFT JOIN pg_catalog.pg_namespace con ON con.oid = co.collnamespace"
    )
}

fn found(row: &mut Cells) -> Found {
    let (number, name, text) = (row.number(), row.text(), row.text());
    let kind = match row.letter() {
        'e' => TypeKind::Enum,
        'd' => TypeKind::Domain,
        'c' => TypeKind::Composite,
        'r' | 'm' => TypeKind::Range,
        _ => TypeKind::Base,
    };
    let ty = ColumnType {
        kind,
        name: row.name(),
        array: row.flag(),
        length: row.optional().and_then(|length| length.parse().ok()),
        text,
    };
    let nullable = !row.flag();
    let expression = row.optional().map(settled);
    let how = row.letter();
    let identity = match row.letter() {
        'a' => Some(true),
        'd' => Some(false),
        _ => None,
    };
    let collation = row.optional();
    let mut options = Options::new();
    let storage = row.optional().map(|letter| storage(&letter).to_owned());
    let compression = row.optional().map(|letter| match letter.as_str() {
        "l" => "lz4".to_owned(),
        _ => "pglz".to_owned(),
    });
    let statistics = row.optional();
    let mut settings = row.list();
    settings.retain(|setting| is_setting(setting));
    let settings = joined(settings);
    let foreign = pairs(row.list());
    let inherited = row.flag().then(String::new);
    let named = [
        ("storage", storage),
        ("compression", compression),
        ("statistics", statistics),
        ("set", settings),
        ("foreign_options", foreign),
        ("inherited", inherited),
    ];
    options.extend(named.into_iter().filter_map(|(key, value)| Some((key, value?))));
    let computed = matches!(how, 's' | 'v');
    let column = Column {
        nullable,
        default: expression.clone().filter(|text| !computed && !is_null(text, kind)),
        generated: expression.filter(|_| computed).map(|expression| Generated {
            expression: bare(&expression).to_owned(),
            stored: how == 's',
        }),
        identity: None,
        auto_increment: false,
        collation,
        comment: row.optional(),
        name,
        ty,
        options,
    };
    Found { number, column, identity }
}

/// Options with a comma between them, none for none.
pub(super) fn joined(options: Vec<String>) -> Option<String> {
    (!options.is_empty()).then(|| options.join(", "))
}

/// Options of foreign objects, as SQL writes them.
pub(super) fn pairs(options: Vec<String>) -> Option<String> {
    let pair = |option: String| match option.split_once('=') {
        Some((key, value)) => {
            let key = crate::sql::quoted(Dialect::Postgres, key);
            format!("{key} {}", crate::sql::literal(Dialect::Postgres, value))
        }
        None => option,
    };
    joined(options.into_iter().map(pair).collect())
}

/// Whether somebody can have said this of a column. There are servers that keep a stamp of their own among
/// these options, another one for every table, which no statement can set.
fn is_setting(setting: &str) -> bool {
    let key = setting.split('=').next();
    matches!(key, Some("n_distinct" | "n_distinct_inherited"))
}

fn storage(letter: &str) -> &'static str {
    match letter {
        "p" => "plain",
        "e" => "external",
        "m" => "main",
        _ => "extended",
    }
}

/// Whether a default is `NULL`. On a domain it says something: the domain may have a default of its own.
fn is_null(default: &str, kind: TypeKind) -> bool {
    let rest = default.strip_prefix("NULL::").filter(|_| kind != TypeKind::Domain);
    rest.is_some_and(|ty| !ty.contains(['(', '\'']))
}

/// Name and type, as a definition writes them.
pub(super) fn fields(found: Vec<Found>) -> Vec<(String, String)> {
    let field = |Found { column, .. }: Found| {
        let mut ty = column.ty.text;
        if let Some(collation) = column.collation {
            ty.push_str(" COLLATE ");
            ty.push_str(&collation);
        }
        (column.name, ty)
    };
    found.into_iter().map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_column_is_told() {
        for (setting, told) in [
            ("n_distinct=-0.5", true),
            ("n_distinct_inherited=7", true),
            ("pg_attver=325768808", false),
            ("n_distinct_of_mine=1", false),
        ] {
            assert_eq!(is_setting(setting), told, "{setting}");
        }
    }

    #[test]
    fn defaults_that_say_nothing() {
        for (default, kind, null) in [
            ("NULL::character varying", TypeKind::Base, true),
            ("NULL::mood[]", TypeKind::Enum, true),
            ("NULL::even", TypeKind::Domain, false),
            ("NULL::text || 'x'::text", TypeKind::Base, false),
            ("'NULL'::text", TypeKind::Base, false),
        ] {
            assert_eq!(is_null(default, kind), null, "{default}");
        }
    }
}
