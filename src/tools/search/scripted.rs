//! Members of a hit that the contract has and that a model has no use for. They are in the form `json` alone.

use serde_json::{Map, Value, json};

use crate::{
    api::hit::ShownHit,
    tools::{Answer, Detail, text, warnings},
};

/// What every search adds to a hit.
const ALL: [&str; 3] = ["duration", "segment", warnings::MEMBER];
/// What a search by an image adds.
const BY_IMAGE: [&str; 3] = ["matched_image_score", "matched_image_timestamp", "shot_timestamp"];
/// What a search by words and an image adds.
const FUSED: [&str; 5] = ["fused_score", "text_score", "image_score", "text_rank", "image_rank"];
/// Of these, what says how near a hit is.
const NEAR: [&str; 2] = ["text_score", "image_score"];

/// The members that a model does not get. With everything it gets those that the API itself has.
pub fn left_out(search_type: Option<&str>, detail: Detail) -> impl Iterator<Item = &'static str> {
    ALL.into_iter().chain(of_kind(search_type).iter().copied().filter(move |name| detail == Detail::Concise && !NEAR.contains(name)))
}

fn of_kind(search_type: Option<&str>) -> &'static [&'static str] {
    match search_type {
        Some("image") => &BY_IMAGE,
        Some("multimodal") => &FUSED,
        _ => &[],
    }
}

/// Adds them to a hit.
pub fn add(members: &mut Map<String, Value>, hit: &ShownHit, place: Option<(f64, f64)>, search_type: Option<&str>) {
    members.entry(warnings::MEMBER).or_insert_with(|| json!(hit.processing_warning));
    for name in ALL.iter().chain(of_kind(search_type)) {
        let number = match *name {
            "duration" => place.map(|(start, end)| end - start),
            "matched_image_score" => hit.matched_image_score,
            "matched_image_timestamp" | "shot_timestamp" => hit.matched_image_timestamp,
            "fused_score" => hit.fused_score,
            "text_score" => hit.text_score,
            "image_score" => hit.image_score,
            "text_rank" => hit.text_rank,
            "image_rank" => hit.image_rank,
            // It would take further requests.
            _ => None,
        };
        members.entry(*name).or_insert_with(|| number.map_or(Value::Null, |number| text::rounded(number, 4)));
    }
}

/// Says of how many hits the official server would have read the whole segment, as it does. This one needs a single request for a search.
pub fn enrichment(answer: &mut Answer, hits: usize) {
    answer.script_fact("segment_enrichment", json!({"resolved_results": 0, "unresolved_results": hits, "failed_groups": 0}));
}
