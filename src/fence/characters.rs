//! Characters that a reader does not see, or that change how others are read.
//!
//! Refused are control characters but tab and line feed, marks and overrides of writing direction, tag characters, variation selectors,
//! fillers, and everything of no width. The joiners U+200C and U+200D stay where scripts and emoji need them, which is between two
//! characters of such a script. Other characters that end a line become a space, so that nothing is glued together; a line feed
//! would break a text that is itself JSON.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// What becomes of a character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    Goes,
    /// It ends a line, in another way than a line feed.
    EndsLine,
    /// It stays between characters that need it.
    Joins,
}

const fn fate(c: char) -> Fate {
    match c {
        '\t' | '\n' | ' '..='~' => Fate::Stays,
        '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::EndsLine,
        '\u{200c}' | '\u{200d}' => Fate::Joins,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Soft hyphen, joiner of graphemes, Arabic letter mark, fillers of Hangul, vowels of Khmer that are never shown.
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{17b4}' | '\u{17b5}'
        // Selectors of variants.
        | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}'
        // Spaces of no width, marks and overrides of direction, isolates, invisible operators.
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        // Annotations between lines, controls of shorthand and of music.
        | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        // Tags, and more selectors.
        | '\u{e0000}'..='\u{e0fff}' => Fate::Goes,
        _ => Fate::Stays,
    }
}

/// Whether a joiner beside this character has a meaning: scripts whose letters join or stack, and emoji.
const fn takes_joiners(c: char) -> bool {
    matches!(
        c,
        '\u{600}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{f00}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{1900}'..='\u{1aff}'
        | '\u{1b00}'..='\u{1cff}' | '\u{2190}'..='\u{2bff}' | '\u{a800}'..='\u{aaff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'
        | '\u{11000}'..='\u{11fff}' | '\u{1e900}'..='\u{1e95f}' | '\u{1f000}'..='\u{1faff}'
    )
}

/// The text without characters that may not reach a reader.
pub fn clean(text: &str) -> Cow<'_, str> {
    match first_that_may_not_stay(text) {
        None => Cow::Borrowed(text),
        Some(at) => Cow::Owned(cleaned(text, at)),
    }
}

/// Where the first character stands that does not simply stay. Every text that leaves passes here, and almost all are plain ASCII, so eight
/// bytes are looked at in one step.
fn first_that_may_not_stay(text: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let bytes = text.as_bytes().get(at..)?;
        at += 8 * bytes.as_chunks().0.iter().take_while(|eight| is_printable(**eight)).count();
        let rest = text.get(at..)?;
        if rest.len() < 8 && rest.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return None;
        }
        // Up to the end of these eight bytes, character by character.
        let until = at + 8;
        for c in rest.chars() {
            if fate(c) != Fate::Stays {
                return Some(at);
            }
            at += c.len_utf8();
            if at >= until {
                break;
            }
        }
    }
}

/// Whether each of eight bytes is from space to tilde.
const fn is_printable(eight: [u8; 8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let bytes = u64::from_ne_bytes(eight);
    // The highest bit of a byte is set in the first term if it is not ASCII, in the second if it is below space, in the third if it is DEL.
    let others = bytes | bytes.wrapping_sub(ONES * 0x20) | bytes.wrapping_add(ONES);
    others & (ONES * 0x80) == 0
}

/// The text without such characters and on one line: each end of a line becomes a space.
pub fn clean_line(text: &str) -> Cow<'_, str> {
    let text = clean(text);
    if text.contains('\n') { Cow::Owned(text.trim_end().replace('\n', " ")) } else { text }
}

/// Cleans a text of which the first `at` bytes are clean.
fn cleaned(text: &str, at: usize) -> String {
    let (head, rest) = text.split_at(at);
    let mut out = String::with_capacity(text.len());
    out.push_str(head);
    let mut rest = rest.chars().peekable();
    while let Some(c) = rest.next() {
        match fate(c) {
            Fate::Stays => out.push(c),
            Fate::Goes => {}
            // CR LF is one end.
            Fate::EndsLine if c == '\r' && rest.peek() == Some(&'\n') => {}
            Fate::EndsLine => out.push(' '),
            Fate::Joins => {
                let next = rest.clone().find(|&next| fate(next) != Fate::Goes);
                if out.chars().next_back().is_some_and(takes_joiners) && next.is_some_and(takes_joiners) {
                    out.push(c);
                }
            }
        }
    }
    out
}

