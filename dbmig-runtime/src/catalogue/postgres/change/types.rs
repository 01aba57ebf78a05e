//! Types, sequences, and extensions that stay and differ.

use super::super::super::change::{CannotSay, Step, pairs};
use super::super::super::facts::Piece;
use super::super::super::{
    Catalogue, Check, ColumnType, Composite, Domain, EnumType, Name, Sequence, TypeKind,
};
use super::super::arrange::{self, Rank};
use super::super::steady;
use super::super::write::{full, ident, literal, on_table, relation, table};
use super::told;

/// Enum types that differ.
pub(super) struct Enums<'a> {
    /// They get values more.
    grown: Vec<(&'a EnumType, &'a EnumType)>,
    /// All else: a type of the same name takes their place.
    rebuilt: Vec<(&'a EnumType, &'a EnumType)>,
}

impl<'a> Enums<'a> {
    pub(super) fn of(before: &'a Catalogue, to: &'a Catalogue, wrong: &mut Vec<CannotSay>) -> Self {
        let both = pairs(&before.enums, &to.enums, |ty| told(Piece::Enum(ty)));
        let differ = both.altered.into_iter().filter(|(old, new)| old.labels != new.labels);
        let grows = |(old, new): &(&EnumType, &EnumType)| {
            let mut left = old.labels.iter().peekable();
            for label in &new.labels {
                left.next_if_eq(&label);
            }
            left.peek().is_none() && !uses_new(to, old, new)
        };
        let (grown, rebuilt): (Vec<_>, Vec<_>) = differ.partition(grows);
        for (ty, _) in &rebuilt {
            let names_it = |text: &str| {
                let name = Name::clone(&ty.name);
                super::super::mentions::mentions(text)
                    .iter()
                    .any(|(thing, _)| *thing == super::Thing::Type(name.clone()))
            };
            let domains = to.domains.iter().filter(|one| names_it(&one.base)).map(|one| &one.name);
            let fields = |one: &&Composite| one.fields.iter().any(|(_, text)| names_it(text));
            let composites = to.composites.iter().filter(fields).map(|one| &one.name);
            wrong.extend(domains.chain(composites).map(|name| {
                let why = format!("it is made of `{}`, whose values go or change places", ty.name);
                CannotSay::new(name, why)
            }));
        }
        Self { grown, rebuilt }
    }

    pub(super) fn rebuilt(&self) -> impl Iterator<Item = &Name> {
        self.rebuilt.iter().map(|(ty, _)| &ty.name)
    }

    pub(super) fn rebuilds(&self, name: &Name) -> bool {
        self.rebuilt().any(|other| other == name)
    }

    /// The statements; `rest` has the new values then.
    pub(super) fn steps(&self, rest: &mut Catalogue) -> Vec<Step> {
        let mut steps = Vec::new();
        for (old, new) in &self.grown {
            steps.extend(grow(old, new));
        }
        for (_, new) in &self.rebuilt {
            steps.extend(rebuild(new, rest));
        }
        for (_, new) in self.grown.iter().chain(&self.rebuilt) {
            for ty in rest.enums.iter_mut().filter(|ty| ty.name == new.name) {
                ty.labels.clone_from(&new.labels);
            }
        }
        steps
    }
}

/// Whether anything is said with a value that is new: the server refuses that until it is committed.
fn uses_new(to: &Catalogue, old: &EnumType, new: &EnumType) -> bool {
    let fresh = new.labels.iter().filter(|label| !old.labels.contains(label));
    let fresh: Vec<_> = fresh.map(|label| format!("{}::", literal(label))).collect();
    let used = |text: &str| fresh.iter().any(|label| text.contains(label));
    let of_tables = to.tables.iter().any(|table| {
        let columns = table.columns.iter();
        let defaults = columns.clone().filter_map(|column| column.default.as_deref());
        let computed = columns.filter_map(|column| Some(&*column.generated.as_ref()?.expression));
        let checks = table.checks.iter().map(|check| &*check.expression);
        let predicates = table.indexes.iter().filter_map(|index| index.predicate.as_deref());
        defaults.chain(computed).chain(checks).chain(predicates).any(used)
    });
    let of_views = to.views.iter().any(|view| used(&view.definition));
    let of_others = to.others.iter().any(|other| used(&other.definition));
    of_tables || of_views || of_others || to.triggers.iter().any(|one| used(&one.definition))
}

