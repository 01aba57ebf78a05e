use dbmig_runtime::Dialect;
use dbmig_runtime::catalogue::{
    Action, Catalogue, Column, ColumnType, Deferrable, Domain, ForeignKey, Key, Label, Name,
    Options as Extra, Table, TypeKind,
};

use super::*;

/// A column as `name type`, in the words of the dialect, with `!` behind it where it is never NULL.
fn column(dialect: Dialect, text: &str) -> Column {
    let (text, nullable) = match text.strip_suffix('!') {
        Some(text) => (text, false),
        None => (text, true),
    };
    let (name, ty) = text.split_once(' ').unwrap_or((text, ""));
    let (ty, array) = match ty.strip_suffix("[]") {
        Some(element) => (element, true),
        None => (ty, false),
    };
    let (bare, rest) = ty.split_once('(').unwrap_or((ty, ""));
    let kind = match (dialect, bare) {
        (Dialect::Postgres, "mood" | "v2.kind") => TypeKind::Enum,
        (Dialect::Postgres, "email") => TypeKind::Domain,
        _ => TypeKind::Base,
    };
    let type_name = match bare.split_once('.') {
        Some((schema, name)) => Name::within(Some(schema), name),
        None => Name::new(bare),
    };
    Column {
        name: name.to_owned(),
        ty: ColumnType {
            text: ty.to_owned(),
            name: type_name,
            array,
            length: rest.trim_end_matches(')').parse().ok(),
            kind,
        },
        nullable,
        default: None,
        generated: None,
        identity: None,
        auto_increment: false,
        collation: None,
        comment: None,
        options: Extra::new(),
    }
}

/// A table whose key is `key`, columns with commas between; none where that is empty.
fn table(dialect: Dialect, name: &str, key: &str, columns: &[&str]) -> Table {
    let key: Vec<String> = key.split(',').filter(|c| !c.is_empty()).map(str::to_owned).collect();
    Table {
        name: match name.split_once('.') {
            Some((schema, name)) => Name::within(Some(schema), name),
            None => Name::new(name),
        },
        columns: columns.iter().map(|text| column(dialect, text)).collect(),
        primary_key: (!key.is_empty()).then(|| Key {
            label: Label::default(),
            columns: key,
            deferrable: Deferrable::No,
            options: Extra::new(),
            comment: None,
        }),
        uniques: vec![],
        foreign_keys: vec![],
        checks: vec![],
        exclusions: vec![],
        indexes: vec![],
        comment: None,
        options: Extra::new(),
    }
}

/// `column -> table.column`.
fn points(table: &mut Table, text: &str) {
    let (columns, to) = text.split_once(" -> ").unwrap();
    let (parent, referenced) = to.split_once('.').unwrap();
    let list = |text: &str| -> Vec<String> {
        text.split(',').filter(|c| !c.is_empty()).map(str::to_owned).collect()
    };
    table.foreign_keys.push(ForeignKey {
        label: Label::default(),
        columns: list(columns),
        table: Name::new(parent),
        referenced: list(referenced),
        on_update: Action::NoAction,
        on_delete: Action::NoAction,
        deferrable: Deferrable::No,
        validated: true,
        options: Extra::new(),
        comment: None,
    });
}

fn catalogue(dialect: Dialect, tables: Vec<Table>) -> Catalogue {
    Catalogue { tables, ..Catalogue::empty(dialect, "") }
}

/// The text below the header.
fn body(catalogue: &Catalogue, options: &Options) -> String {
    let schema = write(catalogue, options).unwrap();
    assert_eq!(schema.warnings, Vec::<String>::new());
    schema.text.strip_prefix(HEADER).unwrap().trim_start_matches('\n').to_owned()
}

#[test]
fn an_empty_database_is_a_header() {
    let catalogue = catalogue(Dialect::Sqlite, vec![]);
    assert_eq!(write(&catalogue, &Options::default()).unwrap().text, format!("{HEADER}\n"));
    let options = Options { schema: Some("v2".to_owned()), ..Options::default() };
    let catalogue = super::tests::catalogue(Dialect::Postgres, vec![]);
    assert_eq!(body(&catalogue, &options), "pub mod v2 {}\n");
}

