//! Columns and settings of tables that stay.

use super::super::super::change::{CannotSay, Wish};
use super::super::super::facts::Piece;
use super::super::super::{Catalogue, Column, Identity, Options, Table};
use super::super::arrange::{self, Rank};
use super::super::mentions::mentions;
use super::super::steady;
use super::super::write::{full, ident, keys, needs_of_expression, on_table, table};
use super::drops::is_of_parent;
use super::{online, told, types};

/// Adds the columns that are missing, and alters those that differ.
pub(super) fn columns(
    catalogue: &Catalogue,
    before: &Table,
    after: &Table,
    wish: &Wish,
    steps: &mut Vec<arrange::Step>,
    wrong: &mut Vec<CannotSay>,
) {
    for column in &after.columns {
        let step = match before.column(&column.name) {
            None if is_of_parent(after, column) => continue,
            None => add(catalogue, after, column),
            Some(old) if is_of_parent(after, column) => inherited(after, old, column),
            Some(old) => match alter(after, old, column, wish) {
                Ok(step) => step,
                Err(why) => {
                    wrong.push(why);
                    continue;
                }
            },
        };
        if !step.sql.is_empty() {
            steps.push(step);
        }
    }
}

fn add(catalogue: &Catalogue, of: &Table, column: &Column) -> arrange::Step {
    let define = table::define(of, column, column.default.as_deref());
    let sql = format!("ALTER TABLE {} ADD COLUMN {define}", full(&of.name));
    let mut step = on_table(Rank::Late, &of.name, sql);
    step.sql.extend(table::settings(catalogue, of, column));
    step.needs.extend(mentions(&column.ty.text));
    step.needs.extend(column.default.iter().flat_map(|text| needs_of_expression(text)));
    let computed = column.generated.iter();
    step.needs.extend(computed.flat_map(|one| needs_of_expression(&one.expression)));
    step
}

/// What a partition or a child has of its own in a column of its parent.
fn inherited(of: &Table, old: &Column, column: &Column) -> arrange::Step {
    let alter = alter_column(of, column, "ONLY ");
    let mut step = on_table(Rank::Owner, &of.name, String::new());
    step.sql.clear();
    default(old, column, &alter, &mut step);
    step
}

fn alter_column(of: &Table, column: &Column, only: &str) -> impl Fn(&str) -> String + use<> {
    let (of, name, only) = (full(&of.name), ident(&column.name), only.to_owned());
    move |what: &str| format!("ALTER TABLE {only}{of} ALTER COLUMN {name} {what}")
}

fn default(
    old: &Column,
    column: &Column,
    alter: &dyn Fn(&str) -> String,
    step: &mut arrange::Step,
) {
    let said = |column: &Column| column.default.as_deref().map(steady);
    match &column.default {
        Some(text) if said(old) != said(column) => {
            step.sql.push(alter(&format!("SET DEFAULT {text}")));
            step.needs.extend(needs_of_expression(text));
        }
        None if old.default.is_some() => step.sql.push(alter("DROP DEFAULT")),
        _ => {}
    }
}

fn alter(
    of: &Table,
    old: &Column,
    column: &Column,
    wish: &Wish,
) -> Result<arrange::Step, CannotSay> {
    let mut step = on_table(Rank::Late, &of.name, String::new());
    step.sql.clear();
    if told(Piece::Column(&of.name, old)) == told(Piece::Column(&of.name, column)) {
        return Ok(step);
    }
    let alter = alter_column(of, column, "");
    if old.generated.is_some() && column.generated.is_none() {
        step.sql.push(alter("DROP EXPRESSION"));
    }
    if old.ty.text != column.ty.text || old.collation != column.collation {
        let collate = column.collation.as_ref().map(|name| format!(" COLLATE {name}"));
        let using = types::cast(&ident(&column.name), &old.ty, &column.ty);
        let using = if old.ty.text == column.ty.text { String::new() } else { using };
        step.sql.push(alter(&format!(
            "TYPE {}{}{using}",
            column.ty.text,
            collate.unwrap_or_default()
        )));
        step.needs.extend(mentions(&column.ty.text));
    }
    match (old.nullable, column.nullable) {
        (true, false) if wish.online => step.sql.extend(online::not_null(&of.name, &column.name)),
        (true, false) => step.sql.push(alter("SET NOT NULL")),
        (false, true) => step.sql.push(alter("DROP NOT NULL")),
        _ => {}
    }
    if column.generated.is_none() {
        default(old, column, &alter, &mut step);
    }
    match (&old.identity, &column.identity) {
        (None, Some(_)) => {
            // As a new column writes it.
            let whole = table::define(of, column, None);
            let at = whole.find(" GENERATED ").unwrap_or(whole.len());
            let words = whole[at..].trim_end_matches(" NOT NULL");
            step.sql.push(alter(&format!("ADD{words}")));
        }
        (Some(before), Some(after)) if before != after => {
            step.sql.push(alter(&identity(before, after)));
        }
        _ => {}
    }
    options(of, old, column, &alter, &mut step)?;
    Ok(step)
}