fn grow(old: &EnumType, new: &EnumType) -> Vec<Step> {
    let mut known = old.labels.clone();
    let mut steps = Vec::new();
    for (at, label) in new.labels.iter().enumerate() {
        if known.contains(label) {
            continue;
        }
        let place = match (at.checked_sub(1).map(|at| &new.labels[at]), known.first()) {
            (Some(_), _) if at == known.len() => String::new(),
            (Some(before), _) => format!(" AFTER {}", literal(before)),
            (None, Some(first)) => format!(" BEFORE {}", literal(first)),
            (None, None) => String::new(),
        };
        let name = full(&new.name);
        let sql = format!("ALTER TYPE {name} ADD VALUE {}{place}", literal(label));
        steps.push(Step::new(&new.name, sql));
        known.insert(at.min(known.len()), label.clone());
    }
    steps
}

fn rebuild(new: &EnumType, rest: &Catalogue) -> Vec<Step> {
    let mut old = Name { schema: new.name.schema.clone(), name: format!("old_{}", new.name.name) };
    while rest.enums.iter().any(|ty| ty.name == old) || rest.table(&old).is_some() {
        old.name.insert_str(0, "old_");
    }
    let labels: Vec<_> = new.labels.iter().map(|label| literal(label)).collect();
    let name = full(&new.name);
    let mut sql = vec![
        format!("ALTER TYPE {name} RENAME TO {}", ident(&old.name)),
        format!("CREATE TYPE {name} AS ENUM ({})", labels.join(", ")),
    ];
    for table in &rest.tables {
        let columns = table.columns.iter().filter(|column| {
            column.ty.name == new.name && !super::drops::is_of_parent(table, column)
        });
        for column in columns {
            let (of, name, ty) = (full(&table.name), ident(&column.name), &column.ty.text);
            let text = if column.ty.array { "text[]" } else { "text" };
            sql.push(format!(
                "ALTER TABLE {of} ALTER COLUMN {name} TYPE {ty} USING {name}::{text}::{ty}"
            ));
        }
    }
    sql.push(format!("DROP TYPE {}", full(&old)));
    sql.into_iter().map(|sql| Step::new(&new.name, sql)).collect()
}

/// ` USING …`: how a value of one type becomes one of another.
pub(super) fn cast(column: &str, from: &ColumnType, to: &ColumnType) -> String {
    let direct = from.array == to.array
        && (family(from) == family(to) && family(from).is_some()
            || from.name == to.name
            || is_text(from)
            || is_text(to)
            || matches!((&*from.name.name, &*to.name.name), ("bool", "int4") | ("int4", "bool")));
    // An array that becomes a single value, or the other way round, does so by what it looks like: that fits
    // or fails, and loses nothing in silence.
    let text = match (direct, from.array && to.array) {
        (true, _) => "",
        (false, true) => "::text[]",
        (false, false) => "::text",
    };
    format!(" USING {column}{text}::{}", to.text)
}

fn is_text(ty: &ColumnType) -> bool {
    matches!(&*ty.name.name, "text" | "varchar" | "bpchar" | "char" | "name" | "citext")
}

/// Types that become each other by a cast of their own.
fn family(ty: &ColumnType) -> Option<u8> {
    if ty.kind != TypeKind::Base {
        return None;
    }
    match &*ty.name.name {
        "int2" | "int4" | "int8" | "numeric" | "float4" | "float8" => Some(0),
        "timestamp" | "timestamptz" | "date" => Some(1),
        "time" | "timetz" => Some(2),
        "json" | "jsonb" => Some(3),
        "inet" | "cidr" => Some(4),
        "bit" | "varbit" => Some(5),
        _ => None,
    }
}

