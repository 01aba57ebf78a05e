//! `CREATE TABLE`, with all that belongs to the table.

use dbmig_build::Dialect;

use super::super::super::{Action, Check, Column, ForeignKey, Index, IndexKey, Key, Label, Table};
use super::super::{names, text};
use crate::sql;

/// The statement that makes a table.
pub(in crate::catalogue::mysql) fn create(table: &Table, mariadb: bool) -> String {
    let of_column = |column: &Column| {
        let own = |check: &&Check| check.options.get("column") == Some(&column.name);
        table.checks.iter().find(own)
    };
    let mut lines: Vec<_> =
        table.columns.iter().map(|one| column(one, of_column(one), mariadb)).collect();
    lines.extend(table.primary_key.iter().map(|one| key(table, one, "PRIMARY KEY", mariadb)));
    lines.extend(table.uniques.iter().map(|one| key(table, one, "UNIQUE KEY", mariadb)));
    lines.extend(table.indexes.iter().map(|one| index(table, one, mariadb)));
    lines.extend(system_time(table));
    lines.extend(table.options.get("period").map(|period| format!("PERIOD FOR {period}")));
    lines.extend(table.foreign_keys.iter().map(foreign_key));
    let apart = table.checks.iter().filter(|check| !check.options.contains_key("column"));
    lines.extend(apart.map(check));
    let name = names::quoted(&table.name);
    format!("CREATE TABLE {name} (\n    {}\n){}", lines.join(",\n    "), options(table))
}

fn options(table: &Table) -> String {
    let option = |key: &str| table.options.get(key);
    let mut out = String::new();
    let mut say = |text: Option<String>| {
        if let Some(text) = text {
            out.push(' ');
            out.push_str(&text);
        }
    };
    say(option("engine").map(|text| format!("ENGINE = {text}")));
    say(option("collation").map(|text| format!("COLLATE = {text}")));
    say(option("row_format").map(|text| format!("ROW_FORMAT = {text}")));
    say(option("create_options").cloned());
    say(table.comment.as_ref().map(|comment| format!("COMMENT = {}", text::literal(comment))));
    say(option("system_versioned").map(|_| "WITH SYSTEM VERSIONING".to_owned()));
    say(option("partition_by").map(|text| format!("PARTITION BY {text}")));
    out
}

pub(in crate::catalogue::mysql) fn column(
    column: &Column,
    check: Option<&Check>,
    mariadb: bool,
) -> String {
    let option = |key: &str| column.options.get(key);
    let mut out = format!("{} {}", sql::quoted(Dialect::Mysql, &column.name), column.ty.text);
    let mut say = |text: &str| {
        out.push(' ');
        out.push_str(text);
    };
    if let Some(text) = option("compression") {
        say(text);
    }
    if let Some(collation) = &column.collation {
        // It says the character set as well.
        say(&format!("COLLATE {collation}"));
    }
    if let Some(generated) = &column.generated {
        let versions = matches!(generated.expression.as_str(), "ROW START" | "ROW END");
        if versions {
            say(&format!("GENERATED ALWAYS AS {}", generated.expression));
        } else {
            let stored = if generated.stored { "STORED" } else { "VIRTUAL" };
            say(&format!("GENERATED ALWAYS AS ({}) {stored}", generated.expression));
        }
        // MariaDB knows no NOT NULL there.
        if !column.nullable && !mariadb {
            say("NOT NULL");
        }
    } else {
        // Without it, old servers make the first timestamp one that changes by itself.
        say(if column.nullable { "NULL" } else { "NOT NULL" });
    }
    if let Some(default) = &column.default {
        say(&format!("DEFAULT {default}"));
    }
    if let Some(function) = option("on_update") {
        say(&format!("ON UPDATE {function}"));
    }
    if column.auto_increment {
        say("AUTO_INCREMENT");
    }
    if option("invisible").is_some() {
        say("INVISIBLE");
    }
    if let Some(srid) = option("srid") {
        say(&format!("SRID {srid}"));
    }
    if option("unversioned").is_some() {
        say("WITHOUT SYSTEM VERSIONING");
    }
    if let Some(comment) = &column.comment {
        say(&format!("COMMENT {}", text::literal(comment)));
    }
    if let Some(check) = check {
        say(&format!("CHECK ({})", check.expression));
    }
    out
}

/// The columns that say from when to when a row was true.
fn system_time(table: &Table) -> Option<String> {
    let of = |expression: &str| {
        let is = |column: &&Column| {
            column.generated.as_ref().is_some_and(|one| one.expression == expression)
        };
        table.columns.iter().find(is).map(|column| &column.name)
    };
    let columns = [of("ROW START")?, of("ROW END")?];
    Some(format!("PERIOD FOR SYSTEM_TIME ({})", names::list(columns)))
}

