//! Ctrl-C and SIGTERM: the statement that runs is cancelled, and the engine stops after it.
//!
//! Whether to stop is this module's flag, never the error of a driver: a statement that was cancelled
//! can report success, and one that ran too long reports that it was cancelled.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

/// When a signal came.
static REQUESTED: OnceLock<Instant> = OnceLock::new();

/// The sessions that are open.
static SESSIONS: Mutex<Vec<Arc<Session>>> = Mutex::new(Vec::new());

struct Session {
    /// Since when a statement runs.
    since: Mutex<Option<Instant>>,
    /// Tells the server, or the library, to end it.
    cancel: Mutex<Option<Box<dyn Fn() + Send>>>,
}

/// Whether a signal asked to stop.
pub(super) fn requested() -> bool {
    REQUESTED.get().is_some()
}

/// A session whose statements a signal cancels. Must go before what `cancel` uses.
pub(super) struct Interruptible(Arc<Session>);

impl Interruptible {
    pub(super) fn new(cancel: impl Fn() + Send + 'static) -> Self {
        let session = Arc::new(Session {
            since: Mutex::new(None),
            cancel: Mutex::new(Some(Box::new(cancel))),
        });
        lock(&SESSIONS).push(Arc::clone(&session));
        Self(session)
    }

    /// Runs a statement.
    pub(super) fn during<T>(&self, statement: impl FnOnce() -> T) -> T {
        *lock(&self.0.since) = Some(Instant::now());
        let result = statement();
        *lock(&self.0.since) = None;
        result
    }
}

impl Drop for Interruptible {
    fn drop(&mut self) {
        lock(&SESSIONS).retain(|session| !Arc::ptr_eq(session, &self.0));
        // Waits for a cancel that is on its way.
        *lock(&self.0.cancel) = None;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins to listen. Before the first connection there is nothing to cancel, and a signal ends the
/// process as it always does.
#[cfg(unix)]
pub(super) fn listen() {
    use signal_hook::consts::{SIGINT, SIGTERM};
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) else {
            return;
        };
        std::thread::spawn(move || {
            for _ in signals.forever() {
                // Who asks twice does not want to wait.
                if REQUESTED.set(Instant::now()).is_err() || lock(&SESSIONS).is_empty() {
                    end();
                }
                std::thread::spawn(cancel_all);
            }
        });
    });
}

/// Elsewhere a signal ends the process, and the server rolls back.
#[cfg(not(unix))]
pub(super) fn listen() {}

/// A statement that starts later than this after the signal is one of the engine's, that cleans up.
#[cfg(unix)]
const GRACE: std::time::Duration = std::time::Duration::from_millis(50);

/// How long the command has, with no statement running, to end by itself.
#[cfg(unix)]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

#[cfg(unix)]
fn cancel_all() {
    let Some(&asked) = REQUESTED.get() else { return };
    let mut last_busy = Instant::now();
    loop {
        let sessions: Vec<_> = lock(&SESSIONS).iter().map(Arc::clone).collect();
        for session in sessions {
            let since = *lock(&session.since);
            let Some(since) = since else { continue };
            last_busy = Instant::now();
            if since <= asked + GRACE {
                if let Some(cancel) = &*lock(&session.cancel) {
                    cancel();
                }
            }
        }
        // It waits for something else, such as an answer that is typed.
        if last_busy.elapsed() > PATIENCE {
            end();
        }
        // A cancel can come between two statements, and is lost then.
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

#[cfg(unix)]
#[expect(clippy::exit, clippy::print_stderr, reason = "the main thread is not there to do it")]
fn end() -> ! {
    eprintln!("error: interrupted");
    std::process::exit(i32::from(crate::exit::Exit::Interrupted.code()))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_session_that_is_gone_is_not_cancelled() {
        let alive = Arc::new(AtomicBool::new(true));
        let seen = Arc::clone(&alive);
        let count = || lock(&SESSIONS).iter().filter(|s| lock(&s.cancel).is_some()).count();
        let before = count();
        let session = Interruptible::new(move || assert!(seen.load(Ordering::SeqCst)));
        assert!(count() > before);
        let kept = Arc::clone(&session.0);
        assert!(session.during(|| lock(&kept.since).is_some()));
        assert!(lock(&kept.since).is_none());
        drop(session);
        alive.store(false, Ordering::SeqCst);
        assert!(lock(&kept.cancel).is_none());
    }
}
