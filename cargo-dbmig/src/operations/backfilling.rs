//! The text of a new `backfill.sql`, from what somebody typed.

use dbmig_build::Dialect;
use dbmig_build::backfill::Name;

use crate::error::{CliError, CliResult};

/// What somebody typed.
#[derive(Debug, Clone, Default)]
pub struct NewBackfill {
    /// The table.
    pub table: String,
    /// `column = expression`, at least one.
    pub set: Vec<String>,
    /// Which rows.
    pub condition: Option<String>,
    /// The columns of the key, with commas between.
    pub key: String,
    /// A number of rows, or `auto`.
    pub batch: String,
    /// The pause between windows.
    pub throttle: String,
}

/// Writes the text.
///
/// With a condition, or an assignment, that tells whether a row is done there is a query that finds what is
/// left as well. The statement asks for the same, so that no row is written twice.
///
/// # Errors
///
/// A name or an assignment can not be read, or what comes of it is not in order.
pub fn text(new: &NewBackfill, dialect: Dialect) -> CliResult<String> {
    let key = columns(&new.key, dialect)?;
    let assignments = new.set.iter().map(|text| assignment(text, dialect));
    let assignments = assignments.collect::<CliResult<Vec<_>>>()?;
    let set: Vec<_> =
        assignments.iter().map(|(column, value)| format!("{column} = {value}")).collect();
    let condition = condition(new, &assignments, dialect);
    let NewBackfill { table, batch, throttle, .. } = new;
    let mut text = format!(
        "-- dbmig:table {table}\n-- dbmig:key {}\n-- dbmig:batch {batch}\n-- dbmig:throttle {throttle}\n\
         -- dbmig:until SELECT 1 FROM {table} WHERE {}\n",
        key.join(", "),
        on_one_line(&condition),
    );
    text.push_str(&format!(
        "UPDATE {table}\nSET {}\nWHERE {}\n  AND {condition};\n",
        set.join(",\n    "),
        window(&key, dialect)
    ));
    match dbmig_build::backfill::Backfill::parse(&text, dialect) {
        Ok(_) => Ok(text),
        Err(problems) => {
            let error = CliError::usage("what was typed makes no backfill");
            Err(problems
                .into_iter()
                .fold(error, |error, problem| error.note(problem.message).help(problem.help)))
        }
    }
}

fn on_one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

fn columns(key: &str, dialect: Dialect) -> CliResult<Vec<String>> {
    let names = key.split(',').map(|name| Name::parse(name, dialect).map(|name| name.sql));
    names.collect::<Option<Vec<_>>>().ok_or_else(|| {
        CliError::usage(format!("`--key {key}` names no columns"))
            .help("write `--key id`, or `--key tenant_id,id`")
    })
}

fn assignment(text: &str, dialect: Dialect) -> CliResult<(String, String)> {
    let parts = text.split_once('=').map(|(column, value)| (column, value.trim()));
    let named = parts.and_then(|(column, value)| Some((Name::parse(column, dialect)?.sql, value)));
    match named.filter(|(_, value)| !value.is_empty()) {
        Some((column, value)) => Ok((column, value.to_owned())),
        None => Err(CliError::usage(format!("`--set {text}` is no assignment"))
            .help("write `--set \"<column> = <expression>\"`")),
    }
}

/// Which rows are left to do: what was typed, where it says something of the columns that are set;
/// otherwise those that do not have the value yet.
fn condition(new: &NewBackfill, assignments: &[(String, String)], dialect: Dialect) -> String {
    let differs = |(column, value): &(String, String)| match dialect {
        Dialect::Sqlite => format!("{column} IS NOT ({value})"),
        Dialect::Postgres => format!("{column} IS DISTINCT FROM ({value})"),
        Dialect::Mysql => format!("NOT ({column} <=> ({value}))"),
    };
    let differ = || {
        let list: Vec<_> = assignments.iter().map(differs).collect();
        if list.len() == 1 { list.join("") } else { format!("({})", list.join(" OR ")) }
    };
    let mentions = |text: &str, column: &str| {
        let bare = column.trim_matches(|c| matches!(c, '"' | '`' | '[' | ']'));
        text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .any(|word| word.eq_ignore_ascii_case(bare))
    };
    match &new.condition {
        None => differ(),
        Some(typed) if assignments.iter().any(|(column, _)| mentions(typed, column)) => {
            format!("({typed})")
        }
        Some(typed) => format!("({typed}) AND {}", differ()),
    }
}

fn window(key: &[String], dialect: Dialect) -> String {
    let [first, _, ..] = key else {
        let name = key.first().map_or("", String::as_str);
        return format!("{name} >= :lo AND {name} <= :hi");
    };
    let list = key.join(", ");
    let both = format!("({list}) >= (:lo) AND ({list}) <= (:hi)");
    match dialect {
        // It finds rows by an index for the first line only.
        Dialect::Mysql => {
            format!("{first} >= :lo.{first} AND {first} <= :hi.{first}\n  AND {both}")
        }
        Dialect::Sqlite | Dialect::Postgres => both,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(set: &[&str], condition: Option<&str>, key: &str) -> NewBackfill {
        NewBackfill {
            table: "users".into(),
            set: set.iter().map(|text| (*text).to_owned()).collect(),
            condition: condition.map(str::to_owned),
            key: key.into(),
            batch: "1000".into(),
            throttle: "100ms".into(),
        }
    }

    #[test]
    fn what_is_left_follows_from_what_is_set() {
        use Dialect::{Mysql, Postgres, Sqlite};
        for (dialect, set, condition, expected) in [
            (Sqlite, "tz = 'UTC'", Some("tz IS NULL"), "(tz IS NULL)"),
            (Sqlite, "tz = 'UTC'", None, "tz IS NOT ('UTC')"),
            (Postgres, "tz='UTC'", None, "tz IS DISTINCT FROM ('UTC')"),
            (Mysql, "tz = 'UTC'", None, "NOT (tz <=> ('UTC'))"),
            (
                Postgres,
                "status = 'idle'",
                Some("seen < '2025-01-01'"),
                "(seen < '2025-01-01') AND status IS DISTINCT FROM ('idle')",
            ),
        ] {
            let text = text(&new(&[set], condition, "id"), dialect).unwrap();
            let query = format!("-- dbmig:until SELECT 1 FROM users WHERE {expected}\n");
            assert!(text.contains(&query), "{text}");
            assert!(text.ends_with(&format!("  AND {expected};\n")), "{text}");
        }
    }

    #[test]
    fn composite_keys_and_what_is_refused() {
        for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql] {
            let text = text(&new(&["a = 1", "b = 2"], None, "tenant, id"), dialect).unwrap();
            assert!(text.contains("(tenant, id) >= (:lo)"), "{text}");
            assert_eq!(text.contains(":lo.tenant"), dialect == Dialect::Mysql, "{text}");
        }
        for (set, key) in
            [("a", "id"), ("= 1", "id"), ("a =", "id"), ("a = 1", "id;"), ("a = 1", "")]
        {
            assert!(text(&new(&[set], None, key), Dialect::Sqlite).is_err(), "{set} {key}");
        }
        let injected =
            NewBackfill { table: "users; DROP TABLE x".into(), ..new(&["a = 1"], None, "id") };
        assert!(text(&injected, Dialect::Sqlite).is_err());
        let two = new(&["a = 1"], Some("1); DELETE FROM users WHERE (1"), "id");
        assert!(text(&two, Dialect::Sqlite).is_err());
    }
}
