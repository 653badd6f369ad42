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
        Endpoint, Scope,
        facade::{ProcessMedia, SegmentationMode},
        ids::{JobId, PromptId, VideoId},
        imports::{GetImportJob, ListImportOutputs},
        run::Estimate,
        runs::{EstimateRun, RunRequest, Target},
        state,
        videos::{BatchVideos, GetVideo},
    },
    client,
    consent::{Stake, Unconfirmed},
    session::CallError,
    tools::{
        Answer, ArgumentError, Context, Effect, Spec, ToolError,
        names::{IndexName, Named},
        schema::{Kind, Member},
        spending::not_dearer,
        text,
    },
};

/// The length of fixed segments if a call names none, in seconds.
const FIXED_SECONDS: u32 = 10;
/// How many media of an import are read at a time, and how often.
const PAGE: u32 = 100;
const MOST_PAGES: usize = 10;

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
        if self.index_id.is_some() && self.index_name.is_some() {
            return Err(ArgumentError("give `index_id` or `index_name`, not both".into()).into());
        }
        // A name is looked up here, so that the run has a price. Without the scope for that, only the API knows it.
        let named_only = self.index_name.is_some();
        let (looked_up, index_name) = match self.index_name {
            Some(name) if cx.session.may(Scope::Read, &cx.deadline).await => (Some(IndexName(name)), None),
            name => (None, name),
        };
        let mut named = self.index_id.or(looked_up).map(|name| Named::new(name, None));
        let index_id = match &mut named {
            Some(named) => {
                let id = named.one(cx).await?;
                // What is not priced is not looked at by the API before somebody is asked.
                let unseen = named_only || self.prompt_id.is_none();
                let listed = if unseen { named.listed(cx).await? } else { None };
                listed.and_then(|ids| ids.into_iter().next()).or(Some(id))
            }
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
            index_name,
            segmentation_mode: self.segmentation_mode,
            fixed_segment_duration_seconds: self.fixed_segment_duration_seconds,
            advanced_transcription: self.advanced_transcription,
            create_image_embeddings: self.create_image_embeddings,
        };
        ProcessMedia::RULE(&call).map_err(ArgumentError)?;
        let request = as_run(&call, None);
        let mut starting =
            match Starting::begin(cx, self.idempotency_key, fingerprint(&call), request.as_ref(), ProcessMedia::REPEAT).await? {
                Ok(starting) => starting,
                Err(not_again) => return Ok(not_again),
            };
        let planned = cx.needs_plan(Stake::Cost, self.max_mt);
        let price = if planned {
            // Boxed, because it is large.
            match Box::pin(agreed(cx, &mut call, &mut named, self.max_mt, &mut starting)).await? {
                Ok(price) => price,
                Err(not_again) => return Ok(not_again),
            }
        } else {
            None
        };
        let (processed, mut order) = loop {
            match starting.send(cx, &call, price).await {
                Ok(started) => break started,
                Err(NotStarted::Unsent(error)) => return Err(error),
                // What was priced is what is sent.
                Err(NotStarted::Failed(error)) if planned => return Err(starting.failed(error.into())),
                Err(NotStarted::Failed(error)) => {
                    again(cx, &mut call, &mut named, error).await.map_err(|error| starting.failed(error))?;
                    if let Some(not_again) = anew(cx, &call, &mut starting).await? {
                        return Ok(not_again);
                    }
                }
            }
        };
        let key = order.key.clone();
        let run = processed.run.or(processed.prompt_run).unwrap_or_default();
        let run_id = if run.run_id.is_empty() { processed.run_id.unwrap_or_default() } else { run.run_id.clone() };
        if run_id.is_empty() {
            // The slot keeps the key, so the same call again is the same request.
            return Err(CallError::Upstream(unnamed(key)).into());
        }
        let estimated_mt = run.billing_estimated_mt.filter(|mt| *mt > 0.0);
        let replayed = starting.is_replay(cx, &order, &run_id, &run.executed_at);
        if replayed {
            cx.give_back(&mut order).await;
        }
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

/// Begins anew if the index of the call was looked up. If the call has started a run as it is now, gives the answer that says so.
async fn anew(cx: &Context<'_>, call: &ProcessMedia, starting: &mut Starting) -> Result<Option<Answer>, ToolError> {
    starting.anew(cx, fingerprint(call), as_run(call, None).as_ref(), ProcessMedia::REPEAT).await
}

/// Returns once the call may go on, with its price, or with the answer that it has started a run before.
async fn agreed(
    cx: &Context<'_>,
    call: &mut ProcessMedia,
    named: &mut Option<Named>,
    max_mt: Option<f64>,
    starting: &mut Starting,
) -> Result<Result<Option<f64>, Answer>, ToolError> {
    let priced = priced(cx, call, named).await?;
    if let Some(not_again) = anew(cx, call, starting).await? {
        return Ok(Err(not_again));
    }
    let counted = starting.is_counted(cx).await?;
    let price = priced.as_ref().and_then(|(_, estimate)| estimate.price());
    cx.within_limits(price, max_mt, counted).await.map_err(|over| match &priced {
        Some(_) => over,
        None => over.because(missing(cx, call)),
    })?;
    let plan = if let Some((request, estimate)) = &priced {
        Box::pin(price::run(cx, request, estimate)).await?
    } else {
        are_there(cx, call.video_ids.as_deref().unwrap_or_default()).await?;
        price::unknown(&summary(call)).about(meaning(cx, call, None).await)
    };
    let shown = (json!(call), plan.seen().to_owned());
    if !cx.agree(plan).await? {
        return Ok(Ok(price));
    }
    let again = self::priced(cx, call, named).await?;
    // A name may belong to another index by now, an import may have brought more, and the prompt may say something else.
    if (json!(call), meaning(cx, call, again.as_ref().map(|(request, _)| request)).await) != shown {
        return Err(Unconfirmed::OtherMeaning.into());
    }
    let now = again.and_then(|(_, estimate)| estimate.price());
    not_dearer(price, now)?;
    Ok(Ok(now))
}

