//! Prompts: which fields they extract, and which runs have results.
//!
//! Start with `list`, the tool. [`fields`] reads the field paths from a prompt's schema. Nothing here may know how a run is started or
//! searched.

pub mod fields;
mod list;

use crate::tools::{Tool, catalog::Family};

/// The tools of this family.
pub static FAMILY: Family = Family { name: "prompts", about: "what can be extracted", tools: &TOOLS };

static TOOLS: [Tool; 1] = [Tool::of::<list::ListPromptsTool>().core()];
