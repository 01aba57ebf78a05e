//! What the types of each dialect take.

use super::Class;

/// The numbers in the parentheses of a type.
fn numbers(text: &str) -> Vec<usize> {
    let inside = text.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let inside = inside.map(|(inside, _)| inside).unwrap_or_default();
    inside.split(',').filter_map(|number| number.trim().parse().ok()).collect()
}

fn digits_of(text: &str) -> Option<(usize, usize)> {
    match numbers(text)[..] {
        [precision] => Some((precision, 0)),
        [precision, scale, ..] if scale <= precision => Some((precision - scale, scale)),
        _ => None,
    }
}

pub(super) const fn signed(bits: u32) -> Class {
    let most = 1_i128 << (bits - 1);
    Class::Integer(-most, most - 1)
}

pub(super) fn sqlite(name: &str, text: &str, length: Option<u64>) -> Class {
    let has = |word: &str| name.contains(word);
    if has("bool") {
        Class::Boolean
    } else if has("int") {
        signed(64)
    } else if has("uuid") {
        Class::Any
    } else if has("char") || has("clob") || has("text") {
        // SQLite does not hold to a length, but Diesel's other backends and people do.
        Class::Text(length.or_else(|| numbers(text).first().map(|&n| n as u64)))
    } else if has("blob") || has("binary") {
        Class::Hex(None)
    } else if has("datetime") || has("timestamp") {
        Class::DateTime(true)
    } else if has("date") {
        Class::Date
    } else if has("time") {
        Class::Time
    } else if has("json") {
        Class::Json
    } else if has("real") || has("floa") || has("doub") {
        Class::Float
    } else if has("numeric") || has("decimal") {
        Class::Decimal(digits_of(text))
    } else {
        Class::Any
    }
}

pub(super) fn mysql(name: &str, text: &str, length: Option<u64>) -> Class {
    let lower = text.to_ascii_lowercase();
    let whole = |bits: u32| match lower.contains("unsigned") {
        true => Class::Integer(0, (1 << bits) - 1),
        false => signed(bits),
    };
    match name {
        "tinyint" if lower.starts_with("tinyint(1)") => Class::Boolean,
        "tinyint" => whole(8),
        "smallint" => whole(16),
        "mediumint" => whole(24),
        "int" => whole(32),
        "bigint" => whole(64),
        "decimal" => Class::Decimal(digits_of(text)),
        "float" | "double" => Class::Float,
        "char" | "varchar" => {
            Class::Text(length.or_else(|| numbers(text).first().map(|&n| n as u64)))
        }
        "tinytext" | "text" | "mediumtext" | "longtext" => Class::Text(None),
        "binary" | "varbinary" => Class::Hex(length),
        "tinyblob" | "blob" | "mediumblob" | "longblob" => Class::Hex(None),
        "date" => Class::Date,
        "time" => Class::Time,
        "datetime" | "timestamp" => Class::DateTime(false),
        "year" => Class::Integer(1901, 2155),
        "uuid" => Class::Uuid,
        "json" => Class::Json,
        "enum" => labels(text).map_or(Class::Any, Class::OneOf),
        _ => Class::Any,
    }
}

/// The words of `enum('a','it''s')`.
fn labels(text: &str) -> Option<Vec<String>> {
    let inside = text.split_once('(')?.1.strip_suffix(')')?;
    let mut labels = Vec::new();
    let mut rest = inside.trim();
    while let Some(begun) = rest.strip_prefix('\'') {
        let mut label = String::new();
        let mut parts = begun;
        loop {
            let (part, after) = parts.split_once('\'')?;
            label.push_str(part);
            match after.strip_prefix('\'') {
                Some(more) => {
                    label.push('\'');
                    parts = more;
                }
                None => {
                    rest = after.trim_start().trim_start_matches(',').trim_start();
                    break;
                }
            }
        }
        labels.push(label);
    }
    (rest.is_empty() && !labels.is_empty()).then_some(labels)
}

pub(super) fn postgres(name: &str, text: &str, length: Option<u64>) -> Class {
    match name {
        "int2" => signed(16),
        "int4" => signed(32),
        "int8" => signed(64),
        "numeric" => Class::Decimal(digits_of(text)),
        "float4" | "float8" => Class::Float,
        "bool" => Class::Boolean,
        "varchar" | "bpchar" => Class::Text(length),
        "text" => Class::Text(None),
        "bytea" => Class::Hex(None),
        "date" => Class::Date,
        "time" | "timetz" => Class::Time,
        "timestamp" | "timestamptz" => Class::DateTime(true),
        "uuid" => Class::Uuid,
        "json" | "jsonb" => Class::Json,
        _ => Class::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types() {
        assert_eq!(
            mysql("enum", "enum('a','it''s')", None),
            Class::OneOf(vec!["a".into(), "it's".into()])
        );
        assert_eq!(mysql("int", "int(10) unsigned", None), Class::Integer(0, 4_294_967_295));
        assert_eq!(sqlite("varchar(5)", "VARCHAR(5)", None), Class::Text(Some(5)));
        assert_eq!(postgres("numeric", "numeric(5,2)", None), Class::Decimal(Some((3, 2))));
    }
}
