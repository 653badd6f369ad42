//! Prompts: which fields they extract, and which runs have results.
//!
//! Start with `list`, the tool. [`fields`] reads the field paths from a prompt's schema. Nothing here may know how a run is started or
//! searched.

pub mod fields;
mod list;

pub use list::ListPromptsTool;
