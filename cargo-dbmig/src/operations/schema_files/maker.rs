//! `Maker`: the text that a `schema.rs` should have, from a session.

use std::path::{Path, PathBuf};

use dbmig_runtime::catalogue::{Catalogue, Schemas, Scope};
use dbmig_runtime::{Dialect, Session};

use super::formatted;
use crate::config::PrintSchema;
use crate::context::Context;
use crate::error::CliResult;
use crate::failure;
use crate::operations::cataloguing;
use crate::project;
use crate::schema_rs::{self, Schema};

/// What the texts of a project are made with.
#[derive(Debug)]
pub(super) struct Maker {
    cwd: PathBuf,
    rustfmt_config: Option<PathBuf>,
    external: Vec<String>,
}

impl Maker {
    pub(super) fn of(context: &Context<'_>) -> CliResult<Self> {
        let external = cataloguing::configured(context, Default::default())?.exclude;
        let rustfmt_config = formatted::rustfmt_config(&context.cwd, &context.env);
        Ok(Self { cwd: context.cwd.clone(), rustfmt_config, external })
    }

    /// The text, and what is to be said about it.
    pub(super) fn make(&self, session: &mut dyn Session, print: &PrintSchema) -> CliResult<Schema> {
        let mut scope = print.options.scope();
        if is_default(session, print.options.schema.as_deref())? {
            scope.schemas = Schemas::Default;
        }
        scope.exclude.extend(self.external.iter().cloned());
        let mut catalogue = read(session, &scope)?;
        if schema_rs::lacks_domains(&catalogue) {
            catalogue.domains = read(session, &Scope::all())?.domains;
        }
        let mut schema = schema_rs::write(&catalogue, &print.options)?;
        if let Some(config) = &self.rustfmt_config {
            match formatted::rustfmt(&self.cwd, &schema.text) {
                Ok(text) => schema.text = text,
                Err(reason) => schema.warnings.push(format!(
                    "`schema.rs` is not formatted as `{}` says: {reason}",
                    self.show(config)
                )),
            }
        }
        if let Some(patch) = &print.patch_file {
            schema.text = formatted::patch(&schema.text, patch, &self.show(patch))?;
        }
        Ok(schema)
    }

    fn show(&self, path: &Path) -> String {
        project::show(path, &self.cwd)
    }
}

fn read(session: &mut dyn Session, scope: &Scope) -> CliResult<Catalogue> {
    Catalogue::read(session, scope).map_err(|error| failure::of_database("read the schema", error))
}

/// Whether the default schema was named: Diesel makes a module of it all the same.
fn is_default(session: &mut dyn Session, schema: Option<&str>) -> CliResult<bool> {
    match (session.dialect(), schema) {
        (Dialect::Postgres, schema) => Ok(schema == Some("public")),
        (Dialect::Mysql, Some(schema)) => {
            let rows = session.query("SELECT CAST(DATABASE() AS CHAR)", &[]);
            let rows = rows.map_err(|error| failure::of_database("read the schema", error))?;
            Ok(rows.first().and_then(|row| row.first()?.as_deref()) == Some(schema))
        }
        (Dialect::Mysql, None) | (Dialect::Sqlite, _) => Ok(false),
    }
}
