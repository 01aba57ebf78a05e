//! Constraints of tables and domains.

use std::collections::HashMap;

use super::cells::Cells;
use super::chosen;
use super::expression::{bare, settled};
use super::indexes;
use super::reader::{Reader, comment};
use crate::catalogue::{
    Action, Check, Deferrable, Exclusion, ForeignKey, Key, Label, Name, Options,
};
use crate::session::DbResult;
use crate::sql;

/// A constraint as it was found; columns are numbers still.
pub(super) struct Found {
    /// The letter of `contype`.
    pub(super) kind: char,
    name: String,
    deferrable: Deferrable,
    validated: bool,
    enforced: bool,
    no_inherit: bool,
    columns: Vec<i32>,
    expression: Option<String>,
    table: Name,
    referenced: Vec<String>,
    actions: (Action, Action),
    full: bool,
    set_columns: Vec<i32>,
    period: bool,
    index: u32,
    comment: Option<String>,
}

/// The constraints, by the number of the table or of the domain. Those that a parent brought along are
/// not among them.
pub(super) fn read(reader: &mut Reader<'_>) -> DbResult<HashMap<u32, Vec<Found>>> {
    let sql = format!(
        "SELECT CASE WHEN k.conrelid = '0' THEN k.contypid ELSE k.conrelid END::text, \
           k.contype::text, k.conname::text, k.condeferrable::text, k.condeferred::text, \
           k.convalidated::text, {enforced}, k.connoinherit::text, k.conkey::text, \
           CASE k.contype WHEN 'c' THEN pg_catalog.pg_get_expr(k.conbin, k.conrelid) \
             WHEN 'x' THEN pg_catalog.pg_get_constraintdef(k.oid) END, \
           NULLIF(fn.nspname::text, 'public'), f.relname::text, \
           CASE WHEN k.contype = 'f' THEN ARRAY(SELECT a.attname::text \
             FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS u (number, place) \
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number \
             ORDER BY u.place)::text END, \
           k.confupdtype::text, k.confdeltype::text, (k.confmatchtype = 'f')::text, \
           {set_columns}, {period}, k.conindid::text, d.description \
         FROM pg_catalog.pg_constraint k \
         JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace \
         LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid \
         LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace {comment} \
         WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND k.conislocal AND k.conparentid = '0' \
           AND {{schemas}}",
        enforced = reader.since(18, "k.conenforced::text"),
        set_columns = reader.since(15, "k.confdelsetcols::text"),
        period = reader.since(18, "k.conperiod::text"),
        comment = comment("pg_constraint", "k.oid"),
    );
    let mut all: HashMap<u32, Vec<Found>> = HashMap::new();
    for mut row in reader.rows(&sql)? {
        let of = row.number();
        all.entry(of).or_default().push(found(&mut row));
    }
    Ok(all)
}

fn found(row: &mut Cells) -> Found {
    Found {
        kind: row.letter(),
        name: row.text(),
        deferrable: match (row.flag(), row.flag()) {
            (true, true) => Deferrable::InitiallyDeferred,
            (true, false) => Deferrable::InitiallyImmediate,
            (false, _) => Deferrable::No,
        },
        validated: row.flag(),
        enforced: row.optional().is_none_or(|text| text == "true"),
        no_inherit: row.flag(),
        columns: row.numbers(),
        expression: row.optional().map(settled),
        table: row.name(),
        referenced: row.list(),
        actions: (action(row.letter()), action(row.letter())),
        full: row.flag(),
        set_columns: row.numbers(),
        period: row.flag(),
        index: row.number(),
        comment: row.optional(),
    }
}

const fn action(letter: char) -> Action {
    match letter {
        'r' => Action::Restrict,
        'c' => Action::Cascade,
        'n' => Action::SetNull,
        'd' => Action::SetDefault,
        _ => Action::NoAction,
    }
}

impl Found {
    /// The columns by name.
    fn named(&self, numbers: &[i32], names: &HashMap<i32, String>) -> Vec<String> {
        numbers.iter().filter_map(|number| names.get(number).cloned()).collect()
    }

    /// As a primary key or a unique constraint, with the index that it has.
    pub(super) fn key(
        self,
        table: &str,
        names: &HashMap<i32, String>,
        all: &[indexes::Found],
    ) -> Key {
        let columns = self.named(&self.columns, names);
        let mut options = Options::new();
        let index = all.iter().find(|found| found.oid == self.index).map(|found| &found.index);
        let mut over = columns.clone();
        if let Some(index) = index {
            options.extend(index.options.clone());
            if !index.include.is_empty() {
                options.insert("include", quoted(&index.include));
                over.extend(index.include.iter().cloned());
            }
        }
        if self.period {
            options.insert("without_overlaps", String::new());
        }
        let label = match self.kind {
            'p' => chosen::label(self.name, table, None, "pkey"),
            _ => chosen::label(self.name, table, Some(&over), "key"),
        };
        Key { label, columns, deferrable: self.deferrable, options, comment: self.comment }
    }

    pub(super) fn foreign_key(self, table: &str, names: &HashMap<i32, String>) -> ForeignKey {
        let columns = self.named(&self.columns, names);
        let set = self.named(&self.set_columns, names);
        let mut options = Options::new();
        let named = [
            ("match", self.full.then(|| "full".to_owned())),
            ("set_columns", (!set.is_empty()).then(|| quoted(&set))),
            ("period", self.period.then(String::new)),
            ("not_enforced", (!self.enforced).then(String::new)),
        ];
        options.extend(named.into_iter().filter_map(|(key, value)| Some((key, value?))));
        ForeignKey {
            label: chosen::label(self.name, table, Some(&columns), "fkey"),
            columns,
            table: self.table,
            referenced: self.referenced,
            on_update: self.actions.0,
            on_delete: self.actions.1,
            deferrable: self.deferrable,
            validated: self.validated,
            options,
            comment: self.comment,
        }
    }

    /// As a condition of a table, or of a domain, which has no columns.
    pub(super) fn check(self, of: &str, names: &HashMap<i32, String>) -> Check {
        let columns = self.named(&self.columns, names);
        // With one column its name is in the constraint's.
        let one = (columns.len() == 1).then_some(&*columns);
        let mut options = Options::new();
        options.extend(self.no_inherit.then(|| ("no_inherit", String::new())));
        options.extend((!self.enforced).then(|| ("not_enforced", String::new())));
        Check {
            label: chosen::label(self.name, of, one, "check"),
            expression: bare(&self.expression.unwrap_or_default()).to_owned(),
            validated: self.validated,
            options,
            comment: self.comment,
        }
    }

    /// As an exclusion constraint, with the index that it has.
    pub(super) fn exclusion(self, table: &str, all: &[indexes::Found]) -> Exclusion {
        let index = all.iter().find(|found| found.oid == self.index);
        let label = match index {
            Some(found) => chosen::label(self.name, table, Some(&found.names), "excl"),
            None => Label::chosen(self.name),
        };
        Exclusion { label, definition: self.expression.unwrap_or_default(), comment: self.comment }
    }
}

/// Names as SQL writes a list of them.
pub(super) fn quoted(names: &[String]) -> String {
    let quoted = |name: &String| sql::quoted(dbmig_build::Dialect::Postgres, name);
    names.iter().map(quoted).collect::<Vec<_>>().join(", ")
}
