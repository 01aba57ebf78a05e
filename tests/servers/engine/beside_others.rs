//! T03: the `diesel` program and `diesel_migrations`' harness at the same time as we. They may fail, we
//! do not, and every migration runs exactly once.

use diesel::Connection as _;
use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};

use super::program::Program;
use super::{counting, rounds};
use crate::sandbox::Sandbox;

const COUNT: usize = 4;

/// Harnesses as old replicas of an application run them, beside `ours`.
fn harnesses_beside(sandbox: &Sandbox, database: &str, ours: usize, foreign: usize) {
    let (url, dir) = (sandbox.path(database).display().to_string(), sandbox.path("migrations"));
    std::thread::scope(|scope| {
        for _ in 0..foreign {
            scope.spawn(|| {
                let Ok(mut conn) = diesel::SqliteConnection::establish(&url) else { return };
                let migrations = FileBasedMigrations::from_path(&dir).expect("migrations");
                let _ = conn.run_pending_migrations(migrations);
            });
        }
        let programs: Vec<_> =
            (0..ours).map(|_| Program::start(sandbox, database, &["migrate"])).collect();
        for program in programs {
            let _ = program.end().ok();
        }
    });
}

/// What a run, alone, finds to do afterwards is nothing that anybody has done.
#[track_caller]
fn once_in_the_file(sandbox: &Sandbox, database: &str, round: usize) {
    let _ = sandbox.dbmig_with(&[("DATABASE_URL", database)], ["migrate"]).ok();
    let count = COUNT.to_string();
    assert_eq!(sandbox.query(database, "SELECT n FROM counter"), [count], "round {round}");
    let versions = "SELECT count(*) FROM __diesel_schema_migrations";
    assert_eq!(sandbox.query(database, versions), [(COUNT + 1).to_string()], "round {round}");
}

#[test]
fn harnesses_on_one_file() {
    for round in 0..rounds(3) {
        let sandbox = Sandbox::new();
        counting(&sandbox, COUNT);
        harnesses_beside(&sandbox, "dev.sqlite3", 2, 3);
        once_in_the_file(&sandbox, "dev.sqlite3", round);
    }
}

#[cfg(feature = "full-tests")]
mod with_the_program {
    use std::process::{Child, Command, Stdio};

    use super::super::{Site, servers};
    use super::*;
    use crate::support::{Server, variable};

    fn diesel(sandbox: &Sandbox, url: &str) -> Child {
        Command::new(variable("DBMIG_TEST_DIESEL"))
            .args(["migration", "run", "--locked-schema"])
            .current_dir(&sandbox.cwd)
            .env("DATABASE_URL", url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the diesel program")
    }

    fn end(children: Vec<Child>) {
        for mut child in children {
            child.wait().expect("a child of ours");
        }
    }

    #[test]
    fn and_harnesses_on_one_file() {
        for round in 0..rounds(2) {
            let sandbox = Sandbox::new();
            sandbox.write("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\n");
            counting(&sandbox, COUNT);
            let children = (0..2).map(|_| diesel(&sandbox, "dev.sqlite3")).collect();
            harnesses_beside(&sandbox, "dev.sqlite3", 2, 2);
            end(children);
            once_in_the_file(&sandbox, "dev.sqlite3", round);
        }
    }

    /// Where the others have done it all, there is no history of ours.
    #[track_caller]
    fn once(site: &Site, about: &str) {
        let about = format!("{}: {about}", site.name());
        assert_eq!(site.column("SELECT n FROM counter"), [COUNT.to_string()], "{about}");
        assert_eq!(site.versions().len(), COUNT + 1, "{about}");
    }

    /// On MySQL, where definitions commit, nobody can promise it: there we say 0 only if all is well.
    #[test]
    fn on_servers() {
        for server in servers() {
            for round in 0..rounds(2) {
                let site = Site::new(server);
                site.sandbox
                    .write("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\n");
                site.counting(COUNT);
                let children = (0..3).map(|_| diesel(&site.sandbox, &site.url)).collect();
                let programs: Vec<_> = (0..3).map(|_| site.start(&["migrate"])).collect();
                let ran: Vec<_> = programs.into_iter().map(Program::end).collect();
                end(children);
                let about = format!("beside diesel, round {round}");
                if server == Server::Postgres {
                    for ran in ran {
                        let _ = ran.ok();
                    }
                    site.dbmig(["migrate"]).ok();
                    once(&site, &about);
                } else if ran.iter().any(|ran| ran.code == Some(0)) {
                    site.dbmig(["migrate"]).ok().says("nothing to apply");
                    once(&site, &about);
                }
            }
        }
    }
}
