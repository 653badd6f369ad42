//! Answers a question by search: the moments that fit it best, in words, with citations.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    api::search::Hit,
    playground::{
        Refusal,
        search::{Place, Scope, hits, text},
        store::{library, settle},
        time::now,
    },
};

/// How many moments an answer tells.
const MOST: usize = 5;
/// Moments that fit far worse than the best one are left out.
const LEAST_SHARE: f64 = 0.4;

/// What was found.
pub struct Found {
    /// The answer.
    pub text: String,
    /// The moments that it tells.
    pub citations: Vec<Value>,
    /// All results of the search.
    pub results: Vec<Value>,
    /// Where it looked.
    pub index_ids: Vec<String>,
    /// The runs whose results counted, if the question names some.
    pub run_ids: Vec<String>,
}

/// Searches the given indexes, or all of them.
pub fn retrieve(
    connection: &Connection,
    question: &str,
    index_ids: Option<Vec<String>>,
    run_ids: Option<Vec<String>>,
) -> Result<Found, Refusal> {
    let now = now();
    settle::settle(connection, now)?;
    let of_runs = run_ids.clone().filter(|_| index_ids.is_none());
    let index_ids = match index_ids {
        Some(ids) => ids,
        None => library::indexes(connection, true)?.into_iter().map(|index| index.index_id).collect(),
    };
    let Some(first) = index_ids.first().cloned() else {
        return Ok(Found { text: written(&[]), citations: Vec::new(), results: Vec::new(), index_ids, run_ids: Vec::new() });
    };
    let scope = match of_runs {
        // These may cover media without an index.
        Some(runs) => Scope::of(connection, now, Place::Runs(runs))?,
        None => Scope::read(connection, now, &first, Some(&index_ids), run_ids.as_deref())?,
    };
    let ranked = text::search(connection, &scope, question, None, MOST)?;
    let hits = hits::hits(&scope, &ranked);
    let best = hits.first().and_then(|hit| hit.similarity_score).unwrap_or_default();
    let fits = |hit: &&Hit| hit.similarity_score.is_some_and(|score| score >= best * LEAST_SHARE);
    let told: Vec<&Hit> = hits.iter().filter(fits).collect();
    Ok(Found {
        text: written(&told),
        citations: told.iter().map(|hit| citation(hit)).collect(),
        results: hits.iter().map(result).collect(),
        index_ids,
        run_ids: run_ids.unwrap_or_default(),
    })
}

/// Where a hit is. One for a whole video begins at the moment that stands for it.
fn times(hit: &Hit) -> (Option<f64>, Option<f64>) {
    (hit.start_time.or(hit.preview_start_time), hit.end_time.or(hit.preview_end_time))
}

fn citation(hit: &Hit) -> Value {
    let (start, end) = times(hit);
    json!({
        "video_id": hit.video_id, "segment_id": hit.segment_id.as_ref().or(hit.preview_segment_id.as_ref()), "start_time": start,
        "end_time": end, "video_title": hit.video_name, "quote": hit.content_preview, "run_id": hit.run_id,
    })
}

fn result(hit: &Hit) -> Value {
    let mut result = citation(hit);
    if let Some(members) = result.as_object_mut() {
        members.insert("similarity_score".into(), hit.similarity_score.into());
    }
    result
}

fn written(hits: &[&Hit]) -> String {
    if hits.is_empty() {
        return "No model speaks in the playground, and its search found nothing in the library for this question.".into();
    }
    let line = |(place, hit): (usize, &&Hit)| {
        let start = times(hit).0.map(|start| format!(" at {}", clock(start))).unwrap_or_default();
        format!("[{}] {}{start}: {}", place + 1, hit.video_name.as_deref().unwrap_or(&hit.video_id), hit.content_preview)
    };
    let lines: Vec<String> = hits.iter().enumerate().map(line).collect();
    format!("No model speaks in the playground. These moments of the library fit the question best:\n{}", lines.join("\n"))
}

/// Seconds as `m:ss`.
fn clock(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what a clock shows")]
    let whole = seconds.clamp(0.0, 359_999.0) as u64;
    format!("{}:{:02}", whole / 60, whole % 60)
}