/// Cleans every string and member name of a value, in place.
pub fn clean_value(value: &mut Value) {
    map_value(value, &clean, &clean);
}

/// Cleans the names and values of an object.
pub fn clean_members(members: &mut Map<String, Value>) {
    map_members(members, &clean, &clean);
}

/// Applies a change to every member name of a value, and one to every string. Of two members whose names become the same, the later one stays.
pub(super) fn map_value(value: &mut Value, name: &impl Fn(&str) -> Cow<'_, str>, change: &impl Fn(&str) -> Cow<'_, str>) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(changed) = change(text) {
                *text = changed;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| map_value(item, name, change)),
        Value::Object(members) => map_members(members, name, change),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn map_members(members: &mut Map<String, Value>, name: &impl Fn(&str) -> Cow<'_, str>, change: &impl Fn(&str) -> Cow<'_, str>) {
    if members.keys().any(|known| matches!(name(known), Cow::Owned(_))) {
        *members = std::mem::take(members).into_iter().map(|(known, value)| (name(&known).into_owned(), value)).collect();
    }
    members.values_mut().for_each(|member| map_value(member, name, change));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_goes() {
        for (text, expect) in [
            ("a\u{202e}b\u{e0041}c\u{1b}[31m\u{0}", "abc[31m"),
            ("a\u{200b}b\u{2060}c\u{feff}d\u{ad}e\u{34f}f\u{3164}g\u{61c}h", "abcdefgh"),
            ("x\u{fe0f}y\u{e0100}z\u{180b}", "xyz"),
            ("\u{9b}31m\u{7f}", "31m"),
            ("a\r\nb\rc\u{2028}d\u{85}e\u{b}f", "a\nb c d e f"),
            ("plain\ttext\n", "plain\ttext\n"),
        ] {
            assert_eq!(clean(text), expect, "{text:?}");
        }
    }

    #[test]
    fn joiners_stay_between_what_needs_them() {
        for same in ["👩\u{200d}🚀 ok", "می\u{200c}خواهم", "क्\u{200d}ष"] {
            assert_eq!(clean(same), same);
        }
        for (text, expect) in [
            ("sk\u{200d}_live", "sk_live"),
            ("a\u{200c}b", "ab"),
            ("👩\u{200d}", "👩"),
            ("\u{200d}👩", "👩"),
            ("👩\u{200d}\u{200d}🚀", "👩\u{200d}🚀"),
            ("❤\u{fe0f}\u{200d}🔥", "❤\u{200d}🔥"),
        ] {
            assert_eq!(clean(text), expect, "{text:?}");
        }
    }

    #[test]
    fn every_place_in_a_text_is_looked_at() {
        for length in 1..20 {
            for at in 0..length {
                for (odd, expect) in
                    [("\u{0}", ""), ("\u{1f}", ""), ("\u{7f}", ""), ("\u{85}", " "), ("\u{feff}", ""), ("\t", "\t"), ("é", "é")]
                {
                    let (before, after) = ("~ ".repeat(10), "a~".repeat(10));
                    let (before, after) = (&before[..at], &after[..length - at]);
                    assert_eq!(clean(&format!("{before}{odd}{after}")), format!("{before}{expect}{after}"), "{length} {at} {odd:?}");
                }
            }
        }
    }

    #[test]
    fn names_of_members_are_cleaned_too() {
        let mut value = serde_json::json!({"a\u{2066}": ["x\u{7}", {"b": "y\u{9b}"}], "n": 1});
        clean_value(&mut value);
        assert_eq!(value, serde_json::json!({"a": ["x", {"b": "y"}], "n": 1}));
    }
}
