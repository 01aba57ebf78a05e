//! MySQL: what Diesel makes of a column type.

use dbmig_runtime::catalogue::Column;
use heck::ToUpperCamelCase as _;

use super::SqlType;

pub(super) fn of_column(column: &Column) -> Option<SqlType> {
    let text = &column.ty.text;
    let name = of_text(text)?;
    let mut ty = SqlType::new(&name, name.to_upper_camel_case(), column.nullable);
    ty.unsigned = is_unsigned(text);
    // Every text has a longest one; only what was written is worth telling.
    ty.max_length = column.ty.length.filter(|_| text.contains('('));
    Some(ty)
}

/// The name of the type in the text of a column; `None` for what Diesel has no rule for.
fn of_text(text: &str) -> Option<String> {
    let name = match text {
        "tinyint(1)" => "bool",
        _ if text.starts_with("int") => "integer",
        _ => text.split('(').next().unwrap_or(text),
    };
    if is_unsigned(name) {
        return Some(name.to_lowercase().replace("unsigned", "").trim().to_owned());
    }
    (!name.contains(' ')).then(|| name.to_owned())
}

fn is_unsigned(text: &str) -> bool {
    text.to_lowercase().contains("unsigned")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_types() {
        for (text, expected) in [
            ("tinyint(1)", Some("bool")),
            ("tinyint(4)", Some("tinyint")),
            ("tinyint(1) unsigned", Some("tinyint")),
            ("int", Some("integer")),
            ("int(10) unsigned", Some("integer")),
            ("bigint unsigned", Some("bigint")),
            ("bigint(20) unsigned zerofill", Some("bigint")),
            ("double unsigned", Some("double")),
            ("varchar(255)", Some("varchar")),
            ("decimal(10,2)", Some("decimal")),
            ("enum('a b','c')", Some("enum")),
            ("timestamp(6)", Some("timestamp")),
            ("double precision", None),
        ] {
            assert_eq!(of_text(text).as_deref(), expected, "{text}");
        }
    }
}
