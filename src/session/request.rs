//! Sends one request through the gate and the client, and notes what an answer of 401 or 403 says about the key.

use std::{cell::Cell, sync::atomic::Ordering, time::Duration};

use bytes::Bytes;
use ring::rand::{SecureRandom, SystemRandom};

use super::{CallError, Deadline, KeyProblem, Session, now};
use crate::{
    api::{
        self, Access, Endpoint, Repeat, Request,
        service::AnnounceProcessing,
        stream::{EventStream, FileBody},
    },
    client::{self, Answer, Download, Error, Events, Kind, PictureError, Response, Want},
    gate::{Authorised, Refusal, RefusalCause},
};

/// How long the notice that processing begins may take.
const NOTICE_WITHIN: Duration = Duration::from_secs(3);

tokio::task_local! {
    /// The number of the key for which somebody agreed to the call, once they have.
    static AGREED_FOR: Cell<Option<u64>>;
}

/// Does the work of a call to which somebody may agree.
pub async fn agreeable<F: Future>(work: F) -> F::Output {
    AGREED_FOR.scope(Cell::new(None), work).await
}

/// From now on, the call changes things only under the key of this number: somebody agreed to that. The key of another number may be that of
/// another account.
pub fn agreed_for(generation: u64) {
    // Nobody is asked about any other work.
    let _ = AGREED_FOR.try_with(|agreed| agreed.set(Some(generation)));
}

/// Refuses a change to which somebody agreed for another key.
fn is_agreed(authorised: &Authorised) -> Result<(), CallError> {
    let request = authorised.request();
    let changes = !request.repeatable() || request.idempotency_key().is_some();
    match AGREED_FOR.try_with(Cell::get) {
        Ok(Some(generation)) if changes && generation != authorised.generation() => Err(CallError::Key(KeyProblem::Replaced)),
        _ => Ok(()),
    }
}

impl Session {
    /// Calls an endpoint and reads its answer.
    pub async fn call<E: Endpoint>(&self, endpoint: &E, deadline: &Deadline) -> Result<E::Output, CallError> {
        let response = self.fetch(endpoint, deadline).await?;
        client::decode::<E>(&response).map_err(|error| match E::REPEAT {
            Repeat::Read => error.into(),
            Repeat::Keyed(_) | Repeat::Never => lost(error, None).into(),
        })
    }

    /// Calls an endpoint and does not parse its answer. Endpoints that take an idempotency key get a new one.
    pub async fn fetch<E: Endpoint>(&self, endpoint: &E, deadline: &Deadline) -> Result<Response, CallError> {
        // A call that changes something carries an idempotency key, even if the caller gave none.
        let key = E::REPEAT.prefix().map(new_key).transpose()?;
        self.send(write(endpoint, key)?, deadline).await
    }

    /// Calls an endpoint that takes an idempotency key, with the given key or a new one. Also returns the key that it used. For the rules of
    /// given keys see [`Session::key_for`].
    pub async fn call_keyed<E: Endpoint>(
        &self,
        endpoint: &E,
        key: Option<&str>,
        deadline: &Deadline,
    ) -> Result<(E::Output, String), CallError> {
        let key = Self::key_for(key, E::REPEAT.prefix().unwrap_or("call"))?;
        let response = self.send(write(endpoint, Some(key.clone()))?, deadline).await?;
        match client::decode::<E>(&response) {
            Ok(output) => Ok((output, key)),
            Err(error) => Err(lost(error, Some(key)).into()),
        }
    }

    /// Sends a request that is written already. If `read` cannot read the answer, and the request changed something, the error says so.
    pub async fn exchange<T>(
        &self,
        request: Request,
        read: impl FnOnce(&Response) -> Result<T, Box<Error>>,
        deadline: &Deadline,
    ) -> Result<T, CallError> {
        let changes = !request.repeatable() || request.idempotency_key().is_some();
        let key = request.idempotency_key().map(str::to_owned);
        let response = self.send(request, deadline).await?;
        read(&response).map_err(|error| if changes { lost(error, key).into() } else { error.into() })
    }

    /// The idempotency key to send: the given one, or a new one with this prefix.
    ///
    /// A given key is trimmed. It may have at most 255 printable ASCII characters, since it is sent in a header.
    pub fn key_for(given: Option<&str>, prefix: &str) -> Result<String, CallError> {
        match given.map(str::trim).filter(|key| !key.is_empty()) {
            Some(key) if key.len() <= 255 && key.bytes().all(|byte| matches!(byte, b' '..=b'~')) => Ok(key.to_owned()),
            Some(_) => Err(unwritable("an idempotency key has at most 255 printable ASCII characters")),
            None => new_key(prefix),
        }
    }

