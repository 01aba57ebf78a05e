//! Names of objects, as two texts can be compared by them.

/// What kind of thing a name names; names of different kinds do not meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Class {
    /// Tables, views, sequences.
    Relation,
    Index,
    Constraint,
    Type,
    Routine,
    Trigger,
    Event,
    Schema,
    Extension,
}

/// A name, possibly qualified, without its quotes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Name {
    pub(super) parts: Vec<String>,
}

impl Name {
    /// As written, for messages.
    pub(super) fn shown(&self) -> String {
        self.parts.join(".")
    }

    /// The last part, folded.
    pub(super) fn last(&self) -> String {
        self.parts.last().map(|part| fold(part)).unwrap_or_default()
    }

    /// A name in the scope of this one: a constraint or trigger of a table.
    pub(super) fn scoped(&self, inner: &str) -> Self {
        let mut parts = self.parts.clone();
        parts.push(inner.to_owned());
        Self { parts }
    }

    /// What two names are compared by: in lower case, without the schema that is meant anyway.
    pub(super) fn key(&self) -> String {
        let parts = match self.parts.split_first() {
            Some((first, rest))
                if !rest.is_empty() && ["public", "main"].contains(&fold(first).as_str()) =>
            {
                rest
            }
            _ => &self.parts[..],
        };
        // The separator keeps `"a.b"` and `a.b` apart.
        parts.iter().map(|part| fold(part)).collect::<Vec<_>>().join("\u{1f}")
    }
}

/// Names are compared without their case, even quoted ones: two that differ in nothing else are
/// more often one thing, spelled twice.
pub(super) fn fold(name: &str) -> String {
    name.to_lowercase()
}

/// The key of an object in a footprint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Object {
    class: Class,
    key: String,
}

impl Object {
    pub(super) fn new(class: Class, name: &Name) -> Self {
        Self { class, key: name.key() }
    }
}
