//! The credential that a request is sent with.

use std::borrow::Cow;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};
use serde_json::Value;

use super::response::REQUEST_IDS;
use crate::{
    api::Problem,
    key::{ApiKey, Scrubber, SessionToken},
};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// A credential, borrowed from the call that the gate let pass.
#[derive(Clone, Copy)]
pub(super) enum Credential<'a> {
    Key(&'a ApiKey),
    Token(&'a SessionToken),
}

impl Credential<'_> {
    /// The credential as a header that HTTP libraries neither print nor compress.
    pub(super) fn header(self) -> Result<(HeaderName, HeaderValue), InvalidHeaderValue> {
        let (name, mut value) = match self {
            Self::Key(key) => (API_KEY, HeaderValue::from_str(key.expose())?),
            Self::Token(token) => (AUTHORIZATION, HeaderValue::from_str(&token.expose())?),
        };
        value.set_sensitive(true);
        Ok((name, value))
    }

    /// Whether a short text has a piece of the credential, as it is.
    pub(super) fn shares_with(self, text: &str) -> bool {
        match self {
            Self::Key(key) => key.shares_with(text),
            // Few commands send one, and they have time.
            Self::Token(_) => true,
        }
    }

    /// What takes the credential out of texts, in case the API repeats it.
    pub(super) fn scrubber(self) -> Scrubber {
        let scrubber = Scrubber::default();
        match self {
            Self::Key(key) => scrubber.learn(key),
            Self::Token(token) => scrubber.learn_token(token),
        }
        scrubber
    }
}

/// Takes a credential out of everything that a problem says.
pub(super) fn scrubbed(scrubber: &Scrubber, mut problem: Problem) -> Problem {
    problem.message = scrubbed_text(scrubber, &problem.message);
    problem.code = scrubber.scrub(&problem.code).into_owned();
    problem.request_id = problem.request_id.map(|id| scrubber.scrub(&id).into_owned());
    if let Some(details) = problem.details.take() {
        let text = Value::Object(details).to_string();
        let mut details: Value = serde_json::from_str(&scrubber.scrub(&text)).unwrap_or_default();
        each_text(&mut details, &|text| *text = unsigned(text));
        problem.details = match details {
            Value::Object(details) => Some(details),
            _ => None,
        };
    }
    problem
}

/// Takes a credential out of a sentence, and signatures out of its links.
pub(super) fn scrubbed_text(scrubber: &Scrubber, text: &str) -> String {
    unsigned(&scrubber.scrub(text))
}

/// Changes all texts in a value. What was read from JSON is not deep.
fn each_text(value: &mut Value, change: &dyn Fn(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, change)),
        Value::Object(members) => members.values_mut().for_each(|member| each_text(member, change)),
        _ => {}
    }
}

/// Takes the credential out of the request's id, in case the API repeats it there.
pub(super) fn without_credential(headers: &mut HeaderMap, credential: Credential<'_>) {
    for name in REQUEST_IDS {
        let Some(id) = headers.get(name).and_then(|id| id.to_str().ok()).filter(|id| credential.shares_with(id)) else { continue };
        let clean = match credential.scrubber().scrub(id) {
            Cow::Borrowed(_) => continue,
            Cow::Owned(clean) => HeaderValue::from_str(&clean).ok(),
        };
        match clean {
            Some(clean) => headers.insert(name, clean),
            None => headers.remove(name),
        };
    }
}

/// A text in which links have lost their queries where these hold a signature or a token: an error is no place for a link that opens a file.
fn unsigned(text: &str) -> String {
    let words = text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`'));
    let cut = |word: &str| -> Option<String> {
        let (place, query) = word.split_at(word.find("://").map(|_| word.find('?'))??);
        let lower = query.to_ascii_lowercase();
        let signed = ["signature=", "sig=", "token=", "credential="].iter().any(|name| lower.contains(name));
        let end = query
            .char_indices()
            .next_back()
            .filter(|(_, c)| !c.is_alphanumeric())
            .map_or("", |(at, _)| query.get(at..).unwrap_or_default());
        signed.then(|| format!("{place}?…{end}"))
    };
    words.map(|word| cut(word).unwrap_or_else(|| word.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_in_details_lose_what_opens_them() {
        let link = |query: &str| serde_json::json!({"source": [{"a": format!("https://a.example/f{query}")}], "n": 1});
        let problem = Problem { details: link("?sig=abc").as_object().cloned(), ..Problem::default() };
        assert_eq!(scrubbed(&Scrubber::default(), problem).details.map(Value::Object), Some(link("?…")));
    }

    #[test]
    fn links_in_messages_lose_what_opens_them() {
        for (text, told) in [
            ("GET https://a.example/b/f.mp4?X-Goog-Signature=abc failed", "GET https://a.example/b/f.mp4?… failed"),
            ("see \"https://a.example/f?x=1&sig=abc\".", "see \"https://a.example/f?…\"."),
            ("see https://a.example/f?page=2.", "see https://a.example/f?page=2."),
            ("why? token=1", "why? token=1"),
            ("", ""),
        ] {
            assert_eq!(unsigned(text), told);
        }
    }
}
