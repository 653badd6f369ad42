//! The life of one request: gate, client, and what an answer of 401 or 403 means for the key.

use std::fmt::Write;

use aws_lc_rs::rand;
use bytes::Bytes;

use super::{CallError, Deadline, KeyProblem, Ready, Session, now};
use crate::{
    api::{Endpoint, Request},
    client::{self, Error, Kind, PictureError, Response},
    gate::{Authorised, Origin, Refusal, RefusalCause},
};

impl Session {
    /// Calls an endpoint and reads its answer.
    pub async fn call<E: Endpoint>(&self, endpoint: &E, deadline: &Deadline) -> Result<E::Output, CallError> {
        let response = self.fetch(endpoint, deadline).await?;
        Ok(client::decode::<E>(&response)?)
    }

    /// Calls an endpoint and leaves its answer unread.
    pub async fn fetch<E: Endpoint>(&self, endpoint: &E, deadline: &Deadline) -> Result<Response, CallError> {
        self.send(write(endpoint, None)?, deadline).await
    }

    /// Calls an endpoint that takes an idempotency key: the one given, or a new one. Answers the key that was used, too.
    pub async fn call_keyed<E: Endpoint>(
        &self,
        endpoint: &E,
        key: Option<&str>,
        deadline: &Deadline,
    ) -> Result<(E::Output, String), CallError> {
        let key = match key.map(str::trim).filter(|key| !key.is_empty()) {
            Some(key) => key.to_owned(),
            None => new_key(E::KEYED.unwrap_or("call"))?,
        };
        let response = self.send(write(endpoint, Some(key.clone()))?, deadline).await?;
        match client::decode::<E>(&response) {
            Ok(output) => Ok((output, key)),
            Err(mut error) => {
                // The call was carried out; only its answer is lost.
                error.uncertain = true;
                error.idempotency_key = Some(key);
                Err(error.into())
            }
        }
    }

    /// Fetches a picture behind a link that the API gave, without the key.
    pub async fn picture(&self, link: &str, deadline: &Deadline) -> Result<Bytes, PictureError> {
        let ready = self.ready().await.map_err(|problem| PictureError::Failed(problem.to_string()))?;
        ready.client.picture(link, deadline).await.map(|(_, bytes)| bytes)
    }

    async fn send(&self, request: Request, deadline: &Deadline) -> Result<Response, CallError> {
        let ready = self.ready().await?;
        let mut authorised = self.authorise(request, deadline).await?;
        let mut renewed = false;
        loop {
            let error = match ready.client.send(&authorised, deadline).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            if error.is_key_rejection() {
                if !renewed && self.renewed(ready, authorised.generation()).await {
                    // Once: a second rejection is about the new key.
                    renewed = true;
                    authorised = self.authorise(authorised.into_request(), deadline).await?;
                    continue;
                }
                return Err(self.rejected(ready, &authorised));
            }
            if error.is_scope_refusal()
                && let Some(refusal) = self.shrink(&authorised)
            {
                return Err(CallError::Refused(refusal));
            }
            return Err(error.into());
        }
    }

    /// The API rejects the key: calls are held back for a while.
    fn rejected(&self, ready: &Ready, authorised: &Authorised) -> CallError {
        let mut state = self.state();
        if state.generation == authorised.generation() {
            self.revise(&mut state, |gate| gate.reject(now(), true));
        }
        CallError::Key(KeyProblem::rejected(&ready.source, authorised.key().last_four()))
    }

    /// The API refuses a call that had passed: its scope is believed no longer.
    fn shrink(&self, authorised: &Authorised) -> Option<Refusal> {
        let needed = authorised.request().access().scope()?;
        let mut state = self.state();
        if state.generation == authorised.generation() {
            self.revise(&mut state, |gate| gate.shrink(needed, now()));
        }
        let beliefs = state.gate.as_ref()?.beliefs();
        Some(Refusal {
            needed,
            held: beliefs.held(),
            unknown: beliefs.unknowns(),
            ceiling: beliefs.ceiling(),
            cause: RefusalCause::NotHeld { origin: Origin::Refused403, at: Some(now()) },
        })
    }
}

fn write<E: Endpoint>(endpoint: &E, key: Option<String>) -> Result<Request, CallError> {
    Request::of(endpoint, key).map_err(|error| CallError::Upstream(Error::new(Kind::Request(error))))
}

/// `<prefix>:<32 hexadecimal digits>`, as the official clients make them.
fn new_key(prefix: &str) -> Result<String, CallError> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| CallError::Upstream(Error::new(Kind::Setup("the system gives no random numbers".into()))))?;
    let mut key = format!("{prefix}:");
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(key, "{byte:02x}");
    }
    Ok(key)
}
