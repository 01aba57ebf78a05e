//! The files and variables that configure a project: as written → validated, with the place of every mistake.
//!
//! Nothing here opens a connection or prints. Which file counts is decided in [`crate::project`].

pub mod diesel_toml;
pub mod dotenv;
mod env_section;
pub mod environment;
mod model;
mod parse;
mod place;
pub mod print_schema;
mod reader;
mod secret;
mod source;
mod stamp;
mod suggest;

pub use diesel_toml::DieselToml;
pub use env_section::{EnvironmentConfig, TlsMode, duration};
pub use environment::{Env, VariableOrigin};
pub use model::{
    Config, DEFAULT_MIGRATIONS, DEFAULT_SEEDS, DatabaseConfig, Environment, Kind, Lint,
    PolicyConfig, ShadowConfig,
};
pub use place::Place;
pub(crate) use place::Source;
pub use print_schema::{PrintSchema, PrintSchemas};
pub use secret::Secret;
pub use source::{UrlChoice, UrlParts, UrlSources};
pub use stamp::stamp;
pub use suggest::{listed, nearest, unknown_name};
