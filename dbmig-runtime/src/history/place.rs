//! Finds the tables, and sees when one hides another.

use dbmig_build::Dialect;

use super::read::part;
use super::tables::{DIESEL_TABLE, HISTORY_TABLE, STATE_TABLE, Tables};
use crate::session::{DbError, DbErrorKind, DbResult, Row};

const NAMES: [&str; 3] = [DIESEL_TABLE, HISTORY_TABLE, STATE_TABLE];

/// Where the tables are, and which there are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) tables: Tables,
    pub(super) tables_there: Vec<String>,
    /// One of the names leads to a table elsewhere.
    elsewhere: bool,
}

impl Found {
    pub(super) fn has_all(&self) -> bool {
        NAMES.iter().all(|name| self.tables_there.iter().any(|there| there == name))
    }

    /// Names without a schema mean these tables.
    pub(super) fn is_where_names_lead(&self, dialect: Dialect) -> bool {
        dialect != Dialect::Postgres || self.has_all() && !self.elsewhere
    }
}

/// Asks for the current schema and for everything of these names: `path`, schema, first of the search
/// path, user; `table`, schema, name, kind, place on the path.
pub(super) fn select(dialect: Dialect) -> String {
    let names = NAMES.map(|name| format!("'{name}'")).join(", ");
    match dialect {
        Dialect::Sqlite => {
            let from = format!("main.sqlite_master WHERE type = 'table' AND name IN ({names})");
            part(dialect, "place", &["'table'", "'main'", "name", "'r'", "1"], &from)
        }
        Dialect::Mysql => {
            let from = format!(
                "information_schema.tables WHERE table_schema = DATABASE() AND table_name IN ({names})"
            );
            let kind = "CASE table_type WHEN 'BASE TABLE' THEN 'r' ELSE table_type END";
            let tables = part(
                dialect,
                "place",
                &["'table'", "table_schema", "table_name", kind, "1"],
                &from,
            );
            let path = part(dialect, "place", &["'path'", "DATABASE()", "''", "''"], "");
            format!("{path} UNION ALL {tables}")
        }
        Dialect::Postgres => {
            let from = format!(
                "pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relname IN ({names}) AND n.nspname = ANY (pg_catalog.current_schemas(true))"
            );
            let order = "pg_catalog.array_position(pg_catalog.current_schemas(true), n.nspname)";
            let tables = part(
                dialect,
                "place",
                &["'table'", "n.nspname", "c.relname", "c.relkind", order],
                &from,
            );
            let first = "split_part(pg_catalog.current_setting('search_path'), ',', 1)";
            let path = part(
                dialect,
                "place",
                &["'path'", "pg_catalog.current_schema()", first, "current_user"],
                "",
            );
            format!("{path} UNION ALL {tables}")
        }
    }
}

struct Table {
    schema: String,
    name: String,
    kind: String,
    order: u32,
}

/// Decides where the tables are, or would be created.
pub(super) fn decide(dialect: Dialect, rows: &[Row]) -> DbResult<Found> {
    let column = |row: &Row, index: usize| row.get(index).cloned().flatten();
    let path = rows.iter().find(|row| column(row, 0).as_deref() == Some("path"));
    let mut tables: Vec<_> = rows
        .iter()
        .filter(|row| column(row, 0).as_deref() == Some("table"))
        .map(|row| Table {
            schema: column(row, 1).unwrap_or_default(),
            name: column(row, 2).unwrap_or_default(),
            kind: column(row, 3).unwrap_or_default(),
            order: column(row, 4).and_then(|text| text.parse().ok()).unwrap_or(u32::MAX),
        })
        .collect();
    tables.sort_by_key(|table| table.order);
    refuse_what_hides(path, &tables)?;
    let first = |name: &str| tables.iter().find(|table| table.name == name);
    let current = || match dialect {
        Dialect::Sqlite => Some("main".to_owned()),
        Dialect::Postgres | Dialect::Mysql => path.and_then(|path| column(path, 1)),
    };
    let schema = first(DIESEL_TABLE)
        .or_else(|| tables.first())
        .map(|table| table.schema.clone())
        .or_else(current)
        .ok_or_else(|| nowhere(dialect))?;
    let there = |table: &&Table| table.schema == schema;
    Ok(Found {
        tables: Tables::in_schema(dialect, &schema),
        tables_there: tables.iter().filter(there).map(|table| table.name.clone()).collect(),
        elsewhere: NAMES.iter().filter_map(|name| first(name)).any(|table| table.schema != schema),
    })
}

fn nowhere(dialect: Dialect) -> DbError {
    let (message, hint) = match dialect {
        Dialect::Mysql => ("no database is selected", "name the database in the URL"),
        Dialect::Sqlite | Dialect::Postgres => (
            "the search path names no schema that exists, so there is no place for the history",
            "give the environment a `search_path`, or create the schema",
        ),
    };
    let mut error = DbError::new(DbErrorKind::Other, message);
    error.hint = Some(hint.to_owned());
    error
}

