//! Diesel's structs of a table: one to read, one to insert, one to change.

use std::collections::BTreeSet;

use dbmig_build::Dialect;
use dbmig_runtime::catalogue::{Catalogue, Column, Name, Table, TypeKind};
use heck::ToUpperCamelCase as _;

use super::words::singular;
use crate::error::{CliError, CliResult};
use crate::schema_rs;

/// The structs of a table, in a file of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The text of the file.
    pub text: String,
    /// The features of Diesel, and the crates, that its types need.
    pub needs: Vec<&'static str>,
    /// What it leaves out.
    pub notes: Vec<String>,
}

/// Writes the structs of a table. `has_model` says of which tables there are some already, in modules beside
/// this one.
///
/// # Errors
///
/// The table has no primary key, or a type that Diesel does not have.
pub fn models(
    catalogue: &Catalogue,
    name: &str,
    options: &schema_rs::Options,
    has_model: &dyn Fn(&str) -> bool,
) -> CliResult<Model> {
    let name = match name.split_once('.') {
        Some((schema, name)) => Name::within(Some(schema), name),
        None => Name::new(name),
    };
    let table = catalogue
        .table(&name)
        .ok_or_else(|| CliError::usage(format!("there is no table `{name}`")))?;
    let described = schema_rs::describe(catalogue, table, options)?;
    let mut writer = Writer {
        catalogue,
        table,
        one: singular(&name.name).to_upper_camel_case(),
        fields: Vec::new(),
        enums: Vec::new(),
        needs: BTreeSet::new(),
        notes: Vec::new(),
        types: BTreeSet::new(),
    };
    for (column, described) in table.columns.iter().zip(&described.columns) {
        writer.field(column, described);
    }
    let text = writer.text(&described, has_model);
    Ok(Model { text, needs: writer.needs.into_iter().collect(), notes: writer.notes })
}

struct Field {
    rust: String,
    ty: String,
    nullable: bool,
    /// The database has a value for it.
    defaulted: bool,
    /// The database counts it.
    counted: bool,
    key: bool,
}

struct Writer<'a> {
    catalogue: &'a Catalogue,
    table: &'a Table,
    one: String,
    fields: Vec<Field>,
    enums: Vec<String>,
    needs: BTreeSet<&'static str>,
    notes: Vec<String>,
    types: BTreeSet<String>,
}

