//! The built program as a process: started, watched, signalled, killed.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::Site;
use crate::sandbox::{Ran, Sandbox};

/// A run of the built program that has not ended yet.
pub(super) struct Program {
    child: Child,
    command: String,
    /// What it has said so far, where somebody listened.
    said: String,
    listener: Option<BufReader<ChildStdout>>,
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
        let command = format!("cargo-dbmig {}", args.join(" "));
        Self { child, command, said: String::new(), listener: None }
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

    /// Reads what it says, up to a line that holds this text.
    #[track_caller]
    pub(super) fn listen_for(&mut self, text: &str) {
        let stdout = &mut self.child.stdout;
        let listener = self
            .listener
            .get_or_insert_with(|| BufReader::new(stdout.take().expect("nobody else listens")));
        loop {
            let mut line = String::new();
            let read = listener.read_line(&mut line).expect("its output");
            self.said.push_str(&line);
            assert!(read > 0, "it ended without `{text}`: {}", self.said);
            if line.contains(text) {
                return;
            }
        }
    }

    /// As the kernel ends it when memory runs out: nothing is cleaned up.
    pub(super) fn kill(mut self) {
        self.child.kill().expect("a child of ours");
        self.child.wait().expect("a child of ours");
    }

    /// Waits for its end.
    pub(super) fn end(mut self) -> Ran {
        if let Some(mut listener) = self.listener {
            listener.read_to_string(&mut self.said).expect("its output");
        }
        let output = self.child.wait_with_output().expect("its output");
        Ran {
            command: self.command,
            stdout: self.said + &String::from_utf8_lossy(&output.stdout),
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
