//! Requests that the gate let pass.

use crate::{api::Request, key::ApiKey};

/// A request that the gate let pass, and the key to send it with. The client sends no other request with a key.
///
/// Any code can take it apart, but only the gate can make one.
pub struct Authorised {
    request: Request,
    key: ApiKey,
    generation: u64,
}

impl Authorised {
    /// Makes one. Only the gate calls this, after its checks.
    pub(super) fn mint(request: Request, key: ApiKey, generation: u64) -> Self {
        Self { request, key, generation }
    }

    /// The request.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The key to send it with.
    pub fn key(&self) -> &ApiKey {
        &self.key
    }

    /// The number of that key: 1 for the first of the process, one more for each replacement.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Gives the request back, so that it can pass the gate again with another key.
    pub fn into_request(self) -> Request {
        self.request
    }
}
