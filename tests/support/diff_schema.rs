//! Diesel's own cases of `migration generate --diff-schema`: the same final schema, and no row lost on the way.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::fs;
use std::path::{Path, PathBuf};

use crate::print_schema::with_diesels_header;
use crate::sandbox::Ran;

/// One case for one dialect.
pub(crate) struct Case {
    pub(crate) name: String,
    diesel_toml: Option<String>,
    initial: String,
    schema: String,
    expected: String,
}

/// A place to try one.
pub(crate) struct Place<'a> {
    /// `sqlite`, `postgres`, `mysql`.
    pub(crate) dialect: &'static str,
    pub(crate) write: &'a dyn Fn(&str, &str),
    pub(crate) dbmig: &'a dyn Fn(&[&str]) -> Ran,
    pub(crate) execute: &'a dyn Fn(&str),
    pub(crate) column: &'a dyn Fn(&str) -> Vec<String>,
}

/// What a person answers.
const ANSWERS: [(&str, &str, &[&str]); 5] = [
    ("diff_except_tables", "", &["--rename", "table_a.code=script"]),
    (
        "diff_add_table_all_the_types",
        "mysql",
        &[
            "--type",
            "all_the_types.numeric_col=decimal",
            "--type",
            "all_the_types.decimal_col=decimal",
        ],
    ),
    ("diff_alter_table_add_column", "", &[]),
    ("diff_drop_table", "", &[]),
    ("postgres_add_record", "postgres", &["--no-fill", "users.added_record"]),
];

/// Where the schema is another one than Diesel's: what ours says in place of what, and why.
const DISAGREEMENTS: [(&str, &str, &str, &str, &str); 4] = [
    (
        "diff_add_table_all_the_types",
        "postgres",
        "float_col -> Float8",
        "float_col -> Float4",
        "`Float` is `f32` in Rust; to PostgreSQL `FLOAT` is the one of 8 bytes",
    ),
    (
        "diff_add_table_all_the_types",
        "sqlite",
        "float8_col -> Float,",
        "float8_col -> Double,",
        "`Float8` is `f64` in Rust; what is called `FLOAT8` is read back as `f32`",
    ),
    (
        "postgres_add_record",
        "postgres",
        "ADDED_RECORD_RECORD",
        "users_added_record",
        "a type is called after its column, without quotes",
    ),
    (
        "postgres_add_record",
        "postgres",
        "AddedRecordRecord",
        "UsersAddedRecord",
        "as the type is called",
    ),
];

/// The cases of a dialect.
pub(crate) fn cases(dialect: &str) -> Vec<Case> {
    let corpus = std::env::var_os("DBMIG_TEST_CORPUS").expect("DBMIG_TEST_CORPUS names the corpus");
    let mut cases = vec![];
    for entry in fs::read_dir(Path::new(&corpus).join("diff_schema")).unwrap() {
        let dir = entry.unwrap().path();
        let own = dir.join(dialect);
        if !own.is_dir() {
            continue;
        }
        let snapshot = fs::read_to_string(own.join("schema_out.rs/expected.snap")).unwrap();
        let either = |name: &str| -> PathBuf {
            let path = own.join(name);
            if path.exists() { path } else { dir.join(name) }
        };
        cases.push(Case {
            name: dir.file_name().unwrap().to_string_lossy().into_owned(),
            diesel_toml: fs::read_to_string(dir.join("diesel.toml")).ok(),
            initial: fs::read_to_string(own.join("initial_schema.sql")).unwrap(),
            schema: fs::read_to_string(either("schema.rs")).unwrap(),
            expected: snapshot.splitn(3, "---\n").nth(2).unwrap().to_owned(),
        });
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(cases.len() >= 6, "{} cases for {dialect}", cases.len());
    cases
}

/// Holds one.
pub(crate) fn hold(place: &Place<'_>, case: &Case) {
    let about = format!("{} {}", place.dialect, case.name);
    let mut toml = case.diesel_toml.clone().unwrap_or_else(|| "[print_schema]\n".to_owned());
    toml = toml.replacen("[print_schema]\n", "[print_schema]\nfile = \"src/schema.rs\"\n", 1);
    if place.dialect == "sqlite" && case.name.contains("rowid") {
        toml.push_str("sqlite_integer_primary_key_is_bigint = true\n");
    }
    (place.write)("diesel.toml", &toml);
    (place.write)("src/schema.rs", &case.schema);
    let tables = case.initial.matches("CREATE TABLE ").count();
    if tables > 0 {
        (place.write)("migrations/1_initial/up.sql", &case.initial);
        (place.write)("migrations/1_initial/down.sql", "SELECT 1;\n");
        (place.write)("migrations/1_initial/metadata.toml", "run_in_transaction = true\n");
        (place.dbmig)(&["migrate", "--no-schema"]).ok();
    }
    let rows = match &*case.name {
        "diff_except_tables" => Some(("table_a (id, code)", "script", "table_a")),
        "diff_alter_table_add_column" => Some(("users (id, name)", "name", "users")),
        _ => None,
    };
    if let Some((into, ..)) = rows {
        (place.execute)(&format!("INSERT INTO {into} VALUES (1, 'kept')"));
    }
    let answers = ANSWERS.iter().filter(|(name, dialect, _)| {
        case.name == *name && (dialect.is_empty() || *dialect == place.dialect)
    });
    let mut args = vec!["generate", "--diff", "next", "--no-input"];
    args.extend(answers.flat_map(|(.., answers)| *answers));
    let ran = (place.dbmig)(&args).ok();
    (place.dbmig)(&["generate", "--diff", "--check"]).ok();
    (place.dbmig)(&["migrate", "--no-schema"]).ok();
    let ours = (place.dbmig)(&["print-schema"]).ok().stdout;
    // What the definitions of types derive is no part of a schema.
    let mut expected = case.expected.replace("diesel::query_builder::QueryId, Clone, ", "");
    let disagreements = DISAGREEMENTS
        .iter()
        .filter(|(name, dialect, ..)| case.name == *name && *dialect == place.dialect);
    for (_, _, theirs, ours, why) in disagreements {
        assert!(expected.contains(theirs), "{about}: no {theirs:?} to disagree with ({why})");
        expected = expected.replace(theirs, ours);
    }
    let ours = with_diesels_header(&ours);
    assert_eq!(ours.trim(), expected.trim(), "{about}: {ran}");
    if let Some((_, column, table)) = rows {
        assert_eq!((place.column)(&format!("SELECT {column} FROM {table}")), ["kept"], "{about}");
    }
    (place.dbmig)(&["revert", "--no-schema"]).ok();
    (place.dbmig)(&["drift"]).ok();
}
