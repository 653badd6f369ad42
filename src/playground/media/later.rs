//! Measures files that came when there was no ffprobe.

use std::sync::Arc;

use super::{Kind, Measured, measure, pieces};
use crate::playground::{Refusal, runs::Item, service::Service, store::library};

/// Measures all files whose duration is not known, if ffprobe is there now. It runs once, beside everything else.
pub async fn measure_later(service: Arc<Service>) {
    if service.tools.ffprobe.is_none() {
        return;
    }
    let waiting = service.store.read(|connection| {
        let unmeasured = |item: &Arc<Item>| item.source.as_ref().is_some_and(|source| !source.measured && source.file.is_some());
        Ok(library::media(connection)?.into_values().filter(unmeasured).collect::<Vec<_>>())
    });
    let items = match waiting.await {
        Ok(items) => items,
        Err(refusal) => return tracing::warn!(%refusal, "files that wait to be measured could not be listed"),
    };
    for item in items {
        let measured = tokio::select! {
            () = service.stopping.cancelled() => return,
            measured = measure_one(&service, &item) => measured,
        };
        if let Err(refusal) = measured {
            tracing::warn!(%refusal, video_id = item.video_id, "a file could not be measured");
        }
    }
}

async fn measure_one(service: &Service, item: &Item) -> Result<(), Refusal> {
    let Some(source) = &item.source else { return Ok(()) };
    let Some((file, kind)) = source.file.as_deref().and_then(|file| Some((file, Kind::named(file)?))) else { return Ok(()) };
    let path = service.scratch.folder(library::MEDIA_FOLDER).map_err(Refusal::internal)?.join(file);
    // The words of subtitles beside the file were kept when it came.
    let words = source.facts.as_ref().and_then(|facts| facts.words.clone());
    let found = measure::measure(&service.tools, kind, &path, &item.title, source.size.unwrap_or_default(), words).await;
    let video_id = item.video_id.clone();
    let why = match &found {
        Ok(found) if found.duration > 0.0 => None,
        Ok(found) => found.measured.unmeasured.clone(),
        Err(refusal) if refusal.status.is_client_error() => Some(refusal.message().trim_end_matches('.').to_owned()),
        Err(_) => None,
    };
    if why.is_some() {
        // Nobody should be told that ffprobe is missing once it has looked.
        let facts = Measured { unmeasured: why, ..source.facts.as_deref().cloned().unwrap_or_default() };
        return service.store.write(move |tx| Ok(library::set_facts(tx, &video_id, &facts)?)).await;
    }
    let found = found?;
    let write = move |tx: &rusqlite::Transaction<'_>| {
        let film = Arc::new(found.measured);
        library::set_measures(tx, &video_id, found.duration, &film)?;
        Ok(library::set_pieces(tx, &video_id, &pieces(&video_id, &found.scenes, Some(&film)))?)
    };
    service.store.write(write).await
}
