//! Half a surrogate pair in a JSON text.
//!
//! JSON writes characters past U+FFFF as two escapes, `\ud83d\ude00`. A program that cuts a text between the two leaves half of a
//! character, which `serde_json` refuses together with everything around it. Each such half becomes U+FFFD, the mark for an unreadable
//! character. `\ufffd` is as long as what it replaces, so nothing moves, and positions in error messages stay right.
//!
//! How to use it: give [`mended`] the text before it is read, and read what it returns, if it returns something. It looks at backslashes
//! only, so a text without them costs next to nothing, and a text without such halves is never copied.

use bytes::{Bytes, BytesMut};
use memchr::memchr;

/// The escape of U+FFFD.
const REPLACEMENT: &[u8; ESCAPE] = b"\\ufffd";
/// The length of `\uXXXX`.
const ESCAPE: usize = 6;

/// A copy of a JSON text in which each half of a surrogate pair is replaced by U+FFFD; `None` if there is no such half.
pub fn mended(text: &[u8]) -> Option<Vec<u8>> {
    let first = next_half(text, 0)?;
    let mut copy = text.to_vec();
    mend_from(&mut copy, first);
    Some(copy)
}

/// [`mended`], for a text of which a copy would be too large: it changes the text itself where nobody else holds it.
pub fn mended_in_place(text: Bytes) -> Bytes {
    let Some(first) = next_half(&text, 0) else { return text };
    let mut text = text.try_into_mut().unwrap_or_else(|shared| BytesMut::from(shared.as_ref()));
    mend_from(&mut text, first);
    text.freeze()
}

/// Replaces all halves, the first of which begins at `first`.
fn mend_from(text: &mut [u8], first: usize) {
    let mut half = Some(first);
    while let Some(at) = half {
        if let Some(escape) = text.get_mut(at..at + ESCAPE) {
            escape.copy_from_slice(REPLACEMENT);
        }
        half = next_half(text, at + ESCAPE);
    }
}

/// Where the next half begins, looking from `from` on, which must not lie inside an escape.
fn next_half(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = text.get(at..)?;
        // Halves and pairs often stand side by side.
        at += if rest.first() == Some(&b'\\') { 0 } else { memchr(b'\\', rest)? };
        at += match (surrogate(text, at), surrogate(text, at + ESCAPE)) {
            (Some(Half::High), Some(Half::Low)) => 2 * ESCAPE,
            (Some(_), _) => return Some(at),
            // Any other escape. Two bytes are enough, since hexadecimal digits are no backslashes.
            (None, _) => 2,
        };
    }
}

/// The halves of a pair, in their order.
enum Half {
    High,
    Low,
}

/// Which half the escape at a position is.
fn surrogate(text: &[u8], at: usize) -> Option<Half> {
    let [b'\\', b'u', b'd' | b'D', which, third, fourth] = text.get(at..at + ESCAPE)? else { return None };
    if !third.is_ascii_hexdigit() || !fourth.is_ascii_hexdigit() {
        return None;
    }
    match which {
        b'8' | b'9' | b'a' | b'b' | b'A' | b'B' => Some(Half::High),
        b'c'..=b'f' | b'C'..=b'F' => Some(Half::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> serde_json::Value {
        let in_place = mended_in_place(Bytes::copy_from_slice(text.as_bytes()));
        match mended(text.as_bytes()) {
            Some(mended) => assert_eq!(in_place, mended),
            None => assert_eq!(in_place, text),
        }
        serde_json::from_slice(&in_place).unwrap()
    }

    #[test]
    fn each_half_becomes_one_mark() {
        for (text, expect) in [
            (r#""x\ud83d""#, "x\u{fffd}"),
            (r#""\uDE00y""#, "\u{fffd}y"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\ud83d\ude00\ude00""#, "😀\u{fffd}"),
            (r#""\ud83dA\ude00""#, "\u{fffd}A\u{fffd}"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""\ud83d\n\\""#, "\u{fffd}\n\\"),
            (r#""\ud83d\\ude00""#, "\u{fffd}\\ude00"),
            (r#""\uDbFf\uDfFf""#, "\u{10ffff}"),
        ] {
            assert_eq!(read(text), expect, "{text}");
        }
        let nested = read(r#"{"\udc00":{"a":["\ud800",{"b\ud83d":"ok"}]}}"#);
        assert_eq!(nested["\u{fffd}"]["a"][1]["b\u{fffd}"], "ok");
    }

    #[test]
    fn what_has_no_half_is_left_alone() {
        for text in [r#""""#, r#""\ud83d\ude00""#, r#""\\ud83d""#, r#""\\\\ud83d \ud7ff \ue000""#, r#"{"a":[1,"\u0000"]}"#, ""] {
            assert_eq!(mended(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn broken_escapes_stay_broken() {
        for text in [r#""\ud8""#, r#""\ud83"#, r"\", r#""\ud8zz""#, r"\u"] {
            assert_eq!(mended(text.as_bytes()), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn all_texts_that_only_halves_spoil_become_readable(units in proptest::collection::vec(proptest::num::u16::ANY, 0..12)) {
            let escaped = units.iter().fold(String::new(), |text, unit| text + &format!("\\u{unit:04x}"));
            proptest::prop_assert_eq!(read(&format!("\"{escaped}\"")), String::from_utf16_lossy(&units));
        }
    }
}
