//! Scripts, as tables: what they hold, and what they refuse.

use dbmig_build::check::{self, Options};
use dbmig_build::{RawFile, RawMigration, RawSet};

use super::*;
use crate::history::{Action, Applied, Ended, Record};
use crate::plan::{PlanError, Target, plan_apply};
use Dialect::{Mysql, Postgres, Sqlite};

fn v(text: &str) -> Version {
    Version::new(text.to_owned())
}

/// Name, up, metadata; the down is the same for all.
fn set(migrations: &[(&str, &str, &str)]) -> MigrationSet {
    let file = |text: &str| RawFile::Bytes(text.into());
    let migration = |(name, up, metadata): &(&str, &str, &str)| RawMigration {
        dir_name: (*name).to_owned(),
        up: file(up),
        down: file("DROP TABLE x -- it's \\ gone"),
        metadata: file(metadata),
        backfill: RawFile::Absent,
    };
    let raw =
        RawSet { migrations: migrations.iter().map(migration).collect(), ..RawSet::default() };
    check::run(&raw, &Options { lock_required: false, ..Options::default() }).set.unwrap()
}

const IN: &str = "run_in_transaction = true\n";
const OUTSIDE: &str = "run_in_transaction = false\n";
const WHOLE: &str = "run_in_transaction = false\n[dbmig]\nsplit = \"off\"\n";

fn of_range(
    set: &MigrationSet,
    (after, through): (&str, &str),
    direction: Direction,
    dialect: Dialect,
) -> Result<Script, Error> {
    let end = |text: &str| (!text.is_empty()).then(|| v(text));
    let range = Range { after: end(after), through: end(through), direction };
    super::of_range(set, &range, dialect, &Rules::default(), "")
}

/// The script of one migration.
fn one(up: &str, metadata: &str, dialect: Dialect) -> Result<Script, Error> {
    of_range(&set(&[("1_a", up, metadata)]), ("", ""), Direction::Up, dialect)
}

/// What stands behind the last heading, the record cut short.
fn body(script: &str) -> String {
    let (_, step) = script.rsplit_once("-- =====").unwrap();
    let mut lines = vec![];
    let mut record = false;
    for line in step.lines().skip(1) {
        let starts = line.starts_with("INSERT") && line.contains("__dbmig_history (");
        if starts {
            lines.push("<record>");
        }
        record = (record || starts) && !line.ends_with(';');
        if !record && !starts && !line.contains("AT TIME ZONE") && !line.contains("UTC_TIMESTAMP") {
            lines.push(line);
        }
    }
    lines.join("\n")
}

#[test]
fn a_step_in_a_transaction() {
    let script = one("CREATE TABLE x (a INT);\n-- last", IN, Sqlite).unwrap();
    assert_eq!(script.steps, 1);
    assert_eq!(
        body(&script.text),
        "BEGIN IMMEDIATE;\n\
         INSERT INTO \"main\".__diesel_schema_migrations (version) VALUES ('1');\n\
         CREATE TABLE x (a INT);\n-- last\n<record>\nCOMMIT;"
    );
    let text = one("CREATE TABLE x (a INT) -- last", IN, Postgres).unwrap().text;
    assert_eq!(
        body(&text),
        "BEGIN;\nINSERT INTO __diesel_schema_migrations (version) VALUES ('1');\n\
         CREATE TABLE x (a INT) -- last\n;\n\
         RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL;\nSET client_encoding = 'UTF8';\n\
         <record>\nCOMMIT;"
    );
}

#[test]
fn a_step_outside_a_transaction() {
    let text = one("VACUUM", OUTSIDE, Sqlite).unwrap().text;
    let body = body(&text);
    let at = |what: &str| body.find(what).unwrap_or_else(|| panic!("no {what} in {body}"));
    let guard = "SELECT '1' FROM (SELECT 1 UNION ALL SELECT 2) AS twice WHERE EXISTS (";
    assert!(at(guard) < at("VACUUM\n;\n"), "{body}");
    assert!(at("VACUUM") < at("BEGIN IMMEDIATE"), "{body}");
    assert!(at("VALUES ('1')") < at("<record>") && at("<record>") < at("COMMIT;"), "{body}");
    assert!(text.contains("let nobody else migrate meanwhile"), "{text}");
}

