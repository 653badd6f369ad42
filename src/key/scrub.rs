//! Finds keys and tokens in texts, however they are encoded, and takes them out.
//!
//! A secret may come back from an API as it is, in other letters' case (a host name), percent-encoded (a link), escaped (JSON in a text),
//! as entities (an error page), broken into lines, in pieces, or in base64. So we search the text as it is. Then we undo one layer of encoding
//! and search again, up to [`LAYERS`] times. What we find is replaced at its place in the original text.

use std::{
    borrow::Cow,
    ops::Range,
    sync::{Arc, PoisonError, RwLock},
};

use super::{
    ApiKey, SessionToken,
    pieces::Pieces,
    spelling::{common, decode_one, has_prefix, is_encoded, is_encoded_at, space, starts},
};

/// What every issued key begins with.
const MARK: &[u8] = b"sk_live_";
/// How many digits follow it.
const DIGITS: usize = 48;
/// If at least this many characters follow the mark, they may be a part of a key. If fewer follow, the text only says what keys look like.
const LEAST_AFTER_MARK: usize = 8;
/// We do not search for a shorter secret: it could be any word.
const LEAST_SECRET: usize = 8;
/// Where the rest of a secret was cut off, we take out its beginning if it has at least this many bytes.
const LEAST_BEGINNING: usize = 12;
/// How many layers of encoding we undo.
const LAYERS: usize = 3;
/// What stands in the place of a secret of another service, and of one that was given for the path of a file.
const SECRET: &str = "[secret]";
const MISTAKEN: &str = "[a secret, not the path of a file]";
/// How many keys we remember, the present one and those before it, and how many secrets of other services.
const REMEMBERED: usize = 8;
const REMEMBERED_OTHERS: usize = 128;

/// Replaces keys and tokens in texts: those that it learned, and anything of the known form. Clones share what they learned.
#[derive(Clone, Default)]
pub struct Scrubber(Arc<RwLock<Known>>);

struct Known {
    keys: Vec<ApiKey>,
    /// A process has one token at most.
    token: Option<SessionToken>,
    /// Secrets of other services: the newest of those that passed through. And what was given for the path of a file, and is a secret.
    others: Vec<(Box<[u8]>, &'static str)>,
    /// For each byte, what may begin with it. Every line that leaves is searched, so most bytes must cost one look into this table.
    beginnings: [u8; 256],
    /// Whether a secret has characters that are escaped in quoted texts.
    quotes: bool,
    pieces: Pieces,
}

/// What may begin with a byte, as bits.
mod may_begin {
    pub const ENCODING: u8 = 1;
    pub const MARK: u8 = 2;
    pub const SECRET: u8 = 4;
}

impl Default for Known {
    fn default() -> Self {
        let mut known =
            Self { keys: Vec::new(), token: None, others: Vec::new(), beginnings: [0; 256], quotes: false, pieces: Pieces::default() };
        known.look_again();
        known
    }
}

impl Known {
    /// Looks at all secrets again, after one was added.
    fn look_again(&mut self) {
        let quotes = self.secrets().any(|(secret, _)| secret.iter().any(|byte| matches!(byte, b'"' | b'\\' | b'/')));
        self.quotes = quotes;
        let mut pieces = Pieces::default();
        for (secret, name) in self.secrets() {
            pieces.add(secret, secret.len() == DIGITS && secret.iter().all(u8::is_ascii_hexdigit), name);
        }
        pieces.sort();
        self.pieces = pieces;
        let firsts: Vec<u8> = self.secrets().filter_map(|(secret, _)| secret.first().copied()).collect();
        for (byte, beginnings) in (0_u8..=255).zip(&mut self.beginnings) {
            let same = |first: &u8| first.eq_ignore_ascii_case(&byte);
            *beginnings = if matches!(byte, b'%' | b'\\' | b'&') { may_begin::ENCODING } else { 0 }
                | if MARK.first().is_some_and(same) { may_begin::MARK } else { 0 }
                | if firsts.iter().any(same) { may_begin::SECRET } else { 0 };
        }
    }

    /// What may begin with this byte.
    fn beginnings(&self, byte: u8) -> u8 {
        self.beginnings.get(usize::from(byte)).copied().unwrap_or_default()
    }

    /// Whether a text begins with a secret, or with something in an encoding.
    fn begins(&self, text: &[u8]) -> bool {
        let may = self.beginnings(text.first().copied().unwrap_or_default());
        (may & may_begin::ENCODING != 0 && is_encoded_at(text, self.quotes))
            || (may & may_begin::MARK != 0 && may_go_on(text, MARK) && has_prefix(text, MARK))
            || (may & may_begin::SECRET != 0 && self.secrets().any(|(secret, _)| has_prefix(text, beginning_of(secret))))
    }

