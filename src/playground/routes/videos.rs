//! Reads media items, and how far runs have processed them.

use std::collections::HashSet;

use crate::{
    api::{
        page::Rows,
        run::PromptRun,
        videos::{BatchStatus, BatchVideos, GetVideo, ListVideoRuns, Video, VideoStatus, VideoWithDetails},
    },
    playground::{
        Refusal,
        auth::Caller,
        cursor::page_size,
        markers,
        mount::Reply,
        runs::{
            Progress,
            record::{record, video as video_record},
        },
        store::{
            Store, library,
            runs::{self, Which},
        },
        time::now,
    },
};

const MOST_IDS: usize = 100;
const MOST_RUNS: u32 = 200;

pub async fn get_video(_: Caller, store: Store, call: GetVideo) -> Reply<Video> {
    let found = videos(&store, vec![call.video_id.to_string()]).await?;
    found.into_iter().next().ok_or_else(|| Refusal::not_found("video"))
}

/// Reads several items. Items that do not exist are left out: if one was deleted in the meantime, the caller still gets the others.
pub async fn batch_videos(_: Caller, store: Store, call: BatchVideos) -> Reply<Rows<VideoWithDetails>> {
    check_ids(&call.video_ids)?;
    let rows = videos(&store, call.video_ids).await?.into_iter().map(|video| VideoWithDetails {
        video_id: video.video_id,
        title: video.title,
        video_uri: video.video_uri,
        status: video.status,
        processing_status: video.processing_status,
        created_at: video.created_at,
        updated_at: video.updated_at,
        duration_seconds: video.duration_seconds,
        metadata_keys: video.metadata_keys,
        media_type: video.media_type,
        marker: video.marker,
        // Another endpoint gives the stills.
        gif_data: None,
        first_thumbnail: None,
    });
    Ok(Rows::all(rows.collect()))
}

/// Reads the status of several items. Items that do not exist are left out, as in [`batch_videos`].
pub async fn batch_status(_: Caller, store: Store, call: BatchStatus) -> Reply<Rows<VideoStatus>> {
    check_ids(&call.video_ids)?;
    let rows = videos(&store, call.video_ids).await?.into_iter().map(|video| VideoStatus {
        video_id: video.video_id,
        status: video.status,
        processing_status: video.processing_status,
    });
    Ok(Rows::all(rows.collect()))
}

pub async fn list_video_runs(_: Caller, store: Store, call: ListVideoRuns) -> Reply<Rows<PromptRun>> {
    let limit = match call.limit {
        Some(limit) => usize::try_from(page_size::<ListVideoRuns>("limit", Some(limit), MOST_RUNS, MOST_RUNS)?).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    store
        .read(move |connection| {
            let media = library::media(connection)?;
            let video_id = call.video_id.as_str();
            if !media.contains_key(video_id) {
                return Err(Refusal::not_found("video"));
            }
            let now = now();
            let stored = runs::list(connection, &media, Which::OfVideo(video_id), None, limit)?;
            let mut rows: Vec<PromptRun> = stored.iter().map(|run| record(&Progress::at(&run.facts, now))).collect();
            markers::show(connection, &mut rows)?;
            Ok(Rows::all(rows))
        })
        .await
}

fn check_ids(video_ids: &[String]) -> Result<(), Refusal> {
    if (1..=MOST_IDS).contains(&video_ids.len()) {
        return Ok(());
    }
    Err(Refusal::argument(["body", "video_ids"], format!("List should have 1 to {MOST_IDS} items"), "value_error"))
}

/// The items that exist, each once, in the order of the request.
async fn videos(store: &Store, video_ids: Vec<String>) -> Reply<Vec<Video>> {
    store
        .read(move |connection| {
            let media = library::media(connection)?;
            let now = now();
            let mut seen = HashSet::new();
            let mut found = Vec::new();
            for item in video_ids.iter().filter(|id| seen.insert(id.as_str())).filter_map(|id| media.get(id)) {
                let stored = runs::list(connection, &media, Which::OfVideo(&item.video_id), None, usize::MAX)?;
                let progress: Vec<_> = stored.iter().map(|run| Progress::at(&run.facts, now)).collect();
                found.push(video_record(item, &progress));
            }
            markers::show(connection, &mut found)?;
            Ok(found)
        })
        .await
}
