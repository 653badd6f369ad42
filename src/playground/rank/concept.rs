//! Turns the words of a question into concepts. A concept is a set of weighted terms. Any of them answers the word.
//!
//! Nothing here touches the index. A question is split as the index splits texts, into runs of letters and digits, so every text becomes a
//! list of plain words, also one with operators and quotes.

use std::{collections::HashSet, sync::LazyLock};

use super::lexicon::{Closeness, Id, Lexicon, lexicon};

/// The most words of a question that count. Further words are ignored.
pub const MOST_CONCEPTS: usize = 40;
/// The most terms of a concept.
pub const MOST_TERMS: usize = 120;
/// How many bytes of a question are read.
const MOST_BYTES: usize = 8 * 1024;
/// The length of the longest word that counts, in characters.
const LONGEST_WORD: usize = 64;

/// The weight of longer words that start with a word of the question (`snowball` answers `snow`), and of the parts of a compound (`storm`
/// answers `thunderstorm`).
const COMPOUND: f64 = 0.5;
/// The length of the shortest word that is looked for in compounds, in characters.
const SHORTEST_COMPOUND: usize = 4;

/// Words that say nothing about a scene: function words, light verbs that need another word, and the words that people use to ask.
const STOP_WORDS: &str = "a about after all also am an and another any are as at be because been before begin begins being both but \
by came can clip clips come comes coming could d did do does doing don during each every few find footage for from get gets getting give given gives giving go goes going gone had has \
have having he her here hers herself him himself his how i if in into is it its itself just keep keeps let lets ll made make makes making me moment moments more most \
my no nor not of off on one only onto or other our out over own part please put puts putting re s same scene scenes segment she should show \
showing shown shows shot so some someone something somebody such t take taken takes taking than that the their them then there these they this \
those through to too up us ve very video videos was we went were what when where which while who whom whose why will with \
within without would you your";

/// A term of a concept: one word to look up in the index.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// The word, in lower case, letters and digits only.
    pub word: String,
    /// 1 for the question's own word and its inflections, less for neighbours.
    pub weight: f64,
    /// Whether longer words that start with `word` also answer.
    pub prefix: bool,
}

/// One word of a question with all terms that answer it. The word itself comes first.
#[derive(Debug, Clone, PartialEq)]
pub struct Concept {
    /// The terms; no word occurs twice.
    pub terms: Vec<Term>,
}

/// The concepts of a question, in its order. Stop words count only if there are no other words. Empty if `question` has no letter and no
/// digit.
pub fn concepts(question: &str) -> Vec<Concept> {
    let words = words(question);
    let mut concepts: Vec<Concept> = words.iter().map(|word| concept(word)).collect();
    for concept in &mut concepts {
        concept.terms.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        concept.terms.truncate(MOST_TERMS);
    }
    concepts
}

/// The distinct words of a question that count, in lower case.
pub fn words(question: &str) -> Vec<String> {
    let end = question.floor_char_boundary(MOST_BYTES);
    let mut all: Vec<String> = Vec::new();
    let mut telling: Vec<String> = Vec::new();
    for word in plain_words(question.get(..end).unwrap_or_default()) {
        let list = if is_stop_word(&word) { &mut all } else { &mut telling };
        if list.len() < MOST_CONCEPTS && !list.contains(&word) {
            list.push(word);
        }
    }
    if telling.is_empty() { all } else { telling }
}

/// The words of a text without its stop words, in lower case.
pub fn telling_words(text: &str) -> impl Iterator<Item = String> {
    plain_words(text).filter(|word| !is_stop_word(word))
}

fn plain_words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty() && word.chars().count() <= LONGEST_WORD).map(str::to_lowercase)
}

fn is_stop_word(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| STOP_WORDS.split(' ').collect());
    WORDS.contains(word)
}

