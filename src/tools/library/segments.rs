//! `get_video_segments`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    coverage::Coverage,
    other_runs::{self, Others, Words},
};
use crate::{
    api::{
        ids::{RunId, VideoId},
        page::Rows,
        segments::{ListSegments, Segment},
        videos::{RunOnVideo, Video},
    },
    client,
    tools::{
        Answer, Context, Detail, Effect, Spec, ToolError,
        answer::{Paging, Row},
        links,
        schema::{Kind, Member},
        search::{drop_pictures, said_once},
        text,
        warnings::{self, Warnings},
    },
};

/// Members of a row that the contract has. The two times say the same, and an operation that failed is told in its own member.
pub const ONLY_JSON: [&str; 4] = ["time_range", "duration", "operations", warnings::MEMBER];

/// Read a video's segments in order: what a run found in each (default: the latest), words spoken, coverage, other runs.
#[derive(Deserialize, JsonSchema)]
pub struct GetVideoSegments {
    video_id: VideoId,
    run_id: Option<RunId>,
    latest_run: Option<bool>,
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    cursor: Option<String>,
    /// full: all members and links.
    #[serde(default)]
    detail: Detail,
}

impl Spec for GetVideoSegments {
    type Endpoint = ListSegments;
    const NAME: &'static str = "get_video_segments";
    const TITLE: &'static str = "Get segments";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] =
        &[Member::always("total_segments", Kind::Count), Member::maybe("next_cursor", Kind::Text), Member::always("segments", Kind::Rows)];
    const INSTEAD: &'static [&'static str] = &["search_videos"];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let run_id = self.run_id.map(|run| run.to_string());
        // The contract's default is false, and the API may then give no results at all. Whoever reads segments wants results.
        let latest = self.latest_run.unwrap_or(run_id.is_none());
        let list = ListSegments {
            video_id: self.video_id,
            run_id: run_id.clone(),
            // The official tools always send it.
            latest_run: Some(latest),
            limit: self.limit,
            cursor: self.cursor,
        };
        let (response, video) = tokio::join!(cx.session.fetch(&list, &cx.deadline), other_runs::video(cx, &list.video_id));
        let response = response?;
        let page = client::decode_as::<Rows<Segment>>(&response)?;
        for segment in &page.data {
            cx.memory.keep_segment(&segment.segment_id, list.video_id.as_str());
        }
        let cursor = page.next_cursor();
        let title = video.as_ref().map(|video| video.title.clone()).filter(|title| !title.is_empty());
        let mut answer = Answer::new(format!(
            "{} on this page of {}{}{}",
            text::count(page.data.len(), "segment"),
            list.video_id,
            title.as_deref().map(|title| format!(" \"{}\"", text::line(title, 80))).unwrap_or_default(),
            if cursor.is_some() { "" } else { "; no more pages" }
        ));
        answer.fact("video_id", list.video_id.as_str());
        answer.fact("video_name", title);
        answer.fact("run_id", run_id.clone().or_else(|| latest.then(|| "latest".to_owned())));
        answer.fact("total_segments", page.data.len());
        answer.fact("has_more", cursor.is_some());
        // What all rows share is said once.
        let read = page.data.first().and_then(|segment| segment.from_run_id.clone());
        let read = read.filter(|run| page.data.iter().all(|segment| segment.from_run_id.as_ref() == Some(run)));
        if let Some(run) = read.as_deref().filter(|_| run_id.is_none()) {
            answer.line(format!("From run {}, {}", text::line(run, 200), why_this(video.as_ref(), run)));
        }
        answer.fact("from_run_id", read.as_deref());
        let read = read.or(run_id.clone());
        let whole = list.cursor.is_none() && cursor.is_none();
        if let Some(coverage) = coverage(&page.data, whole, video.as_ref(), read.as_deref()) {
            coverage.write(&mut answer, "");
        }
        let mut words = BTreeMap::new();
        if let Some(video) = video {
            let others = Others::on(video, read.as_deref());
            others.write(&mut answer, "on this video");
            // A caller who names a run wants what that run has.
            if run_id.is_none() && latest {
                let silent: Vec<_> = page.data.iter().filter(|segment| other_runs::of(segment).is_none()).collect();
                words = others.words(cx, &list.video_id, &silent).await;
            }
        }
        if page.data.is_empty() && list.cursor.is_none() && page.next_cursor().is_none() && !client::was_cut() {
            answer.note(match run_id.as_deref() {
                Some(run) => format!("Run {} has no segments of this video.", text::line(run, 200)),
                None => "No prompt run has cut it into segments, or the latest has not come to it yet.".to_owned(),
            });
        }
        said_by(&mut answer, &words);
        answer.paging(Paging { size: "limit", cursor: "cursor" }, cursor);
        answer.began(list.cursor.as_deref());
        let rows = if self.detail == Detail::Full {
            let everything = client::decode_as::<Rows<Map<String, Value>>>(&response)?.data;
            // A row that could not be read is on the page, and not among the segments.
            let mut everything = everything.into_iter();
            let is = |members: &Map<String, Value>, segment: &Segment| members.get("segment_id") == Some(&json!(segment.segment_id));
            let rows = page.data.iter().map_while(|segment| {
                let members = everything.find(|members| is(members, segment))?;
                Some(warnings::aside(members, |members| full_row(segment, members, words.get(&segment.segment_id))))
            });
            rows.collect()
        } else {
            page.data.iter().map(|segment| row(segment, words.get(&segment.segment_id))).collect()
        };
        answer.leave_to_json(ONLY_JSON);
        answer.rows("segments", rows);
        Warnings::of(page.data.iter().map(|segment| segment.processing_warning.as_deref())).note(&mut answer, "segment");
        Ok(answer)
    }
}

