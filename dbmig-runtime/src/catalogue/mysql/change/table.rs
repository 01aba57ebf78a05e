//! One table becomes another one.

use dbmig_build::Dialect;

use super::super::super::change::{CannotSay, Step, Wish, names};
use super::super::super::facts::Piece;
use super::super::super::{Check, Column, Facts, Index, IndexKey, Key, Label, Name, Table};
use super::super::names::quoted;
use super::super::{sql, text};
use super::told;

/// The statements for all but foreign keys.
pub(super) fn alter(
    before: &Table,
    after: &Table,
    wish: &Wish,
    mariadb: bool,
) -> Result<Vec<Step>, CannotSay> {
    let of = quoted(&after.name);
    let mut steps = Vec::new();
    let mut clauses = Vec::new();
    let anew = computed_anew(before, after);
    let indexes = Indexes::of(before, after, &anew);
    for check in checks(before, after).0 {
        clauses.push(format!("DROP CONSTRAINT {}", name(&check.label)));
    }
    for label in &indexes.gone {
        clauses.push(match label.name.as_deref() {
            Some("PRIMARY") | None => "DROP PRIMARY KEY".to_owned(),
            Some(name) => format!("DROP INDEX {}", ident(name)),
        });
    }
    for (old, new) in &indexes.renamed {
        clauses.push(format!("RENAME INDEX {} TO {}", name(old), name(new)));
    }
    let mut lost = false;
    for column in &before.columns {
        let again = anew.contains(&column.name);
        if after.column(&column.name).is_none() || again {
            lost |= !again;
            clauses.push(format!("DROP COLUMN {}", ident(&column.name)));
        }
    }
    // The default collation of a table is also that of columns that say nothing.
    let collation = before.options.get("collation") != after.options.get("collation");
    if collation {
        clauses.push(match after.options.get("collation") {
            Some(collation) => format!("DEFAULT COLLATE = {collation}"),
            None => "DEFAULT CHARACTER SET = DEFAULT".to_owned(),
        });
    }
    clauses.extend(columns(before, after, &anew, (wish.order, collation, mariadb)));
    clauses.extend(indexes.new.iter().map(|one| format!("ADD {}", one.define(after, mariadb))));
    clauses.extend(
        checks(before, after)
            .1
            .into_iter()
            .map(|check| format!("ADD {}", sql::table::check(check))),
    );
    clauses.extend(options(before, after)?);
    if !clauses.is_empty() {
        let sql = format!("ALTER TABLE {of}\n    {}", clauses.join(",\n    "));
        let converts = before.columns.iter().any(|column| {
            let now = after.column(&column.name);
            now.is_some_and(|now| now.ty.text != column.ty.text)
        });
        steps.push(Step { destroys: lost || converts, ..Step::new(&after.name, sql) });
    }
    steps.extend(
        alone(before, after)
            .into_iter()
            .map(|what| Step::new(&after.name, format!("ALTER TABLE {of} {what}"))),
    );
    Ok(steps)
}

fn ident(name: &str) -> String {
    crate::sql::quoted(Dialect::Mysql, name)
}

fn name(label: &Label) -> String {
    ident(label.name.as_deref().unwrap_or_default())
}

/// Columns that are computed in another way: they can only be made anew.
fn computed_anew(before: &Table, after: &Table) -> Vec<String> {
    let anew = before.columns.iter().filter(|column| {
        let now = after.column(&column.name);
        now.is_some_and(|now| {
            now.generated != column.generated
                && (now.generated.is_some() || column.generated.is_some())
        })
    });
    let mut anew: Vec<_> = anew.map(|column| column.name.clone()).collect();
    // And those that are computed from them, or from what goes.
    let gone = |name: &String| after.column(name).is_none();
    loop {
        let from = before.columns.iter().filter(|column| {
            let computed = column.generated.as_ref().is_some_and(|one| {
                let all = before.columns.iter().map(|column| &column.name);
                let mut moved = all.filter(|name| anew.contains(name) || gone(name));
                moved.any(|name| names(&one.expression, Dialect::Mysql, name))
            });
            computed && !anew.contains(&column.name) && !gone(&column.name)
        });
        let more: Vec<_> = from.map(|column| column.name.clone()).collect();
        if more.is_empty() {
            return anew;
        }
        anew.extend(more);
    }
}

/// Conditions that stand in a column belong to it.
fn of_column<'a>(table: &'a Table, column: &Column) -> Option<&'a Check> {
    table.checks.iter().find(|check| check.options.get("column") == Some(&column.name))
}

