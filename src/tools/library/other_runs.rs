//! The other runs over an item. A newer run with one field must not hide what an older one found.
//!
//! This only enriches an answer. Whatever cannot be read in time is left out.

use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::{coverage::Coverage, speech};
use crate::{
    api::{
        ids::VideoId,
        page::Rows,
        segments::{ListSegments, Segment},
        videos::{GetVideo, RunOnVideo, Video},
    },
    session::Deadline,
    tools::{Answer, Context, text, together::together},
};

/// How long an answer waits for what only enriches it.
const WITHIN: Duration = Duration::from_secs(6);
/// How many other runs are read for spoken words.
const MAX_LOOKED_AT: usize = 3;
/// How many pages of 100 segments are read of each of these runs.
const MAX_PAGES: usize = 10;
/// How many other runs are named.
const MAX_NAMED: usize = 5;

/// The item as the API describes it, if that can be read soon.
pub async fn video(cx: &Context<'_>, video_id: &VideoId) -> Option<Video> {
    let deadline = cx.deadline.at_most(WITHIN);
    cx.session.call(&GetVideo { video_id: video_id.clone() }, &deadline).await.ok()
}

/// The runs other than the one that was read, the most complete first.
#[derive(Default)]
pub struct Others(Vec<RunOnVideo>);

impl Others {
    /// Those with results on the item.
    pub fn on(video: Video, read: Option<&str>) -> Self {
        let length = video.duration_seconds;
        let runs = video.processing_status.into_iter().flatten();
        let mut others: Vec<_> = runs.filter(|run| Some(run.run_id.as_str()) != read && run.successful_segments > 0).collect();
        others.sort_by_cached_key(|run| Reverse((Coverage::rank(run, length), run.created_at.clone())));
        Self(others)
    }

    /// The runs that have results in a range of time, and those that do not say where their segments are.
    #[must_use]
    fn within(mut self, start: f64, end: f64) -> Self {
        self.0.retain(|run| {
            let mut ranges =
                run.segments.iter().filter(|segment| super::segments::is_success(&segment.status)).map(|s| s.start_time.zip(s.end_time));
            run.segments.is_empty() || ranges.any(|range| range.is_none_or(|(from, to)| overlap((from, to), (start, end)) >= 0.0))
        });
        self
    }

    /// Names them in an answer.
    pub fn write(&self, answer: &mut Answer, what: &str) {
        if self.0.is_empty() {
            return;
        }
        let named: Vec<_> = self
            .0
            .iter()
            .take(MAX_NAMED)
            .map(|run| {
                let prompt = run.prompt_id.as_deref().map(|prompt| format!(" of {}", text::line(prompt, 200))).unwrap_or_default();
                format!("{}{prompt} ({} of {} segments)", text::id(&run.run_id), run.successful_segments, run.total_segments)
            })
            .collect();
        let more = self.0.len().saturating_sub(MAX_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        answer.line(format!("Other runs with results {what}: {}{more}; ask with run_id to read one", named.join(", ")));
        let facts: Vec<_> = self.0.iter().take(MAX_NAMED).map(|run| {
            let mut value = json!({"run_id": run.run_id, "prompt_id": run.prompt_id, "successful_segments": run.successful_segments, "total_segments": run.total_segments});
            text::prune(&mut value);
            value
        }).collect();
        answer.fact("other_runs", Value::Array(facts));
    }

    /// The spoken words that these runs have for segments without any of their own, by segment id.
    pub async fn words(&self, cx: &Context<'_>, video_id: &VideoId, silent: &[&Segment]) -> BTreeMap<String, Words> {
        let Some(end) = silent.iter().map(|segment| segment.end_time).reduce(f64::max) else { return BTreeMap::new() };
        let deadline = cx.deadline.at_most(WITHIN);
        let looked_at = self.0.iter().take(MAX_LOOKED_AT);
        let read = together(looked_at.map(|run| segments_until(cx, video_id, &run.run_id, end, &deadline))).await;
        let mut found = BTreeMap::new();
        for (run, segments) in self.0.iter().zip(&read) {
            let spoken: Vec<_> = segments.iter().filter_map(|segment| Some((segment, of(segment)?))).collect();
            for segment in silent {
                if found.contains_key(&segment.segment_id) {
                    continue;
                }
                let here: Vec<_> = spoken.iter().filter(|(other, _)| is_same(other, segment)).map(|(_, said)| said.as_str()).collect();
                if !here.is_empty() {
                    found.insert(segment.segment_id.clone(), Words { said: here.join(" "), run_id: run.run_id.clone() });
                }
            }
        }
        found
    }
}

/// What other runs have at one moment.
#[derive(Default)]
pub struct Elsewhere {
    others: Others,
    words: Option<Words>,
}

impl Elsewhere {
    /// Finds the other runs that have results here. If the segment's own run has no spoken words, takes those of another run.
    pub async fn of(cx: &Context<'_>, video: Video, video_id: &VideoId, segment: &Segment) -> Self {
        let others = Others::on(video, segment.from_run_id.as_deref()).within(segment.start_time, segment.end_time);
        let words = if of(segment).is_some() { None } else { others.words(cx, video_id, &[segment]).await.remove(&segment.segment_id) };
        Self { others, words }
    }

    /// The spoken words of another run.
    pub fn said(&self) -> Option<&str> {
        self.words.as_ref().map(|words| words.said.as_str())
    }

    /// Adds it to an answer.
    pub fn write(&self, answer: &mut Answer) {
        if let Some(words) = &self.words {
            answer.line(format!("Spoken, from run {}: {}", text::id(&words.run_id), text::line(&words.said, 2000)));
            answer.fact("transcript", words.said.as_str());
            answer.fact("transcript_from_run_id", words.run_id.as_str());
        }
        self.others.write(answer, "here");
    }
}

/// Spoken words that another run has.
pub struct Words {
    /// The words.
    pub said: String,
    /// The run.
    pub run_id: String,
}

/// The spoken words of a segment.
pub fn of(segment: &Segment) -> Option<String> {
    speech::of(&Value::Object(segment.metadata.clone()?))
}

/// Whether another run's segment is this moment. It is if the id is the same. Media may have been cut anew, so it also is if the two share
/// at least half of the shorter one.
fn is_same(other: &Segment, segment: &Segment) -> bool {
    let common = overlap((other.start_time, other.end_time), (segment.start_time, segment.end_time));
    let shorter = (other.end_time - other.start_time).min(segment.end_time - segment.start_time);
    other.segment_id == segment.segment_id || (common > 0.0 && common * 2.0 >= shorter)
}

fn overlap(a: (f64, f64), b: (f64, f64)) -> f64 {
    a.1.min(b.1) - a.0.max(b.0)
}

/// A run's segments up to a time; as many as could be read.
async fn segments_until(cx: &Context<'_>, video_id: &VideoId, run_id: &str, end: f64, deadline: &Deadline) -> Vec<Segment> {
    let mut list =
        ListSegments { video_id: video_id.clone(), run_id: Some(run_id.to_owned()), latest_run: None, limit: Some(100), cursor: None };
    let mut all: Vec<Segment> = Vec::new();
    for _ in 0..MAX_PAGES {
        let Ok(page) = cx.session.call(&list, deadline).await else { break };
        let page: Rows<Segment> = page;
        let next = page.next_cursor().map(str::to_owned);
        all.extend(page.data);
        match next {
            Some(cursor) if all.last().is_some_and(|segment| segment.start_time < end) => list.cursor = Some(cursor),
            _ => break,
        }
    }
    all
}
