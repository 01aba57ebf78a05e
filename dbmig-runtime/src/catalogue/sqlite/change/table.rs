//! What `ALTER TABLE` can do for one table, and what it can not.

use dbmig_build::sql::TokenKind;

use super::super::super::change::{CannotSay, Pairs, Step, Wish, pairs};
use super::super::super::facts::Piece;
use super::super::super::{Check, Column, ForeignKey, Table};
use super::super::columns::written_default;
use super::super::names::{bare, folded, unquoted};
use super::super::text::seen;
use super::super::write;
use super::{indexes, told};

/// How a table becomes another one.
pub(super) enum Alteration<'a> {
    /// It is that already.
    None,
    /// By dropping and adding columns; neither where only its indexes differ.
    Alter {
        /// Columns that go.
        dropped: Vec<&'a str>,
        /// Columns that come, in their order.
        added: Vec<Added<'a>>,
    },
    /// It is built anew.
    Rebuild,
}

/// A column that comes, with what can only be said together with it.
pub(super) struct Added<'a> {
    column: &'a Column,
    reference: Option<&'a ForeignKey>,
    checks: Vec<&'a Check>,
}

/// How `before` becomes `after`.
pub(super) fn alteration<'a>(
    before: &'a Table,
    after: &'a Table,
    wish: &Wish,
) -> Result<Alteration<'a>, CannotSay> {
    let columns = columns(before, after);
    let constraints = Constraints::of(before, after);
    let same = columns.altered.is_empty() && before.options == after.options;
    let ordered = !wish.order || in_order(before, after, &columns);
    let settled = columns.removed.is_empty() && columns.added.is_empty();
    if same && settled && ordered && constraints.same() {
        let indexes = indexes(before, after);
        let differ = [indexes.altered.len(), indexes.removed.len(), indexes.added.len()] != [0; 3];
        return Ok(if differ {
            Alteration::Alter { dropped: vec![], added: vec![] }
        } else {
            Alteration::None
        });
    }
    if [before, after].iter().any(|table| table.options.contains_key("virtual")) {
        let why = "a virtual table can not be altered, and what its module keeps can not be copied: \
                   drop it, make it, and fill it again in a migration of your own";
        return Err(CannotSay::new(&after.name, why));
    }
    if !same || !ordered || !constraints.only_added {
        return Ok(Alteration::Rebuild);
    }
    let dropped: Vec<_> = columns.removed.iter().map(|column| column.name.as_str()).collect();
    if dropped.iter().any(|name| is_used(before, name)) || dropped.len() == before.columns.len() {
        return Ok(Alteration::Rebuild);
    }
    let added = constraints.spread(&columns.added);
    Ok(added.map_or(Alteration::Rebuild, |added| Alteration::Alter { dropped, added }))
}

fn columns<'a>(before: &'a Table, after: &'a Table) -> Pairs<'a, Column> {
    pairs(&before.columns, &after.columns, |column| told(Piece::Column(&after.name, column)))
}

/// Whether the columns stand in their order once some are gone, and others are behind them.
fn in_order(before: &Table, after: &Table, columns: &Pairs<'_, Column>) -> bool {
    let stay = before.columns.iter().filter(|column| after.column(&column.name).is_some());
    let come = columns.added.iter().copied();
    stay.chain(come).map(|column| &column.name).eq(after.columns.iter().map(|column| &column.name))
}

/// The statements, without those for indexes.
pub(super) fn steps(after: &Table, dropped: &[&str], added: &[Added<'_>]) -> Vec<Step> {
    let table = bare(&after.name.name);
    let drop = |name: &&str| format!("ALTER TABLE {table} DROP COLUMN {}", bare(name));
    let dropped = dropped.iter().map(drop).map(|sql| Step::destroying(&after.name, sql));
    let add = |added: &Added<'_>| {
        let mut sql =
            format!("ALTER TABLE {table} ADD COLUMN {}", write::column(added.column, None));
        if let Some(key) = &added.reference {
            // Behind a column stands everything but the columns here.
            let whole = write::foreign_key(key);
            let head = format!("FOREIGN KEY ({}) ", bare(&added.column.name));
            sql.push(' ');
            sql.push_str(&whole.replacen(&head, "", 1));
        }
        for check in &added.checks {
            sql.push_str(&format!(" {}CHECK ({})", write::name(&check.label), check.expression));
        }
        Step::new(&after.name, sql)
    };
    dropped.chain(added.iter().map(add)).collect()
}

