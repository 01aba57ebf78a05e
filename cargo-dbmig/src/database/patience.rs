//! A limit for what has none of its own.

use std::sync::mpsc;
use std::time::Duration;

use dbmig_runtime::session::{DbError, DbErrorKind, DbResult};

/// Connects, and gives up after `limit`: the drivers limit only how long the network takes, and who
/// takes a connection and never says a word would be waited for for ever.
pub(super) fn within<T: Send + 'static>(
    limit: Duration,
    connect: impl FnOnce() -> DbResult<T> + Send + 'static,
) -> DbResult<T> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(connect()));
    receiver.recv_timeout(limit).unwrap_or_else(|_| {
        let message = format!("the server did not answer within {} s", limit.as_secs());
        Err(DbError::new(DbErrorKind::Closed, message))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_answers_is_given_up() {
        assert_eq!(within(Duration::from_secs(5), || Ok(1)), Ok(1));
        let error = within(Duration::ZERO, || {
            std::thread::sleep(Duration::from_secs(1));
            Ok(())
        });
        assert_eq!(error.unwrap_err().message, "the server did not answer within 0 s");
    }
}
