//! Registers objects of buckets as media.

use std::sync::Arc;

use rusqlite::Transaction;
use serde_json::{Value, json};

use crate::{
    api::{
        connectors::Purpose,
        videos::{Added, CreateVideo, Video},
    },
    playground::{
        Refusal,
        auth::Caller,
        connectors::{self, bucket::blocking},
        imports::{self, Job, Registered},
        media::Kind,
        mount::Reply,
        naming,
        service::Service,
        store::library::{self, NewMedia},
    },
};

/// The most characters of a title.
const MOST_TITLE: usize = 255;

/// An object that can be registered.
pub struct Found {
    object: Registered,
    kind: &'static Kind,
    /// Why the playground cannot read its bucket.
    problem: Option<String>,
}

/// Checks a call, and looks for the bucket.
pub async fn find(service: Arc<Service>, call: CreateVideo) -> Reply<Found> {
    let refuse = |member: &'static str, message: &str| Err(Refusal::argument(["body", member], message, "value_error"));
    let title = naming::named("title", &call.title, MOST_TITLE)?;
    let Some((bucket, path)) =
        call.video_uri.strip_prefix("gs://").and_then(|rest| rest.split_once('/')).filter(|(bucket, _)| !bucket.is_empty())
    else {
        return refuse("video_uri", "String should be gs://bucket/object");
    };
    naming::within_path("video_uri", path)?;
    naming::within_path("video_uri", bucket)?;
    let Some(kind) = Kind::named(path) else {
        return refuse("video_uri", "The object should be named like a video, audio or image file");
    };
    let (bucket, path, index_id) = (bucket.to_owned(), path.to_owned(), call.index_id.to_string());
    let (connector_id, checked) = (call.source_connector_id.map(|id| id.to_string()), index_id.clone());
    let named = connector_id.clone();
    let kept = service.store.read(move |connection| {
        library::own_index(connection, &checked)?;
        let kept = named.map(|id| connectors::find(connection, &id)).transpose()?;
        kept.iter().try_for_each(|kept| kept.permits(Purpose::Import)).map(|()| kept)
    });
    if let Some(other) = kept.await?.filter(|kept| kept.bucket() != bucket) {
        return refuse("source_connector_id", &format!("This connector is for the bucket `{}`", other.bucket()));
    }
    let (looking, name) = (Arc::clone(&service), bucket.clone());
    let found = blocking(move || looking.buckets.find(&name)).await?;
    let problem = found.is_err().then(|| format!("the playground cannot read the bucket {bucket}"));
    let object = Registered { address: call.video_uri, path, title, index_id, connector_id, problem: None };
    Ok(Found { object, kind, problem })
}

/// Registers an object of a bucket. An import job copies it, and the answer is that job.
///
/// A bucket that is no directory here is in the cloud, and the playground has no way there. Then the item is there at once, and its state is
/// `failed` with a reason, as that of the job is.
pub fn create_video(_: &Caller, tx: &Transaction<'_>, found: Found) -> Reply<Added> {
    let Found { object, kind, problem } = found;
    let title = object.title.clone();
    let Some(problem) = problem else {
        let job = imports::register(tx, object)?;
        let message = format!("The import job {} copies it.", job.job_id);
        return answer(tx, &job, title, message, None);
    };
    let media = NewMedia {
        title: title.clone(),
        index_id: Some(object.index_id.clone()),
        media_type: kind.media_type.to_owned(),
        uri: Some(object.address.clone()),
        problem: Some(problem.clone()),
        ..NewMedia::default()
    };
    let video = library::add_media(tx, media)?;
    let message = format!("{} was added, but it cannot be processed: {problem}.", video.video_id);
    let job = imports::register(tx, Registered { problem: Some((problem, video.video_id.clone())), ..object })?;
    answer(tx, &job, title, message, Some(video))
}

/// The job, and the item in the same object if there is one: older clients read that.
fn answer(tx: &Transaction<'_>, job: &Job, title: String, message: String, video: Option<Video>) -> Reply<Added> {
    let mut all = serde_json::to_value(imports::shown(tx, job)?)?;
    if let (Value::Object(members), Some(video)) = (&mut all, &video) {
        let item = json!({
            "video_uri": video.video_uri,
            "media_type": video.media_type,
            "duration_seconds": video.duration_seconds,
            "metadata_keys": null,
            "updated_at": null,
            "marker": video.marker,
        });
        members.extend(item.as_object().cloned().unwrap_or_default());
    }
    let added: Added = serde_json::from_value(all)?;
    Ok(Added { video_id: video.map(|video| video.video_id), title: Some(title), message: Some(message), ..added })
}
