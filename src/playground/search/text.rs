//! Text search: ranks results and keeps one hit per segment.

use std::collections::{BTreeMap, HashSet};

use axum::http::StatusCode;
use rusqlite::Connection;

use super::{Key, Scope, distinct};
use crate::playground::{
    Refusal,
    rank::text::{self, TextHit, TextQuery},
    store::texts,
    time::now,
};

/// The factor for the score of a whole item. The summary of an item repeats what several of its scenes say. Without this factor it would
/// come before the scene that the question means.
const WHOLE_ITEM_SHARE: f64 = 0.8;

/// The most fields that a search may name.
const MOST_FIELDS: usize = 200;

/// A result with its score, 0 to 1.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// The result.
    pub key: Key,
    /// How well the result answers the question.
    pub score: f64,
    /// Which of its fields answer the question, and how well, best first.
    pub fields: Vec<(String, f64)>,
}

/// The results that answer a question best, best first. `fields` are field paths, with or without `[]`.
pub fn search(
    connection: &Connection,
    scope: &Scope,
    question: &str,
    fields: Option<&[String]>,
    limit: usize,
) -> Result<Vec<Ranked>, Refusal> {
    let fields = fields.map(distinct).filter(|fields| !fields.is_empty());
    if fields.as_ref().is_some_and(|fields| fields.len() > MOST_FIELDS) {
        let message = format!("List should have at most {MOST_FIELDS} items");
        return Err(Refusal::argument(["body", "search_fields"], message, "too_long"));
    }
    let fields = fields.map(|fields| with_list_marks(&fields, scope));
    let query = TextQuery {
        text: question,
        // This search can find a segment once per run. `newest_only` removes the others below.
        limit: usize::MAX,
        index_ids: &scope.index_ids,
        run_ids: scope.run_ids.as_deref(),
        fields: fields.as_deref(),
    };
    let missing = texts::before_searching(connection, now())?;
    if scope.lacks(&missing) {
        // An answer without them would say that what they hold is not there.
        let message =
            "The texts of runs that have ended could not be indexed, so they cannot be searched; the playground's log names the cause.";
        return Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", message));
    }
    let found = text::search(connection, &query)?.into_iter().filter(|hit| scope.names(&hit.video_id)).map(ranked).collect();
    let mut found = scope.newest_only(found, |hit: &Ranked| &hit.key);
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(limit);
    Ok(found)
}

/// The paths in the form that the index has: the given form, and every form with `[]` that has the same names.
fn with_list_marks(fields: &[String], scope: &Scope) -> Vec<String> {
    let plain = |path: &String| path.replace("[]", "");
    let wanted: HashSet<String> = fields.iter().map(plain).collect();
    let marked = scope.field_paths().into_iter().filter(|path| wanted.contains(&plain(path)));
    fields.iter().cloned().chain(marked).collect()
}

fn ranked(hit: TextHit) -> Ranked {
    let share = if hit.segment_id.is_some() { 1.0 } else { WHOLE_ITEM_SHARE };
    Ranked {
        key: Key { run_id: hit.run_id, video_id: hit.video_id, segment_id: hit.segment_id },
        score: (hit.score * share).clamp(0.0, 1.0),
        fields: hit.fields.into_iter().map(|(path, score)| (path, score.clamp(0.0, 1.0))).collect(),
    }
}

/// The scores of the fields by path.
pub fn field_scores(fields: &[(String, f64)]) -> BTreeMap<String, f64> {
    fields.iter().cloned().collect()
}
