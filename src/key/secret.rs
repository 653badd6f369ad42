//! The API key itself.

use std::{fmt, sync::Arc};

use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

use super::BaseUrl;
use crate::api;

const PREFIX: &str = "sk_live_";
const HEX_DIGITS: usize = 48;
/// The most bytes that we accept as a key. The API's own keys have 56.
const MAX_BYTES: usize = 512;

/// An API key, live or not. It has no `Serialize`, and `Debug` and `Display` show at most its last four characters.
#[derive(Clone)]
pub struct ApiKey(Arc<SecretString>);

/// Whether a key looks like those the API issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyForm {
    /// `sk_live_` and 48 lower-case hexadecimal digits.
    Known,
    /// Anything else. We warn about it, but we send it, since only the API knows its keys.
    Other,
}

/// Why a text cannot be a key at all. No variant holds any of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Nothing is left after trimming.
    #[error("it is empty")]
    Empty,
    /// Bytes that are not text.
    #[error("it is not valid UTF-8 text, so it cannot be read")]
    Encoding,
    /// More than one line.
    #[error("it has more than one line; a key is a single line")]
    Lines,
    /// A character that no HTTP header can carry.
    #[error("character {0} of it cannot be sent in an HTTP header; a key has only printable ASCII characters and no spaces")]
    Character(usize),
    /// Longer than 512 bytes.
    #[error("it is longer than 512 bytes")]
    TooLong,
}

impl ApiKey {
    /// Reads a key. Drops white space and quotes around it, and refuses what a header cannot carry.
    pub fn parse(text: &str) -> Result<Self, KeyFault> {
        let text = super::tidy(text);
        if text.is_empty() {
            return Err(KeyFault::Empty);
        }
        // This character stands for bytes that are not text.
        if text.contains('\u{fffd}') {
            return Err(KeyFault::Encoding);
        }
        if text.contains(['\n', '\r']) {
            return Err(KeyFault::Lines);
        }
        if text.len() > MAX_BYTES {
            return Err(KeyFault::TooLong);
        }
        if let Some(position) = text.chars().position(|c| !c.is_ascii_graphic()) {
            return Err(KeyFault::Character(position + 1));
        }
        Ok(Self(Arc::new(SecretString::from(text))))
    }

