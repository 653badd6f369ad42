//! `process_media`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{
    describe, price,
    repeated::{self, NotStarted, Starting},
    starts::Fingerprint,
};
use crate::{
    api::{
        Endpoint,
        facade::{ProcessMedia, SegmentationMode},
        ids::{JobId, PromptId, VideoId},
        run::Estimate,
        runs::{EstimateRun, RunRequest, Target},
    },
    client,
    consent::Stake,
    session::CallError,
    tools::{
        Answer, ArgumentError, Context, Effect, Spec, ToolError,
        names::{IndexName, Named},
        schema::{Kind, Member},
        spending::{Charge, not_dearer},
        text,
    },
};

/// The length of fixed segments if a call names none, in seconds.
const FIXED_SECONDS: u32 = 10;

/// Start a run from a prompt or an instruction, which costs media tokens.
#[derive(Deserialize, JsonSchema)]
pub struct ProcessMediaTool {
    prompt_id: Option<PromptId>,
    /// Instead of `prompt_id`, in words.
    #[schemars(length(min = 1, max = 12_000))]
    prompt_instruction: Option<String>,
    #[schemars(length(min = 1, max = 100), extend("x-narrows" = true))]
    video_ids: Option<Vec<VideoId>>,
    index_id: Option<IndexName>,
    #[schemars(length(min = 1, max = 200))]
    index_name: Option<String>,
    /// The import.
    import_job_id: Option<JobId>,
    segmentation_mode: Option<SegmentationMode>,
    #[schemars(range(min = 1, max = 300), extend("x-seconds" = true))]
    fixed_segment_duration_seconds: Option<u32>,
    advanced_transcription: Option<bool>,
    create_image_embeddings: Option<bool>,
    #[schemars(length(min = 1, max = 255))]
    idempotency_key: Option<String>,
    #[schemars(range(min = 0.0))]
    max_mt: Option<f64>,
}

impl Spec for ProcessMediaTool {
    type Endpoint = ProcessMedia;
    const NAME: &'static str = "process_media";
    const TITLE: &'static str = "Process media";
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] =
        &[Member::always("run_id", Kind::Text), Member::maybe("run", Kind::Object), Member::maybe("idempotency_key", Kind::Text)];
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
        let mut starting = match Starting::begin(cx, self.idempotency_key, fingerprint(&call), as_run(&call).as_ref()).await? {
            Ok(starting) => starting,
            Err(not_again) => return Ok(not_again),
        };
        let charge = agreed(cx, &mut call, &mut named, self.max_mt).await?;
        let (processed, key) = loop {
            let NotStarted { error, uncertain } = match starting.send(cx, &call).await {
                Ok(started) => break started,
                Err(failed) => failed,
            };
            if let Err(error) = again(cx, &mut call, &mut named, error).await {
                if let Some(charge) = charge.filter(|_| !uncertain) {
                    cx.give_back(charge).await;
                }
                return Err(error);
            }
        };
        let run = processed.run.or(processed.prompt_run).unwrap_or_default();
        let run_id = if run.run_id.is_empty() { processed.run_id.unwrap_or_default() } else { run.run_id.clone() };
        if run_id.is_empty() {
            // The slot keeps the key, so the same call again is the same request.
            return Err(CallError::Upstream(unnamed(key)).into());
        }
        let estimated_mt = run.billing_estimated_mt.filter(|mt| *mt > 0.0);
        let replayed = cx.memory.starts.knows(&run_id);
        starting.started(cx, fingerprint(&call), &run_id, &key, estimated_mt);
        let mut answer = Answer::new(format!("{}: {}", repeated::message(&run_id, replayed), describe::standing(&run)));
        if let Some(prompt) = &processed.prompt {
            let inline = processed.prompt_created_inline || processed.prompt_generated_inline == Some(true);
            let how = if inline { ", written from the instruction" } else { "" };
            answer.line(format!("Prompt: {} \"{}\"{how}", text::id(&prompt.prompt_id), text::line(&prompt.name, 80)));
            answer.fact("prompt", json!({"prompt_id": prompt.prompt_id, "name": prompt.name}));
            answer.fact("prompt_generated_inline", inline);
        }
        answer.line(describe::billing(&run));
        describe::left_out(&mut answer, &run.run_context);
        answer.line(format!("Idempotency key: {key} (the same call with it starts nothing new)"));
        answer.fact("run_id", run_id);
        answer.fact("started", !replayed);
        answer.fact("run", describe::row(&run, true).value);
        answer.fact("estimated_mt", estimated_mt);
        answer.fact("status_url", processed.status_url);
        answer.fact("idempotency_key", key);
        starting.note(&mut answer);
        describe::advise(cx, &mut answer, &run);
        Ok(answer)
    }
}

