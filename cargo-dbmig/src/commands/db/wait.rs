//! `db wait`: until the server accepts connections, or until nothing is pending.

use std::time::{Duration, Instant};

use clap::Args;
use dbmig_build::MigrationSet;
use dbmig_runtime::history::{self, State};
use dbmig_runtime::session::DbErrorKind;
use serde_json::json;

use crate::context::{Context, Purpose};
use crate::database::{Access, Location};
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure;
use crate::render::count;

/// How long is waited, unless `--wait` says otherwise.
const DEFAULT: Duration = Duration::from_secs(60);

/// Wait until the server accepts connections
///
/// For `--wait=DURATION`, or 60 seconds. The database need not be there yet; a server that answers with
/// anything but a connection, such as that the password is wrong, ends it at once.
#[derive(Debug, Args)]
pub struct WaitArgs {
    /// Wait until the database has every migration: for an application that is migrated elsewhere
    #[arg(long)]
    migrated: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &WaitArgs) -> CliResult<Exit> {
    let limit = context.global.wait.unwrap_or(DEFAULT);
    let (begun, until) = (Instant::now(), Instant::now() + limit);
    let set = if args.migrated { Some(context.load_set(Purpose::Other)?) } else { None };
    let mut pause = Duration::from_millis(100);
    let mut told = false;
    loop {
        // Connecting waits by itself for what is left.
        context.global.wait = Some(until.saturating_duration_since(Instant::now()));
        let location = context.location()?;
        let look = match &set {
            None => location.open_existing(Access::Read).map(|_| None),
            Some(set) => pending(&location, set),
        };
        let Some(left) = look.map_err(|error| timed_out(error, begun, limit))? else { break };
        let now = Instant::now();
        if now >= until {
            return Err(CliError::new(
                Exit::History,
                format!("{}: {left} after {}", location.shown(), seconds(limit)),
            )
            .help("see what is there: `cargo dbmig status`")
            .help("apply what is pending: `cargo dbmig migrate`"));
        }
        if !std::mem::replace(&mut told, true) {
            context.output.note(format!("{}: {left}; waiting", location.shown()));
        }
        std::thread::sleep(pause.min(until - now));
        pause = (pause * 3 / 2).min(Duration::from_secs(1));
    }
    let (database, location) = (context.database_name()?, context.location()?);
    context.output.line(match (args.migrated, location.is_on_server()) {
        (true, _) => format!("{database}: nothing is pending"),
        (false, true) => format!("{database}: the server accepts connections"),
        (false, false) => format!("{database}: SQLite has no server to wait for"),
    });
    context.output.json(&json!({
        "dbmig": 1, "command": "db wait", "database": database, "migrated": args.migrated,
        "seconds": begun.elapsed().as_secs_f64(),
    }));
    Ok(Exit::Done)
}

/// What is not done yet; `None` when nothing is pending.
fn pending(location: &Location, set: &MigrationSet) -> CliResult<Option<String>> {
    let Some(mut session) = location.open_existing(Access::Read)? else {
        return Ok(Some("the database does not exist yet".to_owned()));
    };
    let history = match history::read(&mut *session) {
        Ok(history) => history,
        Err(error) if error.kind == DbErrorKind::Busy => {
            return Ok(Some("another program holds the database".to_owned()));
        }
        Err(error) if error.kind == DbErrorKind::Closed => {
            return Ok(Some("the connection was lost".to_owned()));
        }
        Err(error) => return Err(failure::of_database("read the history", error)),
    };
    let rows = history::status(set, &history, session.dialect());
    // What was skipped had its turn.
    let open =
        |state: State| (state.is_pending() || state == State::HalfDone) && state != State::Skipped;
    Ok(match rows.iter().filter(|row| open(row.state)).count() {
        0 => None,
        open => Some(format!("{} pending", count(open, "migration"))),
    })
}

/// How long was waited, where that is what ended it.
fn timed_out(error: CliError, begun: Instant, limit: Duration) -> CliError {
    if begun.elapsed() < limit {
        return error;
    }
    let mut error = error.note(format!("waited for {}", seconds(limit)));
    // It was given, and is not to be given once more.
    error.help.retain(|help| !help.contains("`--wait`"));
    error.help("wait longer: `cargo dbmig db wait --wait=5min`")
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs())
}
