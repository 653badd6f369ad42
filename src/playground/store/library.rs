//! Indexes, media items and their segments.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use axum::http::StatusCode;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use super::json as column;
use crate::{
    api::{indexes::Index, videos::Video},
    playground::{
        Refusal, events,
        media::Measured,
        random,
        runs::{Item, Media, Millis, Piece, Source, record, stamp},
        time::now,
    },
};

/// The folder of the files of media, below that of all files of the playground.
pub const MEDIA_FOLDER: &str = "media";
/// The bucket of the addresses of media that came from no bucket.
pub const OWN_BUCKET: &str = "playground-media";

/// Media that somebody adds: by an upload, by an import, or as an object in a bucket.
#[derive(Clone, Debug, Default)]
pub struct NewMedia {
    /// The item whose file this is, if somebody has added that without the file. `None` makes a new one.
    pub video_id: Option<String>,
    /// Its display name.
    pub title: String,
    /// The index that it goes to. Without one it is in the account's playground.
    pub index_id: Option<String>,
    /// `video`, `audio` or `image`.
    pub media_type: String,
    /// Its address, `gs://…`. `None` makes one in the playground's own bucket.
    pub uri: Option<String>,
    /// Running time in seconds; 0 for images. `None` if it could not be measured: then no run takes it.
    pub duration: Option<f64>,
    /// The size of the file in bytes.
    pub size: Option<u64>,
    /// Its file, relative to the directory of the playground's media. `None` if the playground has no copy.
    pub file: Option<String>,
    /// The media type of the file, as `video/mp4`.
    pub content_type: Option<String>,
    /// Why it cannot be processed, if that is known already.
    pub problem: Option<String>,
    /// Whatever else was measured.
    pub facts: Option<Arc<Measured>>,
}

/// Adds an item without segments. Uploads, imports and registered objects all come in here.
///
/// Refuses with 404 if the index does not exist, and with 403 if it is one of the shared ones.
pub fn add_media(tx: &Connection, media: NewMedia) -> Result<Video, Refusal> {
    if let Some(index_id) = &media.index_id {
        own_index(tx, index_id)?;
    }
    let waiting = media.video_id.map(|video_id| take_unstored(tx, &video_id)).transpose()?.flatten();
    let video_id = waiting.as_ref().map_or_else(|| random::id("vid_"), |(item, ..)| Ok(item.clone()))?;
    let extension = media.file.as_deref().and_then(|file| file.rsplit_once('.')).map(|(_, extension)| extension);
    let own = || format!("gs://{OWN_BUCKET}/{video_id}{}", extension.map(|extension| format!(".{extension}")).unwrap_or_default());
    let source = Source {
        uri: media.uri.unwrap_or_else(own),
        file: media.file,
        content_type: media.content_type,
        size: media.size,
        measured: media.duration.is_some(),
        problem: media.problem,
        facts: media.facts,
    };
    let item = Item {
        state: source.problem.is_some().then(|| "failed".to_owned()),
        video_id,
        title: media.title,
        index_id: media.index_id,
        media_type: media.media_type,
        duration: media.duration.unwrap_or_default(),
        order: 0,
        created: waiting.as_ref().map_or_else(now, |(_, _, created)| *created),
        pieces: Vec::new(),
        source: Some(source),
    };
    add_item(tx, &item)?;
    if let Some((_, place, _)) = waiting {
        // It was told of when it was added.
        tx.prepare_cached("UPDATE videos SET seq = ?2 WHERE video_id = ?1")?.execute(params![item.video_id, place])?;
        return Ok(record::video(&item, &[]));
    }
    let told = json!({"video_id": item.video_id, "title": item.title, "media_type": item.media_type, "index_id": item.index_id});
    events::emit(tx, "media.created", told, item.index_id.as_deref())?;
    Ok(record::video(&item, &[]))
}

