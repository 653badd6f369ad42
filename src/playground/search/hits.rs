//! Writes results as the API's hits.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    Scope,
    text::{Ranked, field_scores},
};
use crate::{
    api::{Marker, search::Hit},
    playground::runs::{Facts, Item, ItemProgress, Progress, Step, extraction, reading},
};

/// Characters of a preview.
const PREVIEW_CHARS: usize = 200;
/// A text that is shorter than this does not stand alone: the first text of the result follows it.
const TELLING_CHARS: usize = 24;

/// Writes ranked results as hits, in their order. Leaves out results that are not in the searchable runs of the scope.
pub fn hits(scope: &Scope, ranked: &[Ranked]) -> Vec<Hit> {
    let runs = scope.searchable();
    ranked.iter().filter_map(|ranked| hit(&runs, ranked)).collect()
}

fn hit(runs: &[Progress], ranked: &Ranked) -> Option<Hit> {
    let run = runs.iter().find(|run| run.facts.run_id == ranked.key.run_id)?;
    let item = run.item(&ranked.key.video_id)?;
    let mut hit = match &ranked.key.segment_id {
        Some(id) => of_segment(run.facts, item.item, item.steps.iter().find(|step| &step.piece.segment_id == id)?),
        None => of_item(run.facts, item),
    };
    hit.similarity_score = Some(ranked.score);
    if let Some((best, _)) = ranked.fields.first() {
        if let Some(matched) = preview_of(hit.extracted_metadata.as_ref(), best) {
            // A mood alone ("lively") does not say what the scene shows.
            let telling = matched.chars().count() >= TELLING_CHARS || hit.content_preview == matched;
            hit.content_preview = if telling { matched } else { shortened(&format!("{matched}: {}", hit.content_preview)) };
        }
        hit.field_scores = Some(field_scores(&ranked.fields));
        hit.matched_field_paths = Some(ranked.fields.iter().map(|(path, _)| path.clone()).collect());
    }
    Some(hit)
}

/// A hit for a segment, without scores.
pub fn of_segment(facts: &Facts, item: &Item, step: &Step) -> Hit {
    let metadata = reading::metadata(facts, step);
    Hit {
        result_type: "segment".into(),
        result_id: format!("segment:{}:{}", step.piece.segment_id, facts.run_id),
        segment_id: Some(step.piece.segment_id.clone()),
        start_time: Some(step.piece.start),
        end_time: Some(step.piece.end),
        thumbnail_available: step.piece.pictured(),
        processing_warning: extraction::note(step.piece).map(str::to_owned),
        ..blank(facts, item, metadata)
    }
}

/// A hit for an item as a whole, without scores.
pub fn of_item(facts: &Facts, item: &ItemProgress) -> Hit {
    let first = item.steps.iter().find(|step| step.phase.succeeded());
    Hit {
        result_type: "video".into(),
        result_id: format!("video:{}:{}", item.item.video_id, facts.run_id),
        preview_segment_id: first.map(|step| step.piece.segment_id.clone()),
        preview_start_time: first.map(|step| step.piece.start),
        preview_end_time: first.map(|step| step.piece.end),
        thumbnail_available: first.is_some_and(|step| step.piece.pictured()),
        processing_warning: first.and_then(|step| extraction::note(step.piece)).map(str::to_owned),
        ..blank(facts, item.item, extraction::of_item(&facts.prompt, item))
    }
}

fn blank(facts: &Facts, item: &Item, metadata: Map<String, Value>) -> Hit {
    let text = extraction::as_text(&metadata);
    Hit {
        video_id: item.video_id.clone(),
        video_uri: Some(item.uri()),
        video_name: Some(item.title.clone()),
        content_preview: extraction::texts(&metadata).first().map(|(_, text)| shortened(text)).unwrap_or_default(),
        text_content: text.clone(),
        metadata_text: Some(text),
        media_type: Some(item.media_type.clone()),
        metadata: Some(metadata.clone()),
        extracted_metadata: Some(metadata),
        field_scores: Some(BTreeMap::new()),
        matched_field_paths: Some(Vec::new()),
        run_id: Some(facts.run_id.clone()),
        prompt_id: Some(facts.prompt.prompt_id.clone()),
        source_index_id: item.index_id.clone(),
        marker: Marker::default(),
        ..Hit::default()
    }
}

fn preview_of(metadata: Option<&Map<String, Value>>, path: &str) -> Option<String> {
    extraction::texts(metadata?).into_iter().find(|(known, _)| known == path).map(|(_, text)| shortened(&text))
}

/// The start of a text, cut between two words.
fn shortened(text: &str) -> String {
    if text.chars().count() <= PREVIEW_CHARS {
        return text.to_owned();
    }
    let cut: String = text.chars().take(PREVIEW_CHARS - 1).collect();
    let end = cut.rfind(' ').unwrap_or(cut.len());
    format!("{}…", cut.get(..end).unwrap_or(&cut))
}
