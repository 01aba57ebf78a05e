//! Keys, conditions, and indexes of tables that stay.

use super::super::super::change::{Step, Wish, pairs};
use super::super::super::facts::Piece;
use super::super::super::{
    Catalogue, Check, Exclusion, Facts, ForeignKey, Index, Key, Label, Name, Object, Table,
};
use super::super::arrange::{self, Rank};
use super::super::write::{full, ident, keys, needs_of_expression, on_table, relation, table};
use super::gone::Going;
use super::{online, told};

/// What has a name and can be taken by itself.
trait Named: Clone {
    fn label(&self) -> &Label;
    fn label_mut(&mut self) -> &mut Label;
    fn forget_comment(&mut self);
    fn told(&self, of: &Name) -> (Object, Facts);

    /// Without what can be altered while it stays.
    fn settled(&self) -> Self {
        let mut settled = self.clone();
        settled.forget_comment();
        settled
    }
}

macro_rules! named {
    ($type:ident, $piece:ident) => {
        impl Named for $type {
            fn label(&self) -> &Label {
                &self.label
            }
            fn label_mut(&mut self) -> &mut Label {
                &mut self.label
            }
            fn forget_comment(&mut self) {
                self.comment = None;
            }
            fn told(&self, of: &Name) -> (Object, Facts) {
                told(Piece::$piece(of, self))
            }
        }
    };
}
named!(Key, Unique);
named!(ForeignKey, ForeignKey);
named!(Check, Check);
named!(Exclusion, Exclusion);
named!(Index, Index);

/// Renames what is the same under another name; `rest` has the new names then.
pub(super) fn relabel(rest: &mut Catalogue, to: &Catalogue) -> Vec<Step> {
    let mut steps = Vec::new();
    for table in &mut rest.tables {
        let Some(after) = to.table(&table.name) else { continue };
        let name = table.name.clone();
        let constraint = |old: &str, new: &str| {
            let (of, old, new) = (full(&name), ident(old), ident(new));
            Step::new(&name, format!("ALTER TABLE {of} RENAME CONSTRAINT {old} TO {new}"))
        };
        let index = |old: &str, new: &str| {
            let old = full(&Name { schema: name.schema.clone(), name: old.to_owned() });
            Step::new(&name, format!("ALTER INDEX {old} RENAME TO {}", ident(new)))
        };
        let mut keys: Vec<_> = table.primary_key.take().into_iter().collect();
        let wished: Vec<_> = after.primary_key.iter().cloned().collect();
        relabel_list(&name, &mut keys, &wished, &constraint, &mut steps);
        table.primary_key = keys.pop();
        relabel_list(&name, &mut table.uniques, &after.uniques, &constraint, &mut steps);
        relabel_list(&name, &mut table.foreign_keys, &after.foreign_keys, &constraint, &mut steps);
        relabel_list(&name, &mut table.checks, &after.checks, &constraint, &mut steps);
        relabel_list(&name, &mut table.exclusions, &after.exclusions, &constraint, &mut steps);
        relabel_list(&name, &mut table.indexes, &after.indexes, &index, &mut steps);
    }
    steps
}

fn relabel_list<T: Named>(
    of: &Name,
    list: &mut [T],
    wished: &[T],
    write: &dyn Fn(&str, &str) -> Step,
    steps: &mut Vec<Step>,
) {
    let nameless = |one: &T| {
        let mut one = one.settled();
        *one.label_mut() = Label { name: Some(String::new()), generated: false };
        one.told(of)
    };
    let both = pairs(&*list, wished, |one| one.told(of));
    let renamed: Vec<_> = both
        .added
        .iter()
        .filter_map(|added| {
            let new = added.label().name.clone()?;
            let is = |gone: &&&T| nameless(gone) == nameless(added);
            let old = both.removed.iter().find(is)?.label().name.clone()?;
            let taken = list.iter().any(|one| one.label().name.as_ref() == Some(&new));
            (!taken && old != new).then(|| (old, added.label().clone()))
        })
        .collect();
    for (old, label) in renamed {
        let is = |one: &&mut T| one.label().name.as_ref() == Some(&old);
        let Some(one) = list.iter_mut().find(is) else { continue };
        steps.push(write(&old, label.name.as_deref().unwrap_or_default()));
        *one.label_mut() = label;
    }
}

