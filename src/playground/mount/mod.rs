//! Makes routes out of handlers.
//!
//! A handler takes an endpoint value and returns the output type of that endpoint. Path, method and access follow from the endpoint's type,
//! so a handler of the wrong type does not compile. A new handler is one line in its noun's `mount`. It has one of these forms:
//!
//! - [`Mount::read`]: `async fn(Caller, Store, E) -> Reply<E::Output>`, for a handler that writes nothing or needs several steps;
//! - [`Mount::write`]: `fn(&Caller, &Transaction, E) -> Reply<E::Output>`, for a handler that changes the store. The transaction is
//!   committed if the handler answers. If the request has an idempotency key, the same transaction stores the answer, and a repeated
//!   request gets it again. [`Mount::write_meant`] is the same for calls whose members have defaults;
//! - [`Mount::about`]: `async fn(Arc<Service>, Caller, E) -> Reply<E::Output>`, for a handler that needs more of the playground than its
//!   store;
//! - [`Mount::outward`]: the same for a handler that acts outside of the store and uses idempotency keys;
//! - [`Mount::looked_up`]: two functions for a call that must look outside of the store before it writes.
//!   `async fn(Arc<Service>, E) -> Reply<P>` looks, and `fn(&Caller, &Transaction, P) -> Reply<E::Output>` writes as above;
//! - [`Mount::form_meant`]: `fn(&Caller, &Transaction, E, &Received) -> Reply<E::Output>`, for a form with a small file, which is in memory;
//! - [`Mount::upload`]: two functions for a form with a large file. `async fn(Arc<Service>, Caller, E, Received) -> Reply<P>` looks at the
//!   file on the disk, and `fn(&Caller, &Transaction, P) -> Reply<E::Output>` writes as above;
//! - [`Mount::raw`]: `async fn(Arc<Service>, Caller, E, Wanted) -> Reply<Raw>`, for answers that are bytes, files or streams of events.
//!   Idempotency keys do nothing there.

mod once;
mod route;

use std::{any::TypeId, pin::Pin, sync::Arc};

use axum::http::StatusCode;
use rusqlite::Transaction;
use serde::Serialize;

use self::once::{act_once, answer_once, recalled};
pub use self::route::Route;
use super::{
    Refusal,
    arguments::Arguments,
    auth::Caller,
    form::{Destination, Received},
    raw::{Raw, Wanted},
    service::Service,
    store::{
        Store,
        repeats::{Given, Repeat},
    },
};
use crate::api::{Access, Body, Endpoint, Method, Scope};

/// The result of a handler.
pub type Reply<T> = Result<T, Refusal>;

type Running = Pin<Box<dyn Future<Output = Reply<Answer>> + Send>>;
type Run = Box<dyn Fn(Arc<Service>, Caller, Call, Option<Given>) -> Running + Send + Sync>;

/// What a request carries.
#[derive(Debug)]
pub struct Call {
    /// The arguments.
    pub arguments: Arguments,
    /// The file, if the request is a form with one.
    pub file: Option<Received>,
    /// What the headers ask for.
    pub wanted: Wanted,
}

impl Call {
    /// A call without a file.
    pub fn plain(arguments: Arguments) -> Self {
        Self { arguments, file: None, wanted: Wanted::default() }
    }
}

/// What a handler answers.
pub enum Answer {
    /// A JSON document.
    Json(Vec<u8>),
    /// Something else.
    Raw(Raw),
}

/// All endpoints that are served.
pub type Routes = Vec<Arc<Route>>;

/// Collects the handlers.
#[derive(Default)]
pub struct Mount {
    routes: Routes,
}

impl Mount {
    /// Mounts a handler that reads. It does not compile for an endpoint that uses idempotency keys: such a handler needs [`Mount::write`].
    #[must_use]
    pub fn read<E, H, F>(self, handler: H) -> Self
    where
        E: Endpoint,
        H: Fn(Caller, Store, E) -> F + Send + Sync + 'static,
        F: Future<Output = Reply<E::Output>> + Send + 'static,
    {
        self.about(move |service, caller, call| handler(caller, service.store.clone(), call))
    }

