//! The facts of one piece by itself: what two lists are paired by.

use dbmig_build::Dialect;

use super::super::{
    Check, Column, Composite, Domain, EnumType, Exclusion, Extension, ForeignKey, Index, Key, Name,
    OtherObject, Routine, Schema, Sequence, Table, Trigger, View,
};
use super::{
    All, Facts, Kind, Object, add_check, add_column, add_composite, add_domain, add_enum,
    add_exclusion, add_extension, add_foreign_key, add_index, add_key, add_other, add_routine,
    add_schema, add_sequence, add_table_itself, add_trigger, add_view_itself,
};

/// One piece of a catalogue.
#[derive(Debug, Clone, Copy)]
pub(in crate::catalogue) enum Piece<'a> {
    Schema(&'a Schema),
    Extension(&'a Extension),
    Enum(&'a EnumType),
    Domain(&'a Domain),
    Composite(&'a Composite),
    Sequence(&'a Sequence),
    /// Without what belongs to it.
    Table(&'a Table),
    /// Without its indexes.
    View(&'a View),
    Routine(&'a Routine),
    Trigger(&'a Trigger),
    Other(&'a OtherObject),
    Column(&'a Name, &'a Column),
    PrimaryKey(&'a Name, &'a Key),
    Unique(&'a Name, &'a Key),
    ForeignKey(&'a Name, &'a ForeignKey),
    Check(&'a Name, &'a Check),
    Exclusion(&'a Name, &'a Exclusion),
    Index(&'a Name, &'a Index),
}

/// Which object a piece is, and what is true of it, as [`super::facts`] tells of all of them.
pub(in crate::catalogue) fn of_piece(dialect: Dialect, piece: Piece<'_>) -> (Object, Facts) {
    let mut all = All::default();
    match piece {
        Piece::Schema(schema) => add_schema(&mut all, schema),
        Piece::Extension(extension) => add_extension(&mut all, extension),
        Piece::Enum(ty) => add_enum(&mut all, ty),
        Piece::Domain(domain) => {
            // With its conditions: they are no objects of their own here.
            let checks = domain.checks.iter().map(|check| {
                let called = check.label.as_chosen().unwrap_or_default();
                let not_valid = if check.validated { "" } else { " not valid" };
                format!("{called} ({}){not_valid}", check.expression)
            });
            let checks: Vec<_> = checks.collect();
            add_domain(&mut all, &Domain { checks: Vec::new(), ..domain.clone() });
            if let Some(facts) = all.0.values_mut().next() {
                facts.insert("check", checks.join("; "));
            }
        }
        Piece::Composite(composite) => add_composite(&mut all, composite),
        Piece::Sequence(sequence) => add_sequence(&mut all, sequence),
        Piece::Table(table) => add_table_itself(&mut all, table),
        Piece::View(view) => add_view_itself(&mut all, view),
        Piece::Routine(routine) => add_routine(&mut all, routine),
        Piece::Trigger(trigger) => add_trigger(&mut all, trigger),
        Piece::Other(other) => add_other(&mut all, other),
        Piece::Column(of, column) => add_column(&mut all, of, column),
        Piece::PrimaryKey(of, key) => add_key(&mut all, of, Kind::PrimaryKey, key),
        Piece::Unique(of, key) => add_key(&mut all, of, Kind::Unique, key),
        Piece::ForeignKey(of, key) => add_foreign_key(&mut all, of, key),
        Piece::Check(of, check) => add_check(&mut all, of, check),
        Piece::Exclusion(of, exclusion) => add_exclusion(&mut all, of, exclusion),
        Piece::Index(of, index) => add_index(&mut all, of, index),
    }
    let nothing = Object { of: None, kind: Kind::Other, name: Name::new("") };
    all.told(dialect).pop_first().unwrap_or((nothing, Facts::new()))
}
