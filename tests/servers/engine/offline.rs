//! Scripts by the servers' own clients: what they leave is what a run leaves.

use std::process::Command;

use super::{Site, servers};
use crate::split::difference;
use crate::split::dump::{Rows, dump};
use crate::support::Server;

/// Runs a script as its head says.
pub(super) fn client(site: &Site, script: &str) -> Result<(), String> {
    site.sandbox.write("script.sql", script);
    let path = site.sandbox.path("script.sql");
    let mut program = match site.is_postgres() {
        true => {
            let mut psql = Command::new("psql");
            psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &site.scratch.url, "-f"]);
            psql.arg(&path);
            psql
        }
        false => {
            let opts = mysql::Opts::from_url(&site.scratch.url).unwrap();
            let mut program = Command::new("mariadb");
            program
                .args(["--no-defaults", "--binary-mode", "--comments"])
                .arg(format!("--host={}", opts.get_ip_or_hostname()))
                .arg(format!("--port={}", opts.get_tcp_port()))
                .arg(format!("--user={}", opts.get_user().unwrap_or("root")))
                .arg(format!("--password={}", opts.get_pass().unwrap_or("")))
                .arg(&site.scratch.name)
                .stdin(std::fs::File::open(&path).unwrap());
            program
        }
    };
    let output = program.output().unwrap();
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

#[track_caller]
fn runs(site: &Site, script: &str) {
    client(site, script).unwrap_or_else(|error| panic!("{}: {error}\n{script}", site.name()));
}

/// A second run stops at the version row, and changes nothing.
#[track_caller]
fn stops(site: &Site, script: &str) {
    let before = dump(&site.scratch, Rows::With);
    let error = client(site, script).expect_err("a second run");
    assert!(error.to_lowercase().contains("duplicate"), "{}: {error}", site.name());
    assert_eq!(difference(&before, &dump(&site.scratch, Rows::With)), None, "{}", site.name());
}

/// What is the same however a migration was run; `fits` is the number of stamps of today's rows.
fn evidence(site: &Site) -> Vec<String> {
    let columns = "version attempt action name up_digest up_tokens down_digest metadata_digest settings \
         mode state statements_total statements_done done_digest intent intent_digest down_sql batch \
         host backend tool error";
    let (kind, stamp) = match site.is_postgres() {
        true => ("TEXT", "extract(epoch FROM d.run_on)"),
        false => ("CHAR CHARACTER SET utf8mb4", "UNIX_TIMESTAMP(d.run_on)"),
    };
    let shown: Vec<_> = columns
        .split_whitespace()
        .map(|column| format!("coalesce(CAST({column} AS {kind}), 'NULL')"))
        .collect();
    let mut rows = site.column(&format!(
        "SELECT concat_ws(' | ', {}) FROM __dbmig_history ORDER BY id",
        shown.join(", ")
    ));
    rows.extend(site.column(&format!(
        "SELECT d.version FROM __diesel_schema_migrations d JOIN __dbmig_history h \
         ON h.version = d.version AND h.stamp = CAST({stamp} AS {kind}) AND h.attempt = \
         (SELECT MAX(attempt) FROM __dbmig_history o WHERE o.version = d.version) ORDER BY d.version"
    )));
    rows
}

/// A database that scripts change, and one that the engine does.
struct Pair {
    script: Site,
    engine: Site,
}

impl Pair {
    fn new(server: Server) -> Self {
        let pair = Self { script: Site::new(server), engine: Site::new(server) };
        for site in [&pair.script, &pair.engine] {
            hard(site);
        }
        pair
    }

    #[track_caller]
    fn agree(&self, about: &str) {
        let about = format!("{}: {about}", self.script.name());
        let [script, engine] = [&self.script, &self.engine];
        let lines = |site: &Site| evidence(site).join("\n");
        assert_eq!(difference(&lines(script), &lines(engine)), None, "{about}");
        let dump = |site: &Site| dump(&site.scratch, Rows::Without);
        assert_eq!(difference(&dump(script), &dump(engine)), None, "{about}");
    }

    #[track_caller]
    fn all_applied(&self) {
        let count = self.script.versions().len();
        let ran = self.script.dbmig(["status", "--exit-code"]).ok();
        let _ = ran.says(&format!("{count} applied, 0 pending")).silent_about("adopted]");
    }
}

/// The dialect of a site, by its name.
fn dialect(site: &Site) -> &'static str {
    if site.is_postgres() { "postgres" } else { "mysql" }
}

