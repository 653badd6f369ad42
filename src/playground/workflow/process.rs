//! Starts a run from a prompt or from an instruction.

use rusqlite::Transaction;

use crate::{
    api::{
        facade::{ProcessMedia, Processed, SegmentationMode},
        ids::{IndexId, PromptId, VideoId},
        runs::{ExecuteRun, RunRequest, Target},
    },
    playground::{
        BASE_PATH, Refusal,
        auth::Caller,
        imports, indexes,
        mount::Reply,
        naming, prompts,
        routes::runs,
        store::{library, records},
    },
};

/// The length of fixed segments if the call names none, in seconds.
const FIXED_SECONDS: u32 = 10;

/// Starts a run. It never creates an index: an index that does not exist is refused.
pub fn process(caller: &Caller, tx: &Transaction<'_>, call: ProcessMedia) -> Reply<Processed> {
    let target = target(tx, &call)?;
    let (prompt, inline) = match (&call.prompt_id, &call.prompt_instruction) {
        (Some(id), _) => (prompts::store::get(tx, id.as_str())?.ok_or_else(|| Refusal::not_found("prompt"))?, false),
        (None, instruction) => {
            let definition = prompts::definition(instruction.as_deref().unwrap_or_default())?;
            (prompts::save(tx, &definition)?, true)
        }
    };
    let fixed = call.segmentation_mode == Some(SegmentationMode::Fixed);
    let seconds = fixed.then(|| call.fixed_segment_duration_seconds.unwrap_or(FIXED_SECONDS));
    // The facade has no `smart` segmentation, so its default is the other one.
    let mode = Some(if fixed { "fixed" } else { "content_aware" }.to_owned());
    let request = RunRequest {
        prompt_id: PromptId::parse(prompt.prompt_id.as_str()).map_err(Refusal::internal)?,
        target,
        video_segmentation_type: mode.clone(),
        audio_segmentation_type: mode,
        video_segment_duration: seconds,
        audio_segment_duration: seconds,
        processing_model: None,
        enable_transcription: call.advanced_transcription,
        enable_image_embedding: call.create_image_embeddings,
    };
    let run = match call.import_job_id {
        Some(_) => runs::execute_on_imported(caller, tx, request)?,
        None => runs::execute_run(caller, tx, ExecuteRun(request))?,
    };
    Ok(Processed {
        status_url: format!("{BASE_PATH}/prompt-runs/{}", run.run_id),
        results_url: Some(format!("{BASE_PATH}/workflow/runs/{}/results", run.run_id)),
        run_id: Some(run.run_id.clone()),
        prompt: Some(prompt),
        run: Some(run.clone()),
        prompt_run: Some(run),
        prompt_created_inline: inline,
        prompt_generated_inline: Some(inline),
    })
}

fn target(tx: &Transaction<'_>, call: &ProcessMedia) -> Reply<Target> {
    if let Some(job) = &call.import_job_id {
        // The answer of the API always has a run, and the media of an unfinished job are not known.
        if !records::get::<imports::Job>(tx, job.as_str())?.state.is_over() {
            let message = format!("The import {job} is still under way; what it imports can be processed when it has ended.");
            return Err(Refusal::conflict("import_job_under_way", message));
        }
        let imported = records::texts_of(tx, "import_file", job.as_str(), "video_id")?;
        let video_ids: Vec<VideoId> = imported.into_iter().filter_map(|id| VideoId::parse(id).ok()).collect();
        if video_ids.is_empty() {
            let message = format!("The import {job} brought nothing that a run could process.");
            return Err(Refusal::bad_request("import_job_without_media", message));
        }
        return Ok(Target::Videos { video_ids, index_id: None });
    }
    let index_id = match (&call.index_id, &call.index_name) {
        (Some(id), _) => Some(id.clone()),
        (None, Some(name)) => Some(named(tx, name)?),
        (None, None) => None,
    };
    Ok(match (&call.video_ids, index_id) {
        (Some(video_ids), index_id) => Target::Videos { video_ids: video_ids.clone(), index_id },
        (None, Some(index_id)) => Target::Index { index_id },
        (None, None) => Target::Playground,
    })
}

/// The index of this name.
pub fn named(connection: &rusqlite::Connection, name: &str) -> Reply<IndexId> {
    let found = indexes::of_name(library::indexes(connection, true)?, &naming::one_line(name))?;
    let found = found.ok_or_else(|| Refusal::not_found("index").with("index_name", name))?;
    IndexId::parse(found.index_id).map_err(Refusal::internal)
}
