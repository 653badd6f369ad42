//! Finds pieces of secrets, also of secrets in base64 or in hexadecimal digits.
//!
//! Services abbreviate a key by its end, put it between other words, or repeat a header as they got it. So any piece of a secret counts that
//! is too long to be there by chance. Every line that leaves is searched, so most of a text costs one look for each few bytes.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

use crate::api::hex;

/// The least piece of a key of the known form. Its digits are random, so no other text has as many of them by chance.
const LEAST_OF_DIGITS: usize = 8;
/// The least piece of any other secret, and of any in base64 or hexadecimal digits.
const LEAST: usize = 16;
/// A piece with fewer different characters is a filling.
const LEAST_DIFFERENT: usize = 4;
/// How many bytes are compared at first.
const GRAM: usize = 4;
/// Each piece has all bytes of a gram at one of the places that are so far apart.
const STEP: usize = LEAST_OF_DIGITS - GRAM + 1;
/// Longer secrets are not looked for in base64 or hexadecimal digits: they are documents.
const MOST_ENCODED: usize = 512;

/// The secrets, by what may be a piece of them.
#[derive(Default)]
pub(super) struct Pieces {
    forms: Vec<Form>,
    /// Where each gram is, in order: the gram, the number of the form, and the place in it.
    grams: Vec<(u32, usize, usize)>,
    /// A bit for each value that [`mixed`] has for one of the grams. Empty without any.
    may: Vec<u64>,
}

/// A secret as it may be written.
struct Form {
    bytes: Vec<u8>,
    least: usize,
    /// Whether somebody may have chosen words for it. Then only a piece with letters and digits counts.
    may_be_words: bool,
    name: &'static str,
}

impl Pieces {
    /// Adds a secret, which is called so where it is taken out. `is_random` says that its characters are random digits.
    pub fn add(&mut self, secret: &[u8], is_random: bool, name: &'static str) {
        let least = if is_random { LEAST_OF_DIGITS } else { LEAST };
        self.forms.push(Form { bytes: secret.to_vec(), least, may_be_words: !is_random, name });
        if secret.len() > MOST_ENCODED {
            return;
        }
        let encoded = (0..3).map(|before| in_base64(secret, before)).chain([hex(secret)]);
        self.forms.extend(encoded.map(|text| Form { bytes: text.into_bytes(), least: LEAST, may_be_words: false, name }));
    }

    /// Makes it quick to search, after all secrets were added.
    pub fn sort(&mut self) {
        let forms = self.forms.iter().enumerate();
        self.grams =
            forms.flat_map(|(form, of)| of.bytes.windows(GRAM).enumerate().map(move |(at, gram)| (number(gram), form, at))).collect();
        self.grams.sort_unstable();
        self.may = if self.grams.is_empty() { Vec::new() } else { vec![0; 1024] };
        for (gram, ..) in &self.grams {
            let mixed = mixed(*gram);
            if let Some(bits) = self.may.get_mut(mixed >> 6) {
                *bits |= 1 << (mixed & 63);
            }
        }
    }

    /// Whether there is a piece in a text.
    pub fn are_in(&self, text: &[u8]) -> bool {
        !self.may.is_empty() && text.windows(GRAM).enumerate().step_by(STEP).any(|(at, gram)| self.at(text, at, gram).is_some())
    }

    /// Gives each piece to `note`: where it begins and ends, and how it is called.
    pub fn find(&self, text: &[u8], mut note: impl FnMut(std::ops::Range<usize>, &'static str)) {
        if self.may.is_empty() {
            return;
        }
        let mut done = 0;
        for (at, gram) in text.windows(GRAM).enumerate() {
            if at >= done
                && let Some((start, end, name)) = self.at(text, at, gram)
            {
                note(start..end, name);
                done = end;
            }
        }
    }

    /// The longest piece that has this gram at this place. Nearly always there is none, so the first look is short and without a call.
    #[inline]
    fn at(&self, text: &[u8], at: usize, gram: &[u8]) -> Option<(usize, usize, &'static str)> {
        let gram = number(gram);
        let mixed = mixed(gram);
        let may_be = self.may.get(mixed >> 6).is_some_and(|bits| bits & 1 << (mixed & 63) != 0);
        if may_be { self.longest(text, at, gram) } else { None }
    }

    /// The longest piece that has this gram at this place, after a look that did not rule it out.
    #[cold]
    fn longest(&self, text: &[u8], at: usize, gram: u32) -> Option<(usize, usize, &'static str)> {
        let first = self.grams.partition_point(|(other, ..)| *other < gram);
        let same = self.grams.get(first..)?.iter().take_while(|(other, ..)| *other == gram);
        let pieces = same.filter_map(|&(_, form, place)| {
            let form = self.forms.get(form)?;
            let (before, after) = form.common(text, at, place);
            let (start, end) = (at - before, at + after);
            form.counts(text.get(start..end)?).then_some((start, end, form.name))
        });
        pieces.max_by_key(|(start, end, _)| end - start)
    }
}

impl Form {
    /// How many bytes before and from these places on are the same in the text and in the secret. Case does not matter.
    fn common(&self, text: &[u8], at: usize, place: usize) -> (usize, usize) {
        let same = |(one, other): &(&u8, &u8)| one.eq_ignore_ascii_case(other);
        let (before, from) = (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default());
        let (own_before, own_from) = (self.bytes.get(..place).unwrap_or_default(), self.bytes.get(place..).unwrap_or_default());
        (before.iter().rev().zip(own_before.iter().rev()).take_while(same).count(), from.iter().zip(own_from).take_while(same).count())
    }