/// Why the API gave the results of this run where none was named.
fn why_this(video: Option<&Video>, run: &str) -> &'static str {
    let runs = || video.into_iter().flat_map(|video| video.processing_status.iter().flatten());
    let newer = |read: &RunOnVideo| runs().any(|other| other.created_at > read.created_at && other.successful_segments > 0);
    match runs().find(|of| of.run_id == run) {
        Some(read) if newer(read) && read.status.to_lowercase().starts_with("completed") => "the latest that was completed",
        Some(read) if newer(read) => "which the API gives where none is named",
        _ => "the latest with results",
    }
}

/// What the segments of a run cover. If the page does not hold all of them, the item's own record has to name them.
fn coverage(segments: &[Segment], whole: bool, video: Option<&Video>, run: Option<&str>) -> Option<Coverage> {
    let length = video.and_then(|video| video.duration_seconds);
    if whole {
        let done = segments.iter().filter(|segment| state(segment) == "successful");
        return Coverage::of(done.map(|segment| (segment.start_time, segment.end_time)), length);
    }
    let runs = video?.processing_status.iter().flatten();
    runs.filter(|of| Some(of.run_id.as_str()) == run).find_map(|run| Coverage::of_run(run, length))
}

/// Says which runs the spoken words were taken from.
fn said_by(answer: &mut Answer, words: &BTreeMap<String, Words>) {
    let mut runs: Vec<_> = words.values().map(|words| words.run_id.as_str()).collect();
    runs.sort_unstable();
    runs.dedup();
    if !runs.is_empty() {
        answer.fact("spoken_from_runs", json!(runs));
        answer.line(format!("Words marked Spoken are from run {}", text::names(runs.iter().copied(), 5)));
    }
}

/// Whether the API's word for a segment's state means that it has results.
pub fn is_success(status: &str) -> bool {
    matches!(status.to_lowercase().as_str(), "successful" | "success" | "processed" | "completed")
}

/// A segment's state as clients know it: `failed`, `successful`, `processing` or `pending`. The API has more words.
pub fn state(segment: &Segment) -> &'static str {
    match segment.segment_status.to_lowercase().as_str() {
        "failed" | "error" => "failed",
        status if is_success(status) => "successful",
        "processing" | "running" | "started" => "processing",
        _ if segment.processing_failed => "failed",
        _ if segment.processed => "successful",
        _ => "pending",
    }
}

/// What a segment is about, in one text.
pub fn content(segment: &Segment) -> String {
    let text = segment.metadata_text.as_deref().filter(|text| !text.trim().is_empty());
    text.map_or_else(|| segment.metadata.as_ref().map(words).unwrap_or_default(), str::to_owned)
}

/// The texts of extracted metadata, without the names of the fields.
fn words(metadata: &Map<String, Value>) -> String {
    fn collect(value: &Value, out: &mut Vec<String>) {
        match value {
            Value::String(text) if !text.trim().is_empty() => out.push(text.trim().to_owned()),
            Value::Array(items) => items.iter().for_each(|item| collect(item, out)),
            Value::Object(members) => members.values().for_each(|member| collect(member, out)),
            _ => {}
        }
    }
    let mut out = Vec::new();
    metadata.values().for_each(|value| collect(value, &mut out));
    out.join("; ")
}