impl Writer<'_> {
    fn field(&mut self, column: &Column, described: &schema_rs::Described) {
        let Some(element) = self.rust_type(column, described) else {
            self.notes.push(format!(
                "`{}` is left out: its type `{}` has no counterpart in Rust that everybody has",
                column.name, column.ty.text
            ));
            return;
        };
        let ty = match described.array {
            true => format!("Vec<Option<{element}>>"),
            false => element,
        };
        let key =
            self.table.primary_key.as_ref().is_some_and(|key| key.columns.contains(&column.name));
        self.fields.push(Field {
            rust: described.rust.clone(),
            ty,
            nullable: described.nullable,
            defaulted: column.default.is_some() || column.identity.is_some(),
            counted: column.auto_increment
                || column.identity.is_some()
                || column.generated.is_some(),
            key,
        });
    }

    /// The Rust type of a value, or of an element.
    fn rust_type(&mut self, column: &Column, described: &schema_rs::Described) -> Option<String> {
        if column.ty.kind == TypeKind::Enum {
            return self.enumeration(column, described);
        }
        let (ty, needs): (&str, &[&'static str]) = match described.sql_type.as_str() {
            "SmallInt" | "Smallint" | "Int2" => ("i16", &[]),
            "Integer" | "Int4" => ("i32", &[]),
            "BigInt" | "Bigint" | "Int8" => ("i64", &[]),
            "TinyInt" | "Tinyint" => ("i8", &[]),
            "Float" | "Float4" => ("f32", &[]),
            "Double" | "Float8" => ("f64", &[]),
            "Numeric" | "Decimal" => {
                ("bigdecimal::BigDecimal", &["feature `numeric` of diesel", "crate `bigdecimal`"])
            }
            "Bool" => ("bool", &[]),
            "Text" | "Varchar" | "VarChar" | "Bpchar" | "Char" | "Citext" | "Tinytext"
            | "Mediumtext" | "Longtext" => ("String", &[]),
            "Timestamp" | "Datetime" => {
                ("chrono::NaiveDateTime", &["feature `chrono` of diesel", "crate `chrono`"])
            }
            "Timestamptz" => {
                ("chrono::DateTime<chrono::Utc>", &["feature `chrono` of diesel", "crate `chrono`"])
            }
            "Date" => ("chrono::NaiveDate", &["feature `chrono` of diesel", "crate `chrono`"]),
            "Time" => ("chrono::NaiveTime", &["feature `chrono` of diesel", "crate `chrono`"]),
            "Uuid" => ("uuid::Uuid", &["feature `uuid` of diesel", "crate `uuid`"]),
            "Json" | "Jsonb" => {
                ("serde_json::Value", &["feature `serde_json` of diesel", "crate `serde_json`"])
            }
            "Binary" | "Bytea" | "Blob" | "Varbinary" | "Tinyblob" | "Mediumblob" | "Longblob" => {
                ("Vec<u8>", &[])
            }
            "Inet" | "Cidr" => (
                "ipnetwork::IpNetwork",
                &["feature `ipnet-address` or `network-address` of diesel", "crate `ipnetwork`"],
            ),
            "Macaddr" | "MacAddr" => ("[u8; 6]", &[]),
            "Interval" => ("diesel::data_types::PgInterval", &[]),
            "Int4range" => ("(std::ops::Bound<i32>, std::ops::Bound<i32>)", &[]),
            "Int8range" => ("(std::ops::Bound<i64>, std::ops::Bound<i64>)", &[]),
            _ => return None,
        };
        self.needs.extend(needs);
        Some(match (described.unsigned, ty.strip_prefix('i')) {
            (true, Some(bits)) => format!("u{bits}"),
            _ => ty.to_owned(),
        })
    }

    /// An enum of Rust for one of the database.
    fn enumeration(&mut self, column: &Column, described: &schema_rs::Described) -> Option<String> {
        let dialect = self.catalogue.dialect;
        let values = match dialect {
            Dialect::Postgres => {
                let ty = self.catalogue.enums.iter().find(|ty| ty.name == column.ty.name)?;
                ty.labels.clone()
            }
            Dialect::Mysql => values_of(&column.ty.text)?,
            Dialect::Sqlite => return None,
        };
        let name = match dialect {
            Dialect::Postgres => column.ty.name.name.to_upper_camel_case(),
            _ => format!("{}{}", self.one, column.name.to_upper_camel_case()),
        };
        let variants: Vec<(String, &String)> =
            values.iter().enumerate().map(|(at, value)| (variant(value, at), value)).collect();
        let twice = |name: &str| variants.iter().filter(|(other, _)| other == name).count() > 1;
        if variants.iter().any(|(name, _)| twice(name)) {
            return None;
        }
        if !self.types.insert(name.clone()) {
            return Some(name);
        }
        let backend = match dialect {
            Dialect::Postgres => "diesel::pg::Pg",
            _ => "diesel::mysql::Mysql",
        };
        let value = match dialect {
            Dialect::Postgres => "diesel::pg::PgValue<'_>",
            _ => "diesel::mysql::MysqlValue<'_>",
        };
        let bytes = |text: &str| format!("b{text:?}");
        let ascii = values.iter().all(|value| value.is_ascii());
        let literal = |text: &str| match ascii {
            true => bytes(text),
            false => format!("{text:?}.as_bytes()"),
        };
        let sql_type = format!("crate::schema::sql_types::{}", described.sql_type);
        let mut out = format!(
            "/// One of the values of `{}.{}`.\n\
             #[derive(Debug, Clone, Copy, PartialEq, Eq, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]\n\
             #[diesel(sql_type = {sql_type})]\npub enum {name} {{\n",
            self.table.name, column.name
        );
        for (variant, value) in &variants {
            out.push_str(&format!("    /// `{value}`\n    {variant},\n"));
        }
        out.push_str(&format!(
            "}}\n\nimpl diesel::serialize::ToSql<{sql_type}, {backend}> for {name} {{\n    \
             fn to_sql<'b>(\n        &'b self,\n        out: &mut diesel::serialize::Output<'b, '_, {backend}>,\n    \
             ) -> diesel::serialize::Result {{\n        let text: &[u8] = match self {{\n"
        ));
        for (variant, value) in &variants {
            out.push_str(&format!("            Self::{variant} => {},\n", literal(value)));
        }
        out.push_str(&format!(
            "        }};\n        std::io::Write::write_all(out, text)?;\n        \
             Ok(diesel::serialize::IsNull::No)\n    }}\n}}\n\n\
             impl diesel::deserialize::FromSql<{sql_type}, {backend}> for {name} {{\n    \
             fn from_sql(value: {value}) -> diesel::deserialize::Result<Self> {{\n        \
             match value.as_bytes() {{\n"
        ));
        for (variant, value) in &variants {
            let pattern = match ascii {
                true => format!("{} => Ok(Self::{variant})", bytes(value)),
                false => format!("text if text == {} => Ok(Self::{variant})", literal(value)),
            };
            out.push_str(&format!("            {pattern},\n"));
        }
        out.push_str(&format!(
            "            other => {{\n                \
             Err(format!(\"`{{}}` is no value of {}.{}\", String::from_utf8_lossy(other)).into())\n            \
             }}\n        }}\n    }}\n}}\n",
            self.table.name, column.name
        ));
        self.enums.push(out);
        Some(name)
    }

    fn text(
        &mut self,
        table: &schema_rs::DescribedTable,
        has_model: &dyn Fn(&str) -> bool,
    ) -> String {
        let one = self.one.clone();
        let mut parents = Vec::new();
        for key in &self.table.foreign_keys {
            let parent = &key.table.name;
            let [column] = &key.columns[..] else { continue };
            let Some(at) = self.table.columns.iter().position(|one| one.name == *column) else {
                continue;
            };
            let struct_name = singular(parent).to_upper_camel_case();
            let own = *parent == self.table.name.name;
            let first =
                !parents.iter().any(|(name, ..): &(String, String, String)| *name == struct_name);
            if own || !first {
                continue;
            }
            match has_model(parent) {
                true => parents.push((struct_name, table.columns[at].rust.clone(), parent.clone())),
                false => self.notes.push(format!(
                    "`belongs_to({struct_name})` is left out: there is no model of `{parent}` beside this one"
                )),
            }
        }
        let mut out = String::new();
        out.push_str("use diesel::prelude::*;\n\n");
        for (name, _, parent) in &parents {
            out.push_str(&format!("use super::{parent}::{name};\n"));
        }
        out.push_str(&format!("use crate::schema::{};\n\n", table.rust));
        for made in &self.enums {
            out.push_str(made);
            out.push('\n');
        }
        let derive_associations = if parents.is_empty() { "" } else { ", Associations" };
        let partial = if self.fields.iter().any(|field| !is_eq(&field.ty)) { "" } else { ", Eq" };
        out.push_str(&format!("/// A row of `{}`.\n", self.table.name));
        out.push_str(&format!(
            "#[derive(Debug, Clone, PartialEq{partial}, Queryable, Selectable, Identifiable{derive_associations})]\n"
        ));
        out.push_str(&format!("#[diesel(table_name = {})]\n", table.rust));
        if table.key.len() != 1 || table.key[0] != "id" {
            out.push_str(&format!("#[diesel(primary_key({}))]\n", table.key.join(", ")));
        }
        let backend = match self.catalogue.dialect {
            Dialect::Sqlite => "diesel::sqlite::Sqlite",
            Dialect::Postgres => "diesel::pg::Pg",
            Dialect::Mysql => "diesel::mysql::Mysql",
        };
        out.push_str(&format!("#[diesel(check_for_backend({backend}))]\n"));
        for (name, column, _) in &parents {
            out.push_str(&format!("#[diesel(belongs_to({name}, foreign_key = {column}))]\n"));
        }
        out.push_str(&format!("pub struct {one} {{\n"));
        for field in &self.fields {
            let ty = optional(&field.ty, field.nullable);
            out.push_str(&format!("    pub {}: {ty},\n", field.rust));
        }
        out.push_str("}\n");
        self.new_row(&mut out, table, partial);
        self.changes(&mut out, table, partial);
        out
    }

    /// What the database does not make by itself; `None` takes what it has.
    fn new_row(&self, out: &mut String, table: &schema_rs::DescribedTable, partial: &str) {
        let fields: Vec<_> = self.fields.iter().filter(|field| !field.counted).collect();
        if fields.is_empty() {
            return;
        }
        out.push_str(&format!(
            "\n/// A row to be; what is `None` is what the database takes by itself.\n\
             #[derive(Debug, Clone, PartialEq{partial}, Insertable)]\n\
             #[diesel(table_name = {})]\npub struct New{} {{\n",
            table.rust, self.one
        ));
        for field in fields {
            let ty = optional(&field.ty, field.nullable || field.defaulted);
            out.push_str(&format!("    pub {}: {ty},\n", field.rust));
        }
        out.push_str("}\n");
    }

    /// What may change; `None` leaves it.
    fn changes(&self, out: &mut String, table: &schema_rs::DescribedTable, partial: &str) {
        let fields: Vec<_> =
            self.fields.iter().filter(|field| !field.key && !field.counted).collect();
        if fields.is_empty() {
            return;
        }
        out.push_str(&format!(
            "\n/// What is to change; `None` leaves it as it is.\n\
             #[derive(Debug, Clone, Default, PartialEq{partial}, AsChangeset)]\n\
             #[diesel(table_name = {})]\npub struct {}Changes {{\n",
            table.rust, self.one
        ));
        for field in fields {
            let ty = optional(&field.ty, field.nullable);
            out.push_str(&format!("    pub {}: Option<{ty}>,\n", field.rust));
        }
        out.push_str("}\n");
    }
}

