//! What is recorded of an attempt.

use std::time::Instant;

use dbmig_build::Dialect;

use super::batch::Batch;
use super::work::Work;
use crate::event::Direction;
use crate::history::{Action, Attempt, Ended, Evidence};
use crate::session::Session;

pub(super) fn record<'a>(
    session: &dyn Session,
    work: &'a Work<'a>,
    number: i64,
    batch: &Batch<'_>,
    ended: Ended,
    started: Instant,
    error: Option<&'a str>,
) -> Attempt<'a> {
    let seconds = started.elapsed().as_secs_f64();
    let done = if ended == Ended::Finished { batch.len() } else { 0 };
    Attempt {
        ended,
        done,
        intent: done,
        error,
        seconds,
        ..finished(session.dialect(), work, number, batch)
    }
}

/// The record of an attempt that ended well.
pub(crate) fn finished<'a>(
    dialect: Dialect,
    work: &'a Work<'a>,
    number: i64,
    batch: &Batch<'_>,
) -> Attempt<'a> {
    let (action, down_sql, up_tokens) = match work.direction {
        Direction::Up => (
            if work.repeatable.is_some() { Action::Repeat } else { Action::Apply },
            work.down,
            dbmig_build::sql::token_digest(work.sql, dialect),
        ),
        Direction::Down => (Action::Revert, None, None),
    };
    Attempt {
        version: work.version,
        number,
        action,
        name: work.name,
        evidence: Evidence {
            digests: work.digests.as_deref(),
            settings: Some(&work.settings),
            up_tokens,
            down_sql,
        },
        mode: batch.mode(&work.settings),
        ended: Ended::Finished,
        total: batch.len(),
        done: batch.len(),
        intent: batch.len(),
        done_digest: None,
        seconds: 0.0,
        reason: None,
        error: None,
    }
}