/// Migrations that are hard to get into a script, and out of it.
fn hard(site: &Site) {
    let write = |name: &str, up: &str, down: &str| site.sandbox.migration(name, up, down);
    write(
        "1_quotes",
        "CREATE TABLE q (id INT PRIMARY KEY, t VARCHAR(99)); -- it's; one\n\
         INSERT INTO q VALUES (1, 'it''s; \"x\"'), (2, '-- é')",
        "DROP TABLE q; -- it's \\ \"gone\" \\' $$ :x é\r\n",
    );
    if site.is_postgres() {
        write(
            "2_dump",
            "SET statement_timeout = 0;\nSET standard_conforming_strings = on;\n\
             SELECT pg_catalog.set_config('search_path', '', false);\n\
             CREATE FUNCTION public.f() RETURNS int LANGUAGE plpgsql AS $a$ BEGIN\n  -- b; c\n  RETURN 1; END $a$;\n\
             INSERT INTO public.q VALUES (3, E'a\\\\b\\'c');",
            "DROP FUNCTION f();\nDELETE FROM q WHERE id = 3;",
        );
        write(
            "3_role",
            "CREATE TABLE r (u TEXT DEFAULT current_user, s TEXT DEFAULT current_setting('search_path'));\n\
             CREATE TEMP TABLE __left (x INT);\nSET ROLE pg_monitor;",
            "DROP TABLE r;",
        );
        write("4_index", "CREATE INDEX CONCURRENTLY i ON q (t)", "DROP INDEX CONCURRENTLY i");
        site.outside_a_transaction("4_index");
        write("5_last", "INSERT INTO r DEFAULT VALUES; -- last", "DELETE FROM r;");
    } else {
        write(
            "2_bodies",
            "/* a; */ CREATE TRIGGER tr BEFORE INSERT ON q FOR EACH ROW BEGIN\n  -- it's; a body\n  \
             SET NEW.t = CONCAT(NEW.t, ';//'); IF NEW.id > 50 THEN SET NEW.t = \"x\"; END IF;\nEND /* b */;\n\
             DELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT 1; SELECT 'a\\'b'; END$$\nDELIMITER ;\n\
             INSERT INTO q VALUES (3, 'a\\\\b\\'c')",
            "DROP PROCEDURE p; DROP TRIGGER tr; DELETE FROM q WHERE id = 3;",
        );
        write(
            "3_session",
            "CREATE TABLE r (s VARCHAR(999), c VARCHAR(99), d VARCHAR(99), z VARCHAR(99));\n\
             SET sql_mode = '', foreign_key_checks = 0, autocommit = 0;\nSET NAMES latin1;\n\
             SET time_zone = '+09:00';\nLOCK TABLES q WRITE;",
            "DROP TABLE r;",
        );
        write("4_rows", "UPDATE q SET t = 'rows'; SET @x = 1;", "UPDATE q SET t = 'back';");
        write(
            "5_last",
            "INSERT INTO r VALUES (@@sql_mode, @@collation_connection, @@foreign_key_checks, @@time_zone); -- last",
            "DELETE FROM r;",
        );
    }
}

#[test]
fn a_script_for_an_empty_database() {
    for server in servers() {
        let pair = Pair::new(server);
        let Pair { script: site, engine } = &pair;
        let by = dialect(site);
        let sql = |args: &[&'static str]| {
            let args = ["sql"].into_iter().chain(args.iter().copied()).chain(["--dialect", by]);
            site.dbmig(args).ok().stdout
        };
        let (up, down) = (sql(&[".."]), sql(&["..", "--down"]));
        runs(site, &up);
        engine.dbmig(["migrate"]).ok();
        pair.agree("applied");
        pair.all_applied();
        site.dbmig(["migrate"]).ok().says("nothing to apply");
        stops(site, &up);
        runs(site, &down);
        engine.dbmig(["revert", "--all"]).ok();
        pair.agree("reverted");
        stops(site, &down);
        runs(site, &sql(&["..3"]));
        runs(site, &sql(&["3.."]));
        engine.dbmig(["migrate", "--to", "3"]).ok();
        engine.dbmig(["migrate"]).ok();
        pair.agree("applied again, in two parts");
        // By the file, and by what the script has recorded.
        for site in [site, engine] {
            site.dbmig(["revert", "--to", "2"]).ok().says("3 migrations reverted");
            for name in std::fs::read_dir(site.sandbox.path("migrations")).unwrap() {
                std::fs::remove_dir_all(name.unwrap().path()).unwrap();
            }
            site.dbmig(["revert", "--missing"]).ok().says("2 migrations reverted");
        }
        pair.agree("reverted by the engine");
    }
}

