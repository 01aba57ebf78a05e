//! `diesel.toml`: the two values that matter everywhere, read leniently: the file is Diesel's, not ours.
//! What `schema.rs` is written from is read strictly, where it is needed: [`DieselToml::print_schema`].

use std::path::PathBuf;

use crate::error::CliResult;

use super::place::Source;
use super::print_schema::PrintSchemas;

/// What `diesel.toml` says. Paths are as written: relative to the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DieselToml {
    /// `[migrations_directory] dir`.
    pub migrations_dir: Option<PathBuf>,
    /// `[print_schema] file`.
    pub schema_file: Option<PathBuf>,
    text: String,
    display_path: String,
}

impl DieselToml {
    /// Reads the text of a `diesel.toml`, which is shown as `display_path` in errors.
    ///
    /// Keys that Diesel may know are none of our business. A value that is read here and has the wrong
    /// type is an error, because Diesel stops at it too.
    ///
    /// # Errors
    /// The text is no TOML, or one of the two values is not a string.
    pub fn parse(text: &str, display_path: &str) -> CliResult<Self> {
        let source = Source::new(display_path, text);
        let document = source.parse_toml()?;
        let path = |table: &str, key: &str| {
            let Some(item) = document.get(table).and_then(|table| table.get(key)) else {
                return Ok(None);
            };
            match item.as_str() {
                Some(text) => Ok(Some(PathBuf::from(text))),
                None => Err(source.error(
                    item.span(),
                    format_args!("`{key}` must be a string, found {}", item.type_name()),
                )),
            }
        };
        Ok(Self {
            migrations_dir: path("migrations_directory", "dir")?,
            schema_file: path("print_schema", "file")?,
            text: text.to_owned(),
            display_path: display_path.to_owned(),
        })
    }

    /// What `[print_schema]` says.
    ///
    /// # Errors
    ///
    /// As [`PrintSchemas::parse`].
    pub fn print_schema(&self) -> CliResult<PrintSchemas> {
        PrintSchemas::parse(&self.text, &self.display_path)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn reads_the_two_paths_and_no_more() {
        let cases = [
            ("", None, None),
            (
                "[print_schema]\nfile = \"src/schema.rs\"\nnew_key = 1\n",
                None,
                Some("src/schema.rs"),
            ),
            ("[migrations_directory]\ndir = 'db'\n[future]\nx = {}\n", Some("db"), None),
            ("print_schema.user1.file = 'a.rs'\n", None, None),
        ];
        for (text, dir, file) in cases {
            let diesel = DieselToml::parse(text, "diesel.toml").unwrap();
            let expected = (dir.map(Path::new), file.map(Path::new));
            assert_eq!((diesel.migrations_dir.as_deref(), diesel.schema_file.as_deref()), expected);
        }
    }

    #[test]
    fn what_stops_diesel_is_an_error_with_its_place() {
        let cases = [
            ("x = \n", "diesel.toml:1:"),
            ("[migrations_directory]\ndir = 3\n", "diesel.toml:2:7: `dir` must be a string"),
        ];
        for (text, message) in cases {
            let error = DieselToml::parse(text, "diesel.toml").unwrap_err();
            assert!(error.message.starts_with(message), "{}", error.message);
        }
    }
}