/// The error of a call whose answer names no run, although one may have started.
fn unnamed(key: String) -> Box<client::Error> {
    let mut error = client::Error::new(client::Kind::Decode { path: ".".to_owned(), reason: "it names no run".to_owned() });
    error.uncertain = true;
    error.idempotency_key = Some(key);
    error
}

/// Returns once the call may go on, with what was counted for it.
async fn agreed(
    cx: &Context<'_>,
    call: &mut ProcessMedia,
    named: &mut Option<Named>,
    max_mt: Option<f64>,
) -> Result<Option<Charge>, ToolError> {
    if !cx.needs_plan(Stake::Cost, max_mt) {
        return Ok(None);
    }
    let priced = priced(cx, call, named).await?;
    let mut price = priced.as_ref().and_then(|(_, estimate)| estimate.price());
    cx.within_limits(price, max_mt).await?;
    let plan = match &priced {
        Some((request, estimate)) => price::run(cx, request, estimate).await?,
        None => price::unknown(&summary(call)).about(json!(call).to_string()),
    };
    if cx.agree(plan).await? {
        let then = price;
        price = self::priced(cx, call, named).await?.and_then(|(_, estimate)| estimate.price());
        not_dearer(then, price)?;
    }
    Ok(Some(cx.charge(price).await?))
}

/// The run that the call would start, with its price. `None` if only the API knows the prompt or the media.
async fn priced(cx: &Context<'_>, call: &mut ProcessMedia, named: &mut Option<Named>) -> Result<Option<(RunRequest, Estimate)>, ToolError> {
    loop {
        let Some(request) = as_run(call) else { return Ok(None) };
        match cx.session.call(&EstimateRun(request.clone()), &cx.deadline).await {
            Ok(estimate) => return Ok(Some((request, estimate))),
            Err(error) => again(cx, call, named, error).await?,
        }
    }
}

/// Prepares another attempt, if the index was given by its name and was not found by that. Nothing was started then.
async fn again(cx: &Context<'_>, call: &mut ProcessMedia, named: &mut Option<Named>, error: CallError) -> Result<(), ToolError> {
    match named {
        None => Err(error.into()),
        Some(named) => {
            call.index_id = Some(named.retry(cx, error).await?.0);
            Ok(())
        }
    }
}

/// A call whose price only the API could know, in words.
fn summary(call: &ProcessMedia) -> String {
    let prompt = match (&call.prompt_id, &call.prompt_instruction) {
        (Some(id), _) => format!("the prompt {}", text::id(id.as_str())),
        (None, Some(instruction)) => format!("a new prompt, \"{}\"", text::line(instruction, 200)),
        (None, None) => "a prompt".to_owned(),
    };
    let media = match (&call.video_ids, &call.import_job_id, &call.index_id, &call.index_name) {
        (Some(ids), ..) => format!("{} ({})", text::count(ids.len(), "media item"), text::names(ids.iter().map(VideoId::as_str), 10)),
        (None, Some(job), ..) => format!("what the import {} brought", text::id(job.as_str())),
        (None, None, Some(index), _) => format!("all media of the index {}", text::id(index.as_str())),
        (None, None, None, Some(name)) => format!("all media of the index \"{}\"", text::line(name, 80)),
        _ => "all media without an index".to_owned(),
    };
    format!("{prompt} over {media}")
}

/// What makes two calls the same.
fn fingerprint(call: &ProcessMedia) -> Fingerprint {
    as_run(call).map_or_else(|| Fingerprint::of_processing(call), |request| Fingerprint::of_run(&request))
}

/// The request of `execute_prompt` that starts the same run. `None` if only the API knows the prompt or the media.
fn as_run(call: &ProcessMedia) -> Option<RunRequest> {
    if call.import_job_id.is_some() || call.index_name.is_some() {
        return None;
    }
    let fixed = call.segmentation_mode == Some(SegmentationMode::Fixed);
    // The facade has no `smart` segmentation.
    let mode = Some(if fixed { "fixed" } else { "content_aware" }.to_owned());
    let seconds = fixed.then(|| call.fixed_segment_duration_seconds.unwrap_or(FIXED_SECONDS));
    let target = match (&call.video_ids, &call.index_id) {
        (Some(video_ids), index_id) => Target::Videos { video_ids: video_ids.clone(), index_id: index_id.clone() },
        (None, Some(index_id)) => Target::Index { index_id: index_id.clone() },
        (None, None) => Target::Playground,
    };
    Some(RunRequest {
        prompt_id: call.prompt_id.clone()?,
        target,
        video_segmentation_type: mode.clone(),
        audio_segmentation_type: mode,
        video_segment_duration: seconds,
        audio_segment_duration: seconds,
        processing_model: None,
        enable_transcription: call.advanced_transcription,
        enable_image_embedding: call.create_image_embeddings,
    })
}
