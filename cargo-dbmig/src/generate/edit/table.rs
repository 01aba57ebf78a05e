//! Tables that are made.

use dbmig_build::Dialect;
use dbmig_runtime::catalogue::{
    Column, Deferrable, Identity, Index, IndexKey, IndexPart, Key, Label, Name, Options, Sequence,
    Table,
};

use super::Edit;
use super::build::of;
use super::find::{empty, plain_column};
use crate::error::{CliError, CliResult};
use crate::generate::column::ColumnWish;
use crate::generate::intent::{Id, TableWish};
use crate::generate::{defaults, names};

impl Edit<'_> {
    pub(super) fn create_table(&mut self, wish: &TableWish) -> CliResult<()> {
        let name = self.free_table(&wish.name)?;
        let mut table = empty(name);
        let mut key: Vec<String> = Vec::new();
        if wish.id != Id::None {
            table.columns.push(self.id(&table.name, wish.id));
            key.push("id".to_owned());
        }
        key.extend(wish.columns.iter().filter(|one| one.primary_key).map(|one| one.name.clone()));
        if !key.is_empty() {
            table.primary_key = Some(primary_key(&table.name.name, key, self.dialect()));
        }
        for column in &wish.columns {
            self.add_to(&mut table, column, false)?;
        }
        if wish.timestamps {
            for name in ["created_at", "updated_at"] {
                table.columns.push(stamp(name, self.dialect()));
            }
        }
        if table.columns.is_empty() {
            return Err(CliError::usage("a table without columns holds nothing")
                .help("name some: `cargo dbmig generate table users name:string`"));
        }
        self.after.tables.push(table);
        Ok(())
    }

    /// Adds a column, and all that comes along with it. `existing`: the table may have rows.
    pub(super) fn add_to(
        &mut self,
        table: &mut Table,
        wish: &ColumnWish,
        existing: bool,
    ) -> CliResult<()> {
        let built = self.build(table, wish, existing)?;
        if let Some(ty) = built.ty {
            if self.after.enums.iter().any(|known| known.name == ty.name) {
                return Err(CliError::usage(format!("there is a type `{}` already", ty.name))
                    .help(format!("take that: `{}:pg:{}`", wish.name, ty.name)));
            }
            self.after.enums.push(ty);
        }
        let at = match &wish.after {
            None => table.columns.len(),
            Some(before) => {
                self.placed = true;
                let at = table.columns.iter().position(|column| column.name == *before);
                1 + at.ok_or_else(|| {
                    CliError::usage(format!("`{}`: there is no column `{before}`", wish.typed))
                })?
            }
        };
        table.columns.insert(at, built.column);
        for check in built.checks {
            self.add_check(table, &wish.name, &check, None);
        }
        let columns = [wish.name.clone()];
        let is_key = table.primary_key.as_ref().is_some_and(|key| key.columns == columns);
        if wish.unique && !is_key {
            self.add_unique(table, &columns, None, existing);
        }
        if let Some(to) = &wish.reference {
            let key = self.foreign_key(table, &columns, std::slice::from_ref(to), None)?;
            table.foreign_keys.push(key);
        }
        // MySQL makes the index of a foreign key by itself.
        let by_itself = self.dialect() == Dialect::Mysql && wish.reference.is_some();
        if wish.index && !wish.unique && !is_key && !by_itself {
            let index = column_index(table, &columns, false);
            table.indexes.push(index);
        }
        Ok(())
    }

    /// No two rows alike: a constraint, or where there may be rows already an index, which is the same to
    /// them and can be built while others write.
    pub(super) fn add_unique(
        &self,
        table: &mut Table,
        columns: &[String],
        name: Option<&String>,
        existing: bool,
    ) {
        if existing && self.dialect() != Dialect::Mysql {
            let mut index = column_index(table, columns, true);
            if let Some(name) = name {
                index.label = Label::chosen(name);
            }
            table.indexes.push(index);
            return;
        }
        let label = match name {
            Some(name) => Label::chosen(name),
            None => Label::chosen(names::free(table, columns, "key")),
        };
        table.uniques.push(key(label, columns.to_vec()));
    }

    fn id(&self, table: &Name, id: Id) -> Column {
        let dialect = self.dialect();
        let (ty, uuid) = match (dialect, id) {
            (Dialect::Sqlite, Id::Uuid) => (of("TEXT", "text"), true),
            (Dialect::Sqlite, _) => (of("INTEGER", "integer"), false),
            (Dialect::Postgres, Id::Uuid) => (of("uuid", "uuid"), true),
            (Dialect::Postgres, Id::Int) => (of("integer", "int4"), false),
            (Dialect::Postgres, _) => (of("bigint", "int8"), false),
            (Dialect::Mysql, Id::Uuid) => (of("char(36)", "char"), true),
            (Dialect::Mysql, Id::Int) => (of("int", "int"), false),
            (Dialect::Mysql, _) => (of("bigint", "bigint"), false),
        };
        let mut column = Column { nullable: false, ..plain_column("id", ty) };
        if uuid {
            column.default = Some(defaults::uuid(dialect));
        } else if dialect == Dialect::Postgres {
            column.identity = Some(identity(table, &column));
        } else {
            column.auto_increment = true;
        }
        column
    }
}

