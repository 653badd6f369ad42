//! Prompt runs: pricing, starting, following, reading and explaining them.
//!
//! Each tool has a file; start with `execute`. `arguments` is what estimating and executing share. `starts` and `earlier` find out whether
//! the same run exists already, so that nobody pays twice, and `repeated` says so. `describe` puts a run into words, `failures` sorts failed segments by cause,
//! `again` prepares a retry, and `inspect` and `matches` show what tools answer that pass a call on.
//! `tabulate` makes a table of a run; `rows` reads its rows and `table` writes its cells. Nothing here may know how a search finds its hits.

mod again;
mod arguments;
mod cancel;
pub(super) mod describe;
mod diagnose;
mod earlier;
mod estimate;
mod execute;
mod failures;
mod inspect;
mod list;
mod matches;
mod price;
mod process;
mod repeated;
mod results;
mod rows;
mod starts;
mod status;
mod table;
mod tabulate;
mod video_result;
mod wait;

pub use price::later;
pub use repeated::{LOOK_WITHIN, is_key_of, sent_by_another};
pub use starts::{Fingerprint, REPEAT_WITHIN, Starts};

use crate::{
    api::{facade, runs},
    consent::Stake,
    tools::{Tool, catalog::Family, resources::Resource},
};

/// The tools of this family.
pub static FAMILY: Family = Family { name: "runs", about: "prompt runs and their results", tools: &TOOLS };

static TOOLS: [Tool; 16] = [
    Tool::of::<estimate::EstimatePromptRun>().words("cost price how much would before forecast budget expensive balance").core().example(r#"{"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": ["vid_great_train_robbery_1903"]}}"#),
    Tool::of::<execute::ExecutePrompt>().words("run start apply analyse extract launch; prompt").core().plans(Stake::Cost).example(r#"{"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": ["vid_great_train_robbery_1903"]}}"#),
    Tool::of::<wait::WaitForPromptRun>().words("until finished done ends").core().composed().example(r#"{"run_id": "run_scene_catalogue_early_cinema", "max_wait_seconds": 1}"#),
    Tool::of::<list::ListPromptRuns>().words("past recent jobs analyses history earlier").core(),
    Tool::of::<status::GetPromptRunStatus>().words("how far progress finished done state cost").core().example(r#"{"run_id": "run_scene_catalogue_early_cinema"}"#)
        .resource(Resource::of("runs/{run}", "run", "Prompt run", "How a prompt run stands.").by("run_id")),
    Tool::of::<results::GetPromptRunResults>().words("found extracted output values answers per segment").core().example(r#"{"run_id": "run_scene_catalogue_early_cinema", "video_id": "vid_great_train_robbery_1903"}"#),
    Tool::of::<video_result::GetPromptRunVideoResult>().words("summary whole film overall").core().example(r#"{"run_id": "run_scene_catalogue_early_cinema", "video_id": "vid_great_train_robbery_1903"}"#),
    Tool::of::<diagnose::DiagnosePromptRun>().words("explain troubleshoot debug; why failed wrong cause reason problem").core().composed().example(r#"{"run_id": "run_scene_catalogue_early_cinema"}"#),
    Tool::of::<cancel::CancelPromptRun>().words("running analysis").core().plans(Stake::Change).example(r#"{"run_id": "run_scene_catalogue_early_cinema"}"#),
    Tool::proxy::<runs::GetFailedSegments>("get_prompt_run_failed_segments", "Get failed segments").words("errors broken broke pieces why reasons").example(r#"{"run_id": "run_scene_catalogue_damaged"}"#),
    Tool::proxy::<runs::ListModelCalls>("get_prompt_run_llm_calls", "Get model calls").words("model tokens latency requests debug").example(r#"{"run_id": "run_scene_catalogue_damaged"}"#),
    Tool::planned::<runs::RetrySegment>("retry_prompt_run_segment", "Retry segment").words("rerun repeat run; failed piece once more again").overwrites().instead(&["diagnose_prompt_run"]).example(r#"{"run_id": "run_scene_catalogue_damaged", "video_id": "vid_damaged_reel_1906", "segment_id": "seg_damaged_reel_1906_003"}"#),
    Tool::proxy::<runs::GetSegmentRetry>("get_prompt_run_segment_retry_status", "Get retry status").words("repeated again worked helped outcome").example(r#"{"run_id": "run_scene_catalogue_damaged", "video_id": "vid_damaged_reel_1906", "segment_id": "seg_damaged_reel_1906_003", "retry_id": "retry_none"}"#),
    Tool::of::<process::ProcessMediaTool>().words("analyse run apply extract; new uploaded loose several prompt instruction").plans(Stake::Cost).example(r#"{"prompt_id": "prompt_action_log", "video_ids": ["vid_great_train_robbery_1903"], "idempotency_key": "example-process-media"}"#),
    Tool::of::<facade::GetRunMatches>().words("hits found which fit all videos results").instead(&["search_sql"]).example(r#"{"run_id": "run_scene_catalogue_early_cinema", "limit": 3}"#),
    Tool::of::<tabulate::TabulatePromptRun>().words("csv spreadsheet excel rows columns of segments table every").composed().instead(&["search_sql"]).example(r#"{"run_id": "run_scene_catalogue_early_cinema", "fields": ["mood"], "limit": 3}"#)
        .resource(
            Resource::of("runs/{run}/table", "run_table", "Table of a prompt run", "What a run extracted from each segment, as CSV. A last row says if it is cut.")
                .by("run_id")
                .csv(&[("format", "csv"), ("limit", "500")]),
        ),
];
