//! What the pragmas say of all objects, by a fixed number of queries.

use std::collections::HashMap;

use super::names::folded;
use crate::session::{DbResult, Row, Session};

/// An object with the statement that made it.
const OBJECTS: &str = "SELECT CAST(type AS TEXT), CAST(name AS TEXT), CAST(tbl_name AS TEXT), \
     CAST(sql AS TEXT) FROM main.sqlite_schema \
     WHERE sql IS NOT NULL AND substr(name, 1, 7) <> 'sqlite_' COLLATE NOCASE ORDER BY name";

const KINDS: &str = "SELECT CAST(name AS TEXT), CAST(type AS TEXT), CAST(wr AS TEXT), \
     CAST(strict AS TEXT) FROM pragma_table_list WHERE schema = 'main'";

const COLUMNS: &str = "SELECT CAST(s.name AS TEXT), CAST(x.name AS TEXT), CAST(x.type AS TEXT), \
     CAST(x.hidden AS TEXT) \
     FROM main.sqlite_schema s JOIN pragma_table_xinfo(s.name, 'main') x";

/// Ordinary tables: no module and no other object is needed to know their columns.
const OF_TABLES: &str = "WHERE s.type = 'table' AND s.rootpage <> 0 ORDER BY s.name, x.cid";

/// Views and virtual tables.
const OF_OTHERS: &str = "WHERE s.type = 'view' OR (s.type = 'table' AND s.rootpage = 0) \
     ORDER BY s.name, x.cid";

/// A trigger may be called as a table is.
const OF_ONE: &str = "WHERE s.name = ? AND s.type IN ('table', 'view') ORDER BY x.cid";

const REFERENCES: &str = "SELECT CAST(s.name AS TEXT), CAST(f.id AS TEXT), \
     CAST(f.\"table\" AS TEXT), CAST(f.\"from\" AS TEXT), CAST(f.\"to\" AS TEXT), \
     CAST(f.on_update AS TEXT), CAST(f.on_delete AS TEXT) \
     FROM main.sqlite_schema s JOIN pragma_foreign_key_list(s.name, 'main') f \
     WHERE s.type = 'table' AND s.rootpage <> 0 ORDER BY s.name, f.id DESC, f.seq";

const INDEXES: &str = "SELECT CAST(s.name AS TEXT), CAST(x.name AS TEXT), CAST(x.\"desc\" AS TEXT), \
     CAST(x.coll AS TEXT) \
     FROM main.sqlite_schema s JOIN pragma_index_xinfo(s.name, 'main') x \
     WHERE s.type = 'index' AND s.sql IS NOT NULL AND x.\"key\" = 1 ORDER BY s.name, x.seqno";

/// A row of `sqlite_schema`.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) table: String,
    pub(super) sql: String,
}

impl Object {
    fn has_columns(&self) -> bool {
        self.kind == "table" || self.kind == "view"
    }
}

/// What kind of table it is.
#[derive(Debug, Default)]
pub(super) struct TableKind {
    pub(super) shadow: bool,
    pub(super) without_rowid: bool,
    pub(super) strict: bool,
}

/// A column as the pragma tells it.
#[derive(Debug)]
pub(super) struct StoredColumn {
    pub(super) name: String,
    pub(super) ty: String,
    pub(super) hidden: Hidden,
}

/// Why a column is no ordinary one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden {
    No,
    /// Of a virtual table: there for those who know.
    Yes,
    Virtual,
    Stored,
}

/// A foreign key as the pragma tells it, in the order of their declarations.
#[derive(Debug)]
pub(super) struct StoredReference {
    id: String,
    pub(super) table: String,
    pub(super) columns: Vec<String>,
    /// The columns there; none where none were named.
    pub(super) referenced: Vec<String>,
    pub(super) on_update: String,
    pub(super) on_delete: String,
}

/// A part of an index as the pragma tells it.
#[derive(Debug)]
pub(super) struct StoredPart {
    /// None for an expression.
    pub(super) column: Option<String>,
    pub(super) descending: bool,
    pub(super) collation: String,
}

/// All of it; what belongs to a table or an index by its name.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) objects: Vec<Object>,
    pub(super) kinds: HashMap<String, TableKind>,
    pub(super) columns: HashMap<String, Vec<StoredColumn>>,
    pub(super) references: HashMap<String, Vec<StoredReference>>,
    pub(super) parts: HashMap<String, Vec<StoredPart>>,
}

