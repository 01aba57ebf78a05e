//! Whole runs in scratch folders: gathered, planned, applied, and then once more.

use std::fs;
use std::path::{Path, PathBuf};

use dbmig_build::{Code, Dialect};
use tempfile::TempDir;

use super::{Checkout, Facts, Inputs, Plan, Request, Stop, gather, plan};
use crate::config::{Config, Env};
use crate::project::{Overrides, discover};

const PACKAGE: &str = "[package]\nname = \"app\"\n\n[dependencies]\n";
const DIESEL: &str = "[package]\nname = \"app\"\n\n[dependencies]\ndiesel = { version = \"2\", features = [\"sqlite\"] }\n";
const ONE: (&str, &str) = ("migrations/2024-01-02-000000_b/up.sql", "SELECT 1;\n");

struct Scratch {
    _dir: TempDir,
    root: PathBuf,
}

impl Scratch {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let scratch = Self { _dir: dir, root };
        for (path, text) in files {
            scratch.write(path, text);
        }
        scratch
    }

    fn workspace(files: &[(&str, &str)]) -> Self {
        let scratch = Self::new(files);
        scratch.write("Cargo.toml", "[workspace]\nmembers = [\"app\", \"web\"]\n");
        scratch.write("app/Cargo.toml", PACKAGE);
        scratch.write("web/Cargo.toml", &PACKAGE.replace("app", "web"));
        scratch
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Gathers and plans in the folder `cwd`; the package is found from `start`.
    fn plan(&self, cwd: &str, start: &str, request: &Request) -> Result<(Facts, Plan), Stop> {
        let cwd = self.root.join(cwd);
        let project = discover(&self.root.join(start), &Overrides::default())?;
        let env = Env::from_pairs::<&str, &str>([]);
        let (env, _) = project.with_dotenv(&cwd, env)?;
        let facts = gather(&Inputs { cwd: &cwd, env: &env, project: &project, request })?;
        let plan = plan(&facts)?;
        Ok((facts, plan))
    }

    /// Runs, sees that a second run has nothing to do, and returns what the first one wrote.
    fn init(&self, cwd: &str, start: &str, request: &Request) -> (Vec<String>, Plan) {
        let before = self.files();
        let (_, plan) = self.plan(cwd, start, request).unwrap();
        assert_eq!(self.files(), before, "planning wrote something");
        for change in &plan.changes {
            change.apply().unwrap();
        }
        let (_, again) = self.plan(cwd, start, request).unwrap();
        assert_eq!(again.changes, [], "a second run would change something");
        assert_eq!(again.advice, plan.advice);
        assert!(again.next.is_empty());
        let written = plan.changes.iter().map(|change| self.name(&change.path)).collect();
        (written, plan)
    }

    fn name(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap().to_str().unwrap().to_owned()
    }

    fn files(&self) -> Vec<PathBuf> {
        let walk = |folder: &Path| -> Vec<PathBuf> {
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
        };
        let mut files = walk(&self.root);
        let mut at = 0;
        while at < files.len() {
            if files[at].is_dir() {
                files.extend(walk(&files[at].clone()));
            }
            at += 1;
        }
        files
    }

    fn error(&self, request: &Request) -> crate::error::CliError {
        let before = self.files();
        let error = match self.plan("", "", request) {
            Err(Stop::Error(error)) => error,
            other => panic!("no error: {other:?}"),
        };
        assert_eq!(self.files(), before);
        error
    }
}

fn migrations(dir: &str) -> Request {
    Request { migrations: Some(dir.into()), ..Request::default() }
}

#[test]
fn a_new_package() {
    let scratch = Scratch::new(&[("Cargo.toml", PACKAGE), (".git/HEAD", "")]);
    let (written, plan) = scratch.init("", "", &Request::default());
    assert_eq!(
        written,
        [
            "dbmig.toml",
            "migrations/dbmig.lock",
            "seeds/reference/.gitkeep",
            "seeds/dev/.gitkeep",
            "seeds/test/.gitkeep",
            "Cargo.toml",
            "build.rs",
            ".gitattributes",
            ".gitignore",
        ]
    );
    assert!(plan.advice.is_empty() && plan.notes.is_empty());
    assert!(plan.next.last().unwrap().text.contains("cargo dbmig generate"));
    assert!(scratch.read("migrations/dbmig.lock").contains("\ndialects sqlite\n"));
    let config = Config::parse(&scratch.read("dbmig.toml"), "dbmig.toml").unwrap();
    assert_eq!(config.policy.start_after, None);
}