fn identity(before: &Identity, after: &Identity) -> String {
    let mut words = Vec::new();
    if before.always != after.always {
        let when = if after.always { "ALWAYS" } else { "BY DEFAULT" };
        words.push(format!("SET GENERATED {when}"));
    }
    let sequence = &after.sequence;
    for (key, old, new) in [
        ("INCREMENT BY", before.sequence.increment, sequence.increment),
        ("MINVALUE", before.sequence.min, sequence.min),
        ("MAXVALUE", before.sequence.max, sequence.max),
        ("START WITH", before.sequence.start, sequence.start),
        ("CACHE", before.sequence.cache, sequence.cache),
    ] {
        if old != new {
            words.push(format!("SET {key} {new}"));
        }
    }
    if before.sequence.cycle != sequence.cycle {
        words.push(format!("SET {}CYCLE", if sequence.cycle { "" } else { "NO " }));
    }
    words.join(" ")
}

fn options(
    of: &Table,
    old: &Column,
    column: &Column,
    alter: &dyn Fn(&str) -> String,
    step: &mut arrange::Step,
) -> Result<(), CannotSay> {
    for key in differing(&old.options, &column.options) {
        let what = match (key, column.options.get(key)) {
            ("storage", Some(value)) => format!("SET STORAGE {value}"),
            ("compression", Some(value)) => format!("SET COMPRESSION {value}"),
            ("compression", None) => "SET COMPRESSION default".to_owned(),
            ("statistics", Some(value)) => format!("SET STATISTICS {value}"),
            ("statistics", None) => "SET STATISTICS -1".to_owned(),
            ("set", value) => {
                let names = old.options.get("set").map(|text| setting_names(text));
                step.sql.extend(names.map(|names| alter(&format!("RESET ({names})"))));
                let Some(value) = value else { continue };
                format!("SET ({value})")
            }
            (key, _) => {
                let why = format!("column `{}`: `{key}` can not be altered by a rule", column.name);
                return Err(CannotSay::new(&of.name, why));
            }
        };
        step.sql.push(alter(&what));
    }
    Ok(())
}

fn differing<'a>(before: &'a Options, after: &'a Options) -> Vec<&'static str> {
    let mut keys: Vec<_> = before.keys().chain(after.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    keys.retain(|key| before.get(key) != after.get(key));
    keys
}

/// `a=1, b=2` as `a, b`.
fn setting_names(settings: &str) -> String {
    let names = settings.split(", ").filter_map(|one| one.split('=').next());
    names.collect::<Vec<_>>().join(", ")
}

/// Settings of a table.
pub(super) fn settings(
    before: &Table,
    after: &Table,
    steps: &mut Vec<arrange::Step>,
    wrong: &mut Vec<CannotSay>,
) {
    let of = full(&after.name);
    for key in differing(&before.options, &after.options) {
        let value = after.options.get(key);
        let mut sql = Vec::new();
        match (key, value) {
            ("unlogged", Some(_)) => sql.push(format!("ALTER TABLE {of} SET UNLOGGED")),
            ("unlogged", None) => sql.push(format!("ALTER TABLE {of} SET LOGGED")),
            ("with", _) => {
                let names = before.options.get("with").map(|text| setting_names(text));
                sql.extend(names.map(|names| format!("ALTER TABLE {of} RESET ({names})")));
                sql.extend(value.map(|value| format!("ALTER TABLE {of} SET ({value})")));
            }
            ("row_security", value) => {
                let said =
                    |text: Option<&String>, word: &str| text.is_some_and(|t| t.contains(word));
                for (word, on, off) in
                    [("enabled", "ENABLE", "DISABLE"), ("forced", "FORCE", "NO FORCE")]
                {
                    let (was, is) = (said(before.options.get(key), word), said(value, word));
                    if was != is {
                        let verb = if is { on } else { off };
                        sql.push(format!("ALTER TABLE {of} {verb} ROW LEVEL SECURITY"));
                    }
                }
            }
            ("replica_identity", value) => {
                let words = value.map_or_else(|| "DEFAULT".to_owned(), |v| keys::identity_words(v));
                sql.push(format!("ALTER TABLE ONLY {of} REPLICA IDENTITY {words}"));
            }
            ("cluster_on", Some(index)) => sql.push(format!("ALTER TABLE {of} CLUSTER ON {index}")),
            ("cluster_on", None) => sql.push(format!("ALTER TABLE {of} SET WITHOUT CLUSTER")),
            (key, _) => {
                let why = format!(
                    "`{key}` of a table can not be altered: make another table, and move the rows"
                );
                wrong.push(CannotSay::new(&after.name, why));
            }
        }
        if !sql.is_empty() {
            steps.push(arrange::Step { sql, ..on_table(Rank::Rest, &after.name, String::new()) });
        }
    }
}
