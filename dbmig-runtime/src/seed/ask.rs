//! What only the database can tell of the rows of a file: parents, conditions, keys. Nothing is written.

use std::collections::{HashMap, HashSet};

use dbmig_build::{Code, Dialect, Findings};

use super::class::Class;
use super::coming::Coming;
use super::ready::{Ready, shown};
use super::relation::{collated, of_row, same_key, table, typed, with_rows};
use super::settings::Mode;
use super::shape::{Parent, Paths, Shape, at};
use crate::catalogue::Name;
use crate::session::{DbErrorKind, DbResult, Row, Session, Value};
use crate::sql::{placeholder, quoted, text};

/// Character sets and collations by table and column (MySQL; nothing elsewhere).
#[derive(Debug, Default)]
pub(super) struct Collations(HashMap<(String, String), (String, String)>);

impl Collations {
    pub(super) fn read(session: &mut dyn Session) -> DbResult<Self> {
        if session.dialect() != Dialect::Mysql {
            return Ok(Self::default());
        }
        let part = |name: &str| text(Dialect::Mysql, name);
        let sql = format!(
            "SELECT {}, {}, {}, {} FROM information_schema.COLUMNS \
             WHERE TABLE_SCHEMA = DATABASE() AND COLLATION_NAME IS NOT NULL",
            part("TABLE_NAME"),
            part("COLUMN_NAME"),
            part("CHARACTER_SET_NAME"),
            part("COLLATION_NAME")
        );
        let mut found = HashMap::new();
        for row in session.query(&sql, &[])? {
            if let [Some(table), Some(column), Some(charset), Some(collation)] = &row[..] {
                let key = (table.clone(), column.clone());
                found.insert(key, (charset.clone(), collation.clone()));
            }
        }
        Ok(Self(found))
    }

    fn of(&self, table: &Name, column: &str) -> Option<&(String, String)> {
        self.0.get(&(table.name.clone(), column.to_owned()))
    }

    /// Tells the columns of a shape theirs.
    pub(super) fn complete(&self, shape: &mut Shape) {
        for column in &mut shape.columns {
            column.collation = match &column.reference {
                Some(reference) => self.of(&reference.table, &reference.by),
                None => self.of(&shape.table, &column.name),
            }
            .cloned();
        }
    }
}

/// What is asked about.
pub(super) struct Asked<'a> {
    pub(super) shape: &'a Shape,
    /// As many as go into one statement.
    pub(super) rows: &'a [Ready],
    pub(super) paths: Paths<'a>,
    pub(super) coming: &'a Coming,
    pub(super) collations: &'a Collations,
    /// Parents may come from SQL seeds, which nobody can look into.
    pub(super) parents_unknown: bool,
}

/// Looks for what the database would refuse.
pub(super) fn ask(
    session: &mut dyn Session,
    asked: &Asked<'_>,
    findings: &mut Findings,
) -> DbResult<()> {
    if !values(session, asked, findings)? {
        // With a value that has no meaning every other question fails as well.
        return Ok(());
    }
    for parent in &asked.shape.parents {
        if !asked.parents_unknown && !asked.coming.is_unknown(&parent.table) {
            parents(session, asked, parent, findings)?;
        }
    }
    for condition in &asked.shape.conditions {
        conditions(session, asked, condition, findings);
    }
    if asked.shape.mode == Mode::Insert {
        taken(session, asked, findings)?;
    }
    Ok(())
}

/// The numbers of rows that a query about them returns.
fn numbers(rows: Vec<Row>) -> Vec<usize> {
    rows.into_iter().filter_map(|row| row.into_iter().next().flatten()?.parse().ok()).collect()
}

/// Values of types that only the server knows: each is tried. Whether all of them were good.
fn values(session: &mut dyn Session, asked: &Asked<'_>, findings: &mut Findings) -> DbResult<bool> {
    let dialect = asked.shape.dialect;
    if dialect != Dialect::Postgres {
        return Ok(true);
    }
    // All at once, as long as all of them are good.
    let (with, bound) = with_rows(asked.shape, asked.rows, false);
    let names: Vec<_> = asked.shape.columns.iter().map(|c| quoted(dialect, &c.name)).collect();
    // Each is counted, so that the server makes a value of it.
    let counted: Vec<_> = names.iter().map(|name| format!("count(s.{name})")).collect();
    let all = format!("{with} SELECT CAST({} AS text) FROM s", counted.join(" + "));
    let Err(error) = session.query(&all, &bound.values()) else { return Ok(true) };
    if error.kind != DbErrorKind::Other {
        return Err(error);
    }
    let mut good = true;
    for (index, column) in asked.shape.columns.iter().enumerate() {
        let sure = matches!(
            column.class,
            Class::Integer(..)
                | Class::Text(_)
                | Class::Boolean
                | Class::Hex(_)
                | Class::OneOf(_)
                | Class::Uuid
                | Class::Date
        );
        if sure {
            continue;
        }
        let place = placeholder(dialect, 1);
        let cast = typed(dialect, &column.class, &column.ty, &place, false);
        let sql = format!("SELECT CAST({cast} AS text)");
        let mut tried: HashMap<&str, Option<String>> = HashMap::new();
        for row in asked.rows {
            let Some(value) = row.values[index].as_deref() else { continue };
            let said = match tried.get(value) {
                Some(said) => said.clone(),
                None => {
                    let result = session.query(&sql, &[Value::Text(value)]);
                    let said = result.err().map(|error| error.message);
                    tried.insert(value, said.clone());
                    said
                }
            };
            if let Some(said) = said {
                let message = format!("`{}` does not take {}: {said}", column.name, shown(value));
                findings.push(at(Code::SeedValue, asked.paths.data, row.places[index], message));
                good = false;
            }
        }
    }
    Ok(good)
}

