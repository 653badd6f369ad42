//! Common mistakes in a text that should be a key, so that we can tell people why it does not work.

use super::tidy;

/// A common mistake. It repeats nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// Quotes around it, which are dropped.
    Quotes,
    /// White space around it, which is dropped.
    WhiteSpace,
    /// A byte order mark before it, which is dropped.
    ByteOrderMark,
    /// Two bytes a character, as some editors and shells on Windows write.
    Utf16,
    /// More than one line.
    Lines,
    /// A session token instead of a key.
    Token,
    /// `NAME=` or `Header:` before the key.
    Assignment,
}

/// The mistakes in the content of a variable or a file. One line end is no mistake.
pub fn oddities(content: &[u8]) -> Vec<Oddity> {
    if content.starts_with(&[0xff, 0xfe]) || content.starts_with(&[0xfe, 0xff]) {
        return vec![Oddity::Utf16];
    }
    let Ok(text) = std::str::from_utf8(content) else { return Vec::new() };
    let (bare, mark) = text.strip_prefix('\u{feff}').map_or((text, false), |rest| (rest, true));
    let line = bare.strip_suffix('\n').map_or(bare, |line| line.strip_suffix('\r').unwrap_or(line));
    let unspaced = line.trim();
    let inner = tidy(bare);
    let token = inner.strip_prefix("Bearer ").unwrap_or(inner);
    let named = inner.split_once("sk_live_").is_some_and(|(before, _)| before.contains(['=', ':']) || before.contains(' '));
    let found = [
        (mark, Oddity::ByteOrderMark),
        (unspaced != line, Oddity::WhiteSpace),
        (inner != unspaced && inner.len() < unspaced.len(), Oddity::Quotes),
        (inner.contains(['\n', '\r']), Oddity::Lines),
        (token.starts_with("eyJ") && token.matches('.').count() == 2, Oddity::Token),
        (named, Oddity::Assignment),
    ];
    found.into_iter().filter_map(|(is, oddity)| is.then_some(oddity)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_mistakes_are_told_apart() {
        for (content, expect) in [
            ("sk_live_0123", vec![]),
            ("sk_live_0123\r\n", vec![]),
            (" sk_live_0123", vec![Oddity::WhiteSpace]),
            ("sk_live_0123\n\n", vec![Oddity::WhiteSpace]),
            ("\"sk_live_0123\"\n", vec![Oddity::Quotes]),
            ("\u{feff}sk_live_0123", vec![Oddity::ByteOrderMark]),
            ("sk_live_0123\nsk_live_4567\n", vec![Oddity::Lines]),
            ("VIDEOSEARCH_API_KEY=sk_live_0123", vec![Oddity::Assignment]),
            ("Bearer sk_live_0123", vec![Oddity::Assignment]),
            ("eyJhbGciOi.eyJleHAi.c2ln", vec![Oddity::Token]),
        ] {
            assert_eq!(oddities(content.as_bytes()), expect, "{content:?}");
        }
        assert_eq!(oddities(&[0xff, 0xfe, b's', 0]), [Oddity::Utf16]);
    }
}
