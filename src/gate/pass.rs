//! What passed the gate.

use crate::{api::Request, key::ApiKey};

/// A request together with the key it was authorised for. The client sends nothing else.
///
/// It can be taken apart again, but only the gate puts one together.
pub struct Authorised {
    request: Request,
    key: ApiKey,
    generation: u64,
}

impl Authorised {
    /// For the gate's own use, after its checks.
    pub(super) fn mint(request: Request, key: ApiKey, generation: u64) -> Self {
        Self { request, key, generation }
    }

    /// The request.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The key it goes out with.
    pub fn key(&self) -> &ApiKey {
        &self.key
    }

    /// Which of the keys of this process that is: the first is 1, each replacement one more.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Gives the request back, to pass the gate again with another key.
    pub fn into_request(self) -> Request {
        self.request
    }
}
