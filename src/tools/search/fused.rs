//! What stands behind the score of a hit that was found by words and by a picture.
//!
//! A fused score says how far up a hit is in two rankings. A first place far from both the words and the picture has a high one. How near the
//! hit is, two other scores say, so these are shown and judged.

use crate::{api::hit::ShownHit, tools::text};

/// One of the two rankings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// That by words.
    Words,
    /// That by the picture.
    Picture,
}

/// How near a hit is to the words and to the picture. At least one of them is known.
#[derive(Debug, PartialEq)]
pub struct Nearness {
    words: Option<f64>,
    picture: Option<f64>,
}

/// That of a fused hit. A ranking without weight counts for nothing.
pub fn of(hit: &ShownHit, without: Option<Side>) -> Option<Nearness> {
    hit.fused_score?;
    let score = |score: Option<f64>, side| score.filter(|score| score.is_finite() && without != Some(side));
    let (words, picture) = (score(hit.text_score, Side::Words), score(hit.image_score, Side::Picture));
    (words.is_some() || picture.is_some()).then_some(Nearness { words, picture })
}

impl Nearness {
    /// The better of the two.
    pub fn best(&self) -> f64 {
        self.words.into_iter().chain(self.picture).fold(0.0, f64::max)
    }

    /// `words 0.51 picture 0.58`.
    pub fn line(&self) -> String {
        let said = [("words", self.words), ("picture", self.picture)];
        said.into_iter().filter_map(|(name, score)| Some(format!("{name} {}", text::score(score?)))).collect::<Vec<_>>().join(" ")
    }
}

/// The score that says how near any hit is.
pub fn likeness(hit: &ShownHit, without: Option<Side>) -> Option<f64> {
    let scores = match of(hit, without) {
        Some(nearness) => return Some(nearness.best()),
        None => [hit.reranked_score, hit.similarity_score, hit.matched_image_score],
    };
    scores.into_iter().flatten().filter(|score| score.is_finite()).reduce(f64::max).or(hit.fused_score)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rank_is_not_taken_for_nearness() {
        let hit: ShownHit =
            serde_json::from_value(json!({"video_id": "v", "fused_score": 0.94, "text_score": 0.31, "image_score": 0.58})).unwrap();
        let both = of(&hit, None).unwrap();
        assert_eq!((both.line().as_str(), both.best()), ("words 0.31 picture 0.58", 0.58));
        let words = of(&hit, Some(Side::Picture)).unwrap();
        assert_eq!((words.line().as_str(), words.best()), ("words 0.31", 0.31));
        let ranked: ShownHit = serde_json::from_value(json!({"video_id": "v", "fused_score": 0.94})).unwrap();
        assert_eq!(of(&ranked, None), None);
    }
}
