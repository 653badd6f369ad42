//! What a question has in common with a text: which of its words the text holds, and which sentence holds most of them.

use memchr::memchr3_iter;

use crate::tools::text;

/// Words that say nothing about a scene.
const STOP_WORDS: &str = " a about after all also an and any are as at be been before being both but by can could did do does during each \
every few find for from get give go had has have he her him his how i if in into is it its just let me more most my no nor not of off on one \
only or other our out over own put same scene scenes she should show shows so some such take than that the their them then there these they \
this those through to too up us very video videos was we were what when where which while who whom whose why will with would you your ";
/// The most words of a question that count.
const MOST_WORDS: usize = 32;
/// The most characters of a text that are looked at.
const MOST_TEXT: usize = 8_000;

/// The telling words of a question, in lower case and without their endings.
#[derive(Debug, Default)]
pub struct Question {
    words: Vec<String>,
    /// The first bytes of the words, as bits. Most words of a text can be ruled out by their first byte.
    initials: u64,
}

/// A sentence, and how many words of the question it holds.
#[derive(Debug, PartialEq, Eq)]
pub struct Sentence<'t> {
    /// The sentence.
    pub text: &'t str,
    /// How many words of the question it holds.
    pub words: usize,
    /// Where in it the first of them begins, in bytes.
    first: usize,
}

impl Question {
    /// Reads a question.
    pub fn new(text: &str) -> Self {
        let mut all = Vec::new();
        let mut telling = Vec::new();
        for (_, word) in words(text) {
            let word = word.to_lowercase();
            let list = if STOP_WORDS.contains(&format!(" {word} ")) { &mut all } else { &mut telling };
            let stem = stem(&word).to_owned();
            if list.len() < MOST_WORDS && !list.contains(&stem) {
                list.push(stem);
            }
        }
        let words = if telling.is_empty() { all } else { telling };
        let initials = words.iter().filter_map(|word| word.bytes().next()).fold(0, |bits, first| bits | bit(first));
        Self { words, initials }
    }

    /// The share of the question's words that the texts hold together, 0 to 1.
    pub fn share_in(&self, texts: &[&str]) -> f64 {
        if self.words.is_empty() {
            return 0.0;
        }
        let mut held = Held::default();
        for text in texts {
            self.meet(text, |position, _| held.note(position));
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 32")]
        let share = held.count() as f64 / self.words.len() as f64;
        share
    }

    /// The sentence that holds most of the question's words. Among equals it is the first, and also if none holds any.
    pub fn best_sentence<'t>(&self, text: &'t str) -> Sentence<'t> {
        let mut best: Option<Sentence<'_>> = None;
        for sentence in sentences(text) {
            let mut held = Held::default();
            let mut first = None;
            self.meet(sentence, |position, at| {
                held.note(position);
                first = first.or(Some(at));
            });
            if best.as_ref().is_none_or(|best| held.count() > best.words) {
                best = Some(Sentence { text: sentence, words: held.count(), first: first.unwrap_or(0) });
            }
        }
        best.unwrap_or(Sentence { text: "", words: 0, first: 0 })
    }

    /// Calls `met` for each word of a text that is one of the question's: which one it is, and where it begins, in bytes.
    fn meet(&self, text: &str, mut met: impl FnMut(usize, usize)) {
        let text = text.get(..text.floor_char_boundary(MOST_TEXT)).unwrap_or_default();
        if !text.is_ascii() {
            for (at, word) in words(text) {
                if let Some(position) = self.position(word) {
                    met(position, at);
                }
            }
            return;
        }
        let mut at = 0;
        for word in text.as_bytes().split(|byte| !byte.is_ascii_alphanumeric()) {
            if let Some(first) = word.first()
                && self.initials & bit(first.to_ascii_lowercase()) != 0
                && let Some(position) =
                    text.get(at..at + word.len()).and_then(|word| self.position_of_ascii(word, first.to_ascii_lowercase()))
            {
                met(position, at);
            }
            at += word.len() + 1;
        }
    }

    /// Which word of the question an ASCII word is that begins with this letter, in lower case.
    fn position_of_ascii(&self, word: &str, first: u8) -> Option<usize> {
        self.words.iter().position(|wanted| wanted.as_bytes().first() == Some(&first) && same_ascii(wanted.as_bytes(), word))
    }

    /// Which word of the question this is.
    fn position(&self, word: &str) -> Option<usize> {
        self.words.iter().position(|wanted| same(wanted, word))
    }
}

