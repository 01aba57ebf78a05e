//! A schema as it is thought of.

use dbmig_build::Dialect;

use super::Random;

/// Tables, and what stands on them.
#[derive(Debug, Clone)]
pub(super) struct Schema {
    pub(super) dialect: Dialect,
    pub(super) tables: Vec<Table>,
    pub(super) views: Vec<View>,
    /// For names that nothing had before.
    pub(super) number: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    pub(super) key: Key,
    pub(super) uniques: Vec<(String, Vec<String>)>,
    /// Name, and the column that it is about.
    pub(super) checks: Vec<(String, String, usize)>,
    /// The column, the table that its key is of, and what happens.
    pub(super) foreign: Vec<(String, String, &'static str)>,
    pub(super) indexes: Vec<Index>,
    pub(super) trigger: Option<(String, usize)>,
    pub(super) comment: Option<&'static str>,
}

/// What a row is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    None,
    /// `id`, counted by itself or not.
    Id {
        counted: bool,
    },
    /// The first two columns behind it.
    Pair,
}

#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    /// Which of [`types`].
    pub(super) ty: usize,
    pub(super) nullable: bool,
    /// Which of the defaults of its type.
    pub(super) default: Option<usize>,
    /// Computed from this column.
    pub(super) of: Option<(String, bool)>,
    pub(super) comment: Option<&'static str>,
}

#[derive(Debug, Clone)]
pub(super) struct Index {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    pub(super) unique: bool,
    pub(super) descending: bool,
    pub(super) partial: bool,
    pub(super) lower: bool,
}

#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) name: String,
    pub(super) table: String,
    pub(super) columns: Vec<String>,
}

/// What a type is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Text,
    Other,
}

/// A type: how it is written, what it is, defaults that it has, two values.
pub(super) struct Type {
    pub(super) sql: &'static str,
    pub(super) kind: Kind,
    pub(super) defaults: &'static [&'static str],
    pub(super) values: [&'static str; 2],
    /// It can be in a key.
    pub(super) keyed: bool,
}

const fn ty(
    sql: &'static str,
    kind: Kind,
    defaults: &'static [&'static str],
    values: [&'static str; 2],
    keyed: bool,
) -> Type {
    Type { sql, kind, defaults, values, keyed }
}

/// The types of a dialect; the first two are those of keys.
pub(super) fn types(dialect: Dialect) -> &'static [Type] {
    use Kind::{Number, Other, Text};
    match dialect {
        Dialect::Sqlite => {
            const {
                &[
                    ty("INTEGER", Number, &["7", "-1"], ["1", "2"], true),
                    ty("BIGINT", Number, &["0"], ["1", "2"], true),
                    ty("TEXT", Text, &["'it''s'", "''"], ["'aa1'", "'bb2'"], true),
                    ty("VARCHAR(20)", Text, &["'x'"], ["'cc1'", "'dd2'"], true),
                    ty("REAL", Number, &["1.5"], ["1.5", "2.5"], true),
                    ty("DECIMAL(8,2)", Number, &["0"], ["1.25", "2.5"], true),
                    ty("BLOB", Other, &["x'00ff'"], ["x'01'", "NULL"], false),
                    ty("BOOLEAN", Other, &["TRUE", "0"], ["TRUE", "FALSE"], true),
                    ty("TIMESTAMP", Other, &["CURRENT_TIMESTAMP"], ["'2020-01-02'", "NULL"], true),
                ]
            }
        }
        Dialect::Postgres => {
            const {
                &[
                    ty("integer", Number, &["7", "-1"], ["1", "2"], true),
                    ty("bigint", Number, &["0"], ["1", "2"], true),
                    ty("text", Text, &["'it''s'", "''"], ["'aa1'", "'bb2'"], true),
                    ty("character varying(20)", Text, &["'x'"], ["'cc1'", "'dd2'"], true),
                    ty("character varying(40)", Text, &["lower('X')"], ["'cc1'", "'dd2'"], true),
                    ty("numeric(8,2)", Number, &["0"], ["1.25", "2.5"], true),
                    ty("double precision", Number, &["1.5"], ["1.5", "2.5"], true),
                    ty("boolean", Other, &["true", "false"], ["true", "false"], true),
                    ty(
                        "timestamp with time zone",
                        Other,
                        &["now()", "CURRENT_TIMESTAMP"],
                        ["'2020-01-02'", "'2020-01-03'"],
                        true,
                    ),
                    ty("jsonb", Other, &["'{}'"], ["'{\"a\": 1}'", "'[]'"], false),
                    ty("uuid", Other, &["gen_random_uuid()"], ["gen_random_uuid()", "NULL"], true),
                    ty("integer[]", Other, &["'{1,2}'"], ["'{1}'", "'{}'"], true),
                    ty("mood", Other, &["'ok'"], ["'ok'", "'sad'"], true),
                    ty("bytea", Other, &["'\\x00'"], ["'\\x01'", "NULL"], false),
                ]
            }
        }
        Dialect::Mysql => {
            const {
                &[
                    ty("INT", Number, &["7", "-1"], ["1", "2"], true),
                    ty("BIGINT", Number, &["0"], ["1", "2"], true),
                    ty("VARCHAR(20)", Text, &["'it''s'", "''"], ["'cc1'", "'dd2'"], true),
                    ty("VARCHAR(40)", Text, &["'x'"], ["'cc1'", "'dd2'"], true),
                    ty("TEXT", Text, &[], ["'aa1'", "'bb2'"], false),
                    ty("DECIMAL(8,2)", Number, &["1.50"], ["1.25", "2.5"], true),
                    ty("DOUBLE", Number, &["1.5"], ["1.5", "2.5"], true),
                    ty("TINYINT(1)", Number, &["0", "1"], ["1", "2"], true),
                    ty(
                        "DATETIME(6)",
                        Other,
                        &["CURRENT_TIMESTAMP(6)"],
                        ["'2020-01-02'", "NULL"],
                        true,
                    ),
                    ty("INT UNSIGNED", Number, &["3"], ["1", "2"], true),
                    ty("ENUM('a','b')", Other, &["'a'"], ["'a'", "'b'"], true),
                    ty("ENUM('a','b','c')", Other, &["'c'"], ["'a'", "'b'"], true),
                    ty("LONGBLOB", Other, &[], ["x'01'", "NULL"], false),
                ]
            }
        }
    }
}

