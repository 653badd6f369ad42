//! Session tokens of an account's owner.

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{KeyFault, placeholder};

/// The longest token that we send, in bytes. The API takes 16,384 characters.
const MAX_BYTES: usize = 16_384;

/// A session JWT, with which an account's owner manages API keys. It has no `Serialize`, and printing shows none of it.
///
/// We verify nothing here, since only the API knows its tokens. The server never reads a token; only the `keys` and `setup` commands do.
#[derive(Clone)]
pub struct SessionToken(Arc<SecretString>);

/// Why a text cannot be a session token. No variant holds any of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// A placeholder that nobody filled in.
    #[error("it holds a placeholder instead of a token")]
    Placeholder,
    /// An API key, which cannot manage keys.
    #[error("it is an API key; managing keys takes a session token (JWT), which the account's owner gets by signing in")]
    ApiKey,
    /// Longer than 16 KiB.
    #[error("it is longer than 16,384 bytes")]
    TooLong,
    /// An empty text, more than one line, or what no header can carry.
    #[error(transparent)]
    Text(#[from] KeyFault),
}

impl SessionToken {
    /// Reads a token. Drops white space and quotes around it, and the word `Bearer` before it.
    pub fn parse(text: &str) -> Result<Self, TokenFault> {
        let text = super::tidy(text);
        let text = text.strip_prefix("Bearer ").map_or(text, super::tidy);
        if text.is_empty() {
            return Err(KeyFault::Empty.into());
        }
        if placeholder(text) {
            return Err(TokenFault::Placeholder);
        }
        if text.starts_with("sk_live_") {
            return Err(TokenFault::ApiKey);
        }
        if text.contains(['\n', '\r']) {
            return Err(KeyFault::Lines.into());
        }
        if text.len() > MAX_BYTES {
            return Err(TokenFault::TooLong);
        }
        if let Some(position) = text.chars().position(|c| !c.is_ascii_graphic()) {
            return Err(KeyFault::Character(position + 1).into());
        }
        Ok(Self(Arc::new(SecretString::from(text))))
    }

    /// When the token says that it ends, in seconds since 1970. This is not verified. We use it only to say why the API refuses the token.
    pub fn ends_at(&self) -> Option<i64> {
        let payload = self.0.expose_secret().split('.').nth(1)?;
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        claims.get("exp")?.as_i64()
    }

    /// The value of the `Authorization` header. For the request only. A test counts the callers.
    pub(crate) fn expose(&self) -> String {
        format!("Bearer {}", self.0.expose_secret())
    }

    /// The secret, for finding it in texts.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_surrounds_a_token_is_dropped_and_what_is_none_is_refused() {
        for text in ["a.b.c", " Bearer a.b.c\n", "\"a.b.c\""] {
            assert_eq!(SessionToken::parse(text).unwrap().expose(), "Bearer a.b.c", "{text:?}");
        }
        for (text, fault) in [
            ("", TokenFault::Text(KeyFault::Empty)),
            ("${JWT}", TokenFault::Placeholder),
            ("sk_live_0", TokenFault::ApiKey),
            ("a\nb", TokenFault::Text(KeyFault::Lines)),
            ("a b", TokenFault::Text(KeyFault::Character(2))),
            ("x".repeat(20_000).as_str(), TokenFault::TooLong),
        ] {
            assert_eq!(SessionToken::parse(text).unwrap_err(), fault, "{text:.20}");
        }
    }

    #[test]
    fn the_end_is_read_and_nothing_is_shown() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"exp": 1700000000}"#);
        let token = SessionToken::parse(&format!("e30.{claims}.x")).unwrap();
        assert_eq!((token.ends_at(), format!("{token:?}")), (Some(1_700_000_000), "SessionToken(..)".to_owned()));
        assert_eq!(SessionToken::parse("opaque").unwrap().ends_at(), None);
    }
}
