//! What went wrong in a run: failed segments by cause, and whether a retry or an earlier run failed in the same way.

use std::collections::{BTreeMap, HashSet};

use serde_json::json;

use super::describe;
use crate::{
    api::{
        ids::{RunId, VideoId},
        results::{FailedSegment, Failures, ModelCall},
        run::PromptRun,
        runs::GetFailedSegments,
        videos::ListVideoRuns,
    },
    session::Deadline,
    tools::{Context, answer::Row, text, together::together},
};

/// For how many failed items earlier runs are listed, and how many of these runs are read.
const MAX_LOOKED_AT: usize = 3;

/// Segments that failed for the same reason.
pub struct Cause {
    code: Option<String>,
    stage: Option<String>,
    message: String,
    /// The items and their failed segments.
    pub segments: Vec<(String, FailedSegment)>,
    /// Whether a retry of each of these segments has failed.
    retried: bool,
    /// Whether an earlier run of the same prompt failed like this on one of these items. That says nothing of a retry of the segment alone.
    before: bool,
}

/// Groups failed segments by code, stage, message and whether a retry has failed, most frequent first.
pub fn causes(failures: &Failures, calls: &[ModelCall]) -> Vec<Cause> {
    let retried = retried(calls);
    let mut groups: BTreeMap<(Kind, bool), Cause> = BTreeMap::new();
    for video in &failures.videos {
        for segment in &video.segments {
            let key = (kind(segment), retried.contains(segment.segment_id.as_str()));
            let retried = key.1;
            let cause = groups.entry(key).or_insert_with(|| Cause {
                code: segment.failure_code.clone(),
                stage: segment.failure_stage.clone(),
                message: message(segment),
                segments: Vec::new(),
                retried,
                before: false,
            });
            cause.segments.push((video.video_id.clone(), segment.clone()));
        }
    }
    let mut causes: Vec<_> = groups.into_values().collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.segments.len()));
    causes
}

/// The segments whose retry has failed: a call of a model says that it is of one, or the same kind of call has failed more than once.
fn retried(calls: &[ModelCall]) -> HashSet<&str> {
    let mut failed = HashSet::new();
    let mut again = HashSet::new();
    for call in calls.iter().filter(|call| !succeeded(call)) {
        if let Some(segment) = call.segment_id.as_deref()
            && (call.purpose.contains("retry") || !failed.insert((segment, call.purpose.as_str())))
        {
            again.insert(segment);
        }
    }
    again
}

/// Code, stage and message of a failure.
type Kind = (String, String, String);

/// What makes two failures the same. All digits count as equal, since messages name times and ids.
fn kind(segment: &FailedSegment) -> Kind {
    let folded = message(segment).chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
    (segment.failure_code.clone().unwrap_or_default(), segment.failure_stage.clone().unwrap_or_default(), folded)
}

/// What a segment's failure says, most specific first.
fn message(segment: &FailedSegment) -> String {
    let candidates =
        [&segment.failure_message, &segment.field_extraction_error, &segment.transcription_error, &segment.image_embedding_error];
    let said = candidates.into_iter().flatten().find(|message| !message.trim().is_empty());
    said.map_or_else(|| format!("{} failed", segment.failed_operations.join(" and ")), |message| text::line(message, 300))
}

/// A failed segment in words: what it is called, where it lies, and why it failed.
pub fn told(segment: &FailedSegment) -> String {
    let time = segment.start_time.zip(segment.end_time).map(|(start, end)| format!(" {}", text::range(start, end)));
    let hopeless = if segment.retryable == Some(false) { ", no retry can help" } else { "" };
    format!("{}{} {}{hopeless}", text::id(&segment.segment_id), time.unwrap_or_default(), message(segment))
}

/// Marks the causes that occurred in earlier runs.
pub async fn mark_repeated(cx: &Context<'_>, run: &PromptRun, causes: &mut [Cause], deadline: &Deadline) {
    let before = failed_before(cx, run, causes, deadline).await;
    for cause in causes {
        cause.before = cause.segments.iter().any(|(video, segment)| before.contains(&(video.clone(), kind(segment))));
    }
}

/// Whether a model call was successful.
pub fn succeeded(call: &ModelCall) -> bool {
    matches!(call.status.to_lowercase().as_str(), "success" | "succeeded" | "completed" | "ok")
}

