//! The general English lexicon: words with their base forms, their neighbours in meaning, and vectors of their meaning.
//!
//! Its data are in `lexicon.bin`. `lexicon.py` writes that file, names its sources and documents the format. The lexicon must not know
//! questions, texts or weights of a ranking.
//!
//! The bytes are part of the binary. The first use unpacks words and neighbours into about 2 MB. The vectors are read from the binary
//! itself. Start with [`lexicon`]. `unpack` reads the format. `forms` says which words a word can be a form of.

mod forms;
mod unpack;
mod words;

use std::sync::LazyLock;

use unpack::unpacked;
use words::WordList;

/// The place of a word in the lexicon.
pub type Id = u16;

/// The numbers in a vector.
pub const DIMENSIONS: usize = 128;
/// The parts of a vector. Each part is one of `STORED` stored parts.
const PARTS: usize = 16;
const STORED: usize = 256;
const WIDTH: usize = DIMENSIONS / PARTS;

/// How close a neighbour is in meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closeness {
    /// A word about the same subject.
    Related,
    /// A word that can often stand for the other.
    Close,
    /// A word with the same or nearly the same meaning.
    Same,
}

/// The lexicon, unpacked.
#[derive(Default)]
pub struct Lexicon {
    /// The base forms in alphabetical order. The place of a word is its id.
    words: WordList,
    /// Irregular forms, and the base of each.
    forms: WordList,
    form_bases: Vec<Id>,
    /// Base and place in `forms`, sorted by base. This is the inverse of `form_bases`.
    by_base: Vec<(Id, usize)>,
    /// The neighbours of all words, and the place where the neighbours of each word end.
    neighbours: Vec<(Id, Closeness)>,
    ends: Vec<usize>,
    /// The stored parts of vectors.
    stored: &'static [u8],
    /// For each word, which of the stored parts it has.
    codes: &'static [u8],
}

/// The lexicon of the binary, unpacked on first use.
pub fn lexicon() -> &'static Lexicon {
    static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| unpacked(include_bytes!("../lexicon.bin")).unwrap_or_default());
    &LEXICON
}

impl Lexicon {
    /// The word with this id. Empty if no word has it.
    pub fn word(&self, id: Id) -> &str {
        self.words.get(usize::from(id)).unwrap_or_default()
    }

    /// The neighbours of a word, in no order.
    pub fn neighbours(&self, id: Id) -> &[(Id, Closeness)] {
        let id = usize::from(id);
        let start = id.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let range = start.zip(self.ends.get(id).copied()).map(|(start, end)| start..end);
        range.and_then(|range| self.neighbours.get(range)).unwrap_or_default()
    }

    /// The irregular inflections of a base form: `men` of `man`. The stemmer of the index finds the regular ones.
    pub fn irregular_forms(&self, base: Id) -> impl Iterator<Item = &str> {
        let start = self.by_base.partition_point(|(b, _)| *b < base);
        self.by_base.iter().skip(start).take_while(move |(b, _)| *b == base).filter_map(|(_, form)| self.forms.get(*form))
    }

    /// Adds the vector of a word, times `weight`, to `sum`. The vector of a text is the sum over its words. Two texts compare by the angle.
    pub fn add_vector(&self, id: Id, weight: f32, sum: &mut [f32; DIMENSIONS]) {
        let codes = self.codes.as_chunks::<PARTS>().0.get(usize::from(id));
        let stored = self.stored.as_chunks::<WIDTH>().0;
        let parts = codes.into_iter().flatten().enumerate().filter_map(|(part, code)| stored.get(part * STORED + usize::from(*code)));
        for (number, value) in sum.iter_mut().zip(parts.flatten()) {
            *number += weight * f32::from(value.cast_signed());
        }
    }

    fn id(&self, word: &str) -> Option<Id> {
        self.words.find(word).and_then(|at| Id::try_from(at).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closeness(of: &str, to: &str) -> Option<Closeness> {
        let lexicon = lexicon();
        let mut neighbours = lexicon.neighbours(lexicon.id(of)?).iter();
        neighbours.find(|(id, _)| lexicon.word(*id) == to).map(|(_, closeness)| *closeness)
    }

    /// The cosine of the vectors of two words.
    fn likeness(a: &str, b: &str) -> f32 {
        let vector = |word: &str| {
            let mut sum = [0.0; DIMENSIONS];
            lexicon().add_vector(lexicon().id(word).unwrap(), 1.0, &mut sum);
            sum
        };
        let dot = |a: &[f32; DIMENSIONS], b: &[f32; DIMENSIONS]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let (a, b) = (vector(a), vector(b));
        dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt()
    }

    #[test]
    fn the_data_is_well_formed() {
        let lexicon = lexicon();
        assert_eq!(lexicon.words.len(), 24_000);
        assert!((1..lexicon.words.len()).all(|at| lexicon.words.get(at - 1) < lexicon.words.get(at)));
        assert_eq!((lexicon.ends.len(), lexicon.codes.len()), (24_000, 24_000 * PARTS));
        for (id, word) in (0..).zip(0..lexicon.words.len()) {
            let word = lexicon.words.get(word).unwrap();
            assert!(word.len() > 1 && word.bytes().all(|letter| letter.is_ascii_lowercase()), "{word}");
            for (other, closeness) in lexicon.neighbours(id) {
                assert!(lexicon.neighbours(*other).contains(&(id, *closeness)), "{word}");
            }
        }
        assert!(lexicon.neighbours(Id::MAX).is_empty() && lexicon.word(Id::MAX).is_empty());
    }

    #[test]
    fn words_reach_synonyms_and_kinds() {
        assert_eq!(closeness("car", "automobile"), Some(Closeness::Same));
        assert!(closeness("locomotive", "train").is_some());
        assert!(closeness("dog", "puppy").is_some());
        assert!(closeness("robber", "thief").is_some());
        assert!(closeness("robber", "robbery").is_some());
        assert_eq!(closeness("car", "carrot"), None);
    }

    #[test]
    fn vectors_of_like_words_are_alike() {
        for (word, like, unlike) in [("car", "truck", "flower"), ("king", "queen", "potato"), ("run", "walk", "moustache")] {
            assert!(likeness(word, like) > likeness(word, unlike) + 0.1, "{word}");
        }
    }

    #[test]
    fn bases_lead_to_their_irregular_forms() {
        let forms = |base: &str| lexicon().irregular_forms(lexicon().id(base).unwrap()).collect::<Vec<_>>();
        assert!(forms("man").contains(&"men"));
        assert!(forms("see").contains(&"saw"));
        assert!(forms("locomotive").is_empty());
    }
}
