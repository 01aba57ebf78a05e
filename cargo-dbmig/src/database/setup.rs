//! What a new connection is told before anything else.

use dbmig_build::Dialect;

use crate::config::EnvironmentConfig;

/// Role, search path, and SQL of an environment.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    pub(super) role: Option<String>,
    pub(super) search_path: Option<String>,
    pub(super) init_sql: Option<String>,
}

impl Setup {
    /// By the section of an environment.
    pub fn of(section: &EnvironmentConfig) -> Self {
        Self {
            role: section.role.clone(),
            search_path: section.search_path.clone(),
            init_sql: section.init_sql.clone(),
        }
    }

    /// In the words of a dialect.
    pub fn sql(&self, dialect: Dialect) -> String {
        match dialect {
            Dialect::Sqlite => self.sqlite().to_owned(),
            Dialect::Postgres => self.postgres(),
            Dialect::Mysql => self.mysql(),
        }
    }

    /// In one text: one round trip.
    pub(super) fn postgres(&self) -> String {
        let mut list = vec!["SET TIME ZONE 'UTC'".to_owned()];
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        if let Some(role) = &self.role {
            list.push(format!("SELECT pg_catalog.set_config('role', {}, false)", quoted(role)));
        }
        if let Some(path) = &self.search_path {
            let path = quoted(path);
            list.push(format!("SELECT pg_catalog.set_config('search_path', {path}, false)"));
        }
        list.extend(self.init_sql.clone());
        list.join("; ")
    }

    /// In one text: one round trip.
    pub(super) fn mysql(&self) -> String {
        let mut list = vec!["SET time_zone = '+00:00'".to_owned()];
        if let Some(role) = &self.role {
            list.push(format!("SET ROLE `{}`", role.replace('`', "``")));
        }
        list.extend(self.init_sql.clone());
        list.join("; ")
    }

    /// In one text.
    pub(super) fn sqlite(&self) -> &str {
        self.init_sql.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_the_words_of_each() {
        let setup = Setup {
            role: Some("o'brien".into()),
            search_path: Some("a, \"b\"".into()),
            init_sql: Some("SELECT 1;".into()),
        };
        assert_eq!(
            setup.postgres(),
            "SET TIME ZONE 'UTC'; SELECT pg_catalog.set_config('role', 'o''brien', false); \
             SELECT pg_catalog.set_config('search_path', 'a, \"b\"', false); SELECT 1;"
        );
        assert_eq!(setup.mysql(), "SET time_zone = '+00:00'; SET ROLE `o'brien`; SELECT 1;");
        assert_eq!(Setup::default().sqlite(), "");
    }
}
