//! The gist of a text tells what the text is about as a whole. It is the sum of the vectors of its words.
//!
//! The vectors of the lexicon are made so that two texts of similar meaning have similar sums, even if they use different words. Order and
//! grammar are lost.

use super::lexicon::{DIMENSIONS, lexicon};

/// A direction in the space of meanings. Its length says how strong the meaning is.
#[derive(Debug, Clone, PartialEq)]
pub struct Gist([f32; DIMENSIONS]);

impl Gist {
    /// The gist of words in lower case, all with the same weight. `None` if the lexicon knows none of them.
    pub fn of_words(words: &[String]) -> Option<Self> {
        let gists: Vec<Self> = words.iter().filter_map(|word| Self::of_word(word, 1.0)).collect();
        (!gists.is_empty()).then(|| Self::sum(&gists))
    }

    /// The gist of a word in lower case: the mean of the vectors of its base forms, times `weight`. `None` if the lexicon lacks the word.
    pub fn of_word(word: &str, weight: f64) -> Option<Self> {
        let bases = lexicon().bases(word);
        let share = weight / f64::from(u32::try_from(bases.len()).ok().filter(|number| *number > 0)?);
        let mut sum = [0.0; DIMENSIONS];
        for base in bases {
            lexicon().add_vector(base, single(share), &mut sum);
        }
        Some(Self(sum))
    }

    /// The sum of several gists.
    pub fn sum<'a>(gists: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut sum = [0.0; DIMENSIONS];
        for gist in gists {
            for (sum, number) in sum.iter_mut().zip(&gist.0) {
                *sum += number;
            }
        }
        Self(sum)
    }

    /// How alike two gists are: the cosine of the angle between them. 0 if the angle is obtuse or one of them has no length.
    pub fn likeness(&self, other: &Self) -> f64 {
        let lengths = (self.dot(self) * other.dot(other)).sqrt();
        if lengths > 0.0 { f64::from(self.dot(other) / lengths).clamp(0.0, 1.0) } else { 0.0 }
    }

    fn dot(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "weights are 0 to 1 and need no more than a few digits")]
fn single(number: f64) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gist(text: &str) -> Gist {
        Gist::of_words(&text.split(' ').map(str::to_owned).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn texts_in_other_words_are_more_alike_than_texts_about_something_else() {
        let said = gist("fishermen haul net full herring onto deck trawler");
        let meant = said.likeness(&gist("crew catching fish sea"));
        assert!(meant > said.likeness(&gist("surgeon operates patient hospital")) + 0.2);
        assert!(meant > 0.3 && meant < 1.0, "{meant}");
        assert!(said.likeness(&said) > 0.999);
    }

    #[test]
    fn unknown_words_have_no_gist() {
        assert_eq!(Gist::of_words(&["zzgrbl".to_owned(), String::new()]), None);
        assert_eq!(Gist::of_words(&[]), None);
        let nothing = Gist::sum(&[]);
        assert!(nothing.likeness(&nothing).abs() < f64::EPSILON);
    }
}
