//! Views.

use super::super::{Catalogue, Options, Scope, View};
use super::columns::Columns;
use super::source::Source;
use crate::session::{DbError, DbErrorKind, DbResult};

/// Reads all of them, and takes their columns.
pub(super) fn read(
    source: &mut Source<'_>,
    columns: &mut Columns,
    scope: &Scope,
    catalogue: &mut Catalogue,
) -> DbResult<()> {
    let algorithm = if source.server.mariadb { "ALGORITHM" } else { "NULL" };
    let asked = ["TABLE_NAME", "VIEW_DEFINITION", "CHECK_OPTION", "SECURITY_TYPE", algorithm];
    for mut cells in source.rows(&asked, "VIEWS", "TABLE_SCHEMA", "")? {
        let name = cells.text();
        if !scope.holds(&source.name(&name)) {
            continue;
        }
        let definition = cells.filled().ok_or_else(|| {
            let message = format!(
                "the definition of view {name} is hidden from this user: grant it SHOW VIEW and SELECT"
            );
            DbError::new(DbErrorKind::Other, message)
        })?;
        let mut options = Options::new();
        let unusual = |value: Option<String>, usual: &str| value.filter(|value| value != usual);
        let check = unusual(cells.filled(), "NONE");
        let security = unusual(cells.filled(), "DEFINER");
        let algorithm = match cells.filled() {
            Some(algorithm) => Some(algorithm),
            // MySQL tells it nowhere else, nor whether the columns have names beside the query.
            None => {
                let shown = source.shown("VIEW", &name, 1)?;
                let named = format!(" VIEW {} (", super::names::list([&name]));
                if shown.contains(&named) {
                    options.insert("named_columns", String::new());
                }
                algorithm_of(&shown)
            }
        };
        let algorithm = unusual(algorithm, "UNDEFINED");
        let said = [("check_option", check), ("security", security), ("algorithm", algorithm)];
        options.extend(said.into_iter().filter_map(|(key, value)| Some((key, value?))));
        let own = columns.remove(&name).unwrap_or_default();
        catalogue.views.push(View {
            definition: source.unqualified(definition),
            columns: own.into_iter().map(|column| (column.name, column.ty.text)).collect(),
            name: source.name(name),
            materialized: false,
            indexes: Vec::new(),
            options,
            comment: None,
        });
    }
    Ok(())
}

/// `CREATE ALGORITHM=MERGE DEFINER=…`.
fn algorithm_of(statement: &str) -> Option<String> {
    let rest = statement.strip_prefix("CREATE ALGORITHM=")?;
    rest.split_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithms() {
        let shown = "CREATE ALGORITHM=TEMPTABLE DEFINER=`a`@`b` VIEW `v` AS select 1";
        assert_eq!(algorithm_of(shown).as_deref(), Some("TEMPTABLE"));
        assert_eq!(algorithm_of("CREATE VIEW"), None);
    }
}
