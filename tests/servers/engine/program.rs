//! The built program as a process: started, watched, signalled, killed.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Site;
use crate::sandbox::{Ran, Sandbox};

/// A run of the built program that has not ended yet.
pub(super) struct Program {
    child: Child,
    command: String,
}

impl Program {
    pub(super) fn start(sandbox: &Sandbox, url: &str, args: &[&str]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_cargo-dbmig"))
            .args(args)
            .current_dir(&sandbox.cwd)
            .env("DATABASE_URL", url)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the built program");
        Self { child, command: format!("cargo-dbmig {}", args.join(" ")) }
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.id().to_string()]).status();
        // One that has ended meanwhile is no child of anybody else: it was not waited for.
        assert!(status.expect("kill").success(), "{name}");
    }

    pub(super) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child of ours").is_some()
    }

    /// As the kernel ends it when memory runs out: nothing is cleaned up.
    pub(super) fn kill(mut self) {
        self.child.kill().expect("a child of ours");
        self.child.wait().expect("a child of ours");
    }

    /// Waits for its end.
    pub(super) fn end(self) -> Ran {
        let output = self.child.wait_with_output().expect("its output");
        Ran {
            command: self.command,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code(),
        }
    }

    /// Waits so long for its end, and no longer.
    #[track_caller]
    pub(super) fn end_within(mut self, limit: Duration, about: &str) -> Ran {
        let begun = Instant::now();
        while !self.has_ended() {
            if begun.elapsed() > limit {
                self.child.kill().expect("a child of ours");
                panic!("{about}: still running after {limit:?}: {}", self.end());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.end()
    }
}

impl Site {
    pub(super) fn start(&self, args: &[&str]) -> Program {
        Program::start(&self.sandbox, &self.url, args)
    }

    /// Statements that run in this database now and hold this text, ours apart.
    pub(super) fn running(&self, text: &str) -> usize {
        let name = &self.scratch.name;
        let sql = match self.is_postgres() {
            true => format!(
                "SELECT count(*)::text FROM pg_stat_activity WHERE datname = '{name}' \
                 AND state = 'active' AND query LIKE '%{text}%' AND pid <> pg_backend_pid()"
            ),
            false => format!(
                "SELECT CAST(COUNT(*) AS CHAR) FROM {} \
                 WHERE DB = '{name}' AND INFO LIKE '%{text}%' AND ID <> CONNECTION_ID()",
                self.scratch.server.list_of_connections()
            ),
        };
        self.column(&sql)[0].parse().expect("a number")
    }
}

#[track_caller]
pub(super) fn wait_until(what: &str, mut check: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !check() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
