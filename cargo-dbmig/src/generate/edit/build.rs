//! A column out of what was asked for, with all that comes along with it.

use dbmig_build::Dialect;
use dbmig_runtime::catalogue::{
    Action, Check, Column, ColumnType, Deferrable, EnumType, ForeignKey, Label, Name, Table,
    TypeKind, literal, quoted,
};

use super::Edit;
use super::find::{parsed, plain_column};
use crate::error::{CliError, CliResult};
use crate::generate::column::{ColumnWish, Reference, TypeWish};
use crate::generate::{defaults, names};

/// A column, and what its type brings along.
pub(super) struct Built {
    pub(super) column: Column,
    /// Conditions of the table.
    pub(super) checks: Vec<String>,
    /// The enum type that it needs.
    pub(super) ty: Option<EnumType>,
}

impl Edit<'_> {
    /// Builds a column of `table`. `existing`: the table may have rows.
    pub(super) fn build(
        &mut self,
        table: &Table,
        wish: &ColumnWish,
        existing: bool,
    ) -> CliResult<Built> {
        let dialect = self.dialect();
        let wrong = |what: String| CliError::usage(format!("`{}`: {what}", wish.typed));
        let mut checks = Vec::new();
        let mut enum_type = None;
        let mut collation = None;
        let written = crate::generate::column::written_name(&wish.name, dialect);
        let ty = match &wish.ty {
            TypeWish::Word { word, array: true, .. } if dialect != Dialect::Postgres => {
                return Err(wrong(format!("{dialect} has no arrays")).help(format!(
                    "take `{}:json`, or a table of its own for `{}`",
                    wish.name, word.word
                )));
            }
            TypeWish::Word { word, args, array } => {
                let ty = word.written(dialect, args).map_err(|instead| {
                    wrong(format!("{dialect} has no `{}`: {instead}", word.word))
                        .help(format!("take another type, such as `{}:text`", wish.name))
                })?;
                checks.extend(ty.check.map(|check| check.replace("{c}", &written)));
                if word.word == "citext" && dialect == Dialect::Sqlite {
                    collation = Some("NOCASE".to_owned());
                }
                let length = args.parse().ok().filter(|_| ty.name.contains("char"));
                let mut text = ty.text;
                if wish.unsigned {
                    match dialect {
                        Dialect::Mysql => text.push_str(" unsigned"),
                        _ => checks.push(format!("{written} >= 0")),
                    }
                }
                self.need_extension(&ty.name)?;
                if *array {
                    text.push_str("[]");
                }
                ColumnType {
                    text,
                    name: Name::new(ty.name),
                    array: *array,
                    length,
                    kind: TypeKind::Base,
                }
            }
            TypeWish::Enum(values) => {
                let (ty, check, made) = enumerated(dialect, table, wish, values, &written);
                checks.extend(check);
                enum_type = made;
                ty
            }
            TypeWish::Own { text, array } => {
                if dialect != Dialect::Postgres {
                    return Err(wrong(format!("{dialect} has no types of PostgreSQL's own")));
                }
                self.own_type(text, *array)
            }
            TypeWish::OfKey => {
                let to = wish.reference.as_ref();
                let key = to.and_then(|to| self.key_of(table, to));
                collation = key.as_ref().and_then(|key| key.collation.clone());
                key.map_or_else(|| key_type(dialect), |key| without_width(key.ty, dialect))
            }
        };
        let default = defaults::of(wish, dialect)?;
        let mysql = dialect == Dialect::Mysql && !self.before.server.starts_with("mariadb");
        if existing && mysql && default.as_deref() == Some("(uuid())") {
            return Err(wrong(
                "mysql adds no column whose default differs from row to row".to_owned(),
            )
            .help("leave the default out, fill the column, and set the default after"));
        }
        let nullable = wish.null.unwrap_or(existing && default.is_none()) && !wish.primary_key;
        if existing && wish.null == Some(false) && default.is_none() && !self.options.short {
            return Err(wrong("the rows that are there would have nothing in it".to_owned())
                .help("give it a `default=…`, or fill it first and make it `not_null` after: leave `not_null` out")
                .help("or insist, where there are no rows: `--unsafe`"));
        }
        let comment = wish.comment.clone();
        if comment.is_some() && dialect == Dialect::Sqlite {
            return Err(wrong("sqlite keeps no comments".to_owned()).help("leave it out"));
        }
        if wish.after.is_some() && dialect != Dialect::Mysql {
            return Err(
                wrong(format!("{dialect} puts new columns at the end")).help("leave `after` out")
            );
        }
        checks.extend(wish.check.clone());
        let column =
            Column { nullable, default, comment, collation, ..plain_column(&wish.name, ty) };
        Ok(Built { column, checks, ty: enum_type })
    }

    /// The key that a column points to, where it is known.
    fn key_of(&self, own: &Table, to: &Reference) -> Option<Column> {
        let target = self.target(own, to)?;
        target.column(&referenced(target, to)).cloned()
    }

    fn target<'t>(&'t self, own: &'t Table, to: &Reference) -> Option<&'t Table> {
        let name = parsed(&to.table);
        if own.name == name { Some(own) } else { self.after.table(&name) }
    }

    /// The foreign key of a column, or of several.
    pub(super) fn foreign_key(
        &self,
        own: &Table,
        columns: &[String],
        to: &[Reference],
        name: Option<&String>,
    ) -> CliResult<ForeignKey> {
        let first = &to[0];
        let target = self.target(own, first);
        if target.is_none() && self.known {
            let names: Vec<_> =
                self.before.tables.iter().map(|table| table.name.to_string()).collect();
            let mut error =
                CliError::usage(format!("there is no table `{}` to point to", first.table));
            if let Some(near) =
                crate::config::nearest(&first.table, names.iter().map(String::as_str))
            {
                error = error.help(format!("did you mean `references({near})`, or `fk={near}`?"));
            }
            return Err(
                error.help(format!("make it first: `cargo dbmig generate create_{}`", first.table))
            );
        }
        let there: Vec<String> = match (to, target) {
            ([one], Some(table)) if one.column.is_none() && columns.len() > 1 => {
                table.primary_key.as_ref().map(|key| key.columns.clone()).unwrap_or_default()
            }
            ([one], Some(table)) => vec![referenced(table, one)],
            _ => {
                to.iter().map(|one| one.column.clone().unwrap_or_else(|| "id".to_owned())).collect()
            }
        };
        if there.len() != columns.len() {
            return Err(CliError::usage(format!(
                "the key of {} has {} columns, and {} point to it",
                first.table,
                there.len(),
                columns.len()
            ))
            .help("name them: `--fk table.a,table.b`"));
        }
        if let Some((table, missing)) = target
            .and_then(|table| {
                Some((table, there.iter().find(|name| table.column(name).is_none())?))
            })
            .filter(|_| self.known)
        {
            return Err(CliError::usage(format!(
                "{} has no column `{missing}` to point to",
                table.name
            )));
        }
        let pairs = columns.iter().zip(&there);
        let mut types =
            pairs.filter_map(|(here, there)| Some((own.column(here)?, target?.column(there)?)));
        let differ = types.find(|(here, there)| plain_type(here) != plain_type(there));
        if let Some((here, there)) =
            differ.filter(|_| self.known && self.dialect() == Dialect::Mysql)
        {
            return Err(CliError::usage(format!(
                "`{}` is {}, and `{}` of {} is {}: mysql wants both of the same type",
                here.name, here.ty.text, there.name, first.table, there.ty.text
            )));
        }
        let label = match name {
            Some(name) => Label::chosen(name),
            None => Label::chosen(names::free(own, columns, "fkey")),
        };
        // MySQL has one word for the two.
        let action = |action: Action| match (self.dialect(), action) {
            (Dialect::Mysql, Action::Restrict) => Action::NoAction,
            (_, action) => action,
        };
        Ok(ForeignKey {
            label,
            columns: columns.to_vec(),
            table: target.map_or_else(|| parsed(&first.table), |table| table.name.clone()),
            referenced: there,
            on_update: action(first.on_update),
            on_delete: action(first.on_delete),
            deferrable: Deferrable::No,
            validated: true,
            options: Default::default(),
            comment: None,
        })
    }

    /// A type of PostgreSQL by its name: one that the migrations make, or the server's own.
    fn own_type(&self, text: &str, array: bool) -> ColumnType {
        let name = parsed(text);
        let is_enum = self.after.enums.iter().any(|known| known.name == name);
        let kind = if is_enum { TypeKind::Enum } else { TypeKind::Base };
        let plain = text.split('(').next().unwrap_or(text).trim();
        let written = if is_enum { quoted(Dialect::Postgres, &name.name) } else { text.to_owned() };
        let brackets = if array { "[]" } else { "" };
        ColumnType {
            text: format!("{written}{brackets}"),
            name: if is_enum { name } else { Name::new(plain) },
            array,
            length: None,
            kind,
        }
    }

    /// Some types come with an extension.
    fn need_extension(&mut self, ty: &str) -> CliResult<()> {
        if self.dialect() != Dialect::Postgres || !matches!(ty, "citext" | "hstore") {
            return Ok(());
        }
        let there = self.before.extensions.iter().any(|known| known.name.name == ty);
        match (self.known, there) {
            (true, false) => Err(CliError::usage(format!("`{ty}` comes with an extension"))
                .help(format!(
                    "make a migration for it first, with `CREATE EXTENSION {ty}` in it: `cargo dbmig generate migration add_{ty}`"
                ))),
            (false, _) => {
                self.notes.push(format!("`{ty}` comes with an extension of that name"));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Adds a condition, with a name of its own.
    pub(super) fn add_check(
        &self,
        table: &mut Table,
        column: &str,
        expression: &str,
        name: Option<&String>,
    ) {
        let label = match name {
            Some(name) => Label::chosen(name),
            None => Label::chosen(names::free(table, &[column.to_owned()], "check")),
        };
        table.checks.push(Check {
            label,
            expression: expression.to_owned(),
            validated: true,
            options: Default::default(),
            comment: None,
        });
    }
}

/// The type as far as a foreign key cares: not how wide a number is shown, or how long a text is.
fn plain_type(column: &Column) -> String {
    let text = &column.ty.text;
    match (text.split_once('('), text.split_once(')')) {
        (Some((head, _)), Some((_, tail))) => format!("{head}{tail}"),
        _ => text.clone(),
    }
}

/// The column that is pointed to: the one that was named, or the key.
fn referenced(table: &Table, to: &Reference) -> String {
    let key = table.primary_key.as_ref().and_then(|key| key.columns.first());
    to.column.clone().or_else(|| key.cloned()).unwrap_or_else(|| "id".to_owned())
}

/// MariaDB tells how wide it would show a whole number, which MySQL has given up: `bigint(20)`.
fn without_width(ty: ColumnType, dialect: Dialect) -> ColumnType {
    let whole = ["smallint", "mediumint", "int", "bigint"].contains(&ty.name.name.as_str());
    match ty.text.split_once('(').zip(ty.text.split_once(')')) {
        Some(((before, _), (_, after))) if whole && dialect == Dialect::Mysql => {
            ColumnType { text: format!("{before}{after}"), ..ty }
        }
        _ => ty,
    }
}

/// The type of a key of which nothing is known.
fn key_type(dialect: Dialect) -> ColumnType {
    let (text, name) = match dialect {
        Dialect::Sqlite => ("INTEGER", "integer"),
        Dialect::Postgres => ("bigint", "int8"),
        Dialect::Mysql => ("bigint", "bigint"),
    };
    of(text, name)
}

/// A type of the server's own.
pub(super) fn of(text: &str, name: &str) -> ColumnType {
    ColumnType {
        text: text.to_owned(),
        name: Name::new(name),
        array: false,
        length: None,
        kind: TypeKind::Base,
    }
}

/// One of several values: a type, and what else says so.
fn enumerated(
    dialect: Dialect,
    table: &Table,
    wish: &ColumnWish,
    values: &[String],
    written: &str,
) -> (ColumnType, Option<String>, Option<EnumType>) {
    let literals: Vec<_> = values.iter().map(|value| literal(dialect, value)).collect();
    match dialect {
        Dialect::Sqlite => {
            let check = format!("{written} IN ({})", literals.join(", "));
            (of("TEXT", "text"), Some(check), None)
        }
        Dialect::Mysql => {
            let text = format!("enum({})", literals.join(","));
            (ColumnType { kind: TypeKind::Enum, ..of(&text, "enum") }, None, None)
        }
        Dialect::Postgres => {
            let plain = format!("{}_{}", table.name.name, wish.name);
            let name = Name { schema: table.name.schema.clone(), name: plain.clone() };
            let mut text = quoted(dialect, &plain);
            if let Some(schema) = &name.schema {
                text = format!("{}.{text}", quoted(dialect, schema));
            }
            let ty = ColumnType {
                text,
                name: name.clone(),
                array: false,
                length: None,
                kind: TypeKind::Enum,
            };
            (ty, None, Some(EnumType { name, labels: values.to_vec(), comment: None }))
        }
    }
}
