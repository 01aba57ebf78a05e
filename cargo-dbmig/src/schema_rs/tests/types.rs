//! Types of columns, and those that a database defines.

use super::*;

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
