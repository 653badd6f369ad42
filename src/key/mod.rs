//! Credentials: API keys and session tokens, where a key comes from, and the only place it may be sent to.
//!
//! This layer reads and writes key files and the facts beside them, and no other files. It knows the API's scopes, since the facts list
//! them. It must not know rules about scopes, the client or the tools. A secret leaves it in three forms only: as a request header, as a
//! private file and as a keyed fingerprint. Start with [`ApiKey`], then `source`.

mod base;
mod expiry;
mod file;
mod mistaken;
mod oddity;
mod pieces;
mod renewal;
mod scrub;
mod secret;
mod sidecar;
mod source;
mod spelling;
mod store;
mod token;

pub use base::{BaseUrl, BaseUrlError};
pub use expiry::Expiry;
pub use file::{FileFault, KeyFile, Reading, Stamp};
pub use mistaken::mistaken;
pub use oddity::{Oddity, oddities};
pub use renewal::Renewal;
pub use scrub::Scrubber;
pub use secret::{ApiKey, KeyFault, KeyForm};
pub use sidecar::Sidecar;
pub use source::{KeySource, OTHERS_SECRETS, SPELLINGS, placeholder, tidy};
pub use store::KeyDraft;
pub use token::{SessionToken, TokenFault};