    /// Whether the key has the form the API issues.
    pub fn form(&self) -> KeyForm {
        let digits = self.text().strip_prefix(PREFIX);
        let known = digits.is_some_and(|d| d.len() == HEX_DIGITS && d.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        if known { KeyForm::Known } else { KeyForm::Other }
    }

    /// The last four characters. Nothing if the key is so short that four would be a large part of it.
    pub fn last_four(&self) -> &str {
        let text = self.text();
        if text.len() < 16 { "" } else { text.get(text.len() - 4..).unwrap_or_default() }
    }

    /// The secret, for the request header and the fingerprint only. A test counts the callers.
    pub(crate) fn expose(&self) -> &str {
        self.text()
    }

    /// Whether a short text has a piece of the key, as it is.
    pub fn shares_with(&self, text: &str) -> bool {
        super::pieces::share(text, self.text())
    }

    /// The content of a key file.
    pub(super) fn line(&self) -> Vec<u8> {
        format!("{}\n", self.text()).into_bytes()
    }

    /// Whether this is the key that a list of the API shows as `shown`: its beginning, with or without `sk_live_`, and perhaps its end
    /// after dots or stars. `None` if `shown` is too short to tell keys apart.
    pub fn shown_as(&self, shown: &str) -> Option<bool> {
        let masks = ['.', '…', '*'];
        let (head, tail) = shown.trim().split_once(masks).unwrap_or((shown.trim(), ""));
        let tail = tail.trim_start_matches(masks);
        if tail.contains(masks) || head.trim_start_matches(PREFIX).len() + tail.len() < 4 {
            return None;
        }
        let body = self.text().strip_prefix(PREFIX).unwrap_or(self.text());
        Some((self.text().starts_with(head) || body.starts_with(head)) && body.ends_with(tail))
    }

    /// A name for this key at this base URL that reveals neither of them: HMAC-SHA-256 under the key, in hexadecimal.
    pub fn fingerprint(&self, base: &BaseUrl) -> String {
        let signer = hmac::Key::new(hmac::HMAC_SHA256, self.expose().as_bytes());
        let message = format!("videosearch-mcp scope cache 1\n{}", base.as_str());
        api::hex(hmac::sign(&signer, message.as_bytes()).as_ref())
    }

    /// The secret, for finding it in texts.
    pub(super) fn bytes(&self) -> &[u8] {
        self.text().as_bytes()
    }

    fn text(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for ApiKey {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for ApiKey {}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…{}", self.last_four())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey(…{})", self.last_four())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> String {
        format!("sk_live_{}", "0a1b2c3d".repeat(6))
    }

    #[test]
    fn white_space_and_quotes_are_dropped() {
        for text in [known(), format!(" {}\r\n", known()), format!("\"{}\"", known()), format!("\n '{}' \n", known())] {
            let key = ApiKey::parse(&text).unwrap();
            assert_eq!((key.expose(), key.form()), (known().as_str(), KeyForm::Known), "{text:?}");
        }
    }

    #[test]
    fn what_a_header_cannot_carry_is_refused_without_repeating_it() {
        for (text, fault) in [
            ("", KeyFault::Empty),
            (" \"\" ", KeyFault::Empty),
            ("abc\ndef", KeyFault::Lines),
            ("ab cd", KeyFault::Character(3)),
            ("abé", KeyFault::Character(3)),
            ("a\u{0}", KeyFault::Character(2)),
            ("x".repeat(513).as_str(), KeyFault::TooLong),
        ] {
            assert_eq!(ApiKey::parse(text), Err(fault), "{text:?}");
        }
        assert_eq!(ApiKey::parse("something-else").map(|key| key.form()), Ok(KeyForm::Other));
        assert_eq!(ApiKey::parse(&known().to_uppercase()).map(|key| key.form()), Ok(KeyForm::Other));
    }

    #[test]
    fn printing_shows_four_characters_at_most() {
        let key = ApiKey::parse(&known()).unwrap();
        assert_eq!((key.to_string(), format!("{key:?}")), ("…2c3d".into(), "ApiKey(…2c3d)".into()));
        assert_eq!(ApiKey::parse("short").unwrap().to_string(), "…");
    }

    #[test]
    fn a_key_is_known_by_the_part_that_lists_show() {
        let key = ApiKey::parse(&known()).unwrap();
        for (shown, verdict) in [
            ("sk_live_0a1b", Some(true)),
            (" sk_live_0a1b... ", Some(true)),
            ("sk_live_0a1b****2c3d", Some(true)),
            ("0a1b2c", Some(true)),
            ("sk_live_…2c3d", Some(true)),
            ("…2c3d", Some(true)),
            ("sk_live_0a1c", Some(false)),
            ("sk_live_0a1b…2c3e", Some(false)),
            ("2c3d", Some(false)),
            ("", None),
            ("sk_live_", None),
            ("sk_live_0a1", None),
            ("***", None),
            ("0a.1b.2c3d", None),
        ] {
            assert_eq!(key.shown_as(shown), verdict, "{shown:?}");
        }
    }

    #[test]
    fn fingerprints_differ_by_key_and_by_base_and_hold_neither() {
        let (one, two) = (ApiKey::parse(&known()).unwrap(), ApiKey::parse("another-key-entirely").unwrap());
        let (here, there) = (BaseUrl::parse("https://a.example/v2").unwrap(), BaseUrl::parse("https://b.example/v2").unwrap());
        let print = one.fingerprint(&here);
        assert_eq!(print.len(), 64);
        assert_eq!(print, one.fingerprint(&here));
        assert_ne!(print, one.fingerprint(&there));
        assert_ne!(print, two.fingerprint(&here));
        assert!(!print.contains("0a1b2c3d"));
    }
}
