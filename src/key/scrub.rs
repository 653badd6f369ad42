//! The second fence against leaks: text on its way out is searched for keys.

use std::{
    borrow::Cow,
    sync::{Arc, PoisonError, RwLock},
};

use super::{ApiKey, SessionToken};

/// What every issued key begins with.
const MARK: &str = "sk_live_";
/// How many keys are remembered: the present one and those before it.
const REMEMBERED: usize = 8;

/// Replaces keys and tokens in texts: the ones it was told of, and anything of the known form. Clones share what they were told.
#[derive(Clone, Default)]
pub struct Scrubber(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    keys: Vec<ApiKey>,
    /// A process has one token at most.
    token: Option<SessionToken>,
}

impl Scrubber {
    /// Remembers a key, whatever its form.
    pub fn learn(&self, key: &ApiKey) {
        let keys = &mut self.0.write().unwrap_or_else(PoisonError::into_inner).keys;
        if !keys.contains(key) {
            if keys.len() >= REMEMBERED {
                keys.remove(0);
            }
            keys.push(key.clone());
        }
    }

    /// Remembers a session token.
    pub fn learn_token(&self, token: &SessionToken) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).token = Some(token.clone());
    }

    /// The text without any key or token. Borrowed, and without allocation, if there was none.
    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out = Cow::Borrowed(text);
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for key in &known.keys {
            if let Some(blotted) = key.blot(&out) {
                out = Cow::Owned(blotted);
            }
        }
        if let Some(blotted) = known.token.as_ref().and_then(|token| token.blot(&out)) {
            out = Cow::Owned(blotted);
        }
        if out.contains(MARK) {
            out = Cow::Owned(blot_known_form(&out));
        }
        out
    }
}

fn blot_known_form(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(MARK) {
        out.push_str(before);
        let body = after.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(after.len());
        // The words `sk_live_` alone, as in a hint on what keys look like, are no key.
        out.push_str(if body < 8 { MARK } else { "[key]" });
        rest = if body < 8 { after } else { after.get(body..).unwrap_or_default() };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_forms_and_told_keys_are_replaced() {
        let scrubber = Scrubber::default();
        let key = format!("sk_live_{}", "ab12".repeat(12));
        assert_eq!(scrubber.scrub(&format!("x {key}, y {key}")), "x [key], y [key]");
        assert!(matches!(scrubber.scrub("keys begin with sk_live_"), Cow::Owned(text) if text == "keys begin with sk_live_"));
        assert!(matches!(scrubber.scrub("nothing here"), Cow::Borrowed(_)));
        scrubber.learn(&ApiKey::parse("quite-another-form").unwrap());
        assert_eq!(scrubber.clone().scrub("X-API-Key: quite-another-form"), "X-API-Key: [key]");
    }
}