/// What an agreement to the call is about, as of now.
async fn meaning(cx: &Context<'_>, call: &ProcessMedia, request: Option<&RunRequest>) -> String {
    match request {
        Some(request) => price::meaning_now(cx, json!(request), Some(&request.prompt_id)).await,
        None => price::meaning_now(cx, json!(call), call.prompt_id.as_ref()).await,
    }
}

/// Looks for media that no estimate looked for, so that nobody is asked about some that do not exist.
async fn are_there(cx: &Context<'_>, ids: &[VideoId]) -> Result<(), ToolError> {
    if ids.is_empty() || !cx.session.may(Scope::Read, &cx.deadline).await {
        return Ok(());
    }
    let batch = BatchVideos { video_ids: ids.iter().map(ToString::to_string).collect() };
    let Ok(found) = cx.session.call(&batch, &cx.deadline).await else { return Ok(()) };
    if let Some(missing) = ids.iter().find(|id| !found.data.iter().any(|item| item.video_id == id.as_str())) {
        // An answer that was cut may lack it. This one says which it is.
        cx.session.call(&GetVideo { video_id: missing.clone() }, &cx.deadline).await?;
    }
    Ok(())
}

/// The run that the call would start, with its price. `None` if only the API knows the prompt or the media.
async fn priced(cx: &Context<'_>, call: &mut ProcessMedia, named: &mut Option<Named>) -> Result<Option<(RunRequest, Estimate)>, ToolError> {
    let imported = match (&call.import_job_id, &call.prompt_id) {
        (Some(job), Some(_)) => imported(cx, job).await?,
        _ => None,
    };
    loop {
        let Some(request) = as_run(call, imported.as_deref()) else { return Ok(None) };
        match cx.session.call(&EstimateRun(request.clone()), &cx.deadline).await {
            Ok(estimate) => return Ok(Some((request, estimate))),
            // Nobody has named these media. The API leaves those out that it cannot process, and the price is not known.
            Err(CallError::Upstream(error)) if imported.is_some() && error.status.is_some_and(|status| (404..=422).contains(&status)) => {
                return Ok(None);
            }
            Err(error) => again(cx, call, named, error).await?,
        }
    }
}

/// The media that an import brought and that can be processed. `None` if there are too many to be read, or none, or if more may come: the
/// run is over whatever comes.
async fn imported(cx: &Context<'_>, job: &JobId) -> Result<Option<Vec<VideoId>>, ToolError> {
    if !cx.session.call(&GetImportJob { job_id: job.clone() }, &cx.deadline).await?.is_over() {
        return Ok(None);
    }
    let (mut media, mut cursor) = (Vec::new(), None);
    for _ in 0..MOST_PAGES {
        let page = cx.session.call(&ListImportOutputs { job_id: job.clone(), limit: Some(PAGE), cursor }, &cx.deadline).await?;
        if page.items.iter().any(|output| state::is_under_way(&output.status)) {
            return Ok(None);
        }
        let ready = page.items.into_iter().filter(|output| output.status.is_empty() || output.status == "ready");
        media.extend(ready.filter_map(|output| VideoId::parse(output.video_id).ok()));
        cursor = page.next_cursor.filter(|cursor| !cursor.is_empty());
        if cursor.is_none() {
            return Ok(Some(media).filter(|media| !media.is_empty()));
        }
    }
    Ok(None)
}

/// Why the price of the call is not known, and which calls make it known.
fn missing(cx: &Context<'_>, call: &ProcessMedia) -> String {
    let way = |name: &str| cx.offer.way_to(name).unwrap_or_else(|| name.to_owned());
    let (estimate, process) = (way("estimate_prompt_run"), way("process_media"));
    if call.prompt_instruction.is_some() {
        return format!(
            "The prompt is missing: it is not written yet. {} with this text as instruction saves it; {estimate} with its prompt_id then says the price, and {process} with prompt_id in place of prompt_instruction starts the run.",
            way("define_prompt"),
        );
    }
    if let Some(job) = &call.import_job_id {
        return format!(
            "The media are missing: what the import brought has no price as it stands. {} with job_id={} names them; {process} with video_ids in place of import_job_id can be priced.",
            way("list_import_outputs"),
            text::id(job.as_str()),
        );
    }
    format!(
        "The id of the index is missing, and this key may not look it up. {process} with index_id in place of index_name can be priced."
    )
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
    as_run(call, None).map_or_else(|| Fingerprint::of_processing(call), |request| Fingerprint::of_run(&request))
}

/// The request of `execute_prompt` that starts the same run. `None` if only the API knows the prompt or the media. `imported` are the media
/// of the call's import, if it names one.
fn as_run(call: &ProcessMedia, imported: Option<&[VideoId]>) -> Option<RunRequest> {
    if call.index_name.is_some() || call.import_job_id.is_some() && imported.is_none() {
        return None;
    }
    let fixed = call.segmentation_mode == Some(SegmentationMode::Fixed);
    // The facade has no `smart` segmentation.
    let mode = Some(if fixed { "fixed" } else { "content_aware" }.to_owned());
    let seconds = fixed.then(|| call.fixed_segment_duration_seconds.unwrap_or(FIXED_SECONDS));
    let target = match (call.video_ids.as_deref().or(imported), &call.index_id) {
        (Some(video_ids), index_id) => Target::Videos { video_ids: video_ids.to_vec(), index_id: index_id.clone() },
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