/// Takes out what is not wished for, and what stands on something that goes.
pub(super) fn take(rest: &mut Catalogue, to: &Catalogue, going: &Going) {
    let mut keys = Vec::new();
    for table in &mut rest.tables {
        let Some(after) = to.table(&table.name) else { continue };
        let of = table.name.clone();
        let before = table.clone();
        let primary: Vec<_> = table.primary_key.take().into_iter().collect();
        let wished: Vec<_> = after.primary_key.iter().cloned().collect();
        let over = |key: &Key| going.drops(&of, &key.columns);
        table.primary_key = stay(&of, &primary, &wished, over).pop();
        table.uniques = stay(&of, &table.uniques, &after.uniques, over);
        table.checks =
            stay(&of, &table.checks, &after.checks, |one| going.touches_on(&of, &one.expression));
        table.exclusions = stay(&of, &table.exclusions, &after.exclusions, |one| {
            going.touches_on(&of, &one.definition)
        });
        table.indexes = stay(&of, &table.indexes, &after.indexes, |one| {
            let parts = one.parts.iter().any(|part| match &part.key {
                super::super::super::IndexKey::Column(_) => false,
                super::super::super::IndexKey::Expression(text) => going.touches_on(&of, text),
            });
            let over = going.drops(&of, &index_columns(one)) || going.drops(&of, &one.include);
            over || parts || one.predicate.iter().any(|text| going.touches_on(&of, text))
        });
        keys.extend(gone_keys(&before, table));
    }
    for table in &mut rest.tables {
        let Some(after) = to.table(&table.name) else { continue };
        let of = table.name.clone();
        table.foreign_keys = stay(&of, &table.foreign_keys, &after.foreign_keys, |key| {
            // The key that it points to comes back as another one.
            let points = keys.iter().any(|(table, columns)| {
                key.table == *table && same_names(columns, &key.referenced)
            });
            points || going.takes(&of, &key.columns) || going.takes(&key.table, &key.referenced)
        });
    }
    for view in &mut rest.views {
        let Some(after) = to.views.iter().find(|one| one.name == view.name) else { continue };
        view.indexes = stay(&view.name, &view.indexes, &after.indexes, |_| false);
    }
}

/// The keys that foreign keys may point to, and that go.
fn gone_keys(before: &Table, rest: &Table) -> Vec<(Name, Vec<String>)> {
    let left = |label: &Label| {
        let keys = rest.primary_key.iter().chain(&rest.uniques).map(|key| &key.label);
        let mut all = keys.chain(rest.indexes.iter().map(|index| &index.label));
        all.any(|other| other.name == label.name)
    };
    let keys = before.primary_key.iter().chain(&before.uniques);
    let keys = keys.filter(|key| !left(&key.label)).map(|key| key.columns.clone());
    let indexes = before.indexes.iter().filter(|index| index.unique && !left(&index.label));
    let all = keys.chain(indexes.map(index_columns));
    all.map(|columns| (before.name.clone(), columns)).collect()
}

fn index_columns(index: &Index) -> Vec<String> {
    let parts = index.parts.iter().filter_map(|part| match &part.key {
        super::super::super::IndexKey::Column(name) => Some(name.clone()),
        super::super::super::IndexKey::Expression(_) => None,
    });
    parts.collect()
}

fn same_names(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|name| other.contains(name))
}