#[test]
fn a_diesel_project_is_adopted_as_it_is() {
    let scratch = Scratch::new(&[
        ("Cargo.toml", DIESEL),
        ("diesel.toml", "[print_schema]\nfile = 's.rs'\n[migrations_directory]\ndir = 'db/m'\n"),
        ("s.rs", ""),
        (".env", "DATABASE_URL=dev.db\n"),
        ("build.rs", "fn main() {\n}\n"),
        (".gitattributes", "* text=auto\n"),
        // Habits: no `down.sql`, no statement, a `metadata.toml` that Diesel does not understand.
        ("db/m/2024-01-02-000000_b/up.sql", "-- nothing\n"),
        ("db/m/2024-01-01-000000_a/up.sql", "SELECT 1;\n"),
        ("db/m/2024-01-01-000000_a/metadata.toml", "x = \n"),
        ("db/m/README.md", ""),
    ]);
    let (written, plan) = scratch.init("", "", &Request::default());
    assert!(!written.contains(&"build.rs".to_owned()), "{written:?}");
    assert!(!written.contains(&".gitignore".to_owned()), "{written:?}");
    let config = Config::parse(&scratch.read("dbmig.toml"), "dbmig.toml").unwrap();
    assert_eq!(config.database.dialect, Some(Dialect::Sqlite));
    assert_eq!(config.database.migrations.as_deref(), Some(Path::new("db/m")));
    assert_eq!(config.database.seeds.as_deref(), Some(Path::new("db/seeds")));
    assert_eq!(config.database.schema.as_deref(), Some(Path::new("s.rs")));
    assert_eq!(config.policy.start_after.as_deref(), Some("20240102000000"));
    let lock = scratch.read("db/m/dbmig.lock");
    assert!(lock.contains("policy start_after=20240102000000\n"), "{lock}");
    assert_eq!(lock.matches("\nmigration ").count(), 2);
    let call = "    dbmig_build::Builder::new().migrations(\"db/m\").build();\n";
    assert_eq!(plan.advice.len(), 1);
    assert_eq!(plan.advice[0].lines, call);

    scratch.write("build.rs", &format!("fn main() {{\n{call}}}\n"));
    let (_, after) = scratch.plan("", "", &Request::default()).unwrap();
    assert!(after.changes.is_empty() && after.advice.is_empty());
}

#[test]
fn a_member_and_a_virtual_root() {
    let scratch = Scratch::workspace(&[]);
    let (written, plan) = scratch.init("", "", &Request::default());
    assert!(!written.iter().any(|path| path.ends_with("Cargo.toml") || path == "build.rs"));
    assert!(plan.next[0].text.contains("cargo dbmig init -p <PKG>"));

    // The members join what is there.
    let (written, _) = scratch.init("", "app", &Request::default());
    assert_eq!(written, ["app/Cargo.toml", "app/build.rs"]);
    assert!(scratch.read("app/build.rs").contains("\"../migrations\""));
    let (written, _) = scratch.init("web", "web", &migrations("../migrations"));
    assert_eq!(written, ["web/Cargo.toml", "web/build.rs"]);
}

#[test]
fn a_member_with_migrations_of_its_own_has_a_project_of_its_own() {
    let scratch = Scratch::workspace(&[]);
    scratch.init("", "", &Request::default());
    scratch.init("", "web", &migrations("web/db"));
    assert!(scratch.read("web/dbmig.toml").contains("migrations = \"db\"\n"));
    fs::create_dir(scratch.root.join("app/migrations")).unwrap();
    let (written, _) = scratch.init("app", "app", &Request::default());
    assert!(written.contains(&"app/dbmig.toml".to_owned()), "{written:?}");
    assert!(scratch.read("app/build.rs").contains("dbmig_build::build()"));
}

#[test]
fn several_packages_share_a_set() {
    let scratch = Scratch::workspace(&[ONE]);
    let dialect = Request { dialect: Some(Dialect::Sqlite), ..Request::default() };
    scratch.init("", "app", &dialect);
    let lock = scratch.read("migrations/dbmig.lock");
    let (written, _) = scratch.init("web", "web", &Request::default());
    assert_eq!(written, ["web/dbmig.toml", "web/Cargo.toml", "web/build.rs"]);
    // One set, one lock, one policy, one SQLite file.
    assert_eq!(scratch.read("migrations/dbmig.lock"), lock);
    assert_eq!(scratch.read("app/dbmig.toml"), scratch.read("web/dbmig.toml"));
    assert!(scratch.read("app/dbmig.toml").contains("url = \"../dev.sqlite3\"\n"));
    assert!(scratch.read("app/dbmig.toml").contains("start_after = \"20240102000000\"\n"));
    assert!(scratch.read(".gitattributes").contains("\nmigrations/**/*.sql "));

    let scratch = Scratch::workspace(&[]);
    scratch.init("", "app", &migrations("app/db/m"));
    scratch.init("", "web", &migrations("app/db/m"));
    assert!(scratch.read("web/dbmig.toml").contains("url = \"../app/dev.sqlite3\"\n"));
    assert!(scratch.read("web/dbmig.toml").contains("seeds = \"../app/db/seeds\"\n"));
}

#[test]
fn a_directory_named_as_seen_from_the_package() {
    let scratch = Scratch::workspace(&[]);
    let (written, _) = scratch.init("", "app", &migrations("../migrations"));
    assert_eq!(written[..2], ["app/dbmig.toml", "migrations/dbmig.lock"]);
}

