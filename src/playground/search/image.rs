//! Image search: the pictures of segments by likeness to one that was sent.
//!
//! The library's pictures are drawn and looked at on first use, once per process: it takes longer than all else at the start
//! together, and most sessions never ask for it.

use std::{collections::HashMap, sync::OnceLock};

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{Key, Scope, results, text::Ranked};
use crate::playground::{
    Refusal,
    library::{self, picture},
    rank::picture::Features,
};

/// The looks of the library's pictures by segment.
pub type Looks = HashMap<String, Features>;

/// Clients pad base64 or leave it unpadded.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// Reads a picture sent as base64, with or without the head of a `data:` URL. 400 for what is no base64 or no picture.
pub fn read(image_data: &str) -> Result<Features, Refusal> {
    let text = image_data.trim();
    let text = if text.starts_with("data:") { text.split_once(',').map_or("", |(_, data)| data) } else { text };
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = BASE64.decode(text).map_err(|_| Refusal::bad_request("invalid_image_data", "`image_data` is not base64."))?;
    Features::of_bytes(&bytes)
        .map_err(|error| Refusal::bad_request("invalid_image_data", format!("`image_data` is not a picture that can be read: {error}.")))
}

/// The looks of all pictures of the library. Slow on first use: keep it off the threads that answer.
pub fn looks() -> Result<&'static Looks, Refusal> {
    static LOOKS: OnceLock<Looks> = OnceLock::new();
    if let Some(looks) = LOOKS.get() {
        return Ok(looks);
    }
    let library = library::library().map_err(Refusal::internal)?;
    let mut looks = Looks::new();
    for film in &library.films {
        for scene in &film.scenes {
            let drawn = picture::jpeg(film, scene).map_err(Refusal::internal)?;
            looks.insert(scene.segment_id.clone(), Features::of_bytes(&drawn).map_err(Refusal::internal)?);
        }
    }
    Ok(LOOKS.get_or_init(|| looks))
}

/// The results whose stills are most like a picture, best first.
pub fn search(scope: &Scope, looks: &Looks, wanted: &Features, limit: usize) -> Vec<Ranked> {
    let runs = scope.searchable();
    let found = results(scope, &runs)
        .filter(|(_, _, step)| step.phase.outcome().is_some_and(|outcome| outcome.image_embedding == Some(true)))
        .filter_map(|(run, item, step)| {
            let score = looks.get(&step.piece.segment_id)?.similarity(wanted);
            Some(Ranked { key: Key::of(run, item, step), score: score.clamp(0.0, 1.0), fields: Vec::new() })
        })
        .collect();
    let mut found = scope.newest_only(found, |hit: &Ranked| &hit.key);
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.key.cmp(&b.key)));
    found.truncate(limit);
    found
}