    /// Mounts a handler that needs more of the playground than its store.
    #[must_use]
    pub fn about<E, H, F>(self, handler: H) -> Self
    where
        E: Endpoint,
        H: Fn(Arc<Service>, Caller, E) -> F + Send + Sync + 'static,
        F: Future<Output = Reply<E::Output>> + Send + 'static,
    {
        const { assert!(E::REPEAT.prefix().is_none(), "a keyed endpoint must be mounted with `write`") };
        self.add::<E>(Box::new(move |service, caller, call, _| match call.arguments.read::<E>() {
            Ok(call) => {
                let answer = handler(service, caller, call);
                Box::pin(async move { encode(&answer.await?).map(Answer::Json) })
            }
            Err(refusal) => refused(refusal),
        }))
    }

    /// Mounts a handler that writes. It runs as one transaction.
    #[must_use]
    pub fn write<E, H>(self, handler: H) -> Self
    where
        E: Endpoint,
        H: Fn(&Caller, &Transaction<'_>, E) -> Reply<E::Output> + Send + Sync + 'static,
    {
        self.write_meant(handler, |_| {})
    }

    /// Mounts a handler that writes, as [`Mount::write`] does, for calls that can express the same request in several ways.
    ///
    /// `spell_out` writes all defaults into a call. Two calls under one idempotency key are the same request if they are equal after that.
    /// The handler gets the call as it was sent.
    #[must_use]
    pub fn write_meant<E, H>(self, handler: H, spell_out: fn(&mut E)) -> Self
    where
        E: Endpoint,
        H: Fn(&Caller, &Transaction<'_>, E) -> Reply<E::Output> + Send + Sync + 'static,
    {
        let handler = Arc::new(handler);
        let prepare = move |arguments: Arguments, given: Option<Given>| {
            let Some(given) = given else { return Ok((arguments.read::<E>()?, None)) };
            let mut meant: E = arguments.clone().read()?;
            spell_out(&mut meant);
            let repeat = given.repeat(E::METHOD, E::PATH, &serde_json::to_value(&meant)?);
            Ok((arguments.read::<E>()?, Some(repeat)))
        };
        self.add::<E>(Box::new(move |service, mut caller, call, given| match prepare(call.arguments, given) {
            Ok((call, repeat)) => {
                let handler = Arc::clone(&handler);
                caller.idempotency_key = repeat.as_ref().map(|repeat: &Repeat| repeat.key.clone());
                answer_once(service, repeat.map(Arc::new), Box::new(move |tx| encode(&handler(&caller, tx, call)?)))
            }
            Err(refusal) => refused(refusal),
        }))
    }

    /// Mounts a handler of a form with a small file. It runs as one transaction, and the same calls are the same request as with
    /// [`Mount::write_meant`]. The file counts as an argument.
    #[must_use]
    pub fn form_meant<E, H>(self, handler: H, spell_out: fn(&mut E)) -> Self
    where
        E: Endpoint,
        H: Fn(&Caller, &Transaction<'_>, E, &Received) -> Reply<E::Output> + Send + Sync + 'static,
    {
        let handler = Arc::new(handler);
        self.add::<E>(Box::new(move |service, mut caller, call, given| match with_file::<E>(call, given, spell_out) {
            Ok((call, file, repeat)) => {
                let handler = Arc::clone(&handler);
                caller.idempotency_key = repeat.as_ref().map(|repeat: &Repeat| repeat.key.clone());
                answer_once(service, repeat.map(Arc::new), Box::new(move |tx| encode(&handler(&caller, tx, call, &file)?)))
            }
            Err(refusal) => refused(refusal),
        }))
        .to(Destination::Memory)
    }

    /// Mounts a handler of a form with a large file. `prepare` may take its time with the file. Then `handler` runs as one transaction, like
    /// [`Mount::write`]. If the same request is carried out meanwhile, what `prepare` made is dropped.
    #[must_use]
    pub fn upload<E, P, F, H>(self, prepare: impl Fn(Arc<Service>, Caller, E, Received) -> F + Send + Sync + 'static, handler: H) -> Self
    where
        E: Endpoint,
        P: Send + 'static,
        F: Future<Output = Reply<P>> + Send + 'static,
        H: Fn(&Caller, &Transaction<'_>, P) -> Reply<E::Output> + Send + Sync + 'static,
    {
        let handler = Arc::new(handler);
        self.add::<E>(Box::new(move |service, mut caller, call, given| match with_file::<E>(call, given, |_| {}) {
            Ok((call, file, repeat)) => {
                let handler = Arc::clone(&handler);
                caller.idempotency_key = repeat.as_ref().map(|repeat: &Repeat| repeat.key.clone());
                let prepared = prepare(Arc::clone(&service), caller.clone(), call, file);
                Box::pin(async move {
                    let repeat = repeat.map(Arc::new);
                    // What is outside of the file may have changed since the first answer, and to look at the file takes time.
                    if let Some(first) = recalled(&service, repeat.as_ref()).await? {
                        return Ok(Answer::Json(first));
                    }
                    let prepared = prepared.await?;
                    answer_once(service, repeat, Box::new(move |tx| encode(&handler(&caller, tx, prepared)?))).await
                })
            }
            Err(refusal) => refused(refusal),
        }))
        .to(Destination::Disk)
    }

    /// Mounts a handler that answers with something else than the JSON of its endpoint.
    #[must_use]
    pub fn raw<E, H, F>(self, handler: H) -> Self
    where
        E: Endpoint,
        H: Fn(Arc<Service>, Caller, E, Wanted) -> F + Send + Sync + 'static,
        F: Future<Output = Reply<Raw>> + Send + 'static,
    {
        let mut mounted = self.add::<E>(Box::new(move |service, caller, call, _| match call.arguments.read::<E>() {
            Ok(arguments) => {
                let answer = handler(service, caller, arguments, call.wanted);
                Box::pin(async move { answer.await.map(Answer::Raw) })
            }
            Err(refusal) => refused(refusal),
        }));
        // No answer is kept for its key. The handler has the key and sees to that itself.
        if let Some(route) = mounted.routes.last_mut().and_then(Arc::get_mut) {
            route.keyed = false;
        }
        mounted
    }

    /// Mounts a handler that acts outside of the store, and whose answer is kept for the idempotency key. Two equal requests at the same moment
    /// may both be carried out; they get the same answer all the same.
    #[must_use]
    pub fn outward<E, H, F>(self, handler: H) -> Self
    where
        E: Endpoint,
        H: Fn(Arc<Service>, Caller, E) -> F + Send + Sync + 'static,
        F: Future<Output = Reply<E::Output>> + Send + 'static,
    {
        self.add::<E>(Box::new(move |service, caller, call, given| match with_repeat::<E>(call.arguments, given) {
            Ok((call, repeat)) => {
                let acting = handler(Arc::clone(&service), caller, call);
                act_once(service, repeat, Box::pin(async move { encode(&acting.await?) }))
            }
            Err(refusal) => refused(refusal),
        }))
    }

    /// Mounts a handler that writes after `look` has looked outside of the store. It runs as one transaction, like [`Mount::write`].
    #[must_use]
    pub fn looked_up<E, P, F, H>(self, look: impl Fn(Arc<Service>, E) -> F + Send + Sync + 'static, handler: H) -> Self
    where
        E: Endpoint,
        P: Send + 'static,
        F: Future<Output = Reply<P>> + Send + 'static,
        H: Fn(&Caller, &Transaction<'_>, P) -> Reply<E::Output> + Send + Sync + 'static,
    {
        let handler = Arc::new(handler);
        self.add::<E>(Box::new(move |service, caller, call, given| match with_repeat::<E>(call.arguments, given) {
            Ok((call, repeat)) => {
                let (handler, looking) = (Arc::clone(&handler), look(Arc::clone(&service), call));
                Box::pin(async move {
                    let repeat = repeat.map(Arc::new);
                    // What is outside may have changed since the first answer.
                    if let Some(first) = recalled(&service, repeat.as_ref()).await? {
                        return Ok(Answer::Json(first));
                    }
                    let found = looking.await?;
                    answer_once(service, repeat, Box::new(move |tx| encode(&handler(&caller, tx, found)?))).await
                })
            }
            Err(refusal) => refused(refusal),
        }))
    }

    /// Sets the status of the handler that was mounted last to 201.
    #[must_use]
    pub fn created(self) -> Self {
        self.answering(StatusCode::CREATED)
    }

    /// Sets the status of the handler that was mounted last to 202.
    #[must_use]
    pub fn accepted(self) -> Self {
        self.answering(StatusCode::ACCEPTED)
    }

    fn answering(mut self, status: StatusCode) -> Self {
        if let Some(route) = self.routes.last_mut().and_then(Arc::get_mut) {
            route.status = status;
        }
        self
    }

    /// Lets a ticket in the query take the place of a credential, for the handler that was mounted last.
    #[must_use]
    pub fn with_tickets(mut self) -> Self {
        if let Some(route) = self.routes.last_mut().and_then(Arc::get_mut) {
            route.ticketed = true;
        }
        self
    }

    /// Says that calls of the handler that was mounted last are no searches, though they need no more than their scope.
    #[must_use]
    pub fn searching_nothing(mut self) -> Self {
        if let Some(route) = self.routes.last_mut().and_then(Arc::get_mut) {
            route.searches = false;
        }
        self
    }

    /// All handlers that were mounted.
    pub fn routes(self) -> Routes {
        self.routes
    }

    fn add<E: Endpoint>(mut self, run: Run) -> Self {
        let empty = TypeId::of::<E::Output>() == TypeId::of::<()>();
        self.routes.push(Arc::new(Route {
            method: E::METHOD,
            path: E::PATH,
            body: E::BODY,
            access: E::ACCESS,
            status: if empty { StatusCode::NO_CONTENT } else { StatusCode::OK },
            keyed: E::REPEAT.prefix().is_some(),
            searches: E::METHOD == Method::Post && E::ACCESS == Access::Scope(Scope::Search),
            destination: Destination::Memory,
            ticketed: false,
            run,
            #[cfg(test)]
            codec: super::tests::round_trip::Codec::of::<E>(),
        }));
        self
    }

    /// Says where the file of the handler that was mounted last goes.
    fn to(mut self, destination: Destination) -> Self {
        if let Some(route) = self.routes.last_mut().and_then(Arc::get_mut) {
            route.destination = destination;
        }
        self
    }
}

/// Reads the arguments of a call, and what it is if it has an idempotency key.
fn with_repeat<E: Endpoint>(arguments: Arguments, given: Option<Given>) -> Reply<(E, Option<Repeat>)> {
    let call: E = arguments.read()?;
    let meant = serde_json::to_value(&call)?;
    Ok((call, given.map(|given| given.repeat(E::METHOD, E::PATH, &meant))))
}

/// Reads the arguments of a form that must have a file.
fn with_file<E: Endpoint>(call: Call, given: Option<Given>, spell_out: fn(&mut E)) -> Reply<(E, Received, Option<Repeat>)> {
    let mut meant: E = call.arguments.clone().read()?;
    spell_out(&mut meant);
    let arguments: E = call.arguments.read()?;
    let Body::Form(part) = E::BODY else { return Err(Refusal::internal("this endpoint has no form")) };
    let file = call.file.ok_or_else(|| Refusal::argument(["body", part], "Field required", "missing"))?;
    let repeat = match given {
        Some(given) => {
            let meant = serde_json::json!([serde_json::to_value(&meant)?, file.name, file.media_type, file.sha256]);
            Some(given.repeat(E::METHOD, E::PATH, &meant))
        }
        None => None,
    };
    Ok((arguments, file, repeat))
}

fn refused(refusal: Refusal) -> Running {
    Box::pin(std::future::ready(Err(refusal)))
}

fn encode<T: Serialize>(answer: &T) -> Reply<Vec<u8>> {
    Ok(serde_json::to_vec(answer)?)
}
