//! What a header and a statement can say, and what is refused with its place.

use super::*;

const HEAD: &str = "-- dbmig:table users\n-- dbmig:key id\n";

fn problems(text: &str, dialect: Dialect) -> Vec<String> {
    match Backfill::parse(text, dialect) {
        Ok(_) => vec![],
        Err(problems) => problems
            .into_iter()
            .map(|p| format!("{}:{} {}", p.place.0, p.place.1, p.message))
            .collect(),
    }
}

#[test]
fn the_whole_header() {
    let text = "-- Why.\n-- dbmig:table app.users\n-- dbmig:key tenant_id, \"Id\"\n-- dbmig:batch 500\n\
                -- dbmig:throttle 100ms\n-- dbmig:target 2s\n-- dbmig:until SELECT 1 FROM app.users\n\
                -- dbmig:until  WHERE tz IS NULL\n-- dbmig:throttle_query SELECT pg_is_in_recovery()\n\
                UPDATE app.users SET tz = 'UTC'\n WHERE (tenant_id, \"Id\") >= (:lo)\n AND (tenant_id, \"Id\") <= ( :hi );\n";
    let read = Backfill::parse(text, Dialect::Postgres).unwrap();
    assert_eq!((read.table.schema(), read.table.last()), (Some("app"), "users"));
    assert_eq!(read.key.iter().map(Name::last).collect::<Vec<_>>(), ["tenant_id", "Id"]);
    assert_eq!(read.batch, Some(500));
    assert_eq!(read.throttle, Duration::from_millis(100));
    assert_eq!(read.target, Some(Duration::from_secs(2)));
    assert_eq!(read.until.as_deref(), Some("SELECT 1 FROM app.users\nWHERE tz IS NULL"));
    assert_eq!(read.throttle_query.as_deref(), Some("SELECT pg_is_in_recovery()"));
    assert_eq!(read.place, (10, 1));
    let bounds: Vec<_> = read.parts.iter().filter(|part| !matches!(part, Part::Text(_))).collect();
    assert_eq!(
        bounds,
        [&Part::Bound { last: false, column: None }, &Part::Bound { last: true, column: None }]
    );
}

#[test]
fn what_can_be_left_out() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql] {
        for statement in [
            "UPDATE users SET a = 1 WHERE id >= :lo AND id <= :hi",
            "UPDATE users SET a = 1 WHERE id BETWEEN :lo AND :hi;",
            "UPDATE users SET a = 1 WHERE :lo <= id AND :hi >= id",
            "DELETE FROM users WHERE id>=:lo AND id<=:hi",
            "INSERT INTO old SELECT * FROM users WHERE id >= :LO AND id <= :HI",
            "UPDATE users SET a = ':lo' WHERE id >= :lo AND id <= :hi -- :lo\n",
            "UPDATE users SET a = 1 WHERE id >= :lo.id AND id <= :hi.ID",
        ] {
            let text = format!("{HEAD}{statement}");
            assert_eq!(problems(&text, dialect), [""; 0], "{dialect} {statement}");
            let read = Backfill::parse(&text, dialect).unwrap();
            assert_eq!((read.batch, read.target, read.throttle), (None, None, Duration::ZERO));
            assert_eq!(read.parts.len(), 5, "{dialect} {statement}: {:?}", read.parts);
        }
    }
    let text = format!(
        "{HEAD}UPDATE users SET a = b::text WHERE id >= :lo AND id <= :hi AND '{{}}'::jsonb ? 'a'"
    );
    assert_eq!(problems(&text, Dialect::Postgres), [""; 0]);
}