/// Conditions of the table that go, and those that come.
fn checks<'a>(before: &'a Table, after: &'a Table) -> (Vec<&'a Check>, Vec<&'a Check>) {
    let apart = |table: &'a Table| {
        table.checks.iter().filter(|check| !check.options.contains_key("column"))
    };
    let both = super::super::super::change::pairs(apart(before), apart(after), |check| {
        told(Piece::Check(&after.name, check))
    });
    let (mut gone, mut new) = (both.removed, both.added);
    for (old, now) in both.altered {
        gone.push(old);
        new.push(now);
    }
    (gone, new)
}

/// The clauses for columns. With `order` they come to stand where they are wished for, and with `all` every
/// column says again what it is.
fn columns(
    before: &Table,
    after: &Table,
    anew: &[String],
    (order, all, mariadb): (bool, bool, bool),
) -> Vec<String> {
    let stays =
        |column: &&Column| after.column(&column.name).is_some() && !anew.contains(&column.name);
    let mut stand: Vec<&str> =
        before.columns.iter().filter(stays).map(|column| &*column.name).collect();
    let mut clauses = Vec::new();
    for (at, column) in after.columns.iter().enumerate() {
        let previous = at.checked_sub(1).map(|at| &*after.columns[at].name);
        let place = match previous {
            Some(previous) => format!(" AFTER {}", ident(previous)),
            None => " FIRST".to_owned(),
        };
        let behind = |stand: &[&str]| {
            previous.map_or(Some(0), |name| {
                Some(stand.iter().position(|one| one.eq_ignore_ascii_case(name))? + 1)
            })
        };
        let define = sql::table::column(column, of_column(after, column), mariadb);
        let here = stand.iter().position(|name| name.eq_ignore_ascii_case(&column.name));
        let Some(here) = here else {
            let wanted = behind(&stand).unwrap_or(stand.len());
            let place = if wanted == stand.len() { "" } else { &*place };
            clauses.push(format!("ADD COLUMN {define}{place}"));
            stand.insert(wanted, &column.name);
            continue;
        };
        let moves = order && behind(&stand).is_some_and(|wanted| wanted != here);
        let old = before.column(&column.name);
        let said = |table: &Table, column: &Column| -> (Facts, Option<String>) {
            let check = of_column(table, column).map(|check| check.expression.clone());
            (told(Piece::Column(&after.name, column)).1, check)
        };
        let differs = old.is_none_or(|old| said(before, old) != said(after, column));
        if moves {
            stand.remove(here);
            let wanted = behind(&stand).unwrap_or(stand.len());
            stand.insert(wanted, &column.name);
        }
        if moves || differs || all {
            let place = if moves { &*place } else { "" };
            clauses.push(format!("MODIFY COLUMN {define}{place}"));
        }
    }
    clauses
}

/// An index, whatever it is called in the model.
#[derive(Clone, Copy)]
enum One<'a> {
    Primary(&'a Key),
    Unique(&'a Key),
    Index(&'a Index),
}

impl One<'_> {
    fn label(&self) -> &Label {
        match self {
            Self::Primary(key) | Self::Unique(key) => &key.label,
            Self::Index(index) => &index.label,
        }
    }

    /// What is true of it, without its name.
    fn said(&self, of: &Name) -> (super::super::super::Object, Facts) {
        let label = Label { name: Some(String::new()), generated: false };
        match self {
            Self::Primary(key) => told(Piece::PrimaryKey(of, &Key { label, ..(*key).clone() })),
            Self::Unique(key) => told(Piece::Unique(of, &Key { label, ..(*key).clone() })),
            Self::Index(index) => told(Piece::Index(of, &Index { label, ..(*index).clone() })),
        }
    }

    fn columns(&self) -> Vec<String> {
        match self {
            Self::Primary(key) | Self::Unique(key) => key.columns.clone(),
            Self::Index(index) => {
                let of_part = |part: &super::super::super::IndexPart| match &part.key {
                    IndexKey::Column(name) => Some(name.clone()),
                    IndexKey::Expression(_) => None,
                };
                index.parts.iter().filter_map(of_part).collect()
            }
        }
    }

    fn define(&self, table: &Table, mariadb: bool) -> String {
        match self {
            Self::Primary(key) => sql::table::key(table, key, "PRIMARY KEY", mariadb),
            Self::Unique(key) => sql::table::key(table, key, "UNIQUE KEY", mariadb),
            Self::Index(index) => sql::table::index(table, index, mariadb),
        }
    }
}

fn all(table: &Table) -> Vec<One<'_>> {
    let primary = table.primary_key.iter().map(One::Primary);
    let uniques = table.uniques.iter().map(One::Unique);
    primary.chain(uniques).chain(table.indexes.iter().map(One::Index)).collect()
}

