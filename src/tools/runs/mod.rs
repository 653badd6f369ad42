//! Prompt runs: pricing, starting, following, reading and explaining them.
//!
//! Each tool has a file; start with `execute`. `arguments` is what estimating and executing share. `starts` and `earlier` find out whether
//! the same run exists already, so that nobody pays twice. `describe` puts a run into words, `failures` sorts failed segments by cause,
//! `again` prepares a retry, and `inspect` shows what tools answer that pass a call on. Nothing here may know how a search finds its hits.

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
mod results;
mod starts;
mod status;
mod video_result;
mod wait;

pub use cancel::CancelPromptRun;
pub use diagnose::DiagnosePromptRun;
pub use estimate::EstimatePromptRun;
pub use execute::ExecutePrompt;
pub use list::ListPromptRuns;
pub use results::GetPromptRunResults;
pub use starts::Starts;
pub use status::GetPromptRunStatus;
pub use video_result::GetPromptRunVideoResult;
pub use wait::WaitForPromptRun;