fn optional(ty: &str, nullable: bool) -> String {
    if nullable { format!("Option<{ty}>") } else { ty.to_owned() }
}

fn is_eq(ty: &str) -> bool {
    !matches!(ty, "f32" | "f64" | "Vec<Option<f32>>" | "Vec<Option<f64>>")
}

/// The name of a variant.
fn variant(value: &str, at: usize) -> String {
    let name = value.to_upper_camel_case();
    let usable = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
        && name != "Self";
    if usable { name } else { format!("Value{}", at + 1) }
}

/// The values of `enum('a','b')`.
fn values_of(text: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix("enum(")?.strip_suffix(')')?;
    let all = dbmig_build::sql::tokens(inner, Dialect::Mysql);
    let strings = all.filter(|token| token.kind == dbmig_build::sql::TokenKind::String);
    let plain = |text: &str| {
        let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
        Some(inner.replace("''", "'"))
    };
    strings.map(|token| plain(token.text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants() {
        for (value, expected) in [
            ("admin", "Admin"),
            ("Guest User", "GuestUser"),
            ("1st", "Value1"),
            ("", "Value1"),
            ("self", "Value1"),
        ] {
            assert_eq!(variant(value, 0), expected);
        }
        assert_eq!(values_of("enum('a','it''s')").unwrap(), ["a", "it's"]);
    }
}
