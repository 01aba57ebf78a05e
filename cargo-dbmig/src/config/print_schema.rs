//! `[print_schema]` of `diesel.toml`: which `schema.rs` there are, and how they are written. Read strictly.

use std::path::PathBuf;

use toml_edit::TableLike;

use super::place::Source;
use super::reader::Section;
use super::suggest::{listed, nearest};
use crate::error::{CliError, CliResult};
use crate::schema_rs::{Docs, Filter, Groups, Options, Pattern, SQL_TYPE, Sorting};

/// The key of what stands directly below `[print_schema]`.
pub const DEFAULT_KEY: &str = "default";

const KEYS: [&str; 13] = [
    "file",
    "with_docs",
    "filter",
    "column_sorting",
    "schema",
    "patch_file",
    "import_types",
    "generate_missing_sql_type_definitions",
    "except_custom_type_definitions",
    "custom_type_derives",
    "allow_tables_to_appear_in_same_query_config",
    "sqlite_integer_primary_key_is_bigint",
    "pg_domains_as_custom_types",
];
const FILTER_KEYS: [&str; 2] = ["only_tables", "except_tables"];

/// One `schema.rs`. Paths are as written: relative to `diesel.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PrintSchema {
    /// What it is called: the name of its table, or `default`.
    pub key: String,
    /// The file, if one is to be kept.
    pub file: Option<PathBuf>,
    /// The differences that a person made.
    pub patch_file: Option<PathBuf>,
    /// How it is written.
    pub options: Options,
}

/// All of `[print_schema]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintSchemas {
    /// Whether there are tables below `[print_schema]`.
    pub several: bool,
    /// In the order of their keys; there is always `default`.
    pub all: Vec<PrintSchema>,
}

impl Default for PrintSchemas {
    fn default() -> Self {
        let only = PrintSchema { key: DEFAULT_KEY.to_owned(), ..PrintSchema::default() };
        Self { several: false, all: vec![only] }
    }
}

impl PrintSchemas {
    /// Reads the text of a `diesel.toml`, which is shown as `display_path` in errors.
    ///
    /// # Errors
    ///
    /// The text is no TOML, has a key that Diesel does not know, or a value of the wrong type.
    pub fn parse(text: &str, display_path: &str) -> CliResult<Self> {
        let source = Source::new(display_path, text);
        let document = source.parse_toml()?;
        let known = ["print_schema", "migrations_directory"];
        let root = Section::strict(source, "diesel.toml".to_owned(), document.as_table(), &known)?;
        let Some(table) = root.table("print_schema")? else { return Ok(Self::default()) };
        let section = Section::open(source, "`[print_schema]`".to_owned(), table);
        let mut all = Vec::new();
        for (key, _) in section.keys() {
            if KEYS.contains(&key) {
                continue;
            }
            let label = format!("`[print_schema.{key}]`");
            let inner = below(&section, key)?;
            let inner = Section::strict(source, label, inner, &KEYS)?;
            all.push(read(source, key, &inner)?);
        }
        let several = !all.is_empty();
        let default = read(source, DEFAULT_KEY, &section)?;
        if all.iter().all(|one| one.key != DEFAULT_KEY) {
            all.push(default);
        }
        all.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Self { several, all })
    }

    /// The one of this key.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn get_mut(&mut self, key: &str) -> CliResult<&mut PrintSchema> {
        let keys: Vec<String> = self.all.iter().map(|one| one.key.clone()).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let found = self.all.iter_mut().find(|one| one.key == key);
        found.ok_or_else(|| super::unknown_name("schema key", key, &keys))
    }
}

/// What stands under a key that is none of Diesel's: another schema, or a mistake.
fn below<'a>(section: &Section<'a>, key: &str) -> CliResult<&'a dyn TableLike> {
    let near = nearest(key, KEYS);
    let mistake = || {
        let error = section.key_error(key, format_args!("unknown key `{key}` in `[print_schema]`"));
        let error = error.note(format!("known keys: {}", listed(KEYS)));
        match near {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => {
                error.help(format!("for another schema make it a table: `[print_schema.{key}]`"))
            }
        }
    };
    match section.table(key) {
        Ok(Some(table)) => Ok(table),
        _ => Err(mistake()),
    }
}

