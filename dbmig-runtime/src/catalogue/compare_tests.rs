use dbmig_build::Dialect;

use super::super::{
    Action, Check, Column, ColumnType, Deferrable, EnumType, ForeignKey, Index, IndexKey,
    IndexPart, Key, Label, Options, Table, TypeKind, View,
};
use super::*;

fn column(name: &str, ty: &str) -> Column {
    Column {
        name: name.into(),
        ty: ColumnType {
            text: ty.into(),
            name: Name::new(ty),
            array: false,
            length: None,
            kind: TypeKind::Base,
        },
        nullable: true,
        default: None,
        generated: None,
        identity: None,
        auto_increment: false,
        collation: None,
        comment: None,
        options: Options::new(),
    }
}

fn table(name: &str, columns: &[&str]) -> Table {
    Table {
        name: Name::new(name),
        columns: columns.iter().map(|name| column(name, "integer")).collect(),
        primary_key: None,
        uniques: vec![],
        foreign_keys: vec![],
        checks: vec![],
        exclusions: vec![],
        indexes: vec![],
        comment: None,
        options: Options::new(),
    }
}

fn users() -> Catalogue {
    let mut catalogue = Catalogue::empty(Dialect::Postgres, "postgres-15");
    let mut users = table("users", &["id", "email"]);
    let label = Label { name: Some("users_pkey".into()), generated: true };
    users.primary_key = Some(key(label, &["id"]));
    catalogue.tables = vec![users];
    catalogue
}

fn key(label: Label, columns: &[&str]) -> Key {
    Key {
        label,
        columns: columns.iter().map(|&name| name.into()).collect(),
        deferrable: Deferrable::No,
        options: Options::new(),
        comment: None,
    }
}

fn index(label: Label, unique: bool) -> Index {
    let part = IndexPart {
        key: IndexKey::Column("email".into()),
        descending: true,
        options: Options::new(),
    };
    Index {
        label,
        unique,
        method: None,
        parts: vec![part],
        include: vec![],
        predicate: Some("email <> ''".into()),
        valid: true,
        options: Options::new(),
        comment: None,
    }
}

/// What is told of a change to a table `users (id, email)`.
fn told(change: impl FnOnce(&mut Catalogue)) -> Vec<String> {
    let before = users();
    let mut after = users();
    change(&mut after);
    let differences = before.differences(&after);
    let same = before.fingerprint() == after.fingerprint();
    assert_eq!(same, differences.is_empty(), "{differences:?}");
    let order_only = differences.iter().all(Difference::is_order);
    assert_eq!(before.fingerprint().schema == after.fingerprint().schema, order_only);
    differences.iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_differs_from_itself() {
    assert!(told(|_| ()).is_empty());
}

#[test]
fn a_name_of_the_server_is_no_difference() {
    let renamed = |catalogue: &mut Catalogue| {
        catalogue.tables[0].primary_key.as_mut().unwrap().label.name = Some("users_pkey1".into());
    };
    assert!(told(renamed).is_empty());
    let named = |catalogue: &mut Catalogue| {
        catalogue.tables[0].primary_key.as_mut().unwrap().label = Label::chosen("mine");
    };
    assert_eq!(told(named), ["~ primary key of users: name mine added"]);
}

#[test]
fn in_the_words_of_sql() {
    type Case = (fn(&mut Table), &'static [&'static str]);
    let cases: &[Case] = &[
        (
            |users| {
                let mut phone = column("phone", "varchar(20)");
                phone.nullable = false;
                phone.default = Some("''".into());
                users.columns.push(phone);
            },
            &["+ column users.phone: varchar(20) not null default ''"],
        ),
        (
            |users| users.columns[1].ty.text = "text".into(),
            &["~ column users.email: type integer -> text"],
        ),
        (
            |users| {
                users.columns[1].nullable = false;
                users.columns[1].comment = Some("where to write".into());
            },
            &["~ column users.email: comment where to write added; not null added"],
        ),
        (|users| drop(users.columns.pop()), &["- column users.email: integer"]),
        (
            |users| users.columns.reverse(),
            &["~ table users: order of columns (id, email) -> (email, id)"],
        ),
        (
            |users| users.indexes.push(index(Label::chosen("by_email"), true)),
            &["+ index by_email of users: unique (email desc) where email <> ''"],
        ),
        (
            |users| {
                users.indexes.push(index(Label::default(), false));
                users.indexes.push(index(Label::default(), false));
            },
            &[
                "+ index (email desc) of users: where email <> ''",
                "+ index (email desc) #2 of users: where email <> ''",
            ],
        ),
        (
            |users| {
                users.foreign_keys.push(ForeignKey {
                    label: Label::default(),
                    columns: vec!["email".into()],
                    table: Name::within(Some("mail"), "addresses"),
                    referenced: vec!["id".into()],
                    on_update: Action::NoAction,
                    on_delete: Action::Cascade,
                    deferrable: Deferrable::InitiallyDeferred,
                    validated: true,
                    options: Options::new(),
                    comment: None,
                });
            },
            &[
                "+ foreign key (email) to mail.addresses(id) of users: deferrable initially deferred \
                 on delete cascade references mail.addresses(id)",
            ],
        ),
        (
            |users| {
                users.checks.push(Check {
                    label: Label::chosen("positive"),
                    expression: "id > 0".into(),
                    validated: false,
                    options: Options::new(),
                    comment: None,
                });
            },
            &["+ check positive of users: (id > 0) not valid"],
        ),
        (|users| users.primary_key = None, &["- primary key of users: (id)"]),
        (
            |users| drop(users.options.insert("unlogged", String::new())),
            &["~ table users: unlogged added"],
        ),
    ];
    for (change, expected) in cases {
        assert_eq!(told(|catalogue| change(&mut catalogue.tables[0])), *expected);
    }
}

#[test]
fn what_belongs_to_a_table_goes_with_it() {
    let without = told(|catalogue| catalogue.tables.clear());
    assert_eq!(without, ["- table users"]);
    let with = told(|catalogue| {
        let mut posts = table("posts", &["id"]);
        posts.indexes.push(index(Label::chosen("i"), false));
        catalogue.tables.push(posts);
    });
    assert_eq!(with, ["+ table posts"]);
}

#[test]
fn definitions_of_several_lines_stand_below_each_other() {
    let view = |definition: &str| View {
        name: Name::new("v"),
        definition: definition.into(),
        columns: vec![("a".into(), "integer".into())],
        materialized: false,
        indexes: vec![],
        options: Options::new(),
        comment: None,
    };
    let mut before = users();
    before.views = vec![view("SELECT 1\n AS a")];
    let mut after = users();
    after.views = vec![view("SELECT 2\n AS a")];
    let differences = before.differences(&after);
    assert_eq!(
        differences[0].to_string(),
        "~ view v: definition differs\n    before: SELECT 1\n AS a\n    after:  SELECT 2\n AS a"
    );
}

#[test]
fn labels_keep_their_order() {
    let ty = |labels: &[&str]| EnumType {
        name: Name::new("mood"),
        labels: labels.iter().map(|&label| label.into()).collect(),
        comment: None,
    };
    let mut before = users();
    before.enums = vec![ty(&["sad", "it's"])];
    let mut after = before.clone();
    after.enums = vec![ty(&["it's", "sad"])];
    assert_eq!(
        before.differences(&after)[0].to_string(),
        "~ type mood: enum ('sad', 'it''s') -> ('it''s', 'sad')"
    );
}
