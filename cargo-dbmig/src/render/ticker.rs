//! The last line of a terminal, while the engine waits for the database: what is going on, and since when.

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::words::duration;

/// What is faster than this leaves no trace.
const AFTER: Duration = Duration::from_millis(300);
const EVERY: Duration = Duration::from_millis(100);

/// A thread that rewrites the line. Without a terminal there is none.
#[derive(Default)]
pub(super) struct Ticker {
    shared: Option<Arc<Shared>>,
}

#[derive(Default)]
struct Shared {
    /// Held while something is written, so that nothing is written after it was cleared.
    now: Mutex<Now>,
}

#[derive(Default)]
struct Now {
    text: Option<(String, Instant)>,
    shown: bool,
    over: bool,
}

impl Ticker {
    /// Begins to tick.
    pub(super) fn on_terminal() -> Self {
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        // Nobody waits for it: it ends with the next tick.
        std::thread::spawn(move || {
            while of_thread.tick() {
                std::thread::sleep(EVERY)
            }
        });
        Self { shared: Some(shared) }
    }

    /// From now on this goes on.
    pub(super) fn show(&self, text: String) {
        self.with(|now| now.text = Some((text, Instant::now())));
    }

    /// What goes on has come further.
    pub(super) fn update(&self, text: String) {
        self.with(|now| {
            let since = now.text.take().map_or_else(Instant::now, |(_, since)| since);
            now.text = Some((text, since));
        });
    }

    /// Nothing goes on; the line is empty.
    pub(super) fn clear(&self) {
        self.with(|now| {
            now.text = None;
            if std::mem::take(&mut now.shown) {
                write("\r\u{1b}[2K");
            }
        });
    }

    fn with(&self, change: impl FnOnce(&mut Now)) {
        if let Some(shared) = &self.shared {
            change(&mut shared.now.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.clear();
        self.with(|now| now.over = true);
    }
}

impl Shared {
    fn tick(&self) -> bool {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = now.line() {
            now.shown = true;
            write(&format!("\r\u{1b}[2K{}", dbmig_build::printable(&line)));
        }
        !now.over
    }
}

impl Now {
    fn line(&self) -> Option<String> {
        let (text, since) = self.text.as_ref()?;
        let elapsed = since.elapsed();
        (elapsed >= AFTER).then(|| format!("{text}, {}", duration(elapsed)))
    }
}

fn write(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes());
    let _ = stderr.flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_takes_long_is_shown() {
        let now = |since| Now { text: Some(("statement 1 of 2".into(), since)), ..Now::default() };
        assert_eq!(now(Instant::now()).line(), None);
        let before = Instant::now() - Duration::from_secs(5);
        assert_eq!(now(before).line().as_deref(), Some("statement 1 of 2, 5.0 s"));
        assert_eq!(Now::default().line(), None);
    }
}