#[test]
fn sqlite_without_a_key_has_the_rowid() {
    use Dialect::Sqlite;
    let plain = table(Sqlite, "log", "", &["text text!"]);
    let taken = table(Sqlite, "odd", "", &["RowId text", "x int8"]);
    let none = table(Sqlite, "worst", "", &["rowid text", "oid text", "_rowid_ text"]);
    let expected = "diesel::table! {
    log (rowid) {
        rowid -> Integer,
        text -> Text,
    }
}

diesel::table! {
    odd (oid) {
        oid -> Integer,
        RowId -> Nullable<Text>,
        x -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(log, odd,);
";
    assert_eq!(body(&catalogue(Sqlite, vec![plain, taken]), &Options::default()), expected);
    let error = write(&catalogue(Sqlite, vec![none]), &Options::default()).unwrap_err();
    assert_eq!(error.message, "table `worst` has no primary key, and Diesel needs one");
}

#[test]
fn what_diesel_can_not_have_is_an_error() {
    let no_key = table(Dialect::Postgres, "a.b", "", &["id int4!"]);
    let odd = table(Dialect::Sqlite, "t", "id", &["id integer", "j json"]);
    let options = Options { schema: Some("a".to_owned()), ..Options::default() };
    for (dialect, table, message) in [
        (Dialect::Postgres, no_key, "table `a.b` has no primary key, and Diesel needs one"),
        (Dialect::Sqlite, odd, "sqlite has no schemas"),
    ] {
        let error = write(&catalogue(dialect, vec![table]), &options).unwrap_err();
        assert_eq!(error.message, message);
        assert!(!error.help.is_empty(), "{message}");
    }
    let odd = table(Dialect::Sqlite, "t", "id", &["id integer", "j json"]);
    let error = write(&catalogue(Dialect::Sqlite, vec![odd]), &Options::default()).unwrap_err();
    assert_eq!(
        error.message,
        "column `j` of table `t` has the type `json`, which Diesel does not have"
    );
}

#[test]
fn big_integers_where_rows_are_counted() {
    use Dialect::Sqlite;
    let users = table(Sqlite, "users", "id", &["id integer!"]);
    let mut posts =
        table(Sqlite, "posts", "id", &["id INTEGER!", "user integer!", "n int!", "m int!"]);
    points(&mut posts, "user -> users.id");
    points(&mut posts, "n,name -> keyless.a,b");
    let mut bare = table(Sqlite, "bare", "id", &["id integer"]);
    bare.options.insert("without_rowid", String::new());
    let keyless = table(Sqlite, "keyless", "", &["a integer!"]);
    let options = Options { bigint_keys: true, groups: Groups::None, ..Options::default() };
    let expected = "diesel::table! {
    bare (id) {
        id -> Integer,
    }
}

diesel::table! {
    keyless (rowid) {
        rowid -> BigInt,
        a -> Integer,
    }
}

diesel::table! {
    posts (id) {
        id -> BigInt,
        user -> BigInt,
        n -> BigInt,
        m -> Integer,
    }
}

diesel::table! {
    users (id) {
        id -> BigInt,
    }
}

diesel::joinable!(posts -> users (user));
";
    assert_eq!(body(&catalogue(Sqlite, vec![bare, keyless, posts, users]), &options), expected);
}

#[test]
fn keys_that_are_never_null() {
    use Dialect::Sqlite;
    for (option, column, expected) in [
        (None, "id int", "Nullable<Integer>"),
        (Some("without_rowid"), "id int", "Integer"),
        (Some("without_rowid"), "id integer", "Integer"),
        (Some("strict"), "id INT", "Integer"),
        (Some("strict"), "id INTEGER", "Nullable<Integer>"),
    ] {
        let mut table = table(Sqlite, "t", "id", &[column]);
        table.options.extend(option.map(|option| (option, String::new())));
        let text = body(&catalogue(Sqlite, vec![table]), &Options::default());
        assert!(text.contains(&format!("id -> {expected},")), "{option:?} {column}\n{text}");
    }
}