    /// A new idempotency key for an endpoint, for callers that must know it before the call.
    pub fn idempotency_key<E: Endpoint>() -> Result<String, CallError> {
        new_key(E::REPEAT.prefix().unwrap_or("call"))
    }

    /// Fetches a picture behind a link that the API gave, without the key.
    pub async fn picture(&self, link: &str, deadline: &Deadline) -> Result<Bytes, PictureError> {
        let ready = self.ready().await.map_err(|problem| PictureError::Failed(problem.to_string()))?;
        ready.client.picture(link, deadline).await.map(|(_, bytes)| bytes)
    }

    /// Downloads a file that an endpoint answers with. The caller takes it piece by piece.
    pub async fn download<E: Endpoint<Output = FileBody>>(&self, endpoint: &E, deadline: &Deadline) -> Result<Box<Download>, CallError> {
        let request = write(endpoint, E::REPEAT.prefix().map(new_key).transpose()?)?;
        match self.send_for(Want::File, request, deadline).await? {
            Answer::File(download) => Ok(download),
            Answer::Whole(_) | Answer::Events(_) => Err(Error::new(Kind::Empty).into()),
        }
    }

    /// Opens a stream of events, after the event with the given id if the caller has seen some before.
    pub async fn events<E: Endpoint<Output = EventStream>>(
        &self,
        endpoint: &E,
        after: Option<&str>,
        deadline: &Deadline,
    ) -> Result<Box<Events>, CallError> {
        let request = write(endpoint, E::REPEAT.prefix().map(new_key).transpose()?)?.resuming_after(after);
        match self.send_for(Want::Events, request, deadline).await? {
            Answer::Events(events) => Ok(events),
            Answer::Whole(_) | Answer::File(_) => {
                Err(Error::new(Kind::Decode { path: ".".into(), reason: "it is no stream of events".into() }).into())
            }
        }
    }

    /// Opens a stream of events for a call with this idempotency key, or takes all of the answer if the API gives it at once.
    pub async fn events_or_all<E: Endpoint<Output = EventStream>>(
        &self,
        endpoint: &E,
        key: &str,
        deadline: &Deadline,
    ) -> Result<Answer, CallError> {
        self.send_for(Want::Events, write(endpoint, Some(key.to_owned()))?, deadline).await
    }

    async fn send(&self, request: Request, deadline: &Deadline) -> Result<Response, CallError> {
        match self.send_for(Want::Whole, request, deadline).await? {
            Answer::Whole(response) => Ok(response),
            Answer::File(_) | Answer::Events(_) => Err(Error::new(Kind::Empty).into()),
        }
    }

    async fn send_for(&self, want: Want, request: Request, deadline: &Deadline) -> Result<Answer, CallError> {
        let ready = self.ready().await?;
        let mut authorised = self.authorise(request, deadline).await?;
        is_agreed(&authorised)?;
        if let Some(operation) = authorised.request().notice() {
            Box::pin(self.notify(operation, deadline)).await;
        }
        let (mut renewed, mut uncertain) = (false, false);
        loop {
            let mut error = match ready.client.send_for(want, &authorised, deadline).await {
                Ok(answer) => {
                    // A page may come from anything on the way, and what is public is for every key. So both prove nothing about this one.
                    let is_public = authorised.request().access() == Access::Public;
                    if !is_public && matches!(&answer, Answer::Whole(response) if response.is_json()) {
                        self.taken(authorised.generation());
                    }
                    return Ok(answer);
                }
                Err(error) => error,
            };
            // Whatever becomes of later attempts, an earlier one may have happened, and then the caller must hear of the key of the call.
            uncertain |= error.uncertain;
            error.uncertain = uncertain;
            if error.is_key_rejection() {
                if !renewed && self.renewed(ready, authorised.generation()).await {
                    // Only once: a second rejection is about the new key.
                    renewed = true;
                    let anew = self.authorise(authorised.into_request(), deadline).await;
                    authorised = match anew.and_then(|authorised| is_agreed(&authorised).map(|()| authorised)) {
                        Err(_) if uncertain => return Err(error.into()),
                        authorised => authorised?,
                    };
                    continue;
                }
                self.reject(authorised.generation(), error.is_lasting_key_rejection());
                if uncertain {
                    return Err(error.into());
                }
                let rejected = self.rejection(&self.state(), &ready.place.source, authorised.key().last_four());
                return Err(CallError::Key(rejected));
            }
            if error.is_scope_refusal()
                && let Some(refusal) = self.shrink(&authorised)
                && !uncertain
            {
                return Err(CallError::Refused(refusal));
            }
            return Err(error.into());
        }
    }

