//! The account at work: what is under way, what failed, and what happens next.
//!
//! Start with `overview`. It reads the lists of several families at once and tells only what matters now; `media` finds what stands still
//! for it. `watch` follows what happens. `grant` gives out the address of a file, and `attach` imports files from addresses.

mod attach;
mod grant;
mod media;
mod overview;
mod watch;

use crate::{
    api::imports::AttachFiles,
    tools::{Tool, catalog::Family},
};

/// The tools of this family.
pub static FAMILY: Family = Family { name: "workflow", about: "what is under way and what failed", tools: &TOOLS };

static TOOLS: [Tool; 4] = [
    Tool::of::<overview::GetWorkflowOverview>()
        .words("going on dashboard summary attention status everything happening problems")
        .core()
        .composed(),
    Tool::of::<watch::WatchProcessing>()
        .words("follow; live stream events realtime")
        .composed()
        .example(r#"{"run_id": "run_scene_catalogue_damaged", "max_wait_seconds": 0}"#),
    Tool::of::<grant::GrantMediaAccess>()
        .words("download share; original source file address temporary")
        .composed()
        .example(r#"{"video_id": "vid_great_train_robbery_1903"}"#),
    Tool::of::<attach::AttachFilesTool>()
        .ruled::<AttachFiles>()
        .words("fetch add import load; url web link http internet website online download video film")
        .example(r#"{"files": [{"download_url": "https://films.example/reel.mp4", "file_id": "1"}], "idempotency_key": "example-attach"}"#),
];
