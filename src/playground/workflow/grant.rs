//! Gives out an address from which the file of an item can be downloaded.
//!
//! The description does not say what a run and a segment change. Here both must belong to the item, and the address of a segment ends in a
//! media fragment (`#t=`), at which players begin. The file is whole all the same.

use std::sync::Arc;

use axum::http::StatusCode;
use rusqlite::Connection;

use crate::{
    api::links::{GrantMedia, MediaGrant},
    playground::{
        Refusal,
        auth::Caller,
        media::Kind,
        mount::Reply,
        routes::results::not_covered,
        runs::{Item, Media, cut::id_prefix},
        service::Service,
        store::{library, runs},
        time::rfc3339,
        videos::links,
    },
};

pub async fn grant(service: Arc<Service>, _: Caller, call: GrantMedia) -> Reply<MediaGrant> {
    let base_url = service.base_url.clone();
    service.store.read(move |connection| granted(connection, &base_url, &call)).await
}

fn granted(connection: &Connection, base_url: &str, call: &GrantMedia) -> Reply<MediaGrant> {
    let media = library::media(connection)?;
    let item = media.get(call.video_id.as_str()).ok_or_else(|| Refusal::not_found("video"))?;
    if let Some(run_id) = &call.run_id {
        let run = runs::get(connection, &media, run_id.as_str())?.ok_or_else(|| Refusal::not_found("run"))?;
        let covered = run.items.iter().find(|covered| covered.video_id == item.video_id).ok_or_else(not_covered)?;
        let has = |segment_id: &str| covered.pieces.iter().any(|piece| piece.segment_id == segment_id);
        if let Some(segment_id) = call.segment_id.as_ref().filter(|id| !has(id.as_str())) {
            let message = format!("The run {run_id} has no segment {segment_id} of this video.");
            return Err(Refusal::new(StatusCode::NOT_FOUND, "resource_segment_not_found", message));
        }
    }
    let part = part(connection, &media, item, call)?;
    let kind = item.source.as_ref().and_then(|source| Kind::named(source.file.as_deref()?));
    // Whoever saves the file joins the name to a directory.
    let title = item.title.replace(['/', '\\'], "_");
    let name = kind.map_or_else(|| title.clone(), |kind| format!("{title}.{}", kind.extension));
    let (url, expires) = links::address(connection, base_url, item, Some(name.clone()))?.ok_or_else(|| links::not_stored(&item.uri()))?;
    Ok(MediaGrant {
        url: format!("{url}{part}"),
        filename: Some(name),
        mime_type: kind.map(|kind| kind.mime.to_owned()),
        expires_at: Some(rfc3339(expires)),
    })
}

/// The media fragment of the segment, if the call names one.
fn part(connection: &Connection, media: &Media, item: &Item, call: &GrantMedia) -> Reply<String> {
    let Some(segment_id) = &call.segment_id else { return Ok(String::new()) };
    let segment = runs::segment(connection, media, segment_id.as_str())?;
    let segment =
        segment.filter(|segment| segment.segment_id.starts_with(&id_prefix(item))).ok_or_else(|| Refusal::not_found("segment"))?;
    Ok(format!("#t={},{}", segment.start, segment.end))
}
