//! What is said about tables together: which are joined, and which may be in one query.

use dbmig_runtime::catalogue::{Catalogue, ForeignKey, Name};

use super::name::rust_name;
use super::partitions;
use super::tables::{Table, primary_key};
use super::{Groups, Options};

/// What is said about tables together, by their Rust names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Relations {
    /// `joinable!`: child, parent, column of the child.
    pub(super) joins: Vec<Join>,
    /// `allow_tables_to_appear_in_same_query!`: groups of two and more.
    pub(super) groups: Vec<Vec<String>>,
}

/// A foreign key that a join can follow.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Join {
    pub(super) child: String,
    pub(super) parent: String,
    pub(super) column: String,
}

/// An edge between two tables, by their places in the list.
struct Edge {
    child: usize,
    parent: usize,
    column: String,
}

pub(super) fn collect(catalogue: &Catalogue, tables: &[Table<'_>], options: &Options) -> Relations {
    let edges = edges(catalogue, tables);
    let groups = match options.groups {
        Groups::All => vec![(0..tables.len()).collect()],
        Groups::Related => components(tables.len(), &edges),
        Groups::None => vec![],
    };
    let name = |index: usize| tables[index].rust.clone();
    Relations {
        joins: edges
            .iter()
            .map(|edge| Join {
                child: name(edge.child),
                parent: name(edge.parent),
                column: edge.column.clone(),
            })
            .collect(),
        groups: groups
            .into_iter()
            .filter(|group| group.len() >= 2)
            .map(|group| group.into_iter().map(name).collect())
            .collect(),
    }
}

/// The foreign keys that say by themselves how two tables are joined, in the order of their names.
fn edges(catalogue: &Catalogue, tables: &[Table<'_>]) -> Vec<Edge> {
    // Keys of tables that are not written count as well: they make a pair ambiguous all the same.
    let all: Vec<(&Name, &ForeignKey, &Name)> = catalogue
        .tables
        .iter()
        .flat_map(|table| {
            let keys = partitions::foreign_keys(catalogue, table).into_iter();
            keys.map(|(key, parent)| (&table.name, key, parent))
        })
        .collect();
    let between = |a: &Name, b: &Name| {
        let pair = |(child, _, parent): &&(&Name, &ForeignKey, &Name)| {
            (*child, *parent) == (a, b) || (*child, *parent) == (b, a)
        };
        all.iter().filter(pair).count()
    };
    let place = |name: &Name| tables.iter().position(|table| table.table.name == *name);
    let mut edges: Vec<Edge> = all
        .iter()
        .filter_map(|&(child_name, key, parent_name)| {
            let (child, parent) = (place(child_name)?, place(parent_name)?);
            let [column] = key.columns.as_slice() else { return None };
            let joins = child != parent
                && points_at_key(catalogue, key, &tables[parent])
                && between(child_name, parent_name) == 1;
            let column = rust_name(column, Some(&tables[child].rust));
            joins.then_some(Edge { child, parent, column })
        })
        .collect();
    edges.sort_by_key(|edge| (edge.child, edge.parent));
    edges
}

/// Whether a key points at the primary key of its parent, and that is one column.
fn points_at_key(catalogue: &Catalogue, key: &ForeignKey, parent: &Table<'_>) -> bool {
    let Ok(columns) = primary_key(catalogue, parent.table) else { return false };
    let [column] = columns.as_slice() else { return false };
    // Where SQLite was told no column, and the table has no key, the rowid is meant.
    key.referenced.is_empty() || key.referenced == [*column]
}

/// The tables that edges lead to from each other, each group in order, by their first ones.
fn components(tables: usize, edges: &[Edge]) -> Vec<Vec<usize>> {
    let mut group: Vec<usize> = (0..tables).collect();
    for edge in edges {
        let (old, new) = (group[edge.child], group[edge.parent]);
        for one in &mut group {
            if *one == old {
                *one = new;
            }
        }
    }
    let mut components: Vec<Vec<usize>> = vec![vec![]; tables];
    for (table, group) in group.into_iter().enumerate() {
        components[group].push(table);
    }
    components.retain(|component| !component.is_empty());
    components.sort();
    components
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_sorted() {
        let edges = |pairs: &[(usize, usize)]| -> Vec<Edge> {
            pairs
                .iter()
                .map(|&(child, parent)| Edge { child, parent, column: String::new() })
                .collect()
        };
        for (tables, pairs, expected) in [
            (0, vec![], vec![]),
            (2, vec![], vec![vec![0], vec![1]]),
            (3, vec![(2, 0)], vec![vec![0, 2], vec![1]]),
            (5, vec![(3, 4), (1, 3), (0, 2)], vec![vec![0, 2], vec![1, 3, 4]]),
        ] {
            assert_eq!(components(tables, &edges(&pairs)), expected, "{pairs:?}");
        }
    }
}