pub fn row(segment: &Segment, words: Option<&Words>) -> Row {
    let state = state(segment);
    let text = text::line(&content(segment), 220);
    let (start, end) = (segment.start_time, segment.end_time);
    let mut line = format!("{} {}", text::id(&segment.segment_id), text::range(start, end));
    if state != "successful" {
        line.push_str(&format!(" {state}"));
    }
    let failed = failed_operations(segment);
    if state == "successful" && !failed.is_empty() {
        line.push_str(&format!(" ({})", failed.join("; ")));
    }
    let failure = segment.failure_message.as_deref().or(segment.error_message.as_deref()).map(|message| text::line(message, 160));
    if let Some(failure) = &failure {
        line.push_str(&format!(" ({failure})"));
    }
    if !text.is_empty() {
        line.push_str(&format!(" {text}"));
    }
    // Spoken words must not be lost when the text is cut.
    let own = other_runs::of(segment).map(|said| text::line(&said, 300)).filter(|said| !text.contains(said.as_str()));
    let spoken = words.map(|words| text::line(&words.said, 300)).or(own);
    if let Some(spoken) = &spoken {
        line.push_str(&format!(" | Spoken: {spoken}"));
    }
    let mut value = json!({
        "segment_id": segment.segment_id,
        "start_time": text::rounded(start, 3),
        "end_time": text::rounded(end, 3),
        "time_range": text::range(start, end),
        "duration": text::rounded(end - start, 3),
        "segment_status": Some(state).filter(|state| *state != "successful"),
        "error_message": failure,
        "failed_operations": Some(failed).filter(|failed| !failed.is_empty()),
        "operations": operations(segment),
        "content": if text.is_empty() { None } else { Some(text) },
        "spoken": spoken,
    });
    text::prune(&mut value);
    Row { line, value }
}

/// The operations on a segment: the name, whether it succeeded, and why not. One that was not asked for has no outcome.
fn outcomes(segment: &Segment) -> [(&'static str, Option<bool>, Option<&str>); 3] {
    [
        ("field_extraction", segment.field_extraction_succeeded, segment.field_extraction_error.as_deref()),
        ("transcription", segment.transcription_succeeded, segment.transcription_error.as_deref()),
        ("image_embedding", segment.image_embedding_succeeded, segment.image_embedding_error.as_deref()),
    ]
}

/// The contract's member. It does not say what is in it, so each operation has what the API says of it.
fn operations(segment: &Segment) -> Value {
    let of = |(name, succeeded, error): (&str, Option<bool>, Option<&str>)| {
        (name.to_owned(), json!({"succeeded": succeeded, "error": error.map(|error| text::line(error, 160))}))
    };
    Value::Object(outcomes(segment).into_iter().map(of).collect())
}

/// The operations that failed, and why.
fn failed_operations(segment: &Segment) -> Vec<String> {
    let failed = outcomes(segment).into_iter().filter(|(_, succeeded, _)| *succeeded == Some(false));
    failed
        .map(|(name, _, error)| match error {
            Some(error) => format!("{} failed: {}", name.replace('_', " "), text::line(error, 160)),
            None => format!("{} failed", name.replace('_', " ")),
        })
        .collect()
}

fn full_row(segment: &Segment, members: Map<String, Value>, words: Option<&Words>) -> Row {
    let mut value = Value::Object(members);
    drop_pictures(&mut value);
    let mut line = format!("{} {}", text::range(segment.start_time, segment.end_time), said_once(&value, &[]));
    if let Some(words) = words {
        line.push_str(&format!(" | Spoken: {}", text::line(&words.said, 2000)));
    }
    let expiry = links::earliest(&value);
    if let Value::Object(members) = &mut value {
        members.insert("time_range".into(), json!(text::range(segment.start_time, segment.end_time)));
        members.insert("duration".into(), text::rounded(segment.end_time - segment.start_time, 3));
        members.insert("operations".into(), operations(segment));
        if let Some(expiry) = expiry {
            members.insert("links_expire_at".into(), json!(expiry));
        }
        if let Some(words) = words {
            members.insert("spoken".into(), json!(words.said));
        }
    }
    Row { line, value }
}
