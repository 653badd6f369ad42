//! Reads segments, with what runs found in them, and their stills.

use std::{collections::HashSet, sync::Arc};

use rusqlite::Connection;

use super::results::not_covered;
use crate::{
    api::{
        page::Rows,
        segments::{BatchSegments, GetThumbnail, ListSegments, Segment, SegmentTarget, VideoSegments},
    },
    playground::{
        Refusal,
        auth::Caller,
        cursor::page_size,
        indexes::unplaced,
        library::{self as sample, picture},
        markers, media as added,
        mount::Reply,
        raw::{self, Raw},
        runs::{Item, Media, Millis, Progress, cut::id_prefix, reading},
        service::Service,
        store::{
            Store, library,
            runs::{self, Which},
        },
        time::now,
    },
};

const DEFAULT_ROWS: u32 = 50;
const MOST_ROWS: u32 = 100;
const MOST_VIDEOS: usize = 50;
const MOST_TARGETS: usize = 100;
/// The most segments of a batch: as many as a run may have.
const MOST_SEGMENTS: usize = 10_000;

/// Lists segments. They carry the newest results unless the call names a run or says `latest_run=false`, which gives no results.
pub async fn list_segments(_: Caller, store: Store, call: ListSegments) -> Reply<Rows<Segment>> {
    let limit = page_size::<ListSegments>("limit", call.limit, DEFAULT_ROWS, MOST_ROWS)?;
    let after: Option<usize> = store.cursors().position(&call, call.cursor.as_deref())?;
    let (video_id, run_id, latest) = (call.video_id.to_string(), call.run_id.clone(), call.latest_run != Some(false));
    let rows = store
        .read(move |connection| {
            let media = library::media(connection)?;
            let wanted = match run_id.filter(|id| !id.is_empty()) {
                Some(id) => Wanted::Run(id),
                None if latest => Wanted::Newest,
                None => Wanted::None,
            };
            let named = matches!(wanted, Wanted::Run(_));
            let found = segments(connection, &media, &video_id, wanted, now())?;
            // A batch tells of each item by itself. Here the empty list would be the whole answer.
            if named && found.segments.is_empty() {
                return Err(not_covered());
            }
            let first = after.map_or(0, |position| position.saturating_add(1));
            let most = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
            let mut rows: Vec<_> = found.segments.into_iter().enumerate().skip(first).take(most).collect();
            markers::show(connection, rows.iter_mut().map(|(_, segment)| segment))?;
            Ok(rows)
        })
        .await?;
    Ok(unplaced(store.cursors().page(&call, limit, rows, |(position, _)| *position)?))
}

pub async fn batch_segments(_: Caller, store: Store, call: BatchSegments) -> Reply<Rows<VideoSegments>> {
    let refuse = |message: &str| Err(Refusal::argument(["body"], message, "value_error"));
    // As in the other batches, items that do not exist are left out if the call gives ids. A target is named on purpose, so it must exist.
    let (targets, must_exist): (Vec<SegmentTarget>, bool) = match (call.video_ids, call.targets) {
        (Some(ids), None) if (1..=MOST_VIDEOS).contains(&ids.len()) => {
            let mut seen = HashSet::new();
            let ids = ids.into_iter().filter(|id| seen.insert(id.clone()));
            (ids.map(|video_id| SegmentTarget { video_id, run_id: None }).collect(), false)
        }
        (None, Some(mut targets)) if (1..=MOST_TARGETS).contains(&targets.len()) => {
            let mut seen = HashSet::new();
            targets.retain(|target| seen.insert((target.video_id.clone(), target.run_id.clone())));
            (targets, true)
        }
        (Some(_), None) => return refuse("`video_ids` should have 1 to 50 items"),
        (None, Some(_)) => return refuse("`targets` should have 1 to 100 items"),
        _ => return refuse("Give either `video_ids` or `targets`"),
    };
    store
        .read(move |connection| {
            let media = library::media(connection)?;
            let now = now();
            let targets = targets.into_iter().filter(|target| must_exist || media.contains_key(&target.video_id));
            let (mut rows, mut count) = (Vec::new(), 0);
            for target in targets {
                let wanted = target.run_id.filter(|id| !id.is_empty()).map_or(Wanted::Newest, Wanted::Run);
                let found = segments(connection, &media, &target.video_id, wanted, now)?;
                count += found.segments.len();
                if count > MOST_SEGMENTS {
                    let message =
                        format!("A batch has at most {MOST_SEGMENTS} segments. Name fewer media, or list their segments by pages.");
                    return Err(Refusal::bad_request("validation_too_many_segments", message));
                }
                rows.push(found);
            }
            markers::show(connection, &mut rows)?;
            Ok(Rows::all(rows))
        })
        .await
}