fn concept(word: &str) -> Concept {
    let lexicon = lexicon();
    let mut concept = Concept { terms: Vec::new() };
    concept.note(word, 1.0);
    let bases = lexicon.bases(word);
    for part in parts(lexicon, word) {
        concept.note(lexicon.word(part), COMPOUND);
        if bases.is_empty() {
            // We know nothing of the word itself, only what its parts mean.
            for (neighbour, closeness) in lexicon.neighbours(part) {
                concept.note(lexicon.word(*neighbour), COMPOUND * weight_of(*closeness));
            }
        }
    }
    for base in &bases {
        concept.note_forms(lexicon, *base, 1.0);
    }
    let stem = bases.last().map_or(word, |base| lexicon.word(*base));
    if stem.chars().count() >= SHORTEST_COMPOUND {
        concept.terms.push(Term { word: stem.to_owned(), weight: COMPOUND, prefix: true });
    }
    for (neighbour, closeness) in bases.iter().flat_map(|base| lexicon.neighbours(*base)) {
        concept.note_forms(lexicon, *neighbour, weight_of(*closeness));
    }
    concept
}

/// The weight of a neighbour. The word itself has the weight 1.
fn weight_of(closeness: Closeness) -> f64 {
    match closeness {
        Closeness::Same => 0.8,
        Closeness::Close => 0.62,
        Closeness::Related => 0.45,
    }
}

/// The two words that make a compound: `thunder` and `storm`. Empty if the word cannot be split into known words.
fn parts(lexicon: &Lexicon, word: &str) -> Vec<Id> {
    word.char_indices()
        .map(|(at, _)| word.split_at(at))
        .filter(|(first, last)| first.len() >= SHORTEST_COMPOUND && last.len() >= SHORTEST_COMPOUND)
        .map(|(first, last)| (lexicon.bases(first), lexicon.bases(last)))
        .find(|(first, last)| !first.is_empty() && !last.is_empty())
        .map(|(first, last)| first.into_iter().chain(last).collect())
        .unwrap_or_default()
}

impl Concept {
    /// Adds a base form and its irregular forms.
    fn note_forms(&mut self, lexicon: &Lexicon, base: Id, weight: f64) {
        self.note(lexicon.word(base), weight);
        for form in lexicon.irregular_forms(base) {
            self.note(form, weight);
        }
    }

    fn note(&mut self, word: &str, weight: f64) {
        match self.terms.iter_mut().find(|term| term.word == word && !term.prefix) {
            Some(term) => term.weight = term.weight.max(weight),
            None => self.terms.push(Term { word: word.to_owned(), weight, prefix: false }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_its_telling_words() {
        assert_eq!(words("Show me the man's 3 DOGS, or \"the\" dogs?"), ["man", "3", "dogs"]);
        assert_eq!(words("to be or not to be"), ["to", "be", "or", "not"]);
        assert_eq!(words("NEAR(\"x y\") AND col:* - ^"), ["near", "x", "y", "col"]);
        assert!(words("").is_empty());
        assert!(words("🚂🚂 -- \"\" \u{0}").is_empty());
    }

    #[test]
    fn long_questions_are_cut() {
        let long = (0..20_000).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(words(&long).len(), MOST_CONCEPTS);
        assert!(words(&"é".repeat(100_000)).is_empty());
    }

    #[test]
    fn compounds_are_split() {
        let parts = |word| parts(lexicon(), word).into_iter().map(|id| lexicon().word(id)).collect::<Vec<_>>();
        assert_eq!(parts("thunderstorm"), ["thunder", "storm"]);
        assert!(parts("flowers").is_empty());
        assert!(parts("éééééééé").is_empty());
    }

    #[test]
    fn a_concept_starts_with_the_word_itself() {
        let concepts = concepts("cars men");
        for (concept, word) in concepts.iter().zip(["cars", "men"]) {
            assert_eq!(concept.terms.first(), Some(&Term { word: word.to_owned(), weight: 1.0, prefix: false }));
            assert!(concept.terms.len() <= MOST_TERMS);
        }
        assert!(concepts.iter().flat_map(|c| &c.terms).any(|t| t.word == "automobile" && t.weight < 1.0));
        assert!(concepts.iter().flat_map(|c| &c.terms).any(|t| t.word == "man" && t.weight >= 1.0));
    }
}
