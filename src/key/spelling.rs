//! The encodings in which a secret may come back, how to undo one layer of them, and how a text is compared with a secret.

/// Whether a part of a text is in an encoding that [`decode_one`] undoes.
pub(super) fn is_encoded(bytes: &[u8], quotes: bool) -> bool {
    bytes.windows(3).any(|three| is_encoded_at(three, quotes))
}

/// Whether a text begins in such an encoding. Every line of JSON is full of escaped quotes and slashes, so they count only if a secret has
/// such characters.
pub(super) fn is_encoded_at(text: &[u8], quotes: bool) -> bool {
    match text {
        [b'%', high, low, ..] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        [b'\\', b'u' | b'U' | b'x', _, ..] | [b'&', b'#', _, ..] => true,
        [b'\\', b'"' | b'\\' | b'/', _, ..] => quotes,
        _ => false,
    }
}

/// Decodes the first byte of a text. Also returns how many bytes encode it.
pub(super) fn decode_one(bytes: &[u8]) -> (u8, usize) {
    let plain = (bytes.first().copied().unwrap_or_default(), 1);
    let ascii = |digits: &[u8], radix: u32| {
        let number = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
        u8::from_str_radix(number, radix).or_else(|_| u32::from_str_radix(number, radix).map(|n| u8::try_from(n).unwrap_or(b' '))).ok()
    };
    let fixed = |from: usize, to: usize| Some((ascii(bytes.get(from..to)?, 16)?, to));
    let decoded = match bytes {
        [b'%', ..] => fixed(1, 3),
        [b'\\', b'u', b'{', ..] => None,
        [b'\\', b'u' | b'U', ..] => fixed(2, 6),
        [b'\\', b'x', ..] => fixed(2, 4),
        [b'\\', byte @ (b'"' | b'\\' | b'/'), ..] => Some((*byte, 2)),
        [b'&', b'#', rest @ ..] => entity(rest, ascii),
        _ => None,
    };
    decoded.unwrap_or(plain)
}

/// Decodes what follows `&#`: `115;` or `x73;`. The length includes the `&#`.
fn entity(rest: &[u8], ascii: impl Fn(&[u8], u32) -> Option<u8>) -> Option<(u8, usize)> {
    let end = rest.iter().take(8).position(|&byte| byte == b';')?;
    let number = rest.get(..end)?;
    let byte = match number {
        [b'x' | b'X', hex @ ..] => ascii(hex, 16)?,
        _ => ascii(number, 10)?,
    };
    Some((byte, end + 3))
}

/// How many bytes at the start cannot be a part of a secret, but may have been put into one: white space, plain or as JSON escapes it,
/// control characters, and bytes that are not ASCII.
pub(super) fn space(bytes: &[u8]) -> usize {
    match bytes {
        [byte, ..] if *byte == b' ' || byte.is_ascii_control() || !byte.is_ascii() => 1,
        [b'\\', b'n' | b't' | b'r' | b'f' | b'b', ..] => 2,
        _ => 0,
    }
}

/// Whether a text begins with a needle. Case and white space inside do not matter.
pub(super) fn has_prefix(bytes: &[u8], needle: &[u8]) -> bool {
    common(bytes, needle).0 == needle.len()
}

/// Where a needle begins in a text.
pub(super) fn starts(bytes: &[u8], needle: &[u8]) -> impl Iterator<Item = usize> {
    let first = needle.first().copied().unwrap_or_default();
    let starts = bytes.iter().enumerate().filter(move |(_, byte)| byte.eq_ignore_ascii_case(&first));
    starts.filter_map(move |(at, _)| has_prefix(bytes.get(at..)?, needle).then_some(at))
}

/// How many bytes of a needle the text begins with, and how many bytes of the text these take. Case and white space inside do not matter.
pub(super) fn common(bytes: &[u8], needle: &[u8]) -> (usize, usize) {
    let (mut matched, mut at, mut end) = (0, 0, 0);
    while let (Some(wanted), Some(rest)) = (needle.get(matched), bytes.get(at..)) {
        match rest.first() {
            Some(byte) if byte.eq_ignore_ascii_case(wanted) => {
                (matched, at) = (matched + 1, at + 1);
                end = at;
            }
            _ if matched > 0 && space(rest) > 0 => at += space(rest),
            _ => break,
        }
    }
    (matched, end)
}
