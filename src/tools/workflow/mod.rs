//! The account at work: what is under way, what failed, and what happens next.
//!
//! Start with `overview`. It reads the lists of several families at once and tells only what matters now. `watch` follows what happens.
//! Nothing here may change anything.

mod overview;
mod watch;

use crate::tools::{Tool, catalog::Family};

/// The tools of this family.
pub static FAMILY: Family = Family { name: "workflow", about: "what is under way and what failed", tools: &TOOLS };

static TOOLS: [Tool; 2] = [
    Tool::of::<overview::GetWorkflowOverview>().core().composed(),
    Tool::of::<watch::WatchProcessing>()
        .composed()
        .words("live stream events follow")
        .composed()
        .example(r#"{"run_id": "run_scene_catalogue_damaged", "max_wait_seconds": 0}"#),
];
