//! Makes routes out of handlers.
//!
//! A handler takes an endpoint value and returns the output type of that endpoint. Path, method and access follow from the endpoint's type,
//! so a handler of the wrong type does not compile. A new handler is one line in its noun's `mount`. It has one of three forms:
//!
//! - [`Mount::read`]: `async fn(Caller, Store, E) -> Reply<E::Output>`, for a handler that writes nothing or needs several steps;
//! - [`Mount::write`]: `fn(&Caller, &Transaction, E) -> Reply<E::Output>`, for a handler that changes the store. The transaction is
//!   committed if the handler answers. If the request has an idempotency key, the same transaction stores the answer, and a repeated
//!   request gets it again. [`Mount::write_meant`] is the same for calls whose members have defaults;
//! - [`Mount::about`]: `async fn(Arc<Service>, Caller, E) -> Reply<E::Output>`, for a handler that needs more of the playground than its
//!   store.

use std::{any::TypeId, pin::Pin, sync::Arc};

use axum::http::StatusCode;
use rusqlite::Transaction;
use serde::Serialize;

use super::{
    Refusal,
    arguments::Arguments,
    auth::Caller,
    service::Service,
    store::{
        Store,
        repeats::{self, Given, Repeat},
    },
    time::now,
};
use crate::api::{Access, Body, Endpoint, Method, Scope};

/// The result of a handler.
pub type Reply<T> = Result<T, Refusal>;

type Running = Pin<Box<dyn Future<Output = Result<Vec<u8>, Refusal>> + Send>>;
type Work = Box<dyn FnOnce(&Transaction<'_>) -> Reply<Vec<u8>> + Send>;
type Run = Box<dyn Fn(Arc<Service>, Caller, Arguments, Option<Given>) -> Running + Send + Sync>;

/// An endpoint that is served.
pub struct Route {
    /// The HTTP method.
    pub method: Method,
    /// The path below the base, in the syntax of the router.
    pub path: &'static str,
    /// Where its arguments are.
    pub body: Body,
    /// The access that a caller needs.
    pub access: Access,
    /// The status of a successful answer.
    pub status: StatusCode,
    /// Whether the endpoint uses idempotency keys.
    pub keyed: bool,
    /// The media type of a successful answer.
    pub media_type: &'static str,
    run: Run,
    /// Writes and reads a call, for tests.
    #[cfg(test)]
    pub codec: super::tests::round_trip::Codec,
}

impl Route {
    /// Carries out a call and returns the JSON body. Refuses callers who do not have the access.
    ///
    /// Routes with [`Route::keyed`] use the idempotency key. Other routes ignore it.
    pub async fn call(&self, service: Arc<Service>, caller: Caller, arguments: Arguments, key: Option<String>) -> Reply<Vec<u8>> {
        caller.permit(self.access)?;
        let searches = self.is_search();
        if searches {
            service.limits.admit()?;
        }
        let given = key.filter(|_| self.keyed).map(|key| Given { account: caller.account, key });
        let body = (self.run)(Arc::clone(&service), caller, arguments, given).await?;
        if searches {
            service.store.pending().searched(now());
        }
        Ok(body)
    }

    /// Whether calls count as searches.
    fn is_search(&self) -> bool {
        self.method == Method::Post && self.access == Access::Scope(Scope::Search)
    }
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
        self.add::<E>(Box::new(move |service, caller, arguments, _| match arguments.read::<E>() {
            Ok(call) => {
                let answer = handler(service, caller, call);
                Box::pin(async move { encode(&answer.await?) })
            }
            Err(refusal) => Box::pin(std::future::ready(Err(refusal))),
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
        self.add::<E>(Box::new(move |service, mut caller, arguments, given| match prepare(arguments, given) {
            Ok((call, repeat)) => {
                let handler = Arc::clone(&handler);
                caller.idempotency_key = repeat.as_ref().map(|repeat: &Repeat| repeat.key.clone());
                answer_once(service, repeat, Box::new(move |tx| encode(&handler(&caller, tx, call)?)))
            }
            Err(refusal) => Box::pin(std::future::ready(Err(refusal))),
        }))
    }

    /// Mounts a handler that answers with a JPEG instead of the JSON of its endpoint.
    #[must_use]
    pub fn picture<E, H, F>(mut self, handler: H) -> Self
    where
        E: Endpoint,
        H: Fn(Caller, Store, E) -> F + Send + Sync + 'static,
        F: Future<Output = Reply<Vec<u8>>> + Send + 'static,
    {
        self = self.add::<E>(Box::new(move |service, caller, arguments, _| match arguments.read::<E>() {
            Ok(call) => Box::pin(handler(caller, service.store.clone(), call)),
            Err(refusal) => Box::pin(std::future::ready(Err(refusal))),
        }));
        if let Some(route) = self.routes.last_mut().and_then(Arc::get_mut) {
            route.media_type = "image/jpeg";
        }
        self
    }

    /// Sets the status of the handler that was mounted last to 201.
    #[must_use]
    pub fn created(mut self) -> Self {
        if let Some(route) = self.routes.last_mut().and_then(Arc::get_mut) {
            route.status = StatusCode::CREATED;
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
            media_type: "application/json",
            run,
            #[cfg(test)]
            codec: super::tests::round_trip::Codec::of::<E>(),
        }));
        self
    }
}

/// Gives the stored answer of a repeated request. Otherwise does the work and stores the answer. `work` is boxed, so that this code is
/// compiled only once.
fn answer_once(service: Arc<Service>, repeat: Option<Repeat>, work: Work) -> Running {
    Box::pin(async move {
        let job = move |tx: &Transaction<'_>| {
            let Some(repeat) = &repeat else { return work(tx) };
            if let Some(first) = repeats::recall(tx, repeat)? {
                return Ok(first);
            }
            let answer = work(tx)?;
            repeats::remember(tx, repeat, &answer)?;
            Ok(answer)
        };
        service.store.write(job).await
    })
}

fn encode<T: Serialize>(answer: &T) -> Reply<Vec<u8>> {
    Ok(serde_json::to_vec(answer)?)
}
