//! Registers objects of Google Cloud Storage as media, and writes the answer to all calls that add media.

use rusqlite::Transaction;
use serde_json::{Map, Value, json};

use crate::{
    api::videos::{Added, CreateVideo, Video},
    playground::{
        Refusal,
        auth::Caller,
        mount::Reply,
        random,
        store::library::{self, NewMedia},
        time::{now, rfc3339},
    },
};

/// The most characters of a title.
const MOST_TITLE: usize = 255;

/// Registers an object. The playground has no way to the cloud, so the item is there, and its state is `failed` with a reason.
pub fn create_video(_: &Caller, tx: &Transaction<'_>, call: CreateVideo) -> Reply<Added> {
    let refuse = |member: &'static str, message: &str| Err(Refusal::argument(["body", member], message, "value_error"));
    let title = call.title.trim();
    if title.is_empty() || title.chars().count() > MOST_TITLE {
        return refuse("title", &format!("String should have 1 to {MOST_TITLE} characters"));
    }
    let Some((bucket, object)) = call.video_uri.strip_prefix("gs://").and_then(|rest| rest.split_once('/')) else {
        return refuse("video_uri", "String should be gs://bucket/object");
    };
    let Some(media_type) = media_type(object) else {
        return refuse("video_uri", "The object should be named like a video, audio or image file");
    };
    let problem = format!("the playground cannot read the bucket {bucket}");
    let media = NewMedia {
        title: title.to_owned(),
        index_id: Some(call.index_id.to_string()),
        media_type: media_type.to_owned(),
        uri: Some(call.video_uri.clone()),
        problem: Some(problem),
        ..NewMedia::default()
    };
    let connector = call.source_connector_id.map(|id| id.to_string());
    let problem = media.problem.clone();
    let index_id = media.index_id.clone();
    let video = library::add_media(tx, media)?;
    answer("object", connector, index_id, &video, problem)
}

/// The answer to a call that added one item: an import job that has ended, and the item in the same object.
///
/// `problem` says why the item cannot be processed. It is added all the same.
fn answer(
    source_kind: &str,
    connector_id: Option<String>,
    index_id: Option<String>,
    video: &Video,
    problem: Option<String>,
) -> Reply<Added> {
    let at = rfc3339(now());
    let file = video.video_uri.rsplit('/').next().unwrap_or_default();
    let failed: Vec<Value> = problem.iter().map(|problem| json!({"path": file, "error": problem})).collect();
    let rest = json!({
        "phase": null,
        "source_kind": source_kind,
        "connector_id": connector_id,
        "target_index_id": index_id,
        "index_id": index_id,
        "source_prefix": "",
        "file_pattern": file,
        "recursive": false,
        "created_at": at,
        "started_at": at,
        "completed_at": at,
        "progress": {
            "total_files": 1,
            "imported": i32::from(problem.is_none()),
            "failed": i32::from(problem.is_some()),
            "skipped": 0,
            "bytes_transferred": 0,
            "current_file": null,
        },
        "execution": {"status": "not_requested"},
        "failed_files": failed,
        "skipped_files": [],
        "video_uri": video.video_uri,
        "media_type": video.media_type,
        "duration_seconds": video.duration_seconds,
        "metadata_keys": null,
        "updated_at": null,
        "marker": video.marker,
    });
    let Value::Object(rest) = rest else { return Ok(Added { rest: Map::new(), ..Added::default() }) };
    Ok(Added {
        job_id: Some(random::id("imp_")?),
        video_id: Some(video.video_id.clone()),
        video_ids: vec![video.video_id.clone()],
        title: Some(video.title.clone()),
        status: if problem.is_some() { "failed" } else { "completed" }.into(),
        message: Some(match &problem {
            Some(problem) => format!("{} was added, but it cannot be processed: {problem}.", video.video_id),
            None => format!("{} was added.", video.video_id),
        }),
        error_message: problem,
        rest,
    })
}

/// What the name of a file says about it.
fn media_type(name: &str) -> Option<&'static str> {
    let extension = name.rsplit_once('.')?.1.to_lowercase();
    match extension.as_str() {
        "mp4" | "avi" | "mkv" | "mov" | "webm" => Some("video"),
        "mp3" | "wav" | "flac" | "m4a" | "ogg" | "aac" => Some("audio"),
        "jpg" | "jpeg" | "png" | "webp" | "gif" | "bmp" | "tiff" | "heic" | "heif" => Some("image"),
        _ => None,
    }
}
