//! Which part of a database a command looks at.

use clap::Args;
use dbmig_runtime::catalogue::{Schemas, Scope};

#[derive(Debug, Clone, Default, Args)]
pub(super) struct ScopeArgs {
    /// Only this schema; several times for several. On MySQL a database
    #[arg(long = "schema", value_name = "NAME")]
    schemas: Vec<String>,
    /// Leave out what has such a name, `*` for any text; beside `external` of dbmig.toml
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,
}

impl ScopeArgs {
    /// As the catalogue takes it.
    pub(super) fn scope(&self) -> Scope {
        let schemas = match self.schemas.as_slice() {
            [] => Schemas::All,
            some => Schemas::Named(some.to_vec()),
        };
        Scope { schemas, exclude: self.exclude.clone() }
    }
}
