//! Calls of the account's owner. They are sent with a session token, never with a key.

use crate::{
    api::{Access, Request},
    key::SessionToken,
};

/// A request that takes a session token, and the token. No scope is checked, since tokens have none.
///
/// It is a type of its own so that neither credential can go where the other belongs: [`super::Gate::authorise`] refuses these requests, and
/// [`OwnerCall::new`] refuses all others.
pub struct OwnerCall {
    request: Request,
    token: SessionToken,
}

impl OwnerCall {
    /// Joins a request and a token. Gives the request back if its endpoint takes anything but session tokens.
    pub fn new(request: Request, token: &SessionToken) -> Result<Self, Box<Request>> {
        match request.access() {
            Access::Session => Ok(Self { request, token: token.clone() }),
            Access::Scope(_) | Access::AnyKey | Access::AnyKeyOrSession | Access::Public => Err(Box::new(request)),
        }
    }

    /// The request.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The token to send it with.
    pub fn token(&self) -> &SessionToken {
        &self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{indexes::ListIndexes, keys::ListKeys};

    #[test]
    fn only_what_takes_a_token_gets_one() {
        let token = SessionToken::parse("a.b.c").unwrap();
        assert!(OwnerCall::new(Request::of(&ListKeys {}, None).unwrap(), &token).is_ok());
        assert!(OwnerCall::new(Request::of(&ListIndexes { include_defaults: None }, None).unwrap(), &token).is_err());
    }
}
