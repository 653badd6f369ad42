//! Credentials: an API key, where it comes from, and the only place it may be sent to.
//!
//! This layer reads and writes key files and nothing else. It knows the wire's scopes (a key's sidecar lists them) but no scope rules, no client and no
//! tools. A secret leaves it in three forms only: as a request header, as a private file and as a keyed fingerprint. Start with [`ApiKey`], then `source`.

mod base;
mod expiry;
mod file;
mod oddity;
mod scrub;
mod secret;
mod sidecar;
mod source;
mod store;
mod token;

pub use base::{BaseUrl, BaseUrlError};
pub use expiry::Expiry;
pub use file::{FileFault, KeyFile, Reading, Stamp};
pub use oddity::{Oddity, oddities};
pub use scrub::Scrubber;
pub use secret::{ApiKey, KeyFault, KeyForm};
pub use sidecar::Sidecar;
pub use source::{KeySource, SPELLINGS, placeholder, tidy};
pub use store::KeyDraft;
pub use token::{SessionToken, TokenFault};
