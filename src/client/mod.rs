//! HTTP: sends the requests that the gate let pass.
//!
//! Retries, deadlines, limits and errors are here. The gate decides what may be sent: [`Client::send`] takes nothing but an
//! [`Authorised`](crate::gate::Authorised) request. [`Client::send_as_owner`] takes an [`OwnerCall`](crate::gate::OwnerCall), which carries
//! the session token of the account's owner. Outside of tests, no other layer uses reqwest. This layer must not know tools or the protocol.
//! It draws no conclusions about the key: a 401 or 403 is an error like any other.
//!
//! [`check_route()`] tries the way to the API step by step, without a key, and reports where it is blocked.
//!
//! Start with [`Client::send`]. [`Client::send_for`] gives an answer piece by piece. `retry` decides when a request is sent again, as a
//! pure function. `error` is what a caller learns about a failure.

mod body;
mod certificate;
mod credential;
mod deadline;
mod end;
mod error;
mod events;
mod form;
mod json_path;
mod lacking;
mod local;
mod look;
mod open;
mod picture;
mod proxy;
mod reading;
mod reason;
mod reduce;
mod refusal;
mod response;
mod retry;
mod route_check;
mod send;
mod transport;

pub use deadline::Deadline;
pub use end::until;
pub use error::{Error, Kind};
pub use look::{Seen, look};
pub use open::{Answer, Download, Events, MAX_DOWNLOAD, Want};
pub use picture::PictureError;
pub use reduce::{noticing, was_cut};
pub use response::{Response, decode, decode_as, decode_with};
pub use route_check::{Blocked, Certificate, Greeting, Peer, Route, RouteReport, check_route};
pub use send::{Client, Limits, Meter};

#[cfg(test)]
pub(crate) mod stub;
#[cfg(test)]
mod tests;
