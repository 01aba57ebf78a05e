//! `print-schema`: Diesel's command with its flags.

use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::commands::schema;
use crate::config::print_schema::{docs, groups, sorting, with_sql_type};
use crate::config::{PrintSchema, PrintSchemas};
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::operations::schema_files;
use crate::schema_rs::{Docs, Filter, Groups, Pattern, Sorting};

/// Print the `schema.rs` of what the database holds, as Diesel does
#[derive(Debug, Clone, Default, Args)]
struct Flags {
    /// The tables that `--only-tables` or `--except-tables` is about, as regular expressions
    #[arg(value_name = "TABLE", value_parser = Pattern::parse)]
    table_name: Vec<Pattern>,
    /// The schema
    #[arg(short, long, value_name = "NAME")]
    schema: Vec<String>,
    /// Write these tables only
    #[arg(short, long, num_args = 0, default_missing_value = "true")]
    only_tables: Vec<bool>,
    /// Leave these tables out
    #[arg(short, long, num_args = 0, default_missing_value = "true")]
    except_tables: Vec<bool>,
    /// Write comments: those of the database, and ours where it has none
    #[arg(long, num_args = 0, default_missing_value = "true")]
    with_docs: Vec<bool>,
    /// Which comments
    #[arg(long, value_name = "WHICH", value_parser = docs)]
    with_docs_config: Vec<Docs>,
    /// Which tables may be used together: `all_tables`, `fk_related_tables`, or `none`
    #[arg(long, value_name = "WHICH", value_parser = groups)]
    allow_tables_to_appear_in_same_query_config: Vec<Groups>,
    /// The order of columns: `ordinal_position`, or `name`
    #[arg(long, value_name = "ORDER", value_parser = sorting)]
    column_sorting: Vec<Sorting>,
    /// A unified diff that is applied to the text
    #[arg(long, value_name = "PATH")]
    patch_file: Vec<PathBuf>,
    /// What every table imports; several times for several
    #[arg(long, value_name = "PATH")]
    import_types: Vec<String>,
    /// Define no types that Diesel does not have
    #[arg(long, num_args = 0, default_missing_value = "true")]
    no_generate_missing_sql_type_definitions: Vec<bool>,
    /// Types that are not defined, as regular expressions
    #[arg(long, value_name = "REGEX", num_args = 1.., value_parser = Pattern::parse)]
    except_custom_type_definitions: Vec<Pattern>,
    /// What defined types derive; several times for several
    #[arg(long, value_name = "PATH")]
    custom_type_derives: Vec<String>,
    /// Domains of PostgreSQL that are types of their own, as regular expressions
    #[arg(long, value_name = "REGEX", value_parser = Pattern::parse)]
    pg_domains_as_custom_types: Vec<Pattern>,
    /// The table below `[print_schema]` that the flags behind it are about
    #[arg(long, value_name = "KEY")]
    schema_key: Vec<String>,
    /// `INTEGER PRIMARY KEY` of SQLite is a `BigInt`
    #[arg(long, num_args = 0, default_missing_value = "true")]
    sqlite_integer_primary_key_is_bigint: Vec<bool>,
    #[arg(long, hide = true)]
    locked_schema: bool,
}

/// The flags in the order in which they were typed: what stands behind a `--schema-key` is about it.
#[derive(Debug, Clone, Default)]
pub struct PrintSchemaArgs(Vec<(usize, Flag)>);

/// One flag.
#[derive(Debug, Clone)]
enum Flag {
    Key(String),
    Table(Pattern),
    OnlyTables,
    ExceptTables,
    Schema(String),
    Docs(Docs),
    Groups(Groups),
    Sorting(Sorting),
    PatchFile(PathBuf),
    Import(String),
    NoDefinitions,
    ExceptType(Pattern),
    Derive(String),
    Domain(Pattern),
    BigintKeys,
}

impl PrintSchemaArgs {
    fn read(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let flags = Flags::from_arg_matches(matches)?;
        let mut all = Vec::new();
        let mut add = |id: &str, values: Vec<Flag>| {
            let places = matches.indices_of(id).into_iter().flatten();
            all.extend(places.zip(values));
        };
        fn each<T>(values: Vec<T>, flag: impl Fn(T) -> Flag) -> Vec<Flag> {
            values.into_iter().map(flag).collect()
        }
        // A flag is called as its field.
        macro_rules! add {
            ($($field:ident: $flag:expr,)*) => {
                $(add(stringify!($field), each(flags.$field, $flag));)*
            };
        }
        add! {
            table_name: Flag::Table,
            schema: Flag::Schema,
            only_tables: |_| Flag::OnlyTables,
            except_tables: |_| Flag::ExceptTables,
            with_docs: |_| Flag::Docs(Docs::CommentsOrWritten),
            with_docs_config: Flag::Docs,
            allow_tables_to_appear_in_same_query_config: Flag::Groups,
            column_sorting: Flag::Sorting,
            patch_file: Flag::PatchFile,
            import_types: Flag::Import,
            no_generate_missing_sql_type_definitions: |_| Flag::NoDefinitions,
            except_custom_type_definitions: Flag::ExceptType,
            custom_type_derives: Flag::Derive,
            pg_domains_as_custom_types: Flag::Domain,
            schema_key: Flag::Key,
            sqlite_integer_primary_key_is_bigint: |_| Flag::BigintKeys,
        }
        all.sort_by_key(|(place, _)| *place);
        Ok(Self(all))
    }
}

