//! Prompt runs: a run executes a prompt on media. These calls price, start and cancel runs, and read what they found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Access, Body, Repeat, Scope, endpoint,
    ids::{IndexId, PromptId, RetryId, RunId, SegmentId, VideoId},
    page::Rows,
    results::{Failures, ModelCall, SegmentResult, SegmentRetry, SegmentRetryStatus, VideoResult},
    run::{Estimate, PromptRun},
};

/// Which media a run covers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Target {
    /// All media of an index.
    Index {
        /// The index.
        index_id: IndexId,
    },
    /// Named media.
    Videos {
        /// 1 or more.
        video_ids: Vec<VideoId>,
        /// Their index, for media that belong to one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        index_id: Option<IndexId>,
    },
    /// All media without an index.
    Playground,
}

/// What to run, and how to cut the media into segments. The service has defaults for members that are absent.
///
/// `fixed` segmentation needs its duration: 1 to 300 whole seconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct RunRequest {
    pub prompt_id: PromptId,
    pub target: Target,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_segmentation_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_segmentation_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_segment_duration: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_segment_duration: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing_model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_transcription: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_image_embedding: Option<bool>,
}

impl RunRequest {
    /// A run that leaves everything to the prompt and the service.
    pub fn plain(prompt_id: PromptId, target: Target) -> Self {
        Self {
            prompt_id,
            target,
            video_segmentation_type: None,
            audio_segmentation_type: None,
            video_segment_duration: None,
            audio_segment_duration: None,
            processing_model: None,
            enable_transcription: None,
            enable_image_embedding: None,
        }
    }
}

/// Prices a run without starting it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EstimateRun(pub RunRequest);

endpoint!(EstimateRun, Post, "/prompt-runs/estimate", Access::Scope(Scope::Read), Estimate, REPEAT = Repeat::Read);

/// Starts a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExecuteRun(pub RunRequest);

endpoint!(
    ExecuteRun,
    Post,
    "/prompt-runs/execute",
    Access::Scope(Scope::Write),
    PromptRun,
    REPEAT = Repeat::Keyed("prompt-run-execute"),
    NOTICE = Some("process_media")
);

/// Lists the caller's runs, newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListRuns {
    /// 1 to 200, default 200.
    pub limit: Option<u32>,
}

endpoint!(ListRuns, Get, "/prompt-runs", Access::Scope(Scope::Read), Rows<PromptRun>);

/// Lists the runs that touched an index, a page at a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListIndexRuns {
    /// The index.
    pub index_id: IndexId,
    /// 1 to 100, default 50.
    pub limit: Option<u32>,
    /// The cursor from the page before; absent for the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

endpoint!(ListIndexRuns, Get, "/indexes/{index_id}/prompt-runs", Access::Scope(Scope::Read), Rows<PromptRun>);

/// Reads a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetRun {
    /// The run.
    pub run_id: RunId,
}

endpoint!(GetRun, Get, "/prompt-runs/{run_id}", Access::Scope(Scope::Read), PromptRun);

/// Asks a run to stop. Items under way may still finish.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CancelRun {
    /// The run.
    pub run_id: RunId,
}

endpoint!(
    CancelRun,
    Post,
    "/prompt-runs/{run_id}/cancel",
    Access::Scope(Scope::Write),
    PromptRun,
    REPEAT = Repeat::Keyed("prompt-run-cancel"),
    BODY = Body::Nothing
);

/// Lists the segment results of one item in a run, a page at a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListResults {
    /// The run.
    pub run_id: RunId,
    /// The item.
    pub video_id: VideoId,
    /// 1 to 100, default 50.
    pub limit: Option<u32>,
    /// The cursor from the page before; absent for the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

endpoint!(ListResults, Get, "/prompt-runs/{run_id}/results", Access::Scope(Scope::Read), Rows<SegmentResult>);

/// Reads what a run found in an item as a whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetVideoResult {
    /// The run.
    pub run_id: RunId,
    /// The item.
    pub video_id: VideoId,
}

endpoint!(GetVideoResult, Get, "/prompt-runs/{run_id}/videos/{video_id}/video-result", Access::Scope(Scope::Read), VideoResult);

/// Read which segments of a run failed, and why.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GetFailedSegments {
    /// The run.
    pub run_id: RunId,
}

endpoint!(GetFailedSegments, Get, "/prompt-runs/{run_id}/failed-segments", Access::Scope(Scope::Read), Failures);

/// List the model calls of a run: segment, tokens, time, failure.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListModelCalls {
    /// The run.
    pub run_id: RunId,
}

endpoint!(ListModelCalls, Get, "/prompt-runs/{run_id}/llm-calls", Access::Scope(Scope::Read), Rows<ModelCall>);

/// Retry one failed segment of a run, which is billed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RetrySegment {
    /// The run.
    pub run_id: RunId,
    /// The item.
    pub video_id: VideoId,
    /// The segment.
    pub segment_id: SegmentId,
}

endpoint!(
    RetrySegment,
    Post,
    "/prompt-runs/{run_id}/videos/{video_id}/segments/{segment_id}/retry",
    Access::Scope(Scope::Write),
    SegmentRetry,
    REPEAT = Repeat::Keyed("prompt-run-segment-retry"),
    NOTICE = Some("retry_prompt_run_segment"),
    BODY = Body::Nothing
);

/// Read how the retry of a failed segment goes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GetSegmentRetry {
    /// The run.
    pub run_id: RunId,
    /// The item.
    pub video_id: VideoId,
    /// The segment.
    pub segment_id: SegmentId,
    /// The retry.
    pub retry_id: RetryId,
}

endpoint!(
    GetSegmentRetry,
    Get,
    "/prompt-runs/{run_id}/videos/{video_id}/segments/{segment_id}/retries/{retry_id}",
    Access::Scope(Scope::Read),
    SegmentRetryStatus
);