#[test]
fn a_step_back() {
    let set = set(&[("1_a", "SELECT 1", IN)]);
    let text = of_range(&set, ("", ""), Direction::Down, Sqlite).unwrap().text;
    assert!(text.contains("SQLite: revert `1_a`."), "{text}");
    let body = body(&text);
    assert!(body.starts_with("BEGIN IMMEDIATE;\n-- Stops here"), "{body}");
    assert!(body.contains("AS twice WHERE NOT EXISTS ("), "{body}");
    assert!(body.contains("\nDELETE FROM \"main\".__diesel_schema_migrations WHERE version = '1';\nDROP TABLE x -- it's \\ gone\n;\n"), "{body}");
    let void = "\nDELETE FROM \"main\".__dbmig_state WHERE kind IN ('seed', 'seed-rows', 'seed-undo');\nUPDATE \"main\".__dbmig_state ";
    assert!(body.contains(void) && body.ends_with("NOT LIKE 'void %';\nCOMMIT;"), "{body}");
}

#[test]
fn the_record_has_the_evidence_of_a_run() {
    let set = set(&[("1_a", "SELECT 1; SELECT 2", IN), ("2_b", "SELECT 3", OUTSIDE)]);
    let migration = set.get(&v("1")).unwrap();
    for dialect in Dialect::ALL {
        let text = of_range(&set, ("", ""), Direction::Up, dialect).unwrap().text;
        let down = crate::sql::literal(dialect, migration.down.as_deref().unwrap());
        for part in [
            migration.digests.up.as_str(),
            migration.digests.down.as_ref().unwrap().as_str(),
            migration.digests.metadata.as_ref().unwrap().as_str(),
            &dbmig_build::sql::token_digest("SELECT 1; SELECT 2", dialect).unwrap(),
            &down,
            "'apply', '1_a'",
            "'tx', 'finished', 2, 2, NULL, 2",
            "'stmt', 'finished', 1, 1, 'sha256:",
            "'transaction=off'",
            "'offline'",
            "COALESCE(MAX(attempt), 0) + 1",
        ] {
            assert!(text.contains(part), "{dialect}: no {part} in {text}");
        }
        assert_eq!(text.matches("COALESCE(MAX(batch), 0) + 1").count(), 1, "{dialect}: {text}");
        assert_eq!(text.matches("COALESCE((SELECT batch FROM").count(), 1, "{dialect}: {text}");
    }
}

#[test]
fn ranges() {
    use Direction::{Down, Up};
    let set = set(&["1_a", "2_b", "3_c"].map(|name| (name, "SELECT 1", IN)));
    for (range, direction, expected) in [
        (("", ""), Up, &["1_a", "2_b", "3_c"][..]),
        (("1", ""), Up, &["2_b", "3_c"]),
        (("", "2"), Up, &["1_a", "2_b"]),
        (("1", "2"), Up, &["2_b"]),
        (("2", "2"), Up, &[]),
        (("", ""), Down, &["3_c", "2_b", "1_a"]),
        (("1", ""), Down, &["3_c", "2_b"]),
        (("1", "2"), Down, &["2_b"]),
        (("", "2"), Down, &["2_b", "1_a"]),
        (("3", "3"), Down, &[]),
    ] {
        let script = of_range(&set, range, direction, Sqlite).unwrap();
        let names: Vec<_> = script
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("-- ===== ")?.split(':').next())
            .collect();
        assert_eq!(names, expected, "{range:?} {direction:?}");
        assert_eq!(script.steps, expected.len());
        let expects = direction == Up && !range.0.is_empty() && !expected.is_empty();
        let guard = format!("if version {} is not applied", range.0);
        assert_eq!(script.text.contains(&guard), expects, "{range:?} {direction:?}");
        assert_eq!(script.text.contains("BEGIN"), !expected.is_empty());
    }
    let kind = |range, direction| of_range(&set, range, direction, Sqlite).unwrap_err().kind;
    for direction in [Up, Down] {
        assert!(matches!(
            kind(("2", "1"), direction),
            ErrorKind::Plan(PlanError::ReversedRange { .. })
        ));
        assert!(matches!(
            kind(("1", "9"), direction),
            ErrorKind::Plan(PlanError::UnknownTarget(_))
        ));
    }
}

