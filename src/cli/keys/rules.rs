//! The rules for keys that we check before we send anything.

use anyhow::{anyhow, bail};

use crate::{
    api::{Scopes, ids::KeyId, keys::CreateKey},
    key::tidy,
};

/// An id of a key.
pub type Id = KeyId;

/// The scopes of a new key, unless the user says otherwise. `read` implies `search`. We ask for both, since the API may change what a scope
/// implies.
pub const DEFAULT_SCOPES: &str = "read,search";

const MOST_NAME_CHARS: usize = 100;
/// The longest life of a key.
pub const MOST_DAYS: u32 = 365;

/// A key to create. Every member keeps the rules of the API.
#[derive(Clone, Debug)]
pub struct Wish {
    /// From [`name`].
    pub name: String,
    /// From [`scopes`]: implications filled in.
    pub scopes: Scopes,
    /// From [`days`]; absent means that the key never expires.
    pub days: Option<u32>,
}

impl Wish {
    /// The call that creates it.
    pub fn call(&self) -> CreateKey {
        CreateKey { name: self.name.clone(), scopes: Some(self.scopes.iter().collect()), expires_in_days: self.days }
    }
}

/// A name: 1 to 100 characters, not blank, on one line.
pub fn name(text: &str) -> anyhow::Result<String> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 {
        bail!("--name: a name has 1 to 100 characters and is not blank");
    }
    if length > MOST_NAME_CHARS {
        bail!("--name: a name has 1 to 100 characters, not {length}");
    }
    if text.chars().any(char::is_control) {
        bail!("--name: a name has no line ends, tabs or other control characters");
    }
    if is_secret(text) {
        bail!("--name: this holds an API key; a name is shown in lists, so it must not be a secret");
    }
    Ok(text.to_owned())
}

/// Scopes: at least one of the four, with everything they imply.
pub fn scopes(text: &str) -> anyhow::Result<Scopes> {
    if is_secret(text) {
        bail!("--scopes: this holds an API key; valid scopes are search, read, write, admin");
    }
    Ok(Scopes::parse(tidy(text)).map_err(|error| anyhow!("--scopes: {error}"))?.closed())
}

/// A life in days: 1 to 365.
pub fn days(text: &str) -> anyhow::Result<u32> {
    tidy(text)
        .parse()
        .ok()
        .filter(|days| (1..=MOST_DAYS).contains(days))
        .ok_or_else(|| anyhow!("--expires-in-days: a whole number from 1 to 365; leave it out for a key that never expires"))
}

/// An id as the list shows it.
pub fn id(text: &str) -> anyhow::Result<Id> {
    if is_secret(text) {
        bail!("this is the secret of a key, or its beginning, but the command needs its id; `videosearch-mcp keys list` shows the ids");
    }
    KeyId::parse(text).map_err(|error| anyhow!("the key's id: {error}; `videosearch-mcp keys list` shows the ids"))
}

/// Whether a text looks like a secret, so that no message repeats it.
fn is_secret(text: &str) -> bool {
    text.contains("sk_live_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_1_to_100_characters() {
        for good in ["a", " Laptop ", &"é".repeat(100), "日本 – x"] {
            assert_eq!(name(good).unwrap(), good.trim());
        }
        for bad in ["", "  ", "\u{a0}", &"x".repeat(101), "a\nb", "a\u{1b}b"] {
            assert!(name(bad).unwrap_err().to_string().starts_with("--name: a name has "), "{bad:?}");
        }
    }

    #[test]
    fn scopes_are_filled_in_and_never_guessed() {
        for (text, granted) in [
            ("read,search", "search, read"),
            ("search", "search"),
            ("read", "search, read"),
            ("WRITE", "search, read, write"),
            ("admin", "search, read, write, admin"),
        ] {
            assert_eq!(scopes(text).unwrap().to_string(), granted);
        }
        for (text, word) in [("read,delete", "`delete`"), ("", "no scope"), (",", "no scope")] {
            let message = scopes(text).unwrap_err().to_string();
            assert!(message.contains(word) && message.contains("search, read, write, admin"), "{message}");
        }
    }

    #[test]
    fn lives_have_1_to_365_days() {
        assert_eq!((days("1").unwrap(), days("365").unwrap()), (1, 365));
        for bad in ["0", "366", "-1", "1.5", "", "ninety", "99999999999"] {
            assert!(days(bad).unwrap_err().to_string().contains("from 1 to 365"), "{bad}");
        }
    }

    #[test]
    fn secrets_in_the_wrong_place_are_not_repeated() {
        let secret = format!("sk_live_{}", "0a".repeat(24));
        for message in [name(&secret).unwrap_err(), scopes(&secret).unwrap_err(), id(&secret).unwrap_err()] {
            assert!(!format!("{message:#}").contains("0a0a"), "{message:#}");
        }
        assert!(id("a/b").is_err() && id("..").is_err() && id("key_1").is_ok());
    }
}