    /// The secrets to search for, each with its replacement. For a key with the mark, its digits are enough.
    fn secrets(&self) -> impl Iterator<Item = (&[u8], &'static str)> {
        let keys = self.keys.iter().map(|key| (key.bytes().strip_prefix(MARK).unwrap_or(key.bytes()), "[key]"));
        let token = self.token.iter().map(|token| (token.bytes(), "[token]"));
        let others = self.others.iter().map(|(other, name)| (&**other, *name));
        keys.chain(token).chain(others).filter(|(secret, _)| secret.len() >= LEAST_SECRET)
    }
}

impl Scrubber {
    /// Remembers a key, whatever its form.
    pub fn learn(&self, key: &ApiKey) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !known.keys.contains(key) {
            if known.keys.len() >= REMEMBERED {
                known.keys.remove(0);
            }
            known.keys.push(key.clone());
            known.look_again();
        }
    }

    /// Remembers a session token.
    pub fn learn_token(&self, token: &SessionToken) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.token = Some(token.clone());
        known.look_again();
    }

    /// Remembers a secret of another service. White space in it does not count.
    pub fn learn_other(&self, secret: &str) {
        self.learn_named(secret, SECRET);
    }

    /// Remembers a secret that was given for the path of a file, for good.
    pub fn learn_mistaken(&self, secret: &str) {
        self.learn_named(secret, MISTAKEN);
    }

    fn learn_named(&self, secret: &str, name: &'static str) {
        let secret: String = secret.split_whitespace().collect();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !known.others.iter().any(|(other, _)| **other == *secret.as_bytes()) {
            if known.others.len() >= REMEMBERED_OTHERS
                && let Some(oldest) = known.others.iter().position(|(_, name)| *name == SECRET)
            {
                known.others.remove(oldest);
            }
            known.others.push((secret.into_bytes().into(), name));
            known.look_again();
        }
    }

    /// Whether a text may hold a secret. This is quick. A no is certain, a yes is not.
    pub fn may_be_in(&self, text: &str) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if known.pieces.are_in(text.as_bytes()) {
            return true;
        }
        let mut rest = text.as_bytes();
        while let Some(at) = rest.iter().position(|&byte| known.beginnings(byte) != 0) {
            rest = rest.get(at..).unwrap_or_default();
            if known.begins(rest) {
                return true;
            }
            rest = rest.get(1..).unwrap_or_default();
        }
        false
    }

    /// The text without any key or token. Borrowed, and without allocation, if it certainly had none.
    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !self.may_be_in(text) {
            return Cow::Borrowed(text);
        }
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<(Range<usize>, &'static str)> = Vec::new();
        let mut layer = Layer::of(text.as_bytes());
        for _ in 0..=LAYERS {
            layer.find(&known, &mut found);
            match layer.decoded(known.quotes) {
                Some(decoded) => layer = decoded,
                None => break,
            }
        }
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        found.sort_by_key(|(range, _)| range.start);
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for (range, name) in found {
            if range.start >= done {
                out.push_str(text.get(done..range.start).unwrap_or_default());
                out.push_str(name);
            }
            done = done.max(range.end);
        }
        out.push_str(text.get(done..).unwrap_or_default());
        Cow::Owned(out)
    }
}

/// A text after some decoding: its bytes, and for each the range of the original text that it came from.
struct Layer {
    bytes: Vec<u8>,
    origin: Vec<Range<usize>>,
}

impl Layer {
    fn of(text: &[u8]) -> Self {
        Self { bytes: text.to_vec(), origin: (0..text.len()).map(|at| at..at + 1).collect() }
    }

    /// Undoes one layer of encoding. `None` if there is none.
    fn decoded(&self, quotes: bool) -> Option<Self> {
        if !is_encoded(&self.bytes, quotes) {
            return None;
        }
        let mut next = Self { bytes: Vec::with_capacity(self.bytes.len()), origin: Vec::with_capacity(self.bytes.len()) };
        let mut at = 0;
        while let Some(rest) = self.bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let (byte, length) = decode_one(rest);
            if let Some(origin) = self.origin(at..at + length) {
                next.bytes.push(byte);
                next.origin.push(origin);
            }
            at += length;
        }
        Some(next)
    }

    /// Where the bytes of this range came from.
    fn origin(&self, range: Range<usize>) -> Option<Range<usize>> {
        let last = self.origin.get(range.end.checked_sub(1)?)?;
        Some(self.origin.get(range.start)?.start..last.end)
    }

    /// Notes where there are secrets.
    fn find(&self, known: &Known, found: &mut Vec<(Range<usize>, &'static str)>) {
        let mut note = |range: Range<usize>, name| {
            if let Some(origin) = self.origin(range) {
                found.push((origin, name));
            }
        };
        known.pieces.find(&self.bytes, &mut note);
        for (secret, name) in known.secrets() {
            for at in starts(&self.bytes, beginning_of(secret)) {
                if let Some(end) = rest_of(&self.bytes, at, secret) {
                    note(at..end, name);
                }
            }
        }
        // Last, so that the name of a secret that is known wins.
        for at in starts(&self.bytes, MARK) {
            if let Some(end) = known_form(&self.bytes, at) {
                note(at..end, "[key]");
            }
        }
    }
}