#[test]
fn postgres_has_types_of_its_own() {
    use Dialect::Postgres;
    let mut people = table(
        Postgres,
        "people",
        "id",
        &[
            "id int4!",
            "mood mood",
            "moods mood[]!",
            "kind v2.kind!",
            "name varchar(50)!",
            "names varchar(50)[]",
            "search tsvector!",
            "mail email",
            "at timestamptz!",
            "bits bit(3)",
        ],
    );
    people.comment = Some("Who\n\n  works here \n".to_owned());
    let mut catalogue = catalogue(Postgres, vec![people]);
    catalogue.domains.push(Domain {
        name: Name::new("email"),
        base: "character varying(80)".to_owned(),
        nullable: false,
        default: None,
        collation: None,
        checks: vec![],
        comment: None,
    });
    let options = Options { docs: Docs::Comments, ..Options::default() };
    let expected = "pub mod sql_types {
    #[derive(diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = \"kind\", schema = \"v2\"))]
    pub struct Kind;

    #[derive(diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = \"mood\"))]
    pub struct Mood;

    #[derive(diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = \"tsvector\", schema = \"pg_catalog\"))]
    pub struct Tsvector;
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::Mood;
    use super::sql_types::Kind;
    use super::sql_types::Tsvector;

    /// Who
    ///
    /// works here
    people (id) {
        id -> Int4,
        mood -> Nullable<Mood>,
        moods -> Array<Nullable<Mood>>,
        kind -> Kind,
        #[max_length = 50]
        name -> Varchar,
        names -> Nullable<Array<Nullable<Varchar>>>,
        search -> Tsvector,
        #[max_length = 80]
        mail -> Varchar,
        at -> Timestamptz,
        #[max_length = 3]
        bits -> Nullable<Bit>,
    }
}
";
    let schema = write(&catalogue, &options).unwrap();
    assert_eq!(schema.text, format!("{HEADER}\n\n{expected}"));
    assert_eq!(schema.warnings.len(), 1, "{:?}", schema.warnings);
    assert!(schema.warnings[0].starts_with("column `names` of table `people` is a `varchar[]`"));

    let options = Options {
        domains: vec![Pattern::parse("^em").unwrap()],
        except_types: vec![Pattern::parse("Mood|Kind|Tsvector").unwrap()],
        import_types: Some(vec!["crate::types::*".to_owned()]),
        ..Options::default()
    };
    let text = write(&catalogue, &options).unwrap().text;
    for part in [
        "#[diesel(postgres_type(name = \"email\"))]",
        "    use crate::types::*;\n    use super::sql_types::Email;\n\n    people",
        "        #[max_length = 80]\n        mail -> Email,\n",
        "        search -> Tsvector,\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("struct Mood"), "{text}");
}

#[test]
fn a_schema_is_a_module() {
    use Dialect::Postgres;
    let tables = vec![
        table(Postgres, "v2.self", "id", &["id int4!"]),
        table(Postgres, "v2.users", "id", &["id int4!", "k v2.kind!"]),
    ];
    let options = Options {
        schema: Some("v2".to_owned()),
        docs: Docs::CommentsOrWritten,
        ..Options::default()
    };
    let expected = "pub mod v2 {
    /// A module containing custom SQL type definitions
    ///
    /// (Automatically generated by Diesel.)
    pub mod sql_types {
        /// The `v2.kind` SQL type
        ///
        /// (Automatically generated by Diesel.)
        #[derive(diesel::sql_types::SqlType)]
        #[diesel(postgres_type(name = \"kind\", schema = \"v2\"))]
        pub struct Kind;
    }

    diesel::table! {
        /// Representation of the `v2.self` table.
        ///
        /// (Automatically generated by Diesel.)
        #[sql_name = \"v2.self\"]
        v2.self_ (id) {
            /// The `id` column of the `v2.self` table.
            ///
            /// Its SQL type is `Int4`.
            ///
            /// (Automatically generated by Diesel.)
            id -> Int4,
        }
    }

    diesel::table! {
        use diesel::sql_types::*;
        use super::sql_types::Kind;

        /// Representation of the `v2.users` table.
        ///
        /// (Automatically generated by Diesel.)
        v2.users (id) {
            /// The `id` column of the `v2.users` table.
            ///
            /// Its SQL type is `Int4`.
            ///
            /// (Automatically generated by Diesel.)
            id -> Int4,
            /// The `k` column of the `v2.users` table.
            ///
            /// Its SQL type is `Kind`.
            ///
            /// (Automatically generated by Diesel.)
            k -> Kind,
        }
    }

    diesel::allow_tables_to_appear_in_same_query!(self_, users,);
}
";
    assert_eq!(body(&catalogue(Postgres, tables.clone()), &options), expected);
    let other = Options { schema: Some("v3".to_owned()), ..Options::default() };
    assert_eq!(body(&catalogue(Postgres, tables.clone()), &other), "pub mod v3 {}\n");
    assert_eq!(body(&catalogue(Postgres, tables), &Options::default()), "");
}