fn read(source: Source<'_>, key: &str, section: &Section<'_>) -> CliResult<PrintSchema> {
    let defaults = Options::default();
    let mut derives = section.list("custom_type_derives")?.unwrap_or_default();
    with_sql_type(&mut derives);
    let options = Options {
        schema: section.string("schema")?,
        docs: read_docs(section)?,
        filter: read_filter(source, section)?,
        sorting: section.parsed("column_sorting", sorting)?.unwrap_or_default(),
        import_types: section.list("import_types")?,
        define_types: section
            .boolean("generate_missing_sql_type_definitions")?
            .unwrap_or(defaults.define_types),
        except_types: patterns(section, "except_custom_type_definitions")?.unwrap_or_default(),
        derives,
        groups: section
            .parsed("allow_tables_to_appear_in_same_query_config", groups)?
            .unwrap_or_default(),
        bigint_keys: section.boolean("sqlite_integer_primary_key_is_bigint")?.unwrap_or_default(),
        domains: patterns(section, "pg_domains_as_custom_types")?.unwrap_or_default(),
    };
    Ok(PrintSchema {
        key: key.to_owned(),
        file: section.path("file")?,
        patch_file: section.path("patch_file")?,
        options,
    })
}

/// Every definition of a type is one of an SQL type.
pub fn with_sql_type(derives: &mut Vec<String>) {
    if derives.iter().all(|derive| derive != SQL_TYPE) {
        derives.push(SQL_TYPE.to_owned());
    }
}

fn read_docs(section: &Section<'_>) -> CliResult<Docs> {
    const KEY: &str = "with_docs";
    if let Ok(Some(written)) = section.boolean(KEY) {
        return Ok(if written { Docs::CommentsOrWritten } else { Docs::None });
    }
    Ok(section.parsed(KEY, docs)?.unwrap_or_default())
}

/// The values of `with_docs` that are words.
///
/// # Errors
///
/// It is none of them.
pub fn docs(word: &str) -> Result<Docs, String> {
    choose(
        word,
        [
            ("database-comments-fallback-to-auto-generated-doc-comment", Docs::CommentsOrWritten),
            ("only-database-comments", Docs::Comments),
            ("no-doc-comments", Docs::None),
        ],
    )
}

/// The values of `column_sorting`.
///
/// # Errors
///
/// It is none of them.
pub fn sorting(word: &str) -> Result<Sorting, String> {
    choose(word, [("ordinal_position", Sorting::Position), ("name", Sorting::Name)])
}

/// The values of `allow_tables_to_appear_in_same_query_config`.
///
/// # Errors
///
/// It is none of them.
pub fn groups(word: &str) -> Result<Groups, String> {
    choose(
        word,
        [
            ("all_tables", Groups::All),
            ("fk_related_tables", Groups::Related),
            ("none", Groups::None),
        ],
    )
}

