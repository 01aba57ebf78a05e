//! Turns findings, plans, status, and reports into text or JSON. Decides nothing.

mod backfill;
mod erd;
mod findings;
mod json;
mod observer;
mod plan;
mod ticker;
mod words;

pub use backfill::{backfill_ended, backfill_json, progress};
pub use erd::{dot, mermaid};
pub use findings::{findings, summary};
pub use json::{done_json, finding_json, note_json, repeated_json, unmet_json};
pub use observer::{Live, Wording};
pub use plan::{name_of, notes, plan_json, plan_lines};
pub use words::{count, duration, what};