/// Those that both have, and that nothing is wrong with. A comment is altered while it stays, and so is a
/// constraint whose old rows are looked at now.
fn stay<T: Named>(of: &Name, before: &[T], after: &[T], goes: impl Fn(&T) -> bool) -> Vec<T> {
    let plain: Vec<_> = before.iter().map(Named::settled).collect();
    let wished: Vec<_> = after.iter().map(Named::settled).collect();
    let told = |one: &T| {
        let (object, mut facts) = one.told(of);
        facts.remove("not valid");
        (object, facts)
    };
    let valid = |one: &T| !one.told(of).1.contains_key("not valid");
    let both = pairs(&plain, &wished, told);
    let kept = both.same.into_iter().filter(|(one, other)| valid(other) || !valid(one));
    let kept: Vec<_> = kept.map(|(one, _)| one.label().name.clone()).collect();
    let kept = before.iter().filter(|one| kept.contains(&one.label().name) && !goes(one));
    kept.cloned().collect()
}

/// What `before` has of these and `rest` has not.
fn gone<'a, T: Named>(before: &'a [T], rest: &[T]) -> Vec<&'a T> {
    let left = |one: &&T| rest.iter().all(|other| other.label().name != one.label().name);
    before.iter().filter(left).collect()
}

fn drop_constraint(table: &Name, label: &Label) -> Step {
    let name = ident(label.name.as_deref().unwrap_or_default());
    Step::new(table, format!("ALTER TABLE {} DROP CONSTRAINT {name}", full(table)))
}

/// The statements for foreign keys that go.
pub(super) fn drop_keys(before: &Catalogue, rest: &Catalogue) -> Vec<Step> {
    let tables = rest.tables.iter().filter_map(|table| Some((before.table(&table.name)?, table)));
    let gone = tables.flat_map(|(before, rest)| {
        let gone = gone(&before.foreign_keys, &rest.foreign_keys).into_iter();
        gone.map(|key| drop_constraint(&rest.name, &key.label))
    });
    let mut steps: Vec<_> = gone.collect();
    // A table that goes may still hold a key that goes before it.
    let both = rest.tables.iter().filter_map(|table| Some((before.table(&table.name)?, table)));
    let keys: Vec<_> = both.flat_map(|(before, rest)| gone_keys(before, rest)).collect();
    for table in before.tables.iter().filter(|table| rest.table(&table.name).is_none()) {
        let holds = table.foreign_keys.iter().filter(|key| {
            let is = |(of, columns): &(Name, Vec<String>)| {
                key.table == *of && same_names(columns, &key.referenced)
            };
            keys.iter().any(is)
        });
        steps.extend(holds.map(|key| drop_constraint(&table.name, &key.label)));
    }
    steps
}

/// The statements for the other constraints, and indexes.
pub(super) fn drop(before: &Catalogue, rest: &Catalogue) -> Vec<Step> {
    let mut steps = Vec::new();
    for table in &rest.tables {
        let Some(old) = before.table(&table.name) else { continue };
        let mut labels: Vec<_> = Vec::new();
        labels.extend(gone(&old.checks, &table.checks).into_iter().map(|one| &one.label));
        labels.extend(gone(&old.exclusions, &table.exclusions).into_iter().map(|one| &one.label));
        labels.extend(gone(&old.uniques, &table.uniques).into_iter().map(|one| &one.label));
        let primary: Vec<_> = old.primary_key.iter().cloned().collect();
        let left: Vec<_> = table.primary_key.iter().cloned().collect();
        let primary = gone(&primary, &left).into_iter().map(|one| one.label.clone());
        let primary: Vec<_> = primary.collect();
        labels.extend(&primary);
        steps.extend(labels.into_iter().map(|label| drop_constraint(&table.name, label)));
        steps.extend(drop_indexes(&table.name, &old.indexes, &table.indexes));
    }
    for view in &rest.views {
        let Some(old) = before.views.iter().find(|one| one.name == view.name) else { continue };
        steps.extend(drop_indexes(&view.name, &old.indexes, &view.indexes));
    }
    steps
}

fn drop_indexes(of: &Name, before: &[Index], rest: &[Index]) -> Vec<Step> {
    let drop = |index: &Index| {
        let name = index.label.name.clone().unwrap_or_default();
        let name = Name { schema: of.schema.clone(), name };
        Step::new(of, format!("DROP INDEX {}", full(&name)))
    };
    gone(before, rest).into_iter().map(drop).collect()
}

