//! The checks: one rule a file, all findings collected.
//!
//! `RawSet` → rules → [`MigrationSet`]: a set can only be had when nothing of its integrity is in
//! question, so later code has no branch for "what if two are alike".

mod against;
mod allow;
mod assertion;
mod backfill;
mod byte_order_mark;
mod client_command;
mod collation;
mod decode;
mod dialects;
mod draft;
mod duplicate_version;
mod empty_up;
mod invalid_name;
mod late;
mod link_outside;
mod lock_state;
mod metadata;
mod missing_down;
mod modified;
mod needs_no_transaction;
mod no_transaction_mixed;
mod plain_files;
mod policy_stale;
mod precondition;
mod proof;
mod removed;
mod schema_rs;
mod session_setting;
mod sql_file;
mod stray_sql;
#[cfg(test)]
pub(crate) mod test_support;
mod todo_left;
mod transaction_control;
mod unknown_directive;
mod unknown_lint;
mod unsure_split;
mod unusual_name;

pub use against::against;

use self::sql_file::SqlFile;
use crate::code::Group;
use crate::lock::LockedFiles;
use crate::{
    Demand, Dialect, Digest, Digests, Findings, Level, LockFile, Migration, MigrationSet, Policy,
    RawMigration, RawSet, ReadSettings, Repeatable, Seed, Settings, SettingsRead, Severity,
    Standing, Version, settings,
};

/// What the caller knows beyond the directory.
#[derive(Debug, Clone)]
pub struct Options {
    /// How `metadata.toml` is read.
    pub read_settings: ReadSettings,
    /// The dialects of the configuration; the lock's where there is none (the build has only those).
    pub dialects: Option<Vec<Dialect>>,
    /// The policy of the configuration; the lock's where there is none.
    pub policy: Option<Policy>,
    /// Whether a missing lock file is a finding.
    pub lock_required: bool,
    /// Whether the statements of locked migrations are judged. They were when they were locked; the build,
    /// which runs unoptimised, leaves them to `cargo dbmig check`.
    pub judge_locked: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            read_settings: settings::read_subset,
            dialects: None,
            policy: None,
            lock_required: true,
            judge_locked: true,
        }
    }
}

/// The outcome of a check.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Everything that is not in order, sorted.
    pub findings: Findings,
    /// The set, unless its integrity is in question.
    pub set: Option<MigrationSet>,
    /// The lock file, where it could be read.
    pub lock: Option<LockFile>,
    /// `schema.rs` as a lock file would hold it now; `None` where nobody looked, or asks.
    pub schemas: Option<LockedFiles>,
}

/// A migration whose files could be read and decoded.
pub(crate) struct Decoded<'a> {
    pub(crate) raw: &'a RawMigration,
    pub(crate) dir_name: &'a str,
    pub(crate) version: Version,
    pub(crate) up: &'a str,
    pub(crate) down: Option<&'a str>,
    pub(crate) backfill: Option<&'a str>,
    pub(crate) metadata: Option<SettingsRead>,
    /// Effective: the lock's while `metadata.toml` is what was locked.
    pub(crate) settings: Settings,
    pub(crate) settings_from_lock: bool,
    pub(crate) digests: Digests,
    pub(crate) standing: Standing,
    /// Differs from the lock in white space and comments only.
    pub(crate) reformatted: bool,
}

impl<'a> Decoded<'a> {
    /// The statements that change the database: those of the backfill, where there is one.
    pub(crate) fn changes(&self) -> &'a str {
        self.backfill.unwrap_or(self.up)
    }

    /// The file that they are in.
    pub(crate) fn file(&self) -> &'static str {
        if self.backfill.is_some() { crate::backfill::FILE_NAME } else { "up.sql" }
    }
}

/// What the rules look at.
pub(crate) struct Subject<'a> {
    pub(crate) raw: &'a RawSet,
    /// By directory name.
    pub(crate) migrations: Vec<Decoded<'a>>,
    /// The texts of the judged ones, in the same order; none where the dialect is not known.
    pub(crate) files: Vec<SqlFile<'a>>,
    pub(crate) repeatables: Vec<Repeatable>,
    /// Reference seeds.
    pub(crate) seeds: Vec<Seed>,
    pub(crate) lock: Option<&'a LockFile>,
    pub(crate) policy: Policy,
    pub(crate) dialects: Vec<Dialect>,
    /// The one that texts are read in.
    pub(crate) dialect: Option<Dialect>,
    /// As in [`Options`].
    pub(crate) judge_locked: bool,
}

impl Subject<'_> {
    /// The dialect that texts are read in.
    pub(crate) fn dialect(&self) -> Option<Dialect> {
        self.dialect
    }

    /// Findings of habit hold for this migration.
    pub(crate) fn is_judged(&self, migration: &Decoded<'_>) -> bool {
        self.policy.is_judged(&migration.version)
            && (self.judge_locked || migration.standing != Standing::Locked)
    }
}

