//! `process_media`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::describe;
use crate::{
    api::{
        Endpoint,
        facade::{ProcessMedia, SegmentationMode},
        ids::{JobId, PromptId, VideoId},
    },
    session::Session,
    tools::{
        Answer, ArgumentError, Context, Effect, Spec, ToolError,
        names::{IndexName, Named},
        schema::{Kind, Member},
        text,
    },
};

/// Start a run from a prompt or an instruction, which costs media tokens. Default: over all media in no index.
#[derive(Deserialize, JsonSchema)]
pub struct ProcessMediaTool {
    prompt_id: Option<PromptId>,
    /// Instead of `prompt_id`, in words.
    #[schemars(length(min = 1, max = 12_000))]
    prompt_instruction: Option<String>,
    #[schemars(length(min = 1, max = 100))]
    video_ids: Option<Vec<VideoId>>,
    index_id: Option<IndexName>,
    #[schemars(length(min = 1, max = 200))]
    index_name: Option<String>,
    /// The import.
    import_job_id: Option<JobId>,
    segmentation_mode: Option<SegmentationMode>,
    /// For fixed.
    #[schemars(range(min = 1, max = 300), extend("x-seconds" = true))]
    fixed_segment_duration_seconds: Option<u32>,
    advanced_transcription: Option<bool>,
    create_image_embeddings: Option<bool>,
    #[schemars(length(min = 1, max = 255))]
    idempotency_key: Option<String>,
}

impl Spec for ProcessMediaTool {
    type Endpoint = ProcessMedia;
    const NAME: &'static str = "process_media";
    const TITLE: &'static str = "Process media";
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] =
        &[Member::always("run_id", Kind::Text), Member::always("run", Kind::Object), Member::always("idempotency_key", Kind::Text)];
    const INSTEAD: &'static [&'static str] = &["estimate_prompt_run", "list_prompt_runs"];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let mut named = self.index_id.map(|name| Named::new(name, None));
        let index_id = match &mut named {
            Some(named) => Some(named.one(cx).await?),
            None => None,
        };
        let mut seen = std::collections::HashSet::new();
        let video_ids = self.video_ids.map(|mut ids| {
            ids.retain(|id| seen.insert(id.to_string()));
            ids
        });
        let mut call = ProcessMedia {
            prompt_id: self.prompt_id,
            prompt_instruction: self.prompt_instruction,
            import_job_id: self.import_job_id,
            video_ids,
            index_id,
            index_name: self.index_name,
            segmentation_mode: self.segmentation_mode,
            fixed_segment_duration_seconds: self.fixed_segment_duration_seconds,
            advanced_transcription: self.advanced_transcription,
            create_image_embeddings: self.create_image_embeddings,
        };
        ProcessMedia::RULE(&call).map_err(ArgumentError)?;
        // One key for all attempts of this call. If its answer is lost, the error names the key, so that repeating it bills nothing twice.
        let key = Session::key_for(self.idempotency_key.as_deref(), ProcessMedia::REPEAT.prefix().unwrap_or_default())?;
        let (processed, key) = loop {
            match (cx.session.call_keyed(&call, Some(&key), &cx.deadline).await, &mut named) {
                (Ok(processed), _) => break processed,
                (Err(error), None) => return Err(error.into()),
                // Nothing was started, because the index does not exist.
                (Err(error), Some(named)) => call.index_id = Some(named.retry(cx, error).await?.0),
            }
        };
        let run = processed.run.or(processed.prompt_run).unwrap_or_default();
        let run_id = if run.run_id.is_empty() { processed.run_id.unwrap_or_default() } else { run.run_id.clone() };
        let mut answer = Answer::new(format!("Run {} started: {}", text::id(&run_id), describe::standing(&run)));
        if let Some(prompt) = &processed.prompt {
            let inline = processed.prompt_created_inline || processed.prompt_generated_inline == Some(true);
            let how = if inline { ", written from the instruction" } else { "" };
            answer.line(format!("Prompt: {} \"{}\"{how}", text::id(&prompt.prompt_id), text::line(&prompt.name, 80)));
            answer.fact("prompt", json!({"prompt_id": prompt.prompt_id, "name": prompt.name}));
            answer.fact("prompt_generated_inline", inline);
        }
        answer.line(describe::billing(&run));
        answer.line(format!("Idempotency key: {key} (the same call with it starts nothing new)"));
        answer.fact("run_id", run_id);
        answer.fact("run", describe::row(&run, true).value);
        answer.fact("estimated_mt", Some(run.billing_estimated_mt).filter(|mt| *mt > 0.0));
        answer.fact("status_url", processed.status_url);
        answer.fact("idempotency_key", key);
        describe::advise(cx, &mut answer, &run);
        Ok(answer)
    }
}
