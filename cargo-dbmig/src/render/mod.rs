//! Turns findings, plans, status, and reports into text or JSON. Decides nothing.

mod findings;
mod json;
mod observer;
mod plan;
mod words;

pub use findings::{findings, summary};
pub use json::{done_json, finding_json, note_json};
pub use observer::{Live, Wording, duration};
pub use plan::{name_of, notes, plan_json, plan_lines};
pub use words::count;