#[test]
fn a_script_for_the_rest_of_a_database() {
    for server in servers() {
        let pair = Pair::new(server);
        let Pair { script: site, engine } = &pair;
        for site in [site, engine] {
            site.dbmig(["migrate", "--step", "3"]).ok();
            site.dbmig(["revert"]).ok();
        }
        let half = dump(&site.scratch, Rows::Without);
        let script = site.dbmig(["migrate", "--dry-run", "--sql"]).ok();
        assert_eq!(script.stderr, "", "{server:?}");
        runs(site, &script.stdout);
        engine.dbmig(["migrate"]).ok();
        pair.agree("the rest");
        pair.all_applied();
        stops(site, &script.stdout);
        let args = ["sql", "2..", "--down", "--dialect", dialect(site)];
        runs(site, &site.dbmig(args).ok().stdout);
        let after = dump(&site.scratch, Rows::Without);
        if site.is_postgres() {
            assert_eq!(difference(&half, &after), None, "{server:?}");
        } else {
            // Its rows are dumped as well, and one of the downs has changed them.
            let rows = |text: &str| text.replace("rows", "?").replace("back", "?").lines().count();
            assert_eq!(rows(&half), rows(&after), "{server:?}");
        }
        site.dbmig(["status"]).ok().says("2 applied, 3 pending");
    }
}

#[test]
fn a_script_takes_over_what_another_tool_has_applied() {
    for server in servers() {
        let pair = Pair::new(server);
        let Pair { script: site, engine } = &pair;
        for site in [site, engine] {
            let up = site.sandbox.read("migrations/1_quotes/up.sql");
            let table = "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
                         run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)";
            let row = "INSERT INTO __diesel_schema_migrations (version) VALUES ('1')";
            for sql in [table, &up, row] {
                site.session().execute(sql).unwrap();
            }
        }
        let script = site.dbmig(["migrate", "--dry-run", "--sql"]).ok().stdout;
        runs(site, &script);
        engine.dbmig(["migrate"]).ok();
        pair.agree("adopted");
        site.dbmig(["status", "--exit-code"]).ok().says("5 applied, 0 pending");
    }
}

/// A statement that fails: the transaction leaves nothing, and nothing behind it runs.
#[test]
fn a_script_stops_at_an_error() {
    for server in servers() {
        let site = Site::new(server);
        site.counting(3);
        let broken = "UPDATE counter SET n = n + 1; INSERT INTO nosuch VALUES (1);";
        site.sandbox.migration("2_t", broken, "SELECT 1;");
        let script = site.dbmig(["migrate", "--dry-run", "--sql"]).ok().stdout;
        let error = client(&site, &script).unwrap_err();
        assert!(error.contains("nosuch"), "{server:?}: {error}");
        assert_eq!(site.versions(), ["0", "1"], "{server:?}");
        assert_eq!(site.column("SELECT n FROM counter"), ["1"], "{server:?}");
        site.counting(3);
        let script = site.dbmig(["migrate", "--dry-run", "--sql"]).ok().stdout;
        runs(&site, &script);
        site.exactly_once(3, "mended");
    }
}

/// What somebody has set by hand is not half of the script's business: all of it goes to one schema.
#[test]
fn a_script_for_a_range_stays_in_its_schema() {
    let site = Site::new(Server::Postgres);
    site.counting(1);
    let script = site.dbmig(["sql", "..", "--dialect", "postgres"]).ok().stdout;
    for schema in ["public", "tenant"] {
        let create = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
        site.session().execute(&create).unwrap();
    }
    runs(&site, &format!("SET search_path = tenant;\n{script}"));
    let tables = "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename LIKE '\\_\\_d%'";
    assert_eq!(site.column(tables), ["public"]);
    site.exactly_once(1, "in public");
    // By the options of the connection it is the tenant's.
    let url = format!("{}?options=-csearch_path%3Dtenant", site.scratch.url);
    site.sandbox.write("script.sql", &script);
    let path = site.sandbox.path("script.sql");
    let ran = Command::new("psql")
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &url, "-f"])
        .arg(path)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(site.column("SELECT n::text FROM tenant.counter"), ["1"]);
    assert_eq!(site.column("SELECT count(*)::text FROM tenant.__dbmig_history"), ["2"]);
}

/// MySQL says nothing about backslashes that holds everywhere; PostgreSQL can be told to read them.
#[test]
fn literals_mean_the_same_whatever_the_session_says() {
    for server in servers() {
        let site = Site::new(server);
        let name = &site.scratch.name;
        let (setting, down) = match site.is_postgres() {
            true => {
                let off = "SET standard_conforming_strings = off";
                (format!("ALTER DATABASE \"{name}\" {off}"), r"SELECT 'a\b''c';")
            }
            false => {
                ("SET sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'".into(), r"SELECT 'a\b''c';")
            }
        };
        site.sandbox.migration("1_a", "SELECT 1;", down);
        let mut script = site.dbmig(["sql", "..", "--dialect", dialect(&site)]).ok().stdout;
        match site.is_postgres() {
            true => site.session().execute(&setting).unwrap(),
            false => script.insert_str(0, &format!("{setting};\n")),
        }
        runs(&site, &script);
        assert_eq!(site.column("SELECT down_sql FROM __dbmig_history"), [down], "{server:?}");
    }
}

