//! The general English thesaurus: `thesaurus.txt`, written by `thesaurus.py`, which names its sources and documents
//! the format.
//!
//! The text is part of the binary and is never parsed as a whole: the first use notes where its lines start, and a
//! look-up is a binary search.

use std::sync::LazyLock;

static TEXT: &str = include_str!("thesaurus.txt");
static LINES: LazyLock<Vec<&'static str>> = LazyLock::new(|| TEXT.lines().collect());
/// Base form and irregular form, sorted: the inverse of the `=` groups.
static IRREGULAR: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let mut pairs: Vec<_> = LINES
        .iter()
        .flat_map(|line| {
            let form = word_of(line);
            groups(line).filter(|(class, _)| *class == '=').flat_map(|(_, ids)| words(ids)).map(move |base| (base, form))
        })
        .collect();
    pairs.sort_unstable();
    pairs
});

/// A listed word, the word whose line lists it (both as line numbers) and the strength, sorted: about 2 MB.
static LISTED_BY: LazyLock<Vec<(u16, u16, u8)>> = LazyLock::new(|| {
    let mut pairs = Vec::new();
    for (by, line) in LINES.iter().enumerate() {
        let Ok(by) = u16::try_from(by) else { break };
        for (class, ids) in groups(line) {
            let Some(strength) = strength_of(class) else {
                continue;
            };
            pairs.extend(numbers(ids).filter_map(|listed| Some((u16::try_from(listed).ok()?, by, strength))));
        }
    }
    pairs.sort_unstable();
    pairs
});

/// Endings of regular inflections and what a base form has instead.
const INFLECTIONS: [(&str, &str); 8] =
    [("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ied", "y"), ("ing", ""), ("ing", "e")];
/// Endings of degrees and adverbs, which only count if the thesaurus lacks the word itself: a `winner` is no `win`.
const DEGREES: [(&str, &str); 7] = [("er", ""), ("er", "e"), ("ier", "y"), ("est", ""), ("est", "e"), ("iest", "y"), ("ly", "")];

/// A word close in meaning to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbour {
    /// The word, in lower case, in its base form.
    pub word: &'static str,
    /// How close: 9 is the same meaning, 1 is loosely related.
    pub strength: u8,
}

/// The words the thesaurus knows that `word` (in lower case) can be a form of, itself included. None if it knows none.
pub fn bases(word: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut note = |base: &'static str| {
        if !found.contains(&base) {
            found.push(base);
        }
    };
    let own = line_of(word);
    if let Some(line) = own {
        // A word without neighbours is here only to say which base an irregular form has.
        if neighbours(word).next().is_some() {
            note(word_of(line));
        }
        groups(line).filter(|(class, _)| *class == '=').flat_map(|(_, ids)| words(ids)).for_each(&mut note);
    }
    detached(word, &INFLECTIONS).for_each(&mut note);
    if own.is_none() {
        detached(word, &DEGREES).for_each(&mut note);
    }
    found
}

/// The neighbours of a base form: those its own line lists and the words whose lines list it, each in the order of
/// neither strength nor use. None if the thesaurus does not know it.
pub fn neighbours(base: &str) -> impl Iterator<Item = Neighbour> + use<> {
    let own = line_of(base).into_iter().flat_map(groups).flat_map(|(class, ids)| {
        strength_of(class).into_iter().flat_map(move |strength| words(ids).map(move |word| Neighbour { word, strength }))
    });
    let number = LINES.binary_search_by(|line| word_of(line).cmp(base)).ok().and_then(|at| u16::try_from(at).ok());
    let listing = number.into_iter().flat_map(|number| {
        let start = LISTED_BY.partition_point(|(listed, ..)| *listed < number);
        LISTED_BY.iter().skip(start).take_while(move |(listed, ..)| *listed == number).filter_map(|(_, by, strength)| {
            let word = LINES.get(usize::from(*by)).map(|line| word_of(line))?;
            Some(Neighbour { word, strength: *strength })
        })
    });
    own.chain(listing)
}

/// The irregular inflections of a base form: `men` of `man`. Regular ones are left to the index's stemmer.
pub fn irregular_forms(base: &str) -> impl Iterator<Item = &'static str> {
    let start = IRREGULAR.partition_point(|(b, _)| *b < base);
    IRREGULAR.iter().skip(start).take_while(move |(b, _)| *b == base).map(|(_, form)| *form)
}