/// What differs in types, sequences, and extensions that both have.
pub(super) fn alter(
    rest: &Catalogue,
    to: &Catalogue,
    steps: &mut Vec<arrange::Step>,
    wrong: &mut Vec<CannotSay>,
) {
    for (before, after) in pairs(&rest.domains, &to.domains, |ty| told(Piece::Domain(ty))).altered {
        match domain(before, after) {
            Ok(sql) => push(&after.name, sql, steps),
            Err(why) => wrong.push(why),
        }
    }
    let composites = pairs(&rest.composites, &to.composites, |ty| told(Piece::Composite(ty)));
    for (before, after) in composites.altered {
        match composite(before, after) {
            Ok(sql) => push(&after.name, sql, steps),
            Err(why) => wrong.push(why),
        }
    }
    for (before, after) in
        pairs(&rest.sequences, &to.sequences, |one| told(Piece::Sequence(one))).altered
    {
        sequence(before, after, steps);
    }
    let extensions = pairs(&rest.extensions, &to.extensions, |one| told(Piece::Extension(one)));
    for (before, after) in extensions.altered {
        let name = ident(&after.name.name);
        let mut sql = Vec::new();
        if before.name.schema != after.name.schema {
            let schema = ident(after.name.schema.as_deref().unwrap_or("public"));
            sql.push(format!("ALTER EXTENSION {name} SET SCHEMA {schema}"));
        }
        if before.version != after.version {
            sql.push(format!("ALTER EXTENSION {name} UPDATE TO {}", literal(&after.version)));
        }
        steps.push(arrange::Step::last(Rank::Extension, sql));
    }
}

fn push(name: &Name, sql: Vec<String>, steps: &mut Vec<arrange::Step>) {
    if !sql.is_empty() {
        steps.push(arrange::Step { sql, ..on_table(Rank::Type, name, String::new()) });
    }
}

fn domain(before: &Domain, after: &Domain) -> Result<Vec<String>, CannotSay> {
    if before.base != after.base || before.collation != after.collation {
        let why =
            "what a domain is made of can not be altered: make another one, and alter the columns";
        return Err(CannotSay::new(&after.name, why));
    }
    let alter = |what: String| format!("ALTER DOMAIN {} {what}", full(&after.name));
    let mut sql = Vec::new();
    let said =
        |check: &Check| (check.label.name.clone(), steady(&check.expression), check.validated);
    for check in &before.checks {
        if !after.checks.iter().any(|one| said(one) == said(check)) {
            let name = ident(check.label.name.as_deref().unwrap_or_default());
            sql.push(alter(format!("DROP CONSTRAINT {name}")));
        }
    }
    match (before.nullable, after.nullable) {
        (true, false) => sql.push(alter("SET NOT NULL".to_owned())),
        (false, true) => sql.push(alter("DROP NOT NULL".to_owned())),
        _ => {}
    }
    match &after.default {
        Some(text) if before.default.as_deref().map(steady) != Some(steady(text)) => {
            sql.push(alter(format!("SET DEFAULT {text}")));
        }
        None if before.default.is_some() => sql.push(alter("DROP DEFAULT".to_owned())),
        _ => {}
    }
    for check in &after.checks {
        if !before.checks.iter().any(|one| said(one) == said(check)) {
            let not_valid = if check.validated { "" } else { " NOT VALID" };
            sql.push(alter(format!("ADD {}{not_valid}", table::condition(check))));
        }
    }
    Ok(sql)
}

fn composite(before: &Composite, after: &Composite) -> Result<Vec<String>, CannotSay> {
    let alter = |what: String| format!("ALTER TYPE {} {what}", full(&after.name));
    let has = |fields: &[(String, String)], name: &str| fields.iter().any(|(one, _)| one == name);
    let stay = before.fields.iter().filter(|(name, _)| has(&after.fields, name));
    let come = after.fields.iter().filter(|(name, _)| !has(&before.fields, name));
    let order = stay.clone().chain(come.clone()).map(|(name, _)| name);
    if !order.eq(after.fields.iter().map(|(name, _)| name)) {
        let why = "the fields of a composite type can not change places: make another type";
        return Err(CannotSay::new(&after.name, why));
    }
    let gone = before.fields.iter().filter(|(name, _)| !has(&after.fields, name));
    let mut sql: Vec<_> =
        gone.map(|(name, _)| alter(format!("DROP ATTRIBUTE {}", ident(name)))).collect();
    for (name, ty) in stay {
        let new = after.fields.iter().find(|(one, _)| one == name).map(|(_, ty)| ty);
        if let Some(new) = new.filter(|new| *new != ty) {
            sql.push(alter(format!("ALTER ATTRIBUTE {} TYPE {new}", ident(name))));
        }
    }
    sql.extend(come.map(|(name, ty)| alter(format!("ADD ATTRIBUTE {} {ty}", ident(name)))));
    Ok(sql)
}