impl<'t> Sentence<'t> {
    /// The first sentence of a text.
    pub fn first_of(text: &'t str) -> Self {
        Self { text: sentences(text).next().unwrap_or_default(), words: 0, first: 0 }
    }

    /// One line of at most this many characters that shows the first of the question's words. If the sentence is too long to show it, the
    /// line begins in the middle.
    pub fn line(&self, most: usize) -> String {
        let before = self.text.get(..self.first).unwrap_or_default();
        let skipped = before.chars().count().saturating_sub(most / 2);
        if skipped == 0 || self.text.chars().count() <= most {
            return text::line(self.text, most);
        }
        let from = before.char_indices().skip(skipped).find(|(_, c)| c.is_whitespace()).map_or(self.first, |(at, _)| at);
        format!("…{}", text::line(self.text.get(from..).unwrap_or_default(), most.saturating_sub(1)))
    }
}

/// A byte as one of 64 bits.
const fn bit(byte: u8) -> u64 {
    1 << (byte % 64)
}

/// Which words of a question were met.
#[derive(Default)]
struct Held(u32);

impl Held {
    /// Notes the word at a position, of which there are at most 32.
    fn note(&mut self, position: usize) {
        self.0 |= 1 << (position % MOST_WORDS);
    }

    fn count(&self) -> usize {
        self.0.count_ones() as usize
    }
}

/// The words of a text with their places in bytes. In scripts without spaces a word is a pair of characters.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.get(..text.floor_char_boundary(MOST_TEXT)).unwrap_or_default();
    let mut at = 0;
    text.split_inclusive(|c: char| !c.is_alphanumeric()).flat_map(move |part| {
        let start = at;
        at += part.len();
        pieces(part.trim_end_matches(|c: char| !c.is_alphanumeric())).map(move |(offset, piece)| (start + offset, piece))
    })
}

