//! What can be done to an object, and which two acts depend on their order.

use std::collections::BTreeSet;

/// A set of columns, by folded name.
///
/// Sets read out of expressions hold every word of the expression: too much is safe, too little is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Columns {
    /// All, or unknown.
    All,
    /// These.
    Some(BTreeSet<String>),
}

impl Columns {
    pub(super) fn none() -> Self {
        Self::Some(BTreeSet::new())
    }

    pub(super) fn one(name: &str) -> Self {
        Self::Some(BTreeSet::from([super::name::fold(name)]))
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Some(ours), Self::Some(theirs)) => ours.intersection(theirs).next().is_some(),
            (Self::All, Self::Some(some)) | (Self::Some(some), Self::All) => !some.is_empty(),
            (Self::All, Self::All) => true,
        }
    }

    pub(super) fn insert(&mut self, name: &str) {
        if let Self::Some(columns) = self {
            columns.insert(super::name::fold(name));
        }
    }
}

/// What depends on a table's structure and not on its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dependence {
    Index,
    Constraint,
    Reference,
    View,
    Trigger,
    /// A table that takes over another's columns, or a column of a type.
    Use,
    /// A setting that is neither structure nor rows: owner, storage, row security.
    Setting,
}

/// What is done to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    Create,
    /// CREATE OR REPLACE.
    Replace,
    Drop,
    /// Renamed to something else.
    RenameAway,
    /// Something else is renamed to this.
    RenameHere,
    /// Changed in a way that is not looked into.
    Alter,
    AddColumn(String),
    /// A value of an enumeration.
    AddValue(String),
    DropColumn(String),
    RenameColumn(String, String),
    /// Type, default, or nullability.
    ChangeColumn(String),
    ChangeAllColumns,
    Depend(Dependence, Columns),
    Insert(Columns),
    Update {
        set: Columns,
        read: Columns,
    },
    Delete {
        read: Columns,
    },
    /// Rows are copied from here, or looked up here for a write elsewhere.
    Read(Columns),
}

impl Act {
    /// Concerns the object as a whole.
    pub(super) fn is_whole(&self) -> bool {
        matches!(
            self,
            Self::Create | Self::Drop | Self::RenameAway | Self::RenameHere | Self::Alter
        )
    }

    pub(super) fn removes(&self) -> bool {
        matches!(self, Self::Drop | Self::RenameAway)
    }

    /// True when the end depends on which of the two comes first.
    pub(super) fn clashes(&self, other: &Self) -> bool {
        self.clashes_so(other) || other.clashes_so(self)
    }

    fn clashes_so(&self, other: &Self) -> bool {
        if self.is_whole() {
            // Even for a reference from elsewhere: a DROP fails, cascades, or deletes rows there.
            return true;
        }
        if self.is_structure() {
            return self.columns().meets(&other.columns());
        }
        match (self, other) {
            (Self::Replace, Self::Depend(..)) => false,
            (Self::Replace, _) => true,
            // A trigger made before the rows were written would have fired for them.
            (Self::Depend(Dependence::Trigger, _), other) => other.writes_rows(),
            (Self::Insert(_), Self::Update { .. } | Self::Delete { .. } | Self::Read(_)) => true,
            (Self::Update { set, .. }, Self::Update { set: other_set, read }) => {
                set.meets(other_set) || set.meets(read)
            }
            (Self::Update { set, .. }, Self::Delete { read } | Self::Read(read)) => set.meets(read),
            (Self::Delete { .. }, Self::Read(_)) => true,
            _ => false,
        }
    }

    fn is_structure(&self) -> bool {
        matches!(
            self,
            Self::AddColumn(_)
                | Self::AddValue(_)
                | Self::DropColumn(_)
                | Self::RenameColumn(..)
                | Self::ChangeColumn(_)
                | Self::ChangeAllColumns
        )
    }

    fn writes_rows(&self) -> bool {
        matches!(self, Self::Insert(_) | Self::Update { .. } | Self::Delete { .. })
    }

    fn columns(&self) -> Columns {
        match self {
            Self::AddColumn(name)
            | Self::AddValue(name)
            | Self::DropColumn(name)
            | Self::ChangeColumn(name) => Columns::one(name),
            Self::RenameColumn(from, to) => {
                let mut both = Columns::one(from);
                both.insert(to);
                both
            }
            Self::Depend(_, columns)
            | Self::Insert(columns)
            | Self::Read(columns)
            | Self::Delete { read: columns } => columns.clone(),
            Self::Update { set, read } => match (set, read) {
                (Columns::Some(set), Columns::Some(read)) => {
                    Columns::Some(set.union(read).cloned().collect())
                }
                _ => Columns::All,
            },
            _ => Columns::All,
        }
    }

    /// What happens, to be completed by the object's name.
    pub(super) fn phrase(&self) -> String {
        match self {
            Self::Create => "creates".to_owned(),
            Self::Replace => "creates or replaces".to_owned(),
            Self::Drop => "drops".to_owned(),
            Self::RenameAway => "renames".to_owned(),
            Self::RenameHere => "renames another one to".to_owned(),
            Self::Alter => "alters".to_owned(),
            Self::AddColumn(column) => format!("adds column `{column}` to"),
            Self::AddValue(value) => format!("adds value `{value}` to"),
            Self::DropColumn(column) => format!("drops column `{column}` of"),
            Self::RenameColumn(column, _) => format!("renames column `{column}` of"),
            Self::ChangeColumn(column) => format!("changes column `{column}` of"),
            Self::ChangeAllColumns => "changes all columns of".to_owned(),
            Self::Depend(Dependence::Index, _) => "creates an index on".to_owned(),
            Self::Depend(Dependence::Constraint, _) => "adds a constraint to".to_owned(),
            Self::Depend(Dependence::Reference, _) => "references".to_owned(),
            Self::Depend(Dependence::View, _) => "creates a view of".to_owned(),
            Self::Depend(Dependence::Trigger, _) => "creates or drops a trigger on".to_owned(),
            Self::Depend(Dependence::Use, _) => "uses".to_owned(),
            Self::Depend(Dependence::Setting, _) => "changes settings of".to_owned(),
            Self::Insert(_) => "inserts rows into".to_owned(),
            Self::Update { .. } => "updates rows of".to_owned(),
            Self::Delete { .. } => "deletes rows of".to_owned(),
            Self::Read(_) => "reads rows of".to_owned(),
        }
    }

    /// Which of several conflicts is told: the one with the most to lose.
    pub(super) fn weight(&self) -> u8 {
        match self {
            Self::Drop => 9,
            Self::RenameAway | Self::RenameHere => 8,
            Self::Create | Self::DropColumn(_) => 7,
            Self::RenameColumn(..)
            | Self::ChangeColumn(_)
            | Self::ChangeAllColumns
            | Self::Alter => 6,
            Self::AddColumn(_) | Self::AddValue(_) => 5,
            Self::Replace => 4,
            Self::Insert(_) | Self::Update { .. } | Self::Delete { .. } => 3,
            Self::Read(_) => 2,
            Self::Depend(..) => 1,
        }
    }
}
