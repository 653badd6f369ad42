//! Reads `lexicon.bin`; `lexicon.py` documents the format.

use super::{Closeness, Id, Lexicon, PARTS, STORED, WIDTH, words::WordList};

/// The lexicon in these bytes. `None` if they end early or are not valid.
pub fn unpacked(bytes: &'static [u8]) -> Option<Lexicon> {
    let mut bytes = Bytes(bytes);
    let (count, form_count) = (usize::from(bytes.u16()?), usize::from(bytes.u16()?));
    let (words_length, forms_length) = (bytes.u32()?, bytes.u32()?);
    let words = WordList::unpacked(bytes.take(words_length)?)?;
    let forms = WordList::unpacked(bytes.take(forms_length)?)?;
    let form_bases: Vec<Id> = (0..form_count).map(|_| bytes.u16()).collect::<Option<_>>()?;
    let mut by_base: Vec<(Id, usize)> = form_bases.iter().copied().zip(0..).collect();
    by_base.sort_unstable();
    let stored = bytes.take(PARTS * STORED * WIDTH)?;
    let codes = bytes.take(count * PARTS)?;
    let (neighbours, ends) = by_word(&pairs(&mut Bits { bytes: bytes.0, at: 0 }, count)?, count);
    Some(Lexicon { words, forms, form_bases, by_base, neighbours, ends, stored, codes })
}

/// The pairs of neighbours. Each pair starts with the greater id.
fn pairs(bits: &mut Bits, count: usize) -> Option<Vec<(Id, Id, Closeness)>> {
    let mut pairs = Vec::new();
    for number in 0..count {
        let id = Id::try_from(number).ok()?;
        let listed = bits.gamma()? - 1;
        let low_bits = if listed == 0 { 0 } else { (number * 11 / (listed * 16)).checked_ilog2().unwrap_or(0) };
        let mut next = 0;
        for _ in 0..listed {
            let other = next + bits.rice(low_bits)?;
            next = other + 1;
            pairs.push((id, Id::try_from(other).ok()?, bits.closeness()?));
        }
    }
    Some(pairs)
}

/// The neighbours of every word in the order of their ids, and the place where the neighbours of each word end.
///
/// The pairs come in the order of their ids. So the neighbours of a word come in that order too: first those of its own pairs, which are
/// less, and then the words in whose pairs it is. Nothing is sorted, since the first search waits for this.
fn by_word(pairs: &[(Id, Id, Closeness)], count: usize) -> (Vec<(Id, Closeness)>, Vec<usize>) {
    let mut places = vec![0; count];
    let further = |places: &mut [usize], id: Id| {
        if let Some(place) = places.get_mut(usize::from(id)) {
            *place += 1;
        }
    };
    for (a, b, _) in pairs {
        further(&mut places, *a);
        further(&mut places, *b);
    }
    let mut all = 0;
    for place in &mut places {
        all += std::mem::replace(place, all);
    }
    let mut neighbours = vec![(0, Closeness::Same); all];
    let mut add = |word: Id, neighbour: (Id, Closeness)| {
        if let Some(place) = places.get_mut(usize::from(word)) {
            if let Some(free) = neighbours.get_mut(*place) {
                *free = neighbour;
            }
            *place += 1;
        }
    };
    for (a, b, closeness) in pairs {
        add(*a, (*b, *closeness));
        add(*b, (*a, *closeness));
    }
    (neighbours, places)
}

struct Bytes(&'static [u8]);

impl Bytes {
    fn take(&mut self, length: usize) -> Option<&'static [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<usize> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes).and_then(|length| usize::try_from(length).ok())
    }
}

