//! Finds the words of the lexicon that a word can be a form of.

use super::{Id, Lexicon};

/// The endings of regular inflections, each with the ending of the base form.
const INFLECTIONS: [(&str, &str); 8] =
    [("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ied", "y"), ("ing", ""), ("ing", "e")];
/// The endings of degrees and adverbs. They count only if the lexicon lacks the word itself: a `winner` is not a form of `win`.
const DEGREES: [(&str, &str); 7] = [("er", ""), ("er", "e"), ("ier", "y"), ("est", ""), ("est", "e"), ("iest", "y"), ("ly", "")];

impl Lexicon {
    /// The words that `word` (in lower case) can be a form of, `word` itself included. Empty if the lexicon knows none.
    pub fn bases(&self, word: &str) -> Vec<Id> {
        let own = self.id(word);
        let irregular = self.forms.all(word).filter_map(|form| self.form_bases.get(form).copied());
        let degrees = if own.is_none() { &DEGREES[..] } else { &[] };
        let regular = INFLECTIONS.iter().chain(degrees).flat_map(|rule| self.detached(word, rule));
        let mut found = Vec::new();
        for id in own.into_iter().chain(irregular).chain(regular) {
            if !found.contains(&id) {
                found.push(id);
            }
        }
        found
    }

    fn detached(&self, word: &str, (ending, instead): &(&str, &str)) -> impl Iterator<Item = Id> {
        let rest = word.strip_suffix(ending).filter(|rest| rest.len() > 1);
        let bases = rest.map(|rest| [Some(format!("{rest}{instead}")), undoubled(rest).filter(|_| instead.is_empty())]);
        bases.into_iter().flatten().flatten().filter_map(|base| self.id(&base))
    }
}

/// The text without its last letter if that letter is doubled: `runn` of `running` becomes `run`.
fn undoubled(rest: &str) -> Option<String> {
    let mut letters = rest.chars().rev();
    let last = letters.next()?;
    (letters.next() == Some(last)).then(|| rest.chars().take(rest.chars().count() - 1).collect())
}

#[cfg(test)]
mod tests {
    use super::super::lexicon;

    fn bases(word: &str) -> Vec<&'static str> {
        lexicon().bases(word).into_iter().map(|id| lexicon().word(id)).collect()
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
        assert_eq!(bases("zzgrbl"), [""; 0]);
        assert!(bases("").is_empty() && bases("ß").is_empty() && bases("été").is_empty());
    }
}
