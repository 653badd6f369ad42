//! Reciprocal rank fusion: makes one ranking out of a text ranking and a picture ranking.
//!
//! It joins ranks and not scores, because the scores of the two searches do not measure the same thing.

use std::collections::BTreeMap;

/// The constant of reciprocal rank fusion. The greater it is, the more slowly the worth of a rank falls. The usual 60 is for long rankings:
/// in a small library a hit in the middle of both would come before the best of one.
const K: f64 = 10.0;

/// How much each ranking counts. Only their ratio matters; negative and non-finite weights count as 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// Weight of the text ranking.
    pub text: f64,
    /// Weight of the picture ranking.
    pub image: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { text: 0.5, image: 0.5 }
    }
}

/// Which rankings have a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchType {
    /// In the text ranking and in the picture ranking.
    Both,
    /// In the text ranking only.
    TextOnly,
    /// In the picture ranking only.
    ImageOnly,
}

impl MatchType {
    /// The name of the match type in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::TextOnly => "text_only",
            Self::ImageOnly => "image_only",
        }
    }
}

/// A key and its place in both rankings.
#[derive(Debug, Clone, PartialEq)]
pub struct Fused<K> {
    /// What was ranked.
    pub key: K,
    /// 0 to 1: the sum of `weight / (10 + rank)` over the rankings, divided by the sum for a key that is first in both.
    pub fused_score: f64,
    /// Rank by text, from 1.
    pub text_rank: Option<usize>,
    /// Rank by picture, from 1.
    pub image_rank: Option<usize>,
    /// Which of the two ranks the key has.
    pub match_type: MatchType,
}

/// Joins two rankings. Both start with the best, and so does the result. Ties are ordered by key. If a key occurs twice in a ranking, its
/// better rank counts. If both weights are 0, every score is 0.
pub fn fuse<Key: Ord + Clone>(text: &[Key], image: &[Key], weights: Weights) -> Vec<Fused<Key>> {
    let mut ranks: BTreeMap<&Key, (Option<usize>, Option<usize>)> = BTreeMap::new();
    for (at, key) in text.iter().enumerate() {
        ranks.entry(key).or_default().0.get_or_insert(at + 1);
    }
    for (at, key) in image.iter().enumerate() {
        ranks.entry(key).or_default().1.get_or_insert(at + 1);
    }
    let (text_weight, image_weight) = (usable(weights.text), usable(weights.image));
    let best = worth(text_weight, Some(1)) + worth(image_weight, Some(1));
    let mut fused: Vec<_> = ranks
        .into_iter()
        .filter_map(|(key, (text_rank, image_rank))| {
            let match_type = match (text_rank, image_rank) {
                (Some(_), Some(_)) => MatchType::Both,
                (Some(_), None) => MatchType::TextOnly,
                (None, Some(_)) => MatchType::ImageOnly,
                (None, None) => return None,
            };
            let sum = worth(text_weight, text_rank) + worth(image_weight, image_rank);
            let fused_score = if best > 0.0 { sum / best } else { 0.0 };
            Some(Fused { key: key.clone(), fused_score, text_rank, image_rank, match_type })
        })
        .collect();
    // The sort is stable and the map is in the order of the keys.
    fused.sort_by(|a, b| b.fused_score.total_cmp(&a.fused_score));
    fused
}

fn usable(weight: f64) -> f64 {
    if weight.is_finite() { weight.max(0.0) } else { 0.0 }
}

fn worth(weight: f64, rank: Option<usize>) -> f64 {
    let Some(rank) = rank else { return 0.0 };
    weight / (K + f64::from(u32::try_from(rank).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_in_both_is_one_and_both_beats_one() {
        let fused = fuse(&["a", "b", "c"], &["a", "d", "b"], Weights::default());
        let keys: Vec<_> = fused.iter().map(|f| f.key).collect();
        assert_eq!(keys, ["a", "b", "d", "c"]);
        assert!(fused.first().is_some_and(|f| (f.fused_score - 1.0).abs() < 1e-12));
        assert!(fused.iter().all(|f| (0.0..=1.0).contains(&f.fused_score)));
        let types: Vec<_> = fused.iter().map(|f| f.match_type.as_str()).collect();
        assert_eq!(types, ["both", "both", "image_only", "text_only"]);
        assert_eq!(fused.get(1).map(|f| (f.text_rank, f.image_rank)), Some((Some(2), Some(3))));
    }

    #[test]
    fn weights_shift_the_order_and_ties_go_by_key() {
        let text_first = fuse(&["t"], &["i"], Weights { text: 0.8, image: 0.2 });
        assert_eq!(text_first.first().map(|f| f.key), Some("t"));
        let tied = fuse(&["t"], &["i"], Weights::default());
        assert_eq!(tied.first().map(|f| f.key), Some("i"));
    }

    #[test]
    fn odd_input_stays_in_range() {
        assert!(fuse::<u8>(&[], &[], Weights::default()).is_empty());
        for weights in [Weights { text: 0.0, image: 0.0 }, Weights { text: f64::NAN, image: -3.0 }] {
            assert!(fuse(&[1, 1, 2], &[2], weights).iter().all(|f| f.fused_score.abs() < f64::EPSILON));
        }
        assert_eq!(fuse(&[1, 1, 2], &[], Weights::default()).len(), 2);
    }
}
