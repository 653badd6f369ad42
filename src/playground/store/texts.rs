//! Fills the text index: with the texts of ended runs, when the first search needs them.
//!
//! To index all texts of a new store takes most of the time of a start, and many a playground is started without one search. So the end of a
//! run only notes its name here. State follows from the clock, so the texts are the same whenever they are read.

use std::collections::HashSet;

use rusqlite::Connection;

use super::{library, runs, savepoint};
use crate::playground::{
    Refusal,
    rank::text::{self, TextRow},
    runs::{Millis, Progress, extraction, summary},
};

/// Notes that the texts of a run are to be indexed, for the first time or again.
pub fn note(connection: &Connection, run_id: &str) -> rusqlite::Result<()> {
    connection.prepare_cached("INSERT OR IGNORE INTO unindexed_runs VALUES (?1)")?.execute([run_id])?;
    Ok(())
}

/// Indexes the texts of all runs that were noted. Returns the runs for which that failed, because the disk takes nothing more, for example.
/// A search does not find their texts.
pub fn before_searching(connection: &Connection, now: Millis) -> rusqlite::Result<HashSet<String>> {
    let Err(refusal) = index_noted(connection, now) else { return Ok(HashSet::new()) };
    tracing::warn!(%refusal, "the texts of ended runs could not be indexed before a search");
    connection.prepare_cached("SELECT run_id FROM unindexed_runs")?.query_map([], |row| row.get(0))?.collect()
}

fn index_noted(connection: &Connection, now: Millis) -> Result<(), Refusal> {
    let noted = "SELECT u.run_id FROM unindexed_runs u JOIN runs r ON r.run_id = u.run_id ORDER BY r.seq";
    let noted: Vec<String> = connection.prepare_cached(noted)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    if noted.is_empty() {
        return Ok(());
    }
    savepoint::inside(connection, || {
        let media = library::media(connection)?;
        for run_id in noted {
            // Media that were deleted meanwhile are not among the items of the run any more.
            if let Some(facts) = runs::get(connection, &media, &run_id)? {
                index(connection, &Progress::at(&facts, now))?;
            }
            connection.prepare_cached("DELETE FROM unindexed_runs WHERE run_id = ?1")?.execute([run_id])?;
        }
        Ok(())
    })
}

/// Adds all texts of a run to the text index. Replaces texts that are already there.
fn index(connection: &Connection, progress: &Progress) -> Result<(), Refusal> {
    let facts = progress.facts;
    let plain = |paths: &[String]| paths.iter().map(|path| path.replace("[]", "")).collect::<HashSet<String>>();
    let indexing = &facts.prompt.semantic_indexing;
    let (of_segments, of_items) = (plain(&indexing.disabled_segment_fields), plain(&indexing.disabled_video_level_fields));
    for item in &progress.items {
        let add = |segment_id: Option<&str>, texts: Vec<(String, String)>, hidden: &HashSet<String>| {
            for (field_path, text) in texts.iter().filter(|(path, _)| !hides(hidden, path)) {
                let row = TextRow {
                    index_id: item.item.index_id.as_deref().unwrap_or_default(),
                    video_id: &item.item.video_id,
                    segment_id,
                    run_id: &facts.run_id,
                    field_path,
                    text,
                };
                text::add(connection, &row)?;
            }
            Ok::<_, rusqlite::Error>(())
        };
        for step in item.steps.iter().filter(|step| step.phase.succeeded()) {
            let texts = extraction::texts(&extraction::of_segment(&facts.prompt, step.piece));
            add(Some(&step.piece.segment_id), texts, &of_segments)?;
        }
        if facts.video_level() && summary::has_video_result(item) {
            add(None, extraction::texts(&extraction::of_item(&facts.prompt, item)), &of_items)?;
        }
    }
    Ok(())
}

/// Whether fields without `[]` name this path or a parent of it.
fn hides(hidden: &HashSet<String>, path: &str) -> bool {
    let path = path.replace("[]", "");
    let mut parents = path.match_indices('.').filter_map(|(end, _)| path.get(..end));
    hidden.contains(&path) || parents.any(|parent| hidden.contains(parent))
}
