//! What a source can not tell, and what there is of it.

use dbmig_runtime::catalogue::{Catalogue, Table};

/// What a source does not tell: it stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// Kinds of things, with how many of them there are.
    pub there: Vec<(&'static str, usize)>,
    /// In one line, for people.
    pub text: String,
}

impl Unseen {
    /// What no schema tells.
    pub(super) fn of_a_schema() -> Self {
        let text = "rows, privileges, and the order of columns were not compared".to_owned();
        Self { there: Vec::new(), text }
    }

    /// What a `schema.rs` does not tell.
    pub(super) fn of_rust(catalogue: &Catalogue) -> Self {
        let columns = || catalogue.tables.iter().flat_map(|table| &table.columns);
        let all = [
            ("default", "defaults", columns().filter(|column| column.default.is_some()).count()),
            (
                "unique constraint",
                "unique constraints",
                sum(catalogue, |table| table.uniques.len()),
            ),
            ("condition", "conditions", sum(catalogue, |table| table.checks.len())),
            ("exclusion", "exclusions", sum(catalogue, |table| table.exclusions.len())),
            ("index", "indexes", sum(catalogue, |table| table.indexes.len())),
            (
                "computed column",
                "computed columns",
                columns().filter(|c| c.generated.is_some()).count(),
            ),
            ("comment", "comments", columns().filter(|column| column.comment.is_some()).count()),
            ("enum type", "enum types", catalogue.enums.len()),
            ("domain", "domains", catalogue.domains.len()),
            ("view", "views", catalogue.views.len()),
            ("routine", "routines", catalogue.routines.len()),
            ("trigger", "triggers", catalogue.triggers.len()),
            ("other object", "other objects", catalogue.others.len()),
        ];
        let there: Vec<_> = all.into_iter().filter(|(.., count)| *count > 0).collect();
        let listed: Vec<_> = there
            .iter()
            .map(|(one, many, count)| format!("{count} {}", if *count == 1 { one } else { many }))
            .collect();
        let there = there.into_iter().map(|(one, _, count)| (one, count)).collect();
        let what = "a schema.rs tells tables, columns, types, NULL, primary keys, and joins";
        let text = match listed.is_empty() {
            true => {
                format!("{what}: no defaults, unique constraints, conditions, indexes, or views")
            }
            false => format!("{what}; what it does not tell stays: {}", listed.join(", ")),
        };
        Self { there, text }
    }
}

fn sum(catalogue: &Catalogue, of: impl Fn(&Table) -> usize) -> usize {
    catalogue.tables.iter().map(of).sum()
}
