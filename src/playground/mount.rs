//! From handlers to routes.
//!
//! A handler takes an endpoint value and answers with that endpoint's output; path, method and access follow from the type, so that a
//! wrong pairing does not compile. A new handler is one line in [`super::routes`], in one of three forms:
//!
//! - [`Mount::read`]: `async fn(Caller, Store, E) -> Reply<E::Output>`, for what writes nothing or needs several steps;
//! - [`Mount::write`]: `fn(&Caller, &Transaction, E) -> Reply<E::Output>`, for what changes the store. The transaction is committed if
//!   the handler answers. With an idempotency key the answer is stored in that transaction and given again to a repetition.
//!   [`Mount::write_meant`] is the same for calls whose members have defaults;
//! - [`Mount::about`]: `async fn(Arc<Service>, Caller, E) -> Reply<E::Output>`, for what concerns the playground itself.

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
use crate::api::{Access, Endpoint, Method, Scope};

/// What a handler answers.
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
    /// What a caller must hold.
    pub access: Access,
    /// The status of a success.
    pub status: StatusCode,
    /// Whether an idempotency key is heeded.
    pub keyed: bool,
    /// The media type of a success.
    pub media_type: &'static str,
    run: Run,
}

impl Route {
    /// Carries a call out for a caller who may: refuses others first. Answers the JSON body.
    ///
    /// An idempotency key is heeded by the routes that are [`Route::keyed`], and ignored by the others.
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

/// Collects handlers.
#[derive(Default)]
pub struct Mount {
    routes: Routes,
}

impl Mount {
    /// Mounts a handler that reads. Does not compile for an endpoint that heeds idempotency keys: those go through [`Mount::write`].
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
        const { assert!(E::KEYED.is_none(), "a keyed endpoint must be mounted with `write`") };
        self.add::<E>(Box::new(move |service, caller, arguments, _| match arguments.read::<E>() {
            Ok(call) => {
                let answer = handler(service, caller, call);
                Box::pin(async move { encode(&answer.await?) })
            }
            Err(refusal) => Box::pin(std::future::ready(Err(refusal))),
        }))
    }

    /// Mounts a handler that writes, as one transaction.
    #[must_use]
    pub fn write<E, H>(self, handler: H) -> Self
    where
        E: Endpoint,
        H: Fn(&Caller, &Transaction<'_>, E) -> Reply<E::Output> + Send + Sync + 'static,
    {
        self.write_meant(handler, |_| {})
    }

    /// Mounts a handler that writes, as [`Mount::write`] does, for calls that can ask for the same in several ways.
    ///
    /// `spell_out` writes into a call what it means, defaults included. Two calls under one idempotency key are the same request if
    /// they are equal after that. The handler is given the call as it was sent.
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

    /// Mounts a handler that answers a JPEG instead of its endpoint's JSON.
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

    /// Makes 201 the status of the handler mounted last.
    #[must_use]
    pub fn created(mut self) -> Self {
        if let Some(route) = self.routes.last_mut().and_then(Arc::get_mut) {
            route.status = StatusCode::CREATED;
        }
        self
    }

    /// All that was mounted.
    pub fn routes(self) -> Routes {
        self.routes
    }

    fn add<E: Endpoint>(mut self, run: Run) -> Self {
        let empty = TypeId::of::<E::Output>() == TypeId::of::<()>();
        self.routes.push(Arc::new(Route {
            method: E::METHOD,
            path: E::PATH,
            access: E::ACCESS,
            status: if empty { StatusCode::NO_CONTENT } else { StatusCode::OK },
            keyed: E::KEYED.is_some(),
            media_type: "application/json",
            run,
        }));
        self
    }
}

/// Gives the stored answer of a repeated request, or does it and stores the answer. Takes the work boxed, so as to be there once.
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