/// Removes an item of whose file the playground has no copy, so that one with the file can take its id, its place in lists and its time.
/// `None` if there is no such item.
fn take_unstored(tx: &Connection, video_id: &str) -> rusqlite::Result<Option<(String, i64, Millis)>> {
    tx.prepare_cached("DELETE FROM videos WHERE video_id = ?1 AND file IS NULL RETURNING video_id, seq, created_ms")?
        .query_row([video_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()
}

/// An index that the account may change. The vendor's shared indexes can be read by everybody and changed by nobody.
pub fn own_index(conn: &Connection, index_id: &str) -> Result<Index, Refusal> {
    let index = index(conn, index_id)?.ok_or_else(|| Refusal::not_found("index").with("index_id", index_id))?;
    if index.is_default {
        let message = format!("The index {index_id} is shared by all accounts, so it cannot be changed.");
        return Err(Refusal::new(StatusCode::FORBIDDEN, "authorization_shared_index", message));
    }
    Ok(index)
}

/// Adds an index.
pub fn add_index(conn: &Connection, index: &Index, created: Millis) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT INTO indexes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?.execute(params![
        index.index_id,
        index.name,
        index.description,
        index.user_id,
        created,
        index.is_default,
        index.sort_order
    ])?;
    Ok(())
}

/// The place after all indexes in the order of lists.
pub fn next_place(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT coalesce(max(sort_order), 0) + 1 FROM indexes")?.query_row([], |row| row.get(0))
}

/// Adds an item with its segments.
pub fn add_item(conn: &Connection, item: &Item) -> rusqlite::Result<()> {
    let source = item.source.as_ref();
    conn.prepare_cached(
        "INSERT INTO videos
             (video_id, index_id, title, media_type, duration, created_ms, uri, file, content_type, size, measured, problem, facts, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute(params![
        item.video_id,
        item.index_id,
        item.title,
        item.media_type,
        item.duration,
        item.created,
        source.map(|source| &source.uri),
        source.and_then(|source| source.file.as_ref()),
        source.and_then(|source| source.content_type.as_ref()),
        source.and_then(|source| source.size).and_then(|size| i64::try_from(size).ok()),
        source.map(|source| source.measured),
        source.and_then(|source| source.problem.as_ref()),
        source.and_then(|source| source.facts.as_deref()).map(column::write).transpose()?,
        item.state,
    ])?;
    add_pieces(conn, &item.video_id, &item.pieces)
}

/// Gives an item other segments than it has. The results of earlier runs stay only where the ids of the segments stay.
pub fn set_pieces(conn: &Connection, video_id: &str, pieces: &[Piece]) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM segments WHERE video_id = ?1")?.execute([video_id])?;
    add_pieces(conn, video_id, pieces)
}

fn add_pieces(conn: &Connection, video_id: &str, pieces: &[Piece]) -> rusqlite::Result<()> {
    let mut insert = conn.prepare_cached("INSERT INTO segments VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (position, piece) in (0_i64..).zip(pieces) {
        insert.execute(params![piece.segment_id, video_id, position, piece.start, piece.end, piece.damage])?;
    }
    Ok(())
}

/// Sets what was measured of the file of an item that was added without a duration.
pub fn set_measures(conn: &Connection, video_id: &str, duration: f64, facts: &Measured) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE videos SET duration = ?2, measured = 1, facts = ?3, media_type = ?4 WHERE video_id = ?1")?
        .execute(params![video_id, duration, column::write(facts)?, facts.media_type])?;
    Ok(())
}

/// Sets what is known of the file of an item whose duration is still unknown.
pub fn set_facts(conn: &Connection, video_id: &str, facts: &Measured) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE videos SET facts = ?2 WHERE video_id = ?1")?.execute(params![video_id, column::write(facts)?])?;
    Ok(())
}

/// All indexes in the order of lists, including the shared ones if `include_defaults` is true.
pub fn indexes(conn: &Connection, include_defaults: bool) -> rusqlite::Result<Vec<Index>> {
    conn.prepare_cached("SELECT * FROM indexes WHERE ?1 OR NOT is_default ORDER BY sort_order, index_id")?
        .query_map([include_defaults], read_index)?
        .collect()
}

/// One index.
pub fn index(conn: &Connection, index_id: &str) -> rusqlite::Result<Option<Index>> {
    conn.prepare_cached("SELECT * FROM indexes WHERE index_id = ?1")?.query_row([index_id], read_index).optional()
}

fn read_index(row: &Row) -> rusqlite::Result<Index> {
    Ok(Index {
        index_id: row.get("index_id")?,
        name: row.get("name")?,
        description: row.get("description")?,
        user_id: row.get("user_id")?,
        created_at: stamp(row.get("created_ms")?),
        is_default: row.get("is_default")?,
        sort_order: row.get("sort_order")?,
    })
}