/// Keys and indexes that differ.
struct Indexes<'a> {
    gone: Vec<&'a Label>,
    gone_columns: Vec<String>,
    renamed: Vec<(&'a Label, &'a Label)>,
    new: Vec<One<'a>>,
}

impl<'a> Indexes<'a> {
    fn of(before: &'a Table, after: &'a Table, anew: &[String]) -> Self {
        let of = &after.name;
        let mut left = all(before);
        let mut open: Vec<_> = all(after).into_iter().map(Some).collect();
        let mut renamed = Vec::new();
        let label = |one: One<'a>| match one {
            One::Primary(key) | One::Unique(key) => &key.label,
            One::Index(index) => &index.label,
        };
        let touched = |one: &One<'_>| one.columns().iter().any(|column| anew.contains(column));
        // The very same, then those whose names the server chose, then those that only change their name.
        for round in 0..3 {
            for slot in &mut open {
                let Some(new) = *slot else { continue };
                let found = left.iter().position(|old| {
                    let named = match round {
                        0 => old.label().name == new.label().name,
                        1 => old.label().generated && new.label().generated,
                        _ => !matches!(new, One::Primary(_)),
                    };
                    named && !touched(old) && old.said(of) == new.said(of)
                });
                let Some(at) = found else { continue };
                let old = left.remove(at);
                if round == 2 {
                    renamed.push((label(old), label(new)));
                }
                *slot = None;
            }
        }
        let gone_columns = left.iter().flat_map(One::columns).collect();
        let gone = left.into_iter().map(label).collect();
        Self { gone, gone_columns, renamed, new: open.into_iter().flatten().collect() }
    }
}

/// Columns that a foreign key over them would keep from what is to happen: other ones, and those of an index
/// that goes.
pub(super) fn moved(before: &Table, after: &Table) -> Vec<String> {
    let anew = computed_anew(before, after);
    let converts = before.columns.iter().filter(|column| {
        let now = after.column(&column.name);
        now.is_none_or(|now| {
            // MySQL refuses to let a column count, or to have it stop, that a key of another table is about.
            (&now.ty.text, &now.collation, now.nullable, now.auto_increment)
                != (&column.ty.text, &column.collation, column.nullable, column.auto_increment)
        })
    });
    let mut moved: Vec<_> = converts.map(|column| column.name.clone()).collect();
    if before.options.get("collation") != after.options.get("collation") {
        moved.extend(before.columns.iter().map(|column| column.name.clone()));
    }
    moved.extend(Indexes::of(before, after, &anew).gone_columns);
    moved.extend(anew);
    moved
}

/// Settings of the table that can stand beside everything else.
fn options(before: &Table, after: &Table) -> Result<Vec<String>, CannotSay> {
    let mut clauses = Vec::new();
    let mut keys: Vec<_> = before.options.keys().chain(after.options.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys.into_iter().filter(|key| before.options.get(key) != after.options.get(key)) {
        let value = after.options.get(key);
        match (key, value) {
            ("collation" | "partition_by" | "system_versioned", _) => {}
            ("engine", value) => {
                clauses.push(format!("ENGINE = {}", value.map_or("InnoDB", String::as_str)));
            }
            ("row_format", value) => {
                clauses.push(format!("ROW_FORMAT = {}", value.map_or("DEFAULT", String::as_str)));
            }
            ("create_options", Some(value)) => clauses.push(value.clone()),
            (key, _) => {
                let key = key.replace('_', " ");
                let why = format!("{key} of a table can not be altered by a rule: do it by hand");
                return Err(CannotSay::new(&after.name, why));
            }
        }
    }
    if before.comment != after.comment {
        let comment = after.comment.as_deref().unwrap_or_default();
        clauses.push(format!("COMMENT = {}", text::literal(comment)));
    }
    Ok(clauses)
}

/// What needs a statement of its own.
fn alone(before: &Table, after: &Table) -> Vec<String> {
    let differs = |key: &str| before.options.get(key) != after.options.get(key);
    let mut out = Vec::new();
    if differs("partition_by") {
        out.push(match after.options.get("partition_by") {
            Some(how) => format!("PARTITION BY {how}"),
            None => "REMOVE PARTITIONING".to_owned(),
        });
    }
    if differs("system_versioned") {
        let add = after.options.contains_key("system_versioned");
        out.push(format!("{} SYSTEM VERSIONING", if add { "ADD" } else { "DROP" }));
    }
    out
}
