//! Schemas, extensions, types, sequences.

use super::super::arrange::{Rank, Step};
use super::super::mentions::{Thing, mentions, names};
use super::{full, ident, literal, needs_of_expression, on_table, relation};
use crate::catalogue::{Catalogue, Composite, Domain, Extension, Sequence};

pub(in crate::catalogue::postgres) fn write(catalogue: &Catalogue, steps: &mut Vec<Step>) {
    for schema in &catalogue.schemas {
        let sql = format!("CREATE SCHEMA {}", ident(&schema.name));
        steps.push(Step::last(Rank::Schema, vec![sql]));
    }
    for name in &catalogue.extensions {
        steps.push(extension(catalogue, name));
    }
    for ty in &catalogue.enums {
        let labels: Vec<_> = ty.labels.iter().map(|label| literal(label)).collect();
        let sql = format!("CREATE TYPE {} AS ENUM ({})", full(&ty.name), labels.join(", "));
        steps.push(Step {
            rank: Rank::Type,
            sql: vec![sql],
            makes: Some(Thing::Type(ty.name.clone())),
            needs: Vec::new(),
        });
    }
    steps.extend(catalogue.composites.iter().map(composite));
    steps.extend(catalogue.domains.iter().map(domain));
    for other in &catalogue.others {
        let (rank, makes) = match other.kind {
            "range type" => (Rank::Type, Some(Thing::Type(other.name.clone()))),
            "collation" => (Rank::Collation, None),
            "foreign server" => (Rank::Server, None),
            "cast" => (Rank::Operator, None),
            "operator" => {
                let symbol = other.name.name.split('(').next().unwrap_or_default();
                (Rank::Operator, Some(Thing::Operator(symbol.to_owned())))
            }
            _ => continue,
        };
        let needs = names(&other.definition);
        // An operator stands in its own definition, and in that of its negator.
        let needs = needs.into_iter().filter(|(thing, _)| !matches!(thing, Thing::Operator(_)));
        steps.push(Step {
            rank,
            sql: super::statements(&other.definition),
            makes,
            needs: needs.collect(),
        });
    }
    for sequence in &catalogue.sequences {
        steps.push(Step {
            rank: Rank::Sequence,
            sql: vec![create_sequence(sequence)],
            makes: Some(Thing::Type(sequence.name.clone())),
            needs: Vec::new(),
        });
        if let Some((table, column)) = &sequence.owned_by {
            let (name, table_name) = (full(&sequence.name), full(table));
            let sql = format!("ALTER SEQUENCE {name} OWNED BY {table_name}.{}", ident(column));
            let mut step = on_table(Rank::Owner, table, sql);
            step.needs.push(relation(&sequence.name));
            steps.push(step);
        }
    }
}

/// Without its version: a server may only have newer ones.
fn extension(catalogue: &Catalogue, extension: &Extension) -> Step {
    let schema = extension.name.schema.as_deref().unwrap_or("public");
    let known = catalogue.schemas.iter().any(|known| known.name == schema);
    let mut sql = Vec::new();
    if !known && !matches!(schema, "public" | "pg_catalog") {
        sql.push(format!("CREATE SCHEMA IF NOT EXISTS {}", ident(schema)));
    }
    // It may have come along with another one that needs it.
    sql.push(format!(
        "CREATE EXTENSION IF NOT EXISTS {} WITH SCHEMA {} CASCADE",
        ident(&extension.name.name),
        ident(schema)
    ));
    Step::last(Rank::Extension, sql)
}

fn composite(composite: &Composite) -> Step {
    let fields = composite.fields.iter().map(|(name, ty)| format!("{} {ty}", ident(name)));
    let fields: Vec<_> = fields.collect();
    Step {
        rank: Rank::Type,
        sql: vec![format!("CREATE TYPE {} AS ({})", full(&composite.name), fields.join(", "))],
        makes: Some(Thing::Type(composite.name.clone())),
        needs: composite.fields.iter().flat_map(|(_, ty)| mentions(ty)).collect(),
    }
}

fn domain(domain: &Domain) -> Step {
    let mut text = format!("CREATE DOMAIN {} AS {}", full(&domain.name), domain.base);
    let mut needs = mentions(&domain.base);
    if let Some(collation) = &domain.collation {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    if let Some(default) = &domain.default {
        text.push_str(&format!(" DEFAULT {default}"));
        needs.extend(needs_of_expression(default));
    }
    if !domain.nullable {
        text.push_str(" NOT NULL");
    }
    let mut late = Vec::new();
    for check in &domain.checks {
        needs.extend(needs_of_expression(&check.expression));
        let name = check.label.name.as_deref().unwrap_or_default();
        let condition = format!("CONSTRAINT {} CHECK ({})", ident(name), check.expression);
        if check.validated {
            text.push_str(&format!(" {condition}"));
        } else {
            let domain = full(&domain.name);
            late.push(format!("ALTER DOMAIN {domain} ADD {condition} NOT VALID"));
        }
    }
    let sql = std::iter::once(text).chain(late).collect();
    Step { rank: Rank::Type, sql, makes: Some(Thing::Type(domain.name.clone())), needs }
}

fn create_sequence(sequence: &Sequence) -> String {
    let mut text = format!("CREATE SEQUENCE {}", full(&sequence.name));
    if sequence.ty != "bigint" {
        text.push_str(&format!(" AS {}", sequence.ty));
    }
    let numbers = numbers(sequence);
    if !numbers.is_empty() {
        text.push_str(&format!(" {numbers}"));
    }
    text
}

/// What is not the default of a sequence of its type and direction.
pub(in crate::catalogue::postgres) fn numbers(sequence: &Sequence) -> String {
    let (lowest, highest) = match sequence.ty.as_str() {
        "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let (min, max) = if sequence.increment > 0 { (1, highest) } else { (lowest, -1) };
    let start = if sequence.increment > 0 { sequence.min } else { sequence.max };
    let all = [
        ("INCREMENT BY", sequence.increment, 1),
        ("MINVALUE", sequence.min, min),
        ("MAXVALUE", sequence.max, max),
        ("START WITH", sequence.start, start),
        ("CACHE", sequence.cache, 1),
    ];
    let different = all.into_iter().filter(|(_, value, usual)| value != usual);
    let mut words: Vec<_> = different.map(|(key, value, _)| format!("{key} {value}")).collect();
    words.extend(sequence.cycle.then(|| "CYCLE".to_owned()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Name;

    #[test]
    fn sequences() {
        let plain = Sequence {
            name: Name::new("s"),
            ty: "bigint".to_owned(),
            start: 1,
            increment: 1,
            min: 1,
            max: i64::MAX,
            cache: 1,
            cycle: false,
            owned_by: None,
            comment: None,
        };
        let down = Sequence { increment: -1, min: i64::MIN, max: -1, start: -1, ..plain.clone() };
        let small = Sequence { ty: "smallint".to_owned(), max: 32767, ..plain.clone() };
        for (sequence, expected) in [
            (plain.clone(), "CREATE SEQUENCE \"s\""),
            (down, "CREATE SEQUENCE \"s\" INCREMENT BY -1"),
            (small, "CREATE SEQUENCE \"s\" AS smallint"),
            (
                Sequence { min: 5, start: 7, cache: 10, cycle: true, ..plain },
                "CREATE SEQUENCE \"s\" MINVALUE 5 START WITH 7 CACHE 10 CYCLE",
            ),
        ] {
            assert_eq!(create_sequence(&sequence), expected);
        }
    }
}