#[test]
fn an_enum_of_mysql_belongs_to_its_column() {
    use Dialect::Mysql;
    let mut enums = column(Mysql, "state enum('a','b')!");
    enums.ty.length = Some(1);
    let mut users = table(Mysql, "users", "id", &["id bigint(20) unsigned!", "ok tinyint(1)"]);
    users.columns.push(enums);
    let options = Options { docs: Docs::CommentsOrWritten, ..Options::default() };
    let text = body(&catalogue(Mysql, vec![users]), &options);
    for part in [
        "    /// The `enum` SQL type for the\n    /// [`users::state`](super::users::state)) column\n",
        "    #[diesel(mysql_type(name = \"Enum\"))]\n    pub struct UsersStateEnum;\n",
        "    use super::sql_types::UsersStateEnum;\n",
        "        id -> Unsigned<Bigint>,\n",
        "        ok -> Nullable<Bool>,\n",
        "        /// Its SQL type is `UsersStateEnum`.\n",
        "        #[max_length = 1]\n        state -> UsersStateEnum,\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let options = Options { define_types: false, ..Options::default() };
    let mut users = table(Mysql, "users", "id", &["id int!"]);
    users.columns.push(column(Mysql, "state enum('a','b')!"));
    let text = body(&catalogue(Mysql, vec![users]), &options);
    assert!(text.ends_with("        state -> Enum,\n    }\n}\n"), "{text}");
}

#[test]
fn only_keys_that_say_how_tables_are_joined() {
    use Dialect::Postgres;
    let new = |name: &str| table(Postgres, name, "id", &["id int4!", "a int4", "b int4"]);
    for (keys, expected) in [
        (&[("b", "a -> a.id")][..], "diesel::joinable!(b -> a (a));\n"),
        // To itself, to no table, in two columns, to another column than the key.
        (&[("a", "a -> a.id"), ("b", "a -> z.id"), ("c", "a,b -> a.id,a"), ("c", "a -> b.a")], ""),
        // Twice, or there and back.
        (&[("b", "a -> a.id"), ("b", "b -> a.id")], ""),
        (&[("b", "a -> a.id"), ("a", "b -> b.id")], ""),
        (&[("b", "a,b -> a.id,a"), ("b", "b -> a.id")], ""),
        (
            &[("c", "b -> b.id"), ("c", "a -> a.id"), ("b", "a -> a.id")],
            "diesel::joinable!(b -> a (a));\ndiesel::joinable!(c -> a (a));\n\
             diesel::joinable!(c -> b (b));\n",
        ),
    ] {
        let mut tables = vec![new("a"), new("b"), new("c")];
        for (table, key) in keys {
            let table = tables.iter_mut().find(|one| one.name.name == *table).unwrap();
            points(table, key);
        }
        let options = Options { groups: Groups::None, ..Options::default() };
        let text = body(&catalogue(Postgres, tables), &options);
        let joins: String =
            text.lines().filter(|l| l.contains("joinable")).map(|l| format!("{l}\n")).collect();
        assert_eq!(joins, expected, "{keys:?}");
    }
}

#[test]
fn partitions_have_the_keys_of_their_table() {
    use Dialect::Postgres;
    let mut logs = table(Postgres, "logs", "id", &["id int4!", "user_id int4"]);
    points(&mut logs, "user_id -> users.id");
    let mut part = table(Postgres, "logs_1", "", &["id int4!", "user_id int4"]);
    part.options.insert("partition_of", "public.logs".to_owned());
    let mut notes = table(Postgres, "notes", "id", &["id int4!", "log int4"]);
    points(&mut notes, "log -> logs.id");
    let users = table(Postgres, "users", "id", &["id int4!"]);
    let tables = vec![logs, part, notes, users];
    let text = body(&catalogue(Postgres, tables), &Options::default());
    assert!(text.contains("    logs_1 (id) {"), "{text}");
    let joins: Vec<_> = text.lines().filter(|line| line.contains("joinable")).collect();
    assert_eq!(
        joins,
        [
            "diesel::joinable!(logs -> users (user_id));",
            "diesel::joinable!(logs_1 -> users (user_id));",
            "diesel::joinable!(notes -> logs (log));",
            "diesel::joinable!(notes -> logs_1 (log));",
        ]
    );
}

#[test]
fn tables_that_are_left_out_take_their_keys_along() {
    use Dialect::Sqlite;
    let mut posts = table(Sqlite, "posts", "id", &["id integer!", "user integer"]);
    points(&mut posts, "user -> users.id");
    let tables = vec![
        table(Sqlite, "SQLite_x", "id", &["id integer"]),
        table(Sqlite, "__own", "id", &["id integer"]),
        posts,
        table(Sqlite, "users", "id", &["id integer"]),
    ];
    let filter = Filter::Except(vec![Pattern::parse("^users$").unwrap()]);
    let options = Options { filter, ..Options::default() };
    let expected = "diesel::table! {
    posts (id) {
        id -> Integer,
        user -> Nullable<Integer>,
    }
}
";
    assert_eq!(body(&catalogue(Sqlite, tables), &options), expected);
}