/// A history that somebody else has put before ours would make every migration run again.
///
/// Several schemas with a history are several applications or tenants, told apart by a search path that
/// names them. The one that nobody named, called like the user, takes precedence by default.
fn refuse_what_hides(path: Option<&Row>, tables: &[Table]) -> DbResult<()> {
    for table in tables {
        if !matches!(table.kind.as_str(), "r" | "p") {
            let message = format!("`{}.{}` is not a table", table.schema, table.name);
            return Err(DbError::new(DbErrorKind::Other, message));
        }
        if table.schema.starts_with("pg_temp") {
            let message = format!("a temporary table `{}` hides the history", table.name);
            return Err(DbError::new(DbErrorKind::Other, message));
        }
    }
    let text = |index: usize| path.and_then(|path| path.get(index).cloned().flatten());
    let by_default = text(2).is_some_and(|first| first.trim().trim_matches('"') == "$user");
    let user = text(3).unwrap_or_default();
    for name in NAMES {
        let mut all = tables.iter().filter(|table| table.name == name);
        let (Some(first), Some(second)) = (all.next(), all.next()) else { continue };
        if by_default && first.schema == user {
            let mut error = DbError::new(
                DbErrorKind::Other,
                format!(
                    "`{}.{name}` hides `{}.{name}`: two histories, and nobody said which",
                    first.schema, second.schema
                ),
            );
            error.hint = Some(format!(
                "name the schema in the environment: `search_path = \"{}\"`",
                second.schema
            ));
            return Err(error);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(columns: &[&str]) -> Row {
        columns.iter().map(|text| Some((*text).to_owned())).collect()
    }

    fn table(schema: &str, name: &str, order: &str) -> Row {
        row(&["table", schema, name, "r", order])
    }

    #[test]
    fn where_the_tables_are() {
        let path = row(&["path", "public", "\"$user\"", "app"]);
        let tenant = row(&["path", "tenant", "tenant", "app"]);
        type Expected = Result<(&'static str, usize), &'static str>;
        let cases: [(&str, Vec<Row>, Expected); 8] = [
            ("nothing yet", vec![path.clone()], Ok(("\"public\".", 0))),
            (
                "Diesel's alone",
                vec![path.clone(), table("public", DIESEL_TABLE, "2")],
                Ok(("\"public\".", 1)),
            ),
            (
                "ours are not the tenant's",
                vec![
                    tenant.clone(),
                    table("public", HISTORY_TABLE, "2"),
                    table("public", DIESEL_TABLE, "2"),
                    table("tenant", DIESEL_TABLE, "1"),
                ],
                Ok(("\"tenant\".", 1)),
            ),
            (
                "a schema called like the user",
                vec![
                    path.clone(),
                    table("app", DIESEL_TABLE, "1"),
                    table("public", DIESEL_TABLE, "2"),
                ],
                Err("`app.__diesel_schema_migrations` hides `public.__diesel_schema_migrations`"),
            ),
            (
                "a schema called like the user, and only there",
                vec![path.clone(), table("app", DIESEL_TABLE, "1")],
                Ok(("\"app\".", 1)),
            ),
            (
                "a temporary table",
                vec![path.clone(), table("pg_temp_3", DIESEL_TABLE, "1")],
                Err("a temporary table"),
            ),
            (
                "a view",
                vec![path.clone(), row(&["table", "public", DIESEL_TABLE, "v", "1"])],
                Err("is not a table"),
            ),
            (
                "no schema",
                vec![vec![Some("path".into()), None, Some("gone".into()), Some("app".into())]],
                Err("the search path names no schema"),
            ),
        ];
        for (what, rows, expected) in cases {
            match (decide(Dialect::Postgres, &rows), expected) {
                (Ok(found), Ok((place, count))) => {
                    assert_eq!(
                        (found.tables.place(), found.tables_there.len()),
                        (place, count),
                        "{what}"
                    );
                }
                (Err(error), Err(text)) => assert!(
                    error.message.starts_with(text) || error.message.ends_with(text),
                    "{what}: {error}"
                ),
                (found, _) => panic!("{what}: {found:?}"),
            }
        }
    }

    #[test]
    fn names_lead_elsewhere() {
        let rows = [
            row(&["path", "tenant", "tenant", "app"]),
            table("tenant", DIESEL_TABLE, "1"),
            table("public", HISTORY_TABLE, "2"),
            table("tenant", STATE_TABLE, "1"),
        ];
        assert!(!decide(Dialect::Postgres, &rows).unwrap().is_where_names_lead(Dialect::Postgres));
    }
}