fn choose<T, const N: usize>(word: &str, words: [(&'static str, T); N]) -> Result<T, String> {
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    words
        .into_iter()
        .find(|(name, _)| *name == word)
        .map(|(_, value)| value)
        .ok_or_else(|| format!("must be one of {}", listed(names)))
}

fn patterns(section: &Section<'_>, key: &str) -> CliResult<Option<Vec<Pattern>>> {
    let Some(texts) = section.list(key)? else { return Ok(None) };
    let patterns: Result<Vec<_>, _> = texts.iter().map(|text| Pattern::parse(text)).collect();
    patterns.map(Some).map_err(|reason| section.value_error(key, reason))
}

fn read_filter(source: Source<'_>, section: &Section<'_>) -> CliResult<Filter> {
    let Some(table) = section.table("filter")? else { return Ok(Filter::All) };
    let filter = Section::strict(source, "`filter`".to_owned(), table, &FILTER_KEYS)?;
    let only = patterns(&filter, FILTER_KEYS[0])?;
    let except = patterns(&filter, FILTER_KEYS[1])?;
    match (only, except) {
        (Some(_), Some(_)) => Err(both(&filter)),
        (Some(only), None) => Ok(Filter::Only(only)),
        (None, Some(except)) => Ok(Filter::Except(except)),
        (None, None) => Ok(Filter::All),
    }
}

fn both(filter: &Section<'_>) -> CliError {
    filter
        .key_error(FILTER_KEYS[1], "`only_tables` and `except_tables` exclude each other")
        .help("keep one of them")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> CliResult<PrintSchemas> {
        PrintSchemas::parse(text, "diesel.toml")
    }

    fn pattern(text: &str) -> Vec<Pattern> {
        vec![Pattern::parse(text).unwrap()]
    }

    #[test]
    fn nothing_is_the_default() {
        for text in ["", "[print_schema]\n", "[migrations_directory]\ndir = \"db\"\n"] {
            assert_eq!(parse(text).unwrap(), PrintSchemas::default(), "{text:?}");
        }
    }

    #[test]
    fn every_key_is_read() {
        let text = "[print_schema]\nfile = \"src/schema.rs\"\nwith_docs = true\nfilter = { \
                    only_tables = [\"a\"] }\ncolumn_sorting = \"name\"\nschema = \"v2\"\npatch_file = \
                    \"s.patch\"\nimport_types = [\"x::*\"]\ngenerate_missing_sql_type_definitions = \
                    false\nexcept_custom_type_definitions = [\"b\"]\ncustom_type_derives = \
                    [\"Clone\"]\nallow_tables_to_appear_in_same_query_config = \
                    \"fk_related_tables\"\nsqlite_integer_primary_key_is_bigint = \
                    true\npg_domains_as_custom_types = [\"c\"]\n";
        let expected = PrintSchema {
            key: "default".to_owned(),
            file: Some("src/schema.rs".into()),
            patch_file: Some("s.patch".into()),
            options: Options {
                schema: Some("v2".to_owned()),
                docs: Docs::CommentsOrWritten,
                filter: Filter::Only(pattern("a")),
                sorting: Sorting::Name,
                import_types: Some(vec!["x::*".to_owned()]),
                define_types: false,
                except_types: pattern("b"),
                derives: vec!["Clone".to_owned(), SQL_TYPE.to_owned()],
                groups: Groups::Related,
                bigint_keys: true,
                domains: pattern("c"),
            },
        };
        assert_eq!(parse(text).unwrap(), PrintSchemas { several: false, all: vec![expected] });
    }

    #[test]
    fn schemas_beside_the_default_one_are_in_order() {
        let text = "[print_schema]\nfile = \"d.rs\"\n[print_schema.b]\nfile = \"b.rs\"\n\
                    with_docs = \"only-database-comments\"\n[print_schema.e]\n";
        let schemas = parse(text).unwrap();
        assert!(schemas.several);
        let found: Vec<_> = schemas
            .all
            .iter()
            .map(|one| (one.key.as_str(), one.file.as_deref().and_then(|f| f.to_str())))
            .collect();
        assert_eq!(found, [("b", Some("b.rs")), ("default", Some("d.rs")), ("e", None)]);
        assert_eq!(schemas.all[0].options.docs, Docs::Comments);
        let named = parse("[print_schema.default]\nfile = \"d.rs\"\n").unwrap();
        assert_eq!(named.all.len(), 1);
        assert_eq!(named.all[0].file.as_deref(), Some("d.rs".as_ref()));
    }

    #[test]
    fn mistakes_have_a_place_and_a_way_out() {
        for (text, message, help) in [
            ("[print_shema]\n", "1:2: unknown key `print_shema` in diesel.toml", "`print_schema`?"),
            (
                "[print_schema]\nwith_doc = true\n",
                "2:1: unknown key `with_doc` in `[print_schema]`",
                "did you mean `with_docs`?",
            ),
            (
                "[print_schema]\nwith_doc = { a = 1 }\n",
                "2:14: unknown key `a` in `[print_schema.with_doc]`",
                "",
            ),
            (
                "[print_schema]\nxyz = 1\n",
                "2:1: unknown key `xyz` in `[print_schema]`",
                "`[print_schema.xyz]`",
            ),
            (
                "[print_schema.user]\nfle = \"a\"\n",
                "2:1: unknown key `fle` in `[print_schema.user]`",
                "did you mean `file`?",
            ),
            (
                "[print_schema]\nwith_docs = \"all\"\n",
                "2:13: `with_docs` in `[print_schema]`: must be one of `database-comments-",
                "",
            ),
            (
                "[print_schema]\nwith_docs = 1\n",
                "2:13: `with_docs` in `[print_schema]` must be a string, found integer",
                "",
            ),
            (
                "[print_schema]\ncolumn_sorting = \"size\"\n",
                "2:18: `column_sorting` in `[print_schema]`: must be one of `ordinal_position`, `name`",
                "",
            ),
            (
                "[print_schema]\nfilter = { only_tables = [\"a(\"] }\n",
                "2:26: `a(` is no regular expression: unclosed group",
                "",
            ),
            (
                "[print_schema.filter]\nonly_tables = []\nexcept_tables = []\n",
                "3:1: `only_tables` and `except_tables` exclude each other",
                "keep one of them",
            ),
            (
                "[print_schema]\nfilter = { only = [] }\n",
                "2:12: unknown key `only` in `filter`",
                "`only_tables`?",
            ),
            (
                "[print_schema]\nfile = 3\n",
                "2:8: `file` in `[print_schema]` must be a string, found integer",
                "",
            ),
        ] {
            let error = parse(text).unwrap_err();
            let place = format!("diesel.toml:{message}");
            assert!(error.message.starts_with(&place), "{text}: {}", error.message);
            assert!(error.help.join("\n").contains(help), "{text}: {:?}", error.help);
        }
    }
}
