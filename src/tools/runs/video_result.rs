//! `get_prompt_run_video_result`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::describe;
use crate::{
    api::{
        ids::{RunId, VideoId},
        results::VideoResult,
        runs::GetVideoResult,
    },
    client,
    tools::{
        Answer, Context, Detail, Effect, Spec, ToolError, links,
        schema::{Kind, Member},
        search::{drop_pictures, said_once},
        text,
    },
};

/// Read what a run extracted from one video as a whole, such as a summary.
#[derive(Deserialize, JsonSchema)]
pub struct GetPromptRunVideoResult {
    run_id: RunId,
    video_id: VideoId,
    /// full: all members and links.
    #[serde(default)]
    detail: Detail,
}

impl Spec for GetPromptRunVideoResult {
    type Endpoint = GetVideoResult;
    const NAME: &'static str = "get_prompt_run_video_result";
    const TITLE: &'static str = "Get whole-video result";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[Member::maybe("status", Kind::Text), Member::maybe("metadata", Kind::Object)];
    const INSTEAD: &'static [&'static str] = &["search_videos"];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let look = GetVideoResult { run_id: self.run_id, video_id: self.video_id };
        let response = match cx.session.fetch(&look, &cx.deadline).await {
            Ok(response) => response,
            Err(error) => return describe::why_not_found(cx, &look.run_id, &error).await.ok_or_else(|| error.into()),
        };
        let result = client::decode_as::<VideoResult>(&response)?;
        let title = result.video_name.as_deref().map(|title| format!(" \"{}\"", text::line(title, 80))).unwrap_or_default();
        let mut answer = Answer::new(format!(
            "{}{title} in run {}: {}",
            text::id(&result.video_id),
            text::id(&result.run_id),
            text::line(&result.status, 40)
        ));
        if self.detail == Detail::Full {
            let mut everything = Value::Object(client::decode_as::<Map<String, Value>>(&response)?);
            drop_pictures(&mut everything);
            answer.fact("links_expire_at", links::earliest(&everything));
            answer.line(said_once(&everything, &[result.run_id.as_str()]).to_string());
            answer.facts(everything);
            return Ok(answer);
        }
        let metadata = Value::Object(result.metadata);
        let used = usize::try_from(result.successful_segment_count).unwrap_or(usize::MAX);
        answer.line(format!("From {}, {} failed", text::count(used, "segment"), result.failed_segment_count));
        for (what, told) in [("Problem", &result.error_message), ("Warning", &result.processing_warning)] {
            if let Some(told) = told.as_deref().filter(|told| !told.is_empty()) {
                answer.line(format!("{what}: {}", text::line(told, 300)));
            }
        }
        if metadata.as_object().is_some_and(|members| !members.is_empty()) {
            answer.line(metadata.to_string());
        } else {
            answer.line("Nothing was extracted from the video as a whole.");
        }
        answer.facts(json!({
            "run_id": result.run_id,
            "video_id": result.video_id,
            "video_name": result.video_name,
            "status": result.status,
            "successful_segment_count": result.successful_segment_count,
            "failed_segment_count": result.failed_segment_count,
            "error_message": result.error_message.filter(|text| !text.is_empty()),
            "processing_warning": result.processing_warning.filter(|text| !text.is_empty()),
            "metadata": metadata,
        }));
        Ok(answer)
    }
}