fn sequence(before: &Sequence, after: &Sequence, steps: &mut Vec<arrange::Step>) {
    let name = full(&after.name);
    let mut words = Vec::new();
    if before.ty != after.ty {
        words.push(format!("AS {}", after.ty));
    }
    for (key, old, new) in [
        ("INCREMENT BY", before.increment, after.increment),
        ("MINVALUE", before.min, after.min),
        ("MAXVALUE", before.max, after.max),
        ("START WITH", before.start, after.start),
        ("CACHE", before.cache, after.cache),
    ] {
        // Another type moves its bounds along.
        if old != new || (before.ty != after.ty && matches!(key, "MINVALUE" | "MAXVALUE")) {
            words.push(format!("{key} {new}"));
        }
    }
    if before.cycle != after.cycle {
        words.push(if after.cycle { "CYCLE".to_owned() } else { "NO CYCLE".to_owned() });
    }
    if !words.is_empty() {
        push(&after.name, vec![format!("ALTER SEQUENCE {name} {}", words.join(" "))], steps);
    }
    if before.owned_by != after.owned_by {
        let owner = after.owned_by.as_ref().map_or_else(
            || "NONE".to_owned(),
            |(table, column)| format!("{}.{}", full(table), ident(column)),
        );
        let sql = format!("ALTER SEQUENCE {name} OWNED BY {owner}");
        let mut step = on_table(Rank::Owner, &after.name, sql);
        step.needs.extend(after.owned_by.iter().map(|(table, _)| relation(table)));
        steps.push(step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, array: bool) -> ColumnType {
        let text = format!("{name}{}", if array { "[]" } else { "" });
        let kind = if name == "mood" { TypeKind::Enum } else { TypeKind::Base };
        ColumnType { text, name: Name::new(name), array, length: None, kind }
    }

    #[test]
    fn casts() {
        for (from, to, array, expected) in [
            ("int4", "int8", false, " USING c::int8"),
            ("int4", "text", false, " USING c::text"),
            ("text", "uuid", false, " USING c::uuid"),
            ("bool", "int4", false, " USING c::int4"),
            // Nothing leads there but the text.
            ("int4", "uuid", false, " USING c::text::uuid"),
            ("mood", "jsonb", false, " USING c::text::jsonb"),
            ("int4", "uuid", true, " USING c::text[]::uuid[]"),
        ] {
            assert_eq!(cast("c", &column(from, array), &column(to, array)), expected);
        }
        let (one, many) = (column("int4", false), column("int4", true));
        assert_eq!(cast("c", &many, &one), " USING c::text::int4");
        assert_eq!(cast("c", &one, &many), " USING c::text::int4[]");
    }

    #[test]
    fn values_come_to_stand_where_they_are_wished_for() {
        let labels = |text: &str| EnumType {
            name: Name::new("e"),
            labels: text.split(' ').map(str::to_owned).collect(),
            comment: None,
        };
        for (before, after, expected) in [
            ("a", "a b", &["'b'"][..]),
            ("b", "a b", &["'a' BEFORE 'b'"]),
            ("a d", "a b c d", &["'b' AFTER 'a'", "'c' AFTER 'b'"]),
            ("c", "a b c d", &["'a' BEFORE 'c'", "'b' AFTER 'a'", "'d'"]),
        ] {
            let steps = grow(&labels(before), &labels(after));
            let told: Vec<_> = steps
                .iter()
                .map(|step| step.sql.replacen("ALTER TYPE \"e\" ADD VALUE ", "", 1))
                .collect();
            assert_eq!(told, expected, "{before} -> {after}");
        }
    }
}