    fn counts(&self, piece: &[u8]) -> bool {
        let mut different: Vec<u8> = piece.iter().take(64).copied().collect();
        different.sort_unstable();
        different.dedup();
        let mixes = || piece.iter().any(u8::is_ascii_digit) && piece.iter().any(u8::is_ascii_alphabetic);
        piece.len() >= self.least && different.len() >= LEAST_DIFFERENT && (!self.may_be_words || mixes())
    }
}

/// Whether a short text has anything of a secret as it is. This is for a text that comes with each answer, where [`Pieces`] would cost more.
pub(super) fn share(text: &str, secret: &str) -> bool {
    let windows = || text.as_bytes().windows(LEAST_OF_DIGITS);
    secret.as_bytes().windows(LEAST_OF_DIGITS).any(|own| windows().any(|given| given.eq_ignore_ascii_case(own)))
}

/// Four bytes as a number in which the case of letters does not matter. Some other characters share a number, too.
#[inline]
fn number(gram: &[u8]) -> u32 {
    const LOWER_CASE: u32 = u32::from_ne_bytes([b' '; GRAM]);
    gram.first_chunk().map_or(0, |bytes: &[u8; GRAM]| u32::from_ne_bytes(*bytes) | LOWER_CASE)
}

/// A number of 16 bits for a gram.
#[inline]
fn mixed(gram: u32) -> usize {
    // The multiplier of Fibonacci hashing: the golden ratio, times 2^32.
    (gram.wrapping_mul(0x9E37_79B9) >> 16) as usize
}

/// What is always the same if a secret is written in base64 after so many other bytes, and before any.
fn in_base64(secret: &[u8], before: usize) -> String {
    let text = STANDARD_NO_PAD.encode([b"\0\0".get(..before).unwrap_or_default(), secret].concat());
    // Characters that hold bits of what stands before or after.
    let first = if before == 0 { 0 } else { before + 1 };
    let last = text.len() - usize::from(!(before + secret.len()).is_multiple_of(3));
    text.get(first..last).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "788ec5de222fceb3b83a2eba4303eef9ed76a4b9a562da14";

    fn pieces() -> Pieces {
        let mut pieces = Pieces::default();
        pieces.add(SECRET.as_bytes(), true, "[key]");
        pieces.sort();
        pieces
    }

    fn found(pieces: &Pieces, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        pieces.find(text.as_bytes(), |range, _| found.push(text[range].to_owned()));
        assert_eq!(pieces.are_in(text.as_bytes()), !found.is_empty(), "{text}");
        found
    }

    #[test]
    fn any_piece_is_found_wherever_it_stands() {
        let pieces = pieces();
        for start in 0..=SECRET.len() - LEAST_OF_DIGITS {
            for (before, after) in [("", ""), ("key …", ""), ("x", " sent"), ("bad key ", "|"), ("abcd", "xyz")] {
                let piece = &SECRET[start..start + LEAST_OF_DIGITS];
                let all = found(&pieces, &format!("{before}{piece}{after}"));
                assert!(all.iter().any(|found| found.contains(piece)), "{before}{piece}{after}: {all:?}");
            }
        }
        assert_eq!(found(&pieces, &SECRET.to_uppercase()), [SECRET.to_uppercase()]);
        assert_eq!(found(&pieces, "the key that ends in da14, 788ec5d"), [""; 0]);
    }

    #[test]
    fn the_whole_is_found_in_base64_and_in_hexadecimal_digits() {
        let pieces = pieces();
        for before in ["", "a", "apikey:", "sk_live_"] {
            for after in ["", "x", "\r\n"] {
                let text = format!("Basic {}", STANDARD_NO_PAD.encode(format!("{before}{SECRET}{after}")));
                let left: usize = found(&pieces, &text).iter().map(String::len).sum();
                // All but what the neighbours share: at most two characters at each end.
                assert!(left >= SECRET.len() * 4 / 3 - 3, "{text}");
            }
        }
        assert_eq!(found(&pieces, &hex(SECRET.as_bytes())), [hex(SECRET.as_bytes())]);
    }

    #[test]
    fn words_and_fillings_are_no_pieces() {
        let mut pieces = Pieces::default();
        pieces.add(b"the great train robbery of 1903, in a secret", false, "[secret]");
        pieces.add("0".repeat(48).as_bytes(), true, "[key]");
        pieces.sort();
        assert_eq!(found(&pieces, "The Great Train Robbery, 00000000"), [""; 0]);
        assert_eq!(found(&pieces, "The Great Train Robbery of 1903"), ["The Great Train Robbery of 1903"]);
        assert!(!Pieces::default().are_in(SECRET.as_bytes()));
    }
}