/// Adds what is missing, and looks at old rows where that is wished for.
pub(super) fn add(before: &Table, after: &Table, wish: &Wish, steps: &mut Vec<arrange::Step>) {
    let of = &after.name;
    let alter = |what: &str| format!("ALTER TABLE {} ADD {what}", full(of));
    let primary: Vec<_> = before.primary_key.iter().cloned().collect();
    let wished: Vec<_> = after.primary_key.iter().cloned().collect();
    for (kind, before, after) in
        [("PRIMARY KEY", &primary, &wished), ("UNIQUE", &before.uniques, &after.uniques)]
    {
        for key in new(before, after) {
            let sql = match wish.online {
                true => online::key(of, kind, key),
                false => vec![alter(&keys::key(kind, key))],
            };
            steps.push(arrange::Step { sql, ..on_table(Rank::Late, of, String::new()) });
        }
    }
    for check in new(&before.checks, &after.checks) {
        let mut sql = alter(&table::condition(check));
        let mut then = None;
        if !table::not_enforced(check) && (!check.validated || wish.online) {
            sql.push_str(" NOT VALID");
            then = check.validated.then(|| validate(of, &check.label));
        }
        let mut step = on_table(Rank::Late, of, sql);
        step.sql.extend(then);
        step.needs.extend(needs_of_expression(&check.expression));
        steps.push(step);
    }
    for exclusion in new(&before.exclusions, &after.exclusions) {
        let sql = format!("{}{}", keys::called(&exclusion.label), exclusion.definition);
        let mut step = on_table(Rank::Late, of, alter(&sql));
        step.needs.extend(needs_of_expression(&exclusion.definition));
        steps.push(step);
    }
    for key in new(&before.foreign_keys, &after.foreign_keys) {
        let mut sql = keys::foreign_key(after, key);
        let mut then = None;
        // On a partitioned table there is no such form.
        let online = wish.online && !after.options.contains_key("partition_by");
        if online && key.validated && key.label.name.is_some() {
            sql.push_str(" NOT VALID");
            then = Some(validate(of, &key.label));
        }
        let mut step = on_table(Rank::ForeignKey, of, sql);
        step.sql.extend(then);
        step.needs.push(relation(&key.table));
        steps.push(step);
    }
    for label in now_valid(of, &before.checks, &after.checks).into_iter().chain(now_valid(
        of,
        &before.foreign_keys,
        &after.foreign_keys,
    )) {
        steps.push(on_table(Rank::ForeignKey, of, validate(of, &label)));
    }
    add_indexes(of, &before.indexes, &after.indexes, wish, steps);
}

fn validate(of: &Name, label: &Label) -> String {
    let name = ident(label.name.as_deref().unwrap_or_default());
    format!("ALTER TABLE {} VALIDATE CONSTRAINT {name}", full(of))
}

/// Those that the second list has beyond what stays of the first.
fn new<'a, T: Named>(before: &'a [T], after: &'a [T]) -> Vec<&'a T> {
    let name = Name::new("");
    let plain = |one: &T| {
        let (object, mut facts) = one.settled().told(&name);
        facts.remove("not valid");
        (object, facts)
    };
    pairs(before, after, plain).added
}

fn now_valid<T: Named>(of: &Name, before: &[T], after: &[T]) -> Vec<Label> {
    let valid = |one: &T| !one.told(of).1.contains_key("not valid");
    let both = pairs(before, after, |one| {
        let (object, mut facts) = one.settled().told(of);
        facts.remove("not valid");
        (object, facts)
    });
    let turned = both.same.into_iter().filter(|(one, other)| !valid(one) && valid(other));
    turned.map(|(one, _)| one.label().clone()).collect()
}

/// Makes the indexes that are missing.
pub(super) fn add_indexes(
    of: &Name,
    before: &[Index],
    after: &[Index],
    wish: &Wish,
    steps: &mut Vec<arrange::Step>,
) {
    for index in new(before, after) {
        let mut step = keys::create_index(index, of, false, Rank::Index);
        if wish.online {
            step.sql.iter_mut().for_each(online::index);
        }
        steps.push(step);
    }
}
