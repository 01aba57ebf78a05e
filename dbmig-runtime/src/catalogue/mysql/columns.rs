//! Columns, of tables and of views.

use std::collections::BTreeMap;

use super::super::{Column, ColumnType, Generated, Name, Options, TypeKind};
use super::source::{Cells, Source};
use super::tables::Listed;
use super::text;
use crate::session::DbResult;

/// The columns of each table and view, in their order.
pub(super) type Columns = BTreeMap<String, Vec<Column>>;

/// Reads all of them.
pub(super) fn read(
    source: &mut Source<'_>,
    tables: &BTreeMap<String, Listed>,
) -> DbResult<Columns> {
    let srid = if source.server.mariadb { "NULL" } else { "SRS_ID" };
    let asked = [
        "TABLE_NAME",
        "ORDINAL_POSITION",
        "COLUMN_NAME",
        "COLUMN_DEFAULT",
        "IS_NULLABLE",
        "DATA_TYPE",
        "CHARACTER_MAXIMUM_LENGTH",
        "COLLATION_NAME",
        "COLUMN_TYPE",
        "EXTRA",
        "COLUMN_COMMENT",
        "GENERATION_EXPRESSION",
        srid,
    ];
    let mut found: BTreeMap<String, Vec<(u32, Column)>> = BTreeMap::new();
    for mut cells in source.rows(&asked, "COLUMNS", "TABLE_SCHEMA", "")? {
        let (table, place) = (cells.text(), cells.number());
        let collation = tables.get(&table).map(|table| table.collation.clone());
        let column = column(source, cells, &collation.unwrap_or_default());
        found.entry(table).or_default().push((place, column));
    }
    let in_order = |mut columns: Vec<(u32, Column)>| {
        columns.sort_by_key(|(place, _)| *place);
        columns.into_iter().map(|(_, column)| column).collect()
    };
    Ok(found.into_iter().map(|(table, columns)| (table, in_order(columns))).collect())
}

fn column(source: &Source<'_>, mut cells: Cells, table_collation: &str) -> Column {
    let name = cells.text();
    let default = cells.maybe();
    let nullable = cells.is("YES");
    let data_type = cells.text();
    let length = cells.maybe().and_then(|text| text.parse().ok());
    let collation = cells.filled().filter(|collation| collation != table_collation);
    let (type_text, compression) = split_type(&cells.text());
    let extra = cells.text();
    let comment = cells.filled();
    let expression = cells.filled();
    let srid = cells.filled();
    let has = |text: &str| contains(&extra, text);

    let mut options = Options::new();
    options.extend(compression.map(|text| ("compression", text)));
    options.extend(on_update(&extra).map(|text| ("on_update", text)));
    options.extend(srid.map(|text| ("srid", text)));
    for (key, words) in [("invisible", "INVISIBLE"), ("unversioned", "WITHOUT SYSTEM VERSIONING")] {
        options.extend(has(words).then(|| (key, String::new())));
    }
    let generated = expression.map(|expression| Generated {
        expression: source.expression(&expression),
        stored: has("STORED GENERATED") || has("PERSISTENT"),
    });
    let default = match default {
        _ if generated.is_some() => None,
        None => None,
        Some(text) if source.server.mariadb => (text != "NULL").then(|| source.unqualified(text)),
        Some(text) if has("DEFAULT_GENERATED") => Some(computed(source, &text)),
        Some(text) => Some(constant(&text, &data_type)),
    };
    Column {
        name,
        nullable,
        default,
        generated,
        identity: None,
        auto_increment: has("auto_increment"),
        collation,
        comment,
        options,
        ty: ColumnType {
            // Without one in the text, the length is that of the storage.
            length: if type_text.contains('(') { length } else { None },
            text: type_text,
            kind: if data_type == "enum" { TypeKind::Enum } else { TypeKind::Base },
            name: Name::new(data_type),
            array: false,
        },
    }
}

fn contains(extra: &str, text: &str) -> bool {
    extra.to_ascii_lowercase().contains(&text.to_ascii_lowercase())
}

/// `text /*M!100301 COMPRESSED*/`: the type, and how MariaDB packs it.
fn split_type(text: &str) -> (String, Option<String>) {
    let Some((ty, comment)) = text.split_once(" /*M!") else { return (text.to_owned(), None) };
    let inner = comment.trim_start_matches(|char: char| char.is_ascii_digit());
    let (packed, rest) = inner.split_once("*/").unwrap_or((inner, ""));
    (format!("{ty}{rest}"), Some(packed.trim().to_owned()))
}

/// The function of `on update …`.
fn on_update(extra: &str) -> Option<String> {
    let at = extra.to_ascii_lowercase().find("on update ")? + "on update ".len();
    let rest = &extra[at..];
    let end = rest.find([' ', ',']).unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}

/// A default that MySQL computes, as SQL.
fn computed(source: &Source<'_>, text: &str) -> String {
    let rest = text.strip_prefix("CURRENT_TIMESTAMP");
    if rest.is_some_and(|rest| rest.is_empty() || (rest.starts_with('(') && rest.ends_with(')'))) {
        return text.to_owned();
    }
    format!("({})", text::without_parentheses(&source.expression(text)))
}

/// A default that MySQL writes bare, as SQL.
fn constant(text: &str, data_type: &str) -> String {
    let bare = match data_type {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "float"
        | "double" | "year" | "bit" => true,
        "binary" | "varbinary" => text.starts_with("0x"),
        _ => false,
    };
    if bare { text.to_owned() } else { text::literal(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types() {
        for (text, ty, packed) in [
            ("int(11)", "int(11)", None),
            ("text /*M!100301 COMPRESSED*/", "text", Some("COMPRESSED")),
        ] {
            assert_eq!(split_type(text), (ty.to_owned(), packed.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn updates() {
        for (extra, expected) in [
            ("", None),
            ("on update current_timestamp(6)", Some("current_timestamp(6)")),
            ("DEFAULT_GENERATED on update CURRENT_TIMESTAMP", Some("CURRENT_TIMESTAMP")),
            ("on update current_timestamp(), INVISIBLE", Some("current_timestamp()")),
            ("on update CURRENT_TIMESTAMP INVISIBLE", Some("CURRENT_TIMESTAMP")),
        ] {
            assert_eq!(on_update(extra).as_deref(), expected, "{extra}");
        }
    }

    #[test]
    fn constants() {
        for (text, ty, expected) in [
            ("0", "int", "0"),
            ("b'101'", "bit", "b'101'"),
            ("0x41", "varbinary", "0x41"),
            ("0x41", "varchar", "'0x41'"),
            ("NULL", "varchar", "'NULL'"),
            ("it's", "enum", "'it''s'"),
            ("2001-02-03", "date", "'2001-02-03'"),
        ] {
            assert_eq!(constant(text, ty), expected, "{text} {ty}");
        }
    }
}
