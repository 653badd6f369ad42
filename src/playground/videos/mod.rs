//! Media items: reads them and how far runs have processed them, registers and processes them, and gives out their files.
//! `deletions` deletes them. Uploads and imports add more of them.

mod added;
pub mod links;
mod preview;
mod process;

use std::collections::HashSet;

use rusqlite::Connection;

use crate::{
    api::{
        page::Rows,
        run::PromptRun,
        videos::{BatchStatus, BatchVideos, GetVideo, ListPlaygroundVideos, ListVideoRuns, Video, VideoStatus, VideoWithDetails},
    },
    playground::{
        Refusal,
        auth::Caller,
        cursor::page_size,
        indexes::unplaced,
        markers,
        mount::{Mount, Reply},
        runs::{
            Item, Progress,
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
const DEFAULT_ROWS: u32 = 50;
const MOST_ROWS: u32 = 100;

/// Mounts the operations on media items.
pub fn mount(mount: Mount) -> Mount {
    mount
        .read(get_video)
        .read(batch_videos)
        .read(batch_status)
        .read(list_video_runs)
        .read(list_playground_videos)
        .looked_up(added::find, added::create_video)
        .created()
        .write(process::process_video)
        .accepted()
        .about(links::sign_url)
        .raw(links::stream_media)
        .about(preview::get_video_gif)
}

async fn list_playground_videos(_: Caller, store: Store, call: ListPlaygroundVideos) -> Reply<Rows<Video>> {
    let limit = page_size::<ListPlaygroundVideos>("limit", call.limit, DEFAULT_ROWS, MOST_ROWS)?;
    let after: i64 = store.cursors().position(&call, call.cursor.as_deref())?.unwrap_or_default();
    let rows = store.read(move |connection| page(connection, |item| item.index_id.is_none(), after, limit)).await?;
    Ok(unplaced(store.cursors().page(&call, limit, rows, |(order, _)| *order)?))
}

/// The items after a place in the order of lists, with their places: one more than the limit if there are so many.
pub fn page(connection: &Connection, wanted: impl Fn(&Item) -> bool, after: i64, limit: u32) -> Reply<Vec<(i64, Video)>> {
    let media = library::media(connection)?;
    let mut items: Vec<_> = media.values().filter(|item| item.order > after && wanted(item)).collect();
    items.sort_unstable_by_key(|item| item.order);
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1));
    let stored = runs::list(connection, &media, Which::All, None, usize::MAX)?;
    let now = now();
    let covers = |run: &&runs::Stored| run.facts.items.iter().any(|covered| items.iter().any(|item| item.video_id == covered.video_id));
    let progress: Vec<_> = stored.iter().filter(covers).map(|run| Progress::at(&run.facts, now)).collect();
    let mut rows: Vec<_> = items.into_iter().map(|item| (item.order, video_record(item, &progress))).collect();
    markers::show(connection, rows.iter_mut().map(|(_, video)| video))?;
    Ok(rows)
}

async fn get_video(_: Caller, store: Store, call: GetVideo) -> Reply<Video> {
    let found = videos(&store, vec![call.video_id.to_string()]).await?;
    found.into_iter().next().ok_or_else(|| Refusal::not_found("video"))
}

/// Reads several items. Items that do not exist are left out: if one was deleted in the meantime, the caller still gets the others.
async fn batch_videos(_: Caller, store: Store, call: BatchVideos) -> Reply<Rows<VideoWithDetails>> {
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
async fn batch_status(_: Caller, store: Store, call: BatchStatus) -> Reply<Rows<VideoStatus>> {
    check_ids(&call.video_ids)?;
    let rows = videos(&store, call.video_ids).await?.into_iter().map(|video| VideoStatus {
        video_id: video.video_id,
        status: video.status,
        processing_status: video.processing_status,
    });
    Ok(Rows::all(rows.collect()))
}

async fn list_video_runs(_: Caller, store: Store, call: ListVideoRuns) -> Reply<Rows<PromptRun>> {
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

/// What calls of these endpoints look like.
#[cfg(test)]
pub const SAMPLES: super::tests::round_trip::Samples = &[
    ("POST /videos", r#"{"title": "TEXT", "video_uri": "TEXT", "index_id": "ID", "source_connector_id": "ID"}"#),
    ("POST /videos/batch", r#"{"video_ids": ["TEXT", "", "2"]}"#),
    ("POST /videos/batch/status", r#"{"video_ids": ["TEXT", "", "2"]}"#),
    ("GET /videos/{video_id}/prompt-runs", r#"{"limit": 200}"#),
    ("POST /videos/{video_id}/process", r#"{"segment_duration": 300, "prompt_id": "ID"}"#),
    ("GET /playground/videos", r#"{"limit": 7, "cursor": "TEXT"}"#),
    ("POST /videos/upload", r#"{"title": "TEXT", "index_id": "TEXT"}"#),
    ("POST /workflow/upload", r#"{"title": "TEXT", "index_id": "TEXT", "index_name": "TEXT"}"#),
    ("POST /videos/signed-url", r#"{"gcs_uri": "TEXT", "force_refresh": true}"#),
    ("GET /media/stream", r#"{"token": "TEXT"}"#),
];
