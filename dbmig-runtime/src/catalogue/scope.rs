//! `Scope`: which part of a database is looked at.

use super::Name;

/// Which schemas are looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Schemas {
    /// The default one.
    #[default]
    Default,
    /// All but the server's own.
    All,
    /// These.
    Named(Vec<String>),
}

/// Which part of a database is looked at. The tables of the history are never part of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Which schemas.
    pub schemas: Schemas,
    /// What is left out: patterns of names, `*` for any text. A pattern with a `.` is held against
    /// `schema.name`, one without against the name alone.
    pub exclude: Vec<String>,
}

impl Scope {
    /// All of a database.
    pub fn all() -> Self {
        Self { schemas: Schemas::All, exclude: Vec::new() }
    }

    /// Whether this is looked at, as far as names say.
    pub fn holds(&self, name: &Name) -> bool {
        let own = name.name.starts_with("__diesel_schema_migrations")
            || name.name.starts_with("__dbmig_");
        let full = name.to_string();
        !own && !self
            .exclude
            .iter()
            .any(|pattern| matches(pattern, if pattern.contains('.') { &full } else { &name.name }))
    }
}

/// Whether a pattern with `*` for any text covers all of a name.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(head) else { return false };
    (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| matches(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, holds) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*", "", true),
            ("*b*", "abc", true),
            ("*_old", "users_old", true),
            ("*_old", "users_older", false),
            ("é*", "école", true),
        ] {
            assert_eq!(matches(pattern, name), holds, "{pattern} {name}");
        }
    }

    #[test]
    fn what_is_held() {
        let scope = Scope { exclude: vec!["tmp_*".into(), "audit.*".into()], ..Scope::default() };
        for (schema, name, held) in [
            (None, "users", true),
            (None, "tmp_a", false),
            (Some("x"), "tmp_a", false),
            (Some("audit"), "log", false),
            (None, "audit", true),
            (None, "__diesel_schema_migrations", false),
            (None, "__dbmig_history", false),
        ] {
            assert_eq!(scope.holds(&Name::within(schema, name)), held, "{schema:?}.{name}");
        }
    }
}
