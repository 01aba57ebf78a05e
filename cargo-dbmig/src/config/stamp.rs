//! What a database is stamped with, by the environment that it belongs to.

use super::model::{Environment, Kind};

impl Environment {
    /// What its database is stamped with when it is new; `None` where nobody said that it is production, or
    /// somebody that it is not to be protected.
    pub fn stamp_of_new(&self) -> Option<String> {
        let production = self.kind == Kind::Production && self.protected;
        production.then(|| stamp(self.kind.as_str(), Some(&self.name)))
    }
}

/// A stamp, for people: what the database is for, and the environment that said so.
pub fn stamp(kind: &str, environment: Option<&str>) -> String {
    match environment.filter(|&name| name != kind) {
        Some(name) => format!("{kind} ({name})"),
        None => kind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn what_is_new_and_production_is_stamped() {
        let text = "[env.production]\nkind = 'production'\n[env.live]\nkind = 'production'\n[env.open]\n\
                    kind = 'production'\nprotected = false\n[env.stage]\nprotected = true\n";
        let config = Config::parse(text, "dbmig.toml").unwrap();
        for (name, expected) in [
            ("production", Some("production")),
            ("live", Some("production (live)")),
            ("open", None),
            ("stage", None),
            ("development", None),
        ] {
            let stamp = config.environment(name).unwrap().stamp_of_new();
            assert_eq!(stamp.as_deref(), expected, "{name}");
        }
    }
}
