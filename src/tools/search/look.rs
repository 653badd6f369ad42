//! What is shown of a hit: the sentence that answers the question, its field, and whether the hit is weak.

use serde_json::{Map, Value, value::RawValue};

use super::{
    fused,
    hits::Asked,
    question::{Question, Sentence},
};
use crate::api::{bounded::at_path, hit::ShownHit};

/// The most characters of a hit's own text in its line.
const LINE_TEXT: usize = 90;
/// A field's value with fewer characters does not tell what can be seen: a mood, for example.
const TELLING: usize = 24;
/// A hit is weak if both its score and its share of the question's words are below this.
///
/// Either alone is not enough. Scores of different models are not comparable, and a hit may use other words than the question. The score is
/// on the API's scale from 0 to 1.
const CLOSE: f64 = 0.5;

/// A hit as it is shown.
pub struct Look {
    /// Where its text comes from.
    pub field: Option<String>,
    /// The sentence that matters.
    pub sentence: String,
    /// Whether it is marked `weak`.
    pub weak: bool,
    /// The values that a filter asked for, by field.
    pub values: Map<String, Value>,
}

/// All that a hit's text says.
pub fn whole_text(hit: &ShownHit) -> String {
    let blank = |text: &&str| !text.trim().is_empty();
    if let Some(text) = hit.text_content.as_deref().filter(blank) {
        return text.to_owned();
    }
    let metadata_text = hit.metadata_text.as_deref().and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
    metadata_text.filter(|text| !text.trim().is_empty()).or_else(|| hit.content_preview.clone()).unwrap_or_default()
}

/// Finds what is shown of a hit.
pub fn look(hit: &ShownHit, question: Option<&Question>, asked: &Asked<'_>) -> Look {
    let whole = whole_text(hit);
    let preview = hit.content_preview.as_deref().filter(|text| !text.trim().is_empty()).unwrap_or_default();
    let metadata = hit.extracted_metadata.as_deref().or(hit.metadata.as_deref());
    let field = hit.field_scores.0.clone().or_else(|| hit.matched_field_paths.0.clone());
    let matched = field.as_deref().zip(metadata).and_then(|(field, metadata)| at_path(metadata, field)).map(|value| joined(&value));
    let answering = question.and_then(|question| answering(question, matched.as_deref(), field.as_deref(), (preview, &whole), metadata));
    let (field, sentence) = if let Some((field, sentence)) = answering {
        (field.map(str::to_owned), sentence)
    } else {
        let first = matched.as_deref().filter(|text| text.chars().count() >= TELLING || preview.is_empty());
        let (named, text) = split_name(first.unwrap_or(if preview.is_empty() { &whole } else { preview }), metadata);
        (named.filter(|_| first.is_none()).map(str::to_owned).or_else(|| field.clone()), Sentence::first_of(text))
    };
    let weak = match (fused::likeness(hit, asked.without), question) {
        _ if asked.continued => false,
        (None, _) => false,
        (Some(score), None) => score < CLOSE,
        (Some(score), Some(question)) => score < CLOSE && question.share_in(&[&whole, preview, name_of(hit).unwrap_or_default()]) < CLOSE,
    };
    let values = asked.conditions.iter().map(|condition| {
        let value = metadata.and_then(|metadata| at_path(metadata, &condition.field)).unwrap_or(Value::Null);
        (condition.field.clone(), value)
    });
    let most = if asked.conditions.is_empty() { LINE_TEXT } else { LINE_TEXT * 2 / 3 };
    Look { field, sentence: sentence.line(most), weak, values: values.collect() }
}

/// The sentence of a hit that holds most of the question's words, and its field; `None` if no sentence holds any. Among equals, the field
/// that the API found to match best wins.
fn answering<'t>(
    question: &Question,
    matched: Option<&'t str>,
    field: Option<&'t str>,
    (preview, whole): (&'t str, &'t str),
    metadata: Option<&RawValue>,
) -> Option<(Option<&'t str>, Sentence<'t>)> {
    let told = matched.map(|text| (field, question.best_sentence(text)));
    let mut best = told.filter(|(_, sentence)| sentence.words > 0);
    // Usually the preview is the start of the text or of the field.
    let start = preview.get(..preview.floor_char_boundary(60)).unwrap_or_default();
    let repeats = whole.starts_with(start) || matched.is_some_and(|matched| matched.starts_with(start));
    let preview = if repeats { "" } else { preview };
    for line in preview.lines().chain(whole.lines()) {
        let most = best.as_ref().map_or(0, |(_, best)| best.words);
        let sentence = question.best_sentence(line);
        // A line without the question's words needs no name, and to look for one takes longer.
        if sentence.words <= most {
            continue;
        }
        let (name, value) = split_name(line, metadata);
        if name.is_some() && name == field && matched.is_some() {
            continue;
        }
        let sentence = if name.is_some() { question.best_sentence(value) } else { sentence };
        if sentence.words > most {
            best = Some((name.or(field), sentence));
        }
    }
    best
}

/// Splits a line like `objects: rope, masks` into the field's name and its value. Texts that are made of fields have such lines. Others may
/// begin with a value, as in `calm: The sea`, so a word that is no field of what was extracted is none.
fn split_name<'t>(line: &'t str, metadata: Option<&RawValue>) -> (Option<&'t str>, &'t str) {
    let is_name = |name: &str| {
        name.len() <= 60
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && !name.contains(char::is_whitespace)
            && metadata.is_none_or(|metadata| at_path(metadata, name).is_some())
    };
    match line.split_once(": ") {
        Some((name, value)) if is_name(name) => (Some(name), value),
        _ => (None, line),
    }
}

/// A field's value as a text.
fn joined(value: &Value) -> String {
    match value {
        Value::String(content) => content.clone(),
        Value::Array(items) => items.iter().map(joined).collect::<Vec<_>>().join(", "),
        Value::Object(members) => members.values().map(joined).collect::<Vec<_>>().join(" "),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The name of a hit's video, if the hit has one.
pub fn name_of(hit: &ShownHit) -> Option<&str> {
    hit.video_name.as_deref().filter(|name| !name.trim().is_empty())
}