impl FromArgMatches for PrintSchemaArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Self::read(matches)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::read(matches)?;
        Ok(())
    }
}

impl Args for PrintSchemaArgs {
    fn augment_args(command: Command) -> Command {
        Flags::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Flags::augment_args_for_update(command)
    }
}

pub(crate) fn run(context: &mut Context<'_>, args: &PrintSchemaArgs) -> CliResult<Exit> {
    let mut schemas = schema_files::configured(context)?;
    // Without tables below `[print_schema]` all flags are about the only one there is.
    let mut key = crate::config::print_schema::DEFAULT_KEY.to_owned();
    let mut begin = 0;
    let flags: Vec<Flag> = args.0.iter().map(|(_, flag)| flag.clone()).collect();
    for (index, flag) in flags.iter().enumerate() {
        if let (Flag::Key(next), true) = (flag, schemas.several) {
            apply(context, &mut schemas, &key, &flags[begin..index])?;
            (key, begin) = (next.clone(), index + 1);
        }
    }
    apply(context, &mut schemas, &key, &flags[begin..])?;
    schema::print(context, "print-schema", &schemas.all)
}

/// Puts flags in the place of what `diesel.toml` says.
fn apply(
    context: &mut Context<'_>,
    schemas: &mut PrintSchemas,
    key: &str,
    flags: &[Flag],
) -> CliResult<()> {
    let schema = schemas.get_mut(key)?;
    if set_tables(schema, flags)? {
        context.output.warning("all tables are written: `--only-tables` and `--except-tables` say what the names are for");
    }
    let options = &mut schema.options;
    let all = |pick: fn(&Flag) -> Option<String>| flags.iter().filter_map(pick).collect::<Vec<_>>();
    let imports = all(|flag| if let Flag::Import(path) = flag { Some(path.clone()) } else { None });
    if !imports.is_empty() {
        options.import_types = Some(imports);
    }
    let mut derives =
        all(|flag| if let Flag::Derive(path) = flag { Some(path.clone()) } else { None });
    if !derives.is_empty() {
        with_sql_type(&mut derives);
        options.derives = derives;
    }
    if flags.iter().any(|flag| matches!(flag, Flag::ExceptType(_))) {
        options.except_types.clear();
    }
    if flags.iter().any(|flag| matches!(flag, Flag::Domain(_))) {
        options.domains.clear();
    }
    for flag in flags {
        match flag.clone() {
            Flag::Schema(name) => options.schema = Some(name),
            Flag::Docs(docs) => options.docs = docs,
            Flag::Groups(groups) => options.groups = groups,
            Flag::Sorting(sorting) => options.sorting = sorting,
            Flag::PatchFile(path) => schema.patch_file = Some(context.cwd.join(path)),
            Flag::NoDefinitions => options.define_types = false,
            Flag::ExceptType(pattern) => options.except_types.push(pattern),
            Flag::Domain(pattern) => options.domains.push(pattern),
            Flag::BigintKeys => options.bigint_keys = true,
            Flag::Key(_) | Flag::Table(_) | Flag::OnlyTables | Flag::ExceptTables => {}
            Flag::Import(_) | Flag::Derive(_) => {}
        }
    }
    Ok(())
}

/// Sets the filter; `true` where tables are named, and nothing says what for: Diesel writes all of them.
fn set_tables(schema: &mut PrintSchema, flags: &[Flag]) -> CliResult<bool> {
    let tables = flags.iter().filter_map(|flag| match flag {
        Flag::Table(pattern) => Some(pattern.clone()),
        _ => None,
    });
    let tables: Vec<_> = tables.collect();
    let has = |wanted: fn(&Flag) -> bool| flags.iter().any(wanted);
    let only = has(|flag| matches!(flag, Flag::OnlyTables));
    let except = has(|flag| matches!(flag, Flag::ExceptTables));
    schema.options.filter = match (only, except) {
        (true, true) => {
            return Err(CliError::usage(
                "`--only-tables` and `--except-tables` exclude each other",
            )
            .help("keep one of them"));
        }
        (true, false) => Filter::Only(tables),
        (false, true) => Filter::Except(tables),
        (false, false) => return Ok(!tables.is_empty()),
    };
    Ok(false)
}
