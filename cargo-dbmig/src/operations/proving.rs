//! Where proofs are made, and what of them goes into the lock.

use dbmig_build::lock::{FILE_NAME, Proof, ProofState, Verdict};
use dbmig_build::{Dialect, LockFile, MigrationSet, Policy, Version};
use dbmig_runtime::proof::Proved;
use serde_json::json;

use super::protection;
use crate::context::Context;
use crate::database::{Access, Location, Scratch, Surroundings};
use crate::error::{CliError, CliResult};
use crate::scaffold::FileChange;

/// Scratch databases for the project: in memory, on the server of `[shadow]`, or on that of the
/// environment where nothing protects it.
///
/// # Errors
///
/// Nobody says where, or it is a place that is protected.
pub fn scratch(context: &Context<'_>) -> CliResult<Scratch> {
    let config = &context.project.config.shadow;
    let init = match &config.init {
        None => String::new(),
        Some(path) => {
            let path = context.project.root.join(path);
            std::fs::read_to_string(&path).map_err(|error| {
                CliError::io("read", std::path::Path::new(&context.show(&path)), &error)
            })?
        }
    };
    let environment = context.environment()?;
    let place = match &config.url {
        Some(url) => {
            let around =
                Surroundings { env: &context.env, tls: environment.section.tls, cwd: &context.cwd };
            Location::of(url.reveal(), &context.project.root, around)?
                .with_setup_of(&environment.section)
        }
        None => match (context.location(), context.configured_dialect()?) {
            (Ok(location), _) => location,
            // It is made in memory: nobody has to say where the real one is.
            (Err(_), Some(Dialect::Sqlite)) => Location::memory(&environment.section)?,
            (Err(error), _) => return Err(error),
        },
    };
    if place.is_on_server() && config.url.is_none() {
        refuse_protected(context, &place)?;
    }
    let scratch = Scratch::beside(place, init);
    scratch.clean()?;
    Ok(scratch)
}

/// What is made beside a database shares its server.
fn refuse_protected(context: &Context<'_>, place: &Location) -> CliResult<()> {
    let environment = context.environment()?;
    let stamp = match place.open_existing(Access::Read)? {
        Some(mut session) => protection::stamp(&mut *session)?,
        None => None,
    };
    if !environment.protected && stamp.is_none() {
        return Ok(());
    }
    Err(CliError::usage(format!(
        "no scratch database is made on the server of `{}`, which is protected",
        place.shown()
    ))
    .help("name another server in dbmig.toml: `[shadow]` with `url = \"…\"`")
    .help("or prove in another environment: `--env <name>`"))
}

/// How many ways back of a lock are proved. Those that were adopted, and those that are declared not to
/// exist, are not asked about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WaysBack {
    /// How many there are.
    pub all: usize,
    /// A verdict that holds says that they work.
    pub proved: usize,
    /// Of those, how many lose what is in the tables.
    pub lossy: usize,
}

impl WaysBack {
    /// Counts them.
    pub fn of(lock: &LockFile, policy: &Policy) -> Self {
        let mut ways = Self::default();
        for (entry, state) in lock.proof_states() {
            if !policy.is_judged(&entry.version) || matches!(state, ProofState::Declared(_)) {
                continue;
            }
            let lossy = |proof: &Proof| matches!(proof.verdict, Verdict::SchemaOnly(_));
            ways.all += 1;
            ways.proved += usize::from(state.is_settled());
            ways.lossy += usize::from(matches!(state, ProofState::Holds(proof) if lossy(proof)));
        }
        ways
    }

    /// Adds those of another set.
    pub fn add(&mut self, other: Self) {
        self.all += other.all;
        self.proved += other.proved;
        self.lossy += other.lossy;
    }

    /// `; ways back: 2 of 3 proved, 1 loses data`; nothing where there are none.
    pub fn in_words(self) -> String {
        let Self { all, proved, lossy } = self;
        let lossy = match lossy {
            0 => String::new(),
            1 => ", 1 loses data".to_owned(),
            more => format!(", {more} lose data"),
        };
        match all {
            0 => String::new(),
            all => format!("; ways back: {proved} of {all} proved{lossy}"),
        }
    }

    /// As JSON.
    pub fn json(self) -> serde_json::Value {
        json!({ "all": self.all, "proved": self.proved, "lossy": self.lossy })
    }
}

/// Which migrations nobody has proved as they are now: drafts, and what has no verdict that holds.
pub fn unproved(set: &MigrationSet, lock: Option<&LockFile>, dialect: Dialect) -> Vec<Version> {
    let holds = |version: &Version| {
        let Some(lock) = lock else { return false };
        let proof = lock.get(version).and_then(|entry| entry.proof.as_ref());
        proof.is_some_and(|proof| {
            proof.dialect == dialect && Some(&proof.inputs) == lock.proof_inputs(version).as_ref()
        })
    };
    let list = set.iter().filter(|m| m.is_draft() || !holds(&m.version));
    list.map(|migration| migration.version.clone()).collect()
}

/// Writes the verdicts of locked migrations into the lock; how many, and how many are drafts.
///
/// # Errors
///
/// The file can not be written.
pub fn keep(
    context: &Context<'_>,
    set: &MigrationSet,
    lock: Option<LockFile>,
    proved: &[Proved],
    dialect: Dialect,
) -> CliResult<usize> {
    let Some(mut lock) = lock else { return Ok(0) };
    let mut kept = 0;
    for proved in proved {
        // What was tried is what is locked, and nothing beside it came before.
        let as_locked = set.iter().take_while(|m| m.version <= proved.version).all(|migration| {
            lock.get(&migration.version).is_some_and(|entry| entry.digests == migration.digests)
        });
        let entry = lock.get(&proved.version).cloned().filter(|_| as_locked);
        if let (Some(mut entry), Some(proof)) = (entry, proved.to_proof(&lock, dialect)) {
            entry.proof = Some(proof);
            lock.insert(entry);
            kept += 1;
        }
    }
    let path = context.migrations_dir()?.join(FILE_NAME);
    if let Some(change) = FileChange::new(&path, FileChange::current(&path)?, lock.render()) {
        change.apply()?;
    }
    Ok(kept)
}