#[test]
fn what_is_refused() {
    let window = "WHERE id >= :lo AND id <= :hi";
    for (text, expected) in [
        (
            format!("UPDATE users SET a = 1 {window}"),
            &["1:1 the header does not name the table", "1:1 the header does not name the key"][..],
        ),
        (format!("{HEAD}-- nothing"), &["1:1 there is no statement"]),
        (format!("{HEAD}SELECT 1 FROM users {window}"), &["3:1 the statement changes no rows"]),
        (format!("{HEAD}DROP TABLE users"), &["3:1 the statement changes no rows"]),
        (
            format!("{HEAD}DELETE FROM users {window};\n DELETE FROM users {window};"),
            &["4:2 a backfill has one statement"],
        ),
        (
            format!("{HEAD}BEGIN;\nDELETE FROM users {window};\nCOMMIT;"),
            &["3:1 a backfill begins", "5:1 a backfill begins"],
        ),
        (format!("{HEAD}DELETE FROM users WHERE id >= :lo"), &["3:1 the statement has no `:hi`"]),
        (
            format!("{HEAD}DELETE FROM users"),
            &["3:1 the statement has no `:lo`", "3:1 the statement has no `:hi`"],
        ),
        (
            format!("{HEAD}DELETE FROM users WHERE id > :lo AND id <= :hi"),
            &["3:30 `:lo` is not compared"],
        ),
        (
            format!("{HEAD}DELETE FROM users WHERE id >= :lo AND id < :hi"),
            &["3:44 `:hi` is not compared"],
        ),
        (
            format!("{HEAD}DELETE FROM users WHERE :lo < id AND id <= :hi"),
            &["3:25 `:lo` is not compared"],
        ),
        (
            format!("{HEAD}DELETE FROM users WHERE id >= :hi AND id <= :lo"),
            &["3:31 `:hi` is not compared", "3:45 `:lo` is not compared"],
        ),
        (
            format!("{HEAD}DELETE FROM users {window} AND id >= :lo.x"),
            &["3:59 `x` is not a column of the key"],
        ),
        (
            format!("{HEAD}-- dbmig:table u\nDELETE FROM users {window}"),
            &["3:1 `dbmig:table` stands twice"],
        ),
        (
            format!("{HEAD}-- dbmig:bach 5\nDELETE FROM users {window}"),
            &["3:1 a backfill has no `dbmig:bach`"],
        ),
        (
            format!("{HEAD}-- dbmig:batch 0\nDELETE FROM users {window}"),
            &["3:1 `0` is not a number of rows"],
        ),
        (
            format!("{HEAD}-- dbmig:throttle 5\nDELETE FROM users {window}"),
            &["3:1 `5` is not a duration"],
        ),
        (
            format!("{HEAD}-- dbmig:until a IS NULL\nDELETE FROM users {window}"),
            &["3:1 `dbmig:until` is not one query"],
        ),
        (
            format!("{HEAD}-- dbmig:todo think\nDELETE FROM users {window}"),
            &["3:1 a `dbmig:todo` was left"],
        ),
        (
            format!("-- dbmig:table a b\n-- dbmig:key id\nDELETE FROM users {window}"),
            &["1:1 `a b` is not the name of a table"],
        ),
        (
            format!("-- dbmig:table a\n-- dbmig:key id;\nDELETE FROM users {window}"),
            &["2:1 `id;` is not a column"],
        ),
        (format!("{HEAD}DELETE FROM users {window} AND a = 'x"), &["3:57 the file can not be cut"]),
    ] {
        let found = problems(&text, Dialect::Sqlite);
        assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{text}: {found}");
        }
    }
    for (dialect, parameter) in [
        (Dialect::Postgres, "$1"),
        (Dialect::Mysql, "?"),
        (Dialect::Sqlite, "?"),
        (Dialect::Sqlite, ":x"),
    ] {
        let text = format!("{HEAD}DELETE FROM users {window} AND a = {parameter}");
        let found = problems(&text, dialect);
        assert!(found.len() == 1 && found[0].contains("that nobody gives"), "{dialect}: {found:?}");
    }
}

#[test]
fn what_stops_diesel() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql] {
        for (text, expected) in [
            (STOPPER, true),
            ("-- why\nselect this_migration_needs_cargo_dbmig ( )\n", true),
            ("", false),
            ("SELECT 1", false),
            ("-- SELECT this_migration_needs_cargo_dbmig();\nSELECT 1", false),
            ("SELECT this_migration_needs_cargo_dbmig(); SELECT 1;", false),
        ] {
            assert_eq!(stops_diesel(text, dialect), expected, "{dialect} {text:?}");
        }
    }
}
