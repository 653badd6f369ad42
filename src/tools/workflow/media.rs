//! Media that stand still and are not ready, for the overview.

use std::{cmp::Reverse, time::Duration};

use chrono::Utc;

use super::overview::{Part, long, row};
use crate::{
    api::{
        ids::IndexId,
        indexes::{ListIndexVideos, ListIndexes},
        time,
        videos::{ListPlaygroundVideos, Video},
    },
    session::CallError,
    tools::{Context, answer::Row, runs::describe, text},
};

/// How many indexes are searched, with one page of each.
const MOST_INDEXES: usize = 3;
/// How many media a page has.
const PAGE: u32 = 100;
/// Media are told of once they have not changed for so long.
const STILL: Duration = Duration::from_mins(15);

/// Where nobody looked for them, the answer says so. One page is looked at of each of the indexes into which something was imported last, or
/// that were made last, and one of the media without an index.
pub async fn stuck(cx: &Context<'_>, recent: &[String]) -> Result<(Part, Option<String>), CallError> {
    let mut indexes = cx.session.call(&ListIndexes { include_defaults: Some(false) }, &cx.deadline).await?.data;
    indexes.sort_by_cached_key(|index| {
        let imported = recent.iter().position(|id| *id == index.index_id).unwrap_or(usize::MAX);
        (imported, Reverse(index.created_at.clone()))
    });
    let all = indexes.len();
    indexes.truncate(MOST_INDEXES);
    let mut part = Part::default();
    let mut more = all > MOST_INDEXES;
    for index in &indexes {
        let Ok(index_id) = IndexId::parse(index.index_id.as_str()) else { continue };
        let page = cx.session.call(&ListIndexVideos { index_id, limit: Some(PAGE), cursor: None }, &cx.deadline).await?;
        more |= page.next_cursor().is_some();
        part.rows.extend(page.data.iter().filter_map(|video| line(cx, video)));
    }
    let page = cx.session.call(&ListPlaygroundVideos { limit: Some(PAGE), cursor: None }, &cx.deadline).await?;
    more |= page.next_cursor().is_some();
    part.rows.extend(page.data.iter().filter_map(|video| line(cx, video)));
    part.counts = vec![("media_not_ready", part.rows.len())];
    let names = text::names(indexes.iter().map(|index| index.name.as_str()), MOST_INDEXES);
    let which = if all > MOST_INDEXES { format!("each of {} of {all} indexes ({names})", indexes.len()) } else { "each index".to_owned() };
    let unseen = format!("Of the media, at most {PAGE} of {which} and {PAGE} without an index were looked at.");
    Ok((part, more.then_some(unseen)))
}

/// The line of an item that stands still and is not ready.
fn line(cx: &Context<'_>, video: &Video) -> Option<Row> {
    let status = video.status.to_lowercase();
    if matches!(status.as_str(), "" | "ready" | "completed" | "processed" | "active" | "uploaded") {
        return None;
    }
    let changed = video.updated_at.as_deref().unwrap_or(&video.created_at);
    let still = time::instant(changed).and_then(|changed| (Utc::now() - changed).to_std().ok());
    // What came a moment ago is on its way. What has failed does not move any more.
    if !matches!(status.as_str(), "failed" | "error") && still.is_some_and(|still| still < STILL) {
        return None;
    }
    let since = still.map_or_else(|| format!("since {}", describe::minute(changed)), |still| format!("unchanged for {}", long(still)));
    let what = format!("\"{}\" {}, {since}", text::line(&video.title, 50), text::line(&status, 20));
    Some(row(cx, "media", &video.video_id, what, None, "get_video"))
}
