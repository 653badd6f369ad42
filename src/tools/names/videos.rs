//! The videos that exist, read to find out what titles and the ids of segments mean.

use std::sync::{Arc, Mutex, PoisonError};

use super::lookup::{Known, Missing, WITHIN, judge};
use crate::{
    api::{
        Scope,
        ids::{IndexId, SegmentId, VideoId, check_id},
        indexes::ListIndexVideos,
        segments::{BatchSegments, Segment},
        videos::{ListPlaygroundVideos, Video},
    },
    session::Deadline,
    tools::{Context, ToolError, text},
};

/// How many requests each step of a look-up may cost.
const MAX_REQUESTS: usize = 24;
/// How many videos one request for segments may name.
const BATCH: usize = 50;

/// The videos that a call has listed: a title and the id of a segment may both have to be looked up.
#[derive(Clone, Debug, Default)]
pub struct Listed(Arc<Mutex<Option<Arc<Vec<Known>>>>>);

/// The videos of all indexes, and those without one. A call lists them once.
pub(super) async fn videos(cx: &Context<'_>, deadline: &Deadline) -> Option<Arc<Vec<Known>>> {
    let listed = || cx.listed.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = listed().clone() {
        return Some(known);
    }
    let known = Arc::new(all_videos(cx, deadline).await?);
    *listed() = Some(Arc::clone(&known));
    Some(known)
}

async fn all_videos(cx: &Context<'_>, deadline: &Deadline) -> Option<Vec<Known>> {
    let indexes = super::list_indexes(cx, deadline).await.ok()?;
    let mut out = Vec::new();
    // One is kept for the media without an index.
    let mut left = MAX_REQUESTS.saturating_sub(2);
    let places = indexes.into_iter().filter_map(|index| Some((IndexId::parse(index.index_id).ok()?, index.name)));
    for place in places.map(Some).chain([None]) {
        let mut cursor = None;
        left = left.max(usize::from(place.is_none()));
        while left > 0 {
            left -= 1;
            let limit = Some(100);
            let page = match &place {
                Some((index_id, _)) => cx.session.call(&ListIndexVideos { index_id: index_id.clone(), limit, cursor }, deadline).await,
                None => cx.session.call(&ListPlaygroundVideos { limit, cursor }, deadline).await,
            };
            // What was found so far is useful, even if the rest cannot be read.
            let Ok(page) = page else { break };
            cursor = page.next_cursor().map(str::to_owned);
            let index = place.as_ref().map(|(_, name)| name.as_str());
            out.extend(page.data.into_iter().map(|video| Known { apart: apart(&video, index), id: video.video_id, name: video.title }));
            if cursor.is_none() {
                break;
            }
        }
    }
    Some(out)
}

/// What tells a video from another one with the same title: its length, its index, and when it was added.
fn apart(video: &Video, index: Option<&str>) -> String {
    let length = video.duration_seconds.map(text::clock);
    let index = index.map(|name| format!("in {name}"));
    let added = Some(&video.created_at).filter(|at| !at.is_empty()).map(|at| format!("added {at}"));
    [length, index, added].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The video that a segment belongs to: remembered from an answer of this process, else looked for in the segments of all videos.
pub async fn segment_video(cx: &Context<'_>, segment: &SegmentId) -> Option<VideoId> {
    if let Some(video) = cx.memory.video_of(segment.as_str()) {
        return VideoId::parse(video).ok();
    }
    let library = Library::read(cx).await?;
    library.segments(cx, &[segment.as_str()]).await.into_iter().next().map(|(video, _)| video)
}

/// Puts ids in place of titles that stand where ids should, and says so. For calls that leave out what the API does not know: to them a title
/// is only missing. A text with a digit, `_` or `-` is taken for an id, so that ids cost no look-up.
pub async fn for_titles(cx: &Context<'_>, mut given: Vec<VideoId>) -> (Vec<VideoId>, Vec<String>) {
    let is_title = |id: &VideoId| !id.as_str().contains(|c: char| c.is_ascii_digit() || matches!(c, '_' | '-'));
    let mut notes = Vec::new();
    if !given.iter().any(is_title) {
        return (given, notes);
    }
    let Some(library) = Library::read(cx).await else { return (given, notes) };
    for place in given.iter_mut().filter(|id| is_title(id)) {
        if let Some(id) = Some(place.as_str()).filter(|id| !library.has(id)).and_then(|title| library.titled(title).ok()) {
            notes.push(format!("`{}` was taken for {id}.", text::line(place.as_str(), 80)));
            *place = id;
        }
    }
    (given, notes)
}

/// The videos that exist, to find out what titles and segment ids mean. One reading serves all of them.
pub struct Library {
    videos: Arc<Vec<Known>>,
    deadline: Deadline,
}

impl Library {
    /// Lists the videos, as many as a few requests give. `None` if the key may not, or if nothing can be listed.
    pub async fn read(cx: &Context<'_>) -> Option<Self> {
        let deadline = cx.deadline.at_most(WITHIN);
        if !cx.session.may(Scope::Read, &deadline).await {
            return None;
        }
        Some(Self { videos: videos(cx, &deadline).await?, deadline })
    }

    /// Whether a video has this id.
    pub fn has(&self, id: &str) -> bool {
        self.videos.iter().any(|video| video.id == id)
    }

    /// The video with this title. The error names those that may be meant.
    pub fn titled(&self, title: &str) -> Result<VideoId, ToolError> {
        let Missing { sure, error, .. } = judge("video", title, &self.videos, None);
        sure.and_then(|(id, _)| VideoId::parse(id).ok()).ok_or_else(|| {
            let meant = match &error {
                ToolError::NoSuchResource { candidates, .. } if !candidates.is_empty() => format!("; did you mean {candidates}?"),
                _ => String::new(),
            };
            ToolError::NoSuchMoment(format!("{error}{meant}"))
        })
    }

    /// The segments with these ids and their videos, as far as they can be found. Remembers the videos.
    pub async fn segments(&self, cx: &Context<'_>, wanted: &[&str]) -> Vec<(VideoId, Segment)> {
        let mut out = Vec::new();
        let ids: Vec<String> = self.videos.iter().map(|video| video.id.clone()).filter(|id| check_id(id).is_ok()).collect();
        for batch in ids.chunks(BATCH).take(MAX_REQUESTS) {
            let call = BatchSegments { video_ids: Some(batch.to_vec()), targets: None };
            let Ok(found) = cx.session.call(&call, &self.deadline).await else { break };
            for video in found.data {
                let Ok(video_id) = VideoId::parse(video.video_id) else { continue };
                for segment in video.segments.into_iter().filter(|segment| wanted.contains(&segment.segment_id.as_str())) {
                    cx.memory.keep_segment(&segment.segment_id, video_id.as_str());
                    out.push((video_id.clone(), segment));
                }
            }
            if out.len() >= wanted.len() {
                break;
            }
        }
        out
    }
}