fn detached<'a>(word: &'a str, rules: &'a [(&str, &str)]) -> impl Iterator<Item = &'static str> + 'a {
    rules
        .iter()
        .filter_map(|(ending, instead)| Some((word.strip_suffix(ending)?, *instead)))
        .filter(|(rest, _)| rest.len() > 1)
        .flat_map(|(rest, instead)| [Some(format!("{rest}{instead}")), undoubled(rest).filter(|_| instead.is_empty())])
        .flatten()
        .filter_map(|base| line_of(&base))
        .map(word_of)
}

/// The rest without its last letter if that is doubled: `runn` of `running` comes from `run`.
fn undoubled(rest: &str) -> Option<String> {
    let mut letters = rest.chars().rev();
    let last = letters.next()?;
    (letters.next() == Some(last)).then(|| rest.chars().take(rest.chars().count() - 1).collect())
}

fn line_of(word: &str) -> Option<&'static str> {
    let at = LINES.binary_search_by(|line| word_of(line).cmp(word)).ok()?;
    LINES.get(at).copied()
}

fn word_of(line: &'static str) -> &'static str {
    line.split(' ').next().unwrap_or_default()
}

/// The groups after the word: class and ids.
fn groups(line: &'static str) -> impl Iterator<Item = (char, &'static str)> {
    line.split(' ').skip(1).filter_map(|group| {
        let mut letters = group.chars();
        letters.next().map(|class| (class, letters.as_str()))
    })
}

fn strength_of(class: char) -> Option<u8> {
    class.to_digit(10).and_then(|strength| u8::try_from(strength).ok())
}

fn words(ids: &'static str) -> impl Iterator<Item = &'static str> {
    numbers(ids).filter_map(|number| LINES.get(number).map(|line| word_of(line)))
}

fn numbers(ids: &'static str) -> impl Iterator<Item = usize> {
    ids.as_bytes().chunks_exact(3).filter_map(|id| id.iter().try_fold(0, |number, digit| Some(number * 64 + digit_of(*digit)?)))
}

fn digit_of(letter: u8) -> Option<usize> {
    let (first, value) = match letter {
        b'0'..=b'9' => (b'0', 0),
        b'A'..=b'Z' => (b'A', 10),
        b'a'..=b'z' => (b'a', 36),
        b'-' => (b'-', 62),
        b'_' => (b'_', 63),
        _ => return None,
    };
    Some(usize::from(letter - first) + value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strength(of: &str, to: &str) -> Option<u8> {
        neighbours(of).find(|n| n.word == to).map(|n| n.strength)
    }

    #[test]
    fn the_data_is_well_formed() {
        assert!(LINES.is_sorted_by(|a, b| word_of(a) < word_of(b)));
        for line in LINES.iter() {
            for (class, ids) in groups(line) {
                assert!(class == '=' || ('1'..='9').contains(&class), "{line}");
                assert_eq!(words(ids).count() * 3, ids.len(), "{line}");
            }
        }
    }

    #[test]
    fn words_reach_synonyms_and_kinds() {
        assert!(strength("car", "automobile").is_some_and(|s| s >= 7));
        assert!(strength("locomotive", "train").is_some());
        assert!(strength("dog", "puppy").is_some());
        assert!(strength("robber", "thief").is_some());
        assert!(strength("robber", "robbery").is_some());
        assert_eq!(neighbours("zzgrbl").count(), 0);
    }

    #[test]
    fn inflections_lead_to_their_bases() {
        assert!(bases("men").contains(&"man"));
        assert!(bases("wives").contains(&"wife"));
        assert_eq!(bases("ran"), ["run"]);
        assert!(bases("running").contains(&"run"));
        assert!(bases("cities").contains(&"city"));
        assert!(bases("saw").contains(&"see") && bases("saw").contains(&"saw"));
        assert!(!bases("winner").contains(&"win"));
        assert!(bases("").is_empty() && bases("ß").is_empty() && bases("été").is_empty());
    }

    #[test]
    fn bases_lead_to_their_irregular_forms() {
        assert!(irregular_forms("man").any(|form| form == "men"));
        assert!(irregular_forms("go").any(|form| form == "went"));
        assert_eq!(irregular_forms("locomotive").count(), 0);
    }
}