/// `GENERATED BY DEFAULT AS IDENTITY`, with the numbers that the type has room for.
pub(super) fn identity(table: &Name, column: &Column) -> Identity {
    let sequence = names::of(&table.name, std::slice::from_ref(&column.name), "seq");
    let max = match column.ty.text.as_str() {
        "smallint" => i64::from(i16::MAX),
        "integer" => i64::from(i32::MAX),
        _ => i64::MAX,
    };
    Identity {
        always: false,
        sequence: Sequence {
            name: Name { schema: table.schema.clone(), name: sequence },
            ty: column.ty.text.clone(),
            start: 1,
            increment: 1,
            min: 1,
            max,
            cache: 1,
            cycle: false,
            owned_by: None,
            comment: None,
        },
    }
}

/// `created_at`, `updated_at`.
fn stamp(name: &str, dialect: Dialect) -> Column {
    let ty = match dialect {
        Dialect::Sqlite => of("TIMESTAMP", "timestamp"),
        Dialect::Postgres => of("timestamp with time zone", "timestamptz"),
        Dialect::Mysql => of("datetime(6)", "datetime"),
    };
    let default = Some(defaults::moment(dialect).to_owned());
    Column { nullable: false, default, ..plain_column(name, ty) }
}

/// A primary key, as the dialect calls it.
pub(super) fn primary_key(table: &str, columns: Vec<String>, dialect: Dialect) -> Key {
    let name = match dialect {
        Dialect::Sqlite => None,
        Dialect::Postgres => {
            let mut table = table;
            while table.len() > 58 {
                table = &table[..table.len() - table.chars().next_back().map_or(1, char::len_utf8)];
            }
            Some(format!("{table}_pkey"))
        }
        Dialect::Mysql => Some("PRIMARY".to_owned()),
    };
    let generated = name.is_some();
    key(Label { name, generated }, columns)
}

pub(super) fn key(label: Label, columns: Vec<String>) -> Key {
    Key { label, columns, deferrable: Deferrable::No, options: Options::new(), comment: None }
}

/// An index over columns, in their order.
pub(super) fn column_index(table: &Table, columns: &[String], unique: bool) -> Index {
    let suffix = if unique { "key" } else { "idx" };
    let part = |column: &String| IndexPart {
        key: IndexKey::Column(column.clone()),
        descending: false,
        options: Options::new(),
    };
    Index {
        label: Label::chosen(names::free(table, columns, suffix)),
        unique,
        method: None,
        parts: columns.iter().map(part).collect(),
        include: Vec::new(),
        predicate: None,
        valid: true,
        options: Options::new(),
        comment: None,
    }
}
