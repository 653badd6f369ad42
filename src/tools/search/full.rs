//! Everything that is known of a hit, each fact once.
//!
//! An answer of the API says the same thing under several names: extracted fields twice as an object and up to three times as a text,
//! scores by field and by occurrence. The structured answer keeps all these names, because the contract has them. The text has each fact
//! once, because some clients show a model only the text.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::tools::text;

/// Members that a hit's line shows already, or that are made of other members.
const IN_THE_LINE: [&str; 15] = [
    "video_id",
    "video_name",
    "start_time",
    "end_time",
    "score",
    "content",
    "result_id",
    "result_type",
    "thumbnail_available",
    "gif_available",
    "media_type",
    "matched_field",
    "weak",
    "values",
    "preview_segment_uri",
];
/// Other addresses of what a link leads to: where the files are in the vendor's storage, and moving forms of the picture.
const ADDRESSES: [&str; 8] = [
    "gcs_uri",
    "gif_gcs_uri",
    "thumbnail_gcs_uri",
    "video_uri",
    "gif_uri",
    "preview_gif_uri",
    "preview_thumbnail_uri",
    "matched_image_gcs_uri",
];
/// Other names of the run and the index.
const SAME_RUN: [&str; 4] = ["run_id", "prompt_run_id", "source_run_id", "source_index_id"];
/// Members that come first, because callers want them most.
const FIRST: [&str; 3] = ["segment_id", "extracted_metadata", "metadata"];
/// Texts that the API makes of the extracted fields.
const TEXTS: [&str; 3] = ["text_content", "metadata_text", "content_preview"];

/// The members of a hit that its line does not show, without repetitions. `told` are ids that the answer has named before: of the index and
/// of the run.
pub fn said_once(members: &Map<String, Value>, told: &[&str]) -> Value {
    let fields = members.get("extracted_metadata").or_else(|| members.get("metadata"));
    let mut known: HashSet<String> = fields.map(words_of).unwrap_or_default();
    let mut out = Map::new();
    let linked = members.values().any(|value| value.as_str().is_some_and(|text| text.starts_with("http")));
    let first = FIRST.iter().filter_map(|name| members.get_key_value(*name));
    for (name, value) in first.chain(members.iter().filter(|(name, _)| !FIRST.contains(&name.as_str()))) {
        let repeats = match name.as_str() {
            name if IN_THE_LINE.contains(&name) => true,
            "metadata" => members.get("extracted_metadata") == Some(value),
            name if TEXTS.contains(&name) => !adds_words(value, &mut known),
            name if ADDRESSES.contains(&name) => linked,
            name if SAME_RUN.contains(&name) => {
                value.as_str().is_some_and(|id| told.contains(&id) || (name != "run_id" && members.get("run_id") == Some(value)))
            }
            "matched_field_paths" => names_all(value, members.get("field_scores")),
            "field_instance_scores" | "matched_field_instances" => members.contains_key("field_scores"),
            _ => false,
        };
        if !repeats && !is_empty(value) {
            out.insert(name.clone(), short_numbers(value));
        }
    }
    let mut out = Value::Object(out);
    text::prune(&mut out);
    out
}

/// Takes inline pictures out: base64 in text is unreadable to a model and can fill its context.
pub fn drop_pictures(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !matches!(name.as_str(), "thumbnail_data" | "gif_data" | "first_thumbnail"));
            members.values_mut().for_each(drop_pictures);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_pictures),
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::String(content) => content.is_empty(),
        _ => false,
    }
}

/// Whether a text has words that are not known yet; from then on they are known.
fn adds_words(value: &Value, known: &mut HashSet<String>) -> bool {
    let new: HashSet<String> = words_of(value).difference(known).cloned().collect();
    // One new word is too little: the last word of a text that was cut may be only a part of a known word.
    let adds = new.len() > 1;
    known.extend(new);
    adds
}

fn names_all(paths: &Value, scores: Option<&Value>) -> bool {
    let scores = scores.and_then(Value::as_object);
    paths
        .as_array()
        .is_some_and(|paths| paths.iter().all(|path| path.as_str().zip(scores).is_some_and(|(path, scores)| scores.contains_key(path))))
}

/// All words of a value, member names included, in lower case.
fn words_of(value: &Value) -> HashSet<String> {
    let text = match value {
        Value::String(content) => content.clone(),
        other => other.to_string(),
    };
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// The value with at most four decimals in each number: what comes after them is noise.
fn short_numbers(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => number.as_f64().map_or(Value::Null, |number| text::rounded(number, 4)),
        Value::Array(items) => items.iter().map(short_numbers).collect(),
        Value::Object(members) => Value::Object(members.iter().map(|(name, value)| (name.clone(), short_numbers(value))).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn once(value: Value) -> Value {
        let Value::Object(members) = value else { unreachable!() };
        said_once(&members, &["r"])
    }

    #[test]
    fn what_repeats_is_said_once() {
        let fields = json!({"scene": "A train burns.", "people": 3});
        let hit = json!({
            "video_id": "v", "segment_id": "s", "metadata": fields, "extracted_metadata": fields,
            "text_content": "scene: A train burns.\npeople: 3", "metadata_text": "scene: A train burns.\npeople: 3", "content_preview": "A train bu…",
            "field_scores": {"scene": 0.123_456_7}, "matched_field_paths": ["scene"], "matched_field_instances": [{"field_path": "scene"}],
            "marker": {}, "gcs_uri": "gs://a/b", "run_id": "r", "prompt_run_id": "r",
        });
        assert_eq!(
            once(hit),
            json!({"segment_id": "s", "extracted_metadata": fields, "field_scores": {"scene": 0.1235}, "gcs_uri": "gs://a/b"})
        );
    }

    #[test]
    fn what_differs_is_kept() {
        let hit = json!({
            "metadata": {"title": "x"}, "extracted_metadata": {"scene": "y"}, "text_content": "spoken words that are in no field",
            "metadata_text": "spoken words that are in no field", "matched_field_paths": ["scene"],
        });
        let once = once(hit);
        for name in ["metadata", "extracted_metadata", "text_content", "matched_field_paths"] {
            assert!(once.get(name).is_some(), "{name}: {once}");
        }
        assert!(once.get("metadata_text").is_none());
        assert!(self::once(json!({"metadata": {"title": "x"}})).get("metadata").is_some());
    }
}