/// As much of a secret as must be there for it to count.
fn beginning_of(secret: &[u8]) -> &[u8] {
    secret.get(..LEAST_BEGINNING).unwrap_or(secret)
}

/// Whether the second byte of a text may belong to a needle that the first began. This is quick, and rules out most words.
fn may_go_on(text: &[u8], needle: &[u8]) -> bool {
    let same = |byte: &u8| needle.get(1).is_some_and(|second| second.eq_ignore_ascii_case(byte));
    text.get(1).is_some_and(|byte| same(byte) || !byte.is_ascii_alphanumeric())
}

/// The end of a key of the known form that begins at `at`.
fn known_form(bytes: &[u8], at: usize) -> Option<usize> {
    let start = at + common(bytes.get(at..)?, MARK).1;
    // All of its digits, even with white space in between.
    let (mut digits, mut end) = (0, start);
    while let Some(rest) = bytes.get(end..).filter(|_| digits < DIGITS) {
        match rest.first() {
            Some(byte) if byte.is_ascii_hexdigit() => (digits, end) = (digits + 1, end + 1),
            _ if space(rest) > 0 => end += space(rest),
            _ => break,
        }
    }
    if digits == DIGITS {
        let more = bytes.get(end..)?.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        return Some(end + more);
    }
    // Or enough characters to be a part of a key, or of something like one.
    let length = bytes.get(start..)?.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    (length >= LEAST_AFTER_MARK).then_some(start + length)
}

/// The end of a secret that begins at `at`: all of it, or as much as there is before the text was cut off.
fn rest_of(bytes: &[u8], at: usize, secret: &[u8]) -> Option<usize> {
    let here = bytes.get(at..)?;
    let (matched, length) = common(here, secret);
    let cut = here.get(length..).is_none_or(|rest| rest.is_empty() || rest.starts_with("…".as_bytes()) || rest.starts_with(b"..."));
    (matched == secret.len() || (matched >= LEAST_BEGINNING && cut)).then_some(at + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> String {
        format!("sk_live_{}", "ab12".repeat(12))
    }

    /// A text with each byte spelled in another way.
    fn spelled(text: &str, spelling: impl Fn(u8) -> String) -> String {
        text.bytes().map(spelling).collect()
    }

    fn percent(text: &str) -> String {
        spelled(text, |byte| format!("%{byte:02X}"))
    }

    fn escaped(text: &str) -> String {
        spelled(text, |byte| format!("\\u{byte:04x}"))
    }

    #[test]
    fn keys_of_the_known_form_go_in_any_spelling() {
        let scrubber = Scrubber::default();
        let key = key();
        for spelling in [
            key.clone(),
            key.to_uppercase(),
            key.replace('_', "%5F"),
            key.replace('_', "%255f"),
            percent(&key),
            percent(&percent(&key)),
            escaped(&key),
            escaped(&key).replace('\\', "\\\\"),
            key.replace('s', "\\u0073"),
            key.replace('k', "&#107;"),
            key.replace('k', "&#x6b;"),
            key.replace("ab12ab12", "ab12\nab12"),
            key.replace("ab12ab12", "ab12\\nab12"),
            format!("{key}0000"),
            key[..20].to_owned(),
        ] {
            assert_eq!(scrubber.scrub(&format!("x {spelling}, y")), "x [key], y", "{spelling}");
            assert_eq!(scrubber.scrub(&format!("\"{spelling}\"{spelling}")), "\"[key]\"[key]", "{spelling}");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        let scrubber = Scrubber::default();
        scrubber.learn(&ApiKey::parse("short").unwrap());
        for text in [
            "keys begin with sk_live_",
            "sk_live_ and 48 digits",
            "100% sure; 5%20 and %zz",
            "C:\\users\\new \\u00e9 &#169; &#x; &#",
            "a short text",
            "https://a.example/x%2Fy?z=%E2%82%AC",
            "",
            "\\",
            "%",
        ] {
            assert_eq!(scrubber.scrub(text), text);
        }
        assert!(matches!(scrubber.scrub("nothing here"), Cow::Borrowed(_)));
    }

    #[test]
    fn told_secrets_go_whatever_their_form() {
        let scrubber = Scrubber::default();
        scrubber.learn(&ApiKey::parse("Quite-Another/Form\"9").unwrap());
        scrubber.learn_token(&SessionToken::parse("eyJhbGciOi.eyJleHAi.c2ln").unwrap());
        for (text, expect) in [
            ("X-API-Key: Quite-Another/Form\"9!", "X-API-Key: [key]!"),
            ("host quite-another/form\"9", "host [key]"),
            ("json Quite-Another\\/Form\\\"9", "json [key]"),
            ("url Quite%2DAnother%2FForm%229.", "url [key]."),
            ("lines Quite-\nAnother/Form\"9", "lines [key]"),
            ("cut Quite-Another/F…", "cut [key]…"),
            ("Bearer eyJhbGciOi.eyJleHAi.c2ln", "Bearer [token]"),
            ("Quite-Another idea", "Quite-Another idea"),
        ] {
            assert_eq!(scrubber.clone().scrub(text), expect);
        }
    }
}
