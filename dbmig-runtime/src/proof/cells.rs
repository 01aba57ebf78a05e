//! What stands in the cells of a table's rows.

use std::collections::BTreeMap;

use dbmig_build::Dialect;

use super::rows::{Parents, Rows};
use super::values::distinct;
use crate::catalogue::{Column, ForeignKey, Table, TypeKind};

/// How many rows a table gets with values of its pools; more where it takes more to have every value once.
const ROWS: usize = 8;
/// At most so many, but for the labels of an enum.
const MOST: usize = 12;
/// At most so many in any case.
const LIMIT: usize = 64;

/// What stands in one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// The values of the pools at this place.
    At(usize),
    /// NULL wherever it may be.
    Nulls,
    /// As the first row, but for NULL in those nullable columns whose number has this bit so. In pairs: what
    /// is unique where another column is NULL meets a duplicate.
    Half { bit: usize, set: bool },
}

/// The rows of a table, in their order.
pub(super) fn shapes(table: &Table, pools: &BTreeMap<&str, Vec<String>>, kind: Rows) -> Vec<Shape> {
    let is_enum = |column: &Column| column.ty.kind == TypeKind::Enum;
    let longest = |wanted: bool| {
        let columns = table.columns.iter().filter(move |column| is_enum(column) == wanted);
        columns.filter_map(|column| pools.get(column.name.as_str())).map(Vec::len).max()
    };
    // Two of them are no new values: the one of NULL, and the one that repeats the first.
    let count = (longest(false).unwrap_or(0) + 2).clamp(ROWS, MOST);
    let count = count.max((longest(true).unwrap_or(0) + 2).min(LIMIT));
    let mut shapes: Vec<_> = (0..count - 1).map(Shape::At).collect();
    shapes[1] = if kind == Rows::Hostile { Shape::Nulls } else { Shape::At(1) };
    shapes.push(Shape::At(0));
    let nullable = table.columns.iter().filter(|column| column.nullable).count();
    if kind == Rows::Hostile && nullable > 0 {
        // With one nullable column there is nothing to tell apart.
        let bits = usize::BITS - (nullable - 1).leading_zeros();
        for bit in 0..usize::try_from(bits).unwrap_or(0).max(1) {
            for set in [false, true] {
                shapes.extend([Shape::Half { bit, set }; 2]);
            }
        }
    }
    shapes
}

/// How the cells of one row are made.
pub(super) struct Made<'a> {
    pub(super) dialect: Dialect,
    pub(super) table: &'a Table,
    pub(super) keys: &'a [&'a str],
    pub(super) parents: &'a Parents,
    /// One that no other row has.
    pub(super) number: usize,
    pub(super) kind: Rows,
    /// Which row it is.
    pub(super) row: usize,
}

