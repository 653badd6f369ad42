//! Prompts: which fields are extracted, and by which runs.

mod fields;
mod list;

pub use list::ListPromptsTool;
