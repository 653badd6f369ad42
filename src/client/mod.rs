//! HTTP: sends one authorised request well.
//!
//! Retries, deadlines, bounds and errors are here; what may be sent was decided by the gate, whose [`Authorised`](crate::gate::Authorised)
//! is all that [`Client::send`] takes; what the account's owner sends with a session token is an [`OwnerCall`](crate::gate::OwnerCall) and has
//! a way of its own. This is the only layer that names reqwest. It knows nothing of tools or the protocol, and does not
//! react to what it reads: a 401 or 403 is an error like others.
//!
//! [`check_route()`] tries the way to the API step by step, without a key, for whoever wants to know where it is blocked.
//!
//! Start with [`Client::send`]; `retry` holds the policy as a pure function, `error` what a caller learns of a failure.

mod body;
mod certificate;
mod credential;
mod deadline;
mod error;
mod json_path;
mod local;
mod picture;
mod proxy;
mod reduce;
mod response;
mod retry;
mod route_check;
mod send;
mod transport;

pub use deadline::Deadline;
pub use error::{Error, Kind};
pub use picture::PictureError;
pub use reduce::noticing_cuts;
pub use response::{Response, decode, decode_as, decode_with};
pub use route_check::{Blocked, Certificate, Greeting, Peer, Route, RouteReport, check_route};
pub use send::{Client, Limits};

#[cfg(test)]
pub(crate) mod stub;
#[cfg(test)]
mod tests;