type Before = HashSet<(String, Kind)>;

/// What failed, and on which item, in earlier runs of the same prompt over the items that failed here.
async fn failed_before(cx: &Context<'_>, run: &PromptRun, causes: &[Cause], deadline: &Deadline) -> Before {
    let mut seen = HashSet::new();
    let items = causes.iter().flat_map(|cause| &cause.segments).map(|(video, _)| video).filter(|video| seen.insert(video.as_str()));
    let items: Vec<_> = items.filter_map(|video| VideoId::parse(video.as_str()).ok()).take(MAX_LOOKED_AT).collect();
    let lists = together(items.into_iter().map(|video_id| async move {
        cx.session.call(&ListVideoRuns { video_id, limit: Some(50) }, deadline).await.map(|page| page.data).unwrap_or_default()
    }))
    .await;
    let mut known = HashSet::from([run.run_id.clone()]);
    let others = lists
        .into_iter()
        .flatten()
        .filter(|other| other.prompt_id == run.prompt_id && describe::media_failed(other) > 0 && other.executed_at <= run.executed_at);
    let others: Vec<_> = others.filter(|other| known.insert(other.run_id.clone())).take(MAX_LOOKED_AT).collect();
    let manifests = together(
        others
            .iter()
            .filter_map(|other| RunId::parse(other.run_id.as_str()).ok())
            .map(|run_id| async move { cx.session.call(&GetFailedSegments { run_id }, deadline).await.ok() }),
    )
    .await;
    let videos = manifests.into_iter().flatten().flat_map(|failures| failures.videos);
    videos.flat_map(|video| video.segments.iter().map(|segment| (video.video_id.clone(), kind(segment))).collect::<Vec<_>>()).collect()
}

/// Why a retry is not worth its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hopeless {
    /// The API says so.
    Told,
    /// A retry has failed.
    Tried,
}

impl Cause {
    /// What it says.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the API says that retrying its segments can help: all say yes, all say no, or unclear.
    fn retryable(&self) -> Option<bool> {
        let mut answers = self.segments.iter().map(|(_, segment)| segment.retryable);
        let first = answers.next().flatten()?;
        answers.all(|answer| answer == Some(first)).then_some(first)
    }

    /// Whether a retry is worth its price.
    pub fn worth_a_retry(&self) -> bool {
        self.hopeless().is_none()
    }

    /// Why a retry is not worth its price, if that is so.
    pub fn hopeless(&self) -> Option<Hopeless> {
        match self.retryable() {
            Some(false) => Some(Hopeless::Told),
            _ => self.retried.then_some(Hopeless::Tried),
        }
    }

    /// The cause in a list.
    pub fn row(&self) -> Row {
        let retry = match (self.hopeless(), self.retryable()) {
            (Some(Hopeless::Told), _) => "a retry will not help",
            (Some(Hopeless::Tried), _) => "a retry has failed, so another one is unlikely to help",
            (None, Some(_)) => "the API says that a retry can help",
            (None, None) => "the API does not say whether a retry can help",
        };
        let before = if self.before { "; an earlier run failed like this, too" } else { "" };
        let code = self.code.as_deref().or(self.stage.as_deref()).unwrap_or("no code");
        let mut line =
            format!("{}, {}: {} ({retry}{before})", text::count(self.segments.len(), "segment"), text::line(code, 80), self.message);
        let sample = self.segments.first();
        if let Some((video, segment)) = sample {
            line.push_str(&format!(", e.g. {} of {}", text::id(&segment.segment_id), text::line(video, 200)));
            if let (Some(start), Some(end)) = (segment.start_time, segment.end_time) {
                line.push_str(&format!(" {}", text::range(start, end)));
            }
        }
        let mut value = json!({
            "failure_code": self.code,
            "failure_stage": self.stage,
            "failure_message": self.message,
            "failed_segments": self.segments.len(),
            "retryable": self.retryable(),
            "retry_failed": self.retried.then_some(true),
            "failed_before": self.before.then_some(true),
            "failed_operations": sample.map(|(_, segment)| &segment.failed_operations),
            "sample": sample.map(|(video, segment)| json!({
                "video_id": video,
                "segment_id": segment.segment_id,
                "start_time": segment.start_time,
                "end_time": segment.end_time,
            })),
        });
        text::prune(&mut value);
        Row { line, value }
    }
}
