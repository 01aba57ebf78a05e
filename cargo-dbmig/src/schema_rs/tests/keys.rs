//! What `schema.rs` says of keys.

use super::*;

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
