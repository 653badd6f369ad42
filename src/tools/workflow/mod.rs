//! The account at work: what is under way, what failed, and what happens next.
//!
//! Start with `overview`. It reads the lists of several families at once and tells only what matters now. `watch` follows what happens.
//! `grant` gives out the address of a file.

mod grant;
mod overview;
mod watch;

use crate::{
    api::imports::AttachFiles,
    tools::{Tool, catalog::Family},
};

/// The tools of this family.
pub static FAMILY: Family = Family { name: "workflow", about: "what is under way and what failed", tools: &TOOLS };

static TOOLS: [Tool; 4] = [
    Tool::of::<overview::GetWorkflowOverview>().core().composed(),
    Tool::of::<watch::WatchProcessing>()
        .composed()
        .words("live stream events follow")
        .composed()
        .example(r#"{"run_id": "run_scene_catalogue_damaged", "max_wait_seconds": 0}"#),
    Tool::of::<grant::GrantMediaAccess>()
        .composed()
        .words("download address file share temporary")
        .example(r#"{"video_id": "vid_great_train_robbery_1903"}"#),
    Tool::done::<AttachFiles>("attach_workflow_file", "Import from addresses", "Import job created")
        .words("url web link http download fetch add video")
        .example(r#"{"files": [{"download_url": "https://films.example/reel.mp4", "file_id": "1"}], "idempotency_key": "example-attach"}"#),
];
