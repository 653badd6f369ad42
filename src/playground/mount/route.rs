//! An endpoint as it is served.

use std::sync::Arc;

use axum::http::StatusCode;

use super::{Answer, Call, Reply, Run};
use crate::{
    api::{Access, Body, Method},
    playground::{auth::Caller, form::Destination, service::Service, store::repeats::Given, time::now},
};

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
    /// Whether calls count as searches.
    pub searches: bool,
    /// Where the file of a form goes.
    pub destination: Destination,
    /// Whether a ticket in the query may take the place of a credential. [`crate::playground::session::Sessions::ticket`] makes them.
    pub ticketed: bool,
    pub(super) run: Run,
    /// Writes and reads a call, for tests.
    #[cfg(test)]
    pub codec: crate::playground::tests::round_trip::Codec,
}

impl Route {
    /// Carries out a call. Refuses callers who do not have the access.
    ///
    /// Routes with [`Route::keyed`] use the idempotency key. Other routes ignore it.
    pub async fn call(&self, service: Arc<Service>, caller: Caller, call: Call, key: Option<String>) -> Reply<Answer> {
        caller.permit(self.access)?;
        let given = key.filter(|_| self.keyed).map(|key| Given { account: caller.account, key, searches: self.searches });
        // A request with a key is no search if it is answered as it was before. So it is counted where it is carried out. Routes that keep
        // the answers of their keys themselves count for themselves.
        let counted = self.searches && given.is_none();
        if counted {
            service.limits.admit()?;
        }
        let answer = (self.run)(Arc::clone(&service), caller, call, given).await?;
        if counted {
            service.store.pending().searched(now());
        }
        Ok(answer)
    }
}