#[test]
fn drafts_beside_a_lock_stay_drafts() {
    let scratch = Scratch::new(&[("Cargo.toml", DIESEL)]);
    scratch.init("", "", &Request::default());
    let lock = scratch.read("migrations/dbmig.lock");
    scratch.write(ONE.0, ONE.1);
    fs::remove_file(scratch.root.join("build.rs")).unwrap();
    let (written, _) = scratch.init("", "", &Request::default());
    assert_eq!(written, ["build.rs"]);
    assert_eq!(scratch.read("migrations/dbmig.lock"), lock);
}

#[test]
fn a_configuration_that_is_there_is_kept() {
    let text = "dialect = 'sqlite'\nmigrations = 'm'\n";
    let files = [("Cargo.toml", PACKAGE), ("dbmig.toml", text), ("m/1_a/up.sql", "SELECT 1;\n")];
    let scratch = Scratch::new(&files);
    let (_, plan) = scratch.plan("", "", &Request::default()).unwrap();
    // The file has no `start_after`, so what is there would be judged.
    assert_eq!(plan.advice.len(), 1);
    assert_eq!(plan.advice[0].lines, "[policy]\nstart_after = \"1\"\n");
    scratch.write("dbmig.toml", &format!("{text}{}", plan.advice[0].lines));
    let (written, plan) = scratch.init("", "", &migrations("m"));
    assert!(written.contains(&"m/dbmig.lock".to_owned()) && plan.advice.is_empty());
    assert!(scratch.read("m/dbmig.lock").contains("policy start_after=1\n"));
    let error = scratch.error(&migrations("other"));
    assert_eq!(error.message, "`dbmig.toml` names other migrations: `m`");
}

#[test]
fn every_dialect_gets_its_runtime() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql] {
        let scratch = Scratch::new(&[("Cargo.toml", PACKAGE)]);
        let git = Some(Checkout::Git("https://example.org/dbmig".into()));
        let request = Request { dialect: Some(dialect), source: git, ..Request::default() };
        let (_, plan) = scratch.init("", "", &request);
        let manifest = scratch.read("Cargo.toml");
        let runtime = format!(
            "dbmig-runtime = {{ git = \"https://example.org/dbmig\", features = [\"{dialect}\"] }}\n"
        );
        assert!(manifest.contains(&runtime), "{manifest}");
        assert!(manifest.contains("dbmig-build = { git = \"https://example.org/dbmig\" }\n"));
        assert!(plan.notes.is_empty(), "{:?}", plan.notes);
        assert_eq!(scratch.read("dbmig.toml").contains("sqlite"), dialect == Dialect::Sqlite);
    }
}

#[test]
fn broken_sets_stop_it_before_anything_is_written() {
    let twice = [ONE, ("migrations/20240102-000000_c/up.sql", "SELECT 1;\n")];
    let damaged = [ONE, ("migrations/dbmig.lock", "x\n")];
    for (files, code) in [(twice, Code::DuplicateVersion), (damaged, Code::LockMalformed)] {
        let scratch = Scratch::new(&files);
        scratch.write("Cargo.toml", DIESEL);
        let before = scratch.files();
        match scratch.plan("", "", &Request::default()) {
            Err(Stop::Findings(findings)) => {
                assert_eq!(findings.iter().map(|f| f.code).collect::<Vec<_>>(), [code]);
            }
            other => panic!("no findings: {other:?}"),
        }
        assert_eq!(scratch.files(), before);
    }
}

#[test]
fn errors_say_what_to_do() {
    type Case<'a> = (&'a [(&'a str, &'a str)], Request, &'a str, &'a str);
    let path = Request { source: Some(Checkout::Path("x".into())), ..Request::default() };
    let mysql = Request { dialect: Some(Dialect::Mysql), ..Request::default() };
    let cases: &[Case<'_>] = &[
        (&[], Request::default(), "there is no `Cargo.toml` here or above", "cargo init"),
        (
            &[("Cargo.toml", PACKAGE), ("migrations", "")],
            Request::default(),
            "`migrations` is a file",
            "--migrations <DIR>",
        ),
        (
            &[("Cargo.toml", PACKAGE), ("seeds", "")],
            Request::default(),
            "`seeds` is a file",
            "--seeds-dir <DIR>",
        ),
        (
            &[
                ("Cargo.toml", PACKAGE),
                ("migrations/sqlite/1_a/up.sql", ""),
                ("migrations/mysql/1_a/up.sql", ""),
            ],
            Request::default(),
            "`migrations` holds several sets",
            "--migrations migrations/sqlite",
        ),
        (
            &[("Cargo.toml", PACKAGE), ONE],
            Request::default(),
            "could not tell which dialect",
            "--dialect <sqlite|postgres|mysql>",
        ),
        (&[("Cargo.toml", PACKAGE)], path, "`x` is no checkout of cargo-dbmig", "--path"),
        (
            &[("Cargo.toml", PACKAGE), ("dbmig.toml", "dialect = 'sqlite'\n")],
            mysql,
            "`--dialect mysql` contradicts `dbmig.toml`",
            "leave out `--dialect`",
        ),
    ];
    for (files, request, message, help) in cases {
        let error = Scratch::new(files).error(request);
        assert!(error.message.contains(message), "{}", error.message);
        assert!(error.help.iter().any(|line| line.contains(help)), "{:?}", error.help);
    }
}
