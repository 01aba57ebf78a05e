//! The exit codes, in one place. Documented in `docs/exit-codes.md`.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: findings at error level, or a difference that was asked about.
    Findings,
    /// 2: wrong usage or invalid configuration.
    Usage,
    /// 3: database: cannot connect, or a statement failed.
    Database,
    /// 4: history and set disagree, or a decision is needed.
    History,
    /// 5: a database is not what its migrations make.
    Drift,
    /// 6: another runner holds the lock.
    Busy,
    /// 130: a signal asked to stop.
    Interrupted,
}

impl Exit {
    /// The number the process ends with.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Database => 3,
            Self::History => 4,
            Self::Drift => 5,
            Self::Busy => 6,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
