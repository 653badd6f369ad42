//! Prompts: which fields are extracted, and by which runs.

pub mod fields;
mod list;

pub use list::ListPromptsTool;
