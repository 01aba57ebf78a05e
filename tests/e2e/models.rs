//! What `generate --model` writes compiles with Diesel, beside the `schema.rs` of the same tables: every type of
//! every dialect, in one crate.

use std::fmt::Write as _;

use cargo_dbmig::generate::{self, Known, Options, Understood, understand};
use cargo_dbmig::schema_rs;
use dbmig_build::Dialect;
use dbmig_runtime::catalogue::Catalogue;

use crate::support::{Sandbox, copy, repository};

/// Not more than 16 columns a table: for more Diesel has features, which take long to compile.
const EVERYWHERE: [&str; 4] = [
    "create_things string:string bounded:string(20):null fixed:char(3) text:text long:longtext yes:bool \
     maybe:bool:null:default=true type:string team:references:cascade parent:references(things):null",
    "create_numbers tiny:tinyint small:smallint int:int big:bigint float:float double:double:null \
     price:decimal(10,2) cost:money:null counted:int:unsigned",
    "create_moments at:timestamp:default=now later:timestamp(3):null day:date time:time bytes:blob \
     more:longblob:null state:enum:{draft,Sent_Out,1st} maybe_state:enum:{a,b}:null thing:references",
    "create_documents uid:uuid:default=uuid4 other_uid:uuid:null doc:json docs:jsonb:null net:inet:null \
     block:cidr:null mac:macaddr:null",
];

const POSTGRES: &str = "create_specials tags:array:string numbers:array:int:null flags:array:bool \
     span:interval ints:int4range bigs:int8range:null words:tsvector:null";

/// Tables after tables, with the structs of each: the files of a module.
fn write(sandbox: &Sandbox, dialect: Dialect, lines: &[&str]) -> Vec<String> {
    let mut catalogue = Catalogue::empty(dialect, format!("{dialect}-0"));
    let mut tables: Vec<String> = Vec::new();
    let mut left_out = Vec::new();
    for line in lines {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let options = Options::default();
        let Understood::Does(asked) = understand(&words, &options).unwrap() else {
            panic!("{line}")
        };
        let known = match tables.is_empty() {
            true => Known::Dialect(dialect),
            false => Known::All(&catalogue),
        };
        catalogue = asked.write(known, &options).unwrap().after;
        let table = asked.table().unwrap().to_owned();
        let has = |table: &str| tables.iter().any(|known| known == table);
        let model =
            generate::models(&catalogue, &table, &schema_rs::Options::default(), &has).unwrap();
        left_out.extend(model.notes);
        // Each dialect has a module of its own here.
        let text = model.text.replace("crate::schema", &format!("crate::{dialect}::schema"));
        sandbox.write(&format!("src/{dialect}/models/{table}.rs"), text);
        tables.push(table);
    }
    let schema = schema_rs::write(&catalogue, &schema_rs::Options::default()).unwrap();
    sandbox.write(&format!("src/{dialect}/schema.rs"), schema.text);
    let mut modules = String::new();
    tables.iter().for_each(|table| writeln!(modules, "pub mod {table};").unwrap());
    sandbox.write(&format!("src/{dialect}/models/mod.rs"), modules);
    sandbox.write(&format!("src/{dialect}/mod.rs"), "pub mod models;\npub mod schema;\n");
    left_out
}

#[test]
fn every_type_compiles() {
    let sandbox = Sandbox::new();
    copy(&repository().join("fixtures/models"), &sandbox.cwd);
    let mut tables = vec!["create_teams name:string:unique"];
    tables.extend(EVERYWHERE);
    tables.extend(["join-table things teams role:string:null", "table Code code:string(3):pk"]);
    let none = Vec::<String>::new();
    assert_eq!(write(&sandbox, Dialect::Sqlite, &tables), none);
    assert_eq!(write(&sandbox, Dialect::Mysql, &tables), none);
    tables.push(POSTGRES);
    let left_out = write(&sandbox, Dialect::Postgres, &tables);
    assert_eq!(left_out.len(), 1, "{left_out:?}");
    assert!(left_out[0].starts_with("`words` is left out"), "{left_out:?}");
    let modules: String =
        ["sqlite", "postgres", "mysql"].iter().map(|name| format!("pub mod {name};\n")).collect();
    sandbox.write("src/lib.rs", modules);
    let _ = sandbox.cargo(["check", "--locked"]).ok().silent_about("warning: unused");
}
