//! Finds out who is calling and whether they may.
//!
//! `X-API-Key` wins over `Authorization: Bearer`. A bearer token is a session token, never a key. The order of the checks is part of the
//! contract: first the credential (401), then the access (403), and only then the arguments and resources.

use axum::http::{HeaderMap, StatusCode, header::AUTHORIZATION};

use super::{
    ACCOUNT, Refusal,
    session::Sessions,
    store::{
        Store,
        keys::{Verdict, judge},
    },
    time::now,
};
use crate::api::{Access, Scope, Scopes};

/// Who sent a request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account that the request is made for; the playground has one.
    pub account: &'static str,
    /// The credential that the caller sent.
    pub credential: Credential,
    /// The idempotency key, if the endpoint uses one and the caller sent one. A request with this key is carried out only once.
    pub idempotency_key: Option<String>,
}

/// The kind of credential that a caller sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A live API key.
    Key {
        /// Its public id.
        key_id: String,
        /// The scopes of the key, as listed.
        scopes: Scopes,
    },
    /// A session token.
    Session,
    /// A ticket in the query of this request. It allows this one request, which reads.
    Ticket,
    /// No credential. Only public endpoints allow it.
    Nothing,
}

impl Caller {
    /// Whoever holds a ticket for the path of the request.
    pub const fn with_ticket() -> Self {
        Self { account: ACCOUNT, credential: Credential::Ticket, idempotency_key: None }
    }

    /// Whether the caller may do what needs `scope`.
    pub fn allows(&self, scope: Scope) -> bool {
        match &self.credential {
            Credential::Key { scopes, .. } => scopes.allows(scope),
            Credential::Session => true,
            Credential::Ticket => Scope::Read.implies(scope),
            Credential::Nothing => false,
        }
    }

    /// The caller as runs and usage name it: the key's id, or the account.
    pub fn name(&self) -> &str {
        match &self.credential {
            Credential::Key { key_id, .. } => key_id,
            Credential::Session | Credential::Ticket | Credential::Nothing => self.account,
        }
    }

    /// Refuses unless the caller has this access.
    pub fn permit(&self, access: Access) -> Result<(), Refusal> {
        let refuse = |status, code, message: &str| Err(Refusal::new(status, code, message));
        match (access, &self.credential) {
            (Access::Public, _)
            | (Access::AnyKeyOrSession, Credential::Key { .. } | Credential::Session)
            | (Access::AnyKey, Credential::Key { .. })
            | (Access::Session, Credential::Session) => Ok(()),
            (Access::Scope(scope), _) if self.allows(scope) => Ok(()),
            (_, Credential::Nothing | Credential::Ticket) => {
                Err(Refusal::unauthenticated("Send an API key as `X-API-Key`, or a session token as bearer."))
            }
            (Access::Scope(scope), _) => Err(Refusal::scope(scope)),
            (Access::AnyKey, _) => {
                refuse(StatusCode::UNAUTHORIZED, "authentication_api_key_required", "This checks an API key; send one as `X-API-Key`.")
            }
            (Access::Session, _) => {
                let message = "An API key cannot manage keys; send a session token as `Authorization: Bearer`. \
                               `videosearch-mcp playground token` makes one.";
                refuse(StatusCode::FORBIDDEN, "session_token_required", message)
            }
        }
    }
}

/// Finds out who is calling. A credential that is sent must be valid, even where none is needed.
pub async fn authenticate(headers: &HeaderMap, store: &Store, sessions: &Sessions) -> Result<Caller, Refusal> {
    let caller = |credential| Ok(Caller { account: ACCOUNT, credential, idempotency_key: None });
    let mut keys = headers.get_all("x-api-key").iter();
    if let Some(secret) = keys.next() {
        if keys.next().is_some() {
            return Err(Refusal::unauthenticated("Send one `X-API-Key` only."));
        }
        let secret = secret.to_str().map_err(|_| Refusal::unauthenticated("`X-API-Key` is not text."))?.trim().to_owned();
        return match store.read(move |connection| judge(connection, &secret)).await? {
            Verdict::Live { key_id, scopes } => {
                store.pending().key_used(&key_id, now());
                caller(Credential::Key { key_id, scopes })
            }
            Verdict::Revoked => Err(Refusal::unauthenticated("This API key was revoked.")),
            Verdict::Expired => Err(Refusal::unauthenticated("This API key has expired.")),
            Verdict::Unknown => Err(Refusal::unauthenticated("This API key is not known here.")),
        };
    }
    let Some(authorization) = headers.get(AUTHORIZATION) else { return caller(Credential::Nothing) };
    let token = authorization.to_str().ok().and_then(|text| text.split_once(' ')).filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
    match token.map(|(_, token)| token.trim()) {
        Some(token) if sessions.accepts(token) => caller(Credential::Session),
        Some(token) if token.starts_with("sk_live_") => {
            Err(Refusal::unauthenticated("An API key is not a bearer token; send it as `X-API-Key`."))
        }
        Some(_) => Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "authentication_invalid_token",
            "This session token is wrong, has expired, or belongs to another playground.",
        )),
        None => Err(Refusal::unauthenticated("The only form of `Authorization` that is accepted here is `Bearer`.")),
    }
}
