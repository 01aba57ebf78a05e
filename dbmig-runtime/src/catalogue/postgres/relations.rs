//! What is in `pg_class` and has columns: tables, views, composite types.

use super::cells::Cells;
use super::columns::{joined, pairs};
use super::reader::{Reader, class_of};
use crate::catalogue::{Name, Options};
use crate::session::DbResult;

/// A table, a view, or a composite type.
pub(super) struct Relation {
    pub(super) oid: u32,
    pub(super) name: Name,
    /// The letter of `relkind`.
    pub(super) kind: char,
    /// What is not the default.
    pub(super) options: Options,
    /// The query of a view.
    pub(super) query: Option<String>,
    pub(super) comment: Option<String>,
}

/// Reads them, those of extensions excepted.
pub(super) fn read(reader: &mut Reader<'_>) -> DbResult<Vec<Relation>> {
    let key = "CASE WHEN c.relkind = 'c' THEN c.reltype ELSE c.oid END";
    let class = format!(
        "CASE WHEN c.relkind = 'c' THEN {} ELSE {} END",
        class_of("pg_type"),
        class_of("pg_class")
    );
    let sql = format!(
        "SELECT c.oid::text, NULLIF(n.nspname::text, 'public'), c.relname::text, c.relkind::text, \
           c.reloptions::text, o.reloptions::text, c.relpersistence::text, \
           CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END, \
           CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END, \
           c.relrowsecurity::text, c.relforcerowsecurity::text, \
           CASE WHEN c.relkind IN ('r', 'p') THEN c.relreplident::text END, \
           CASE WHEN am.amname <> 'heap' THEN am.amname::text END, \
           CASE WHEN c.reloftype <> '0' THEN pg_catalog.format_type(c.reloftype, NULL) END, \
           fs.srvname::text, ft.ftoptions::text, \
           CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END, d.description \
         FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_catalog.pg_class o ON o.oid = c.reltoastrelid \
         LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam \
         LEFT JOIN pg_catalog.pg_foreign_table ft ON ft.ftrelid = c.oid \
         LEFT JOIN pg_catalog.pg_foreign_server fs ON fs.oid = ft.ftserver \
         LEFT JOIN pg_catalog.pg_description d ON d.objoid = {key} AND d.classoid = {class} \
           AND d.objsubid = '0' \
         WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND {{schemas}} \
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.objid = {key} \
             AND m.classid = {class} AND m.deptype = 'e')"
    );
    let mut all: Vec<_> = reader.rows(&sql)?.map(|mut row| relation(&mut row)).collect();
    all.retain(|relation| reader.holds(&relation.name));
    Ok(all)
}

fn relation(row: &mut Cells) -> Relation {
    let (oid, name, kind) = (row.number(), row.name(), row.letter());
    let mut settings = row.list();
    let toast = row.list().into_iter().map(|setting| format!("toast.{setting}"));
    let mut options = Options::new();
    if matches!(kind, 'v' | 'm') {
        let own = ["check_option", "security_barrier", "security_invoker"];
        for key in own {
            let value = settings.iter().position(|setting| {
                setting.strip_prefix(key).is_some_and(|rest| rest.starts_with('='))
            });
            if let Some(at) = value {
                let value = settings.remove(at);
                options.insert(key, value[key.len() + 1..].to_owned());
            }
        }
    }
    settings.extend(toast);
    let unlogged = (row.letter() == 'u').then(String::new);
    let (partition_by, bound) = (row.optional(), row.optional());
    let security = match (row.flag(), row.flag()) {
        (true, true) => Some("enabled, forced"),
        (true, false) => Some("enabled"),
        (false, true) => Some("forced"),
        (false, false) => None,
    };
    let identity = match row.letter() {
        'n' => Some("nothing"),
        'f' => Some("full"),
        _ => None,
    };
    let named = [
        ("with", joined(settings)),
        ("unlogged", unlogged),
        ("partition_by", partition_by),
        ("partition_bound", bound),
        ("row_security", security.map(ToOwned::to_owned)),
        ("replica_identity", identity.map(ToOwned::to_owned)),
        ("using", row.optional()),
        ("of", row.optional()),
        ("foreign_server", row.optional()),
        ("foreign_options", pairs(row.list())),
    ];
    options.extend(named.into_iter().filter_map(|(key, value)| Some((key, value?))));
    Relation { oid, name, kind, options, query: row.optional(), comment: row.optional() }
}
