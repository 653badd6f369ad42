//! `get_prompt_run_results`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::describe;
use crate::{
    api::{
        ids::{RunId, VideoId},
        page::Rows,
        results::SegmentResult,
        runs::ListResults,
    },
    client,
    tools::{
        Answer, Context, Detail, Effect, Spec, ToolError,
        answer::{Paging, Row},
        excerpt, links,
        schema::{Kind, Member},
        search::{drop_pictures, said_once},
        text,
        warnings::{self, Warnings},
    },
};

/// Read what a run extracted from each segment of one video.
#[derive(Deserialize, JsonSchema)]
pub struct GetPromptRunResults {
    run_id: RunId,
    video_id: VideoId,
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    cursor: Option<String>,
    /// full: all members and links.
    #[serde(default)]
    detail: Detail,
}

impl Spec for GetPromptRunResults {
    type Endpoint = ListResults;
    const NAME: &'static str = "get_prompt_run_results";
    const TITLE: &'static str = "Get run results";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] =
        &[Member::always("total_results", Kind::Count), Member::maybe("next_cursor", Kind::Text), Member::always("results", Kind::Rows)];
    const INSTEAD: &'static [&'static str] = &["search_videos"];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let list = ListResults { run_id: self.run_id, video_id: self.video_id, limit: self.limit, cursor: self.cursor };
        let response = match cx.session.fetch(&list, &cx.deadline).await {
            Ok(response) => response,
            Err(error) => {
                let Some(mut answer) = describe::why_not_found(cx, &list.run_id, &error).await else { return Err(error.into()) };
                answer.fact("video_id", list.video_id.as_str());
                answer.fact("total_results", 0);
                answer.fact("has_more", false);
                answer.rows("results", Vec::new());
                return Ok(answer);
            }
        };
        let page = client::decode_as::<Rows<SegmentResult>>(&response)?;
        let cursor = page.next_cursor();
        let mut answer = Answer::new(format!(
            "{} of {} on this page of {}{}",
            text::count(page.data.len(), "result"),
            list.run_id,
            list.video_id,
            if cursor.is_some() { "" } else { "; no more pages" }
        ));
        answer.fact("run_id", list.run_id.as_str());
        answer.fact("video_id", list.video_id.as_str());
        answer.fact("total_results", page.data.len());
        answer.fact("has_more", cursor.is_some());
        answer.paging(Paging { size: "limit", cursor: "cursor" }, cursor);
        answer.began(list.cursor.as_deref());
        if page.data.is_empty() && list.cursor.is_none() && cursor.is_none() && !client::was_cut() {
            answer.note("The run has no results of this item: it does not cover it, or has not come to it yet.");
            answer.close("get_prompt_run_status says how far it is.");
        }
        let warnings = Warnings::of(page.data.iter().map(|result| result.processing_warning.as_deref()));
        let full = self.detail == Detail::Full;
        if full {
            warnings.note(&mut answer, "result");
        } else {
            warnings.shared().note(&mut answer, "result");
        }
        answer.leave_to_json(full.then_some(warnings::MEMBER));
        let rows = if full {
            client::decode_as::<Rows<Map<String, Value>>>(&response)?
                .data
                .into_iter()
                .map(|members| warnings::aside(members, |members| full_row(members, list.run_id.as_str())))
                .collect()
        } else {
            page.data.into_iter().map(|result| row(result, &warnings)).collect()
        };
        answer.rows("results", rows);
        Ok(answer)
    }
}

fn row(result: SegmentResult, warnings: &Warnings) -> Row {
    let metadata = Value::Object(result.metadata);
    let range = result.start_time.zip(result.end_time);
    // Operations that fail together often say the same. Once is enough.
    let mut errors: Vec<String> = Vec::new();
    let all = [&result.field_extraction_error, &result.transcription_error, &result.image_embedding_error];
    for error in all.into_iter().flatten().map(|error| text::line(error, 160)) {
        if !error.is_empty() && !errors.contains(&error) {
            errors.push(error);
        }
    }
    let mut line = text::id(&result.segment_id);
    if let Some((start, end)) = range {
        line.push_str(&format!(" {}", text::range(start, end)));
    }
    let warning = warnings.own(result.processing_warning.as_deref());
    if !errors.is_empty() {
        line.push_str(&format!(" failed: {}", errors.join("; ")));
    }
    if let Some(warning) = &warning {
        line.push_str(&format!(" warning: {warning}"));
    }
    if metadata.as_object().is_some_and(|members| !members.is_empty()) {
        line.push_str(&format!(" {}", excerpt::brief(&metadata, 500)));
    }
    let mut value = json!({
        "segment_id": result.segment_id,
        "start_time": range.map(|(start, _)| text::rounded(start, 3)),
        "end_time": range.map(|(_, end)| text::rounded(end, 3)),
        "errors": if errors.is_empty() { None } else { Some(errors) },
        "processing_warning": warning,
    });
    text::prune(&mut value);
    if let Value::Object(members) = &mut value {
        members.insert("metadata".into(), metadata);
    }
    Row { line, value }
}

/// A result with everything that is known of it, each fact once in the line.
fn full_row(members: Map<String, Value>, run_id: &str) -> Row {
    let mut value = Value::Object(members);
    drop_pictures(&mut value);
    let time = |name: &str| value.get(name).and_then(Value::as_f64);
    let range = time("start_time").zip(time("end_time")).map(|(start, end)| format!("{} ", text::range(start, end)));
    let line = format!("{}{}", range.unwrap_or_default(), said_once(&value, &[run_id]));
    if let (Some(expiry), Value::Object(members)) = (links::earliest(&value), &mut value) {
        members.insert("links_expire_at".into(), json!(expiry));
    }
    Row { line, value }
}
