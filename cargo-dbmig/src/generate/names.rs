//! What things are called that nobody gave a name: as PostgreSQL calls them, on every dialect.

use dbmig_runtime::catalogue::{Label, Table};

use super::intent::{Intent, Rule, Which};

/// The longest name that every dialect takes, in bytes.
const LONGEST: usize = 63;

/// `table_columns_suffix`; the longer of the two is shortened first.
pub(super) fn of(table: &str, columns: &[String], suffix: &str) -> String {
    let columns = columns.join("_");
    let room = LONGEST - suffix.len() - 2;
    let (mut first, mut second) = (table.len(), columns.len());
    while first + second > room {
        if first > second {
            first -= 1;
        } else {
            second -= 1;
        }
    }
    format!("{}_{}_{suffix}", cut(table, first), cut(&columns, second))
}

/// The same, with a number behind it where it is taken on that table.
pub(super) fn free(table: &Table, columns: &[String], suffix: &str) -> String {
    let plain = of(&table.name.name, columns, suffix);
    let taken = |name: &str| labels(table).any(|label| label.name.as_deref() == Some(name));
    let numbered = |number: u32| {
        let tail = number.to_string();
        format!("{}{tail}", cut(&plain, LONGEST - tail.len()))
    };
    match taken(&plain) {
        false => plain,
        true => (1..).map(numbered).find(|name| !taken(name)).unwrap_or(plain),
    }
}

fn labels(table: &Table) -> impl Iterator<Item = &Label> {
    let keys = table.uniques.iter().map(|key| &key.label);
    let foreign = table.foreign_keys.iter().map(|key| &key.label);
    let checks = table.checks.iter().map(|check| &check.label);
    keys.chain(foreign).chain(checks).chain(table.indexes.iter().map(|index| &index.label))
}

/// At most so many bytes, whole characters.
fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The name of a migration that does this.
pub(super) fn of_migration(intent: &Intent) -> String {
    let names = |names: &[String]| names.join("_and_");
    let name = match intent {
        Intent::CreateTable(table) => format!("create_{}", table.name),
        Intent::DropTable { table } => format!("drop_{table}"),
        Intent::RenameTable { from, to } => format!("rename_{from}_to_{to}"),
        Intent::AddColumns { table, columns } => {
            let all: Vec<_> = columns.iter().map(|column| column.name.clone()).collect();
            format!("add_{}_to_{table}", names(&all))
        }
        Intent::DropColumns { table, columns } => format!("remove_{}_from_{table}", names(columns)),
        Intent::ChangeColumns { table, columns } => {
            let all: Vec<_> = columns.iter().map(|column| column.name.clone()).collect();
            format!("change_{}_in_{table}", names(&all))
        }
        Intent::RenameColumn { table, from, to } => format!("rename_{from}_to_{to}_in_{table}"),
        Intent::AddIndex { table, index } => match &index.name {
            Some(name) => format!("add_index_{name}"),
            None => format!("add_index_to_{table}_{}", names(&index.parts)),
        },
        Intent::DropIndex { table, index: Which::Over(columns) } => {
            format!("remove_index_from_{table}_{}", names(columns))
        }
        Intent::DropIndex { index: Which::Named(name), .. } => format!("remove_index_{name}"),
        Intent::AddConstraint { table, name, rule } => match (name, rule) {
            (Some(name), _) => format!("add_constraint_{name}"),
            (None, Rule::Unique(columns)) => format!("add_unique_{}_to_{table}", names(columns)),
            (None, Rule::PrimaryKey(_)) => format!("add_primary_key_to_{table}"),
            (None, Rule::Check(_)) => format!("add_check_to_{table}"),
            (None, Rule::ForeignKey { columns, .. }) => {
                format!("add_foreign_key_{}_to_{table}", names(columns))
            }
        },
        Intent::DropConstraint { name, .. } => format!("remove_constraint_{name}"),
        Intent::CreateEnum { name, .. } => format!("create_type_{name}"),
        Intent::CreateView { name, .. } => format!("create_view_{name}"),
        Intent::CreateFunction { name } => format!("create_function_{name}"),
        Intent::CreateTrigger { name, .. } => format!("create_trigger_{name}"),
        Intent::RevertOf { id } => format!("revert_{id}"),
    };
    of_words(&name)
}

/// A text as the name of a directory: expressions and dots are no part of one.
pub(super) fn of_words(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let plain: String = text.chars().map(plain).collect();
    let mut name = String::new();
    for part in plain.split('_').filter(|part| !part.is_empty()) {
        if !name.is_empty() {
            name.push('_');
        }
        name.push_str(part);
    }
    cut(&name, 100).trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_not_too_long() {
        let columns =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(of("users", &columns(&["email"]), "key"), "users_email_key");
        assert_eq!(of("users", &columns(&["a", "b"]), "idx"), "users_a_b_idx");
        let long = of(&"t".repeat(50), &columns(&[&"c".repeat(50)]), "fkey");
        assert_eq!(long.len(), 63);
        assert!(long.ends_with("c_fkey") && long.starts_with("ttt"));
    }
}