/// A word as it is, or its pairs of characters if its script has no spaces. Nothing for an empty word.
fn pieces(word: &str) -> impl Iterator<Item = (usize, &str)> {
    let unspaced = word.chars().all(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{e00}'..='\u{e7f}'));
    let paired = unspaced && word.chars().nth(2).is_some();
    let whole = (!paired && !word.is_empty()).then_some((0, word));
    let ends = word.char_indices().skip(2).map(|(at, _)| at).chain([word.len()]);
    let pairs = word.char_indices().zip(ends).filter_map(move |((from, _), to)| Some((from, word.get(from..to)?)));
    whole.into_iter().chain(pairs.filter(move |_| paired))
}

/// A word without the commonest English endings.
fn stem(word: &str) -> &str {
    ["ing", "ed", "es", "s", "ly"]
        .into_iter()
        .find_map(|ending| {
            let cut = word.len().checked_sub(ending.len()).filter(|&cut| cut >= 3 && word.is_char_boundary(cut))?;
            let (stem, tail) = word.split_at(cut);
            tail.eq_ignore_ascii_case(ending).then_some(stem)
        })
        .unwrap_or(word)
}

/// Whether a word of a text is a word of the question, whatever their endings are.
fn same(wanted: &str, word: &str) -> bool {
    if wanted.is_ascii() && word.is_ascii() {
        return same_ascii(wanted.as_bytes(), word);
    }
    same_letters(wanted, word)
}

/// [`same`], in every script.
fn same_letters(wanted: &str, word: &str) -> bool {
    let (Some(a), Some(b)) = (wanted.chars().next(), word.chars().next()) else { return false };
    if a != b && !b.to_lowercase().eq([a]) {
        return false;
    }
    let (mut a, mut b) = (wanted.chars(), stem(word).chars().flat_map(char::to_lowercase));
    let mut common = 0;
    let rest = loop {
        match (a.next(), b.next()) {
            (Some(a), Some(b)) if a == b => common += 1,
            (None, None) => break 0,
            (a_next, b_next) => {
                // One of the two goes on after the other has ended: `robber` and `robbery`.
                break match (a_next, b_next) {
                    (Some(_), Some(_)) => usize::MAX,
                    (Some(_), None) => 1 + a.count(),
                    _ => 1 + b.count(),
                };
            }
        }
    };
    answers(common, rest)
}

/// [`same`], for the words that nearly all texts consist of. Every word of every hit is compared, so most must fall at their first letters.
fn same_ascii(wanted: &[u8], word: &str) -> bool {
    let common = wanted.iter().zip(word.as_bytes()).take_while(|(a, b)| **a == b.to_ascii_lowercase()).count();
    if common < wanted.len() && common < LEAST_COMMON {
        return false;
    }
    let length = stem(word).len();
    let common = common.min(length);
    let rest = if common == wanted.len() { length - common } else { wanted.len() - common };
    (common == wanted.len() || common == length) && answers(common, rest)
}

/// Words that differ in their ends alone answer each other if they have so many letters in common.
const LEAST_COMMON: usize = 4;

/// Whether two words with so many letters in common answer each other, where only the rest of one of them goes on.
const fn answers(common: usize, rest: usize) -> bool {
    rest == 0 || (common >= LEAST_COMMON && rest <= 2)
}

/// The sentences and lines of a text.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let text = text.get(..text.floor_char_boundary(MOST_TEXT)).unwrap_or_default();
    text.lines().flat_map(|line| {
        let mut rest = line;
        let ascii = line.is_ascii();
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let ends = |end: usize| {
                // A full stop inside a number or after an initial does not end a sentence.
                end > 12 && rest.get(end..).is_some_and(|after| after.starts_with(char::is_whitespace) || !after.is_ascii())
            };
            let end = if ascii {
                memchr3_iter(b'.', b'!', b'?', rest.as_bytes()).map(|at| at + 1).find(|&end| ends(end))
            } else {
                rest.match_indices(['.', '!', '?', '。', '！', '？']).map(|(at, mark)| at + mark.len()).find(|&end| ends(end))
            };
            let (sentence, after) = rest.split_at(end.unwrap_or(rest.len()));
            rest = after.trim_start();
            Some(sentence.trim())
        })
        .filter(|sentence| !sentence.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_answer_in_any_form() {
        let question = Question::new("Show me the masked ROBBERS stopping a train");
        assert_eq!(question.words, ["mask", "robber", "stopp", "train"]);
        let share = |text: &str| question.share_in(&[text]);
        assert!((share("Two robbers in masks stop the trains.") - 1.0).abs() < 1e-9);
        assert!((share("A robbery; a trainee") - 0.5).abs() < 1e-9);
        assert!(share("It stops") > 0.0 && share("A blockchain strains") < 1e-9);
        assert!((Question::new("to be or not").share_in(&["not now"]) - 0.25).abs() < 1e-9);
        assert!(Question::new("🚂").share_in(&["x"]) < 1e-9);
        assert!(Question::new("強盗が列車").share_in(&["列車を襲う強盗"]) > 0.4);
        assert!(Question::new("Räuber ÜBERFALL").share_in(&["räuberischer überfall"]) > 0.4);
    }

    #[test]
    fn both_ways_of_comparing_agree() {
        let words = [
            "a", "as", "ing", "train", "trains", "trained", "trainee", "trainees", "train's", "TRAIN", "trai", "tra", "robbery", "robber",
            "robb",
        ];
        for wanted in words.map(str::to_lowercase) {
            for word in words {
                let (slow, fast) = (same_letters(&wanted, word), same_ascii(wanted.as_bytes(), word));
                assert_eq!(slow, fast, "{wanted} {word}");
            }
        }
        assert!(same_ascii(b"robber", "Robbery") && !same_ascii(b"tra", "train"));
    }

    #[test]
    fn the_sentence_that_answers_is_found() {
        let text = "mood: calm\nThe valley is 3.5 km wide and green. A train burns at the station! Smoke rises.";
        let best = Question::new("burning station").best_sentence(text);
        assert_eq!((best.text, best.words), ("A train burns at the station!", 2));
        assert_eq!(Question::new("giraffe").best_sentence(text).text, "mood: calm");
        assert_eq!(Question::new("x").best_sentence("").text, "");
        let long = format!("{} the burning station {}", "words before ".repeat(12), "words after ".repeat(12));
        let line = Question::new("station").best_sentence(&long).line(60);
        assert!(line.contains("station") && line.starts_with('…') && line.chars().count() <= 61, "{line}");
        assert_eq!(Question::new("station").best_sentence("the station").line(60), "the station");
    }
}
