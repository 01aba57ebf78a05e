//! What the tests of the whole share: sandboxes, and running programs in them.

#![allow(dead_code, unreachable_pub, reason = "every test binary takes what it needs")]
#![allow(clippy::print_stdout, reason = "a failing test says where its sandbox is")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A scratch folder that stands for a user's machine. Kept when a test fails or `DBMIG_KEEP` is set.
pub struct Sandbox {
    dir: Option<TempDir>,
    path: PathBuf,
    /// The folder that commands run in.
    pub cwd: PathBuf,
}

/// What a program printed, and how it ended.
pub struct Ran {
    pub command: String,
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
}

impl Sandbox {
    pub fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("dbmig-").tempdir().expect("a scratch folder");
        let path = dir.path().canonicalize().expect("a scratch folder has a path");
        Self { dir: Some(dir), cwd: path.clone(), path }
    }

    /// A package without dependencies, set up for SQLite by hand: enough for everything but cargo.
    pub fn project() -> Self {
        let sandbox = Self::new();
        sandbox.write(
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        );
        sandbox.write("src/lib.rs", "");
        sandbox.write(
            "dbmig.toml",
            "dialect = \"sqlite\"\n\n[env.development]\nurl = \"dev.sqlite3\"\n\n\
             [env.test]\nkind = \"test\"\nurl = \"test.sqlite3\"\n\n\
             [env.production]\nkind = \"production\"\nurl = \"prod.sqlite3\"\n",
        );
        fs::create_dir(sandbox.path("migrations")).expect("a new folder");
        sandbox.dbmig(["lock"]).ok();
        sandbox
    }

    /// A copy of a fixture with paths to this checkout, as a package of this name: packages that share a
    /// target directory need names of their own.
    pub fn fixture(fixture: &str, name: &str) -> Self {
        let sandbox = Self::new();
        let checkout = repository();
        copy(&checkout.join("fixtures").join(fixture), &sandbox.cwd);
        // What the tests have fetched, and nothing else.
        sandbox.take_cargo_lock();
        let manifest = sandbox.read("Cargo.toml");
        let manifest =
            manifest.replace(&format!("name = \"{fixture}\""), &format!("name = \"{name}\""));
        let checkout = checkout.to_str().expect("the repository has a UTF-8 path");
        sandbox.write("Cargo.toml", manifest.replace("../..", checkout));
        sandbox
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.cwd.join(below)
    }

    pub fn write(&self, below: &str, text: impl AsRef<[u8]>) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a new folder");
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    pub fn read(&self, below: &str) -> String {
        let path = self.path(below);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn exists(&self, below: &str) -> bool {
        self.path(below).exists()
    }

    /// Writes a migration; `metadata.toml` as `generate` writes it.
    pub fn migration(&self, name: &str, up: &str, down: &str) {
        self.write(&format!("migrations/{name}/up.sql"), up);
        self.write(&format!("migrations/{name}/down.sql"), down);
        self.write(&format!("migrations/{name}/metadata.toml"), "run_in_transaction = true\n");
    }

    /// Every file with its bytes: to show that nothing changed.
    pub fn snapshot(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.cwd.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder of the sandbox") {
                let path = entry.expect("an entry of the sandbox").path();
                match path.is_dir() {
                    true if path.ends_with("target") || path.ends_with(".git") => {}
                    true => folders.push(path),
                    false => {
                        files.push((path.clone(), fs::read(&path).expect("a file of the sandbox")))
                    }
                }
            }
        }
        files.sort();
        files
    }

    /// Runs the built `cargo-dbmig`.
    #[must_use]
    pub fn dbmig<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ran {
        self.dbmig_with(&[], args)
    }

    /// Runs the built `cargo-dbmig` with these variables.
    #[must_use]
    pub fn dbmig_with<'a>(
        &self,
        env: &[(&str, &str)],
        args: impl IntoIterator<Item = &'a str>,
    ) -> Ran {
        self.run(Path::new(env!("CARGO_BIN_EXE_cargo-dbmig")), env, args)
    }

    /// Runs a program in a cleared environment.
    #[must_use]
    pub fn run<'a>(
        &self,
        program: &Path,
        env: &[(&str, &str)],
        args: impl IntoIterator<Item = &'a str>,
    ) -> Ran {
        self.run_reading(Stdio::null(), program, env, args)
    }

    /// Runs a program in a cleared environment, with something to read.
    #[must_use]
    pub fn run_reading<'a>(
        &self,
        stdin: Stdio,
        program: &Path,
        env: &[(&str, &str)],
        args: impl IntoIterator<Item = &'a str>,
    ) -> Ran {
        let args: Vec<_> = args.into_iter().collect();
        let mut command = Command::new(program);
        command.args(&args).current_dir(&self.cwd).env_clear().stdin(stdin);
        for name in ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("TMPDIR", &self.path).env("COLUMNS", "100").env("CARGO_TERM_COLOR", "never");
        // The sandbox is its own world for git as well.
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.envs(env.iter().copied());
        let output =
            command.output().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ran {
            command: format!("{name} {}", args.join(" ")),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code(),
        }
    }

    /// Runs git with a name of its own.
    #[must_use]
    pub fn git<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ran {
        let name = [
            "-c",
            "user.name=Tester",
            "-c",
            "user.email=tester@example.com",
            "-c",
            "init.defaultBranch=main",
        ];
        self.run(Path::new("git"), &[], name.into_iter().chain(args))
    }

    /// Runs cargo with one target directory for all sandboxes, so that dependencies are compiled once.
    #[must_use]
    pub fn cargo<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ran {
        self.cargo_with(&[], args)
    }

    /// Runs cargo with these variables.
    #[must_use]
    pub fn cargo_with<'a>(
        &self,
        env: &[(&str, &str)],
        args: impl IntoIterator<Item = &'a str>,
    ) -> Ran {
        let target = repository().join("target/fixtures");
        let target = target.to_str().expect("the repository has a UTF-8 path");
        let mut all: Vec<_> = args.into_iter().collect();
        all.push("--offline");
        let env = [env, &[("CARGO_TARGET_DIR", target)]].concat();
        self.run(Path::new("cargo"), &env, all)
    }

    /// Gives the package the locked dependencies of this repository, so that cargo needs no network.
    pub fn take_cargo_lock(&self) {
        fs::copy(repository().join("Cargo.lock"), self.path("Cargo.lock"))
            .expect("the lock file of the repository");
    }

    /// Runs one query with SQLite.
    pub fn query(&self, database: &str, sql: &str) -> Vec<String> {
        use dbmig_runtime::Session as _;
        use diesel::Connection as _;
        let path = self.path(database);
        assert!(path.exists(), "{} does not exist", path.display());
        let mut conn = diesel::SqliteConnection::establish(path.to_str().expect("a UTF-8 path"))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let rows = conn.query(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let text = |row: Vec<Option<String>>| {
            row.into_iter()
                .map(|c| c.unwrap_or_else(|| "NULL".into()))
                .collect::<Vec<_>>()
                .join("|")
        };
        rows.into_iter().map(text).collect()
    }

    /// Runs a script with SQLite.
    pub fn execute(&self, database: &str, sql: &str) {
        use diesel::Connection as _;
        use diesel::connection::SimpleConnection as _;
        let path = self.path(database);
        diesel::SqliteConnection::establish(path.to_str().expect("a UTF-8 path"))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
            .batch_execute(sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The tables that are not ours.
    pub fn tables(&self, database: &str) -> Vec<String> {
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_\\_%' ESCAPE '\\' ORDER BY name";
        self.query(database, sql)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if std::thread::panicking() || std::env::var_os("DBMIG_KEEP").is_some() {
            if let Some(dir) = self.dir.take() {
                println!("kept {}", dir.keep().display());
            }
        }
    }
}

impl Ran {
    /// It ended with 0.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.exits(0)
    }

    /// It ended with this code, and never with a panic.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        assert!(!self.stderr.contains("panicked at"), "{self}");
        self
    }

    /// Standard output holds this.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no {text:?} on standard output of {self}");
        self
    }

    /// Standard error holds this.
    #[track_caller]
    pub fn warns(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} on standard error of {self}");
        self
    }

    /// One of the two holds this.
    #[track_caller]
    pub fn warns_or_says(self, text: &str) -> Self {
        let found = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(found, "no {text:?} in {self}");
        self
    }

    /// Neither holds this.
    #[track_caller]
    pub fn silent_about(self, text: &str) -> Self {
        assert!(!self.stdout.contains(text) && !self.stderr.contains(text), "{text:?} in {self}");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self}"))
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "`{}`\n--- stdout\n{}--- stderr\n{}--- exit {:?}",
            self.command, self.stdout, self.stderr, self.code
        )
    }
}

/// The root of this repository.
pub fn repository() -> PathBuf {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    dir.parent().expect("the crate stands in the repository").to_owned()
}

/// Copies a folder, without what was built or created in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a new folder");
    for entry in fs::read_dir(from).expect("a folder of the repository") {
        let entry = entry.expect("an entry of the repository");
        let name = entry.file_name();
        let skipped = name == "target" || name.to_string_lossy().contains(".sqlite3");
        match entry.file_type().expect("an entry has a type").is_dir() {
            _ if skipped => {}
            true => copy(&entry.path(), &to.join(name)),
            false => drop(fs::copy(entry.path(), to.join(name)).expect("a copy")),
        }
    }
}
