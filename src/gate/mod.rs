//! The gate: what a key is believed to hold, and the only way from a request to one that may be sent.
//!
//! Everything here is a function of its arguments: no I/O, no clock, no randomness. The session asks, sends the probes it is handed,
//! and reports what came back. The gate knows the wire and the key; it does not know HTTP clients, tools or the protocol.
//!
//! Start with [`Gate`], which holds the beliefs about one key; [`Authorised`] is what the client demands. No code outside can make one:
//!
//! ```compile_fail
//! use videosearch_mcp::{api::Request, gate::Authorised, key::ApiKey};
//!
//! fn forge(request: Request, key: ApiKey) -> Authorised {
//!     Authorised { request, key, generation: 1 }
//! }
//! ```
//!
//! Nor can what the gate let pass be exchanged for something else:
//!
//! ```compile_fail
//! use videosearch_mcp::{api::Request, gate::Authorised};
//!
//! fn smuggle(authorised: &mut Authorised, other: Request) {
//!     authorised.request = other;
//! }
//! ```

mod belief;
mod decisions;
mod owner;
mod pass;
mod remembered;
mod timestamp;
mod verdict;

pub use belief::{Belief, Beliefs, Cause, KeyState, Origin, Standing};
pub use decisions::{Asked, Decision, Gate, Refusal, RefusalCause};
pub use owner::OwnerCall;
pub use pass::Authorised;
pub use remembered::Remembered;
pub use timestamp::Timestamp;
pub use verdict::{Probe, Verdict, verdict_of, verdict_of_failure, verdict_of_success};

#[cfg(test)]
mod tests;