#[test]
fn columns_by_name_and_keys_by_position() {
    use Dialect::{Mysql, Sqlite};
    let options = Options { sorting: Sorting::Name, ..Options::default() };
    for (dialect, server, order) in [
        (Sqlite, "sqlite-3", "C _d a b"),
        (Mysql, "mysql-9", "_d a b C"),
        (Mysql, "mariadb-10", "a b C _d"),
    ] {
        let columns = ["b int!", "_d int!", "a int!", "C int!"];
        let mut catalogue = catalogue(dialect, vec![table(dialect, "t", "a,b", &columns)]);
        server.clone_into(&mut catalogue.server);
        let text = body(&catalogue, &options);
        let fields: Vec<_> =
            text.lines().filter_map(|line| line.trim().split_once(" -> ")).map(|f| f.0).collect();
        assert_eq!(fields.join(" "), order, "{server}");
        // SQLite's keys are in the order of the table.
        let key = if dialect == Sqlite { "t (b, a) {" } else { "t (a, b) {" };
        assert!(text.contains(key), "{text}");
    }
}

#[test]
fn tables_with_versions_of_their_rows_are_left_out() {
    let mut users = table(Dialect::Mysql, "users", "id", &["id int!"]);
    users.options.insert("system_versioned", String::new());
    assert_eq!(body(&catalogue(Dialect::Mysql, vec![users]), &Options::default()), "");
}

#[test]
fn equal_names_in_rust_are_told() {
    let users = table(Dialect::Sqlite, "users", "id", &["id integer", "a-b text", "a_b text"]);
    let schema = write(&catalogue(Dialect::Sqlite, vec![users]), &Options::default()).unwrap();
    assert_eq!(schema.warnings.len(), 1);
    assert!(schema.warnings[0].contains("`a-b` and `a_b`"), "{:?}", schema.warnings);
}

#[test]
fn headers_are_no_difference() {
    let ours = format!("{HEADER}\n\na\n");
    for (file, same) in [
        (format!("{HEADER_OF_DIESEL}\n\na\n"), true),
        (format!("{HEADER_OF_DIESEL}\r\n\r\na\r\n"), true),
        ("\na\n".to_owned(), true),
        (format!("{HEADER}\n\nb\n"), false),
        (format!("// mine\n{HEADER}\n\na\n"), false),
        (format!("{HEADER}\n\na\nb\n"), false),
        (String::new(), false),
    ] {
        assert_eq!(is_same(&ours, &file), same, "{file:?}");
    }
}