/// Bits of bytes, most significant first.
///
/// They are read by the dozen and not one by one, since builds without optimisation unpack the lexicon, too.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next bits, the first of them on top, and how many of them there are: more than 56, or all that are left.
    fn ahead(&self) -> (u64, u32) {
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        let (word, length) = match rest.first_chunk() {
            Some(chunk) => (u64::from_be_bytes(*chunk), 64),
            None => (0..8).fold((0, 0_u32), |(word, length), at| match rest.get(at) {
                Some(byte) => (word << 8 | u64::from(*byte), length + 8),
                None => (word << 8, length),
            }),
        };
        let skipped = u32::try_from(self.at % 8).unwrap_or_default();
        (word << skipped, length.saturating_sub(skipped))
    }

    fn skip(&mut self, bits: u32) {
        self.at += usize::try_from(bits).unwrap_or_default();
    }

    fn number(&mut self, bits: u32) -> Option<usize> {
        let (ahead, length) = self.ahead();
        if bits == 0 || bits > length {
            return (bits == 0).then_some(0);
        }
        self.skip(bits);
        usize::try_from(ahead >> (64 - bits)).ok()
    }

    /// How many bits that equal `bit` come next. Also reads the bit that ends them.
    fn run(&mut self, bit: usize) -> Option<u32> {
        let mut before = 0;
        loop {
            let (ahead, length) = self.ahead();
            let run = if bit == 0 { ahead.leading_zeros() } else { ahead.leading_ones() };
            if run < length {
                self.skip(run + 1);
                return Some(before + run);
            }
            if length == 0 {
                return None;
            }
            self.skip(length);
            before += length;
        }
    }

    fn gamma(&mut self) -> Option<usize> {
        let further = self.run(0)?;
        Some((1_usize.checked_shl(further)?) + self.number(further)?)
    }

    fn rice(&mut self, low_bits: u32) -> Option<usize> {
        let high = usize::try_from(self.run(1)?).ok()?;
        Some((high << low_bits) + self.number(low_bits)?)
    }

    fn closeness(&mut self) -> Option<Closeness> {
        if self.number(1)? == 0 {
            return Some(Closeness::Close);
        }
        Some(if self.number(1)? == 0 { Closeness::Same } else { Closeness::Related })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read() {
        // 1, 5 and 2 in gamma; 0 and 9 in Rice with two low bits; the three classes; two bits over.
        let mut bits = Bits { bytes: &[0b1001_0101, 0b0000_1100, 0b1010_1100], at: 0 };
        assert_eq!([bits.gamma(), bits.gamma(), bits.gamma()], [Some(1), Some(5), Some(2)]);
        assert_eq!([bits.rice(2), bits.rice(2)], [Some(0), Some(9)]);
        let classes = [bits.closeness(), bits.closeness(), bits.closeness()];
        assert_eq!(classes, [Closeness::Close, Closeness::Same, Closeness::Related].map(Some));
        assert_eq!((bits.number(2), bits.number(1)), (Some(0), None));
    }

    #[test]
    fn neighbours_are_in_order() {
        let lexicon = unpacked(include_bytes!("../lexicon.bin")).unwrap();
        let mut start = 0;
        for end in lexicon.ends {
            assert!(lexicon.neighbours[start..end].is_sorted_by(|(a, _), (b, _)| a < b));
            start = end;
        }
        assert_eq!(start, lexicon.neighbours.len());
        let pairs = [(1, 0, Closeness::Close), (2, 0, Closeness::Same), (2, 1, Closeness::Related)];
        let (neighbours, ends) = by_word(&pairs, 3);
        let expected = [
            (1, Closeness::Close),
            (2, Closeness::Same),
            (0, Closeness::Close),
            (2, Closeness::Related),
            (0, Closeness::Same),
            (1, Closeness::Related),
        ];
        assert_eq!((neighbours, ends), (expected.to_vec(), vec![2, 4, 6]));
    }

    #[test]
    fn what_ends_early_is_refused() {
        let whole: &'static [u8] = include_bytes!("../lexicon.bin");
        assert!(unpacked(whole).is_some());
        for length in [0, 3, 11, 5_000, 200_000, whole.len() - 2] {
            assert!(unpacked(&whole[..length]).is_none(), "{length}");
        }
    }
}