fn parents(
    session: &mut dyn Session,
    asked: &Asked<'_>,
    parent: &Parent,
    findings: &mut Findings,
) -> DbResult<()> {
    let (shape, dialect) = (asked.shape, asked.shape.dialect);
    let given: Vec<_> = parent.columns.iter().map(|&index| &shape.columns[index]).collect();
    let present: Vec<_> = given
        .iter()
        .map(|column| format!("s.{} IS NOT NULL", quoted(dialect, &column.name)))
        .collect();
    let equal: Vec<_> = given
        .iter()
        .zip(&parent.referenced)
        .map(|(column, referenced)| {
            let plain = format!("s.{}", quoted(dialect, &column.name));
            let ours = collated(plain, asked.collations.of(&parent.table, referenced));
            format!("p.{} = {ours}", quoted(dialect, referenced))
        })
        .collect();
    let (with, bound) = with_rows(shape, asked.rows, false);
    let sql = format!(
        "{with} SELECT {} FROM s WHERE {} AND NOT EXISTS (SELECT 1 FROM {} p WHERE {}) ORDER BY s.dbmig_n",
        text(dialect, "s.dbmig_n"),
        present.join(" AND "),
        table(dialect, &parent.table),
        equal.join(" AND ")
    );
    for number in numbers(session.query(&sql, &bound.values())?) {
        let Some(row) = asked.rows.get(number) else { continue };
        let tuple = row.tuple(&parent.columns).unwrap_or_default();
        if asked.coming.holds(parent, &tuple) {
            continue;
        }
        let place = row.places[parent.columns[0]];
        let message = format!(
            "no row of `{}` has {} {}",
            parent.table,
            super::words(&parent.referenced),
            shown(&tuple.join(", "))
        );
        findings.push(at(Code::SeedParent, asked.paths.data, place, message));
    }
    Ok(())
}

/// A condition that can not be asked about on its own is left to the table.
fn conditions(
    session: &mut dyn Session,
    asked: &Asked<'_>,
    condition: &str,
    findings: &mut Findings,
) {
    let dialect = asked.shape.dialect;
    let (with, bound) = with_rows(asked.shape, asked.rows, false);
    let sql = format!(
        "{with} SELECT {} FROM s WHERE NOT ({condition}) ORDER BY s.dbmig_n",
        text(dialect, "s.dbmig_n")
    );
    let Ok(found) = session.query(&sql, &bound.values()) else { return };
    for number in numbers(found) {
        let Some(row) = asked.rows.get(number) else { continue };
        // The column that the condition speaks of, where it is one.
        let lower = condition.to_lowercase();
        let words: HashSet<&str> =
            lower.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
        let spoken_of = asked
            .shape
            .columns
            .iter()
            .position(|column| words.contains(&*column.name.to_lowercase()));
        let place = spoken_of.map_or(row.place, |index| row.places[index]);
        let message =
            format!("a condition of table `{}` does not hold: {condition}", asked.shape.table);
        findings.push(at(Code::SeedCondition, asked.paths.data, place, message));
    }
}

/// Keys that are in the table already, where every row is to be new.
fn taken(session: &mut dyn Session, asked: &Asked<'_>, findings: &mut Findings) -> DbResult<()> {
    let (mut shape, dialect) = (asked.shape.clone(), asked.shape.dialect);
    for set in &asked.shape.uniques {
        shape.key.clone_from(set);
        let present: String = set
            .iter()
            .map(|&index| format!(" AND {} IS NOT NULL", of_row(dialect, &shape.columns[index])))
            .collect();
        let (with, bound) = with_rows(&shape, asked.rows, false);
        let sql = format!(
            "{with} SELECT {} FROM s WHERE EXISTS (SELECT 1 FROM {} e WHERE {}){present} ORDER BY s.dbmig_n",
            text(dialect, "s.dbmig_n"),
            table(dialect, &shape.table),
            same_key(&shape)
        );
        for number in numbers(session.query(&sql, &bound.values())?) {
            let Some(row) = asked.rows.get(number) else { continue };
            let names: Vec<_> = set.iter().map(|&c| shape.columns[c].name.as_str()).collect();
            let message = format!(
                "the value of {} is in table `{}` already, and the mode is `insert`",
                super::words(&names),
                shape.table
            );
            let finding = at(Code::SeedDuplicate, asked.paths.data, row.places[set[0]], message);
            findings.push(finding.help("let it be changed: `mode = \"upsert\"` in the side file"));
        }
    }
    Ok(())
}
