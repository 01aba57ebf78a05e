//! What is true of a catalogue, one object after another: the one form that fingerprints, differences and
//! the JSON dump are made of.

mod piece;

use std::collections::BTreeMap;
use std::fmt;

use dbmig_build::Dialect;

pub(super) use piece::{Piece, of_piece};

use super::{
    Catalogue, Check, Column, Composite, Deferrable, Domain, EnumType, Exclusion, Extension,
    ForeignKey, Index, IndexKey, IndexPart, Key, Label, Name, Options, OtherObject, Routine,
    Schema, Sequence, Table, Trigger, View,
};

/// What kind of object it is, in the order in which they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A schema.
    Schema,
    /// An extension.
    Extension,
    /// An enum type.
    Enum,
    /// A domain.
    Domain,
    /// A composite type.
    Composite,
    /// A sequence.
    Sequence,
    /// A table.
    Table,
    /// A column of a table.
    Column,
    /// The primary key of a table.
    PrimaryKey,
    /// A unique constraint.
    Unique,
    /// A foreign key.
    ForeignKey,
    /// A check constraint.
    Check,
    /// An exclusion constraint.
    Exclusion,
    /// An index.
    Index,
    /// A view.
    View,
    /// A materialised view.
    MaterializedView,
    /// A function, procedure or aggregate.
    Routine,
    /// A trigger.
    Trigger,
    /// A rule, policy, event, or whatever else has a definition.
    Other,
}

impl Kind {
    /// Its name in SQL, in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Extension => "extension",
            Self::Enum => "type",
            Self::Domain => "domain",
            Self::Composite => "composite type",
            Self::Sequence => "sequence",
            Self::Table => "table",
            Self::Column => "column",
            Self::PrimaryKey => "primary key",
            Self::Unique => "unique",
            Self::ForeignKey => "foreign key",
            Self::Check => "check",
            Self::Exclusion => "exclusion",
            Self::Index => "index",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::Routine => "routine",
            Self::Trigger => "trigger",
            Self::Other => "object",
        }
    }
}

/// Which object it is. A constraint whose name the server chose is known by what it says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object {
    /// The table or view that it belongs to.
    pub of: Option<Name>,
    /// What it is.
    pub kind: Kind,
    /// What it is called; the columns of a constraint that has no name of its own.
    pub name: Name,
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.as_str();
        match (&self.of, self.kind) {
            (Some(of), Kind::Column) => write!(f, "{kind} {of}.{}", self.name.name),
            (Some(of), Kind::PrimaryKey) => write!(f, "{kind} of {of}"),
            (Some(of), Kind::Other) => write!(f, "{} of {of}", self.name),
            (Some(of), _) => write!(f, "{kind} {} of {of}", self.name),
            (None, Kind::Other) => write!(f, "{}", self.name),
            (None, _) => write!(f, "{kind} {}", self.name),
        }
    }
}

/// What is true of an object, by attribute, in the words of SQL where it has some.
pub type Facts = BTreeMap<&'static str, String>;

/// Whatever is in a catalogue, with what is true of it; the order of columns apart.
pub fn facts(catalogue: &Catalogue) -> BTreeMap<Object, Facts> {
    let mut all = All::default();
    catalogue.schemas.iter().for_each(|schema| add_schema(&mut all, schema));
    catalogue.extensions.iter().for_each(|extension| add_extension(&mut all, extension));
    catalogue.enums.iter().for_each(|ty| add_enum(&mut all, ty));
    catalogue.domains.iter().for_each(|domain| add_domain(&mut all, domain));
    catalogue.composites.iter().for_each(|composite| add_composite(&mut all, composite));
    catalogue.sequences.iter().for_each(|sequence| add_sequence(&mut all, sequence));
    catalogue.tables.iter().for_each(|table| add_table(&mut all, table));
    catalogue.views.iter().for_each(|view| add_view(&mut all, view));
    catalogue.routines.iter().for_each(|routine| add_routine(&mut all, routine));
    catalogue.triggers.iter().for_each(|trigger| add_trigger(&mut all, trigger));
    catalogue.others.iter().for_each(|other| add_other(&mut all, other));
    all.told(catalogue.dialect)
}

#[derive(Default)]
struct All(BTreeMap<Object, Facts>);

impl All {
    /// A new object. Of two that are called the same, which only those without a name can be, the second
    /// is counted.
    fn add(&mut self, of: Option<&Name>, kind: Kind, name: Name) -> &mut Facts {
        let mut object = Object { of: of.cloned(), kind, name };
        let plain = object.name.name.clone();
        let mut count = 1;
        while self.0.contains_key(&object) {
            count += 1;
            object.name.name = format!("{plain} #{count}");
        }
        self.0.entry(object).or_default()
    }

    /// With the spelling of one server, where several write the same in different ways.
    fn told(mut self, dialect: Dialect) -> BTreeMap<Object, Facts> {
        if dialect == Dialect::Postgres {
            let values = self.0.values_mut().flat_map(BTreeMap::values_mut);
            values.for_each(|value| *value = super::postgres::steady(value));
        }
        self.0
    }
}

