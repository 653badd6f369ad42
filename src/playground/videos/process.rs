//! Starts the processing of one item: cuts it into segments of one length, and runs a prompt over it if one is given.

use rusqlite::{Connection, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    api::{
        runs::{ExecuteRun, RunRequest, Target},
        videos::{ProcessVideo, Started},
    },
    playground::{
        Refusal,
        auth::Caller,
        events,
        mount::Reply,
        routes::runs::execute_run,
        runs::{Item, cut::pieces},
        store::{
            clock::Job,
            library,
            records::{self, Record},
        },
        time::{Millis, now},
    },
};

/// The length of a segment if the call does not say one, in seconds.
const DEFAULT_SECONDS: u32 = 10;
/// How long it takes to make one segment, and at most all of them.
const STEP: Millis = 50;
const LONGEST: Millis = 1_500;

/// With a prompt, this starts a run of fixed segmentation. Without one it only makes the segments, if the item has none yet. The samples of
/// the library keep the scenes that they have.
pub fn process_video(caller: &Caller, tx: &Transaction<'_>, call: ProcessVideo) -> Reply<Started> {
    let seconds = call.segment_duration.unwrap_or(DEFAULT_SECONDS);
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
    if !item.pieces.is_empty() {
        let message = format!("{} has {} segments already. Give a prompt_id to process them.", item.video_id, item.pieces.len());
        return Ok(Started { message, run_id: None });
    }
    let job = Processing { video_id: item.video_id.clone(), seconds, due: Some(now() + duration(item, seconds)) };
    match records::find::<Processing>(tx, &item.video_id)? {
        Some(earlier) if earlier.due.is_some() => {
            return Ok(Started { message: format!("Processing of {} is under way already.", item.video_id), run_id: None });
        }
        Some(_) => records::update(tx, &job)?,
        None => drop(records::insert(tx, &job)?),
    }
    library::set_state(tx, &item.video_id, Some("processing"))?;
    tell(tx, "media.processing.started", item)?;
    Ok(Started { message: format!("Processing of {} started: segments of {seconds} s.", item.video_id), run_id: None })
}

fn duration(item: &Item, seconds: u32) -> Millis {
    let count = pieces(item, seconds).len();
    (STEP * Millis::try_from(count).unwrap_or(LONGEST)).clamp(STEP, LONGEST)
}

fn tell(connection: &Connection, event: &str, item: &Item) -> Result<(), Refusal> {
    let data = json!({"video_id": item.video_id, "title": item.title, "media_type": item.media_type, "index_id": item.index_id});
    events::emit(connection, event, data, item.index_id.as_deref())
}

/// The processing of an item that was started without a prompt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Processing {
    video_id: String,
    seconds: u32,
    /// When the segments are made. `None` once they are.
    due: Option<Millis>,
}

impl Record for Processing {
    const KIND: &'static str = "media_processing";

    fn id(&self) -> &str {
        &self.video_id
    }

    fn due(&self) -> Option<Millis> {
        self.due
    }
}

impl Job for Processing {
    fn settle(&mut self, connection: &Connection, _: Millis) -> Result<(), Refusal> {
        self.due = None;
        // The item may have been deleted in the meantime.
        let media = library::media(connection)?;
        let Some(item) = media.get(&self.video_id) else { return Ok(()) };
        library::set_pieces(connection, &item.video_id, &pieces(item, self.seconds))?;
        library::set_state(connection, &item.video_id, Some("processed"))?;
        tell(connection, "media.processing.completed", item)
    }
}