impl Stored {
    pub(super) fn read(session: &mut dyn Session) -> DbResult<Self> {
        let objects: Vec<_> = session
            .query(OBJECTS, &[])?
            .into_iter()
            .map(|row| object(&mut Cells::of(row)))
            .collect();
        let kinds = session.query(KINDS, &[])?.into_iter().map(|row| kind(&mut Cells::of(row)));
        let kinds = kinds.collect();
        let mut columns = HashMap::new();
        add_columns(&mut columns, session.query(&format!("{COLUMNS} {OF_TABLES}"), &[])?);
        // A view whose table is gone, or a virtual table whose module is not here, makes all of it fail.
        if let Ok(rows) = session.query(&format!("{COLUMNS} {OF_OTHERS}"), &[]) {
            add_columns(&mut columns, rows);
        } else {
            let one = format!("{COLUMNS} {OF_ONE}");
            for object in objects.iter().filter(|object| object.has_columns()) {
                if !columns.contains_key(&object.name) {
                    let rows = session.query(&one, &[object.name.as_str().into()]);
                    add_columns(&mut columns, rows.unwrap_or_default());
                }
            }
        }
        let mut references = HashMap::new();
        for row in session.query(REFERENCES, &[])? {
            add_reference(&mut references, &mut Cells::of(row));
        }
        let mut parts: HashMap<String, Vec<StoredPart>> = HashMap::new();
        for row in session.query(INDEXES, &[])? {
            let mut cells = Cells::of(row);
            parts.entry(cells.text()).or_default().push(StoredPart {
                column: cells.next(),
                descending: cells.flag(),
                collation: cells.text(),
            });
        }
        Ok(Self { objects, kinds, columns, references, parts })
    }

    /// The objects of a kind.
    pub(super) fn of(&self, kind: &str) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(move |object| object.kind == kind)
    }

    /// The columns of a table or view; none where SQLite can not tell.
    pub(super) fn columns(&self, name: &str) -> &[StoredColumn] {
        self.columns.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a table belongs to a virtual one.
    pub(super) fn is_shadow(&self, name: &str) -> bool {
        self.kinds.get(name).is_some_and(|kind| kind.shadow)
    }

    /// The names of tables and views by their folded form.
    pub(super) fn by_folded_name(&self) -> HashMap<String, &str> {
        let named = self.objects.iter().filter(|object| object.has_columns());
        named.map(|object| (folded(&object.name), object.name.as_str())).collect()
    }
}

/// The cells of a row, from left to right.
struct Cells(std::vec::IntoIter<Option<String>>);

impl Cells {
    fn of(row: Row) -> Self {
        Self(row.into_iter())
    }

    fn next(&mut self) -> Option<String> {
        self.0.next().flatten()
    }

    fn text(&mut self) -> String {
        self.next().unwrap_or_default()
    }

    fn flag(&mut self) -> bool {
        self.next().as_deref() == Some("1")
    }
}

fn object(cells: &mut Cells) -> Object {
    Object { kind: cells.text(), name: cells.text(), table: cells.text(), sql: cells.text() }
}

fn kind(cells: &mut Cells) -> (String, TableKind) {
    let name = cells.text();
    let shadow = cells.text() == "shadow";
    (name, TableKind { shadow, without_rowid: cells.flag(), strict: cells.flag() })
}

fn add_columns(columns: &mut HashMap<String, Vec<StoredColumn>>, rows: Vec<Row>) {
    for row in rows {
        let mut cells = Cells::of(row);
        columns.entry(cells.text()).or_default().push(StoredColumn {
            name: cells.text(),
            ty: cells.text(),
            hidden: match cells.text().as_str() {
                "1" => Hidden::Yes,
                "2" => Hidden::Virtual,
                "3" => Hidden::Stored,
                _ => Hidden::No,
            },
        });
    }
}

fn add_reference(references: &mut HashMap<String, Vec<StoredReference>>, cells: &mut Cells) {
    let of = references.entry(cells.text()).or_default();
    let id = cells.text();
    let table = cells.text();
    let (from, to) = (cells.text(), cells.next());
    if of.last().is_none_or(|last| last.id != id) {
        of.push(StoredReference {
            id,
            table,
            columns: Vec::new(),
            referenced: Vec::new(),
            on_update: cells.text(),
            on_delete: cells.text(),
        });
    }
    if let Some(last) = of.last_mut() {
        last.columns.push(from);
        last.referenced.extend(to);
    }
}