/// The constraints of a table that differ.
struct Constraints<'a> {
    /// All that differs is foreign keys and conditions that are new.
    only_added: bool,
    references: Vec<&'a ForeignKey>,
    checks: Vec<&'a Check>,
}

impl<'a> Constraints<'a> {
    fn of(before: &'a Table, after: &'a Table) -> Self {
        let name = &after.name;
        let primary = pairs(&before.primary_key, &after.primary_key, |key| {
            told(Piece::PrimaryKey(name, key))
        });
        let uniques = pairs(&before.uniques, &after.uniques, |key| told(Piece::Unique(name, key)));
        let references = pairs(&before.foreign_keys, &after.foreign_keys, |key| {
            told(Piece::ForeignKey(name, key))
        });
        let checks = pairs(&before.checks, &after.checks, |one| told(Piece::Check(name, one)));
        let only_added = [
            primary.altered.len() + primary.removed.len() + primary.added.len(),
            uniques.altered.len() + uniques.removed.len() + uniques.added.len(),
            references.altered.len() + references.removed.len(),
            checks.altered.len() + checks.removed.len(),
        ] == [0; 4];
        Self { only_added, references: references.added, checks: checks.added }
    }

    fn same(&self) -> bool {
        self.only_added && self.references.is_empty() && self.checks.is_empty()
    }

    /// The new columns, each with the new constraints that it can bring along; `None` where there is no
    /// column for one, or no `ADD COLUMN`.
    fn spread(&self, added: &[&'a Column]) -> Option<Vec<Added<'a>>> {
        let mut all: Vec<_> =
            added.iter().map(|column| Added { column, reference: None, checks: vec![] }).collect();
        for key in &self.references {
            let [name] = key.columns.as_slice() else { return None };
            let here = all.iter_mut().find(|one| one.column.name == *name)?;
            // It takes one behind it; and rows that point nowhere are refused.
            if here.reference.replace(key).is_some() || here.column.default.is_some() {
                return None;
            }
        }
        for check in &self.checks {
            // The last of the columns that it names brings it along: the others are there by then.
            let here =
                all.iter_mut().rev().find(|one| names(&check.expression, &one.column.name))?;
            here.checks.push(check);
        }
        all.iter().all(|added| can_be_added(added.column)).then_some(all)
    }
}

/// What `ADD COLUMN` takes, whatever rows there are.
fn can_be_added(column: &Column) -> bool {
    if let Some(generated) = &column.generated {
        return !generated.stored;
    }
    let constant = column.default.as_deref().is_none_or(|default| {
        let written = written_default(default);
        !written.starts_with('(') && !written.to_ascii_uppercase().starts_with("CURRENT_")
    });
    constant && (column.nullable || column.default.is_some())
}

/// Whether anything of a table but its columns names this one. Indexes that stay do not.
fn is_used(table: &Table, name: &str) -> bool {
    let has = |columns: &[String]| columns.iter().any(|column| column.eq_ignore_ascii_case(name));
    let keys = || table.primary_key.iter().chain(&table.uniques);
    keys().any(|key| has(&key.columns))
        || table.foreign_keys.iter().any(|key| has(&key.columns))
        || table.checks.iter().any(|check| names(&check.expression, name))
        || table
            .columns
            .iter()
            .filter_map(|column| column.generated.as_ref())
            .any(|generated| names(&generated.expression, name))
}

/// Whether an expression names this column, or may.
fn names(expression: &str, column: &str) -> bool {
    seen(expression).iter().any(|token| {
        matches!(token.kind, TokenKind::Word | TokenKind::QuotedName)
            && folded(&unquoted(token.text)) == folded(column)
    })
}
