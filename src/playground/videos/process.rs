//! Starts the processing of one item: runs a prompt over it, in segments of one length.

use rusqlite::Transaction;

use crate::{
    api::{
        runs::{ExecuteRun, RunRequest, Target},
        videos::{ProcessVideo, SEGMENT_SECONDS, Started},
    },
    playground::{Refusal, auth::Caller, mount::Reply, routes::runs::execute_run, store::library},
};

/// With a prompt, this starts a run of fixed segmentation. Without one it does nothing and says so: every item that can be processed is cut
/// into segments when it is added.
pub fn process_video(caller: &Caller, tx: &Transaction<'_>, call: ProcessVideo) -> Reply<Started> {
    let seconds = call.segment_duration.unwrap_or(SEGMENT_SECONDS);
    if !(1..=300).contains(&seconds) {
        return Err(Refusal::argument(["query", "segment_duration"], "Input should be 1 to 300 whole seconds", "value_error"));
    }
    let media = library::media(tx)?;
    let item = media.get(call.video_id.as_str()).ok_or_else(|| Refusal::not_found("video"))?;
    if let Some(problem) = item.problem() {
        let message = format!("The item {} cannot be processed: {problem}.", item.video_id);
        return Err(Refusal::bad_request(item.problem_code(), message));
    }
    if let Some(prompt_id) = call.prompt_id {
        let request = RunRequest {
            prompt_id,
            target: Target::Videos { video_ids: vec![call.video_id.clone()], index_id: None },
            video_segmentation_type: Some("fixed".into()),
            audio_segmentation_type: Some("fixed".into()),
            video_segment_duration: Some(seconds),
            audio_segment_duration: Some(seconds),
            processing_model: None,
            enable_transcription: None,
            enable_image_embedding: None,
        };
        let run = execute_run(caller, tx, ExecuteRun(request))?;
        return Ok(Started {
            message: format!("Processing of {} started as the run {}.", item.video_id, run.run_id),
            run_id: Some(run.run_id),
        });
    }
    let segments = match item.pieces.len() {
        1 => "1 segment".to_owned(),
        count => format!("{count} segments"),
    };
    Ok(Started { message: format!("{} has {segments} already. Give a prompt_id to process it.", item.video_id), run_id: None })
}
