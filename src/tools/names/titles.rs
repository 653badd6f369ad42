//! Titles of videos, which are shown with hits.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use crate::{
    api::{Scope, videos::BatchVideos},
    session::{CallError, Deadline},
    tools::Context,
};

/// How long an answer may wait for titles.
const TITLES_WITHIN: Duration = Duration::from_secs(4);
/// How many ids one batch may name.
const BATCH: usize = 100;

/// Titles of videos, as far as they could be looked up.
pub struct Titles {
    known: HashMap<String, String>,
    left_out: Option<String>,
}

impl Titles {
    /// The title of a video.
    pub fn get(&self, video_id: &str) -> Option<&str> {
        self.known.get(video_id).map(String::as_str)
    }

    /// Why titles are missing, if some are.
    pub fn left_out(&self) -> Option<&str> {
        self.left_out.as_deref()
    }
}

/// Looks up titles, in one call for all. They only enrich an answer: without the scope, or when the look-up fails, the answer goes out
/// without them and says so.
pub async fn titles(cx: &Context<'_>, videos: BTreeSet<String>) -> Titles {
    use std::sync::atomic::Ordering::Relaxed;

    let mut known = HashMap::new();
    {
        let remembered = cx.memory.titles();
        known.extend(videos.iter().filter_map(|id| Some((id.clone(), remembered.get(id)?.clone()))));
    }
    let missing: Vec<String> = videos.into_iter().filter(|id| !known.contains_key(id)).take(BATCH).collect();
    if missing.is_empty() {
        return Titles { known, left_out: None };
    }
    if cx.memory.batch_is_missing.load(Relaxed) {
        return Titles { known, left_out: Some("this API does not offer them in one call".into()) };
    }
    let deadline = Deadline::after(TITLES_WITHIN.min(cx.deadline.remaining()));
    if !cx.session.may(Scope::Read, &deadline).await {
        return Titles { known, left_out: Some("they need the scope read, which this key does not hold, or nobody could find out".into()) };
    }
    let left_out = match cx.session.call(&BatchVideos { video_ids: missing }, &deadline).await {
        Ok(videos) => {
            let mut remembered = cx.memory.titles();
            for video in videos.data {
                remembered.insert(&video.video_id, &video.title);
                known.insert(video.video_id, video.title);
            }
            None
        }
        Err(CallError::Upstream(error)) => {
            // A path that does not exist will not exist for the next search either.
            // A page without an error of the API is a proxy's, which may be gone by then.
            if error.status == Some(404) && error.problem.as_ref().is_some_and(|problem| !problem.is_missing_resource()) {
                cx.memory.batch_is_missing.store(true, Relaxed);
            }
            Some("looking them up failed".into())
        }
        Err(_) => Some("the key could not look them up".into()),
    };
    Titles { known, left_out }
}