/// All items with their segments. A playground's library is small (a few hundred rows), and runs are computed from all of it.
pub fn media(conn: &Connection) -> rusqlite::Result<Media> {
    let mut pieces: HashMap<String, Vec<Piece>> = HashMap::new();
    let mut statement =
        conn.prepare_cached("SELECT video_id, segment_id, start_time, end_time, damage FROM segments ORDER BY video_id, position")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let segment_id: String = row.get(1)?;
        let piece =
            Piece { scene: Some(segment_id.clone()), segment_id, start: row.get(2)?, end: row.get(3)?, damage: row.get(4)?, film: None };
        pieces.entry(row.get(0)?).or_default().push(piece);
    }
    let mut statement = conn.prepare_cached("SELECT * FROM videos")?;
    let items = statement.query_map([], |row| {
        let video_id: String = row.get("video_id")?;
        let source = read_source(row)?;
        let mut pieces = pieces.remove(&video_id).unwrap_or_default();
        if let Some(source) = &source {
            // The sample library describes its own scenes only.
            for piece in &mut pieces {
                (piece.scene, piece.film) = (None, source.facts.clone());
            }
        }
        let item = Item {
            pieces,
            video_id: video_id.clone(),
            index_id: row.get("index_id")?,
            title: row.get("title")?,
            media_type: row.get("media_type")?,
            duration: row.get("duration")?,
            created: row.get("created_ms")?,
            order: row.get("seq")?,
            source,
            state: row.get("state")?,
        };
        Ok((video_id, Arc::new(item)))
    })?;
    items.collect()
}

/// Whether there is an item with this id.
pub fn has_item(conn: &Connection, video_id: &str) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM videos WHERE video_id = ?1)")?.query_row([video_id], |row| row.get(0))
}

/// The files of all items.
pub fn files(conn: &Connection) -> rusqlite::Result<HashSet<String>> {
    conn.prepare_cached("SELECT file FROM videos WHERE file IS NOT NULL")?.query_map([], |row| row.get(0))?.collect()
}

fn read_source(row: &Row) -> rusqlite::Result<Option<Source>> {
    let Some(uri) = row.get::<_, Option<String>>("uri")? else { return Ok(None) };
    Ok(Some(Source {
        uri,
        file: row.get("file")?,
        content_type: row.get("content_type")?,
        size: row.get::<_, Option<i64>>("size")?.and_then(|size| u64::try_from(size).ok()),
        measured: row.get("measured")?,
        problem: row.get("problem")?,
        facts: row.get::<_, Option<String>>("facts")?.and_then(|facts| read_facts(&facts)).map(Arc::new),
    }))
}

/// What was measured. The item is there without it, too.
fn read_facts(written: &str) -> Option<Measured> {
    let facts = column::parse(written);
    facts.inspect_err(|error| tracing::warn!(%error, "what was measured of an item cannot be read")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(answer: Result<Video, Refusal>) -> u16 {
        answer.map(|video| video.title).unwrap_err().status.as_u16()
    }

    #[tokio::test]
    async fn added_media_are_listed_without_segments_and_refused_where_they_do_not_belong() {
        let opened = crate::playground::store::Store::open(None, |tx| crate::playground::seed::seed(tx)).await.unwrap();
        let job = |tx: &rusqlite::Transaction<'_>| {
            let film =
                NewMedia { title: "A film".into(), media_type: "video".into(), file: Some("ab/1.mp4".into()), ..NewMedia::default() };
            let unmeasured = add_media(tx, film.clone())?;
            assert_eq!((unmeasured.duration_seconds, unmeasured.status.as_str()), (None, "not_processed"));
            assert!(unmeasured.video_uri.starts_with("gs://playground-media/vid_") && unmeasured.video_uri.contains(".mp4"));
            let measured = add_media(tx, NewMedia { duration: Some(12.5), index_id: Some("idx_early_cinema".into()), ..film.clone() })?;
            let media = media(tx)?;
            assert!(media[&unmeasured.video_id].problem().is_some() && media[&unmeasured.video_id].index_id.is_none());
            let found = &media[&measured.video_id];
            assert_eq!((found.length(), found.problem(), found.pieces.len()), (Some(12.5), None, 0));
            assert_eq!(refusal(add_media(tx, NewMedia { index_id: Some("idx_none".into()), ..film.clone() })), 404);
            let shared = indexes(tx, true)?.into_iter().find(|index| index.is_default).unwrap();
            assert_eq!(refusal(add_media(tx, NewMedia { index_id: Some(shared.index_id), ..film })), 403);
            Ok(())
        };
        opened.store.write(job).await.unwrap();
    }
}