/// The still as JPEG bytes. It is drawn on request and not stored.
pub async fn get_thumbnail(service: Arc<Service>, _: Caller, call: GetThumbnail, _: raw::Wanted) -> Reply<Raw> {
    let segment_id = call.segment_id.to_string();
    let find = move |connection: &Connection| {
        let media = library::media(connection)?;
        let segment = runs::segment(connection, &media, &segment_id)?.ok_or_else(|| Refusal::not_found("segment"))?;
        let of_it = media.values().find(|item| segment.segment_id.starts_with(&id_prefix(item)));
        let file = of_it.and_then(|item| item.source.as_ref()?.file.clone()).filter(|_| segment.pictured());
        Ok((segment, file))
    };
    let (segment, file) = service.store.read(find).await?;
    if let Some(file) = file {
        let still = added::still(&service, &file, &segment).await?.ok_or_else(|| Refusal::not_found("thumbnail"))?;
        return Ok(Raw::bytes("image/jpeg", still));
    }
    let library = sample::library().map_err(Refusal::internal)?;
    let shown = segment.scene.as_deref().and_then(|scene| library.scene(scene));
    let (film, scene) = shown.ok_or_else(|| Refusal::not_found("thumbnail"))?;
    let drawn = tokio::task::spawn_blocking(move || picture::jpeg(film, scene)).await.map_err(Refusal::internal)?;
    drawn.map(|jpeg| Raw::bytes("image/jpeg", jpeg)).map_err(Refusal::internal)
}

/// Which results the segments carry.
enum Wanted {
    Run(String),
    /// The results of the newest run that has some; if no run has any, those of the newest run.
    Newest,
    None,
}

fn segments(connection: &Connection, media: &Media, video_id: &str, wanted: Wanted, now: Millis) -> Reply<VideoSegments> {
    let item = media.get(video_id).ok_or_else(|| Refusal::not_found("video"))?;
    let run = match wanted {
        Wanted::None => None,
        Wanted::Run(run_id) => Some(runs::get(connection, media, &run_id)?.ok_or_else(|| Refusal::not_found("run"))?),
        Wanted::Newest => {
            let mut all = runs::list(connection, media, Which::OfVideo(video_id), None, usize::MAX)?;
            let with_results = all.iter().position(|run| Progress::at(&run.facts, now).status.is_searchable());
            (!all.is_empty()).then(|| all.swap_remove(with_results.unwrap_or_default()).facts)
        }
    };
    let segments = match &run {
        None => item.pieces.iter().map(|piece| reading::plain_segment(item, piece)).collect(),
        Some(facts) => of_run(&Progress::at(facts, now), item),
    };
    Ok(VideoSegments { video_id: video_id.to_owned(), run_id: run.map(|facts| facts.run_id), segments })
}

/// The segments of an item as a run left them. Empty if the run does not cover the item.
fn of_run(progress: &Progress, item: &Item) -> Vec<Segment> {
    let steps = progress.item(&item.video_id).map(|item| item.steps.as_slice()).unwrap_or_default();
    steps.iter().map(|step| reading::segment(progress, item, step)).collect()
}