fn say(facts: &mut Facts, attribute: &'static str, value: &Option<impl ToString>) {
    if let Some(value) = value {
        facts.insert(attribute, value.to_string());
    }
}

fn flag(facts: &mut Facts, attribute: &'static str, value: bool) {
    if value {
        facts.insert(attribute, String::new());
    }
}

fn options(facts: &mut Facts, options: &Options) {
    facts.extend(options.iter().map(|(attribute, value)| (*attribute, value.clone())));
}

fn numbers(sequence: &Sequence) -> String {
    let Sequence { ty, start, increment, min, max, cache, cycle, .. } = sequence;
    let cycle = if *cycle { " cycle" } else { "" };
    format!(
        "as {ty} start {start} increment {increment} minvalue {min} maxvalue {max} cache {cache}{cycle}"
    )
}

fn add_schema(all: &mut All, schema: &Schema) {
    let facts = all.add(None, Kind::Schema, Name::new(&schema.name));
    say(facts, "comment", &schema.comment);
}

fn add_extension(all: &mut All, extension: &Extension) {
    let facts = all.add(None, Kind::Extension, Name::new(&extension.name.name));
    say(facts, "schema", &extension.name.schema);
    say(facts, "version", &Some(&extension.version));
}

fn add_enum(all: &mut All, ty: &EnumType) {
    let facts = all.add(None, Kind::Enum, ty.name.clone());
    let labels = ty.labels.iter().map(|label| format!("'{}'", label.replace('\'', "''")));
    facts.insert("enum", format!("({})", labels.collect::<Vec<_>>().join(", ")));
    say(facts, "comment", &ty.comment);
}

fn add_sequence(all: &mut All, sequence: &Sequence) {
    let facts = all.add(None, Kind::Sequence, sequence.name.clone());
    facts.insert("numbers", numbers(sequence));
    let owner = sequence.owned_by.as_ref().map(|(table, column)| format!("{table}.{column}"));
    say(facts, "owned by", &owner);
    say(facts, "comment", &sequence.comment);
}

fn add_routine(all: &mut All, routine: &Routine) {
    let name = format!("{}({})", routine.name.name, routine.arguments);
    let name = Name { schema: routine.name.schema.clone(), name };
    let facts = all.add(None, Kind::Routine, name);
    facts.insert("definition", routine.definition.clone());
    say(facts, "comment", &routine.comment);
}

fn add_trigger(all: &mut All, trigger: &Trigger) {
    let facts = all.add(Some(&trigger.table), Kind::Trigger, Name::new(&trigger.name));
    facts.insert("definition", trigger.definition.clone());
    flag(facts, "disabled", !trigger.enabled);
    say(facts, "comment", &trigger.comment);
}

fn add_other(all: &mut All, other: &OtherObject) {
    let name = format!("{} {}", other.kind, other.name.name);
    let name = Name { schema: other.name.schema.clone(), name };
    let facts = all.add(other.table.as_ref(), Kind::Other, name);
    facts.insert("definition", other.definition.clone());
    say(facts, "comment", &other.comment);
}

fn add_domain(all: &mut All, domain: &Domain) {
    let facts = all.add(None, Kind::Domain, domain.name.clone());
    facts.insert("type", domain.base.clone());
    flag(facts, "not null", !domain.nullable);
    say(facts, "default", &domain.default);
    say(facts, "collate", &domain.collation);
    say(facts, "comment", &domain.comment);
    domain.checks.iter().for_each(|check| add_check(all, &domain.name, check));
}

fn add_composite(all: &mut All, composite: &Composite) {
    let facts = all.add(None, Kind::Composite, composite.name.clone());
    let fields = composite.fields.iter().map(|(name, ty)| format!("{name} {ty}"));
    facts.insert("fields", format!("({})", fields.collect::<Vec<_>>().join(", ")));
    say(facts, "comment", &composite.comment);
}

fn add_table_itself(all: &mut All, table: &Table) {
    let facts = all.add(None, Kind::Table, table.name.clone());
    say(facts, "comment", &table.comment);
    options(facts, &table.options);
}

fn add_table(all: &mut All, table: &Table) {
    add_table_itself(all, table);
    let of = &table.name;
    table.columns.iter().for_each(|column| add_column(all, of, column));
    table.primary_key.iter().for_each(|key| add_key(all, of, Kind::PrimaryKey, key));
    table.uniques.iter().for_each(|key| add_key(all, of, Kind::Unique, key));
    table.foreign_keys.iter().for_each(|key| add_foreign_key(all, of, key));
    table.checks.iter().for_each(|check| add_check(all, of, check));
    table.exclusions.iter().for_each(|exclusion| add_exclusion(all, of, exclusion));
    table.indexes.iter().for_each(|index| add_index(all, of, index));
}