/// Cuts the texts that the rules of habit look at, each of them once.
fn cut<'a>(subject: &Subject<'a>) -> Vec<SqlFile<'a>> {
    let Some(dialect) = subject.dialect else { return vec![] };
    let judged = subject.migrations.iter().filter(|m| subject.is_judged(m));
    judged.flat_map(|migration| sql_file::of(migration, dialect)).collect()
}

type Rule = fn(&Subject<'_>, &mut Findings);

/// The rules that look at decoded migrations and the lock.
const RULES: &[Rule] = &[
    assertion::check,
    backfill::check,
    byte_order_mark::check,
    client_command::check,
    draft::check,
    duplicate_version::check,
    empty_up::check,
    invalid_name::check,
    late::check,
    metadata::check,
    missing_down::check,
    modified::check,
    needs_no_transaction::check,
    no_transaction_mixed::check,
    plain_files::check,
    policy_stale::check,
    precondition::check,
    proof::check,
    removed::check,
    schema_rs::check,
    session_setting::check,
    link_outside::check,
    stray_sql::check,
    todo_left::check,
    transaction_control::check,
    unknown_directive::check,
    unknown_lint::check,
    unsure_split::check,
    unusual_name::check,
];

/// Checks a set.
pub fn run(raw: &RawSet, options: &Options) -> Checked {
    let mut findings = Findings::default();
    let lock = lock_state::check(raw, options.lock_required, &mut findings);
    let dialects = match (&options.dialects, &lock) {
        (Some(dialects), _) => dialects.clone(),
        (None, Some(lock)) => lock.dialects.clone(),
        (None, None) => vec![],
    };
    let policy = match (&options.policy, &lock) {
        (Some(policy), _) => policy.clone(),
        (None, Some(lock)) => lock.policy.clone(),
        (None, None) => Policy::default(),
    };
    let migrations = decode::decode(
        raw,
        lock.as_ref(),
        dialects.first().copied(),
        options.read_settings,
        &mut findings,
    );
    let (repeatables, seeds) =
        plain_files::decode(raw, lock.as_ref(), dialects.first().copied(), &mut findings);
    let lock_read = lock.as_ref();
    let mut subject = Subject {
        raw,
        migrations,
        files: vec![],
        repeatables,
        seeds,
        lock: lock_read,
        policy,
        dialect: None,
        dialects,
        judge_locked: options.judge_locked,
    };
    let one_by_one = match subject.dialects[..] {
        [] => vec![None],
        _ => subject.dialects.iter().copied().map(Some).collect(),
    };
    let mut found = Vec::new();
    for dialect in one_by_one {
        subject.dialect = dialect;
        subject.files = cut(&subject);
        let mut findings = Findings::default();
        RULES.iter().for_each(|rule| rule(&subject, &mut findings));
        allow::apply(&subject, &mut findings);
        found.push((dialect, findings));
    }
    findings.extend(dialects::merge(found));
    apply_levels(&subject.policy, &mut findings);
    findings.sort();
    let sound = !findings.iter().any(|f| f.code.group() == Group::Integrity);
    let set = sound.then(|| set_of(&subject)).flatten();
    let asked = subject.policy.schema_rs != Demand::Off;
    let schemas = raw.schemas.as_deref().filter(|_| asked).map(schema_rs::locked);
    Checked { findings, set, lock, schemas }
}

/// Severity overrides are applied here and nowhere else.
fn apply_levels(policy: &Policy, findings: &mut Findings) {
    findings.retain_mut(|finding| {
        if finding.code.group() != Group::Habit {
            return true;
        }
        match policy.lints.get(finding.code.as_str()) {
            Some(Level::Allow) => return false,
            Some(Level::Warn) => finding.severity = Severity::Warning,
            Some(Level::Deny) => finding.severity = Severity::Error,
            None => {}
        }
        true
    });
}

fn set_of(subject: &Subject<'_>) -> Option<MigrationSet> {
    let migrations = subject
        .migrations
        .iter()
        .map(|m| Migration {
            version: m.version.clone(),
            dir_name: m.dir_name.to_owned().into(),
            up: m.up.to_owned().into(),
            down: m.down.map(|down| down.to_owned().into()),
            backfill: m.backfill.map(|text| text.to_owned().into()),
            settings: m.settings.clone(),
            digests: m.digests.clone(),
            standing: m.standing,
        })
        .collect();
    let lock = subject.raw.lock.bytes().map(|bytes| Digest::of_file("lock", bytes));
    // Equal versions are an integrity finding: no set is asked for when there are any.
    let set = MigrationSet::new(migrations, subject.dialects.clone(), lock).ok()?;
    Some(set.with_repeatables(subject.repeatables.clone()).with_seeds(subject.seeds.clone()))
}
