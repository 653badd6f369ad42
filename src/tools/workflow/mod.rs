//! The account at work: what is under way, what failed, and what happens next.
//!
//! Start with `overview`. It reads the lists of several families at once and tells only what matters now. Nothing here may change anything.

mod overview;

use crate::tools::{Tool, catalog::Family};

/// The tools of this family.
pub static FAMILY: Family = Family { name: "workflow", about: "what is under way and what failed", tools: &TOOLS };

static TOOLS: [Tool; 1] = [Tool::of::<overview::GetWorkflowOverview>().core()];