fn add_column(all: &mut All, of: &Name, column: &Column) {
    let facts = all.add(Some(of), Kind::Column, Name::new(&column.name));
    facts.insert("type", column.ty.text.clone());
    flag(facts, "not null", !column.nullable);
    say(facts, "default", &column.default);
    if let Some(generated) = &column.generated {
        let stored = if generated.stored { "stored" } else { "virtual" };
        facts.insert("generated", format!("({}) {stored}", generated.expression));
    }
    if let Some(identity) = &column.identity {
        let when = if identity.always { "always" } else { "by default" };
        facts.insert("identity", format!("{when} ({})", numbers(&identity.sequence)));
    }
    flag(facts, "auto_increment", column.auto_increment);
    say(facts, "collate", &column.collation);
    say(facts, "comment", &column.comment);
    options(facts, &column.options);
}

/// What a constraint is called: its name, or what it is over where the server chose that.
fn called(label: &Label, otherwise: impl FnOnce() -> String) -> Name {
    Name::new(label.as_chosen().map_or_else(otherwise, ToOwned::to_owned))
}

fn columns(columns: &[String]) -> String {
    format!("({})", columns.join(", "))
}

fn when(facts: &mut Facts, deferrable: Deferrable) {
    match deferrable {
        Deferrable::No => {}
        Deferrable::InitiallyImmediate => flag(facts, "deferrable", true),
        Deferrable::InitiallyDeferred => {
            facts.insert("deferrable", "initially deferred".to_owned());
        }
    }
}

fn add_key(all: &mut All, of: &Name, kind: Kind, key: &Key) {
    // There is one primary key: its name is a fact about it.
    let name = match kind {
        Kind::PrimaryKey => Name::new(""),
        _ => called(&key.label, || columns(&key.columns)),
    };
    let facts = all.add(Some(of), kind, name);
    if kind == Kind::PrimaryKey {
        say(facts, "name", &key.label.as_chosen());
    }
    facts.insert("columns", columns(&key.columns));
    when(facts, key.deferrable);
    options(facts, &key.options);
    say(facts, "comment", &key.comment);
}

fn add_foreign_key(all: &mut All, of: &Name, key: &ForeignKey) {
    let here = columns(&key.columns);
    let there = format!("{}{}", key.table, columns(&key.referenced));
    let name = called(&key.label, || format!("{here} to {there}"));
    let facts = all.add(Some(of), Kind::ForeignKey, name);
    facts.insert("columns", here);
    facts.insert("references", there);
    facts.insert("on update", key.on_update.as_str().to_lowercase());
    facts.insert("on delete", key.on_delete.as_str().to_lowercase());
    when(facts, key.deferrable);
    flag(facts, "not valid", !key.validated);
    options(facts, &key.options);
    say(facts, "comment", &key.comment);
}

fn add_check(all: &mut All, of: &Name, check: &Check) {
    let name = called(&check.label, || format!("({})", check.expression));
    let facts = all.add(Some(of), Kind::Check, name);
    facts.insert("condition", format!("({})", check.expression));
    flag(facts, "not valid", !check.validated);
    options(facts, &check.options);
    say(facts, "comment", &check.comment);
}

fn add_exclusion(all: &mut All, of: &Name, exclusion: &Exclusion) {
    let name = called(&exclusion.label, || exclusion.definition.clone());
    let facts = all.add(Some(of), Kind::Exclusion, name);
    facts.insert("definition", exclusion.definition.clone());
    say(facts, "comment", &exclusion.comment);
}

fn part(part: &IndexPart) -> String {
    let mut text = match &part.key {
        IndexKey::Column(name) => name.clone(),
        IndexKey::Expression(expression) => format!("({expression})"),
    };
    for (option, value) in &part.options {
        text.push_str(&format!(" {option} {value}"));
    }
    if part.descending {
        text.push_str(" desc");
    }
    text
}

fn add_index(all: &mut All, of: &Name, index: &Index) {
    let parts: Vec<_> = index.parts.iter().map(part).collect();
    let name = called(&index.label, || columns(&parts));
    let facts = all.add(Some(of), Kind::Index, name);
    facts.insert("columns", columns(&parts));
    flag(facts, "unique", index.unique);
    say(facts, "using", &index.method);
    if !index.include.is_empty() {
        facts.insert("include", columns(&index.include));
    }
    say(facts, "where", &index.predicate);
    flag(facts, "invalid", !index.valid);
    options(facts, &index.options);
    say(facts, "comment", &index.comment);
}

fn add_view(all: &mut All, view: &View) {
    add_view_itself(all, view);
    view.indexes.iter().for_each(|index| add_index(all, &view.name, index));
}

fn add_view_itself(all: &mut All, view: &View) {
    let kind = if view.materialized { Kind::MaterializedView } else { Kind::View };
    let facts = all.add(None, kind, view.name.clone());
    facts.insert("definition", view.definition.clone());
    let columns = view.columns.iter().map(|(name, ty)| format!("{name} {ty}"));
    facts.insert("columns", format!("({})", columns.collect::<Vec<_>>().join(", ")));
    options(facts, &view.options);
    say(facts, "comment", &view.comment);
}