/// Names as people give them, and as they should not.
const NAMES: [&str; 10] =
    ["users", "posts", "order", "Mixed Case", "tags", "a", "été", "two words", "select", "x1"];
const COLUMNS: [&str; 12] =
    ["name", "title", "group", "Kind", "age", "b", "naïve", "a b", "from", "state", "note", "n1"];
pub(super) const ACTIONS: [&str; 3] =
    ["", " ON DELETE CASCADE", " ON DELETE SET NULL ON UPDATE CASCADE"];
pub(super) const COMMENTS: [&str; 2] = ["it's a \"comment\"", "ü"];

impl Schema {
    /// One to four tables, and views over them.
    pub(super) fn random(dialect: Dialect, random: &mut Random) -> Self {
        let mut schema = Self { dialect, tables: vec![], views: vec![], number: 0 };
        for _ in 0..1 + random.below(4) {
            schema.add_table(random);
        }
        for _ in 0..random.below(3) {
            schema.add_view(random);
        }
        schema
    }

    pub(super) fn name(&mut self, prefix: &str) -> String {
        self.number += 1;
        format!("{prefix}_{}", self.number)
    }

    pub(super) fn types(&self) -> &'static [Type] {
        types(self.dialect)
    }

    pub(super) fn add_table(&mut self, random: &mut Random) {
        let taken = |name: &str| {
            self.tables.iter().any(|table| table.name == name)
                || self.views.iter().any(|view| view.name == name)
        };
        let free: Vec<_> = NAMES.into_iter().filter(|name| !taken(name)).collect();
        let Some(name) = random.pick(&free) else { return };
        let key = match random.below(10) {
            0 => Key::None,
            1 => Key::Pair,
            more => Key::Id { counted: more < 6 },
        };
        let mut table = Table {
            name: (*name).to_owned(),
            columns: vec![],
            key,
            uniques: vec![],
            checks: vec![],
            foreign: vec![],
            indexes: vec![],
            trigger: None,
            comment: None,
        };
        for _ in 0..2 + random.below(4) {
            self.add_column(&mut table, random);
        }
        self.tables.push(table);
        let at = self.tables.len() - 1;
        for _ in 0..random.below(5) {
            self.add_part(at, random);
        }
    }

    pub(super) fn add_column(&mut self, table: &mut Table, random: &mut Random) {
        let taken = |name: &str| table.columns.iter().any(|column| column.name == name);
        let free: Vec<_> = COLUMNS.into_iter().filter(|name| !taken(name)).collect();
        let Some(name) = random.pick(&free) else { return };
        let ty = random.below(self.types().len());
        let defaults = self.types()[ty].defaults;
        let numbers: Vec<_> = table
            .columns
            .iter()
            .filter(|one| self.types()[one.ty].kind == Kind::Number && one.of.is_none())
            .map(|one| one.name.clone())
            .collect();
        let of = match random.chance(8) {
            true => random.pick(&numbers).cloned().map(|of| (of, random.chance(50))),
            false => None,
        };
        let plain = of.is_none();
        table.columns.push(Column {
            name: (*name).to_owned(),
            ty: if plain { ty } else { 1 },
            nullable: random.chance(60),
            default: (plain && !defaults.is_empty() && random.chance(40))
                .then(|| random.below(defaults.len())),
            of,
            comment: (self.dialect != Dialect::Sqlite && random.chance(10))
                .then(|| COMMENTS[random.below(2)]),
        });
    }

    /// The plain columns of a table of which a key can be made.
    pub(super) fn keyed(&self, table: &Table) -> Vec<String> {
        let fits = |one: &&Column| self.types()[one.ty].keyed && one.of.is_none();
        table.columns.iter().filter(fits).map(|one| one.name.clone()).collect()
    }

    /// A unique key, a condition, a foreign key, an index, a trigger.
    pub(super) fn add_part(&mut self, at: usize, random: &mut Random) {
        let table = self.tables[at].clone();
        let keyed = self.keyed(&table);
        let some = |random: &mut Random| -> Vec<String> {
            let mut list: Vec<_> = keyed.iter().filter(|_| random.chance(40)).cloned().collect();
            list.truncate(3);
            list
        };
        match random.below(6) {
            0 => {
                let columns = some(random);
                let new = !table.uniques.iter().any(|(_, other)| *other == columns);
                if !columns.is_empty() && new {
                    let name = self.name("u");
                    self.tables[at].uniques.push((name, columns));
                }
            }
            1 => {
                let fits =
                    |one: &&Column| self.types()[one.ty].kind != Kind::Other && one.of.is_none();
                let columns: Vec<_> =
                    table.columns.iter().filter(fits).map(|one| one.name.clone()).collect();
                if let Some(column) = random.pick(&columns) {
                    let name = self.name("c");
                    self.tables[at].checks.push((name, column.clone(), random.below(2)));
                }
            }
            2 => {
                let parents: Vec<_> = self
                    .tables
                    .iter()
                    .filter(|parent| matches!(parent.key, Key::Id { .. }))
                    .map(|parent| parent.name.clone())
                    .collect();
                let Some(parent) = random.pick(&parents).cloned() else { return };
                let column = format!("{parent}_id");
                if table.columns.iter().any(|one| one.name == column) {
                    return;
                }
                let action = ACTIONS[random.below(ACTIONS.len())];
                let table = &mut self.tables[at];
                table.columns.push(Column {
                    name: column.clone(),
                    ty: 1,
                    nullable: true,
                    default: None,
                    of: None,
                    comment: None,
                });
                table.foreign.push((column, parent, action));
            }
            3 | 4 => {
                let columns = some(random);
                if columns.is_empty() {
                    return;
                }
                let is_text = |name: &String| {
                    let column = table.columns.iter().find(|one| one.name == *name);
                    column.is_some_and(|one| self.types()[one.ty].kind == Kind::Text)
                };
                let lower = self.dialect != Dialect::Mysql
                    && columns.len() == 1
                    && is_text(&columns[0])
                    && random.chance(40);
                let index = Index {
                    name: self.name("i"),
                    columns,
                    unique: random.chance(15),
                    descending: random.chance(20),
                    partial: self.dialect != Dialect::Mysql && random.chance(20),
                    lower,
                };
                self.tables[at].indexes.push(index);
            }
            _ => {
                let name = self.name("r");
                let number = random.below(2);
                self.tables[at].trigger = Some((name, number));
            }
        }
    }

    pub(super) fn add_view(&mut self, random: &mut Random) {
        let Some(table) = random.pick(&self.tables).cloned() else { return };
        let columns: Vec<_> = table
            .columns
            .iter()
            .filter(|_| random.chance(60))
            .map(|one| one.name.clone())
            .collect();
        if !columns.is_empty() {
            let name = self.name("v");
            self.views.push(View { name, table: table.name, columns });
        }
    }
}
