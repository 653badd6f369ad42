//! Indexes, media items and their segments.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    api::indexes::Index,
    playground::runs::{Item, Media, Millis, Piece, stamp},
};

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

/// Adds an item with its segments.
pub fn add_item(conn: &Connection, item: &Item) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO videos (video_id, index_id, title, media_type, duration, created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![item.video_id, item.index_id, item.title, item.media_type, item.duration, item.created])?;
    let mut insert = conn.prepare_cached("INSERT INTO segments VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (position, piece) in (0_i64..).zip(&item.pieces) {
        insert.execute(params![piece.segment_id, item.video_id, position, piece.start, piece.end, piece.damage])?;
    }
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
    let mut pieces: std::collections::HashMap<String, Vec<Piece>> = std::collections::HashMap::new();
    let mut statement =
        conn.prepare_cached("SELECT video_id, segment_id, start_time, end_time, damage FROM segments ORDER BY video_id, position")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let segment_id: String = row.get(1)?;
        let scene = Some(segment_id.clone());
        let piece = Piece { segment_id, start: row.get(2)?, end: row.get(3)?, damage: row.get(4)?, scene };
        pieces.entry(row.get(0)?).or_default().push(piece);
    }
    let mut statement = conn.prepare_cached("SELECT video_id, index_id, title, media_type, duration, created_ms, seq FROM videos")?;
    let items = statement.query_map([], |row| {
        let video_id: String = row.get(0)?;
        let item = Item {
            pieces: pieces.remove(&video_id).unwrap_or_default(),
            video_id: video_id.clone(),
            index_id: row.get(1)?,
            title: row.get(2)?,
            media_type: row.get(3)?,
            duration: row.get(4)?,
            created: row.get(5)?,
            order: row.get(6)?,
        };
        Ok((video_id, Arc::new(item)))
    })?;
    items.collect()
}
