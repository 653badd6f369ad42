//! The credential that a request is sent with.

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue, InvalidHeaderValue};

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
    problem.message = scrubber.scrub(&problem.message).into_owned();
    problem.code = scrubber.scrub(&problem.code).into_owned();
    problem.request_id = problem.request_id.map(|id| scrubber.scrub(&id).into_owned());
    if let Some(details) = problem.details.take() {
        let text = serde_json::Value::Object(details).to_string();
        problem.details = serde_json::from_str(&scrubber.scrub(&text)).ok();
    }
    problem
}