impl Made<'_> {
    /// The value of a column; `None` where there is nothing that it could be.
    pub(super) fn cell(
        &self,
        column: &Column,
        pool: &[String],
        shape: Shape,
        attempt: usize,
    ) -> Option<String> {
        let is_key = |name: &str| self.keys.contains(&name);
        let takes_null = column.nullable && !self.is_primary(&column.name);
        let gentle = self.kind == Rows::Gentle;
        // Later tries of others give way as well.
        let is_null = attempt % 4 == 3
            || match shape {
                Shape::At(_) => false,
                Shape::Nulls => true,
                Shape::Half { bit, set } => {
                    (self.number_of_nullable(column) >> bit & 1 == 1) == set
                }
            };
        if takes_null && is_null {
            return Some("NULL".to_owned());
        }
        let at = match shape {
            // The second row is NULL there.
            Shape::At(at) if at > 1 && takes_null && !gentle => at - 1,
            Shape::At(at) => at,
            Shape::Nulls => 1,
            Shape::Half { .. } => 0,
        };
        let points = self.table.foreign_keys.iter().zip(self.parents);
        if let Some((key, parents)) =
            points.into_iter().find(|(key, _)| key.columns.contains(&column.name))
        {
            return self.parent(key, parents, column, at, attempt, takes_null);
        }
        if is_key(&column.name) || (gentle && attempt == 0) {
            // Every other try leaves one column of a key of several as it is.
            let like = pool.first().map_or("''", String::as_str);
            let own = distinct(self.dialect, column, like, self.number, !gentle);
            if own != like || pool.is_empty() {
                return Some(own);
            }
            return pool.get(self.number % pool.len().max(1)).cloned();
        }
        if pool.is_empty() {
            return takes_null.then(|| "NULL".to_owned());
        }
        // Two columns of a row are not the same, so that what exchanges them is seen.
        let spread = self.position(&column.name);
        pool.get((at + spread + attempt + attempt / 7 * spread) % pool.len()).cloned()
    }

    /// Which of the columns that take NULL it is.
    fn number_of_nullable(&self, column: &Column) -> usize {
        let nullable = self.table.columns.iter().filter(|column| column.nullable);
        nullable.take_while(|other| other.name != column.name).count()
    }

    fn position(&self, column: &str) -> usize {
        self.table.columns.iter().position(|c| c.name == column).unwrap_or(0)
    }

    fn is_primary(&self, column: &str) -> bool {
        let key = self.table.primary_key.as_ref();
        key.is_some_and(|key| key.columns.iter().any(|name| name == column))
    }

    fn parent(
        &self,
        key: &ForeignKey,
        parents: &[Vec<String>],
        column: &Column,
        index: usize,
        attempt: usize,
        takes_null: bool,
    ) -> Option<String> {
        let at = key.columns.iter().position(|name| *name == column.name)?;
        if parents.is_empty() {
            return match self.dialect {
                _ if takes_null => Some("NULL".to_owned()),
                // Nobody looks at it there, now.
                Dialect::Sqlite => {
                    let number = if index < 2 { 1 } else { self.number };
                    Some(distinct(self.dialect, column, "1", number, false))
                }
                _ => None,
            };
        }
        // Two children a parent, unless nothing may be twice.
        let alone = self.keys.contains(&column.name.as_str()) || self.kind == Rows::Gentle;
        let spread = self.position(&key.columns[0]) + attempt;
        let index = if alone { self.row + spread } else { index / 2 + spread };
        parents[index % parents.len()].get(at).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which rows of `shapes` have NULL in the columns `a` and `b`, both nullable.
    #[test]
    fn null_stands_beside_what_is_not_null_twice() {
        let column = |name: &str| Column {
            name: name.into(),
            ty: crate::catalogue::ColumnType {
                text: "int".into(),
                name: crate::catalogue::Name::new("int"),
                array: false,
                length: None,
                kind: TypeKind::Base,
            },
            nullable: true,
            default: None,
            generated: None,
            identity: None,
            auto_increment: false,
            collation: None,
            comment: None,
            options: crate::catalogue::Options::new(),
        };
        let names = ["a", "b", "c", "d", "e"];
        let table = Table {
            name: crate::catalogue::Name::new("t"),
            columns: names.iter().map(|name| column(name)).collect(),
            primary_key: None,
            uniques: vec![],
            foreign_keys: vec![],
            checks: vec![],
            exclusions: vec![],
            indexes: vec![],
            comment: None,
            options: crate::catalogue::Options::new(),
        };
        let pool: Vec<String> = (0..9).map(|n| n.to_string()).collect();
        let pools = names.iter().map(|name| (*name, pool.clone())).collect();
        let row = |(row, shape): (usize, &Shape)| -> Vec<String> {
            let made = Made {
                dialect: Dialect::Sqlite,
                table: &table,
                keys: &[],
                parents: &vec![],
                number: row,
                kind: Rows::Hostile,
                row,
            };
            let cell = |column: &Column| made.cell(column, &pool, *shape, 0).unwrap();
            table.columns.iter().map(cell).collect()
        };
        let rows: Vec<_> =
            shapes(&table, &pools, Rows::Hostile).iter().enumerate().map(row).collect();
        for (null, other) in
            (0..5).flat_map(|a| (0..5).map(move |b| (a, b))).filter(|(a, b)| a != b)
        {
            let alike =
                rows.iter().filter(|row| row[null] == "NULL" && row[other] == rows[0][other]);
            assert!(alike.count() >= 2, "{null} {other}: {rows:?}");
        }
        // Every value of the pool is there, whatever is NULL.
        for at in 0..5 {
            assert!(pool.iter().all(|value| rows.iter().any(|row| row[at] == *value)), "{rows:?}");
        }
    }
}
