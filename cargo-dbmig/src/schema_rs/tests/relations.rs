//! What tables have to do with each other.

use super::*;

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