    /// Announces a call, before the call goes out: a notice that comes after it is of no use to the service. Waits for the answer of a notice
    /// once, and not again if that took too long. Then the notices of later calls go out beside them.
    async fn notify(&self, operation: &'static str, deadline: &Deadline) {
        if self.0.slow_notices.load(Ordering::Relaxed) {
            let (session, deadline) = (self.clone(), deadline.at_most(NOTICE_WITHIN));
            tokio::spawn(async move { session.announce(operation, deadline).await });
        } else if !self.announce(operation, deadline.at_most(NOTICE_WITHIN)).await {
            self.0.slow_notices.store(true, Ordering::Relaxed);
        }
    }

    /// Tells the service that processing begins, so that it can warm up. Whatever becomes of it changes nothing: not the call, and not what we
    /// know of the key. Returns whether there was an answer in time.
    async fn announce(&self, operation: &'static str, deadline: Deadline) -> bool {
        let announced = async {
            let ready = self.ready().await?;
            let call = AnnounceProcessing {
                event_id: event_id()?,
                surface: "sdk".to_owned(),
                reason: "processing_intent".to_owned(),
                operation: Some(operation.to_owned()),
            };
            let authorised = self.authorise(write(&call, None)?, &deadline).await?;
            ready.client.send(&authorised, &deadline).await?;
            Ok::<_, CallError>(())
        };
        match tokio::time::timeout(deadline.remaining(), announced).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::debug!(%error, operation, "the readiness notice was not taken");
                // An error that comes late would hold up the next call as well.
                !deadline.remaining().is_zero()
            }
            Err(_) => {
                tracing::debug!(operation, "the readiness notice was not answered in time");
                false
            }
        }
    }

    /// Notes that the API accepted the key, whatever we knew before.
    fn taken(&self, generation: u64) {
        let mut state = self.state();
        if let Some(gate) = &mut state.gate
            && gate.generation() == generation
        {
            let known = gate.is_accepted();
            gate.alive(now());
            if !known {
                self.0.changes.send_modify(|n| *n += 1);
            }
        }
    }

    /// Notes that the key lost a scope: the gate had let a call pass, and the API refused it.
    fn shrink(&self, authorised: &Authorised) -> Option<Refusal> {
        let needed = authorised.request().access().scope()?;
        let mut state = self.state();
        if state.generation == authorised.generation() {
            self.revise(&mut state, |gate| gate.shrink(needed, now()));
        }
        let beliefs = state.gate.as_ref()?.beliefs();
        let (held, unknown, ceiling) = (beliefs.held(), beliefs.unknowns(), beliefs.ceiling());
        Some(Refusal { needed, held, unknown, ceiling, cause: RefusalCause::Told, renewal: self.renewal() })
    }
}

fn write<E: Endpoint>(endpoint: &E, key: Option<String>) -> Result<Request, CallError> {
    Request::of(endpoint, key).map_err(|error| unwritable(&error.to_string()))
}

/// The error of a call that was carried out although its answer cannot be read.
fn lost(mut error: Box<Error>, key: Option<String>) -> Box<Error> {
    error.uncertain = true;
    error.idempotency_key = key;
    error
}

fn unwritable(reason: &str) -> CallError {
    CallError::Upstream(Error::new(Kind::Request(reason.to_owned())))
}

/// A random UUID.
fn event_id() -> Result<String, CallError> {
    let key = new_key("")?;
    let digits = key.trim_start_matches(':');
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    // Version 4, variant 1.
    Ok(format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32)))
}

/// `<prefix>:<32 hexadecimal digits>`, as the official clients make them.
fn new_key(prefix: &str) -> Result<String, CallError> {
    let mut bytes = [0; 16];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| CallError::Upstream(Error::new(Kind::Setup("the system gives no random numbers".into()))))?;
    Ok(format!("{prefix}:{}", api::hex(&bytes)))
}
