//! How the runs on several items stand, in sums, and `get_videos_status`.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::video;
use crate::{
    api::{
        ids::VideoId,
        videos::{BatchStatus, RunOnVideo, VideoStatus},
    },
    client,
    tools::{
        Answer, Context, Detail, Effect, Spec, ToolError,
        answer::Row,
        names,
        schema::{Kind, Member},
        text,
    },
};

/// What is counted over several items.
#[derive(Default)]
pub struct Sums {
    by_status: BTreeMap<String, u64>,
    by_run_status: BTreeMap<String, u64>,
    segments: [u64; 4],
    with_runs: u64,
}

impl Sums {
    /// Counts one item more.
    pub fn add(&mut self, status: &str, runs: Option<&[RunOnVideo]>) {
        *self.by_status.entry(text::line(&status.to_lowercase(), 40)).or_default() += 1;
        let runs = runs.unwrap_or_default();
        self.with_runs += u64::from(!runs.is_empty());
        for run in runs {
            *self.by_run_status.entry(text::line(&run.status.to_lowercase(), 40)).or_default() += 1;
            let counts = [run.pending_segments, run.processing_segments, run.successful_segments, run.failed_segments];
            self.segments.iter_mut().zip(counts).for_each(|(sum, count)| *sum = sum.saturating_add(count));
        }
    }

    /// `3 processed, 1 failed`.
    pub fn line(&self) -> String {
        let told: Vec<_> = self.by_status.iter().map(|(status, n)| format!("{n} {status}")).collect();
        told.join(", ")
    }

    /// Puts the sums into an answer as the contract names them.
    pub fn write(&self, answer: &mut Answer) {
        let [pending, processing, successful, failed] = self.segments;
        answer.fact("by_status", json!(self.by_status));
        answer.fact("by_run_status", json!(self.by_run_status));
        answer.fact(
            "segment_status_totals",
            json!({"pending": pending, "processing": processing, "successful": successful, "failed": failed}),
        );
        answer.fact("videos_with_processing_details", self.with_runs);
    }
}

/// Says which of the ids the API left out of its answer.
pub fn missing<'a>(answer: &mut Answer, asked: &[VideoId], found: impl Iterator<Item = &'a str>) {
    let found: BTreeSet<&str> = found.collect();
    let missing: BTreeSet<&str> = asked.iter().map(VideoId::as_str).filter(|id| !found.contains(id)).collect();
    if !missing.is_empty() && client::was_cut() {
        answer.note(format!(
            "Not read: {}. The answer was too large or not as it should be; ask for fewer at once.",
            text::names(missing.iter().copied(), 20)
        ));
    } else if !missing.is_empty() {
        answer.note(format!("Not found: {}. They were deleted, or the ids are wrong.", text::names(missing.iter().copied(), 20)));
        answer.fact("missing_video_ids", json!(missing));
    }
}

/// Read how far up to 100 media items are processed.
#[derive(Deserialize, JsonSchema)]
pub struct GetVideosStatus {
    #[schemars(length(min = 1, max = 100))]
    video_ids: Vec<VideoId>,
}

impl Spec for GetVideosStatus {
    type Endpoint = BatchStatus;
    const NAME: &'static str = "get_videos_status";
    const TITLE: &'static str = "Get statuses";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[
        Member::always("total_videos", Kind::Count),
        Member::always("by_status", Kind::Object),
        Member::always("segment_status_totals", Kind::Object),
        Member::always("videos_with_processing_details", Kind::Count),
        Member::always("statuses", Kind::Rows),
    ];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let (video_ids, notes) = names::for_titles(cx, self.video_ids).await;
        let call = BatchStatus { video_ids: video_ids.iter().map(ToString::to_string).collect() };
        let found = cx.session.call(&call, &cx.deadline).await?.data;
        let mut sums = Sums::default();
        for item in &found {
            sums.add(&item.status, item.processing_status.as_deref());
        }
        let mut answer = Answer::new(match found.len() {
            0 => "None of these items exists".to_owned(),
            n => format!("{}: {}", text::count(n, "item"), sums.line()),
        });
        answer.fact("total_videos", found.len());
        sums.write(&mut answer);
        missing(&mut answer, &video_ids, found.iter().map(|item| item.video_id.as_str()));
        for note in notes {
            answer.note(note);
        }
        answer.rows("statuses", found.iter().map(row).collect());
        Ok(answer)
    }
}

fn row(item: &VideoStatus) -> Row {
    let mut line = format!("{} {}", text::id(&item.video_id), text::line(&item.status.to_lowercase(), 40));
    let mut value = json!({"video_id": item.video_id, "status": item.status});
    runs(item.processing_status.as_deref(), &mut line, &mut value);
    Row { line, value }
}

/// Adds how the runs on an item stand to its row.
pub fn runs(runs: Option<&[RunOnVideo]>, line: &mut String, value: &mut serde_json::Value) {
    let rows: Vec<Row> = runs.unwrap_or_default().iter().map(|run| video::run_row(run, Detail::Concise)).collect();
    for row in &rows {
        line.push_str(&format!("; {}", row.line));
    }
    if !rows.is_empty()
        && let Some(members) = value.as_object_mut()
    {
        members.insert("processing_status".into(), rows.into_iter().map(|row| row.value).collect());
    }
}