/// The place, and a part of the reason.
fn refusal(up: &str, metadata: &str, dialect: Dialect) -> String {
    match one(up, metadata, dialect) {
        Ok(script) => panic!("{up:?}: {}", script.text),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_no_script_can_hold() {
    for (dialect, up, metadata, expected) in [
        (Postgres, "SELECT 1;\n COMMIT;", IN, "1_a/up.sql:2:2: `COMMIT` in a file that runs in"),
        (Postgres, "SELECT 'a;\n", IN, "1_a/up.sql:1:8: no script can hold it: a string without"),
        (
            Postgres,
            "SELECT 1 /* a",
            IN,
            "1_a/up.sql:1:10: no script can hold it: a comment without",
        ),
        (Postgres, "SELECT 1\n\\gexec\n", IN, "1_a/up.sql:1:1: no script can hold it: it is for"),
        (Postgres, "COPY a FROM stdin;\n1\n\\.\n", IN, "it is for the client"),
        (Sqlite, ".read x\n", IN, "it is for the client"),
        (Mysql, "SELECT 1;\nUSE other;", IN, "1_a/up.sql:2:1: no script can hold it: it leaves"),
        (Mysql, "DELIMITER //\nSELECT 1//\n", WHOLE, "1_a/up.sql:1:1: no script can hold it: the"),
    ] {
        let said = refusal(up, metadata, dialect);
        assert!(said.contains(expected), "{up:?}: {said}");
    }
    let whole = "run_in_transaction = true\n[dbmig]\nsplit = \"off\"\n";
    let said = refusal("SELECT 1; COMMIT", whole, Sqlite);
    assert!(said.contains("1:11: no script can hold it: it may end the transaction"), "{said}");
    let long = format!("{}_a", "1".repeat(51));
    let long = set(&[(&long, "SELECT 1", IN)]);
    let said = of_range(&long, ("", ""), Direction::Up, Mysql).unwrap_err().to_string();
    assert!(said.ends_with("longer than the history can hold"), "{said}");
}

#[test]
fn bodies_and_delimiters_of_mysql() {
    for (up, expected) in [
        ("SELECT 1;\nSELECT 2;\n", "SELECT 1;\nSELECT 2;\n"),
        ("SELECT 1; -- a\n;SELECT 2 -- b", "SELECT 1; -- a\nSELECT 2; -- b\n"),
        (
            "/* a */ CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN SET @a = '//'; END /* b */; SELECT 1;",
            "DELIMITER $$\n/* a */ CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN SET @a = '//'; END$$\nDELIMITER ;\n /* b */ SELECT 1;\n",
        ),
        (
            "DELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT 1; END$$\nSELECT 2$$\n-- last\n",
            "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//\nDELIMITER ;\n\nSELECT 2;\n-- last\n",
        ),
    ] {
        let text = one(up, OUTSIDE, Mysql).unwrap().text;
        let body = body(&text);
        assert!(body.contains(expected), "{up:?}: {body}");
    }
    let whole = body(&one("CALL a; CALL b -- //", WHOLE, Mysql).unwrap().text);
    assert!(whole.contains("DELIMITER $$\nCALL a; CALL b -- //\n$$\nDELIMITER ;\n"), "{whole}");
}

#[test]
fn a_comment_that_never_ends_ends_with_its_file() {
    for up in ["SELECT 1 /* a", "SELECT 1 /*/", "SELECT 1 /* a */"] {
        let closed = if up.ends_with("a */") { "" } else { "*/" };
        let body = body(&one(up, IN, Sqlite).unwrap().text);
        assert!(body.contains(&format!("{up}{closed}\n;\n<record>")), "{body}");
    }
}

#[test]
fn what_the_engine_does_not_send_is_not_there() {
    let text = one("\\restrict abc\nSELECT 1;\n\\unrestrict abc\n", IN, Postgres).unwrap().text;
    assert!(!text.contains("restrict"), "{text}");
}

#[test]
fn names_stay_in_their_comment() {
    // Such a name is a finding, and drafts of a plain Diesel project may have one.
    let name = "1_a\nDROP TABLE x;";
    let mut migration = set(&[("1_a", "SELECT 1", IN)]).get(&v("1")).unwrap().clone();
    migration.dir_name = name.into();
    let set = MigrationSet::new(vec![migration], vec![], None).unwrap();
    let text = of_range(&set, ("", ""), Direction::Up, Sqlite).unwrap().text;
    assert!(text.lines().all(|line| !line.starts_with("DROP") || line.contains("', ")), "{text}");
    assert!(text.contains("-- ===== 1_a\\nDROP TABLE x;: up.sql\n"), "{text}");
}

#[test]
fn foreign_keys_are_switched_outside_the_transaction() {
    let metadata = "run_in_transaction = true\n[dbmig]\nforeign_keys = \"off\"\n";
    let body = body(&one("DROP TABLE x;", metadata, Sqlite).unwrap().text);
    assert!(body.starts_with("PRAGMA foreign_keys = OFF;\nBEGIN IMMEDIATE;\n"), "{body}");
    assert!(body.contains("VALUES ('1');\nCREATE TEMP TABLE dbmig_violations"), "{body}");
    assert!(body.contains("\nDROP TABLE temp.dbmig_violations;\n<record>\nCOMMIT;\n"), "{body}");
    assert!(body.ends_with("\nPRAGMA foreign_keys = ON;"), "{body}");
}

/// A database in which `1_a` was applied by another tool.
fn adopted() -> History {
    let mut history = History {
        has_diesel_table: true,
        tables: Tables::in_schema(Mysql, "app"),
        ..History::default()
    };
    history.applied.insert(v("1"), Applied { run_on: "2024-01-01".into(), record: None });
    history
}

fn of_history(set: &MigrationSet, history: &History) -> Result<Script, Error> {
    let plan = plan_apply(set, history, Mysql, &Target::All, &Rules::default())?;
    of_plan(set, history, &plan, Mysql, "SET time_zone = '+00:00' -- as always")
}

#[test]
fn a_plan_of_a_database_that_is_known() {
    let set =
        set(&[("1_a", "SELECT 1", IN), ("2_b", "SET @a = 1; USE x", IN), ("3_c", "SELECT 3", IN)]);
    let mut history = adopted();
    let text = of_history(&set, &history).unwrap().text;
    for part in [
        "CREATE TABLE IF NOT EXISTS `app`.__dbmig_history",
        "SELECT '1', 1, 'adopt', '1_a'",
        "FROM DUAL WHERE EXISTS (SELECT 1 FROM `app`.__diesel_schema_migrations WHERE version = '1') AND NOT EXISTS",
        "SET time_zone = '+00:00' -- as always\n;\nUSE `app`;\nSTART TRANSACTION;\nINSERT INTO `app`",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    // The number of the run is that of the record of the adoption.
    assert_eq!(text.matches("COALESCE(MAX(batch), 0) + 1").count(), 1);
    history.has_own_tables = true;
    assert!(!of_history(&set, &history).unwrap().text.contains("CREATE TABLE IF"));
    // With nothing to apply nothing is adopted either, as in a run.
    for version in ["2", "3"] {
        history.applied.insert(v(version), history.applied[&v("1")].clone());
    }
    let nothing = of_history(&set, &history).unwrap();
    assert!(nothing.steps == 0 && nothing.text.lines().all(|line| line.starts_with("--")));
}

#[test]
fn what_stopped_half_way_is_left_to_the_engine() {
    let set = set(&[("1_a", "CREATE TABLE a (x INT); SELECT 2", OUTSIDE)]);
    let mut history = History { has_own_tables: true, ..adopted() };
    history.applied.clear();
    let half = Record {
        id: 1,
        attempt: 1,
        action: Action::Apply,
        stamp: None,
        name: "1_a".into(),
        up_digest: None,
        up_tokens: None,
        down_digest: None,
        mode: Mode::Statement,
        ended: Ended::Failed,
        statements_total: 2,
        statements_done: 1,
        done_digest: Some(dbmig_build::Digest::of_list("statements", ["CREATE TABLE a (x INT)"])),
        intent: 1,
        batch: 1,
        finished_at: None,
        reason: None,
        error: None,
    };
    history.records.insert(v("1"), half);
    let said = of_history(&set, &history).unwrap_err().to_string();
    assert!(said.starts_with("1_a: no script can hold it: it stopped half way"), "{said}");
}
