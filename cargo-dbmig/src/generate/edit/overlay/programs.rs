//! Views and triggers over what goes: nobody but a person knows what is to become of them.

use super::super::Edit;
use super::names;

impl Edit<'_> {
    /// Views and triggers that name a table of which something goes.
    pub(super) fn tell_of_programs(&mut self) {
        let dialect = self.dialect();
        let after = &self.after;
        let changed = self.before.tables.iter().filter_map(|table| {
            let lost: Vec<_> = match after.table(&table.name) {
                None => vec![],
                Some(now) => {
                    let columns =
                        table.columns.iter().filter(|one| now.column(&one.name).is_none());
                    let columns: Vec<_> = columns.map(|one| one.name.as_str()).collect();
                    (!columns.is_empty()).then_some(columns)?
                }
            };
            Some((&table.name, lost))
        });
        let mut notes = Vec::new();
        for (table, lost) in changed {
            let hit = |text: &str| {
                names(text, &table.name, dialect)
                    && (lost.is_empty() || lost.iter().any(|one| names(text, one, dialect)))
            };
            let views =
                after.views.iter().map(|one| ("view", one.name.to_string(), &one.definition));
            let triggers = after.triggers.iter();
            let triggers = triggers.map(|one| ("trigger", one.name.clone(), &one.definition));
            for (kind, name, text) in views.chain(triggers) {
                if hit(text) {
                    let what = match &lost[..] {
                        [] => table.to_string(),
                        columns => format!("{table}.{}", columns.join(", ")),
                    };
                    notes.push(format!(
                        "the {kind} {name} names {what}, which goes: change it as well"
                    ));
                }
            }
        }
        self.notes.extend(
            notes.into_iter().filter(|note| !self.notes.contains(note)).collect::<Vec<_>>(),
        );
    }
}