#[cfg(feature = "full-tests")]
mod corpus {
    //! Real projects' sets.

    use std::fs;
    use std::path::Path;

    use super::super::corpus::copy;
    use super::*;

    #[test]
    fn real_sets_by_script() {
        let corpus = crate::support::variable("DBMIG_TEST_CORPUS");
        let (mut seen, mut refused) = (0, vec![]);
        for server in servers() {
            let folder = if server == Server::Postgres { "pg" } else { "mysql" };
            for set in fs::read_dir(Path::new(&corpus).join(folder)).unwrap() {
                let set = set.unwrap().path();
                if !set.join("migrations").is_dir() {
                    continue;
                }
                let about = format!("{server:?}: {}", set.display());
                let pair = Pair { script: Site::new(server), engine: Site::new(server) };
                for site in [&pair.script, &pair.engine] {
                    copy(&set.join("migrations"), &site.sandbox.path("migrations"));
                    let vaultwarden = set.ends_with("mysql/vaultwarden");
                    // Its application does this before it migrates.
                    let init = match vaultwarden {
                        true => "init_sql = \"SET FOREIGN_KEY_CHECKS = 0\"\n",
                        false => "",
                    };
                    let dialect = dialect(site);
                    site.sandbox.write(
                        "dbmig.toml",
                        format!("dialect = \"{dialect}\"\n[env.development]\nurl_env = \"DATABASE_URL\"\n{init}"),
                    );
                }
                let args = ["sql", ".."];
                let ran = pair.script.dbmig(args);
                if ran.code != Some(0) {
                    assert!(
                        ran.stdout.is_empty() && ran.stderr.contains("help: "),
                        "{about}: {ran}"
                    );
                    refused.push(format!("{about}: {}", ran.stderr));
                    continue;
                }
                runs(&pair.script, &ran.stdout);
                pair.engine.dbmig(["migrate"]).ok();
                pair.agree(&about);
                pair.all_applied();
                seen += 1;
            }
        }
        println!("{seen} sets");
        assert!(seen >= 18 && refused.is_empty(), "{seen} sets; refused: {}", refused.join("\n"));
    }
    /// By SQLite itself, whose program is not on every machine.
    #[test]
    fn real_sets_by_script_in_sqlite() {
        use diesel::Connection as _;
        use diesel::connection::SimpleConnection as _;
        let corpus = crate::support::variable("DBMIG_TEST_CORPUS");
        let mut seen = 0;
        for set in fs::read_dir(Path::new(&corpus).join("sqlite")).unwrap() {
            let set = set.unwrap().path();
            let sandbox = crate::sandbox::Sandbox::new();
            copy(&set.join("migrations"), &sandbox.path("migrations"));
            let script = sandbox.dbmig(["sql", "..", "--dialect", "sqlite"]).ok().stdout;
            let path = sandbox.path("script.sqlite3");
            let mut conn = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
            let ran = conn.batch_execute(&script);
            assert!(ran.is_ok(), "{}: {ran:?}", set.display());
            sandbox.dbmig(["migrate", "--database-url", "engine.sqlite3"]).ok();
            let schema = |database| {
                let sql = "SELECT type || name || coalesce(sql, '') FROM sqlite_master ORDER BY 1";
                sandbox.query(database, sql)
            };
            assert_eq!(schema("script.sqlite3"), schema("engine.sqlite3"), "{}", set.display());
            let args = ["status", "--exit-code", "--database-url", "script.sqlite3"];
            sandbox.dbmig(args).ok().says(", 0 pending");
            seen += 1;
        }
        assert!(seen >= 8, "{seen} sets");
    }
}

/// Diesel's table names no engine: where it has no transactions, what stops a script must leave no row.
#[test]
fn a_table_of_versions_without_transactions() {
    for site in servers().into_iter().map(Site::new).filter(|site| !site.is_postgres()) {
        let toml = "dialect = \"mysql\"\n\n[env.development]\nurl_env = \"DATABASE_URL\"\n";
        site.sandbox.write("dbmig.toml", toml);
        site.counting(2);
        site.dbmig(["lock"]).ok();
        let create = "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
             run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP) ENGINE = MyISAM";
        site.session().execute(create).unwrap();
        let script = site.dbmig(["sql", "1.."]).ok().stdout;
        let error =
            client(&site, &script).expect_err("what stands before the range is not applied");
        assert!(error.to_lowercase().contains("duplicate"), "{}: {error}", site.name());
        assert!(site.versions().is_empty(), "{}: {:?}", site.name(), site.versions());
    }
}
