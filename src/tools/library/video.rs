//! `get_video`, and the row of an item in lists.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{coverage::Coverage, failed};
use crate::{
    api::{
        ids::VideoId,
        videos::{self, RunOnVideo, Video},
    },
    client,
    tools::{
        Answer, Context, Detail, Effect, Spec, ToolError, advice,
        answer::Row,
        links,
        proxy::mixed_up,
        schema::{Kind, Member},
        search::said_once,
        text,
    },
};

/// Read one video, audio or image item: title, length, status, how each run stands.
#[derive(Deserialize, JsonSchema)]
pub struct GetVideoTool {
    video_id: VideoId,
    /// full: links and all else.
    #[serde(default)]
    detail: Detail,
}

impl Spec for GetVideoTool {
    type Endpoint = videos::GetVideo;
    const NAME: &'static str = "get_video";
    const TITLE: &'static str = "Get video";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[Member::always("video_id", Kind::Text), Member::maybe("processing_status", Kind::Rows)];
    const INSTEAD: &'static [&'static str] = &["search_videos"];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let get = videos::GetVideo { video_id: self.video_id };
        let response = cx.session.fetch(&get, &cx.deadline).await?;
        let video = client::decode_as::<Video>(&response)?;
        let Row { line, value } = row(&video);
        let mut answer = Answer::new(line);
        let runs = video.processing_status.as_deref().unwrap_or_default();
        if self.detail == Detail::Full {
            let mut everything = Value::Object(client::decode_as::<Map<String, Value>>(&response)?);
            if let Value::Object(members) = &mut everything {
                // The rows below are the same runs.
                members.remove("processing_status");
            }
            answer.fact("links_expire_at", links::earliest(&everything));
            answer.line(said_once(&everything, &[]).to_string());
            answer.facts(everything);
        } else {
            answer.facts(value);
        }
        answer.fact("processing_summary", (!runs.is_empty()).then(|| summary(runs)));
        let length = video.duration_seconds;
        if let Some(best) = runs.iter().max_by_key(|run| (Coverage::rank(run, length), run.created_at.as_deref()))
            && let Some(coverage) = Coverage::of_run(best, length)
        {
            let of = if runs.len() > 1 { format!(" (in run {}, the most complete)", text::id(&best.run_id)) } else { String::new() };
            coverage.write(&mut answer, &of);
        }
        if failed::has_failed(&video.status) {
            failed::explain(cx, &video, &mut answer).await;
        } else if video.processing_status.is_none() || client::was_cut() {
            if runs.is_empty() {
                answer.note("The API did not say which runs cover it.");
                answer.close("list_prompt_runs with video_id may tell.");
            }
        } else if runs.is_empty() {
            answer.note("No prompt run has covered it, so it has no results and searches do not find it.");
            answer.close(advice::advise(cx.offer, &["execute_prompt", "list_prompts"], "is the next step."));
        }
        if let Some(other) = mixed_up(get.video_id.as_str(), &video.video_id) {
            answer.note(format!("The API's answer is mixed up: {other}."));
        }
        answer.rows("processing_status", runs.iter().map(|run| run_row(run, self.detail)).collect());
        Ok(answer)
    }
}

/// How the runs on an item stand, counted. The contract names the member and not what is in it.
fn summary(runs: &[RunOnVideo]) -> Value {
    let mut by_status = Map::new();
    for run in runs {
        let count = by_status.get(&run.status).and_then(Value::as_u64).unwrap_or_default();
        by_status.insert(run.status.clone(), json!(count + 1));
    }
    let sum = |of: fn(&RunOnVideo) -> u64| runs.iter().map(of).sum::<u64>();
    json!({
        "total_runs": runs.len(),
        "by_status": by_status,
        "successful_segments": sum(|run| run.successful_segments),
        "failed_segments": sum(|run| run.failed_segments),
    })
}

/// An item in a list.
pub fn row(video: &Video) -> Row {
    let mut line = format!("{} \"{}\"", text::id(&video.video_id), text::line(&video.title, 80));
    if !video.media_type.is_empty() && video.media_type != "video" {
        line.push_str(&format!(" {}", text::line(&video.media_type, 20)));
    }
    if let Some(seconds) = video.duration_seconds.filter(|_| video.media_type != "image") {
        line.push_str(&format!(" {}", text::clock(seconds)));
    }
    line.push_str(&format!(" {}", text::line(&video.status.to_lowercase(), 40)));
    let mut value = json!({
        "video_id": video.video_id,
        "title": video.title,
        "media_type": video.media_type,
        "status": video.status,
        "duration_seconds": video.duration_seconds.map(|seconds| text::rounded(seconds, 3)),
    });
    text::prune(&mut value);
    Row { line, value }
}

/// The state of a run on an item.
pub fn run_row(run: &RunOnVideo, detail: Detail) -> Row {
    let status = text::line(&run.status, 40);
    let prompt = run.prompt_id.as_deref().map(|prompt| format!(" of {}", text::id(prompt))).unwrap_or_default();
    let mut line =
        format!("run {}{prompt} {status}: {} of {} segments done", text::id(&run.run_id), run.successful_segments, run.total_segments);
    if run.failed_segments > 0 {
        line.push_str(&format!(", {} failed", run.failed_segments));
    }
    let mut value = if detail == Detail::Full {
        json!(run)
    } else {
        let level = run.video_level.as_ref();
        if let Some(level) = level.filter(|level| level.result_available) {
            line.push_str(&format!(", whole-video result {}", text::line(&level.status, 40)));
        }
        json!({
            "run_id": run.run_id,
            "prompt_id": run.prompt_id,
            "status": run.status,
            "total_segments": run.total_segments,
            "successful_segments": run.successful_segments,
            "failed_segments": run.failed_segments,
            "video_level": level.map(|level| json!({"status": level.status, "result_available": level.result_available})),
        })
    };
    text::prune(&mut value);
    if detail == Detail::Full {
        line = value.to_string();
    }
    Row { line, value }
}
