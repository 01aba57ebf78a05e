//! INSERT, UPDATE, DELETE, COPY, SELECT: which tables and columns they read and write.

use super::Reader;
use super::act::{Act, Columns, Dependence};
use super::cursor::Cursor;
use super::name::{Class, Name};
use super::sources::{Role, Source, sources};
use crate::sql::token::{Token, TokenKind};

/// Functions that only compute. Any other may do anything.
const PURE: [&str; 52] = [
    "count",
    "min",
    "max",
    "sum",
    "avg",
    "coalesce",
    "nullif",
    "lower",
    "upper",
    "length",
    "now",
    "version",
    "exists",
    "in",
    "values",
    "and",
    "or",
    "not",
    "from",
    "where",
    "as",
    "on",
    "over",
    "any",
    "all",
    "cast",
    "round",
    "abs",
    "set_config",
    "current_setting",
    "array",
    "row",
    "select",
    "distinct",
    "using",
    "when",
    "then",
    "else",
    "by",
    "union",
    "having",
    "join",
    "concat",
    "substr",
    "substring",
    "trim",
    "replace",
    "extract",
    "database",
    "if",
    "ifnull",
    "current_schema",
];

impl Reader<'_> {
    pub(super) fn dml(&mut self, mut cursor: Cursor<'_, '_>) -> bool {
        if cursor.at("copy") {
            return self.copy(&mut cursor);
        }
        if cursor.at_any(&["merge", "load"]) {
            return false;
        }
        let Some(sources) = sources(cursor) else { return false };
        if sources.iter().all(|source| source.role == Role::Read) {
            return false;
        }
        for Source { name, role, columns, .. } in sources {
            let act = match role {
                Role::Read => Act::Read(columns),
                Role::Insert(columns) => Act::Insert(columns),
                Role::Update(set) => Act::Update { set, read: columns },
                Role::Delete => Act::Delete { read: columns },
            };
            self.table(&name, act);
        }
        true
    }

    pub(super) fn copy(&mut self, cursor: &mut Cursor<'_, '_>) -> bool {
        cursor.next();
        let Some(table) = cursor.name() else { return false };
        let columns = cursor.column_list().unwrap_or(Columns::All);
        if cursor.eat("from") {
            self.table(&table, Act::Insert(columns));
        }
        true
    }

    /// A query alone does nothing, unless a function in it does.
    pub(super) fn query(&mut self, mut cursor: Cursor<'_, '_>) -> bool {
        let mut before: Option<&Token<'_>> = None;
        while let Some(token) = cursor.next() {
            if token.is("diesel_manage_updated_at") && cursor.at_symbol("(") {
                // Diesel's own helper: makes the trigger `set_updated_at` on the table in its argument.
                let Some(table) = cursor.group().and_then(|mut argument| argument.part()) else {
                    return false;
                };
                let parts =
                    table.split('.').map(|part| part.trim_matches('"').to_owned()).collect();
                let table = Name { parts };
                self.touch(Class::Trigger, &table.scoped("set_updated_at"), Act::Create);
                self.table(&table, Act::Depend(Dependence::Trigger, Columns::one("updated_at")));
                continue;
            }
            if token.is_symbol("(") {
                if let Some(function) = before {
                    let named = matches!(function.kind, TokenKind::Word | TokenKind::QuotedName);
                    if named && !function.is_any(&PURE) {
                        return false;
                    }
                }
            }
            before = Some(token);
        }
        true
    }
}
