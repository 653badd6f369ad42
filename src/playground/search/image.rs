//! Image search: ranks the pictures of segments by their likeness to a picture that the caller sends.
//!
//! A generated file stores the looks of the library's pictures. To draw all of them and compute their looks takes longer than all the rest
//! of the start together. In an unoptimised build it takes as long as a whole call may take.

use std::{collections::HashMap, sync::OnceLock};

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{Key, Scope, results, text::Ranked};
use crate::playground::{Refusal, library, rank::picture::Features};

/// The looks of the library's pictures, by segment.
pub type Looks = HashMap<String, Features>;

/// Some clients pad base64, others do not.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// Reads a picture in base64, with or without the head of a `data:` URL. Refuses with 400 what is not base64 or not a picture.
pub fn read(image_data: &str) -> Result<Features, Refusal> {
    let text = image_data.trim();
    let text = if text.starts_with("data:") { text.split_once(',').map_or("", |(_, data)| data) } else { text };
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = BASE64.decode(text).map_err(|_| Refusal::bad_request("invalid_image_data", "`image_data` is not base64."))?;
    Features::of_bytes(&bytes)
        .map_err(|error| Refusal::bad_request("invalid_image_data", format!("`image_data` is not a picture that can be read: {error}.")))
}

/// [`Features::to_bytes`] of every picture, in the order of the library. `UPDATE=1 cargo test --lib looks` writes the file again.
static STORED: &[u8] = include_bytes!("looks.bin");

/// The looks of all pictures of the library.
pub fn looks() -> Result<&'static Looks, Refusal> {
    static LOOKS: OnceLock<Looks> = OnceLock::new();
    if let Some(looks) = LOOKS.get() {
        return Ok(looks);
    }
    let library = library::library().map_err(Refusal::internal)?;
    let scenes = || library.films.iter().flat_map(|film| &film.scenes);
    let count = scenes().count();
    if count == 0 || !STORED.len().is_multiple_of(count) || STORED.is_empty() {
        return Err(Refusal::internal("the stored looks are of another library"));
    }
    let read = scenes().zip(STORED.chunks_exact(STORED.len() / count)).map(|(scene, stored)| {
        let features = Features::from_bytes(stored).map_err(Refusal::internal)?;
        Ok((scene.segment_id.clone(), features))
    });
    let looks = read.collect::<Result<Looks, Refusal>>()?;
    Ok(LOOKS.get_or_init(|| looks))
}

/// The results whose stills are most like a picture, best first.
pub fn search(scope: &Scope, looks: &Looks, wanted: &Features, limit: usize) -> Vec<Ranked> {
    let runs = scope.searchable();
    let found = results(scope, &runs)
        .filter(|(_, _, step)| step.phase.outcome().is_some_and(|outcome| outcome.image_embedding == Some(true)))
        .filter_map(|(run, item, step)| {
            let piece = step.piece;
            let score = match (&piece.scene, &piece.film) {
                (Some(scene), _) => looks.get(scene)?.similarity(wanted),
                (None, Some(film)) => Features::from_bytes(film.still(piece.start, piece.end)?).ok()?.similarity(wanted),
                (None, None) => return None,
            };
            Some(Ranked { key: Key::of(run, item, step), score: score.clamp(0.0, 1.0), fields: Vec::new() })
        })
        .collect();
    let mut found = scope.newest_only(found, |hit: &Ranked| &hit.key);
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.key.cmp(&b.key)));
    found.truncate(limit);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playground::library::picture;

    #[test]
    fn the_stored_looks_are_those_of_the_pictures() {
        let library = library::library().unwrap();
        // One thread per film, because a picture takes a tenth of a second without optimisation.
        let seen: Vec<Vec<Features>> = std::thread::scope(|scope| {
            let look = |film: &'static library::Film| {
                move || film.scenes.iter().map(|scene| Features::of_bytes(&picture::jpeg(film, scene).unwrap()).unwrap()).collect()
            };
            let threads: Vec<_> = library.films.iter().map(|film| scope.spawn(look(film))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let seen: Vec<Features> = seen.into_iter().flatten().collect();
        if std::env::var_os("UPDATE").is_some() {
            let bytes: Vec<u8> = seen.iter().flat_map(Features::to_bytes).collect();
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/playground/search/looks.bin"), bytes).unwrap();
            return;
        }
        let advice = "run `UPDATE=1 cargo test --lib looks` and commit looks.bin";
        let looks = looks().unwrap_or_else(|error| panic!("{error}; {advice}"));
        let scenes = library.films.iter().flat_map(|film| &film.scenes);
        for (scene, seen) in scenes.zip(&seen) {
            // The last bit of roots and angles depends on the machine.
            let likeness = looks[&scene.segment_id].similarity(seen);
            assert!(likeness > 0.995, "{}: {likeness}; {advice}", scene.segment_id);
        }
    }
}
