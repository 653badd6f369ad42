//! What a prompt extracts from media, in the form of the prompt's schema: the facts of the library, or what was measured of uploaded files.

use serde_json::{Map, Value};

use super::{ItemProgress, Piece};
use crate::{
    api::prompts::Prompt,
    playground::{
        library::{
            self, Film, Scene,
            extract::{extract, extract_film, extract_measured},
        },
        media::facts,
    },
};

/// The result of a segment that can be processed. The result is empty if nothing is known of the media.
pub fn of_segment(prompt: &Prompt, piece: &Piece) -> Map<String, Value> {
    if let Some(film) = &piece.film {
        return object(extract_measured(&Value::Object(prompt.json_schema.clone()), &facts::of_stretch(film, piece.start, piece.end)));
    }
    let Some((film, scene)) = shown(piece) else { return Map::new() };
    object(extract(&Value::Object(prompt.json_schema.clone()), film, scene, (piece.start, piece.end)))
}

/// The scene that a segment shows.
fn shown(piece: &Piece) -> Option<(&'static Film, &'static Scene)> {
    library::library().ok()?.scene(piece.scene.as_deref()?)
}

/// The result of an item as a whole, made from its segments that succeeded.
pub fn of_item(prompt: &Prompt, item: &ItemProgress) -> Map<String, Value> {
    let Some(video_level) = &prompt.video_level else { return Map::new() };
    if let Some(film) = item.item.source.as_ref().and_then(|source| source.facts.as_ref()) {
        let seen = item.steps.iter().filter(|step| step.phase.succeeded()).map(|step| (step.piece.start, step.piece.end));
        let seen: Vec<(f64, f64)> = seen.collect();
        return object(extract_measured(&Value::Object(video_level.json_schema.clone()), &facts::of_item(film, &seen)));
    }
    let Some(film) = library::library().ok().and_then(|library| library.film(&item.item.video_id)) else { return Map::new() };
    let seen: Vec<&Scene> = film
        .scenes
        .iter()
        .filter(|scene| item.steps.iter().any(|step| step.phase.succeeded() && step.piece.scene.as_ref() == Some(&scene.segment_id)))
        .collect();
    object(extract_film(&Value::Object(video_level.json_schema.clone()), film, &seen))
}

/// What the result of a segment says about itself. `None` if the library describes the media.
pub fn note(piece: &Piece) -> Option<&'static str> {
    let film = piece.film.as_ref()?;
    Some(if film.pictured || !film.sounds().is_empty() { facts::NOTE } else { facts::NOTE_UNSEEN })
}

/// The words spoken in a segment, as its transcription has them. Empty for silent media.
pub fn transcript(piece: &Piece) -> String {
    if let Some(film) = &piece.film {
        return film.spoken(piece.start, piece.end).unwrap_or_default();
    }
    shown(piece).and_then(|(_, scene)| scene.spoken_words.clone()).unwrap_or_default()
}

/// A result as lines of `field: value`, for people and for the previews of searches.
pub fn as_text(metadata: &Map<String, Value>) -> String {
    let lines: Vec<_> =
        metadata.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| format!("{name}: {}", flat(value))).collect();
    lines.join("\n")
}

/// The texts of a result by field path, for the index of the searches. A list of texts counts as one text.
pub fn texts(metadata: &Map<String, Value>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (name, value) in metadata {
        collect(name, value, &mut found);
    }
    found
}

fn collect(path: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if !text.trim().is_empty() => match found.iter_mut().find(|(known, _)| known == path) {
            Some((_, texts)) => {
                texts.push_str(", ");
                texts.push_str(text);
            }
            None => found.push((path.to_owned(), text.clone())),
        },
        Value::Array(items) => items.iter().for_each(|item| collect(&format!("{path}[]"), item, found)),
        Value::Object(members) => members.iter().for_each(|(name, value)| collect(&format!("{path}.{name}"), value, found)),
        _ => {}
    }
}

fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(flat).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(members) = value { members } else { Map::new() }
}
