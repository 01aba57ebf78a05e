use dbmig_build::Dialect;

use crate::generate::{Known, Options, Understood, understand};

/// What is written for a command line when nothing is known but the dialect.
fn unknown(line: &str, dialect: Dialect) -> String {
    let words: Vec<String> = line.split(' ').map(ToOwned::to_owned).collect();
    let options = Options::default();
    let asked = match understand(&words, &options) {
        Ok(Understood::Does(asked) | Understood::Perhaps(asked)) => asked,
        other => panic!("{line}: {other:?}"),
    };
    match asked.write(Known::Dialect(dialect), &options) {
        Ok(written) => {
            let part = |part: &super::Part| format!("{}{}--\n{}", part.suffix, part.up, part.down);
            written.parts.iter().map(part).collect::<Vec<_>>().join("==\n")
        }
        Err(error) => format!("error {}", error.message),
    }
}

#[test]
fn without_a_database() {
    for (line, dialect, expected) in [
        (
            "add_phone_to_users phone:string(20)",
            Dialect::Sqlite,
            "ALTER TABLE users ADD COLUMN phone VARCHAR(20);\n--\nALTER TABLE users DROP COLUMN phone;\n",
        ),
        (
            "add_index_to_posts user_id,status",
            Dialect::Sqlite,
            "CREATE INDEX posts_user_id_status_idx ON posts (user_id, status);\n--\nDROP INDEX posts_user_id_status_idx;\n",
        ),
        (
            "drop-table users",
            Dialect::Sqlite,
            "DROP TABLE users;\n--\n-- dbmig:todo the table users comes back as it was\n",
        ),
        (
            "drop-column users phone",
            Dialect::Sqlite,
            "ALTER TABLE users DROP COLUMN phone;\n--\n-- dbmig:todo users.phone comes back as it was, with its indexes and constraints\n",
        ),
        (
            "rename-column users a b",
            Dialect::Sqlite,
            "ALTER TABLE users RENAME COLUMN a TO b;\n--\nALTER TABLE users RENAME COLUMN b TO a;\n",
        ),
        (
            "change-column users a:text",
            Dialect::Sqlite,
            "error SQLite changes a column by building the table anew, and what is there is not known",
        ),
    ] {
        assert_eq!(unknown(line, dialect), expected, "{line}");
    }
}
