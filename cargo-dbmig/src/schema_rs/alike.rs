//! Types that are the same by several names: as they are written of a database.
//!
//! People write `Integer` where `print-schema` writes `Int4`; Diesel has both for one type.

use dbmig_runtime::Dialect;

/// The type of a column as it is written of a database of this dialect. What stands around it stays, and
/// nothing is said of elements of arrays, which may always be NULL.
pub fn canonical(dialect: Dialect, ty: &str) -> String {
    for around in ["Nullable", "Unsigned"] {
        if let Some(inner) = inside(ty, around) {
            return format!("{around}<{}>", canonical(dialect, inner));
        }
    }
    if let Some(inner) = inside(ty, "Array") {
        let inner = canonical(dialect, inside(inner, "Nullable").unwrap_or(inner));
        return format!("Array<Nullable<{inner}>>");
    }
    for (around, suffix) in [("Range", "range"), ("Multirange", "multirange")] {
        if let Some(of) = inside(ty, around) {
            return named_range(dialect, of, suffix).unwrap_or_else(|| ty.to_owned());
        }
    }
    let same = match dialect {
        Dialect::Sqlite => sqlite(ty),
        Dialect::Postgres => postgres(ty),
        Dialect::Mysql => mysql(ty),
    };
    same.unwrap_or(ty).to_owned()
}

/// What stands in `Around<…>`.
pub fn inside<'a>(ty: &'a str, around: &str) -> Option<&'a str> {
    ty.strip_prefix(around)?.strip_prefix('<')?.strip_suffix('>')
}

fn named_range(dialect: Dialect, of: &str, suffix: &str) -> Option<String> {
    let of = match &*canonical(dialect, of) {
        "Int4" => "Int4",
        "Int8" => "Int8",
        "Numeric" => "Num",
        "Date" => "Date",
        "Timestamp" => "Ts",
        "Timestamptz" => "Tstz",
        _ => return None,
    };
    Some(format!("{of}{suffix}"))
}

fn postgres(ty: &str) -> Option<&'static str> {
    Some(match ty {
        "Boolean" => "Bool",
        "SmallInt" | "Smallint" | "SmallSerial" => "Int2",
        "Integer" | "Serial" => "Int4",
        "BigInt" | "Bigint" | "BigSerial" => "Int8",
        "Float" => "Float4",
        "Double" => "Float8",
        "Decimal" => "Numeric",
        "VarChar" => "Varchar",
        "Char" => "Bpchar",
        "Binary" | "Blob" => "Bytea",
        "MacAddr" => "Macaddr",
        "MacAddr8" => "Macaddr8",
        _ => return None,
    })
}

fn mysql(ty: &str) -> Option<&'static str> {
    Some(match ty {
        "Boolean" => "Bool",
        "TinyInt" => "Tinyint",
        "SmallInt" | "Int2" => "Smallint",
        "Int4" => "Integer",
        "BigInt" | "Int8" => "Bigint",
        "Float4" => "Float",
        "Float8" => "Double",
        "Numeric" => "Decimal",
        "VarChar" => "Varchar",
        _ => return None,
    })
}

fn sqlite(ty: &str) -> Option<&'static str> {
    Some(match ty {
        "Boolean" => "Bool",
        "Smallint" | "Int2" => "SmallInt",
        "Int4" => "Integer",
        "Bigint" | "Int8" => "BigInt",
        "Float4" => "Float",
        // SQLite has one type of such numbers.
        "Float8" | "Numeric" | "Decimal" => "Double",
        "VarChar" | "Varchar" | "Char" | "Tinytext" | "Mediumtext" | "Longtext" => "Text",
        "Blob" | "Tinyblob" | "Mediumblob" | "Longblob" | "Varbinary" => "Binary",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_type_has_several_names() {
        use Dialect::{Mysql, Postgres, Sqlite};
        for (dialect, ty, expected) in [
            (Postgres, "Integer", "Int4"),
            (Postgres, "Nullable<VarChar>", "Nullable<Varchar>"),
            (Postgres, "Array<Integer>", "Array<Nullable<Int4>>"),
            (Postgres, "Nullable<Array<Nullable<Text>>>", "Nullable<Array<Nullable<Text>>>"),
            (Postgres, "Range<Integer>", "Int4range"),
            (Postgres, "Multirange<Timestamptz>", "Tstzmultirange"),
            (Postgres, "Mood", "Mood"),
            (Mysql, "Unsigned<BigInt>", "Unsigned<Bigint>"),
            (Mysql, "Text", "Text"),
            (Sqlite, "Nullable<VarChar>", "Nullable<Text>"),
            (Sqlite, "Numeric", "Double"),
        ] {
            assert_eq!(canonical(dialect, ty), expected, "{ty}");
            assert_eq!(canonical(dialect, expected), expected);
        }
    }
}