fn label(label: &Label) -> String {
    let name = label.name.as_ref().filter(|name| *name != "PRIMARY");
    name.map(|name| format!("{} ", sql::quoted(Dialect::Mysql, name))).unwrap_or_default()
}

/// `USING …`, where the engine would take another one.
fn using(table: &Table, method: Option<&str>) -> String {
    match method {
        Some(method) => format!(" USING {method}"),
        None if table.options.get("engine").is_some_and(|engine| engine == "MEMORY") => {
            " USING BTREE".to_owned()
        }
        None => String::new(),
    }
}

fn invisible(yes: bool, mariadb: bool) -> &'static str {
    match (yes, mariadb) {
        (false, _) => "",
        (true, true) => " IGNORED",
        (true, false) => " INVISIBLE",
    }
}

fn commented(comment: Option<&String>) -> String {
    comment.map(|comment| format!(" COMMENT {}", text::literal(comment))).unwrap_or_default()
}

pub(in crate::catalogue::mysql) fn key(
    table: &Table,
    key: &Key,
    kind: &str,
    mariadb: bool,
) -> String {
    let option = |name: &str| key.options.get(name);
    let each = |name: &str| -> Vec<&str> {
        option(name).map(|text| text.split(',').collect()).unwrap_or_default()
    };
    let (prefixes, descending) = (each("prefix"), each("descending"));
    let mut parts: Vec<_> = (0..key.columns.len())
        .map(|at| {
            let said = |list: &[&str]| list.get(at).copied().unwrap_or_default().to_owned();
            part(&key.columns[at], &said(&prefixes), !said(&descending).is_empty())
        })
        .collect();
    parts.extend(
        option("without_overlaps")
            .map(|period| format!("{} WITHOUT OVERLAPS", sql::quoted(Dialect::Mysql, period))),
    );
    format!(
        "{kind} {}({}){}{}{}",
        label(&key.label),
        parts.join(", "),
        using(table, option("using").map(String::as_str)),
        invisible(option("invisible").is_some(), mariadb),
        commented(key.comment.as_ref()),
    )
}

fn part(column: &str, prefix: &str, descending: bool) -> String {
    let prefix = if prefix.is_empty() { String::new() } else { format!("({prefix})") };
    let descending = if descending { " DESC" } else { "" };
    format!("{}{prefix}{descending}", sql::quoted(Dialect::Mysql, column))
}

pub(in crate::catalogue::mysql) fn index(table: &Table, index: &Index, mariadb: bool) -> String {
    let method = index.method.as_deref();
    let (kind, method) = match method {
        Some(kind @ ("FULLTEXT" | "SPATIAL")) => (format!("{kind} KEY"), String::new()),
        _ if index.unique => ("UNIQUE KEY".to_owned(), using(table, method)),
        _ => ("KEY".to_owned(), using(table, method)),
    };
    let parts: Vec<_> = index
        .parts
        .iter()
        .map(|one| match &one.key {
            IndexKey::Column(column) => {
                let length = one.options.get("length").map(String::as_str).unwrap_or_default();
                part(column, length, one.descending)
            }
            IndexKey::Expression(expression) => {
                let descending = if one.descending { " DESC" } else { "" };
                format!("({expression}){descending}")
            }
        })
        .collect();
    let parser = index.options.get("parser");
    let parser = parser.map(|name| format!(" WITH PARSER {}", sql::quoted(Dialect::Mysql, name)));
    format!(
        "{kind} {}({}){method}{}{}{}",
        label(&index.label),
        parts.join(", "),
        parser.unwrap_or_default(),
        invisible(index.options.contains_key("invisible"), mariadb),
        commented(index.comment.as_ref()),
    )
}

pub(in crate::catalogue::mysql) fn foreign_key(key: &ForeignKey) -> String {
    let action = |when: &str, action: Action| match action {
        Action::NoAction => String::new(),
        action => format!(" {when} {}", action.as_str()),
    };
    let name = key.label.name.as_ref();
    let name = name.map(|name| format!("CONSTRAINT {} ", sql::quoted(Dialect::Mysql, name)));
    format!(
        "{}FOREIGN KEY ({}) REFERENCES {} ({}){}{}",
        name.unwrap_or_default(),
        names::list(&key.columns),
        names::quoted(&key.table),
        names::list(&key.referenced),
        action("ON DELETE", key.on_delete),
        action("ON UPDATE", key.on_update),
    )
}

pub(in crate::catalogue::mysql) fn check(check: &Check) -> String {
    let name = check.label.name.as_ref();
    let name = name.map(|name| format!("CONSTRAINT {} ", sql::quoted(Dialect::Mysql, name)));
    let enforced = if check.validated { "" } else { " NOT ENFORCED" };
    format!("{}CHECK ({}){enforced}", name.unwrap_or_default(), check.expression)
}
