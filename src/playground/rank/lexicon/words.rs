//! A sorted list of words in one string.

/// Words in alphabetical order. A word may occur several times.
#[derive(Default)]
pub struct WordList {
    text: String,
    /// Where each word ends in `text`.
    ends: Vec<usize>,
}

impl WordList {
    /// Reads front-coded words. Each word starts with a byte: 128 plus the number of letters that it shares with the word before. Its other
    /// letters follow. Returns `None` if `coded` is not of this form.
    pub fn unpacked(coded: &[u8]) -> Option<Self> {
        if coded.first().is_some_and(|first| *first < 128) {
            return None;
        }
        let (mut text, mut starts) = (Vec::new(), Vec::new());
        // A plain loop that makes no text per word, since builds without optimisation run it, too.
        for byte in coded {
            let Some(shared) = byte.checked_sub(128) else {
                text.push(*byte);
                continue;
            };
            let before = starts.last().copied().unwrap_or_default();
            let shared = before..before + usize::from(shared);
            if shared.end > text.len() {
                return None;
            }
            starts.push(text.len());
            text.extend_from_within(shared);
        }
        starts.push(text.len());
        Some(Self { text: String::from_utf8(text).ok()?, ends: starts.split_off(1) })
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The word at a place, from 0.
    pub fn get(&self, at: usize) -> Option<&str> {
        let start = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(start..*self.ends.get(at)?)
    }

    /// The first place of a word.
    pub fn find(&self, word: &str) -> Option<usize> {
        let at = self.first_not_before(word);
        (self.get(at) == Some(word)).then_some(at)
    }

    /// The places of a word.
    pub fn all(&self, word: &str) -> impl Iterator<Item = usize> {
        (self.first_not_before(word)..self.len()).take_while(move |at| self.get(*at) == Some(word))
    }

    fn first_not_before(&self, word: &str) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.get(middle) < Some(word) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_coded_words_are_read_and_found() {
        let list = WordList::unpacked(b"\x80band\x83k\x80sea\x83\x83t").unwrap();
        let words: Vec<_> = (0..list.len()).filter_map(|at| list.get(at)).collect();
        assert_eq!(words, ["band", "bank", "sea", "sea", "seat"]);
        assert_eq!(list.get(5), None);
        assert!(list.all("sea").eq([2, 3]) && list.find("seat") == Some(4));
        assert_eq!((list.find("a"), list.find("sew"), list.all("se").next()), (None, None, None));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for coded in [&b"bank"[..], b"\x85bank", b"\x80b\x82c"] {
            assert!(WordList::unpacked(coded).is_none(), "{coded:?}");
        }
        assert_eq!(WordList::unpacked(b"").unwrap().len(), 0);
    }
}
